// MD5 (RFC 1321), which FLAC files carry of their samples. Not for security.
#ifndef LMC_BASE_MD5_H_
#define LMC_BASE_MD5_H_

#include <array>

#include "lmc/base/bytes.h"

namespace lmc {

using Md5 = std::array<uint8_t, 16>;

// Of a byte string that arrives in pieces.
class Md5Stream {
 public:
  void update(ByteSpan bytes);
  Md5 finish();  // once

 private:
  void take_block(const uint8_t* block);

  std::array<uint32_t, 4> state_ = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  std::array<uint8_t, 64> pending_{};
  uint64_t size_ = 0;
};

}  // namespace lmc

#endif  // LMC_BASE_MD5_H_
