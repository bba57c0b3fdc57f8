// Cuts an input into blocks: of block_bytes each, but never through a whole file of a known format that a block can
// hold.
#ifndef LMC_PIPELINE_BLOCK_CUTTER_H_
#define LMC_PIPELINE_BLOCK_CUTTER_H_

#include "lmc/base/stream.h"
#include "lmc/codecs/codec.h"

namespace lmc {

class BlockCutter {
 public:
  // Without spare_files, files are cut like everything else. With it, a block that would cut one in two ends before
  // it or, where little comes before it, behind it: it has most_bytes at most.
  BlockCutter(Source& source, size_t block_bytes, bool spare_files, size_t most_bytes = kMaxBlockBytes)
      : source_(source), block_bytes_(block_bytes), most_bytes_(most_bytes), spare_files_(spare_files) {}

  Result<Bytes> next();                             // empty at the end
  bool at_end() const { return pending_.empty(); }  // after next(): whether nothing follows

 private:
  Status fill(size_t bytes);
  Result<size_t> bytes_of_next();

  Source& source_;
  size_t block_bytes_, most_bytes_;
  bool spare_files_;
  Bytes pending_;  // read, not yet handed out
};

}  // namespace lmc

#endif  // LMC_PIPELINE_BLOCK_CUTTER_H_
