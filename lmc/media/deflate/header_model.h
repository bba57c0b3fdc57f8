// The headers of dynamic blocks: code lengths and how they are written down.
#ifndef LMC_MEDIA_DEFLATE_HEADER_MODEL_H_
#define LMC_MEDIA_DEFLATE_HEADER_MODEL_H_

#include <vector>

#include "lmc/media/deflate/choice_coder.h"
#include "lmc/media/deflate/deflate_codes.h"

namespace lmc {

template <typename Coder>
class HeaderModel {
 public:
  explicit HeaderModel(Coder& coder) : coder_(coder) {}

  // expected: how often symbols should come up. header counts only when writing. Errors: bad input.
  Result<DeflateHeader> code(const SymbolCounts& expected, DeflateHeader header);

 private:
  // part: 0 literals and lengths, 1 distances. before: of the last block.
  void code_lengths(std::span<const uint32_t> counts, std::span<const uint8_t> before, uint32_t part,
                    std::span<uint8_t> lengths);
  Status code_steps(DeflateHeader& header);
  void code_step_code(DeflateHeader& header);

  Coder& coder_;
  CodeLengths before_;  // of the last block
  bool has_before_ = false;
};

}  // namespace lmc

#endif  // LMC_MEDIA_DEFLATE_HEADER_MODEL_H_
