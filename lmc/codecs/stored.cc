#include "lmc/codecs/stored.h"

namespace lmc {

EncodedBlock stored_block(ByteSpan raw) { return {kStored, Bytes(raw.begin(), raw.end())}; }

Result<EncodedBlock> encode_stored(ByteSpan raw, const LevelRow&, const BlockResources&) { return stored_block(raw); }

Result<Bytes> decode_stored(ByteSpan payload, size_t raw_bytes, const BlockResources&) {
  if (payload.size() != raw_bytes)
    return bad_input("stored block of " + std::to_string(payload.size()) + " bytes, expected " +
                     std::to_string(raw_bytes) + "; the file is damaged");
  return Bytes(payload.begin(), payload.end());
}

}  // namespace lmc
