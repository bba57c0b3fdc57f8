#include "lmc/coding/ascii85.h"

#include <algorithm>

namespace lmc {
namespace {

constexpr size_t kGroupBytes = 4, kGroupCharacters = 5;
constexpr uint32_t kBase = 85;
constexpr uint8_t kFirst = '!', kLast = 'u', kZeros = 'z', kEnd = '~';

// The first `bytes` of the four bytes that `digits` characters stand for; what is missing counts as the last character.
void put_group(Bytes& out, const uint8_t* characters, size_t digits) {
  uint64_t value = 0;
  for (size_t i = 0; i < kGroupCharacters; ++i)
    value = kBase * value + (i < digits ? characters[i] - kFirst : kBase - 1);
  for (size_t i = 0; i + 1 < digits; ++i) out.push_back(uint8_t(value >> (24 - 8 * i)));
}

void put_characters(Bytes& out, ByteSpan group) {
  uint32_t value = 0;
  for (size_t i = 0; i < kGroupBytes; ++i) value = value << 8 | (i < group.size() ? group[i] : 0);
  if (value == 0 && group.size() == kGroupBytes) return out.push_back(kZeros);
  uint8_t characters[kGroupCharacters];
  for (size_t i = kGroupCharacters; i-- > 0; value /= kBase) characters[i] = uint8_t(kFirst + value % kBase);
  append_bytes(out, ByteSpan(characters, group.size() + 1));
}

}  // namespace

std::optional<Ascii85Text> decode_ascii85(ByteSpan text, size_t max_bytes) {
  Ascii85Text out;
  uint8_t characters[kGroupCharacters];
  size_t digits = 0;
  size_t at = 0;
  for (; at < text.size() && text[at] != kEnd; ++at) {
    if (out.bytes.size() > max_bytes) return std::nullopt;
    const uint8_t c = text[at];
    if (c == '\n') {
      if (out.line_bytes == 0) out.line_bytes = at;
      continue;
    }
    if (c == kZeros && digits == 0) {
      out.bytes.insert(out.bytes.end(), kGroupBytes, 0);
      continue;
    }
    if (c < kFirst || c > kLast) return std::nullopt;
    characters[digits++] = c;
    if (digits < kGroupCharacters) continue;
    put_group(out.bytes, characters, digits);
    digits = 0;
  }
  if (digits > 0) put_group(out.bytes, characters, digits);
  if (text.size() - at < 2 || text[at + 1] != '>') return std::nullopt;
  out.size_bytes = at;
  const Bytes again = encode_ascii85(out.bytes, out.line_bytes);
  if (!std::ranges::equal(again, text.first(at))) return std::nullopt;
  return out;
}

Bytes encode_ascii85(ByteSpan bytes, size_t line_bytes) {
  Bytes text;
  for (size_t at = 0; at < bytes.size(); at += kGroupBytes)
    put_characters(text, bytes.subspan(at, std::min(kGroupBytes, bytes.size() - at)));
  if (line_bytes == 0) return text;
  Bytes lines;
  for (size_t at = 0; at < text.size(); at += line_bytes) {
    if (at > 0) lines.push_back('\n');
    append_bytes(lines, ByteSpan(text).subspan(at, std::min(line_bytes, text.size() - at)));
  }
  return lines;
}

}  // namespace lmc
