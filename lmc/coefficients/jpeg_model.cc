#include "lmc/coefficients/jpeg_model.h"

#include <cmath>

#include "lmc/mixing/contexts.h"

namespace lmc {
namespace {

constexpr uint32_t kSlotLimit = 250;

MixerShape mixer_shape(const JpegModelShape& shape) {
  MixerShape out{
      .inputs = shape.mixer_inputs * shape.contexts() + 1, .set_sizes = {}, .last_sizes = {JpegModel::kKinds}};
  for (uint32_t size : shape.selector_sizes) out.set_sizes.push_back(size * JpegModel::kKinds);
  return out;
}

// How much a probability that was seen n times counts: n / (n + 0.8).
constexpr std::array<float, 256> make_trust() {
  std::array<float, 256> trust{};
  for (int n = 0; n < 256; ++n) trust[size_t(n)] = float(n) / (float(n) + 0.8f);
  return trust;
}
constexpr std::array<float, 256> kTrust = make_trust();

}  // namespace

JpegModel::JpegModel(const JpegModelShape& shape, JpegBuckets& buckets, size_t first, Isa isa)
    : shape_(shape),
      buckets_(buckets),
      mixer_(mixer_shape(shape), kJpegMixerRates, isa),
      map0_(shape.is_refined ? shape.selector_sizes[0] * kKinds : 1),
      map1_(shape.is_refined ? shape.selector_sizes[1] * kKinds : 1) {
  for (uint8_t bits : shape.context_bits) {
    parts_.push_back({uint32_t(first), bits});
    first += size_t(1) << bits;
  }
  first_other_ = first;
  for (int i = 0; i < shape.contexts(); ++i) mixer_.set_initial(i, 1.2f / float(shape.contexts()));
  if (shape.mixer_inputs == 1 && !shape.is_refined)
    kernels_ = jpeg_kernels(shape.contexts(), int(shape.selector_sizes.size()), isa);
  if (kernels_.predict == nullptr) return;
  for (size_t s = 0; s < shape.selector_sizes.size(); ++s) decision_.first_rows[s] = mixer_.row(s, 0);
  decision_.first_last_row = mixer_.last_row(0, 0);
  decision_.last_width = uint32_t(mixer_.last_row(0, 1) - mixer_.last_row(0, 0));
  decision_.stretch = logit_.stretch_table();
  decision_.squash = logit_.squash_table();
}

void JpegModel::start_from(const JpegModelPrior& prior) {
  load_tables(prior.tables);
  load_weights(prior.weights);
}

// For each set and kind the weights of all inputs, which every row of the set with this kind begins with; then for each
// kind those of the last layer.
void JpegModel::load_weights(ByteSpan weights) {
  if (weights.empty()) return;
  const size_t sets = shape_.selector_sizes.size();
  const uint8_t* in = weights.data();
  const auto next = [&] { return float(int8_t(*in++)) * kPriorWeightStep; };
  for (size_t s = 0; s < sets; ++s)
    for (uint32_t kind = 0; kind < kKinds; ++kind) {
      float* row = mixer_.row(s, kind);
      for (size_t i = 0; i < inputs(); ++i) row[i] = next();
      for (uint32_t selector = 1; selector < shape_.selector_sizes[s]; ++selector)
        std::copy_n(row, inputs(), mixer_.row(s, selector * kKinds + kind));
    }
  for (uint32_t kind = 0; kind < kKinds; ++kind)
    for (size_t s = 0; s < sets; ++s) mixer_.last_row(0, kind)[s] = next();
}

// The mean of a kind's rows, each as often as it was used, at most 5000 times.
Bytes JpegModel::weights_for_prior() {
  const size_t sets = shape_.selector_sizes.size();
  Bytes out;
  const auto put = [&](double weight) {
    out.push_back(uint8_t(int8_t(std::clamp(std::lround(weight / double(kPriorWeightStep)), -127l, 127l))));
  };
  for (size_t s = 0; s < sets; ++s)
    for (uint32_t kind = 0; kind < kKinds; ++kind)
      for (size_t i = 0; i < inputs(); ++i) {
        double sum = 1e-3 * double(mixer_.row(s, kind)[i]), uses = 1e-3;
        for (uint32_t selector = 0; !uses_.empty() && selector < shape_.selector_sizes[s]; ++selector) {
          const double n = std::min(uses_[s][selector * kKinds + kind], 5000u);
          sum += n * double(mixer_.row(s, selector * kKinds + kind)[i]);
          uses += n;
        }
        put(sum / uses);
      }
  for (uint32_t kind = 0; kind < kKinds; ++kind)
    for (size_t s = 0; s < sets; ++s) put(double(mixer_.last_row(0, kind)[s]));
  return out;
}

void JpegModel::count_use(uint32_t node) {
  if (uses_.empty())
    for (uint32_t size : shape_.selector_sizes) uses_.emplace_back(size_t(size) * kKinds);
  for (size_t s = 0; s < uses_.size(); ++s)
    ++uses_[s][choices_[current_].selectors[s] * kKinds + decision_.first_kind + node];
}

void JpegModel::go_on(uint32_t size) {
  JpegChoice& choice = choices_[current_];
  for (size_t i = 0; i < parts_.size(); ++i) {
    const uint32_t hash = (choice.contexts[i] * 32 + size) * 0x9E3779B1u;
    choice.near[i] = buckets_.near(first_other_ + (i << kMoreBits) + (hash >> (32 - kMoreBits)));
  }
  decision_.first_kind = kKinds / 2;
  has_far_ = false;
}

uint32_t JpegModel::predict(uint32_t node) {
  const int contexts = shape_.contexts();
  const JpegChoice& choice = choices_[current_];
  float* x = mixer_.inputs();
  for (int i = 0; i < contexts; ++i) {
    BitSlot& slot = node < kJpegNearNodes ? (*choice.near[i])[node] : (*decision_.far[i])[node - kJpegNearNodes];
    slots_[i] = &slot;
    x[i] = logit_.stretch(slot.p16()) * kTrust[slot.count];
  }
  if (shape_.mixer_inputs == 2)
    for (int i = 0; i < contexts; ++i)
      x[contexts + i] = float(slots_[i]->offset) * (1.0f / 16384.0f) * kTrust[slots_[i]->count];
  x[shape_.mixer_inputs * shape_.contexts()] = 0.3f;
  const uint32_t kind = decision_.first_kind + node;
  for (size_t s = 0; s < shape_.selector_sizes.size(); ++s) mixer_.select(int(s), choice.selectors[s] * kKinds + kind);
  mixer_.select_last(0, kind);
  const float mixed = mixer_.predict();
  const uint32_t p0 = logit_.squash(mixed);  // within 1..65535
  if (!shape_.is_refined) return p0;
  const uint32_t p1 = map0_.predict(mixed, choice.selectors[0] * kKinds + kind);
  const uint32_t p2 = map1_.predict(mixed, choice.selectors[1] * kKinds + kind);
  return std::clamp((2 * p0 + p1 + p2 + 2) >> 2, 1u, 65535u);
}

void JpegModel::update(int bit) {
  mixer_.update(bit);
  const int contexts = shape_.contexts();
  for (int i = 0; i < contexts; ++i) update_probability(*slots_[i], bit, kSlotLimit);  // nothing asks for the outcomes
  if (!shape_.is_refined) return;
  map0_.update(bit);
  map1_.update(bit);
}

}  // namespace lmc
