#include "lmc/tokenize/unicode_class.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace lmc {
namespace {

constexpr uint32_t kRuns[] = {
// first code point of a run << 2 | class
#include "lmc/tokenize/unicode_classes.inc"
};

UnicodeClass search_class(uint32_t code_point) {
  const uint32_t* const after = std::upper_bound(std::begin(kRuns), std::end(kRuns), code_point << 2 | 3);
  return UnicodeClass(*(after - 1) & 3);
}

constexpr size_t kQuick = 0x80;  // code points that are looked up without a search

const std::array<UnicodeClass, kQuick>& quick_classes() {
  static const std::array<UnicodeClass, kQuick> classes = [] {
    std::array<UnicodeClass, kQuick> out{};
    for (uint32_t i = 0; i < kQuick; ++i) out[i] = search_class(i);
    return out;
  }();
  return classes;
}

}  // namespace

UnicodeClass unicode_class(uint32_t code_point) {
  return code_point < kQuick ? quick_classes()[code_point] : search_class(code_point);
}

CodePoint first_code_point(ByteSpan text) {
  if (text.empty()) return {};
  const uint32_t lead = text[0];
  if (lead < 0x80) return {lead, 1};
  const uint32_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return {};
  uint32_t value = lead & (0x7fu >> size);
  for (uint32_t i = 1; i < size; ++i) {
    if ((text[i] & 0xc0) != 0x80) return {};
    value = value << 6 | (text[i] & 0x3fu);
  }
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xd800 && value < 0xe000;
  if (value < kLeast[size] || value > 0x10ffff || surrogate) return {};
  return {value, size};
}

}  // namespace lmc
