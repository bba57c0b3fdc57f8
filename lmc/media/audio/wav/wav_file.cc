#include "lmc/media/audio/wav/wav_file.h"

#include <optional>

namespace lmc {
namespace {

constexpr uint32_t kUnknownSize = 0xffffffff;
constexpr uint16_t kPcm = 1, kFloat = 3, kExtensible = 0xfffe;
constexpr size_t kRiffHeaderBytes = 12, kChunkHeaderBytes = 8;

uint32_t little_endian(ByteSpan bytes, size_t at, int count) {
  uint32_t value = 0;
  for (int i = count; i-- > 0;) value = value << 8 | bytes[at + size_t(i)];
  return value;
}

Bytes make_header(const SoundLayout& sound, uint32_t data_bytes, bool is_extended) {
  using namespace std::string_view_literals;
  constexpr uint32_t kPlainFormatBytes = 16, kExtendedFormatBytes = 40;
  constexpr std::string_view kSubformatEnd = "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"sv;
  const uint32_t format_bytes = is_extended ? kExtendedFormatBytes : kPlainFormatBytes;
  const uint16_t tag = sound.form.is_float ? kFloat : kPcm;
  Bytes out;
  append_bytes(out, as_bytes("RIFF"));
  append_le<uint32_t>(
      out, uint32_t(kRiffHeaderBytes) - 8 + 2 * kChunkHeaderBytes + format_bytes + data_bytes + data_bytes % 2);
  append_bytes(out, as_bytes("WAVEfmt "));
  append_le<uint32_t>(out, format_bytes);
  append_le<uint16_t>(out, is_extended ? kExtensible : tag);
  append_le<uint16_t>(out, uint16_t(sound.channels));
  append_le<uint32_t>(out, sound.rate);
  append_le<uint32_t>(out, uint32_t(sound.rate * sound.frame_bytes()));
  append_le<uint16_t>(out, uint16_t(sound.frame_bytes()));
  append_le<uint16_t>(out, uint16_t(8 * sound.form.bytes));
  if (is_extended) {
    append_le<uint16_t>(out, 22);
    append_le<uint16_t>(out, uint16_t(sound.form.bits()));
    append_le<uint32_t>(out, 0);  // which loudspeaker a channel is for: not said
    append_le<uint16_t>(out, tag);
    append_bytes(out, as_bytes(kSubformatEnd));
  }
  append_bytes(out, as_bytes("data"));
  append_le<uint32_t>(out, data_bytes);
  return out;
}

}  // namespace

bool begins_like_wav(ByteSpan start) {
  return (begins_with(start, "RIFF") || begins_with(start, "RF64")) && start.size() >= kRiffHeaderBytes &&
         begins_with(start.subspan(8), "WAVE");
}

Result<SoundLayout> read_wav_format(ByteSpan chunk, size_t offset) {
  constexpr size_t kPlainBytes = 16, kSubformatAt = 24;
  if (chunk.size() < kPlainBytes) return bad_input("WAV: the format chunk has less than 16 bytes", offset);
  uint32_t tag = little_endian(chunk, 0, 2);
  if (tag == kExtensible && chunk.size() >= kSubformatAt + 2) tag = little_endian(chunk, kSubformatAt, 2);
  if (tag != kPcm && tag != kFloat)
    return bad_input("WAV: samples of format " + std::to_string(tag) +
                         "; only integers (format 1) and floating-point numbers (3) are taken apart",
                     offset);
  SoundLayout layout;
  layout.channels = int(little_endian(chunk, 2, 2));
  layout.rate = little_endian(chunk, 4, 4);
  const uint32_t frame_bytes = little_endian(chunk, 12, 2), bits = little_endian(chunk, 14, 2);
  if (layout.channels == 0 || frame_bytes % uint32_t(layout.channels) != 0)
    return bad_input(
        "WAV: " + std::to_string(frame_bytes) + " bytes a frame of " + std::to_string(layout.channels) + " channels",
        offset);
  layout.form.bytes = int(frame_bytes / uint32_t(layout.channels));
  layout.form.is_float = tag == kFloat;
  layout.form.is_unsigned = layout.form.bytes == 1;
  if (bits > uint32_t(layout.form.bits()))
    return bad_input(
        "WAV: " + std::to_string(bits) + " bits in " + std::to_string(layout.form.bytes) + " bytes a sample", offset);
  LMC_TRY(check_sound(layout));
  return layout;
}

Result<SoundLayout> read_wav(ByteSpan file) {
  if (!begins_like_wav(file)) return bad_input("not a WAV file", 0);
  std::optional<SoundLayout> layout;
  uint64_t long_size = 0;  // of the samples, told by ds64
  for (uint64_t at = kRiffHeaderBytes; at + kChunkHeaderBytes <= file.size();) {
    const ByteSpan header = file.subspan(size_t(at), kChunkHeaderBytes);
    const uint64_t size = little_endian(header, 4, 4), begin = at + kChunkHeaderBytes;
    if (begins_with(header, "data")) {
      if (!layout) return bad_input("WAV: samples before the format chunk", at);
      const bool is_open = size == 0 || size == kUnknownSize;
      LMC_TRY(set_extent(*layout, begin, !is_open ? size : long_size > 0 ? long_size : UINT64_MAX, file.size()));
      return *layout;
    }
    const ByteSpan content = file.subspan(size_t(begin)).first(size_t(std::min(size, file.size() - begin)));
    if (begins_with(header, "fmt ")) {
      LMC_ASSIGN(layout, read_wav_format(content, size_t(begin)));
    } else if (begins_with(header, "ds64") && content.size() >= 16) {
      long_size = uint64_t(little_endian(content, 12, 4)) << 32 | little_endian(content, 8, 4);
    }
    at = begin + size + size % 2;
  }
  return bad_input("WAV: no data chunk", file.size());
}

Bytes make_wav_header(const SoundLayout& sound, uint32_t data_bytes) {
  return make_header(sound, data_bytes, sound.channels > 2 || sound.form.bytes > 2 || sound.form.unused_bits > 0);
}
Bytes make_plain_wav_header(const SoundLayout& sound, uint32_t data_bytes) {
  return make_header(sound, data_bytes, false);
}

uint64_t wav_declared_bytes(ByteSpan start) {
  const uint32_t size = begins_like_wav(start) ? little_endian(start, 4, 4) : 0;
  return size == 0 || size == kUnknownSize ? 0 : kChunkHeaderBytes + uint64_t(size);
}

}  // namespace lmc
