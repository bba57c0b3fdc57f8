// One block: the unit that is compressed, checked and restored alone.
//
// encode_image and encode_data pick the codec that serves the bytes best; decode_block is their exact inverse on every
// machine, for every thread count and instruction set. Whatever the decoder needs beside the model is in the payload:
// its first byte is the profile (which contexts, table sizes, streams), see docs/format.md. Checksums are the
// container's.
#ifndef LMC_PIPELINE_BLOCK_H_
#define LMC_PIPELINE_BLOCK_H_

#include <functional>
#include <optional>
#include <string>

#include "lmc/base/budget.h"
#include "lmc/base/bytes.h"
#include "lmc/models/file/model_file.h"
#include "lmc/numerics/isa.h"

namespace lmc {

inline constexpr size_t kMaxBlockBytes = size_t(64) << 20;
inline constexpr int kFirstModelLevel = 2;  // from here on text is coded with a language model
inline constexpr int kFirstDeepLevel = 4;   // from here on with a larger one, and everything else with deep mixing
inline constexpr int kThoroughLevel = 7;    // from here on what is in doubt is coded both ways
inline constexpr int kFewStreamsLevel = 8;  // and from here on text in few streams
// The number (models/builtin.txt) of the built-in model that a level codes text with; 0: none.
constexpr int builtin_model_of(int level) { return level < kFirstModelLevel ? 0 : level < kFirstDeepLevel ? 2 : 1; }

inline constexpr int kBuiltinPixelModel = 3;
inline constexpr int kFirstPixelLevel = 1;  // from here on images are taken apart

// Wire ids, never reused.
enum class BlockCodec : uint8_t { kStored = 0, kMixing = 1, kText = 2, kGrouped = 3, kImage = 4, kJpeg = 5 };

// What both directions work with. Nothing here changes the bytes, except the model.
struct BlockResources {
  // To encode: the language model, to decode: the model that the block names. Null: none at hand.
  const ModelFile* model = nullptr;
  const ModelFile* pixel_model = nullptr;  // to encode images; null: they are coded like other data
  // To decode images among other data: built-in models by number. Empty: none at hand.
  std::function<Result<const ModelFile*>(int number)> builtin = {};
  // To decode: what sizes that the payload declares are charged to. Null: no limit.
  Budget* budget = nullptr;
  Isa isa = Isa::kScalar;
  int threads = 1;
  std::function<void(size_t done_bytes)> progress = {};   // called now and then from the calling thread; may be empty
  std::function<void(const std::string& why)> note = {};  // to encode: why an image is not taken apart; may be empty

  BlockResources quietly() const {
    BlockResources quiet = *this;
    quiet.progress = {};
    return quiet;
  }
};

enum class BlockModel { kNone, kText, kPixels };

struct EncodedBlock {
  BlockCodec codec = BlockCodec::kStored;
  Bytes payload;                         // never larger than the raw block
  BlockModel model = BlockModel::kNone;  // to decode it
};

inline constexpr int kTextThreads = 2;  // that one text block can keep busy
// How many threads encode_data will have work for: a guess, from whether the bytes look like text.
int useful_threads(ByteSpan raw, bool with_model);
int decoding_threads(BlockCodec codec);  // the same for decode_block
// For one of several images: small ones do better side by side, each with one thread.
constexpr int threads_for_image(size_t file_bytes, size_t images) {
  return images > 1 && file_bytes < (size_t(1) << 20) ? 1 : kTextThreads;
}

// What a media file holds beside its samples or coefficients: mixed, or stored where that is no larger. No model.
EncodedBlock encode_side_bytes(ByteSpan side, const BlockResources& resources);

// The largest image file that is taken apart; it becomes one block.
inline constexpr size_t kMaxImageFileBytes = size_t(512) << 20;
bool begins_like_image(ByteSpan start);
// Of a whole image file; nothing if it is none, or none that can be taken apart, or nothing is gained, or if other
// images follow it. Needs no language model.
std::optional<EncodedBlock> encode_image(ByteSpan file, int level, const BlockResources& resources);
// Why a whole image file was not taken apart: words to stand alone.
std::string why_not_taken_apart(ByteSpan file);

// Of anything. Contents of several kinds are grouped by kind, and each group coded by itself, and so are images in it.
// level 0 stores; 1 mixes contexts fast; 2 and 3 use a language model where the bytes are text; 4..9 a larger one, and
// deep mixing elsewhere; in doubt 4..6 try a piece and 7..9 the whole block.
EncodedBlock encode_data(ByteSpan raw, int level, const BlockResources& resources);

// Errors: bad input (payload not decodable, wrong size), environment (kText without a model, no memory).
Result<Bytes> decode_block(BlockCodec codec, ByteSpan payload, size_t raw_size_bytes, const BlockResources& resources);

}  // namespace lmc

#endif  // LMC_PIPELINE_BLOCK_H_
