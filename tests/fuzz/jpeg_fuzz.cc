// JPEG files: what can be taken apart is rebuilt, and comes back from its payload; a payload, from the input's second
// half on, never does harm.
#include <cstdint>
#include <cstdlib>

#include "lmc/coefficients/jpeg_codec.h"
#include "lmc/media/jpeg/jpeg_file.h"

namespace {

lmc::Bytes side_as_is(lmc::ByteSpan side) { return lmc::Bytes(side.begin(), side.end()); }
lmc::Result<lmc::Bytes> side_back(lmc::ByteSpan coded, size_t size) {
  if (coded.size() != size) return lmc::bad_input("another size");
  return lmc::Bytes(coded.begin(), coded.end());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const lmc::ByteSpan input(data, size);
  const lmc::JpegOptions options{.isa = lmc::best_isa()};
  if (size > 0 && data[0] < 2) {  // a payload
    const lmc::Result<lmc::Bytes> file = lmc::decode_jpeg(input, size * 2, options, side_back);
    if (file.ok() && file->size() != size * 2) std::abort();
    return 0;
  }
  const lmc::Result<lmc::ParsedJpeg> jpeg = lmc::parse_jpeg(input);
  if (!jpeg.ok()) return 0;
  const lmc::Bytes file(input.begin(), input.end());
  if (lmc::rebuild_jpeg(*jpeg, size).value() != file) std::abort();
  if (jpeg->frame.blocks() > 2000) return 0;
  const lmc::Result<lmc::Bytes> payload = lmc::encode_jpeg(input, options, side_as_is);
  if (!payload.ok()) return 0;  // of its Huffman tables
  const lmc::Result<lmc::Bytes> again = lmc::decode_jpeg(*payload, size, options, side_back);
  if (!again.ok() || *again != file) std::abort();
  return 0;
}
