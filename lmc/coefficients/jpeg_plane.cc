#include "lmc/coefficients/jpeg_plane.h"

#include <algorithm>

namespace lmc {

void Plane::wait_for_rows(uint32_t rows) const {
  for (uint32_t done = rows_done->load(std::memory_order_acquire); done < rows;
       done = rows_done->load(std::memory_order_acquire))
    rows_done->wait(done, std::memory_order_acquire);
}

std::vector<Plane> make_planes(const JpegFrame& frame, JpegCoefficients& coefficients, uint32_t band, uint32_t bands) {
  const auto first_row = [&](uint32_t of) { return uint32_t(uint64_t(frame.mcus_down) * of / bands); };
  std::vector<Plane> planes(frame.components.size());
  for (size_t i = 0; i < planes.size(); ++i) {
    Plane& p = planes[i];
    p.component = &frame.components[i];
    const uint32_t begin = first_row(band) * p.component->down, end = first_row(band + 1) * p.component->down;
    p.blocks_across = p.component->blocks_across;
    p.blocks_down = end - begin;
    p.coefficients = coefficients[i].data() + size_t(begin) * p.blocks_across * 64;
    const size_t blocks = size_t(p.blocks_across) * p.blocks_down;
    p.inner_counts.assign(blocks, 0);
    p.dc_errors.assign(blocks, 0);
    p.bottoms.assign(p.blocks_across, BorderLine{});
    if (i > 0) p.first = &planes[0];
    if (i > 1 && p.blocks_across == planes[i - 1].blocks_across && p.blocks_down == planes[i - 1].blocks_down)
      p.before = &planes[i - 1];
  }
  return planes;
}

Neighbours neighbours_of(const Plane& plane, uint32_t x, uint32_t y) {
  const size_t across = plane.blocks_across;
  const size_t index = size_t(y) * across + x;
  const int16_t* c = plane.coefficients + index * 64;
  Neighbours out;
  out.has_above = y > 0;
  out.has_left = x > 0;
  if (out.has_above) {
    out.above = c - 64 * across;
    out.inner_above = plane.inner_counts[index - across];
    out.dc_error_above = plane.dc_errors[index - across];
    if (x + 1 < across) out.above_right = out.above + 64;
    if (x > 0) out.above_left = out.above - 64;
  }
  if (out.has_left) {
    out.left = c - 64;
    out.inner_left = plane.inner_counts[index - 1];
    out.dc_error_left = plane.dc_errors[index - 1];
  }
  if (!out.has_above) {
    out.inner_above = out.inner_left;
    out.dc_error_above = out.dc_error_left;
  }
  if (!out.has_left) {
    out.inner_left = out.inner_above;
    out.dc_error_left = out.dc_error_above;
  }
  return out;
}

Companions companions_of(const Plane& plane, uint32_t x, uint32_t y) {
  const Plane& first = *plane.first;
  const JpegComponent &own = *plane.component, &other = *first.component;
  Companions out;
  out.half_across = other.across >= 2 * own.across;
  out.half_down = other.down >= 2 * own.down;
  out.first_is_alike = other.across == own.across && other.down == own.down;
  const uint32_t x0 = x * other.across / own.across, y0 = y * other.down / own.down;
  first.wait_for_rows(std::min(y0 + (out.half_down ? 2 : 1), first.blocks_down));
  for (uint32_t i = 0; i < 4; ++i) {
    const uint32_t fx = std::min(x0 + (out.half_across ? i & 1 : 0), first.blocks_across - 1);
    const uint32_t fy = std::min(y0 + (out.half_down ? i >> 1 : 0), first.blocks_down - 1);
    const size_t index = size_t(fy) * first.blocks_across + fx;
    out.first[i] = first.coefficients + index * 64;
    out.inner_first += first.inner_counts[index];
    out.dc_error_first += first.dc_errors[index];
  }
  if (plane.before == nullptr) return out;
  const size_t index = size_t(y) * plane.blocks_across + x;
  out.before = plane.before->coefficients + index * 64;
  out.inner_before = plane.before->inner_counts[index];
  out.dc_error_before = plane.before->dc_errors[index];
  return out;
}

}  // namespace lmc
