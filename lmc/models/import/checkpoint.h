// What a checkpoint of others holds, whichever format it came in: the readers (gguf_checkpoint.cc, ...) fill this, the
// importer (import.cc) makes a model file of it.
#ifndef LMC_MODELS_IMPORT_CHECKPOINT_H_
#define LMC_MODELS_IMPORT_CHECKPOINT_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lmc/models/file/model_file.h"
#include "lmc/models/import/architectures.h"
#include "lmc/models/import/weight_types.h"
#include "lmc/tokenize/splitter.h"

namespace lmc {

struct Hyperparameters {
  ModelConfig config;                 // what of it the checkpoint says; windows: its own, 0: none
  std::vector<double> rope_theta;     // (L)
  std::vector<double> rope_divisors;  // (D/2) or empty: of the frequencies of layers without a window of their own
  double query_scale = 0;             // of scores; 0: 1 / sqrt(head_dim)
};

struct CheckpointToken {
  enum class Kind : uint8_t {
    kNone,    // has no bytes (control, unused): dropped
    kNormal,  //
    kWhole,   // taken whole wherever it stands in a text
    kByte     // a byte that no other token covers
  };
  std::string bytes;
  Kind kind = Kind::kNone;
};

struct CheckpointVocabulary {
  std::vector<CheckpointToken> tokens;                      // by row of the embedding
  Splitter splitter = Splitter::kGpt2;                      // not kOwn
  std::vector<std::pair<std::string, std::string>> merges;  // bytes; the first one goes first. Not where scores are
  bool by_rank = false;                                     // as tiktoken (Tokenizer::create_by_rank)
  // Of by_rank and kCharacters: the highest one merges first; if is_unigram: as Unigram wants them.
  std::vector<double> scores;
  uint32_t begin = 0;  // row of the token that begins a document
};

struct Checkpoint {
  const char* format = "";  // for messages: "GGUF file"
  const Architecture* architecture = nullptr;
  TensorSource source = TensorSource::kGguf;
  Hyperparameters parameters;
  std::map<std::string, WeightTensor> tensors;  // point into the bytes it was read from
  CheckpointVocabulary vocabulary;
  std::string origin;  // JSON object: where it comes from

  // Errors: bad input that names the tensor, if it is missing or not of this shape.
  Result<const WeightTensor*> tensor(const std::string& name, const std::vector<uint64_t>& shape) const;
  Error unsupported(const std::string& what) const;
};

class GgufFile;
// file must outlive it. Errors: bad input that says what is missing or not supported.
Result<Checkpoint> read_gguf_checkpoint(const GgufFile& file, ByteSpan bytes);

}  // namespace lmc

#endif  // LMC_MODELS_IMPORT_CHECKPOINT_H_
