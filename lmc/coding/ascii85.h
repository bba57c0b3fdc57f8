// ASCII85 as PDF and PostScript have it (PDF 32000-1, 7.4.3): four bytes in five characters, four zeros in a 'z'.
#ifndef LMC_CODING_ASCII85_H_
#define LMC_CODING_ASCII85_H_

#include <optional>

#include "lmc/base/bytes.h"

namespace lmc {

struct Ascii85Text {
  size_t size_bytes = 0;  // of the text, without the "~>" behind it
  size_t line_bytes = 0;  // each line has so many characters and an end of line, but for the last; 0: one line
  Bytes bytes;            // what it stands for
};

// The text that begins here, if encode_ascii85 would write it so and "~>" follows. Of at most max_bytes.
std::optional<Ascii85Text> decode_ascii85(ByteSpan text, size_t max_bytes);

Bytes encode_ascii85(ByteSpan bytes, size_t line_bytes);

}  // namespace lmc

#endif  // LMC_CODING_ASCII85_H_
