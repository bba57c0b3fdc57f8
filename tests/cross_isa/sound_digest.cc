// Prints one SHA-256 per instruction set over what the sound codec makes of fixed pseudo-random sound, and over what it
// foretells of FLAC files. All lines, on all machines, must be the same (cross_isa_test.sh).
#include <bit>
#include <cstdio>

#include "lmc/base/hash.h"
#include "lmc/media/audio/flac/flac_choices.h"
#include "lmc/media/audio/flac/flac_forecast.h"
#include "lmc/samples/audio/segment.h"

namespace {

using namespace lmc;

// (frames, channels): a sum of slow swings, echoes of itself and noise.
std::vector<int32_t> make_sound(size_t frames, int channels, int bits) {
  std::vector<int32_t> out;
  uint32_t random = 12345;
  int64_t level = 0, speed = 0;
  const int64_t limit = int64_t(1) << (bits - 1);
  for (size_t t = 0; t < frames; ++t)
    for (int c = 0; c < channels; ++c) {
      random = random * 1664525 + 1013904223;
      speed += int32_t(random) >> (40 - bits);
      speed -= speed / 16 + level / 64;
      level += speed;
      const int64_t sample = level + (c > 0 ? out.back() / 2 : 0) + (int32_t(random << 7) >> (42 - bits));
      out.push_back(int32_t(std::min(std::max(sample, -limit), limit - 1)));
    }
  return out;
}

void add_segments(Bytes& out, Isa isa) {
  for (const auto effort : {SampleEffort::kFast, SampleEffort::kUsual, SampleEffort::kBest})
    for (const auto& [channels, bits] : {std::pair(2, 16), std::pair(1, 24), std::pair(3, 8)})
      append_bytes(out, encode_segment({channels, bits, effort}, make_sound(900, channels, bits), isa));
}

FlacFrame frame_of(FlacWindows windows, int candidate, FlacFit& fit, const FlacSignal& signal, uint64_t number) {
  constexpr int kOrder = 12, kPrecision = 14;
  FlacFrame frame;
  frame.header = {.block_code = usual_block_code(uint32_t(signal.size())),
                  .rate_code = 9,
                  .size_code = 4,
                  .number = number,
                  .block = uint32_t(signal.size())};
  FlacSubframe& subframe = frame.subframes[0];
  subframe.kind = FlacKind::kLinear;
  subframe.order = kOrder;
  subframe.precision = kPrecision;
  FlacRounding rounding(windows, fit.coefficients(candidate), kOrder, kPrecision);
  subframe.shift = rounding.shift();
  rounding.scale_by(subframe.shift);
  for (int i = 0; i < kOrder; ++i) {
    subframe.coefficients[size_t(i)] = rounding.guess(i);
    rounding.take(subframe.coefficients[size_t(i)]);
  }
  subframe.partition_order = 3;
  subframe.parameters.assign(8, 9);
  return frame;
}

// The fits of all windows, and the choices of a stream that is written with them.
void add_flac(Bytes& out) {
  constexpr size_t kBlock = 1152;
  FlacStreamShape shape;
  shape.rate = 44100;
  for (int w = 1; w < kFlacWindows; ++w) {
    const auto windows = FlacWindows(w);
    const int candidates = candidates_of(windows);
    const std::vector<int32_t> samples = make_sound(kBlock * size_t(candidates), 1, 16);
    Bytes frames;
    for (int i = 0; i < candidates; ++i) {
      FlacSignals signals, residuals;
      signals[0].assign(samples.begin() + ptrdiff_t(kBlock) * i, samples.begin() + ptrdiff_t(kBlock) * (i + 1));
      FlacFit fit;
      fit.start(windows, signals[0], 12, 12);
      for (double value : fit.coefficients(i)) append_le<uint64_t>(out, std::bit_cast<uint64_t>(value));
      const FlacFrame frame = frame_of(windows, i, fit, signals[0], uint64_t(i));
      flac_residual(frame.subframes[0], signals[0], residuals[0]);
      if (!write_flac_frame(frame, shape, signals, residuals, 1 << 24, frames).ok()) std::abort();
    }
    const auto choices = write_flac_choices(frames, shape, samples);
    if (!choices.ok()) std::abort();
    append_bytes(out, *choices);
  }
}

}  // namespace

int main() {
  for (const Isa isa : all_isas()) {
    if (!isa_available(isa)) continue;
    Bytes out;
    add_segments(out, isa);
    add_flac(out);
    std::printf("%s %s, sound\n", hex(sha256(out)).c_str(), isa_name(isa));
  }
}
