#include "lmc/mixing/deep_mixing.h"

#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <vector>

#include "lmc/mixing/context_table.h"
#include "lmc/mixing/contexts.h"
#include "lmc/mixing/deep_contexts.h"
#include "lmc/mixing/fine_apm.h"
#include "lmc/mixing/mixer.h"

namespace lmc {
namespace {

constexpr int kMixerInputs = 4;     // inputs a context
constexpr int kPerExpectation = 3;  // inputs
constexpr int kExpectationInputs = kMixerInputs * kDeepContexts;
constexpr int kBias = kExpectationInputs + kPerExpectation * kExpectations;
constexpr int kExperts = 2;  // inputs behind the bias, where there are experts
constexpr uint32_t kSlotLimit = 250, kMapLimit = 1000;
constexpr int kOrders = 8;  // the first contexts: of the last 0 to 8 bytes
// Histories of a slot (counters.h), and more of the all but certain ones: a long run of one outcome.
constexpr uint32_t kAllHistories = kHistories + 16;
constexpr float kStartWeight = 0.04f, kStartBesideExperts = 0.02f, kStartOfMixed = 0.9f;
constexpr MixerRates kMixerRates{.start = 0.02f, .floor = 0.0015f, .decay = 2000.0f, .last = 0.002f, .prior_start = 0};

uint32_t deep_history(const BitSlot& slot) {
  if (slot.count < 12 || (slot.recent != 0 && slot.recent != 255)) return history_index(slot);
  constexpr uint8_t kFrom[] = {16, 24, 32, 48, 64, 128, 240};
  const auto length = uint32_t(std::upper_bound(std::begin(kFrom), std::end(kFrom), slot.count) - std::begin(kFrom));
  return kHistories + 2 * length + (slot.recent & 1);
}

// The last byte that a context led to and how often in a row, in the spare 16 bits of its bucket.
struct Run {
  static uint32_t byte(uint16_t run) { return run & 255; }
  static uint32_t count(uint16_t run) { return run >> 8; }  // 0: none yet
  static uint16_t after(uint16_t run, uint8_t c) {
    if (count(run) == 0 || byte(run) != c) return uint16_t(256 | c);
    return count(run) < 255 ? uint16_t(run + 256) : run;
  }
};

float towards(int bit, float strength) { return bit ? strength : -strength; }

// The bit that `byte` has after the bits of `known`, -1 if it does not begin with them.
int bit_after(int byte, uint32_t known, unsigned bits_known) {
  if (byte < 0 || (uint32_t(byte) | 256) >> (8 - bits_known) != known) return -1;
  return byte >> (7 - bits_known) & 1;
}

void leave_out_parts(AllParts, float*) {}
void leave_out_parts(ChosenParts parts, float* x) {
  struct Range {
    uint32_t part;
    int first, last;  // contexts
  };
  constexpr Range kContexts[] = {{kDeepMatches, 8, 10},  {kDeepWords, 10, 13},   {kDeepFields, 13, 20},
                                 {kDeepGaps, 20, 25},    {kDeepClasses, 25, 27}, {kDeepIndirect, 27, 29},
                                 {kDeepNesting, 29, 30}, {kDeepNumbers, 30, 34}, {kDeepRecords, 34, 38}};
  for (const Range& r : kContexts)
    if (!parts.uses(r.part)) std::fill(x + kMixerInputs * r.first, x + kMixerInputs * r.last, 0.0f);
  constexpr Range kExpected[] = {{kDeepMatches, kLongMatch, kFieldAbove},
                                 {kDeepFields, kFieldAbove, kLineShape},
                                 {kDeepNumbers, kLineShape, kExpectations}};
  for (const Range& r : kExpected)
    if (!parts.uses(r.part))
      std::fill(x + kExpectationInputs + kPerExpectation * r.first, x + kExpectationInputs + kPerExpectation * r.last,
                0.0f);
  for (int i = 0; i < kDeepContexts; ++i, x += kMixerInputs) {
    if (!parts.uses(kDeepHistories)) x[0] = 0.0f;
    if (!parts.uses(kDeepLinear)) x[2] = 0.0f;
    if (!parts.uses(kDeepRuns)) x[3] = 0.0f;
  }
}

}  // namespace

struct DeepMixing::State {
  // What one context has learnt of what its mixer inputs mean, and its part in the decision at hand.
  struct Context {
    std::array<MapEntry, kAllHistories> histories;
    std::array<MapEntry, 32> runs;   // (count up to 15, last bit of the byte)
    ContextBucket* first = nullptr;  // of the byte's first half: it holds the run
    ContextBucket* bucket = nullptr;
    BitSlot* slot = nullptr;
    MapEntry *history = nullptr, *run = nullptr;
    int run_bit = 0;
  };
  struct Expectation {
    std::array<MapEntry, 16 * 8 * 2> by_strength;  // (strength, doubt, last bit of the byte)
    std::array<MapEntry, 256 * 8 * 4> by_byte;     // (byte, bits known, doubt)
    MapEntry *strength_entry = nullptr, *byte_entry = nullptr;
    int bit = -1;  // what it expects; -1: nothing
    uint32_t strength = 0;
  };

  std::vector<DeepContexts> streams;
  DeepContexts* contexts = nullptr;  // of the stream at hand
  ContextTable table;
  Mixer mixer;
  std::vector<Context> context;
  std::vector<Expectation> expectation;
  std::array<uint64_t, kDeepContexts> hashes{};
  uint64_t byte_key = ~0ull;  // (stream, offset) that the hashes and first buckets belong to
  uint32_t half_key = 0;      // bits known at the half that the buckets belong to; 1: the first
  FineApm order1_map{65536}, order2_map{65536}, match_map{65536};
  unsigned bits_known = 0;
  int active = 0;  // contexts of the byte at hand

  State(const DeepShape& shape, Isa isa);
  uint64_t key_of(const DeepContexts& stream) const {
    return uint64_t(&stream - streams.data()) << 32 | stream.history().size();
  }
  void find_buckets(uint32_t known);
  uint32_t context_inputs(uint32_t known, float* x);
  void expectation_inputs(uint32_t known, float* x);
  void select_weights(uint32_t known, uint32_t seen);
};

namespace {

// About what a stream gets of the block; one is somewhat longer than another.
size_t stream_bytes(const DeepShape& shape) { return shape.size_bytes / shape.streams; }

MixerShape mixer_shape(bool experts) {
  MixerShape shape{.inputs = kBias + 1,
                   .set_sizes = {16 * 8, 256, 256, 16 * 16, 256, 16 * 16, 256, 16 * 16, 4 * 4 * 4 * 8, 8 * 4 * 8},
                   .last_sizes = {256, 16 * 8}};
  if (!experts) return shape;
  shape.inputs += kExperts;
  shape.set_sizes.push_back(kConfidences * 16);
  shape.last_sizes[0] = kConfidences * 16;
  return shape;
}

}  // namespace

DeepMixing::State::State(const DeepShape& shape, Isa isa)
    : table(context_table_bits(shape.size_bytes * 16, shape.size_bytes)),
      mixer(mixer_shape(shape.experts), kMixerRates, isa),
      context(kDeepContexts),
      expectation(kExpectations) {
  for (uint32_t i = 0; i < shape.streams; ++i) streams.emplace_back(stream_bytes(shape), shape.streams > 1);
  contexts = streams.data();
  const float weight = shape.experts ? kStartBesideExperts : kStartWeight;
  if (shape.experts) mixer.set_initial(kBias + 2, kStartOfMixed);
  for (int i = 0; i < kDeepContexts; ++i) {
    mixer.set_initial(kMixerInputs * i, weight);
    mixer.set_initial(kMixerInputs * i + 1, weight);
    mixer.set_initial(kMixerInputs * i + 3, weight * 0.5f);
  }
  for (int i = 0; i < kExpectations; ++i) mixer.set_initial(kExpectationInputs + kPerExpectation * i, weight);
}

// One bucket of 15 slots a context for each half of the byte. That of the first is always found: it holds the run.
void DeepMixing::State::find_buckets(uint32_t known) {
  const uint64_t key = key_of(*contexts);
  const uint32_t half = bits_known >= 4 ? known >> (bits_known - 4) : 1;
  if (byte_key == key && half_key == half) return;
  if (byte_key != key) {
    contexts->hash(hashes);
    active = contexts->active();
    table.find_all(hashes, size_t(active), 1,
                   [&](size_t i, ContextBucket& bucket) { context[i].first = context[i].bucket = &bucket; });
  }
  if (half != 1)
    table.find_all(hashes, size_t(active), half, [&](size_t i, ContextBucket& bucket) { context[i].bucket = &bucket; });
  byte_key = key;
  half_key = half;
}

// Four inputs a context; returns how many of the first contexts have met this decision before.
uint32_t DeepMixing::State::context_inputs(uint32_t known, float* x) {
  const Logistic& logit = logistic();
  const uint32_t node = node_of(known, bits_known);
  uint32_t seen = 0;
  std::fill(x + kMixerInputs * active, x + kMixerInputs * kDeepContexts, 0.0f);
  for (int i = 0; i < active; ++i, x += kMixerInputs) {
    Context& c = context[size_t(i)];
    c.slot = &c.bucket->nodes[node];
    c.history = &c.histories[deep_history(*c.slot)];
    x[0] = x[1] = x[2] = x[3] = 0.0f;
    if (c.slot->count > 0) {
      seen += i < kOrders;
      x[0] = logit.stretch(c.history->p16());
      x[1] = logit.stretch(c.slot->p16());
      x[2] = float(c.slot->offset) * (1.0f / 16384.0f);
    }
    c.run = nullptr;
    const uint16_t run = c.first->run;
    const int bit = Run::count(run) > 0 ? bit_after(int(Run::byte(run)), known, bits_known) : -1;
    if (bit < 0) continue;
    c.run = &c.runs[std::min(Run::count(run), 15u) * 2 + (bits_known == 0)];
    c.run_bit = bit;
    x[3] = towards(bit, logit.stretch(c.run->p16()));
  }
  return seen;
}

void DeepMixing::State::expectation_inputs(uint32_t known, float* x) {
  const Logistic& logit = logistic();
  for (int i = 0; i < kExpectations; ++i, x += kPerExpectation) {
    Expectation& e = expectation[size_t(i)];
    const int byte = contexts->expected(i);
    e.bit = bit_after(byte, known, bits_known);
    e.strength = 0;
    x[0] = x[1] = x[2] = 0.0f;
    if (e.bit < 0) continue;
    e.strength = contexts->strength(i);
    const uint32_t doubt = contexts->doubt(i);
    e.strength_entry = &e.by_strength[(e.strength * 8 + doubt) * 2 + (bits_known == 0)];
    e.byte_entry = &e.by_byte[(uint32_t(byte) * 8 + bits_known) * 4 + std::min(doubt, 3u)];
    x[0] = towards(e.bit, logit.stretch(e.strength_entry->p16()));
    x[1] = towards(e.bit, logit.stretch(e.byte_entry->p16()));
    x[2] = towards(e.bit, float(e.strength) * 0.25f);
  }
}

void DeepMixing::State::select_weights(uint32_t known, uint32_t seen) {
  const Expectation &match = expectation[kLongMatch], &brief = expectation[kShortMatch],
                    &above = expectation[kFieldAbove];
  const Fields& fields = contexts->fields();
  // 0: `other` expects nothing, 1: this one does not, 2: they agree, 3: not.
  const auto agreement = [](const Expectation& other, const Expectation& self) -> uint32_t {
    return other.bit < 0 ? 0 : self.bit < 0 ? 1 : self.bit == other.bit ? 2 : 3;
  };
  mixer.select(0, match.strength * 8 + bits_known);
  mixer.select(1, known);
  mixer.select(2, contexts->last(1));
  mixer.select(3, seen * 16 + match.strength);
  mixer.select(4, contexts->last(2));
  mixer.select(5, std::min(fields.index, 15u) * 16 + std::min(contexts->field_bytes(), 15u));
  mixer.select(6, contexts->in_records() ? contexts->record_place() & 255
                                         : uint32_t(std::max(contexts->expected(kFieldAbove), 0)));
  mixer.select(7, byte_class(uint8_t(contexts->last(1))) * 16 + agreement(above, match) * 4 + agreement(brief, match));
  mixer.select(8, (std::min(match.strength, 3u) * 16 + std::min(brief.strength, 3u) * 4 +
                   std::min(expectation[kFieldAfter].strength, 3u)) *
                          8 +
                      bits_known);
  mixer.select(9, (above.bit < 0 ? 0 : 1 + std::min(above.strength, 6u)) * 32 + fields.order * 8 + bits_known);
  mixer.select_last(0, contexts->last(1));
  mixer.select_last(1, match.strength * 8 + bits_known);
}

uint64_t DeepMixing::memory_bytes(const DeepShape& shape) {
  constexpr uint64_t kFixedBytes = uint64_t(32) << 20;  // maps, mixers, what every byte is seen by
  constexpr uint64_t kStreamBytes = uint64_t(3) << 19;  // of one more stream
  const uint64_t table = sizeof(ContextBucket) << context_table_bits(shape.size_bytes * 16, shape.size_bytes);
  return kFixedBytes + table + shape.size_bytes + (shape.streams - 1) * kStreamBytes +
         shape.streams * BytePointers::memory_bytes(stream_bytes(shape), shape.streams > 1);
}

DeepMixing::DeepMixing(const DeepShape& shape, Isa isa) : state_(std::make_unique<State>(shape, isa)) {}
DeepMixing::~DeepMixing() = default;

const Bytes& DeepMixing::history(uint32_t stream) const { return state_->streams[stream].history(); }

template <typename Parts>
uint32_t DeepMixing::predict_bit_by(Parts parts, uint32_t known, const Experts* experts) {
  State& s = *state_;
  const Logistic& logit = logistic();
  s.bits_known = unsigned(std::bit_width(known)) - 1;
  s.find_buckets(known);
  float* x = s.mixer.inputs();
  const uint32_t seen = s.context_inputs(known, x);
  s.expectation_inputs(known, x + kExpectationInputs);
  x[kBias] = 0.3f;
  leave_out_parts(parts, x);
  s.select_weights(known, seen);
  const State::Expectation& match = s.expectation[kLongMatch];
  if (experts != nullptr) {
    x[kBias + 1] = experts->model;
    x[kBias + 2] = experts->mixed;
    s.mixer.select(10, confidence_bucket(experts->model) * 16 + match.strength);
    s.mixer.select_last(0, confidence_bucket(experts->mixed) * 16 + match.strength);
  }
  const float mixed = s.mixer.predict();
  const uint64_t expected = match.bit < 0 ? 0 : uint64_t(s.contexts->expected(kLongMatch) + 1) * 16 + match.strength;
  const uint32_t p0 = logit.squash(mixed);
  const uint32_t p1 = s.order1_map.predict(mixed, known << 8 | s.contexts->last(1));
  const uint32_t p2 = s.order2_map.predict(mixed, mix(uint64_t(s.contexts->last_two()) << 8 | known) & 0xffff);
  const uint32_t p3 = s.match_map.predict(mixed, mix(expected << 8 | known) & 0xffff);
  const uint32_t p = parts.uses(kDeepMaps) ? (p0 + p1 + p2 + p3 + 2) >> 2 : p0;
  return std::clamp(p, 2u, 65534u);
}

uint32_t DeepMixing::predict_bit(uint32_t known) { return predict_bit_by(AllParts(), known, nullptr); }
uint32_t AblatedDeepMixing::predict_bit(uint32_t known) { return predict_bit_by(parts_, known, nullptr); }

uint32_t DeepMixing::predict_bit(uint32_t stream, uint32_t known, const Experts& experts) {
  state_->contexts = &state_->streams[stream];
  return predict_bit_by(AllParts(), known, &experts);
}

void DeepMixing::update_bit(int bit) {
  State& s = *state_;
  s.mixer.update(bit);
  for (State::Context& c : std::span(s.context).first(size_t(s.active))) {
    c.history->update(bit, kMapLimit);
    update_slot(*c.slot, bit, kSlotLimit);
    if (c.run != nullptr) c.run->update(c.run_bit == bit, kMapLimit);
  }
  for (State::Expectation& e : s.expectation) {
    if (e.bit < 0) continue;
    e.strength_entry->update(e.bit == bit, kMapLimit);
    e.byte_entry->update(e.bit == bit, kMapLimit);
  }
  s.order1_map.update(bit);
  s.order2_map.update(bit);
  s.match_map.update(bit);
}

void DeepMixing::append_byte(uint8_t byte, uint32_t stream) {
  State& s = *state_;
  DeepContexts& contexts = s.streams[stream];
  if (s.byte_key == s.key_of(contexts))  // some bit of it was asked for
    for (State::Context& c : std::span(s.context).first(size_t(s.active)))
      c.first->run = Run::after(c.first->run, byte);
  contexts.append(byte);
}

}  // namespace lmc
