#include "lmc/media/audio/sound_file.h"

#include <algorithm>

#include "lmc/media/audio/aiff/aiff_file.h"
#include "lmc/media/audio/caf/caf_file.h"
#include "lmc/media/audio/flac/flac_file.h"
#include "lmc/media/audio/ogg/ogg_flac.h"
#include "lmc/media/audio/w64/w64_file.h"
#include "lmc/media/audio/wav/wav_file.h"

namespace lmc {
namespace {

constexpr uint64_t kSpareBytes = uint64_t(1) << 20;  // behind the end that a header tells

struct SoundRow {
  SoundFormat format;
  const char* name;
  bool (*sniff)(ByteSpan start);
  Result<SoundLayout> (*read)(ByteSpan file);
  uint64_t (*declared_bytes)(ByteSpan start);      // of the whole file; 0: not said
  FileLength (*length)(ByteSpan start) = nullptr;  // null: by what is declared
};
uint64_t says_nothing(ByteSpan) { return 0; }
constexpr SoundRow kRows[] = {
    {SoundFormat::kWav, "WAV", begins_like_wav, read_wav, wav_declared_bytes},
    {SoundFormat::kAiff, "AIFF", begins_like_aiff, read_aiff, aiff_declared_bytes},
    {SoundFormat::kFlac, "FLAC", begins_like_flac, read_flac, says_nothing, flac_length},
    {SoundFormat::kWave64, "Wave64", begins_like_w64, read_w64, w64_declared_bytes},
    {SoundFormat::kCaf, "CAF", begins_like_caf, read_caf, says_nothing, caf_length},
    {SoundFormat::kOggFlac, "FLAC in Ogg", begins_like_ogg_flac, read_ogg_flac, says_nothing, ogg_flac_length}};

const SoundRow* find_row(ByteSpan start) {
  for (const SoundRow& row : kRows)
    if (row.sniff(start)) return &row;
  return nullptr;
}

}  // namespace

bool begins_like_sound(ByteSpan start) { return find_row(start) != nullptr; }

Result<SoundLayout> read_sound_layout(ByteSpan file) {
  const SoundRow* const row = find_row(file);
  if (row == nullptr) return bad_input("not a sound file of a known format", 0);
  return row->read(file);
}

FileLength sound_length(ByteSpan start) {
  const SoundRow* const row = find_row(start);
  if (row == nullptr) return {};
  if (row->length != nullptr) return row->length(start);
  const uint64_t declared = row->declared_bytes(start);
  const auto layout = row->read(start);
  if (declared == 0 || !layout.ok()) return {};
  if (declared > start.size()) return FileLength::cut_off(start, true);
  if (layout->begin > declared) return {};
  return {FileLength::End::kThere, size_t(declared)};
}

uint64_t most_sound_file_bytes(ByteSpan start) {
  const SoundRow* const row = find_row(start);
  if (row == nullptr) return 0;
  const uint64_t declared = row->declared_bytes(start);
  return declared == 0 || declared > UINT64_MAX / 4 ? UINT64_MAX : 2 * declared + kSpareBytes;
}

const char* sound_format_name(SoundFormat format) {
  for (const SoundRow& row : kRows)
    if (row.format == format) return row.name;
  return "";
}

void read_samples(const SampleForm& form, ByteSpan bytes, std::span<int32_t> samples) {
  const auto count = size_t(form.bytes);
  const int unused = 32 - form.bits();
  const uint32_t flip = form.is_unsigned ? 1u << 31 : 0;
  for (size_t i = 0; i < samples.size(); ++i) {
    uint32_t value = 0;
    for (size_t k = 0; k < count; ++k) value = value << 8 | bytes[i * count + (form.big_endian ? k : count - 1 - k)];
    samples[i] = int32_t(value << unused ^ flip) >> unused;
  }
}

void write_samples(const SampleForm& form, std::span<const int32_t> samples, std::span<uint8_t> bytes) {
  const auto count = size_t(form.bytes);
  const uint32_t flip = form.is_unsigned ? 1u << (form.bits() - 1) : 0;
  for (size_t i = 0; i < samples.size(); ++i) {
    const uint32_t value = uint32_t(samples[i]) ^ flip;
    for (size_t k = 0; k < count; ++k)
      bytes[i * count + (form.big_endian ? count - 1 - k : k)] = uint8_t(value >> (8 * k));
  }
}

Status set_extent(SoundLayout& layout, uint64_t begin, uint64_t size, size_t file_bytes) {
  if (begin > file_bytes) return bad_input("a sound file that ends before its samples", file_bytes);
  layout.begin = size_t(begin);
  layout.declared_frames = size == UINT64_MAX ? 0 : size / layout.frame_bytes();
  layout.frames = size_t(std::min<uint64_t>(size, file_bytes - begin)) / layout.frame_bytes();
  return Ok();
}

Status check_sound(const SoundLayout& layout) {
  if (layout.channels < 1 || layout.channels > kMostSoundChannels)
    return bad_input("a sound file of " + std::to_string(layout.channels) + " channels; 1 to " +
                     std::to_string(kMostSoundChannels) + " are taken apart");
  if (layout.form.bytes < 1 || layout.form.bytes > 4)
    return bad_input("a sound file with " + std::to_string(layout.form.bytes) +
                     " bytes a sample; 1 to 4 are taken apart");
  if (layout.form.is_float && layout.form.bytes != 4)
    return bad_input("a sound file of floating-point numbers of " + std::to_string(layout.form.bytes) +
                     " bytes; those of 4 are taken apart");
  return Ok();
}

}  // namespace lmc
