// Parts of reconstruction data that say their own size: a varint and that many bytes.
#ifndef LMC_MEDIA_IMAGE_SIDE_PART_H_
#define LMC_MEDIA_IMAGE_SIDE_PART_H_

#include <string>

#include "lmc/base/bytes.h"

namespace lmc {

inline void append_part(Bytes& side, ByteSpan part) {
  append_varint(side, part.size());
  append_bytes(side, part);
}

// Errors: bad input that names the field.
inline Result<ByteSpan> read_part(ByteReader& side, const char* field) {
  LMC_ASSIGN(const auto size, side.read_varint(field));
  if (size > side.remaining()) return bad_input(std::string(field) + " is cut short", side.position());
  return side.read_bytes(size_t(size), field);
}

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_SIDE_PART_H_
