// How long a file is that begins inside other data, told by its structure alone.
#ifndef LMC_MEDIA_FILE_LENGTH_H_
#define LMC_MEDIA_FILE_LENGTH_H_

#include <algorithm>
#include <string_view>

#include "lmc/base/bytes.h"

namespace lmc {

struct FileLength {
  enum class End { kNoFile, kCutOff, kThere };
  End end = End::kNoFile;
  size_t bytes = 0;  // up to the end, or as far as it was followed

  // For a file that raw has no end of. That counts only when so much of it looks right that chance is no explanation.
  static FileLength cut_off(ByteSpan raw, bool sure) { return {sure ? End::kCutOff : End::kNoFile, raw.size()}; }
};

inline bool begins_with(ByteSpan bytes, std::string_view start) {
  return bytes.size() >= start.size() && std::ranges::equal(bytes.first(start.size()), as_bytes(start));
}

inline uint32_t big_endian(ByteSpan bytes, size_t at, int count) {
  uint32_t value = 0;
  for (int i = 0; i < count; ++i) value = value << 8 | bytes[at + size_t(i)];
  return value;
}

}  // namespace lmc

#endif  // LMC_MEDIA_FILE_LENGTH_H_
