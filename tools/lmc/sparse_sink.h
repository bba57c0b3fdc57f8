// Writes long runs of zeros as holes, which take no room on the disk, as zstd and cp do.
#ifndef TOOLS_LMC_SPARSE_SINK_H_
#define TOOLS_LMC_SPARSE_SINK_H_

#include <string>

#include "lmc/base/stream.h"

namespace lmc {

class SparseSink : public Sink {
 public:
  // The descriptor, borrowed, is of a regular file and stands at its end.
  SparseSink(int descriptor, const std::string& name) : descriptor_(descriptor), name_(name), sink_(descriptor, name) {}
  Status write(ByteSpan bytes) override;
  Status finish();  // after the last write: a hole at the end becomes part of the file

 private:
  Status put(ByteSpan bytes);
  Status skip();

  int descriptor_;
  std::string name_;
  DescriptorSink sink_;
  uint64_t position_ = 0;
  uint64_t hole_bytes_ = 0;  // zeros before position_ that are not in the file yet
};

// Whether a descriptor can have holes written to it: a regular file at its end, not opened for appending.
bool takes_holes(int descriptor);

}  // namespace lmc

#endif  // TOOLS_LMC_SPARSE_SINK_H_
