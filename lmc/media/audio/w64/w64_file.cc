#include "lmc/media/audio/w64/w64_file.h"

#include <optional>

#include "lmc/media/audio/wav/wav_file.h"

namespace lmc {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kRiff = "riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"sv;
constexpr std::string_view kNameEnd = "\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"sv;  // of all other names
constexpr size_t kNameBytes = 16, kChunkHeaderBytes = kNameBytes + 8, kHeaderBytes = kChunkHeaderBytes + kNameBytes;

bool has_name(ByteSpan chunk, std::string_view name) {
  return begins_with(chunk, name) && begins_with(chunk.subspan(name.size()), kNameEnd);
}
uint64_t size_at(ByteSpan bytes, size_t at) {
  uint64_t value = 0;
  for (size_t i = 8; i-- > 0;) value = value << 8 | bytes[at + i];
  return value;
}

}  // namespace

bool begins_like_w64(ByteSpan start) {
  return start.size() >= kHeaderBytes && begins_with(start, kRiff) &&
         has_name(start.subspan(kChunkHeaderBytes), "wave");
}

Result<SoundLayout> read_w64(ByteSpan file) {
  if (!begins_like_w64(file)) return bad_input("not a Wave64 file", 0);
  std::optional<SoundLayout> layout;
  for (uint64_t at = kHeaderBytes; at + kChunkHeaderBytes <= file.size();) {
    const ByteSpan header = file.subspan(size_t(at), kChunkHeaderBytes);
    const uint64_t size = size_at(header, kNameBytes), begin = at + kChunkHeaderBytes;  // the header counts too
    if (size < kChunkHeaderBytes) return bad_input("Wave64: a chunk that is shorter than its header", at);
    if (has_name(header, "data")) {
      if (!layout) return bad_input("Wave64: samples before the format chunk", at);
      LMC_TRY(set_extent(*layout, begin, size - kChunkHeaderBytes, file.size()));
      return *layout;
    }
    const uint64_t content = std::min(size - kChunkHeaderBytes, file.size() - begin);
    if (has_name(header, "fmt ")) {
      LMC_ASSIGN(layout, read_wav_format(file.subspan(size_t(begin), size_t(content)), size_t(begin)));
      layout->format = SoundFormat::kWave64;
    }
    if (size > file.size() - at) break;
    at += (size + 7) / 8 * 8;
  }
  return bad_input("Wave64: no data chunk", file.size());
}

uint64_t w64_declared_bytes(ByteSpan start) { return begins_like_w64(start) ? size_at(start, kNameBytes) : 0; }

}  // namespace lmc
