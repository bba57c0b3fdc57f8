#include "lmc/pipeline/mixing_block.h"

#include "lmc/coding/arithmetic_coder.h"
#include "lmc/coding/coding_loop.h"

namespace lmc {
namespace {

constexpr uint8_t kProfile = 0;  // first byte of the payload: which contexts and tables; the only one so far
constexpr size_t kProgressBytes = 1 << 14;

template <typename Coder>
void code_bytes(Coder& coder, Bytes& bytes, const BlockResources& resources) {
  MixingModel mixing({.tokens = false, .streams = 1, .size_bytes = bytes.size()}, resources.isa);
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = code_byte(coder, mixing, bytes[i]);
    if (i % kProgressBytes == 0 && resources.progress) resources.progress(i);
  }
}

}  // namespace

Bytes encode_mixing_block(ByteSpan raw, const BlockResources& resources) {
  Bytes payload{kProfile};
  Bytes bytes(raw.begin(), raw.end());
  ArithmeticEncoder coder(payload);
  code_bytes(coder, bytes, resources);
  coder.finish();
  return payload;
}

Result<Bytes> decode_mixing_block(ByteSpan payload, size_t raw_size_bytes, const BlockResources& resources) {
  if (payload.empty() || payload[0] != kProfile)
    return bad_input("mixing block: unknown profile; the file was written by a newer lmc or is damaged", 0);
  Bytes bytes(raw_size_bytes);
  ArithmeticDecoder coder(payload.subspan(1));
  code_bytes(coder, bytes, resources);
  return bytes;
}

}  // namespace lmc
