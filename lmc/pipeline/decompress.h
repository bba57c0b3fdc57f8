// A .lmc file back to its content: the exact inverse of compress.h, with every checksum checked.
//
// decompress() streams: what it has written before it meets damage has been written (callers that write files do so
// under a temporary name). salvage() takes a damaged file as a whole and brings back every block that is intact.
#ifndef LMC_PIPELINE_DECOMPRESS_H_
#define LMC_PIPELINE_DECOMPRESS_H_

#include <functional>
#include <string>
#include <vector>

#include "lmc/base/budget.h"
#include "lmc/base/stream.h"
#include "lmc/models/engine.h"
#include "lmc/pipeline/compress.h"

namespace lmc {

struct DecompressOptions {
  Engine* engine = nullptr;  // where the models that the file names are looked for, and kept; null: nowhere
  int threads = 1;
  Isa isa = Isa::kScalar;
  uint64_t limit_bytes = UINT64_MAX;  // more content than this is an error
  uint64_t memory_limit_bytes = 0;    // for what the file's sizes ask for (budget.h); 0: Budget::default_limit_bytes
  std::function<void(uint64_t done_bytes)> progress = {};  // content bytes; from the calling thread; may be empty
  int depth = 0;                                           // of containers around this file
  Budget* budget = nullptr;                                // that of the file around this one; null: its own
  const LoadedModel* embedded = nullptr;                   // an adapter that the file around this one brought
};

inline uint64_t memory_limit_of(const DecompressOptions& options) {
  return options.memory_limit_bytes > 0 ? options.memory_limit_bytes : Budget::default_limit_bytes(options.threads);
}

// Errors: bad input (which block, which content bytes, where in the file), environment (a model is missing, more memory
// is needed than the limit, I/O).
Result<Stats> decompress(Source& source, Sink& sink, const DecompressOptions& options);

struct SalvageReport {
  Stats stats;
  std::vector<std::string> damage;  // one line for each thing that was wrong; empty: the file is intact
};

// Blocks that cannot be brought back are written as zero bytes of the same size, so that offsets hold.
Result<SalvageReport> salvage(ByteSpan file, Sink& sink, const DecompressOptions& options);

// size_bytes bytes of the content from offset_bytes on (fewer if it ends there), decoding only the blocks they lie in.
Result<Bytes> read_range(ByteSpan file, uint64_t offset_bytes, uint64_t size_bytes, const DecompressOptions& options);

}  // namespace lmc

#endif  // LMC_PIPELINE_DECOMPRESS_H_
