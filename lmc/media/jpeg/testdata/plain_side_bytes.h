// What the tests of payloads do with reconstruction data: nothing.
#ifndef LMC_MEDIA_JPEG_TESTDATA_PLAIN_SIDE_BYTES_H_
#define LMC_MEDIA_JPEG_TESTDATA_PLAIN_SIDE_BYTES_H_

#include "lmc/base/bytes.h"
#include "lmc/base/result.h"

namespace lmc {

inline Bytes side_as_is(ByteSpan side) { return Bytes(side.begin(), side.end()); }
inline Result<Bytes> side_back(ByteSpan coded, size_t size) {
  if (coded.size() != size) return bad_input("another size");
  return Bytes(coded.begin(), coded.end());
}

}  // namespace lmc

#endif  // LMC_MEDIA_JPEG_TESTDATA_PLAIN_SIDE_BYTES_H_
