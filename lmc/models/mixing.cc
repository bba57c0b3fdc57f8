#include "lmc/models/mixing.h"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

namespace lmc {
namespace {

constexpr uint32_t kMatchMinimum = 6;  // bytes hashed to find a match
constexpr uint32_t kMatchCap = 65535;
constexpr uint32_t kOffsetBits = 24;  // offsets in the match table; later bytes are not indexed
constexpr uint32_t kLongLimit = 250;  // counts at which a probability's step stops falling
constexpr uint32_t kMapLimit = 1000;
constexpr uint32_t kPriorCount = 60;  // how firmly a map believes the prior
constexpr int kBitInputs = 2 * kContexts + 5;
constexpr int kEndInputs = 2 * kEndContexts + 3;

uint64_t mix(uint64_t x) {
  x ^= x >> 32;
  x *= 0xD6E8FEB86659FD93ull;
  x ^= x >> 32;
  x *= 0xD6E8FEB86659FD93ull;
  return x ^ (x >> 29);
}
uint64_t hash2(uint64_t a, uint64_t b) { return mix(a * 0x9E3779B97F4A7C15ull + b + 1); }

bool is_word_byte(uint8_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 128 || c == '\''; }

// Sixteen classes of bytes, for shape contexts.
uint32_t byte_class(uint8_t c) {
  if (c >= '0' && c <= '9') return 1;
  if (c >= 'a' && c <= 'z') return 2;
  if (c >= 'A' && c <= 'Z') return 3;
  if (c == ' ') return 4;
  if (c == '\n' || c == '\r') return 5;
  if (c == '\t') return 6;
  if (c >= 128) return 7;
  if (c == '.' || c == '!' || c == '?') return 8;
  if (c == ',' || c == ';' || c == ':') return 9;
  if (c == '"' || c == '\'' || c == '`') return 10;
  if (c == '(' || c == '[' || c == '{' || c == '<') return 11;
  if (c == ')' || c == ']' || c == '}' || c == '>') return 12;
  if (c == '-' || c == '_' || c == '/' || c == '\\') return 13;
  if (c < 32) return 14;
  return 15;
}

uint32_t length_bucket(uint32_t length) {
  if (length == 0) return 0;
  if (length < 8) return 1;
  if (length < 12) return 2;
  if (length < 16) return 3;
  if (length < 24) return 4;
  if (length < 32) return 5;
  if (length < 64) return 6;
  return length < 512 ? 7 : 8;
}

uint32_t confidence_bucket(float logit) {  // 0..11
  const float magnitude = logit < 0 ? -logit : logit;
  return uint32_t(magnitude >= 11.0f ? 11.0f : magnitude);
}

unsigned table_bits(size_t size_bytes) {
  unsigned bits = 12;
  while (bits < 22 && (size_t(1) << bits) < size_bytes * 16) ++bits;
  return bits;
}

unsigned match_bits(size_t size_bytes) {
  unsigned bits = 10;
  while (bits < 22 && (size_t(1) << bits) < size_bytes * 2) ++bits;
  return bits;
}

// A probability refined by a small context: 33 points over the logits, the nearer one learns.
class AdaptiveMap {
 public:
  explicit AdaptiveMap(size_t contexts) : points_(contexts * 33) {
    for (size_t c = 0; c < contexts; ++c)
      for (size_t j = 0; j < 33; ++j) points_[c * 33 + j] = uint16_t(logistic().squash((float(j) - 16.0f) * 0.5f));
  }
  uint32_t predict(float logit, size_t context) {
    const float clamped = logit > 7.999f ? 7.999f : logit < -7.999f ? -7.999f : logit;
    const float position = (clamped + 8.0f) * 2.0f;
    const auto low = uint32_t(position);
    const float fraction = position - float(low);
    const uint16_t* row = &points_[context * 33 + low];
    chosen_ = context * 33 + low + (fraction >= 0.5f ? 1 : 0);
    return uint32_t(float(row[0]) * (1.0f - fraction) + float(row[1]) * fraction);
  }
  std::vector<uint16_t>& points() { return points_; }
  void update(int bit, int shift = 6) {
    const int32_t p = points_[chosen_];
    points_[chosen_] = uint16_t(p + (((bit ? 65535 : 0) - p) >> shift));
  }

 private:
  std::vector<uint16_t> points_;
  size_t chosen_ = 0;
};

uint32_t clamp_probability(uint32_t p) { return p < 2 ? 2 : p > 65534 ? 65534 : p; }

}  // namespace

struct MixingModel::BitState {
  Mixer mixer;
  std::array<std::array<MapEntry, kHistories>, kContexts> histories{};
  std::array<MapEntry, 16 * 8> match_map{};  // (length bucket, misses): does the expected bit come?
  AdaptiveMap lm_map{512};
  AdaptiveMap order1_map{65536};
  AdaptiveMap order2_map{65536};
  // The decision at hand.
  std::array<BitSlot*, kContexts> slots{};
  std::array<MapEntry*, kContexts> entries{};
  MapEntry* match_entry = nullptr;
  int expected_bit = -1;

  BitState(bool tokens, Isa isa)
      : mixer({.inputs = kBitInputs, .set_sizes = {16 * 8, 256, 256, 12 * 16, 8 * 8 * 2, 256}, .final_size = 256}, {},
              isa) {
    for (int i = 0; i < kBitInputs; ++i) mixer.set_initial(i, tokens ? 0.03f : 0.15f);
    mixer.set_initial(2 * kContexts, tokens ? 0.8f : 0.0f);
  }
};

struct MixingModel::EndState {
  Mixer mixer;
  std::array<std::array<MapEntry, kHistories>, kEndContexts> histories{};
  ZeroedArray<BitSlot> table;
  size_t table_mask;
  AdaptiveMap lm_map{256};
  std::array<BitSlot*, kEndContexts> slots{};
  std::array<MapEntry*, kEndContexts> entries{};

  EndState(size_t slots_log2, Isa isa)
      : mixer({.inputs = kEndInputs, .set_sizes = {16, 256, 12 * 2}, .final_size = 16}, {}, isa),
        table(size_t(1) << slots_log2),
        table_mask((size_t(1) << slots_log2) - 1) {
    for (int i = 0; i < kEndInputs; ++i) mixer.set_initial(i, 0.05f);
    mixer.set_initial(2 * kEndContexts, 0.8f);
  }
};

MixingModel::MixingModel(const MixingShape& shape, Isa isa)
    : shape_(shape),
      streams_(shape.streams),
      table_(table_bits(shape.size_bytes)),
      match_table_(size_t(1) << match_bits(shape.size_bytes), 0),
      bit_(std::make_unique<BitState>(shape.tokens, isa)) {
  if (shape.tokens) end_ = std::make_unique<EndState>(std::min(table_bits(shape.size_bytes), 20u), isa);
  for (MixingStream& s : streams_) compute_hashes(s);
}

MixingModel::~MixingModel() = default;

template <typename Visitor>
void MixingModel::visit_prior(Visitor&& visit) {
  for (float* weight : bit_->mixer.parameters()) visit(*weight);
  for (auto& map : bit_->histories)
    for (MapEntry& entry : map) visit(entry);
  for (MapEntry& entry : bit_->match_map) visit(entry);
  if (!end_) return;
  for (uint16_t& point : bit_->lm_map.points()) visit(point);
  for (float* weight : end_->mixer.parameters()) visit(*weight);
  for (auto& map : end_->histories)
    for (MapEntry& entry : map) visit(entry);
  for (uint16_t& point : end_->lm_map.points()) visit(point);
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

int MixingModel::expected_byte(const MixingStream& s) const {
  if (s.match_length == 0) return -1;
  const Bytes& source = streams_[s.match_stream].history;
  return s.match_offset < source.size() ? source[s.match_offset] : -1;
}

void MixingModel::leave_out_parts(float* inputs) const {
  const auto drop = [&](uint32_t part, int first, int last) {
    if ((shape_.without & part) != 0) std::fill(inputs + first, inputs + last, 0.0f);
  };
  drop(kPartMatch, 0, 2);
  drop(kPartOrders, 2, 16);
  drop(kPartWords, 16, 22);
  drop(kPartColumns, 22, 26);
  drop(kPartShapes, 26, 30);
  drop(kPartTokens, 30, 36);
  drop(kPartMatch, 2 * kContexts + 2, 2 * kContexts + 4);
  if ((shape_.without & kPartHistories) != 0)
    for (int i = 0; i < kContexts; ++i) inputs[2 * i] = 0.0f;
}

// The slots of every context for the decision after `known`, and their two inputs each.
void MixingModel::context_inputs(MixingStream& s, uint32_t known, float* x) {
  BitState& b = *bit_;
  const Logistic& logit = logistic();
  const unsigned bits_known = unsigned(std::bit_width(known)) - 1;
  const uint32_t half = bits_known >> 2;
  const uint32_t key = uint32_t(s.history.size()) << 1 | half;
  if (s.bucket_key != key) {
    s.bucket_key = key;
    if (s.hashes_stale) compute_hashes(s);
    const uint64_t salt = half ? uint64_t(known) * 0x9E3779B97F4A7C15ull : 0;
    std::array<uint64_t, kContexts> hashes;
    for (size_t i = 0; i < kContexts; ++i) {
      hashes[i] = half ? mix(s.hashes[i] + salt) : s.hashes[i];
      table_.prefetch(hashes[i]);
    }
    for (size_t i = 0; i < kContexts; ++i) s.buckets[i] = &table_.find(hashes[i]);
  }
  const uint32_t node = (half ? (1u << (bits_known - 4)) | (known & ((1u << (bits_known - 4)) - 1)) : known) - 1;
  for (size_t i = 0; i < kContexts; ++i) {
    BitSlot& slot = s.buckets[i]->nodes[node];
    MapEntry& entry = b.histories[i][history_index(slot)];
    b.slots[i] = &slot;
    b.entries[i] = &entry;
    x[2 * i] = slot.count == 0 ? 0.0f : logit.stretch(entry.p16());
    x[2 * i + 1] = logit.stretch(slot.p16());
  }
}

// The two inputs of the match model; returns the length bucket of a match that agrees with `known`, or 0.
uint32_t MixingModel::match_inputs(const MixingStream& s, uint32_t known, float* x) {
  BitState& b = *bit_;
  const unsigned bits_known = unsigned(std::bit_width(known)) - 1;
  const int expected = expected_byte(s);
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
void MixingModel::select_bit_weights(const MixingStream& s, uint32_t known, float lm, uint32_t bucket) {
  BitState& b = *bit_;
  const uint32_t bits_known = uint32_t(std::bit_width(known)) - 1;
  const uint32_t c1 = s.c4 & 255;
  const uint32_t c2 = (s.c4 >> 8) & 255;
  uint32_t orders_known = 0;  // of the orders 1 to 8, how many have met this decision before
  for (size_t i = 1; i < 8; ++i) orders_known += b.slots[i]->count > 0;
  b.mixer.select(0, bucket * 8 + bits_known);
  b.mixer.select(1, known);
  b.mixer.select(2, c1);
  if (shape_.tokens) {
    b.mixer.select(3, confidence_bucket(lm) * 16 + bucket);
    b.mixer.select(4, (std::min(s.token_bytes, 7u) * 8 + bits_known) * 2 + (bucket > 0));
    b.mixer.select(5, orders_known * 16 + bucket);
    b.mixer.select_final(confidence_bucket(lm) * 16 + bucket);
  } else {
    b.mixer.select(3, orders_known * 16 + bucket);
    b.mixer.select(4, byte_class(uint8_t(c2)) * 8 + bits_known);
    b.mixer.select(5, c2);
    b.mixer.select_final(c1);
  }
}

uint32_t MixingModel::predict_bit(uint32_t index, uint32_t known, float lm) {
  if ((shape_.without & kPartModel) != 0) lm = 0.0f;
  MixingStream& s = streams_[index];
  BitState& b = *bit_;
  const Logistic& logit = logistic();
  float* x = b.mixer.inputs();
  context_inputs(s, known, x);
  float* extra = x + 2 * kContexts;
  extra[0] = lm;
  extra[1] = shape_.tokens ? logit.stretch(b.lm_map.predict(lm, known | (s.match_length ? 256u : 0u))) : 0.0f;
  const uint32_t bucket = match_inputs(s, known, extra + 2);
  extra[4] = 0.3f;
  if (shape_.without != 0) leave_out_parts(x);
  select_bit_weights(s, known, lm, bucket);
  const float mixed = b.mixer.predict();
  const uint32_t p0 = logit.squash(mixed);
  if ((shape_.without & kPartMaps) != 0) return clamp_probability(p0);
  const uint32_t p1 = b.order1_map.predict(mixed, known << 8 | (s.c4 & 255));
  const uint32_t p2 = b.order2_map.predict(mixed, mix(uint64_t(s.c4 & 0xffff) << 8 | known) & 0xffff);
  return clamp_probability((p0 + p1 + 2 * p2 + 2) >> 2);
}

void MixingModel::update_bit(int bit) {
  BitState& b = *bit_;
  b.mixer.update(bit);
  for (size_t i = 0; i < kContexts; ++i) {
    b.entries[i]->update(bit, kMapLimit);
    update_slot(*b.slots[i], bit, kLongLimit);
  }
  if (b.expected_bit >= 0) b.match_entry->update(b.expected_bit == bit, kMapLimit);
  if (shape_.tokens) b.lm_map.update(bit);
  if ((shape_.without & kPartMaps) != 0) return;
  b.order1_map.update(bit);
  b.order2_map.update(bit);
}

uint32_t MixingModel::predict_end(uint32_t index, uint32_t node, float lm) {
  if ((shape_.without & kPartModel) != 0) lm = 0.0f;
  MixingStream& s = streams_[index];
  EndState& e = *end_;
  const Logistic& logit = logistic();
  const int expected = expected_byte(s);
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
  for (size_t i = 0; i < kEndContexts; ++i) {
    BitSlot& slot = e.table[mix(contexts[i]) >> 20 & e.table_mask];
    MapEntry& entry = e.histories[i][history_index(slot)];
    e.slots[i] = &slot;
    e.entries[i] = &entry;
    x[2 * i] = slot.count == 0 ? 0.0f : logit.stretch(entry.p16());
    x[2 * i + 1] = logit.stretch(slot.p16());
  }
  float* extra = x + 2 * kEndContexts;
  extra[0] = lm;
  const uint32_t depth = std::min(s.token_bytes, 15u);
  extra[1] = logit.stretch(e.lm_map.predict(lm, depth * 16 + std::min(bucket, 15u)));
  extra[2] = 0.3f;
  e.mixer.select(0, depth);
  e.mixer.select(1, expected >= 0 ? uint32_t(expected) : 0);
  e.mixer.select(2, confidence_bucket(lm) * 2 + (expected >= 0));
  e.mixer.select_final(depth);
  return clamp_probability(logit.squash(e.mixer.predict()));
}

void MixingModel::update_end(int bit) {
  EndState& e = *end_;
  e.mixer.update(bit);
  for (size_t i = 0; i < kEndContexts; ++i) {
    e.entries[i]->update(bit, kMapLimit);
    update_slot(*e.slots[i], bit, kLongLimit);
  }
  e.lm_map.update(bit);
}

void MixingModel::find_match(MixingStream& s) {
  const size_t size = s.history.size();
  if (size < kMatchMinimum) return;
  const auto self = uint32_t(&s - streams_.data());
  const uint64_t tail = uint64_t(s.c4) | uint64_t(s.c8 & 0xffff) << 32;
  uint32_t& entry = match_table_[mix(tail) & (match_table_.size() - 1)];
  if (s.match_length == 0 && entry != 0) {
    const uint32_t stream = (entry - 1) >> kOffsetBits;
    const uint32_t offset = (entry - 1) & ((1u << kOffsetBits) - 1);
    const Bytes& source = streams_[stream].history;
    uint32_t length = 0;
    while (length < 400 && length < offset && length < size &&
           source[offset - 1 - length] == s.history[size - 1 - length])
      ++length;
    if (length >= kMatchMinimum) {
      s.match_stream = stream;
      s.match_offset = offset;
      s.match_length = length;
    }
  }
  if (size < (size_t(1) << kOffsetBits)) entry = (self << kOffsetBits | uint32_t(size)) + 1;
}

void MixingModel::append_byte(uint32_t index, uint8_t byte) {
  MixingStream& s = streams_[index];
  const int expected = expected_byte(s);
  if (expected == byte) {
    s.match_length = std::min(s.match_length + 1, kMatchCap);
    ++s.match_offset;
    if ((s.match_length & 15) == 0 && s.match_misses > 0) --s.match_misses;
  } else {
    if (s.match_length > 0) s.match_misses = std::min(s.match_misses + 1, 7u);
    s.match_length = 0;
  }
  s.history.push_back(byte);
  s.c8 = s.c8 << 8 | s.c4 >> 24;
  s.c4 = s.c4 << 8 | byte;
  s.number_format = s.number_format << 4 | byte_class(byte);
  if (is_word_byte(byte)) {
    const uint32_t folded = byte >= 'A' && byte <= 'Z' ? byte + 32u : byte;
    s.word = (s.word + folded + 1) * 0x2F0B4C47u;
  } else if (s.word != 0) {
    s.word_before = s.last_word;
    s.last_word = s.word;
    s.word = 0;
  }
  if (byte == '\n') {
    s.above = s.line_start;
    s.line_start = uint32_t(s.history.size());
    s.first_byte = 0;
  } else if (s.history.size() - s.line_start <= 2) {
    s.first_byte = s.first_byte << 8 | byte;
  }
  s.token_hash = (s.token_hash + byte + 1) * 0x9E3779B1u;
  ++s.token_bytes;
  find_match(s);
  s.hashes_stale = true;
}

void MixingModel::compute_hashes(MixingStream& s) {
  s.hashes_stale = false;
  const uint64_t c4 = s.c4;
  const uint64_t c8 = s.c8;
  const size_t column = s.history.size() - s.line_start;
  const size_t above_offset = s.above + column;
  const uint32_t above = above_offset < s.line_start ? s.history[above_offset] : 0;
  const uint32_t above_next = above_offset + 1 < s.line_start ? s.history[above_offset + 1] : 0;
  const int expected = expected_byte(s);
  auto& h = s.hashes;
  size_t i = 0;
  const auto add = [&](uint64_t a, uint64_t b = 0) {
    h[i] = hash2(a, b * kContexts + i);
    ++i;
  };
  add(expected >= 0 ? uint64_t(expected + 1) << 8 | std::min(length_bucket(s.match_length), 15u) : 0);
  add(c4 & 0xff, 1);
  add(c4 & 0xffff, 2);
  add(c4 & 0xffffff, 3);
  add(c4, 4);
  add(c4 | (c8 & 0xff) << 32, 5);
  add(c4 | (c8 & 0xffff) << 32, 6);
  add(c4 | c8 << 32, 8);
  add(s.word, uint64_t(c4 & 0xff) | 0x900);
  add(s.word, uint64_t(s.last_word) << 16 | 0xA);
  add(s.word, mix(uint64_t(s.last_word) << 32 | s.word_before) | 0xB);
  add(uint64_t(above) << 8 | (c4 & 0xff), uint64_t(above_next) << 16 | 0xC);
  add(uint64_t(s.first_byte) << 32 | std::min<uint64_t>(column, 255), uint64_t(above) << 16 | 0xD);
  add((c4 >> 8) & 0xffff, 0xE);
  add(uint64_t(s.number_format) << 8 | (c4 & 0xff), 0xF);
  if (shape_.tokens) {
    const uint64_t token = uint64_t(s.token_hash) << 8 | std::min(s.token_bytes, 255u);
    add(token, uint64_t(s.tokens[0]) << 16 | 0x10);
    add(token, (uint64_t(s.tokens[0]) << 32 | uint64_t(s.tokens[1]) << 16) | 0x11);
    add(token, mix(uint64_t(s.tokens[0]) << 32 | uint64_t(s.tokens[1]) << 16 | s.tokens[2]) | 0x12);
  } else {
    add(c4 & 0xf0f0ff, 0x13);
    add(c4 >> 16, 0x14);
    add((c4 & 0xff) | (s.history.size() & 3) << 8 | (c4 >> 24) << 16, 0x15);
  }
}

void MixingModel::end_token(uint32_t index, uint32_t token) {
  MixingStream& s = streams_[index];
  s.tokens = {token, s.tokens[0], s.tokens[1]};
  s.token_hash = 0;
  s.token_bytes = 0;
  compute_hashes(s);
  for (uint64_t hash : s.hashes) table_.prefetch(hash);
}

}  // namespace lmc
