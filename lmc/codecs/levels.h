// What each level of compression does. One table: the codecs read it, --help and the README are printed from it.
#ifndef LMC_CODECS_LEVELS_H_
#define LMC_CODECS_LEVELS_H_

#include <span>

#include "lmc/samples/sample_effort.h"

namespace lmc {

// Bytes that may be text or not (logs, tables, data in text form, rare languages).
enum class Doubt {
  kByVocabulary,  // the language model codes what its vocabulary knows well
  kByTrial,       // a piece is coded both ways
  kBothWays       // all of it is, and the smaller one is kept
};

// How the samples of a picture are predicted; each step keeps what the one before has. Synthetic pictures and those of
// few colours are mixed from kNetwork on.
enum class ImageEffort { kNetwork, kGated, kMixed, kLeastSquares, kEnsemble };

struct LevelRow {
  int level = 0;
  bool models = false;  // anything is predicted at all; false: bytes are stored
  SampleEffort sound = SampleEffort::kFast;
  SampleEffort video = SampleEffort::kFast;
  int text_model = 0;        // number of the built-in model for text (models/builtin.txt), 0: none
  bool few_streams = false;  // of text: fewer streams see more of what came before, and are slower
  bool deep = false;         // deep context mixing for what is no text; else fast
  Doubt doubt = Doubt::kByVocabulary;
  ImageEffort images = ImageEffort::kNetwork;
  bool model_alone = false;    // text: the language model's own probabilities, nothing mixed in. In no row of the table
  bool thorough_jpeg = false;  // more contexts for the coefficients
  // In words, for people.
  const char* text = "";
  const char* other = "";
  const char* pictures = "";
  const char* sounds = "";
};

inline constexpr int kDefaultLevel = 5;
inline constexpr int kMaxLevel = 9;

std::span<const LevelRow> level_table();
// level: 0..kMaxLevel.
const LevelRow& level_row(int level);

inline constexpr int kBuiltinPixelModel = 3;  // number of the pixel network, at every level

}  // namespace lmc

#endif  // LMC_CODECS_LEVELS_H_
