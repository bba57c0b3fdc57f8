#include "lmc/media/audio/aiff/aiff_file.h"

#include <optional>

namespace lmc {
namespace {

constexpr size_t kFormHeaderBytes = 12, kChunkHeaderBytes = 8;

// An 80-bit floating-point number, rounded down; 0 if it does not fit.
uint32_t read_rate(ByteSpan bytes) {
  const uint32_t exponent = big_endian(bytes, 0, 2), mantissa = big_endian(bytes, 2, 4);
  constexpr uint32_t kOne = 16383;
  return exponent < kOne || exponent > kOne + 31 ? 0 : mantissa >> (31 - (exponent - kOne));
}

// The content of a chunk COMM.
Result<SoundLayout> read_common(ByteSpan chunk, bool is_compressed_form, size_t offset) {
  constexpr size_t kPlainBytes = 18;
  if (chunk.size() < kPlainBytes + (is_compressed_form ? 4 : 0))
    return bad_input("AIFF: the chunk COMM is too short", offset);
  SoundLayout layout;
  layout.format = SoundFormat::kAiff;
  layout.channels = int(big_endian(chunk, 0, 2));
  layout.form.bytes = int((big_endian(chunk, 6, 2) + 7) / 8);
  layout.rate = read_rate(chunk.subspan(8, 10));
  layout.form.big_endian = true;
  if (is_compressed_form) {
    const ByteSpan type = chunk.subspan(kPlainBytes, 4);
    if (begins_with(type, "sowt"))
      layout.form.big_endian = false;
    else if (!begins_with(type, "NONE") && !begins_with(type, "twos"))
      return bad_input("AIFF: compressed samples; only integers are taken apart", offset);
  }
  LMC_TRY(check_sound(layout));
  return layout;
}

}  // namespace

bool begins_like_aiff(ByteSpan start) {
  return begins_with(start, "FORM") && start.size() >= kFormHeaderBytes &&
         (begins_with(start.subspan(8), "AIFF") || begins_with(start.subspan(8), "AIFC"));
}

Result<SoundLayout> read_aiff(ByteSpan file) {
  if (!begins_like_aiff(file)) return bad_input("not an AIFF file", 0);
  std::optional<SoundLayout> layout;
  std::optional<std::pair<uint64_t, uint64_t>> samples;  // begin and size
  for (uint64_t at = kFormHeaderBytes; at + kChunkHeaderBytes <= file.size() && !(layout && samples);) {
    const ByteSpan header = file.subspan(size_t(at), kChunkHeaderBytes);
    const uint64_t size = big_endian(header, 4, 4), begin = at + kChunkHeaderBytes;
    const ByteSpan content = file.subspan(size_t(begin)).first(size_t(std::min(size, file.size() - begin)));
    if (begins_with(header, "COMM") && !layout) {
      LMC_ASSIGN(layout, read_common(content, file[11] == 'C', size_t(begin)));
    } else if (begins_with(header, "SSND") && !samples && content.size() >= 8) {
      const uint64_t skipped = 8 + uint64_t(big_endian(content, 0, 4));
      samples = {begin + skipped, size > skipped ? size - skipped : 0};
    }
    at = begin + size + size % 2;
  }
  if (!layout || !samples) return bad_input("AIFF: no chunk COMM or no chunk SSND", file.size());
  LMC_TRY(set_extent(*layout, samples->first, samples->second, file.size()));
  return *layout;
}

uint64_t aiff_declared_bytes(ByteSpan start) {
  return begins_like_aiff(start) ? kChunkHeaderBytes + uint64_t(big_endian(start, 4, 4)) : 0;
}

}  // namespace lmc
