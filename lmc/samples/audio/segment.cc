#include "lmc/samples/audio/segment.h"

#include <algorithm>
#include <memory>

#include "lmc/coding/arithmetic_coder.h"
#include "lmc/samples/audio/sample_coder.h"

namespace lmc {
namespace {

constexpr uint8_t kSameBit = 0x80;  // equal to an earlier channel, whose number stands in place of the unused bits

Error damaged(const std::string& what) { return bad_input("audio block: " + what + "; the file is damaged"); }

struct ChannelForm {
  int same_as = -1;     // an earlier channel, or none
  int unused_bits = 0;  // low bits that are 0 in every sample
  SampleRange range;    // of the samples without these
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
  out.push_back(uint8_t(form.unused_bits));
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
  form.unused_bits = first;
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

  Channel(const ChannelForm& its_form, int partner_channel, AudioEffort effort, Isa isa)
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

template <typename Coder, typename Sample>
void code_samples(Coder& coder, const SoundShape& shape, std::span<const ChannelForm> forms, std::span<Sample> samples,
                  Isa isa) {
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
        sample = channel.coder.code(coder, sample, predictions, partner ? partner->coder.last_error() : 0);
        channel.predictor.learn(sample);
      } else if (Coder::kDecodes) {
        sample = form.range.low;
      }
      if constexpr (Coder::kDecodes)
        samples[at + c] =
            form.same_as >= 0 ? samples[at + size_t(form.same_as)] : int32_t(uint32_t(sample) << form.unused_bits);
    }
}

}  // namespace

Bytes encode_segment(const SoundShape& shape, std::span<const int32_t> samples, Isa isa) {
  Bytes out;
  if (samples.empty()) return out;
  std::vector<ChannelForm> forms;
  for (int c = 0; c < shape.channels; ++c) {
    forms.push_back(form_of(samples, size_t(shape.channels), size_t(c)));
    write_form(forms.back(), out);
  }
  ArithmeticEncoder coder(out);
  code_samples(coder, shape, forms, samples, isa);
  coder.finish();
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
