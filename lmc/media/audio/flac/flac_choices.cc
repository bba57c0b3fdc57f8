#include "lmc/media/audio/flac/flac_choices.h"

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "lmc/media/audio/flac/flac_forecast.h"
#include "lmc/media/deflate/choice_coder.h"

namespace lmc {
namespace {

enum FlacChoice : uint32_t {
  kUsualHeader,
  kHeaderBits,
  kAssignment,
  kKind,
  kUsualUnusedBits,
  kUnusedBits,
  kFixedOrder,
  kLinearOrder,
  kPrecision,
  kCandidate,
  kUsualShift,
  kShift,
  kUsualCoefficient,
  kHigherCoefficient,
  kCoefficient,
  kPlainCoefficient,
  kWideParameters,
  kPartitions,
  kUsualParameter,
  kHigherParameter,
  kFurtherParameter,
  kIsEscaped,
  kRawBits,
};

struct Settings {
  FlacWindows windows = FlacWindows::kNone;
  int most_order = 0, most_partition_order = 0;
};

Error damaged(const std::string& what) { return bad_input("FLAC choices: " + what + "; the file is damaged"); }

// About how many bits the coefficients of a subframe take if foretold as these are rounded.
double misses_of(const FlacSubframe& subframe, FlacWindows windows,
                 const std::array<double, kMostFlacOrder>& foretold) {
  FlacRounding rounding(windows, foretold, subframe.order, subframe.precision);
  double bits = subframe.shift == rounding.shift() ? 0.0 : 4.0;
  rounding.scale_by(subframe.shift);
  for (int i = 0; i < subframe.order; ++i) {
    const int32_t value = subframe.coefficients[size_t(i)], off = value - rounding.guess(i);
    rounding.take(value);
    if (off != 0) bits += 1.0 + 2.0 * double(std::bit_width(uint32_t(std::abs(off))));
  }
  return bits;
}

// What is remembered of the subframes at a place.
struct Before {
  uint32_t kind = 0, fixed_order = 0, linear_order = 0, older_order = 0, precision = 0, candidate = 0, partitions = 0;
  uint32_t wide = 0, misses = 0;
};

// The same calls for writing and reading: a choice is taken from the frame, or put there.
class FrameCoder {
 public:
  FrameCoder(ChoiceCoder& coder, const FlacStreamShape& shape, const Settings& settings)
      : coder_(coder), shape_(shape), settings_(settings) {
    expected_.block = 4096;
    expected_.block_code = usual_block_code(expected_.block);
    expected_.size_code = usual_size_code(shape.bits);
    set_usual_rate(expected_, shape.rate);
  }

  // samples: from the first of the frame to the last of the stream, interleaved. Gives signals without unused bits
  // and their residuals.
  Status code(FlacFrame& frame, std::span<const int32_t> samples, FlacSignals& signals, FlacSignals& residuals) {
    const auto channels = size_t(shape_.channels);
    LMC_TRY(code_header(frame.header, samples.size() / channels));
    const auto own = samples.first(size_t(frame.header.block) * channels);
    code_assignment(frame.header, own);
    split_flac_channels(shape_, frame.header.assignment, own, signals);
    for (size_t c = 0; c < channels; ++c) LMC_TRY(code_subframe(frame.subframes[c], c, signals[c], residuals[c]));
    return Ok();
  }

 private:
  // Below `size`, the highest bit first, in several contexts.
  uint32_t code_small(uint32_t value, int bits, uint32_t kind, std::initializer_list<uint32_t> contexts) {
    uint32_t node = 1;
    for (int i = bits; i-- > 0;) {
      std::array<uint32_t, 4> joined{};
      size_t count = 0;
      for (uint32_t context : contexts) joined[count++] = context << 8 ^ node;
      const bool bit = value >> i & 1;
      node = node << 1 | (count == 1   ? coder_.code(bit, kind, 0, {joined[0]})
                          : count == 2 ? coder_.code(bit, kind, 0, {joined[0], joined[1]})
                          : count == 3 ? coder_.code(bit, kind, 0, {joined[0], joined[1], joined[2]})
                                       : coder_.code(bit, kind, 0, {joined[0], joined[1], joined[2], joined[3]}));
    }
    return node ^ 1u << bits;
  }

  Status code_header(FlacHeader& header, size_t samples_left) {
    FlacHeader expected = expected_;
    if (expected.block > samples_left) {
      expected.block = uint32_t(samples_left);
      expected.block_code = usual_block_code(expected.block);
    }
    expected.assignment = header.assignment;  // coded by itself
    if (coder_.code_bit(header == expected, kUsualHeader)) {
      header = expected;
    } else {
      header.is_variable = coder_.code_bit(header.is_variable, kHeaderBits, 1);
      header.block_code = uint8_t(coder_.code_bits(header.block_code, 4, kHeaderBits, 2));
      header.block = coder_.code_bits((header.block - 1) & 0xffff, 16, kHeaderBits, 3) + 1;
      header.rate_code = uint8_t(coder_.code_bits(header.rate_code, 4, kHeaderBits, 4));
      header.rate_extra = coder_.code_bits(header.rate_extra, 16, kHeaderBits, 5);
      header.size_code = uint8_t(coder_.code_bits(header.size_code, 3, kHeaderBits, 6));
      const uint32_t high = coder_.code_bits(uint32_t(header.number >> 18), 18, kHeaderBits, 7);
      header.number = uint64_t(high) << 18 | coder_.code_bits(uint32_t(header.number & 0x3ffff), 18, kHeaderBits, 8);
    }
    if (header.block == 0 || header.block > samples_left) return damaged("frames of more samples than there are");
    if (!block_code_fits(header.block_code, header.block)) return damaged("a block size without a code");
    // The next one is like this, but the last of a stream is shorter.
    expected_ = header;
    expected_.number = (header.number + (header.is_variable ? header.block : 1)) & ((uint64_t(1) << 36) - 1);
    return Ok();
  }

  // Which of the four ways to store two channels the second differences are for, 0 to 3, and how clearly.
  uint32_t stereo_outlook(std::span<const int32_t> samples) const {
    std::array<uint64_t, 4> sums{};  // left, right, mid, side
    for (size_t i = 4; i + 1 < samples.size(); i += 2) {
      const int64_t left = int64_t(samples[i]) - 2 * int64_t(samples[i - 2]) + samples[i - 4];
      const int64_t right = int64_t(samples[i + 1]) - 2 * int64_t(samples[i - 1]) + samples[i - 3];
      sums[0] += uint64_t(std::abs(left));
      sums[1] += uint64_t(std::abs(right));
      sums[2] += uint64_t(std::abs((left + right) >> 1));
      sums[3] += uint64_t(std::abs(left - right));
    }
    // In sixteenths of a bit a sample.
    std::array<int, 4> bits{};
    for (size_t i = 0; i < 4; ++i) {
      const uint64_t mean = (sums[i] + 1) * 32 / (samples.size() / 2 + 1);
      const int size = int(std::bit_width(mean));
      bits[i] = 16 * size + (size < 5 ? 0 : int(mean >> (size - 5) & 15));
    }
    const std::array<int, 4> costs = {bits[0] + bits[1], bits[0] + bits[3], bits[1] + bits[3], bits[2] + bits[3]};
    const auto best = size_t(std::ranges::min_element(costs) - costs.begin());
    int second = INT32_MAX;
    for (size_t i = 0; i < 4; ++i)
      if (i != best) second = std::min(second, costs[i]);
    const int margin = second - costs[best];
    return uint32_t(best) * 8 + uint32_t(std::min(7, int(std::bit_width(unsigned(margin)))));
  }

  void code_assignment(FlacHeader& header, std::span<const int32_t> samples) {
    if (shape_.channels != 2) {
      header.assignment = uint8_t(shape_.channels - 1);
      return;
    }
    const uint32_t outlook = stereo_outlook(samples), before = assignment_, older = older_assignment_;
    // 0: both channels as they are
    const uint32_t value = header.assignment >= kLeftSide ? header.assignment - kLeftSide + 1 : 0;
    const uint32_t coded = code_small(value, 2, kAssignment, {outlook, outlook * 4 + before, before * 4 + older, 0});
    header.assignment = uint8_t(coded == 0 ? 1 : coded + kLeftSide - 1);
    older_assignment_ = before;
    assignment_ = coded;
  }

  Status code_subframe(FlacSubframe& subframe, size_t channel, FlacSignal& signal, FlacSignal& residual) {
    Before& before = before_[channel];
    int64_t ones = 0;
    bool is_constant = true;
    for (int64_t value : signal) {
      ones |= value;
      is_constant = is_constant && value == signal[0];
    }
    const int zeros = ones == 0 ? 0 : std::countr_zero(uint64_t(ones));
    if (coder_.code_bit(subframe.unused_bits == zeros, kUsualUnusedBits, uint32_t(std::min(zeros, 1))))
      subframe.unused_bits = zeros;
    else
      subframe.unused_bits = int(coder_.code_bits(uint32_t(subframe.unused_bits), 6, kUnusedBits));
    const int bits = flac_signal_bits(shape_, assignment_ == 0 ? 0 : int(assignment_) + kLeftSide - 1, int(channel));
    if (subframe.unused_bits >= bits) return damaged("more unused bits than bits");
    for (int64_t& value : signal) value >>= subframe.unused_bits;
    const uint32_t kind =
        code_small(uint32_t(subframe.kind), 2, kKind, {before.kind * 2 + uint32_t(is_constant), uint32_t(is_constant)});
    subframe.kind = FlacKind(kind);
    before.kind = kind;
    subframe.order = subframe.kind < FlacKind::kFixed ? 0 : subframe.order;
    if (subframe.kind == FlacKind::kFixed) {
      const uint32_t likely = best_fixed_order(signal);
      subframe.order = int(code_small(uint32_t(subframe.order), 3, kFixedOrder,
                                      {likely, likely * 8 + before.fixed_order, before.fixed_order}));
      before.fixed_order = uint32_t(subframe.order);
      if (subframe.order > kMostFixedOrder) return damaged("an order that is not there");
    }
    if (subframe.kind == FlacKind::kLinear) code_linear(subframe, before, signal);
    if (size_t(subframe.order) > signal.size()) return damaged("a predictor that is longer than its block");
    flac_residual(subframe, signal, residual);
    return subframe.kind < FlacKind::kFixed ? Ok() : code_partitions(subframe, before, signal.size(), residual);
  }

  // That with the least sum of what it leaves.
  static uint32_t best_fixed_order(const FlacSignal& signal) {
    std::array<uint64_t, kMostFixedOrder + 1> sums{};
    std::array<int64_t, kMostFixedOrder> last{};
    for (size_t i = 0; i < signal.size(); ++i) {
      int64_t value = signal[i];
      for (size_t order = 0; order <= kMostFixedOrder; ++order) {
        if (i >= kMostFixedOrder) sums[order] += uint64_t(std::abs(value));
        if (order == kMostFixedOrder) break;
        const int64_t next = value - last[order];
        last[order] = value;
        value = next;
      }
    }
    return uint32_t(std::ranges::min_element(sums) - sums.begin());
  }

  void code_linear(FlacSubframe& subframe, Before& before, const FlacSignal& signal) {
    const uint32_t order = code_small(uint32_t(subframe.order - 1) & 31, 5, kLinearOrder,
                                      {before.linear_order, before.linear_order * 32 + before.older_order, 1u << 16});
    subframe.order = int(order) + 1;
    before.older_order = before.linear_order;
    before.linear_order = order;
    before.precision = coder_.code_bits(uint32_t(subframe.precision), 4, kPrecision, before.precision);
    subframe.precision = std::max(1, int(before.precision));
    const int candidates = candidates_of(settings_.windows);
    int candidate = candidates;  // none
    if (candidates > 0 && size_t(subframe.order) <= signal.size()) {
      fit_.start(settings_.windows, signal, subframe.order, settings_.most_order);
      if (!coder_.decodes()) candidate = best_candidate(subframe);
      candidate = int(code_small(uint32_t(candidate), 4, kCandidate, {before.candidate, 1u << 16}));
      candidate = std::min(candidate, candidates);
      before.candidate = uint32_t(candidate);
    }
    if (candidate < candidates)
      code_foretold(subframe, before, candidate);
    else
      code_plain(subframe);
  }

  int best_candidate(const FlacSubframe& subframe) {
    const int candidates = candidates_of(settings_.windows);
    int best = candidates;
    double least = 3.5 * subframe.order;
    for (int i = 0; i < candidates; ++i) {
      const double misses = misses_of(subframe, settings_.windows, fit_.coefficients(i));
      if (misses < least) {
        least = misses;
        best = i;
      }
    }
    return best;
  }

  void code_foretold(FlacSubframe& subframe, Before& before, int candidate) {
    FlacRounding rounding(settings_.windows, fit_.coefficients(candidate), subframe.order, subframe.precision);
    if (coder_.code_bit(subframe.shift == rounding.shift(), kUsualShift))
      subframe.shift = rounding.shift();
    else
      subframe.shift = int(coder_.code_bits(uint32_t(subframe.shift), 4, kShift));
    rounding.scale_by(subframe.shift);
    uint32_t size = 0, misses = 0;  // of what the one before was off
    const int32_t limit = 1 << (subframe.precision - 1);
    for (int i = 0; i < subframe.order; ++i) {
      int32_t& value = subframe.coefficients[size_t(i)];
      const int32_t guess = rounding.guess(i);
      const uint32_t place = uint32_t(std::min(i, 15)), known = std::min(misses, 3u) * 4 + std::min(before.misses, 3u);
      if (coder_.code(value == guess, kUsualCoefficient, std::min(misses, 3u), {known, known * 16 + place, size})) {
        value = guess;
        size = 0;
      } else {
        const bool is_higher = coder_.code_bit(value > guess, kHigherCoefficient);
        const auto off = int32_t(
            coder_.code_number(uint32_t(std::abs(value - guess)) - 1, kCoefficient, std::min(misses, 3u)) & 0xffff);
        value = std::clamp(is_higher ? guess + 1 + off : guess - 1 - off, -limit, limit - 1);
        size = uint32_t(std::bit_width(uint32_t(off) + 1));
        ++misses;
      }
      rounding.take(value);
    }
    before.misses = misses;
  }

  void code_plain(FlacSubframe& subframe) {
    subframe.shift = int(coder_.code_bits(uint32_t(subframe.shift), 4, kShift, 1));
    const int unused = 32 - subframe.precision;
    for (int i = 0; i < subframe.order; ++i) {
      int32_t& value = subframe.coefficients[size_t(i)];
      const uint32_t low = uint32_t(value) & ((1u << subframe.precision) - 1);
      const uint32_t coded = coder_.code_bits(low, subframe.precision, kPlainCoefficient, uint32_t(i));
      value = int32_t(coded << unused) >> unused;
    }
  }

  Status code_partitions(FlacSubframe& subframe, Before& before, size_t block, const FlacSignal& residual) {
    const int most = most_partition_order(block, subframe.order, settings_.most_partition_order);
    const bool may_be_wide = shape_.bits > 16;
    rice_.start(residual, block, subframe.order, most, may_be_wide);
    const auto flac = uint32_t(rice_.partition_order(RiceForecast::kLibFlac)),
               ffmpeg = uint32_t(rice_.partition_order(RiceForecast::kFfmpeg));
    subframe.partition_order = int(code_small(
        uint32_t(subframe.partition_order), 4, kPartitions,
        {flac, flac * 16 + ffmpeg, (flac * 16 + before.partitions) * 2 + 1, uint32_t(most) * 2 + (1 << 12)}));
    before.partitions = uint32_t(subframe.partition_order);
    const size_t each = block >> subframe.partition_order;
    if (each << subframe.partition_order != block || each < size_t(subframe.order))
      return damaged("partitions that do not fit their block");
    if (subframe.partition_order > most)
      rice_.start(residual, block, subframe.order, subframe.partition_order, may_be_wide);
    const size_t partitions = size_t(1) << subframe.partition_order;
    uint32_t likely_wide = 0;
    for (size_t i = 0; i < partitions && likely_wide == 0; ++i)
      likely_wide = rice_.parameter(RiceForecast::kLibFlac, subframe.partition_order, i) > 14;
    before.wide = coder_.code_bit(subframe.wide_parameters, kWideParameters, before.wide * 2 + likely_wide);
    subframe.wide_parameters = before.wide != 0;
    subframe.parameters.resize(partitions);
    uint32_t off = 0;  // how the last ones were missed
    for (size_t i = 0; i < partitions; ++i) code_parameter(subframe, i, before, off);
    return Ok();
  }

  void code_parameter(FlacSubframe& subframe, size_t partition, const Before& before, uint32_t& off) {
    uint8_t& parameter = subframe.parameters[partition];
    const int level = subframe.partition_order, most = subframe.wide_parameters ? 30 : 14;
    const int flac = std::min(rice_.parameter(RiceForecast::kLibFlac, level, partition), most);
    const int ffmpeg = std::min(rice_.parameter(RiceForecast::kFfmpeg, level, partition), most);
    const RiceForecast::Mean mean = rice_.mean(level, partition);
    const auto apart = uint32_t(std::clamp(flac - ffmpeg, -2, 2) + 2);
    if (coder_.code_bit(parameter >= kFlacEscape, kIsEscaped, std::min<uint32_t>(uint32_t(flac), 2))) {
      parameter = uint8_t(kFlacEscape + coder_.code_bits(uint32_t(parameter - kFlacEscape), 5, kRawBits));
      return;
    }
    const uint32_t shade = apart * 4 + uint32_t(mean.place), small = uint32_t(std::min(mean.size, 4));
    const uint32_t first = partition == 0 ? 1 : 0;
    const int far = parameter - flac;
    if (coder_.code(far == 0, kUsualParameter, apart,
                    {shade * 8 + small, shade * 64 + (off & 63), (off & 15) * 5 + apart, first * 5 + apart,
                     before.kind * 64 + apart * 4 + first})) {
      parameter = uint8_t(flac);
      off = off << 2;
      return;
    }
    const bool is_higher =
        coder_.code(far > 0, kHigherParameter, apart, {shade * 8 + small, (off & 15) * 5 + apart, apart});
    const int room = is_higher ? most - flac : flac;
    int distance = 1;
    while (distance < room && coder_.code_bit(std::abs(far) > distance, kFurtherParameter,
                                              (is_higher ? 32u : 0u) + uint32_t(std::min(distance, 15))))
      ++distance;
    parameter = uint8_t(std::clamp(is_higher ? flac + distance : flac - distance, 0, most));
    off = off << 2 | (is_higher ? 2 : 1);
  }

  ChoiceCoder& coder_;
  const FlacStreamShape& shape_;
  const Settings& settings_;
  FlacHeader expected_;
  uint32_t assignment_ = 0, older_assignment_ = 0;
  std::array<Before, kMostFlacChannels> before_;
  FlacFit fit_;
  RiceForecast rice_;
};

// Of the first linear predictors, which windows foretell the coefficients in the fewest bits.
FlacWindows find_windows(ByteSpan frames, const FlacStreamShape& shape, int most_order) {
  constexpr int kTried = 24;
  std::array<double, kFlacWindows> bits{};
  FlacFrame frame;
  FlacSignals signals;
  int tried = 0;
  std::array<FlacFit, kFlacWindows> fits;
  for (size_t at = 0; at < frames.size() && tried < kTried;) {
    const auto size = read_flac_frame(frames.subspan(at), shape, frame, signals);
    if (!size.ok()) break;
    at += *size;
    for (size_t c = 0; c < size_t(shape.channels); ++c) {
      const FlacSubframe& subframe = frame.subframes[c];
      if (subframe.kind != FlacKind::kLinear) continue;
      ++tried;
      bits[0] += 4.0 * subframe.order;
      for (int w = 1; w < kFlacWindows; ++w) {
        const auto windows = FlacWindows(w);
        FlacFit& fit = fits[size_t(w)];
        fit.start(windows, signals[c], subframe.order, most_order);
        double least = 4.0 * subframe.order;
        for (int i = 0; i < candidates_of(windows); ++i)
          least = std::min(least, misses_of(subframe, windows, fit.coefficients(i)));
        bits[size_t(w)] += least + double(std::bit_width(unsigned(candidates_of(windows)))) * 0.5;
      }
    }
  }
  return FlacWindows(std::ranges::min_element(bits) - bits.begin());
}

Settings find_settings(ByteSpan frames, const FlacStreamShape& shape) {
  Settings out;
  FlacFrame frame;
  FlacSignals signals;
  for (size_t at = 0; at < frames.size();) {
    const auto size = read_flac_frame(frames.subspan(at), shape, frame, signals);
    if (!size.ok()) break;
    at += *size;
    for (size_t c = 0; c < size_t(shape.channels); ++c) {
      const FlacSubframe& subframe = frame.subframes[c];
      if (subframe.kind == FlacKind::kLinear) out.most_order = std::max(out.most_order, subframe.order);
      if (subframe.kind >= FlacKind::kFixed)
        out.most_partition_order = std::max(out.most_partition_order, subframe.partition_order);
    }
  }
  out.windows = find_windows(frames, shape, out.most_order);
  return out;
}

}  // namespace

Result<Bytes> write_flac_choices(ByteSpan frames, const FlacStreamShape& shape, std::span<const int32_t> samples) {
  const Settings settings = find_settings(frames, shape);
  Bytes out = {uint8_t(settings.windows), uint8_t(settings.most_order), uint8_t(settings.most_partition_order)};
  ChoiceCoder coder(out);
  FrameCoder frame_coder(coder, shape, settings);
  FlacFrame frame;
  FlacSignals signals, residuals;
  for (size_t at = 0; at < frames.size();) {
    LMC_ASSIGN(const auto size, read_flac_frame(frames.subspan(at), shape, frame, signals));
    at += size;
    LMC_TRY(frame_coder.code(frame, samples, signals, residuals));
    samples = samples.subspan(size_t(frame.header.block) * size_t(shape.channels));
  }
  coder.finish();
  return out;
}

Result<Bytes> rebuild_flac_frames(ByteSpan choices, const FlacStreamShape& shape, std::span<const int32_t> samples,
                                  size_t most_bytes, std::vector<FlacFramePlace>* places) {
  if (choices.size() < 3 || choices[0] >= kFlacWindows || choices[1] > kMostFlacOrder || choices[2] > 15)
    return damaged("unknown settings");
  const Settings settings{FlacWindows(choices[0]), choices[1], choices[2]};
  ChoiceCoder coder(choices.subspan(3));
  FrameCoder frame_coder(coder, shape, settings);
  FlacFrame frame;
  FlacSignals signals, residuals;
  Bytes out;
  uint64_t sample = 0;
  while (!samples.empty()) {
    LMC_TRY(frame_coder.code(frame, samples, signals, residuals));
    const size_t begin = out.size();
    LMC_TRY(write_flac_frame(frame, shape, signals, residuals, most_bytes, out));
    if (places != nullptr) places->push_back({sample, frame.header.block, begin, out.size() - begin});
    samples = samples.subspan(size_t(frame.header.block) * size_t(shape.channels));
    sample += frame.header.block;
  }
  return out;
}

}  // namespace lmc
