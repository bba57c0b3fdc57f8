#include "lmc/jpeg/jpeg_model.h"

#include "lmc/mixing/contexts.h"

namespace lmc {
namespace {

constexpr uint32_t kSlotLimit = 250;
constexpr uint32_t kMoreBits = 12;
constexpr MixerRates kRatesOfMixer{.start = 0.03f, .floor = 0.008f, .decay = 3000.0f, .last = 0.002f, .prior_start = 0};

MixerShape mixer_shape(const JpegModelShape& shape) {
  MixerShape out{.inputs = shape.opinions * shape.contexts + 1, .set_sizes = {}, .last_sizes = {JpegModel::kKinds}};
  for (uint32_t size : shape.gate_sizes) out.set_sizes.push_back(size * JpegModel::kKinds);
  return out;
}

// How much a chance that was seen n times counts: n / (n + 0.8).
constexpr std::array<float, 256> make_trust() {
  std::array<float, 256> trust{};
  for (int n = 0; n < 256; ++n) trust[size_t(n)] = float(n) / (float(n) + 0.8f);
  return trust;
}
constexpr std::array<float, 256> kTrust = make_trust();

}  // namespace

JpegModel::JpegModel(const JpegModelShape& shape, Isa isa)
    : shape_(shape),
      mask_((1u << shape.context_bits) - 1),
      table_(size_t(shape.contexts) << shape.context_bits),
      more_table_(size_t(shape.contexts) << kMoreBits),
      mixer_(mixer_shape(shape), kRatesOfMixer, isa),
      map0_(shape.gate_sizes[0] * kKinds),
      map1_(shape.gate_sizes[1] * kKinds) {
  for (int i = 0; i < shape.contexts; ++i) {
    mixer_.set_initial(i, 1.2f / float(shape.contexts));
  }
}

void JpegModel::go_on(uint32_t size) {
  for (int i = 0; i < shape_.contexts; ++i) {
    const uint32_t hash = (contexts_[i] * 32 + size) * 0x9E3779B1u;
    lines_[i] = &more_table_[(size_t(i) << kMoreBits) + (hash >> (32 - kMoreBits))];
  }
  kind_ = 16;
}

uint32_t JpegModel::predict(uint32_t node) {
  const int contexts = shape_.contexts;
  float* x = mixer_.inputs();
  for (int i = 0; i < contexts; ++i) {
    BitSlot& slot = lines_[i]->slots[node];
    slots_[i] = &slot;
    x[i] = logit_.stretch(slot.p16()) * kTrust[slot.count];
  }
  if (shape_.opinions == 2)
    for (int i = 0; i < contexts; ++i)
      x[contexts + i] = float(slots_[i]->offset) * (1.0f / 16384.0f) * kTrust[slots_[i]->count];
  x[shape_.opinions * shape_.contexts] = 0.3f;
  const uint32_t kind = kind_ + node;
  for (size_t s = 0; s < shape_.gate_sizes.size(); ++s) mixer_.select(int(s), gates_[s] * kKinds + kind);
  mixer_.select_last(0, kind);
  const float mixed = mixer_.predict();
  const uint32_t p0 = logit_.squash(mixed);
  const uint32_t p1 = map0_.predict(mixed, gates_[0] * kKinds + kind);
  const uint32_t p2 = map1_.predict(mixed, gates_[1] * kKinds + kind);
  return std::clamp((2 * p0 + p1 + p2 + 2) >> 2, 1u, 65535u);
}

void JpegModel::update(int bit) {
  mixer_.update(bit);
  const int contexts = shape_.contexts;
  // update_slot, without the outcomes that nothing here asks for.
  const int32_t target = bit ? 32767 : -32768;
  for (int i = 0; i < contexts; ++i) {
    BitSlot& slot = *slots_[i];
    slot.offset = int16_t(slot.offset + ((int64_t(target - slot.offset) * kRates[slot.count]) >> 16));
    slot.count = uint8_t(slot.count + (slot.count < kSlotLimit));
  }
  map0_.update(bit);
  map1_.update(bit);
}

}  // namespace lmc
