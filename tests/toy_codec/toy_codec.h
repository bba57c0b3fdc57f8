// A codec of its own, in one file and one row: what a new kind of data takes (docs/decisions/011-table-of-codecs.md).
//
// Toy files begin with kToyStart and the number of bytes that follow, little-endian; their payload is those bytes, each
// xor 1, and the four bytes of the number.
#ifndef TESTS_TOY_CODEC_TOY_CODEC_H_
#define TESTS_TOY_CODEC_TOY_CODEC_H_

#include "lmc/codecs/codec.h"

namespace lmc {

inline constexpr std::string_view kToyStart = "A toy file; what follows is this many bytes, each xor 1:";
inline constexpr size_t kToyHeadBytes = kToyStart.size() + 4;

inline size_t toy_bytes(ByteSpan start) {
  return *ByteReader(start.subspan(kToyStart.size())).read_le<uint32_t>("size");
}

inline bool begins_like_toy(ByteSpan start) { return start.size() >= kToyHeadBytes && begins_with(start, kToyStart); }

inline FileLength toy_length(ByteSpan start) {
  const size_t bytes = kToyHeadBytes + toy_bytes(start);
  return bytes <= start.size() ? FileLength{FileLength::End::kThere, bytes} : FileLength::cut_off(start, true);
}

inline Status check_toy(ByteSpan file) {
  if (toy_length(file).end == FileLength::End::kThere && toy_length(file).bytes == file.size()) return Ok();
  return bad_input("a toy file of another size than it says");
}

inline Bytes xor_one(ByteSpan bytes) {
  Bytes out;
  for (uint8_t byte : bytes) out.push_back(byte ^ 1);
  return out;
}

inline Result<EncodedBlock> encode_toy(ByteSpan file, const LevelRow&, const BlockResources&) {
  LMC_TRY(check_toy(file));
  return EncodedBlock{77, xor_one(file.subspan(kToyStart.size()))};
}

inline Result<Bytes> decode_toy(ByteSpan payload, size_t raw_bytes, const BlockResources&) {
  if (payload.size() + kToyStart.size() != raw_bytes) return bad_input("a toy block of another size");
  Bytes out(as_bytes(kToyStart).begin(), as_bytes(kToyStart).end());
  append_bytes(out, xor_one(payload));
  return out;
}

inline std::string describe_toy(ByteSpan payload) { return "toy of " + std::to_string(payload.size() - 4) + " bytes"; }

inline constexpr uint8_t kToyFirstBytes[] = {'A'};
inline constexpr FileKind kToyFiles{begins_like_toy, kToyFirstBytes, toy_length, check_toy};
inline constexpr CodecRow kToyRow{77,         "toy",      ModelNeed::kNone, Shape::kWholeFile, 1,
                                  encode_toy, decode_toy, describe_toy,     kToyFiles};

}  // namespace lmc

#endif  // TESTS_TOY_CODEC_TOY_CODEC_H_
