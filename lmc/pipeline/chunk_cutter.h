// Cuts an input that is one long file into the chunks that its codec wants; what is behind them, or what the codec does
// not take after all, into blocks like any other bytes.
#ifndef LMC_PIPELINE_CHUNK_CUTTER_H_
#define LMC_PIPELINE_CHUNK_CUTTER_H_

#include <string>

#include "lmc/base/stream.h"
#include "lmc/codecs/codec.h"

namespace lmc {

struct CutBlock {
  Bytes raw;               // empty at the end
  EncodeChunk encode;      // empty: like any bytes
  int useful_threads = 1;  // of that
};

class ChunkCutter {
 public:
  ChunkCutter(std::unique_ptr<FileChunks> chunks, Bytes start, Source& source, size_t block_bytes)
      : chunks_(std::move(chunks)), pending_(std::move(start)), source_(source), block_bytes_(block_bytes) {}

  Result<CutBlock> next();
  // Where the codec took no more of the file, and why; empty if it took all, or has taken no less than it wanted.
  const std::string& why_over() const { return why_over_; }

 private:
  Status fill(size_t bytes);
  CutBlock cut(size_t bytes);

  std::unique_ptr<FileChunks> chunks_;  // null when there are no more
  Bytes pending_;
  Source& source_;
  size_t block_bytes_;
  bool at_end_ = false;  // of the source
  uint64_t taken_bytes_ = 0;
  std::string why_over_;
};

}  // namespace lmc

#endif  // LMC_PIPELINE_CHUNK_CUTTER_H_
