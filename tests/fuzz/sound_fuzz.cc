// Any bytes as a sound file: an error, or samples and what stands around them that make exactly the same bytes again.
// And as what is kept of a FLAC file or of floating-point samples: an error, or something.
#include <algorithm>
#include <cstdlib>

#include "lmc/media/audio/flac/flac_file.h"
#include "lmc/media/audio/float_samples.h"
#include "lmc/media/audio/ogg/ogg_flac.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void require_bad_input(const lmc::Error& error) { require(error.family == lmc::ErrorFamily::kBadInput); }

void try_flac(lmc::ByteSpan file, const lmc::SoundLayout& layout) {
  const auto parts = lmc::take_flac_apart(file, layout);
  require(parts.ok());
  const auto again = lmc::put_flac_together(layout, parts->samples, parts->choices, parts->metadata, layout.end());
  require(again.ok() && std::ranges::equal(*again, file.first(layout.end())));
}

void try_plain(lmc::ByteSpan file, const lmc::SoundLayout& layout) {
  require(layout.begin <= file.size() && layout.end() <= file.size());
  const lmc::ByteSpan bytes = file.subspan(layout.begin, layout.end() - layout.begin);
  std::vector<int32_t> samples(layout.frames * size_t(layout.channels));
  lmc::read_samples(layout.form, bytes, samples);
  lmc::Bytes rest;
  if (layout.form.is_float) {
    rest = lmc::split_floats(samples);
    require(lmc::join_floats(samples, rest).ok());
  }
  lmc::Bytes again(bytes.size());
  lmc::write_samples(layout.form, samples, again);
  require(std::ranges::equal(again, bytes));
}

void try_ogg(lmc::ByteSpan file) {
  const auto parts = lmc::take_ogg_apart(file);
  if (!parts.ok()) return require_bad_input(parts.error());
  const auto again = lmc::put_ogg_together(*parts, file.size());
  require(again.ok() && std::ranges::equal(*again, file));
  const size_t flac = std::min<size_t>(parts->flac.size(), file.size() / 2);
  const auto made = lmc::put_ogg_together(
      {lmc::Bytes(parts->flac.begin(), parts->flac.begin() + std::ptrdiff_t(flac)), parts->pages}, file.size());
  if (!made.ok()) require_bad_input(made.error());
}

void try_file(lmc::ByteSpan file) {
  const lmc::FileLength length = lmc::sound_length(file);
  require(length.end != lmc::FileLength::End::kThere || length.bytes <= file.size());
  const auto layout = lmc::read_sound_layout(file);
  if (!layout.ok()) return require_bad_input(layout.error());
  if (layout->format == lmc::SoundFormat::kOggFlac) return try_ogg(file);
  if (layout->frames * size_t(layout->channels) > size_t(1) << 22) return;  // as equal samples in few bytes are
  layout->is_coded() ? try_flac(file, *layout) : try_plain(file, *layout);
}

// The first bytes choose the shape.
void try_choices(lmc::ByteSpan bytes) {
  if (bytes.size() < 8) return;
  lmc::SoundLayout layout;
  layout.format = lmc::SoundFormat::kFlac;
  layout.channels = 1 + bytes[0] % 8;
  layout.form.bytes = 1 + bytes[1] % 4;
  layout.form.unused_bits = bytes[1] / 4 % 5;
  layout.rate = bytes[2] * 1000u;
  layout.frames = bytes[3] * size_t(17);
  std::vector<int32_t> samples(layout.frames * size_t(layout.channels));
  uint32_t random = bytes[4];
  const int shift = 32 - std::min(layout.form.bits(), 1 + bytes[5] % 32);
  for (int32_t& sample : samples) {
    random = random * 1664525 + 1013904223;
    sample = int32_t(random) >> shift;
  }
  const lmc::ByteSpan head = bytes.subspan(8, std::min<size_t>(bytes.size() - 8, bytes[6]));
  const auto made = lmc::put_flac_together(layout, samples, bytes.subspan(8 + head.size()),
                                           lmc::Bytes(head.begin(), head.end()), 1 << 16);
  if (!made.ok()) require_bad_input(made.error());
  const lmc::Status joined = lmc::join_floats(samples, bytes.subspan(8));
  if (!joined.ok()) require_bad_input(joined.error());
}

// The first two bytes tell how much of the rest is a FLAC file, the others describe its pages.
void try_pages(lmc::ByteSpan bytes) {
  if (bytes.size() < 2) return;
  const lmc::ByteSpan rest = bytes.subspan(2);
  const size_t flac = std::min<size_t>(rest.size(), bytes[0] + 256u * bytes[1]);
  const lmc::OggFlac parts{lmc::Bytes(rest.begin(), rest.begin() + std::ptrdiff_t(flac)),
                           lmc::Bytes(rest.begin() + std::ptrdiff_t(flac), rest.end())};
  const auto made = lmc::put_ogg_together(parts, 1 << 16);
  if (!made.ok()) require_bad_input(made.error());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const lmc::ByteSpan bytes(data, size);
  try_file(bytes);
  try_choices(bytes);
  try_pages(bytes);
  return 0;
}
