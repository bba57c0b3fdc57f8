#include "lmc/media/image/png/png_frames.h"

#include <algorithm>

namespace lmc {
namespace {

constexpr size_t kFrameControlBytes = 26;

size_t pixel_bytes(const Picture& picture) { return size_t(picture.channels) * picture.sample_bytes(); }

// Part of a row.
template <typename PictureOrConst>
auto* row_at(PictureOrConst& picture, uint64_t x, uint64_t y) {
  return picture.samples.data() + (y * picture.width + x) * pixel_bytes(picture);
}

// here - before, or here + before, sample by sample.
template <bool add>
void combine(const Picture& shape, const uint8_t* here, const uint8_t* before, size_t bytes, uint8_t* out) {
  if (shape.sample_bytes() == 1) {
    const auto mask = uint8_t((1 << shape.bits) - 1);
    for (size_t i = 0; i < bytes; ++i) out[i] = uint8_t((add ? here[i] + before[i] : here[i] - before[i]) & mask);
    return;
  }
  for (size_t i = 0; i + 1 < bytes; i += 2) {
    const uint32_t a = here[i] | uint32_t(here[i + 1]) << 8, b = before[i] | uint32_t(before[i + 1]) << 8;
    const uint32_t sum = add ? a + b : a - b;
    out[i] = uint8_t(sum);
    out[i + 1] = uint8_t(sum >> 8);
  }
}

}  // namespace

std::optional<PngFrame> read_png_frame(const PngChunk& chunk, const Picture& canvas) {
  if (!chunk.is("fcTL") || chunk.data.size() != kFrameControlBytes) return std::nullopt;
  const PngFrame frame{.serial = read_be32(chunk.data, 0),
                       .x = read_be32(chunk.data, 12),
                       .y = read_be32(chunk.data, 16),
                       .width = read_be32(chunk.data, 4),
                       .height = read_be32(chunk.data, 8)};
  const bool inside = frame.width > 0 && frame.height > 0 && frame.x < canvas.width && frame.y < canvas.height &&
                      frame.width <= canvas.width - frame.x && frame.height <= canvas.height - frame.y;
  return inside ? std::optional(frame) : std::nullopt;
}

bool FrameStacker::put(const PngFrame& frame, const FrameCells::Place& place, ByteSpan samples, Picture& picture) {
  const size_t row_bytes = frame.width * pixel_bytes(canvas_);
  Bytes changes(row_bytes);
  size_t same = 0, zeros = 0;
  for (uint32_t row = 0; row < frame.height; ++row) {
    const uint8_t* const here = samples.data() + row * row_bytes;
    combine<false>(canvas_, here, row_at(canvas_, frame.x, frame.y + row), row_bytes, changes.data());
    same += size_t(std::count(changes.begin(), changes.end(), 0));
    zeros += size_t(std::count(here, here + row_bytes, 0));
  }
  const bool as_changes = same > zeros;
  for (uint32_t row = 0; row < frame.height; ++row) {
    const uint8_t* const here = samples.data() + row * row_bytes;
    uint8_t* const out = row_at(picture, place.x, place.y + row);
    if (as_changes)
      combine<false>(canvas_, here, row_at(canvas_, frame.x, frame.y + row), row_bytes, out);
    else
      std::copy_n(here, row_bytes, out);
  }
  draw(frame, samples);
  return as_changes;
}

Picture FrameStacker::take(const PngFrame& frame, const FrameCells::Place& place, bool changes,
                           const Picture& picture) {
  Picture out = canvas_;
  out.width = frame.width;
  out.height = frame.height;
  out.samples.resize(out.size_bytes());
  const size_t row_bytes = frame.width * pixel_bytes(canvas_);
  for (uint32_t row = 0; row < frame.height; ++row) {
    const uint8_t* const here = row_at(picture, place.x, place.y + row);
    uint8_t* const to = out.samples.data() + row * row_bytes;
    if (changes)
      combine<true>(canvas_, here, row_at(canvas_, frame.x, frame.y + row), row_bytes, to);
    else
      std::copy_n(here, row_bytes, to);
  }
  draw(frame, out.samples);
  return out;
}

void FrameStacker::draw(const PngFrame& frame, ByteSpan samples) {
  const size_t row_bytes = frame.width * pixel_bytes(canvas_);
  for (uint32_t row = 0; row < frame.height; ++row)
    std::copy_n(samples.data() + row * row_bytes, row_bytes, row_at(canvas_, frame.x, frame.y + row));
}

}  // namespace lmc
