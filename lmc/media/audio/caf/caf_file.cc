#include "lmc/media/audio/caf/caf_file.h"

#include <bit>
#include <cmath>
#include <optional>

namespace lmc {
namespace {

constexpr size_t kHeaderBytes = 8, kChunkHeaderBytes = 12, kEditCountBytes = 4, kDescriptionBytes = 32;
constexpr uint64_t kUnknownSize = UINT64_MAX;
constexpr uint32_t kIsFloat = 1, kIsLittleEndian = 2;

uint64_t size_at(ByteSpan bytes, size_t at) {
  return uint64_t(big_endian(bytes, at, 4)) << 32 | big_endian(bytes, at + 4, 4);
}

// The content of a chunk "desc".
Result<SoundLayout> read_description(ByteSpan chunk, size_t offset) {
  if (chunk.size() < kDescriptionBytes) return bad_input("CAF: the description is too short", offset);
  if (!begins_with(chunk.subspan(8), "lpcm"))
    return bad_input("CAF: compressed samples; only linear PCM is taken apart", offset);
  SoundLayout layout;
  layout.format = SoundFormat::kCaf;
  const auto rate = std::bit_cast<double>(size_at(chunk, 0));
  layout.rate = rate >= 0 && rate < 4e9 ? uint32_t(rate) : 0;
  const uint32_t flags = big_endian(chunk, 12, 4), packet_bytes = big_endian(chunk, 16, 4);
  const uint32_t channels = big_endian(chunk, 24, 4), bits = big_endian(chunk, 28, 4);
  if (channels == 0 || channels > uint32_t(kMostSoundChannels) || packet_bytes % channels != 0 ||
      big_endian(chunk, 20, 4) != 1)
    return bad_input("CAF: packets of " + std::to_string(packet_bytes) + " bytes of " + std::to_string(channels) +
                         " channels; 1 to " + std::to_string(kMostSoundChannels) + " are taken apart",
                     offset);
  layout.channels = int(channels);
  layout.form.bytes = int(std::min<uint32_t>(packet_bytes / channels, 255));
  layout.form.big_endian = (flags & kIsLittleEndian) == 0;
  layout.form.is_float = (flags & kIsFloat) != 0;
  if (bits > 8 * uint32_t(layout.form.bytes)) return bad_input("CAF: more bits than bytes a sample", offset);
  LMC_TRY(check_sound(layout));
  return layout;
}

}  // namespace

bool begins_like_caf(ByteSpan start) {
  return start.size() >= kHeaderBytes && begins_with(start, "caff") && big_endian(start, 4, 2) == 1;
}

Result<SoundLayout> read_caf(ByteSpan file) {
  if (!begins_like_caf(file)) return bad_input("not a CAF file", 0);
  std::optional<SoundLayout> layout;
  for (uint64_t at = kHeaderBytes; at + kChunkHeaderBytes <= file.size();) {
    const ByteSpan header = file.subspan(size_t(at), kChunkHeaderBytes);
    const uint64_t size = size_at(header, 4), begin = at + kChunkHeaderBytes;
    if (begins_with(header, "data")) {
      if (!layout) return bad_input("CAF: samples before their description", at);
      const uint64_t counted = size == kUnknownSize ? size : size - std::min<uint64_t>(size, kEditCountBytes);
      LMC_TRY(set_extent(*layout, begin + kEditCountBytes, counted, file.size()));
      return *layout;
    }
    const uint64_t rest = file.size() - begin;
    if (begins_with(header, "desc")) {
      LMC_ASSIGN(layout, read_description(file.subspan(size_t(begin), size_t(std::min(size, rest))), size_t(begin)));
    }
    if (size > rest) break;
    at = begin + size;
  }
  return bad_input("CAF: no data chunk", file.size());
}

FileLength caf_length(ByteSpan start) {
  const auto is_name = [](uint8_t byte) { return byte >= 'A' && byte <= 'z'; };
  if (!begins_like_caf(start)) return {};
  bool has_samples = false;
  for (uint64_t at = kHeaderBytes;;) {
    if (at + kChunkHeaderBytes > start.size()) {
      if (has_samples && at == start.size()) return {FileLength::End::kThere, size_t(at)};
      return FileLength::cut_off(start, true);
    }
    const ByteSpan header = start.subspan(size_t(at), kChunkHeaderBytes);
    const uint64_t size = size_at(header, 4);
    if (!is_name(header[0]) || !is_name(header[3]) || size > uint64_t(1) << 40)
      return {has_samples ? FileLength::End::kThere : FileLength::End::kNoFile, size_t(at)};
    has_samples = has_samples || begins_with(header, "data");
    if (size > start.size() - at - kChunkHeaderBytes) return FileLength::cut_off(start, true);
    at += kChunkHeaderBytes + size;
  }
}

}  // namespace lmc
