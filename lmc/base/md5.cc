#include "lmc/base/md5.h"

#include <algorithm>
#include <bit>

namespace lmc {
namespace {

// ⌊2^32 |sin(i + 1)|⌋
constexpr uint32_t kSines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
constexpr int kTurns[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

}  // namespace

void Md5Stream::take_block(const uint8_t* block) {
  std::array<uint32_t, 16> words{};
  for (size_t i = 0; i < 64; ++i) words[i / 4] |= uint32_t(block[i]) << (8 * (i % 4));
  auto [a, b, c, d] = state_;
  for (uint32_t i = 0; i < 64; ++i) {
    const uint32_t round = i / 16;
    const uint32_t mixed = round == 0   ? (b & c) | (~b & d)
                           : round == 1 ? (d & b) | (~d & c)
                           : round == 2 ? b ^ c ^ d
                                        : c ^ (b | ~d);
    const uint32_t word = (round == 0 ? i : round == 1 ? 5 * i + 1 : round == 2 ? 3 * i + 5 : 7 * i) % 16;
    const uint32_t sum = a + mixed + kSines[i] + words[word];
    a = d;
    d = c;
    c = b;
    b += std::rotl(sum, kTurns[round][i % 4]);
  }
  state_[0] += a;
  state_[1] += b;
  state_[2] += c;
  state_[3] += d;
}

void Md5Stream::update(ByteSpan bytes) {
  while (!bytes.empty()) {
    const size_t filled = size_ % 64, taken = std::min(64 - filled, bytes.size());
    if (filled == 0 && taken == 64) {
      take_block(bytes.data());
    } else {
      std::copy_n(bytes.begin(), taken, pending_.begin() + ptrdiff_t(filled));
      if (filled + taken == 64) take_block(pending_.data());
    }
    size_ += taken;
    bytes = bytes.subspan(taken);
  }
}

Md5 Md5Stream::finish() {
  const uint64_t bits = 8 * size_;
  Bytes end(1 + (119 - size_ % 64) % 64, 0);
  end[0] = 0x80;
  append_le<uint64_t>(end, bits);
  update(end);
  Md5 out;
  for (size_t i = 0; i < 16; ++i) out[i] = uint8_t(state_[i / 4] >> (8 * (i % 4)));
  return out;
}

}  // namespace lmc
