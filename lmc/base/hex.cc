// Hashes as text.
#include "lmc/base/hash.h"

namespace lmc {

std::string hex(ByteSpan bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

std::optional<Sha256> sha256_from_hex(std::string_view digits) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  Sha256 out{};
  if (digits.size() != 2 * out.size()) return {};
  for (size_t i = 0; i < digits.size(); ++i) {
    const size_t value = kDigits.find(digits[i]);
    if (value == std::string_view::npos) return {};
    out[i / 2] = uint8_t(out[i / 2] << 4 | value);
  }
  return out;
}

}  // namespace lmc
