#include "lmc/jpeg/jpeg_coefficients.h"

#include <cmath>
#include "/tmp/tune.h"

#include "lmc/coding/arithmetic_coder.h"
#include "lmc/jpeg/jpeg_borders.h"
#include "lmc/jpeg/jpeg_forecast.h"
#include "lmc/jpeg/jpeg_model.h"

namespace lmc {
namespace {

constexpr int16_t kNoBlock[64] = {};

// ---- small quantisers ----

constexpr std::array<uint8_t, 256> make_sizes() {
  std::array<uint8_t, 256> out{};
  constexpr int kFrom[] = {0, 1, 2, 3, 4, 6, 8, 11, 15, 20, 27, 36, 50, 75, 110, 170};
  for (int i = 0; i < 256; ++i)
    for (size_t j = 0; j < 16; ++j)
      if (i >= kFrom[j]) out[size_t(i)] = uint8_t(j);
  return out;
}
constexpr std::array<uint8_t, 256> kSizes = make_sizes();
// A magnitude, in 16 classes.
uint32_t size_class(int magnitude) { return kSizes[size_t(std::min(magnitude, 255))]; }
uint32_t at_most(int value, int most) { return uint32_t(std::min(value, most)); }
// A small signed value, in 2 * most + 1 classes.
uint32_t signed_class(int value, int most) { return uint32_t(std::clamp(value, -most, most) + most); }

// An expected value in quantisation steps, times 16, as an integer.
int sixteenths(float expected) {
  const float scaled = expected * 16.0f;
  return int(scaled > 16000.0f ? 16000.0f : scaled < -16000.0f ? -16000.0f : scaled);
}
constexpr std::array<uint8_t, 512> make_expectations() {
  std::array<uint8_t, 512> out{};
  constexpr int kFrom[] = {0, 2, 4, 6, 8, 11, 14, 18, 24, 32, 44, 60, 84, 120, 180, 300};
  for (int i = 0; i < 512; ++i)
    for (size_t j = 0; j < 16; ++j)
      if (i >= kFrom[j]) out[size_t(i)] = uint8_t(j);
  return out;
}
constexpr std::array<uint8_t, 512> kExpectations = make_expectations();
// Such an integer with its sign, in 32 classes.
uint32_t expected_class(int value) {
  const uint32_t size = kExpectations[size_t(std::min(std::abs(value), 511))];
  return value < 0 ? 16 + size : size;
}

// log2(1 + magnitude), which is what magnitudes are forecast as.
float log_size(int magnitude) {
  static const std::array<float, 256> table = [] {
    std::array<float, 256> out;
    for (uint32_t i = 0; i < 256; ++i) out[i] = logistic().ln(1 + i) * 1.44269504f;
    return out;
  }();
  return table[size_t(std::min(magnitude, 255))];
}
constexpr std::array<uint8_t, 512> make_forecasts() {
  std::array<uint8_t, 512> out{};
  constexpr int kFrom[] = {0,  2,  4,  6,  9,  12,  15,  19,  23,  28,  33,  38,  44,  50,  57,  64,
                           71, 80, 90, 100, 112, 124, 138, 152, 168, 184, 204, 226, 250, 280, 320, 380};
  for (int i = 0; i < 512; ++i)
    for (size_t j = 0; j < 32; ++j)
      if (i >= kFrom[j]) out[size_t(i)] = uint8_t(j);
  return out;
}
constexpr std::array<uint8_t, 512> kForecasts = make_forecasts();
// Such a forecast, in 32 classes.
uint32_t forecast_class(float forecast) {
  const float scaled = forecast * 64.0f;
  return kForecasts[size_t(scaled < 0.0f ? 0.0f : scaled > 511.0f ? 511.0f : scaled)];
}

// ---- a plane: one component while it is coded ----

struct Plane {
  const JpegComponent* component = nullptr;
  int16_t* coefficients = nullptr;
  std::vector<uint8_t> inner_counts;  // of each block
  std::vector<int16_t> dc_errors;     // of each block
  std::vector<BorderLine> bottoms;    // of the last block of each column
  BorderLine right{};                 // of the last block
  // Of every component but the first: the first, and, from the third on, the one before if it has as many blocks.
  const Plane *first = nullptr, *before = nullptr;
};

// What other components have where a block is.
struct Companions {
  const int16_t* first[4] = {kNoBlock, kNoBlock, kNoBlock, kNoBlock};  // up to four blocks of the first component
  bool first_is_alike = false;                                         // one block, of the same pixels
  bool half_across = false, half_down = false;                         // the first has twice as many blocks
  const int16_t* before = kNoBlock;
  int inner_first = 0, inner_before = 0;
  int dc_error_first = 0, dc_error_before = 0;

  // The magnitude that the first component has around this frequency, in quarters.
  int magnitude(size_t u, size_t v) const {
    const size_t i = (half_down ? (v + 1) / 2 : v) * 8 + (half_across ? (u + 1) / 2 : u);
    return std::abs(first[0][i]) + std::abs(first[1][i]) + std::abs(first[2][i]) + std::abs(first[3][i]);
  }
};

struct Neighbours {
  const int16_t *above = kNoBlock, *left = kNoBlock, *corner = kNoBlock, *beside = kNoBlock;  // beside: above right
  const int16_t *above2 = kNoBlock, *left2 = kNoBlock;  // the next ones in these directions
  int inner_above = 0, inner_left = 0;
  int dc_error_above = 0, dc_error_left = 0;
};

template <typename Coder>
class PlaneCoder {
 public:
  PlaneCoder(Coder& coder, bool is_first, Isa isa);
  void code(Plane& plane, uint32_t which);

 private:
  void block(uint32_t x, uint32_t y);
  void inner(int16_t* c);
  void inner_contexts(int k, int left);
  void edge(int16_t* c, bool is_row);
  void dc(int16_t* c);
  void find_companions(uint32_t x, uint32_t y);
  // A coefficient is known: what it does to the borders.
  void know(int16_t* c, size_t place, int value) {
    if constexpr (Coder::kDecodes) c[place] = int16_t(value);
    if (value == 0) return;
    const size_t u = place & 7, v = place >> 3;
    const float whole = float(value) * quantisation_[place];
    top_[u] -= weights_.near[v] * whole;
    left_[v] -= weights_.near[u] * whole;
    bottom_[u] += weights_.far[v] * whole;
    right_[v] += weights_.far[u] * whole;
  }

  Coder& coder_;
  bool is_first_;
  BorderWeights weights_;
  JpegModel count_model_, inner_model_, edge_count_model_, edge_model_, dc_model_;
  Forecast inner_size_{64, float(tune(1,0.01))}, edge_size_{16, float(tune(1,0.01))};
  Forecast dc_value_{4, float(tune(9,0.01))};
  Forecast inner_value_{64, 0.01f};
  Forecast edge_value_{16, float(tune(0,0.02))};
  Plane* plane_ = nullptr;
  std::array<float, 64> quantisation_{}, inverse_{};
  // Of the block at hand:
  Neighbours near_;
  Companions with_;
  uint32_t which_ = 0;  // of the components that share these models
  bool has_above_ = false, has_left_ = false;
  size_t index_ = 0;
  int inner_count_ = 0;
  BorderLine top_{}, left_{};      // what is still missing at the upper and the left border
  BorderLine bottom_{}, right_{};  // what the block brings to the others
};

template <typename Coder>
PlaneCoder<Coder>::PlaneCoder(Coder& coder, bool is_first, Isa isa)
    : coder_(coder),
      is_first_(is_first),
      weights_(float(tune(2,0.05))),
      count_model_({.contexts = is_first ? 5 : 8, .context_bits = 12, .gate_sizes = {2, 16}}, isa),
      inner_model_({.contexts = is_first ? 15 : 18, .context_bits = 13, .gate_sizes = {64, 16 * 8, 64, 32}}, isa),
      edge_count_model_({.contexts = is_first ? 6 : 8, .context_bits = 12, .gate_sizes = {4, 16}}, isa),
      edge_model_({.contexts = is_first ? 13 : 16, .context_bits = 13, .gate_sizes = {16, 32, 16 * 8, 32}}, isa),
      dc_model_({.contexts = is_first ? 8 : 11, .context_bits = 12, .gate_sizes = {2, 16, 16}}, isa) {
  edge_value_.set_initial(0, 1.0f);
}

template <typename Coder>
void PlaneCoder<Coder>::code(Plane& plane, uint32_t which) {
  plane_ = &plane;
  which_ = std::min(which, 1u);
  const JpegComponent& component = *plane.component;
  const size_t blocks = size_t(component.blocks_across) * component.blocks_down;
  plane.inner_counts.assign(blocks, 0);
  plane.dc_errors.assign(blocks, 0);
  plane.bottoms.assign(component.blocks_across, BorderLine{});
  for (size_t i = 0; i < 64; ++i) {
    quantisation_[i] = float(std::max<uint16_t>(component.quantisation[i], 1));
    inverse_[i] = 1.0f / quantisation_[i];
  }
  for (uint32_t y = 0; y < component.blocks_down; ++y)
    for (uint32_t x = 0; x < component.blocks_across; ++x) block(x, y);
}

template <typename Coder>
void PlaneCoder<Coder>::block(uint32_t x, uint32_t y) {
  Plane& p = *plane_;
  const size_t across = p.component->blocks_across;
  index_ = size_t(y) * across + x;
  int16_t* c = p.coefficients + index_ * 64;
  near_ = Neighbours{};
  has_above_ = y > 0;
  has_left_ = x > 0;
  if (has_above_) {
    near_.above = c - 64 * across;
    near_.inner_above = p.inner_counts[index_ - across];
    near_.dc_error_above = p.dc_errors[index_ - across];
    if (x + 1 < across) near_.beside = near_.above + 64;
    if (y > 1) near_.above2 = near_.above - 64 * across;
  }
  if (has_left_) {
    near_.left = c - 64;
    if (x > 1) near_.left2 = c - 128;
    near_.inner_left = p.inner_counts[index_ - 1];
    near_.dc_error_left = p.dc_errors[index_ - 1];
  }
  if (has_above_ && has_left_) near_.corner = near_.above - 64;
  if (!has_above_) near_.inner_above = near_.inner_left, near_.dc_error_above = near_.dc_error_left;
  if (!has_left_) near_.inner_left = near_.inner_above, near_.dc_error_left = near_.dc_error_above;
  top_ = has_above_ ? p.bottoms[x] : BorderLine{};
  left_ = has_left_ ? p.right : BorderLine{};
  bottom_ = right_ = BorderLine{};
  if (!is_first_) find_companions(x, y);
  inner(c);
  edge(c, true);
  edge(c, false);
  dc(c);
  p.bottoms[x] = bottom_;
  p.right = right_;
}

template <typename Coder>
void PlaneCoder<Coder>::find_companions(uint32_t x, uint32_t y) {
  const Plane &p = *plane_, &first = *p.first;
  const JpegComponent &own = *p.component, &other = *first.component;
  with_ = Companions{};
  with_.half_across = other.across >= 2 * own.across;
  with_.half_down = other.down >= 2 * own.down;
  with_.first_is_alike = other.across == own.across && other.down == own.down;
  const uint32_t x0 = x * other.across / own.across, y0 = y * other.down / own.down;
  for (uint32_t i = 0; i < 4; ++i) {
    const uint32_t fx = std::min(x0 + (with_.half_across ? i & 1 : 0), other.blocks_across - 1);
    const uint32_t fy = std::min(y0 + (with_.half_down ? i >> 1 : 0), other.blocks_down - 1);
    const size_t index = size_t(fy) * other.blocks_across + fx;
    with_.first[i] = first.coefficients + index * 64;
    with_.inner_first += first.inner_counts[index];
    with_.dc_error_first += first.dc_errors[index];
  }
  if (p.before == nullptr) return;
  with_.before = p.before->coefficients + index_ * 64;
  with_.inner_before = p.before->inner_counts[index_];
  with_.dc_error_before = p.before->dc_errors[index_];
}

// The 49 coefficients that are of no edge: how many are not zero, then each in zigzag order until none is left.
template <typename Coder>
void PlaneCoder<Coder>::inner(int16_t* c) {
  int count = 0;
  if constexpr (!Coder::kDecodes)
    for (size_t v = 1; v < 8; ++v)
      for (size_t u = 1; u < 8; ++u) count += c[v * 8 + u] != 0;
  {
    auto& x = count_model_.contexts();
    const auto a = uint32_t(near_.inner_above), l = uint32_t(near_.inner_left);
    x[0] = a + l;
    x[1] = a;
    x[2] = 64 + l;
    x[3] = size_class(int(a)) * 16 + size_class(int(l));
    x[4] = which_;
    if (!is_first_) {
      x[5] = uint32_t(with_.inner_first) * 2 + which_;
      x[6] = (size_class(with_.inner_first / 4) * 16 + size_class(int(a + l) / 2)) * 2 + which_;
      x[7] = (size_class(with_.inner_before) * 16 + size_class(int(a + l) / 2)) * 8 +
             std::min(size_class(with_.inner_first / 4) / 2, 7u);
    }
    count_model_.gates() = {which_, size_class(int(a + l) / 2)};
    count_model_.begin();
    count = code_count(coder_, count_model_, count, 6);
    count = std::min(count, 49);
  }
  inner_count_ = count;
  plane_->inner_counts[index_] = uint8_t(count);
  auto& x = inner_model_.contexts();
  const auto m = [](const int16_t* b, size_t i) { return std::abs(int(b[i])); };
  int last1 = 0, last2 = 0;
  for (int k = 0, place_in_zigzag = 0; count > 0 && place_in_zigzag < 64; ++place_in_zigzag) {
    const size_t i = kZigzag[size_t(place_in_zigzag)];
    const size_t u = i & 7, v = i >> 3;
    if (u == 0 || v == 0) continue;
    ++k;
    const int above = m(near_.above, i), left = m(near_.left, i);
    const uint32_t around = size_class(2 * (above + left) + m(near_.corner, i) + m(near_.beside, i));
    int inside = 0;
    if (u > 1) inside += 2 * m(c, i - 1);
    if (v > 1) inside += 2 * m(c, i - 8);
    if (u > 1 && v > 1) inside += m(c, i - 9);
    if (u > 2) inside += m(c, i - 2);
    if (v > 2) inside += m(c, i - 16);
    const uint32_t within = size_class(inside);
    const int from_top = has_above_ ? sixteenths(top_[u] * weights_.inverse[v] * inverse_[i]) : 0;
    const int from_left = has_left_ ? sixteenths(left_[v] * weights_.inverse[u] * inverse_[i]) : 0;
    const uint32_t place = uint32_t(i);
    const auto at = [&](const int16_t* b, size_t q) { return float(b[q]) * quantisation_[q] * inverse_[i]; };
    auto& g = inner_value_.inputs();
    g = {float(from_top) / 16, float(from_left) / 16, at(near_.above, i), at(near_.left, i), u > 1 ? at(c, i - 1) : 0.0f, v > 1 ? at(c, i - 8) : 0.0f, u > 2 ? at(c, i - 2) : 0.0f, v > 2 ? at(c, i - 16): 0.0f,
      at(near_.above, i - 8), at(near_.left, i - 1), at(near_.above, i - 1), at(near_.left, i - 8), 0,0,0,0.0f};
    const int expected = sixteenths(inner_value_.predict(place) * 4.0f);
    const uint32_t rest = at_most(count, 63);
    const uint32_t rest_class = std::min(size_class(count), 7u + (count > 12));
    const uint32_t rest8 = std::min(rest_class, 7u);
    x[0] = (place * 16 + around) * 8 + rest8;
    x[1] = place * 64 + rest;
    x[2] = (place * 16 + within) * 8 + rest8;
    x[3] = ((around * 16 + within) * 8 + rest8) * 4 + at_most((k - 1) / 8, 3);
    x[4] = (place * 8 + at_most(above, 7)) * 8 + at_most(left, 7);
    x[5] = (place * 32 + expected_class(from_top)) * 4 + std::min(around / 2, 3u);
    x[6] = (place * 32 + expected_class(from_left)) * 4 + std::min(around / 2, 3u);
    x[7] = (expected_class(from_top) * 32 + expected_class(from_left)) * 8 + rest8;
    x[8] = (place * 32 + expected_class(expected)) * 4 + std::min(around / 2, 3u);
    x[9] = (place * 5 + signed_class(near_.above[i], 2)) * 5 + signed_class(near_.left[i], 2);
    x[10] = (around * 64 + rest) * 8 + uint32_t(k / 7);
    x[11] = (place * 8 + at_most(last1, 7)) * 8 + at_most(last2, 7);
    auto& f = inner_size_.inputs();
    f = {log_size(above), log_size(left), log_size(m(near_.corner, i)), log_size(m(near_.beside, i)),
         log_size(is_first_ ? m(near_.above2, i) : with_.magnitude(u, v) / 4), log_size(m(is_first_ ? near_.left2 : with_.before, i)),
         u < 7 ? log_size(m(near_.above, i + 1)) : 0.0f, v < 7 ? log_size(m(near_.above, i + 8)) : 0.0f,
         u < 7 ? log_size(m(near_.left, i + 1)) : 0.0f, v < 7 ? log_size(m(near_.left, i + 8)) : 0.0f,
         u > 1 ? log_size(m(c, i - 1)) : 0.0f, v > 1 ? log_size(m(c, i - 8)) : 0.0f, u > 1 && v > 1 ? log_size(m(c, i - 9)) : 0.0f,
         log_size(last1), float(count) / float(50 - k), 0.5f};
    const uint32_t forecast = forecast_class(inner_size_.predict(place));
    x[12] = place * 2 + which_;
    x[13] = (place * 32 + forecast) * 4 + std::min(rest8 / 2, 3u);
    x[14] = (forecast * 32 + std::min(rest, 31u)) * 8 + uint32_t(k / 7);
    if (!is_first_) {
      const uint32_t beneath = size_class(with_.magnitude(u, v));
      x[17] = (place * 16 + beneath) * 8 + rest8;
      x[16] = (place * 8 + signed_class(with_.before[i], 3)) * 16 + around;
      x[15] = (place * 8 + signed_class(with_.before[i], 3)) * 8 +
              (with_.first_is_alike ? signed_class(with_.first[0][i], 3) : std::min(beneath / 2, 7u));
    }
    inner_model_.gates() = {place, around * 8 + rest8, rest, forecast};
    inner_model_.begin();
    const int value = code_integer(coder_, inner_model_, c[i]);
    know(c, i, value);
    inner_value_.learn(float(value));
    inner_size_.learn(log_size(std::abs(value)));
    count -= value != 0;
    last2 = last1;
    last1 = std::abs(value);
  }
}

// The first row (vertical frequency 0) or column: how many of 7 are not zero, then each until none is left.
template <typename Coder>
void PlaneCoder<Coder>::edge(int16_t* c, bool is_row) {
  const size_t step = is_row ? 1 : 8, other = is_row ? 8 : 1;
  const auto m = [](const int16_t* b, size_t i) { return std::abs(int(b[i])); };
  const uint32_t way = is_row ? 0 : 1;
  int count = 0, above = 0, left = 0, inside = 0;
  for (size_t j = 1; j < 8; ++j) {
    if constexpr (!Coder::kDecodes) count += c[j * step] != 0;
    above += near_.above[j * step] != 0;
    left += near_.left[j * step] != 0;
    inside += c[j * step + other] != 0;
  }
  const uint32_t inner_class = size_class(inner_count_);
  {
    auto& x = edge_count_model_.contexts();
    x[0] = way * 64 + uint32_t(inner_count_);
    x[1] = (way * 8 + uint32_t(above)) * 8 + uint32_t(left);
    x[2] = ((way * 16 + inner_class) * 16 + uint32_t(above + left)) * 8 + uint32_t(inside);
    x[3] = (way * 8 + uint32_t(inside)) * 16 + uint32_t(above + left);
    x[4] = ((way * 16 + inner_class) * 8 + uint32_t(above)) * 8 + uint32_t(left);
    int other_count = 0;
    if (!is_row)
      for (size_t j = 1; j < 8; ++j) other_count += c[j] != 0;
    x[5] = ((way * 8 + uint32_t(other_count)) * 16 + inner_class) * 8 + uint32_t(is_row ? above : left);
    if (!is_first_) {
      int beneath = 0, before = 0;
      for (size_t j = 1; j < 8; ++j) {
        beneath += with_.magnitude(is_row ? j : 0, is_row ? 0 : j) != 0;
        before += with_.before[j * step] != 0;
      }
      x[6] = ((way * 8 + uint32_t(beneath)) * 16 + uint32_t(above + left)) * 2 + which_;
      x[7] = ((way * 8 + uint32_t(before)) * 8 + uint32_t(beneath)) * 16 + uint32_t(above + left);
    }
    edge_count_model_.gates() = {way * 2 + which_, inner_class};
    edge_count_model_.begin();
    count = code_count(coder_, edge_count_model_, count, 3);
  }
  auto& x = edge_model_.contexts();
  int last = 0;
  for (size_t j = 1; j < 8 && count > 0; ++j) {
    const size_t i = j * step;
    const bool known_border = is_row ? has_above_ : has_left_;
    const float missing = is_row ? top_[j] : left_[j];
    const int expected = known_border ? sixteenths(missing * weights_.inverse[0] * inverse_[i]) : 0;
    const auto at = [&](const int16_t* b, size_t place) {
      return float(b[place]) * quantisation_[place] * inverse_[i];
    };
    auto& g = edge_value_.inputs();
    g = {float(expected) * (1.0f / 16.0f), (is_row ? left_[0] - top_[0] : top_[0] - left_[0]) * weights_.inverse[j] * inverse_[i] * (has_above_ && has_left_ ? 0.25f : 0.0f),
         at(near_.above, i), at(near_.left, i), at(near_.above, i + other), at(near_.left, i + other), at(near_.above, i+2*other), at(near_.left, i + 2*other),
         at(c, i + other), at(c, i + 2 * other), at(c, i + 3 * other), j > 1 ? at(c, i - step) : 0.0f, j > 2 ? at(c, i - 2 * step) : 0.0f, j > 1 ? at(c, i - step + other) : 0.0f, j < 7 ? at(c, i + step + other) : 0.0f, 0.0f};
    const int expected2 = sixteenths(edge_value_.predict(way * 8 + j));
    const uint32_t guess = expected_class(expected2);
    const int a = m(near_.above, i), l = m(near_.left, i);
    const uint32_t around = size_class(2 * (a + l) + m(near_.corner, i) + m(near_.beside, i));
    int next_to = 2 * m(c, i + other) + m(c, i + 2 * other);
    if (j > 1) next_to += m(c, i + other - step);
    if (j < 7) next_to += m(c, i + other + step);
    const uint32_t within = size_class(next_to);
    const auto rest = uint32_t(count);
    const auto place = uint32_t(way * 8 + j);
    x[0] = (place * 32 + guess) * 16 + around;
    x[1] = (place * 32 + guess) * 8 + rest;
    x[2] = ((place * 16 + around) * 8 + rest) * 4 + at_most(last, 3);
    x[3] = (place * 8 + rest) * 16 + within;
    x[4] = (guess * 16 + around) * 16 + within;
    x[5] = (place * 16 + signed_class(near_.above[i], 7)) * 16 + signed_class(near_.left[i], 7);
    x[6] = place * 256 + uint32_t(std::clamp(expected / 2, -127, 127) + 128);
    x[7] = (place * 16 + inner_class) * 8 + rest;
    x[8] = ((place * 16 + within) * 16 + around) * 4 + at_most(int(rest), 3);
    x[9] = (guess * 8 + rest) * 16 + inner_class;
    auto& f = edge_size_.inputs();
    f = {log_size(a), log_size(l), log_size(m(near_.corner, i)), log_size(m(near_.beside, i)),
         log_size(is_first_ ? m(near_.above2, i) : with_.magnitude(i & 7, i >> 3) / 4), log_size(m(is_first_ ? near_.left2 : with_.before, i)),
         log_size(m(c, i + other)), log_size(m(c, i + 2 * other)), j > 1 ? log_size(m(c, i + other - step)) : 0.0f,
         j < 7 ? log_size(m(c, i + other + step)) : 0.0f, log_size(last),
         log_size(m(near_.above, i + other)), log_size(m(near_.left, i + other)), log_size(std::abs(expected) / 16), float(count) / float(8 - j), 0.5f};
    const uint32_t forecast = forecast_class(edge_size_.predict(place));
    x[10] = place * 2 + which_;
    x[11] = (place * 32 + forecast) * 8 + rest;
    x[12] = (guess * 32 + forecast) * 8 + rest;
    if (!is_first_) {
      const uint32_t beneath = size_class(with_.magnitude(i & 7, i >> 3));
      x[14] = (place * 16 + beneath) * 8 + rest;
      x[15] = (place * 16 + signed_class(with_.before[i], 5)) * 32 + guess;
      x[13] = (place * 8 + signed_class(with_.before[i], 3)) * 8 +
              (with_.first_is_alike ? signed_class(with_.first[0][i], 3) : std::min(beneath / 2, 7u));
    }
    edge_model_.gates() = {place, guess, around * 8 + rest, forecast};
    edge_model_.begin();
    const int value = code_integer(coder_, edge_model_, c[i]);
    know(c, i, value);
    edge_value_.learn(float(value));
    edge_size_.learn(log_size(std::abs(value)));
    count -= value != 0;
    last = std::abs(value);
  }
}

// The mean of the block: what it is missing from what the borders ask for.
template <typename Coder>
void PlaneCoder<Coder>::dc(int16_t* c) {
  const float scale = weights_.inverse[0] * inverse_[0] * (1.0f / dct_basis()[0][0]);
  const BorderLine from_top = border_pixels(top_), from_left = border_pixels(left_);
  float sum_top = 0, sum_left = 0, low = 0, high = 0;
  bool first = true;
  const auto see = [&](float value, float& sum) {
    sum += value;
    low = first || value < low ? value : low;
    high = first || value > high ? value : high;
    first = false;
  };
  if (has_above_)
    for (float value : from_top) see(value, sum_top);
  if (has_left_)
    for (float value : from_left) see(value, sum_left);
  const float mean_top = sum_top * 0.125f * scale, mean_left = sum_left * 0.125f * scale;
  float expected = has_above_ ? mean_top : mean_left;
  if (has_above_ && has_left_) expected = 0.5f * (mean_top + mean_left);
  auto& g = dc_value_.inputs();
  const auto gap = [&](const int16_t* b, size_t place) { return float(b[place]) * quantisation_[place] * inverse_[0] - (place == 0 ? expected : 0.0f); };
  const bool both = has_above_ && has_left_;
  g = {both ? mean_top - expected : 0.0f, has_above_ ? gap(near_.above, 0) : 0.0f, has_left_ ? gap(near_.left, 0) : 0.0f, both ? gap(near_.corner, 0) : 0.0f, near_.beside != kNoBlock ? gap(near_.beside, 0) : 0.0f,
    gap(near_.above, 8), gap(near_.left, 1), gap(c, 1), gap(c, 8), gap(near_.above, 16), gap(near_.left, 2), gap(c, 2), gap(c, 16), is_first_ ? 0.0f : float(with_.dc_error_before), is_first_ ? 0.0f : float(with_.dc_error_first), 0.0f};
  const float shift = dc_value_.predict(which_);
  expected += std::clamp(shift, -1000.0f, 1000.0f);
  const int guess16 = sixteenths(expected);
  const int guess = std::clamp((guess16 + 8) >> 4, -2047, 2047);
  const int fraction = (guess16 + 8) & 15;
  const uint32_t spread = size_class(int(std::min((high - low) * scale, 2000.0f)));
  const int contrast = has_above_ && has_left_ ? sixteenths(mean_top - mean_left) : 0;
  const uint32_t error_above = size_class(std::abs(near_.dc_error_above));
  const uint32_t error_left = size_class(std::abs(near_.dc_error_left));
  auto& x = dc_model_.contexts();
  x[0] = spread * 16 + uint32_t(fraction);
  x[1] = expected_class(contrast / 4) * 16 + spread;
  x[2] = error_above * 16 + error_left;
  x[3] = spread * 16 + size_class(inner_count_);
  x[4] = (signed_class(near_.dc_error_above, 7) * 16 + signed_class(near_.dc_error_left, 7)) * 8 +
         std::min(spread / 2, 7u);
  x[5] = size_class(std::abs(near_.dc_error_above) + std::abs(near_.dc_error_left)) * 16 + spread;
  x[6] = expected_class(contrast / 4) * 16 + uint32_t(fraction);
  x[7] = which_;
  if (!is_first_) {
    x[8] = (signed_class(with_.dc_error_before, 15) * 32 + signed_class(guess, 1)) * 2 + which_;
    x[9] = (signed_class(with_.dc_error_first, 7) * 16 + spread) * 2 + which_;
    x[10] = (signed_class(with_.dc_error_before, 7) * 16 + signed_class(with_.dc_error_first / 2, 7)) * 16 + spread;
  }
  dc_model_.gates() = {which_, spread, size_class(std::abs(near_.dc_error_above) + std::abs(near_.dc_error_left))};
  dc_model_.begin();
  const int error = code_integer(coder_, dc_model_, c[0] - guess);
  const int value = std::clamp(error + guess, -32767, 32767);
  dc_value_.learn(float(value) - (expected - shift));
  plane_->dc_errors[index_] = int16_t(std::clamp(error, -32767, 32767));
  know(c, 0, value);
}

std::vector<Plane> make_planes(const JpegFrame& frame, JpegCoefficients& coefficients) {
  std::vector<Plane> planes(frame.components.size());
  for (size_t i = 0; i < planes.size(); ++i) {
    planes[i].component = &frame.components[i];
    planes[i].coefficients = coefficients[i].data();
    if (i > 0) planes[i].first = &planes[0];
    if (i > 1 && planes[i].component->blocks_across == planes[i - 1].component->blocks_across &&
        planes[i].component->blocks_down == planes[i - 1].component->blocks_down)
      planes[i].before = &planes[i - 1];
  }
  return planes;
}

// Stream 0: the first component; stream 1: all others.
template <typename Coder>
void code_stream(Coder& coder, size_t stream, std::vector<Plane>& planes, Isa isa) {
  PlaneCoder<Coder> plane_coder(coder, stream == 0, isa);
  if (stream == 0) {
    plane_coder.code(planes[0], 0);
  } else {
    for (size_t i = 1; i < planes.size(); ++i) plane_coder.code(planes[i], uint32_t(i - 1));
  }
}

}  // namespace

Bytes encode_jpeg_coefficients(const JpegFrame& frame, const JpegCoefficients& coefficients,
                               const JpegCodingOptions& options) {
  Bytes out;
  std::vector<Plane> planes = make_planes(frame, const_cast<JpegCoefficients&>(coefficients));
  for (size_t i = 0; i < std::min<size_t>(planes.size(), 2); ++i) {
    Bytes stream;
    ArithmeticEncoder coder(stream);
    code_stream(coder, i, planes, options.isa);
    coder.finish();
    append_varint(out, stream.size());
    append_bytes(out, stream);
    if (std::getenv("S")) printf("stream %zu: %zu\n", i, stream.size());
  }
  return out;
}

Status decode_jpeg_coefficients(const JpegFrame& frame, ByteSpan coded, const JpegCodingOptions& options,
                                JpegCoefficients& coefficients) {
  ByteReader in(coded);
  std::vector<Plane> planes = make_planes(frame, coefficients);
  for (size_t i = 0; i < std::min<size_t>(planes.size(), 2); ++i) {
    const Result<uint64_t> size = in.read_varint("size of a stream");
    if (!size.ok()) return size.error();
    const Result<ByteSpan> stream = in.read_bytes(size_t(*size), "stream");
    if (!stream.ok()) return stream.error();
    ArithmeticDecoder coder(*stream);
    code_stream(coder, i, planes, options.isa);
  }
  return Ok();
}

}  // namespace lmc
