// lmc --verify: what was written is read back from the file and decoded before it counts as complete.
#ifndef TOOLS_LMC_VERIFY_H_
#define TOOLS_LMC_VERIFY_H_

#include "lmc/base/hash.h"
#include "lmc/base/stream.h"
#include "tools/lmc/files.h"

namespace lmc {

// Hands another source on and keeps account of its bytes.
class HashingSource : public Source {
 public:
  explicit HashingSource(Source& from) : from_(from) {}
  Result<size_t> read(std::span<uint8_t> out) override;
  Sha256 finish() { return hash_.finish(); }  // once

 private:
  Source& from_;
  Sha256Stream hash_;
};

// Decodes the file behind descriptor from its beginning. Errors: bug if the content is not the one with this hash.
Status verify_output(const Session& session, int descriptor, const std::string& shown_name, const Sha256& wanted);

}  // namespace lmc

#endif  // TOOLS_LMC_VERIFY_H_
