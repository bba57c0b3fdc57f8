// Prints one SHA-256 per instruction set over what the video codec makes of fixed pseudo-random frames. All lines, on
// all machines, must be the same (cross_isa_test.sh).
#include <cstdio>

#include "lmc/base/hash.h"
#include "lmc/samples/video/group.h"

namespace {

using namespace lmc;

Bytes make_frames(const VideoForm& form, size_t count) {
  Bytes out;
  uint32_t random = 99;
  for (size_t t = 0; t < count; ++t)
    for (int p = 0; p < form.planes; ++p)
      for (uint32_t y = 0; y < form.plane_height(p); ++y)
        for (uint32_t x = 0; x < form.plane_width(p); ++x) {
          random = random * 1664525 + 1013904223;
          const uint32_t u = x + uint32_t(2 * t), v = y + uint32_t(t);
          const uint32_t value = (((u * v / 5 + u * 3 + v) % 180) << (form.bits - 8)) + (random >> (37 - form.bits));
          out.push_back(uint8_t(value));
          if (form.sample_bytes() == 2) out.push_back(uint8_t(value >> 8));
        }
  return out;
}

}  // namespace

int main() {
  const VideoForm forms[] = {{40, 28, 3, 1, 1, 8}, {33, 17, 3, 1, 0, 10}, {21, 19, 4, 0, 0, 12}};
  for (const Isa isa : all_isas()) {
    if (!isa_available(isa)) continue;
    Bytes out;
    for (const auto effort : {SampleEffort::kFast, SampleEffort::kUsual, SampleEffort::kBest})
      for (const VideoForm& form : forms) {
        constexpr size_t kFrames = 4;
        const Bytes bytes = make_frames(form, kFrames);
        std::vector<ByteSpan> frames;
        for (size_t t = 0; t < kFrames; ++t)
          frames.push_back(ByteSpan(bytes).subspan(t * form.frame_bytes(), form.frame_bytes()));
        for (const Bytes& stream : encode_group(form, frames, {.effort = effort, .isa = isa}))
          append_bytes(out, stream);
      }
    std::printf("%s %s, video\n", hex(sha256(out)).c_str(), isa_name(isa));
  }
}
