// Any bytes as the reconstruction data of a small picture: rebuild_image comes back, with no more than it may make.
#include <cstdlib>

#include "lmc/media/image/image_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 4) return 0;
  constexpr size_t kMaxFileBytes = 1 << 14;
  lmc::Picture picture;
  picture.width = 1 + data[0] % 64;
  picture.height = 1 + data[1] % 32;
  picture.channels = 1 + data[2] % 4;
  picture.bits = 1 + (data[2] >> 2) % 16;
  picture.indexed = data[2] >> 7;
  picture.samples.resize(picture.size_bytes());
  uint32_t state = data[3];
  for (uint8_t& sample : picture.samples) {  // data with matches of all lengths
    state = state * 1664525 + 1013904223;
    sample = uint8_t(state >> 30 << (data[3] & 7));
  }
  const lmc::ByteSpan side(data + 4, size - 4);
  for (int format = 0; format < 8; ++format) {
    const auto rebuilt = lmc::rebuild_image(lmc::ImageFormat(format), side, picture, kMaxFileBytes);
    if (rebuilt.ok() ? rebuilt->size() > kMaxFileBytes : rebuilt.error().family != lmc::ErrorFamily::kBadInput)
      std::abort();
  }
  return 0;
}
