// A whole input to a whole .lmc file: cuts into blocks, has them encoded (encode_block.h), frames them (lmc/container).
//
// Works block by block from and to streams, so memory is bounded by the block size times the number of threads. The
// bytes written depend on the input, the level, the block size, the model and a limit of memory that is less than the
// default one: never on threads or instruction set. What would take more memory than that is coded in another way, as
// plain bytes in the end; an error (environment) if even these need more.
#ifndef LMC_PIPELINE_COMPRESS_H_
#define LMC_PIPELINE_COMPRESS_H_

#include <functional>
#include <optional>

#include "lmc/base/stream.h"
#include "lmc/codecs/codec.h"
#include "lmc/codecs/video.h"

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
  std::function<void(const std::string& why)> note = {};  // of an image that is not taken apart exactly; may be empty
  uint64_t memory_limit_bytes = 0;     // for what the data at hand ask for (budget.h); 0: Budget::default_limit_bytes
  bool embed_adapter = false;          // the model's adapter goes into the frame, if any block needs it
  bool model_alone = false;            // text by the language model alone, nothing mixed in: for comparison
  std::optional<RawVideo> video = {};  // the input is frames of this form and nothing else
  bool tiny = true;                    // false: the full form even where the tiny one would do
  std::function<void(uint64_t done_bytes)> progress = {};  // from the calling thread; may be empty
  int depth = 0;                                           // of containers around the input
};

Status check_options(const CompressOptions& options);  // usage errors

// For all that goes on, and for a block by itself: what is written may depend on that, so it does not know of threads.
inline uint64_t memory_limit_of(const CompressOptions& options) {
  return options.memory_limit_bytes > 0 ? options.memory_limit_bytes : Budget::default_limit_bytes(options.threads);
}
inline uint64_t memory_limit_alone(const CompressOptions& options) {
  return options.memory_limit_bytes > 0 ? options.memory_limit_bytes : Budget::default_limit_bytes(1);
}

struct Stats {
  uint64_t raw_bytes = 0;
  uint64_t compressed_bytes = 0;
  uint64_t blocks = 0;
};

Result<Stats> compress(Source& source, Sink& sink, const CompressOptions& options);

}  // namespace lmc

#endif  // LMC_PIPELINE_COMPRESS_H_
