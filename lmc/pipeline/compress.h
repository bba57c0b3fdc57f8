// A whole input to a whole .lmc file: cuts into blocks, has them encoded (encode_block.h), frames them (lmc/container).
//
// Works block by block from and to streams, so memory is bounded by the block size times the number of threads. The
// bytes written depend on the input, the level, the block size and the model only: never on threads or instruction set.
#ifndef LMC_PIPELINE_COMPRESS_H_
#define LMC_PIPELINE_COMPRESS_H_

#include <functional>
#include <optional>

#include "lmc/base/stream.h"
#include "lmc/codecs/codec.h"

namespace lmc {

// Containers in containers: what lies deeper is not taken apart.
inline constexpr int kMostDepth = 3;

inline constexpr size_t kDefaultBlockBytes = size_t(4) << 20;

struct CompressOptions {
  int level = kDefaultLevel;                // 0..kMaxLevel
  int threads = 1;                          // 1 or more
  size_t block_bytes = kDefaultBlockBytes;  // a power of two from 2^17 to 2^26
  Isa isa = Isa::kScalar;
  Engine* engine = nullptr;                    // keeps compiled models; null: they are compiled for each block
  ModelOnDemand model;                         // none: no language model. Not looked for while images suffice
  const LoadedModel* pixel_model = nullptr;    // null: images are coded like other data
  std::optional<uint64_t> content_bytes = {};  // the input's size, where it is known; checked
  // An image file that cannot be made again byte for byte may be replaced by another with the same pixels (PNG only).
  bool pixels_suffice = false;
  std::function<void(const std::string& why)> note = {};   // of an image that is not taken apart exactly; may be empty
  bool tiny = true;                                        // false: the full form even where the tiny one would do
  std::function<void(uint64_t done_bytes)> progress = {};  // from the calling thread; may be empty
  int depth = 0;                                           // of containers around the input
};

Status check_options(const CompressOptions& options);  // usage errors

struct Stats {
  uint64_t raw_bytes = 0;
  uint64_t compressed_bytes = 0;
  uint64_t blocks = 0;
};

Result<Stats> compress(Source& source, Sink& sink, const CompressOptions& options);

}  // namespace lmc

#endif  // LMC_PIPELINE_COMPRESS_H_
