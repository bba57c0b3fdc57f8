#include "lmc/tokenize/splitter.h"

#include <algorithm>
#include <string_view>

#include "lmc/tokenize/unicode_class.h"

namespace lmc {
namespace {

// Walks over code points; numbers end the text where they stand alone, and so do bytes that are no UTF-8.
class Walk {
 public:
  Walk(ByteSpan text, Splitter splitter) : text_(text), numbers_alone_(splitter == Splitter::kSmollm) {}

  struct Seen {
    size_t size_bytes = 0;  // 0: the text ends here
    UnicodeClass kind = UnicodeClass::kOther;
  };
  Seen at(size_t i) const {
    const CodePoint point = first_code_point(text_.subspan(i));
    if (point.size_bytes == 0) return {};
    const UnicodeClass kind = unicode_class(point.value);
    if (numbers_alone_ && kind == UnicodeClass::kNumber) return {};
    return {point.size_bytes, kind};
  }
  // Where the run of this class that begins at i ends.
  size_t skip(size_t i, UnicodeClass kind) const {
    for (Seen seen = at(i); seen.size_bytes > 0 && seen.kind == kind; seen = at(i)) i += seen.size_bytes;
    return i;
  }

 private:
  ByteSpan text_;
  bool numbers_alone_;
};

size_t contraction_bytes(ByteSpan text) {
  for (std::string_view end : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"})
    if (text.size() >= end.size() && std::memcmp(text.data(), end.data(), end.size()) == 0) return end.size();
  return 0;
}

// White space from 0 on: all of it at the end of the text, else all but the last one, which belongs to what follows.
size_t space_bytes(const Walk& walk) {
  size_t last = 0, end = 0;
  for (Walk::Seen seen = walk.at(0); seen.size_bytes > 0 && seen.kind == UnicodeClass::kSpace; seen = walk.at(end)) {
    last = end;
    end += seen.size_bytes;
  }
  return walk.at(end).size_bytes == 0 || last == 0 ? end : last;
}

// 's and so on, in capitals as well.
size_t contraction_bytes_of_any_case(ByteSpan text) {
  constexpr uint8_t kLongS[] = {'\'', 0xc5, 0xbf};  // U+017F, which is an s in lower case
  if (text.size() >= sizeof kLongS && std::memcmp(text.data(), kLongS, sizeof kLongS) == 0) return sizeof kLongS;
  uint8_t lower[3] = {};
  const size_t size = std::min<size_t>(text.size(), sizeof lower);
  for (size_t i = 0; i < size; ++i) lower[i] = text[i] >= 'A' && text[i] <= 'Z' ? uint8_t(text[i] + 32) : text[i];
  return contraction_bytes({lower, size});
}

bool is_line_end(uint8_t byte) { return byte == '\n' || byte == '\r'; }

// White space from 0 on: up to its last line end; without one, as space_bytes.
size_t space_and_line_bytes(const Walk& walk, ByteSpan text) {
  const size_t end = walk.skip(0, UnicodeClass::kSpace);
  for (size_t i = end; i > 0; --i)
    if (is_line_end(text[i - 1])) return i;
  return space_bytes(walk);
}

// splitter: kLlama3 or kQwen2
size_t next_llama3_piece(ByteSpan text, size_t most_digits) {
  const Walk walk(text, Splitter::kLlama3);
  const Walk::Seen first = walk.at(0);
  if (first.size_bytes == 0) return 1;
  if (const size_t size = text[0] == '\'' ? contraction_bytes_of_any_case(text) : 0; size > 0) return size;
  if (first.kind == UnicodeClass::kNumber) {
    size_t end = 0;
    for (Walk::Seen seen = first; most_digits > 0 && seen.size_bytes > 0 && seen.kind == UnicodeClass::kNumber;
         seen = walk.at(end), --most_digits)
      end += seen.size_bytes;
    return end;
  }
  if (first.kind == UnicodeClass::kLetter) return walk.skip(0, UnicodeClass::kLetter);
  const Walk::Seen second = walk.at(first.size_bytes);
  const bool has_second = second.size_bytes > 0;
  if (!is_line_end(text[0]) && has_second && second.kind == UnicodeClass::kLetter)
    return walk.skip(first.size_bytes, UnicodeClass::kLetter);
  const size_t start = text[0] == ' ' ? 1 : 0;
  const Walk::Seen body = start > 0 ? second : first;
  if (body.size_bytes > 0 && body.kind == UnicodeClass::kOther) {
    size_t end = walk.skip(start, UnicodeClass::kOther);
    while (end < text.size() && is_line_end(text[end])) ++end;
    return end;
  }
  return space_and_line_bytes(walk, text);
}

}  // namespace

size_t next_imported_piece(ByteSpan text, Splitter splitter) {
  if (splitter == Splitter::kTwoBytes) return std::min<size_t>(text.size(), 2);
  if (splitter == Splitter::kLlama3) return next_llama3_piece(text, 3);
  if (splitter == Splitter::kQwen2) return next_llama3_piece(text, 1);
  const Walk walk(text, splitter);
  const Walk::Seen first = walk.at(0);
  if (first.size_bytes == 0) {  // a number that stands alone, or a byte
    const CodePoint point = first_code_point(text);
    return point.size_bytes > 0 ? point.size_bytes : 1;
  }
  if (const size_t size = text[0] == '\'' ? contraction_bytes(text) : 0; size > 0) return size;
  const size_t start = text[0] == ' ' ? 1 : 0;
  const Walk::Seen body = walk.at(start);
  if (body.size_bytes > 0 && body.kind != UnicodeClass::kSpace) return walk.skip(start, body.kind);
  return space_bytes(walk);
}

}  // namespace lmc
