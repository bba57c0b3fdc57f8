// Code points and their classes, as far as splitting text for imported tokenizers asks for them.
#ifndef LMC_TOKENIZE_UNICODE_CLASS_H_
#define LMC_TOKENIZE_UNICODE_CLASS_H_

#include <cstdint>

#include "lmc/base/bytes.h"

namespace lmc {

// Letters are the general category L, numbers N, white space the property White_Space; all else is kOther.
enum class UnicodeClass : uint8_t { kOther = 0, kLetter = 1, kNumber = 2, kSpace = 3 };

// The table comes from scripts/make-unicode-classes, which says of which version of Unicode.
UnicodeClass unicode_class(uint32_t code_point);

struct CodePoint {
  uint32_t value = 0;
  uint32_t size_bytes = 0;  // 0: the bytes are no UTF-8
};
// The first code point of text, in its shortest form, no surrogate, at most U+10FFFF.
CodePoint first_code_point(ByteSpan text);

}  // namespace lmc

#endif  // LMC_TOKENIZE_UNICODE_CLASS_H_
