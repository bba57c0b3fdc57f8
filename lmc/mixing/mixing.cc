#include "lmc/mixing/mixing.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <utility>

#include "lmc/base/zeroed_array.h"

namespace lmc {
namespace {

constexpr uint32_t kLongLimit = 250;  // counts at which a probability's step stops falling
constexpr uint32_t kMapLimit = 1000;
constexpr uint32_t kPriorCount = 60;  // how firmly a map believes the prior
constexpr float kSureLogit = 7.0f;    // a model this sure is not mixed with anything
constexpr uint32_t kSureCount = 20;
constexpr int kMoreBitInputs = 5;  // beside two for each context
constexpr int kEndInputs = 2 * kEndContexts + 3;

// Token mode visits few buckets, as most decisions are sure.
unsigned table_bits(bool tokens, size_t size_bytes) {
  return context_table_bits(size_bytes * (tokens ? 4 : 16), size_bytes);
}

// A probability refined by a small context: 33 points over the logits, the nearer one learns. Kept as differences (of
// bits) from what a context starts with, so that what is never used takes no memory and no time.
class Apm {
 public:
  explicit Apm(size_t contexts)
      : contexts_(contexts), changes_(std::max<size_t>(contexts, 1) * kPoints, Pages::kOrdinary) {
    for (size_t j = 0; j < kPoints; ++j) start_[j] = uint16_t(logistic().squash((float(j) - 16.0f) * 0.5f));
  }
  uint32_t predict(float logit, size_t context) {
    const float clamped = logit > 7.999f ? 7.999f : logit < -7.999f ? -7.999f : logit;
    const float position = (clamped + 8.0f) * 2.0f;
    const auto low = size_t(uint32_t(position));
    const float fraction = position - float(uint32_t(low));
    chosen_point_ = low + (fraction >= 0.5f ? 1 : 0);
    chosen_ = context * kPoints + chosen_point_;
    const uint16_t* row = &changes_[context * kPoints];
    const uint32_t before = uint32_t(row[low] ^ start_[low]), after = uint32_t(row[low + 1] ^ start_[low + 1]);
    return uint32_t(float(before) * (1.0f - fraction) + float(after) * fraction);
  }
  void update(int bit, int shift = 6) {
    const int32_t p = changes_[chosen_] ^ start_[chosen_point_];
    changes_[chosen_] = uint16_t(p + (((bit ? 65535 : 0) - p) >> shift)) ^ start_[chosen_point_];
  }
  // visit(point) for every point in order; it may change it.
  template <typename Visitor>
  void visit_points(Visitor& visit) {
    for (size_t i = 0; i < contexts_ * kPoints; ++i) {
      auto point = uint16_t(changes_[i] ^ start_[i % kPoints]);
      visit(point);
      changes_[i] = uint16_t(point ^ start_[i % kPoints]);
    }
  }

 private:
  static constexpr size_t kPoints = 33;
  std::array<uint16_t, kPoints> start_;
  size_t contexts_;
  ZeroedArray<uint16_t> changes_;
  size_t chosen_ = 0, chosen_point_ = 0;
};

// What contexts say of a decision, two inputs each: what the history of a context's slot means, as learnt by a map of
// the context's own, and the slot's probability.
template <size_t kMost>
struct SlotMixerInputs {
  const Logistic& logit = logistic();
  size_t count;
  std::vector<std::array<MapEntry, kHistories>> histories;  // (count)
  // Of the decision at hand.
  std::array<BitSlot*, kMost> slots{};
  std::array<MapEntry*, kMost> entries{};

  explicit SlotMixerInputs(size_t contexts) : count(contexts), histories(contexts) {}
  [[gnu::always_inline]] void input(size_t context, BitSlot& slot, float* x) {
    MapEntry& entry = histories[context][history_index(slot)];
    slots[context] = &slot;
    entries[context] = &entry;
    x[0] = slot.count == 0 ? 0.0f : logit.stretch(entry.p16());
    x[1] = logit.stretch(slot.p16());
  }
  void update(int bit) {
    for (size_t i = 0; i < count; ++i) {
      entries[i]->update(bit, kMapLimit);
      update_slot(*slots[i], bit, kLongLimit);
    }
  }
  template <typename Visitor>
  void visit(Visitor& visit) {
    for (auto& map : histories)
      for (MapEntry& entry : map) visit(entry);
  }
};

uint32_t clamp_probability(uint32_t p) { return p < 2 ? 2 : p > 65534 ? 65534 : p; }

}  // namespace

struct MixingModel::BitState {
  size_t contexts;
  Mixer mixer;
  SlotMixerInputs<kMostContexts> mixer_inputs;
  std::array<MapEntry, 16 * 8> match_map{};  // (length bucket, misses): does the expected bit come?
  Apm lm_map{512};
  Apm order1_map, order2_map;  // in bytes only: behind a language model they gain nothing
  // The decision at hand.
  MapEntry* match_entry = nullptr;
  int expected_bit = -1;

  BitState(bool tokens, size_t count, Isa isa)
      : contexts(count),
        mixer({.inputs = 2 * int(count) + kMoreBitInputs,
               .set_sizes = {16 * 8, 256, 256, 12 * 16, 8 * 8 * 2, 256},
               .last_sizes = {256}},
              {}, isa),
        mixer_inputs(count),
        order1_map(tokens ? 0 : 65536),
        order2_map(tokens ? 0 : 65536) {
    for (int i = 0; i < 2 * int(count) + kMoreBitInputs; ++i) mixer.set_initial(i, tokens ? 0.03f : 0.15f);
    mixer.set_initial(2 * int(count), tokens ? 0.8f : 0.0f);
  }
};

// What became of decisions that the language model was sure of: by how sure (half units of its logit) and what kind.
struct MixingModel::SureState {
  static constexpr uint32_t kKinds = 9;  // bits known, or 8: end
  std::array<MapEntry, 32 * kKinds> maps{};
  MapEntry* entry = nullptr;  // of the decision at hand; null: not sure
  int likely = 0;             // what the model expects

  SureState() {
    for (uint32_t q = 0; q < 32; ++q)
      for (uint32_t kind = 0; kind < kKinds; ++kind)
        maps[q * kKinds + kind].value = logistic().squash(float(q) * 0.5f + 0.25f) << 16 | kSureCount;
  }
  uint32_t p16() const { return clamp_probability(likely ? entry->p16() : 65536 - entry->p16()); }
};

struct MixingModel::EndState {
  Mixer mixer;
  SlotMixerInputs<kEndContexts> mixer_inputs{kEndContexts};
  ZeroedArray<BitSlot> table;
  size_t table_mask;
  Apm lm_map{256};

  EndState(size_t slots_log2, Isa isa)
      : mixer({.inputs = kEndInputs, .set_sizes = {16, 256, 12 * 2}, .last_sizes = {16}}, {}, isa),
        table(size_t(1) << slots_log2),
        table_mask((size_t(1) << slots_log2) - 1) {
    for (int i = 0; i < kEndInputs; ++i) mixer.set_initial(i, 0.05f);
    mixer.set_initial(2 * kEndContexts, 0.8f);
  }
};

uint64_t MixingModel::memory_bytes(const MixingShape& shape) {
  const uint64_t fixed_bytes = uint64_t(shape.tokens ? 32 : 16) << 20;  // maps, mixers, the ends of tokens
  const uint64_t table = sizeof(ContextBucket) << table_bits(shape.tokens, shape.size_bytes);
  return fixed_bytes + table + Contexts::match_table_bytes(shape.size_bytes) + shape.size_bytes;
}

MixingModel::MixingModel(const MixingShape& shape, Isa isa)
    : shape_(shape),
      contexts_(shape.tokens, shape.streams, shape.size_bytes),
      table_(table_bits(shape.tokens, shape.size_bytes)),
      bit_(std::make_unique<BitState>(shape.tokens, contexts_.count(), isa)) {
  if (!shape.tokens) return;
  end_ = std::make_unique<EndState>(std::min(table_bits(true, shape.size_bytes), 20u), isa);
  sure_ = std::make_unique<SureState>();
}

MixingModel::~MixingModel() = default;

template <typename Visitor>
void MixingModel::visit_prior(Visitor&& visit) {
  for (float* weight : bit_->mixer.parameters()) visit(*weight);
  bit_->mixer_inputs.visit(visit);
  for (MapEntry& entry : bit_->match_map) visit(entry);
  if (!end_) return;
  bit_->lm_map.visit_points(visit);
  for (float* weight : end_->mixer.parameters()) visit(*weight);
  end_->mixer_inputs.visit(visit);
  end_->lm_map.visit_points(visit);
  for (MapEntry& entry : sure_->maps) visit(entry);
}

namespace {

// A weight is the upper half of its binary32, a map entry its probability, a point itself.
struct PriorWriter {
  Bytes out;
  void operator()(float weight) { append_le(out, uint16_t((std::bit_cast<uint32_t>(weight) + 0x8000u) >> 16)); }
  void operator()(const MapEntry& entry) { append_le(out, uint16_t(entry.p16())); }
  void operator()(uint16_t point) { append_le(out, point); }
};

struct PriorReader {
  ByteSpan in;
  bool sound = true;
  uint16_t next() {
    const auto value = uint16_t(in[0] | in[1] << 8);
    in = in.subspan(2);
    return value;
  }
  void operator()(float& weight) {
    weight = std::bit_cast<float>(uint32_t(next()) << 16);
    sound = sound && weight > -64.0f && weight < 64.0f;  // false for NaN too
  }
  void operator()(MapEntry& entry) { entry.value = uint32_t(next()) << 16 | kPriorCount; }
  void operator()(uint16_t& point) { point = next(); }
};

}  // namespace

Bytes MixingModel::save_prior() {
  PriorWriter writer;
  visit_prior(writer);
  return std::move(writer.out);
}

Status MixingModel::load_prior(ByteSpan prior) {
  size_t size_bytes = 0;
  visit_prior([&](auto&) { size_bytes += 2; });
  if (prior.size() != size_bytes)
    return bad_input("mixing prior of " + std::to_string(prior.size()) + " bytes, expected " +
                     std::to_string(size_bytes) + "; the model file does not fit this program");
  PriorReader reader{prior};
  visit_prior(reader);
  if (!reader.sound) return bad_input("mixing prior: a weight is not a number within 64");
  bit_->mixer.start_from_prior();
  if (end_) end_->mixer.start_from_prior();
  return Ok();
}

namespace {

void leave_out_parts(AllParts, float*) {}
void leave_out_parts(ChosenParts parts, float* inputs) {
  const auto drop = [&](uint32_t part, int first, int last) {
    if (!parts.uses(part)) std::fill(inputs + first, inputs + last, 0.0f);
  };
  drop(kPartMatch, 0, 2);
  drop(kPartOrders, 2, 8);
  drop(kPartWords, 8, 14);
  drop(kPartColumns, 14, 16);
  drop(kPartShapes, 16, 18);
  drop(kPartTokens, 18, 24);
  drop(kPartMatch, 2 * kTokenContexts + 2, 2 * kTokenContexts + 4);
  if (!parts.uses(kPartHistories))
    for (int i = 0; i < kTokenContexts; ++i) inputs[2 * i] = 0.0f;
}

}  // namespace

// Whether the model is so sure of a decision that nothing else is asked.
template <typename Parts>
bool MixingModel::sure(Parts parts, float lm, uint32_t kind) {
  if (!shape_.tokens) return false;
  const float magnitude = lm < 0 ? -lm : lm;
  if (magnitude < kSureLogit || !parts.uses(kPartShortcut)) {
    sure_->entry = nullptr;
    return false;
  }
  const uint32_t q = uint32_t((magnitude > 15.5f ? 15.5f : magnitude) * 2.0f);
  sure_->entry = &sure_->maps[q * SureState::kKinds + kind];
  sure_->likely = lm > 0;
  return true;
}

// The slots of every context for the decision after `known`, and their two inputs each.
void MixingModel::context_inputs(StreamContexts& s, uint32_t known, float* x) {
  BitState& b = *bit_;
  const size_t count = b.contexts;
  const unsigned bits_known = unsigned(std::bit_width(known)) - 1;
  const uint32_t half = bits_known >> 2;
  const uint32_t key = uint32_t(s.history.size()) << 1 | half;
  if (s.bucket_key != key) {
    s.bucket_key = key;
    if (s.hashes_stale) contexts_.compute_hashes(s);
    table_.find_all(s.hashes, count, known, [&s](size_t i, ContextBucket& bucket) { s.buckets[i] = &bucket; });
  }
  const uint32_t node = node_of(known, bits_known);
  SlotMixerInputs<kMostContexts>& mixer_inputs = b.mixer_inputs;
  for (size_t i = 0; i < count; ++i) mixer_inputs.input(i, s.buckets[i]->nodes[node], x + 2 * i);
}

// The two inputs of the match model; returns the length bucket of a match that agrees with `known`, or 0.
uint32_t MixingModel::match_inputs(const StreamContexts& s, uint32_t known, float* x) {
  BitState& b = *bit_;
  const unsigned bits_known = unsigned(std::bit_width(known)) - 1;
  const int expected = contexts_.expected_byte(s);
  const bool agrees = expected >= 0 && ((uint32_t(expected) | 256) >> (8 - bits_known)) == known;
  b.expected_bit = agrees ? (expected >> (7 - bits_known)) & 1 : -1;
  x[0] = x[1] = 0.0f;
  if (!agrees) return 0;
  const uint32_t bucket = length_bucket(s.match_length);
  b.match_entry = &b.match_map[bucket * 8 + std::min(s.match_misses, 7u)];
  const float strength = logistic().stretch(b.match_entry->p16());
  x[0] = b.expected_bit ? strength : -strength;
  x[1] = b.expected_bit ? float(bucket) * 0.5f : float(bucket) * -0.5f;
  return bucket;
}

// Chooses the weights of every set. bucket: of match_inputs.
void MixingModel::select_bit_weights(const StreamContexts& s, uint32_t known, float lm, uint32_t bucket) {
  BitState& b = *bit_;
  const uint32_t bits_known = uint32_t(std::bit_width(known)) - 1;
  const uint32_t c1 = s.c4 & 255;
  const uint32_t c2 = (s.c4 >> 8) & 255;
  uint32_t seen = 0;  // contexts that have met this decision before: in bytes, of the orders 1 to 8
  const size_t asked = shape_.tokens ? size_t(kTokenContexts) : 8;
  for (size_t i = 1; i < asked; ++i) seen += b.mixer_inputs.slots[i]->count > 0;
  b.mixer.select(0, bucket * 8 + bits_known);
  b.mixer.select(1, known);
  b.mixer.select(2, c1);
  if (shape_.tokens) {
    b.mixer.select(3, confidence_bucket(lm) * 16 + bucket);
    b.mixer.select(4, (std::min(s.token_bytes, 7u) * 8 + bits_known) * 2 + (bucket > 0));
    b.mixer.select(5, seen * 16 + bucket);
    b.mixer.select_last(0, confidence_bucket(lm) * 16 + bucket);
  } else {
    b.mixer.select(3, seen * 16 + bucket);
    b.mixer.select(4, byte_class(uint8_t(c2)) * 8 + bits_known);
    b.mixer.select(5, c2);
    b.mixer.select_last(0, c1);
  }
}

template <typename Parts>
uint32_t MixingModel::predict_bit_by(Parts parts, uint32_t index, uint32_t known, float lm) {
  if (!parts.uses(kPartModel)) lm = 0.0f;
  if (sure(parts, lm, uint32_t(std::bit_width(known)) - 1)) return sure_->p16();
  StreamContexts& s = contexts_.stream(index);
  BitState& b = *bit_;
  const Logistic& logit = logistic();
  float* x = b.mixer.inputs();
  context_inputs(s, known, x);
  float* extra = x + 2 * b.contexts;
  extra[0] = lm;
  extra[1] = shape_.tokens ? logit.stretch(b.lm_map.predict(lm, known | (s.match_length ? 256u : 0u))) : 0.0f;
  const uint32_t bucket = match_inputs(s, known, extra + 2);
  extra[4] = 0.3f;
  leave_out_parts(parts, x);
  select_bit_weights(s, known, lm, bucket);
  const float mixed = b.mixer.predict();
  mixed_ = mixed;
  const uint32_t p0 = logit.squash(mixed);
  if (shape_.tokens) return clamp_probability(p0);
  const uint32_t p1 = b.order1_map.predict(mixed, known << 8 | (s.c4 & 255));
  const uint32_t p2 = b.order2_map.predict(mixed, mix(uint64_t(s.c4 & 0xffff) << 8 | known) & 0xffff);
  return clamp_probability((p0 + p1 + 2 * p2 + 2) >> 2);
}

uint32_t MixingModel::predict_bit(uint32_t stream, uint32_t known, float lm) {
  return predict_bit_by(AllParts(), stream, known, lm);
}
uint32_t AblatedMixing::predict_bit(uint32_t stream, uint32_t known, float lm) {
  return predict_bit_by(parts_, stream, known, lm);
}

std::optional<float> MixingModel::mixed() const {
  if (sure_ && sure_->entry != nullptr) return {};
  return mixed_;
}

void MixingModel::update_bit(int bit) {
  if (sure_ && sure_->entry != nullptr) return sure_->entry->update(bit == sure_->likely, kMapLimit);
  BitState& b = *bit_;
  b.mixer.update(bit);
  b.mixer_inputs.update(bit);
  if (b.expected_bit >= 0) b.match_entry->update(b.expected_bit == bit, kMapLimit);
  if (shape_.tokens) return b.lm_map.update(bit);
  b.order1_map.update(bit);
  b.order2_map.update(bit);
}

template <typename Parts>
uint32_t MixingModel::predict_end_by(Parts parts, uint32_t index, uint32_t node, float lm) {
  if (!parts.uses(kPartModel)) lm = 0.0f;
  if (sure(parts, lm, 8)) return sure_->p16();
  const StreamContexts& s = contexts_.stream(index);
  EndState& e = *end_;
  const Logistic& logit = logistic();
  const int expected = contexts_.expected_byte(s);
  const uint32_t bucket = length_bucket(s.match_length);
  const uint64_t here = uint64_t(node) << 4;
  const uint64_t contexts[kEndContexts] = {
      here,
      here | 1 | uint64_t(s.tokens[0]) << 20,
      here | 2 | uint64_t(s.tokens[0]) << 20 | uint64_t(s.tokens[1]) << 36,
      here | 3 | uint64_t(uint32_t(expected + 1)) << 20 | uint64_t(std::min(bucket, 15u)) << 40,
      here | 4 | hash2(s.tokens[0] | uint64_t(s.tokens[1]) << 16, s.tokens[2]) << 20,
      here | 5 | uint64_t(s.last_word) << 20,
  };
  float* x = e.mixer.inputs();
  for (size_t i = 0; i < kEndContexts; ++i)
    e.mixer_inputs.input(i, e.table[mix(contexts[i]) >> 20 & e.table_mask], x + 2 * i);
  float* extra = x + 2 * kEndContexts;
  extra[0] = lm;
  const uint32_t depth = std::min(s.token_bytes, 15u);
  extra[1] = logit.stretch(e.lm_map.predict(lm, depth * 16 + std::min(bucket, 15u)));
  extra[2] = 0.3f;
  e.mixer.select(0, depth);
  e.mixer.select(1, expected >= 0 ? uint32_t(expected) : 0);
  e.mixer.select(2, confidence_bucket(lm) * 2 + (expected >= 0));
  e.mixer.select_last(0, depth);
  return clamp_probability(logit.squash(e.mixer.predict()));
}

uint32_t MixingModel::predict_end(uint32_t stream, uint32_t node, float lm) {
  return predict_end_by(AllParts(), stream, node, lm);
}
uint32_t AblatedMixing::predict_end(uint32_t stream, uint32_t node, float lm) {
  return predict_end_by(parts_, stream, node, lm);
}

void MixingModel::update_end(int bit) {
  if (sure_->entry != nullptr) return sure_->entry->update(bit == sure_->likely, kMapLimit);
  EndState& e = *end_;
  e.mixer.update(bit);
  e.mixer_inputs.update(bit);
  e.lm_map.update(bit);
}

void MixingModel::append_byte(uint32_t index, uint8_t byte) { contexts_.append_byte(contexts_.stream(index), byte); }

void MixingModel::end_token(uint32_t index, uint32_t token) {
  StreamContexts& s = contexts_.stream(index);
  contexts_.end_token(s, token);
  for (size_t i = 0; i < contexts_.count(); ++i) table_.prefetch(s.hashes[i]);
}

}  // namespace lmc
