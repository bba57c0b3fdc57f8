#include "lmc/samples/audio/segment.h"

#include <algorithm>
#include <bit>
#include <memory>
#include <utility>

#include "lmc/coding/arithmetic_coder.h"
#include "lmc/samples/audio/sample_coder.h"

namespace lmc {
namespace {

// Of a channel's first byte, which else holds its unused bits: it equals an earlier channel, whose number stands in
// their place; it has stretches that are coded evenly.
constexpr uint8_t kSameBit = 0x80, kEvenBit = 0x40;

constexpr uint32_t kEvenLimit = 255;

Error damaged(const std::string& what) { return bad_input("audio block: " + what + "; the file is damaged"); }

struct ChannelForm {
  int same_as = -1;     // an earlier channel, or none
  int unused_bits = 0;  // low bits that are 0 in every sample
  bool may_be_even = false;
  SampleRange range;  // of the samples without these
};

uint64_t zigzag(int64_t value) { return uint64_t(value) << 1 ^ uint64_t(value >> 63); }
int64_t from_zigzag(uint64_t value) { return int64_t(value >> 1) ^ -int64_t(value & 1); }

ChannelForm form_of(std::span<const int32_t> samples, size_t channels, size_t channel) {
  const auto equal = [&](size_t other) {
    for (size_t i = 0; i < samples.size(); i += channels)
      if (samples[i + channel] != samples[i + other]) return false;
    return true;
  };
  for (size_t other = 0; other < channel; ++other)
    if (equal(other)) {
      ChannelForm form;
      form.same_as = int(other);
      return form;
    }
  int32_t used = 0, low = samples[channel], high = low;
  for (size_t i = channel; i < samples.size(); i += channels) {
    used |= samples[i];
    low = std::min(low, samples[i]), high = std::max(high, samples[i]);
  }
  ChannelForm form;
  while (used != 0 && (used >> form.unused_bits & 1) == 0) ++form.unused_bits;
  form.range = {low >> form.unused_bits, high >> form.unused_bits};
  return form;
}

void write_form(const ChannelForm& form, Bytes& out) {
  if (form.same_as >= 0) {
    out.push_back(uint8_t(kSameBit | form.same_as));
    return;
  }
  out.push_back(uint8_t((form.may_be_even ? kEvenBit : 0) | form.unused_bits));
  append_varint(out, zigzag(form.range.low));
  append_varint(out, uint64_t(int64_t(form.range.high) - form.range.low));
}

Result<ChannelForm> read_form(ByteReader& reader, const SoundShape& shape, std::span<const ChannelForm> before) {
  LMC_ASSIGN(const auto first, reader.read_le<uint8_t>("audio block: form of a channel"));
  ChannelForm form;
  if (first & kSameBit) {
    form.same_as = first & 0x7f;
    if (size_t(form.same_as) >= before.size() || before[size_t(form.same_as)].same_as >= 0)
      return damaged("a channel that equals none");
    return form;
  }
  form.may_be_even = (first & kEvenBit) != 0;
  form.unused_bits = first & ~kEvenBit;
  if (form.unused_bits >= shape.bits) return damaged("more unused bits than bits");
  LMC_ASSIGN(const auto low, reader.read_varint("audio block: least sample"));
  LMC_ASSIGN(const auto extent, reader.read_varint("audio block: range of samples"));
  const int64_t limit = int64_t(1) << (shape.bits - 1 - form.unused_bits), least = from_zigzag(low);
  if (least < -limit || least >= limit || extent > uint64_t(limit - 1 - least)) return damaged("samples out of range");
  form.range = {int32_t(least), int32_t(least + int64_t(extent))};
  return form;
}

// Everything that is learnt of a channel.
struct Channel {
  ChannelForm form;
  int partner = -1;
  ChannelPredictor predictor;
  SampleCoder coder;
  MapEntry even_before;
  bool is_even = false;  // the stretch at hand

  Channel(const ChannelForm& its_form, int partner_channel, SampleEffort effort, Isa isa)
      : form(its_form),
        partner(partner_channel),
        predictor(effort, partner >= 0, form.range, isa),
        coder(predictor, form.range, effort, isa) {}
};

// The channel whose samples help this one: the other of its pair, if that is coded.
int partner_of(std::span<const ChannelForm> forms, size_t channel) {
  const size_t other = channel ^ 1;
  const auto is_coded = [&](const ChannelForm& form) { return form.same_as < 0 && form.range.low < form.range.high; };
  return other < forms.size() && is_coded(forms[other]) ? int(other) : -1;
}

// By channel and stretch.
using EvenStretches = std::vector<std::vector<bool>>;
using StretchCosts = std::vector<std::vector<double>>;

// Also sums what the decisions cost, in nats.
class MeasuringEncoder : public ArithmeticEncoder {
 public:
  using ArithmeticEncoder::ArithmeticEncoder;

  int code(int bit, uint32_t p1) {
    cost_ += double(domain_.ln(65536) - domain_.ln(bit ? p1 : 65536 - p1));
    return ArithmeticEncoder::code(bit, p1);
  }
  double take_cost() { return std::exchange(cost_, 0.0); }

 private:
  const Logistic& domain_ = logistic();
  double cost_ = 0;
};

// Of a sample that is coded evenly, in nats; a little more than that.
double even_cost(const SampleRange& range) {
  const uint64_t values = uint64_t(int64_t(range.high) - range.low) + 1;
  const int halvings = std::max(0, int(std::bit_width(values)) - 16);
  return double(logistic().ln(uint32_t(values >> halvings) + 1)) + double(halvings) * 0.6931472;
}

// Where even coding costs less than what was measured; empty if that brings little in all.
EvenStretches even_stretches(std::span<ChannelForm> forms, const StretchCosts& costs, size_t frames) {
  constexpr double kLittle = 100;
  EvenStretches even(forms.size());
  double gain = 0;
  for (size_t c = 0; c < forms.size(); ++c)
    for (size_t i = 0; i < costs[c].size(); ++i) {
      const double evenly = even_cost(forms[c].range) * double(std::min(kStretchFrames, frames - i * kStretchFrames));
      even[c].push_back(evenly < costs[c][i]);
      if (evenly < costs[c][i]) gain += costs[c][i] - evenly, forms[c].may_be_even = true;
    }
  return gain > kLittle ? even : EvenStretches();
}

// even: what the encoder wants; costs: what the samples cost, if it measures.
template <typename Coder, typename Sample>
void code_samples(Coder& coder, const SoundShape& shape, std::span<const ChannelForm> forms, std::span<Sample> samples,
                  Isa isa, const EvenStretches& even = {}, StretchCosts* costs = nullptr) {
  std::vector<std::unique_ptr<Channel>> channels(forms.size());
  for (size_t c = 0; c < forms.size(); ++c)
    if (forms[c].same_as < 0 && forms[c].range.low < forms[c].range.high)
      channels[c] = std::make_unique<Channel>(forms[c], partner_of(forms, c), shape.effort, isa);
  for (size_t at = 0; at < samples.size(); at += forms.size())
    for (size_t c = 0; c < forms.size(); ++c) {
      const ChannelForm& form = forms[c];
      int32_t sample = int32_t(samples[at + c]) >> form.unused_bits;
      if (channels[c]) {
        Channel& channel = *channels[c];
        const Channel* const partner = channel.partner >= 0 ? channels[size_t(channel.partner)].get() : nullptr;
        const auto predictions = channel.predictor.predict(partner ? partner->predictor.latest() : nullptr);
        const int partner_error = partner ? partner->coder.last_error() : 0;
        const size_t frame = at / forms.size(), stretch = frame / kStretchFrames;
        if (form.may_be_even && frame % kStretchFrames == 0) {
          const uint32_t p = std::clamp<uint32_t>(channel.even_before.p16(), 1, 65535);
          channel.is_even = coder.code(!even.empty() && even[c][stretch], p) != 0;
          channel.even_before.update_fast(channel.is_even, kEvenLimit);
        }
        sample = channel.is_even ? channel.coder.code_evenly(coder, sample, predictions, partner_error)
                                 : channel.coder.code(coder, sample, predictions, partner_error);
        channel.predictor.learn(sample);
        if constexpr (std::is_same_v<Coder, MeasuringEncoder>) {
          auto& sums = (*costs)[c];
          if (stretch == sums.size()) sums.push_back(0);
          sums.back() += coder.take_cost();
        }
      } else if (Coder::kDecodes) {
        sample = form.range.low;
      }
      if constexpr (Coder::kDecodes)
        samples[at + c] =
            form.same_as >= 0 ? samples[at + size_t(form.same_as)] : int32_t(uint32_t(sample) << form.unused_bits);
    }
}

}  // namespace

namespace {

struct CodedSegment {
  Bytes payload;
  StretchCosts costs;
};
CodedSegment code_segment(const SoundShape& shape, std::span<const int32_t> samples, Isa isa) {
  const auto channels = size_t(shape.channels);
  std::vector<ChannelForm> forms;
  for (size_t c = 0; c < channels; ++c) forms.push_back(form_of(samples, channels, c));
  const auto encode = [&](const EvenStretches& even) {
    CodedSegment out{.payload = {}, .costs = StretchCosts(channels)};
    for (const ChannelForm& form : forms) write_form(form, out.payload);
    MeasuringEncoder coder(out.payload);
    code_samples(coder, shape, forms, samples, isa, even, &out.costs);
    coder.finish();
    return out;
  };
  CodedSegment out = encode({});
  const EvenStretches even = even_stretches(forms, out.costs, samples.size() / channels);
  if (even.empty()) return out;
  CodedSegment with_even = encode(even);
  return with_even.payload.size() < out.payload.size() ? with_even : out;
}

}  // namespace

Bytes encode_segment(const SoundShape& shape, std::span<const int32_t> samples, Isa isa) {
  return samples.empty() ? Bytes() : code_segment(shape, samples, isa).payload;
}

std::vector<float> segment_costs(const SoundShape& shape, std::span<const int32_t> samples, Isa isa) {
  constexpr double kBitsPerNat = 1.4426950408889634;
  const size_t frames = samples.size() / size_t(shape.channels);
  std::vector<float> out((frames + kStretchFrames - 1) / kStretchFrames);
  if (samples.empty()) return out;
  for (const std::vector<double>& channel : code_segment(shape, samples, isa).costs)
    for (size_t i = 0; i < channel.size(); ++i) out[i] += float(channel[i] * kBitsPerNat);
  return out;
}

Status decode_segment(const SoundShape& shape, ByteSpan payload, std::span<int32_t> samples, Isa isa) {
  if (samples.empty()) return payload.empty() ? Ok() : damaged("bytes of no samples");
  ByteReader reader(payload);
  std::vector<ChannelForm> forms;
  for (int c = 0; c < shape.channels; ++c) {
    LMC_ASSIGN(const auto form, read_form(reader, shape, forms));
    forms.push_back(form);
  }
  ArithmeticDecoder coder(reader.rest());
  code_samples(coder, shape, forms, samples, isa);
  return Ok();
}

// Mostly the covariances of the longest fit and the maps.
uint64_t segment_memory_bytes(int channels) { return uint64_t(channels) * (3 << 19); }

}  // namespace lmc
