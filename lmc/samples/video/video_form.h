// How the frames of a video without compression lie in memory: planes one behind the other, rows from the top, samples
// of one byte, or of two from the lowest on.
#ifndef LMC_SAMPLES_VIDEO_VIDEO_FORM_H_
#define LMC_SAMPLES_VIDEO_VIDEO_FORM_H_

#include <cstddef>
#include <cstdint>

namespace lmc {

inline constexpr int kMostVideoPlanes = 4;
inline constexpr uint32_t kMostVideoSide = 16384;  // width and height

struct VideoForm {
  uint32_t width = 0, height = 0;
  int planes = 3;                // 1: grey; 3: luma and two of chroma; 4: and one of opacity, as large as luma
  int shift_x = 1, shift_y = 1;  // by which chroma is smaller, as powers of two
  int bits = 8;                  // of a sample, 8..16

  bool is_chroma(int plane) const { return plane == 1 || plane == 2; }
  uint32_t plane_width(int plane) const { return is_chroma(plane) ? smaller(width, shift_x) : width; }
  uint32_t plane_height(int plane) const { return is_chroma(plane) ? smaller(height, shift_y) : height; }
  size_t sample_bytes() const { return bits > 8 ? 2 : 1; }
  size_t plane_samples(int plane) const { return size_t(plane_width(plane)) * plane_height(plane); }
  size_t plane_begin(int plane) const {  // in the frame, in bytes
    size_t samples = 0;
    for (int p = 0; p < plane; ++p) samples += plane_samples(p);
    return samples * sample_bytes();
  }
  size_t frame_bytes() const { return plane_begin(planes); }
  bool operator==(const VideoForm&) const = default;

 private:
  static uint32_t smaller(uint32_t size, int shift) { return (size + (1u << shift) - 1) >> shift; }
};

// Whether there are such frames.
constexpr bool is_video_form(const VideoForm& form) {
  return form.width >= 1 && form.width <= kMostVideoSide && form.height >= 1 && form.height <= kMostVideoSide &&
         (form.planes == 1 || form.planes == 3 || form.planes == 4) && form.shift_x >= 0 && form.shift_x <= 2 &&
         form.shift_y >= 0 && form.shift_y <= 2 && form.bits >= 8 && form.bits <= 16;
}

}  // namespace lmc

#endif  // LMC_SAMPLES_VIDEO_VIDEO_FORM_H_
