#include "lmc/models/arch/head.h"

#include <algorithm>
#include <cassert>

namespace lmc {
namespace {

int padded(int rows) { return (rows + kRowAlign - 1) / kRowAlign * kRowAlign; }

}  // namespace

Head::Head(Isa isa, int vocab, int width, int act_bits, std::span<const int8_t> weights, std::span<const float> scales)
    : kernels_(&elementwise(isa)),
      vocab_(vocab),
      width_(width),
      act_bits_(act_bits),
      matrix_(isa, vocab, width, weights),
      scales_(scales.begin(), scales.end()),
      slots_(size_t(vocab), -1) {
  assert(int(scales.size()) == vocab);
  scales_.resize(size_t(padded(vocab)));
}

void Head::cumulative(const Hidden& hidden, int first, int count, uint32_t* out, HeadScratch& scratch) const {
  assert(hidden.width == width_ && first >= 0 && size_t(first + count) <= hidden.scales.size());
  const size_t width = size_t(width_), stride = size_t(matrix_.padded_rows());
  const size_t planes = act_bits_ == 16 ? 2 : 1;
  scratch.planes.resize(planes * size_t(count) * width);
  scratch.sums.resize(planes * size_t(count) * stride);
  scratch.logits.resize(stride);
  for (int i = 0; i < count; ++i) {
    const int16_t* values = hidden.values.data() + size_t(first + i) * width;
    int8_t* high = scratch.planes.data() + size_t(i) * width;
    if (planes == 2) {
      kernels_->split(values, width_, high, high + size_t(count) * width);
    } else {
      for (size_t c = 0; c < width; ++c) high[c] = int8_t(values[c]);
    }
  }
  matrix_.multiply(scratch.planes.data(), width, int(planes) * count, scratch.sums.data(), stride, scratch.workers);

  const int tokens = vocab_ - 1;  // without BOS
  for (int i = 0; i < count; ++i) {
    int32_t* sums = scratch.sums.data() + size_t(i) * stride;
    const int32_t* low = planes == 2 ? sums + size_t(count) * stride : nullptr;
    float* logits = scratch.logits.data();
    kernels_->scale(sums, low, padded(tokens), hidden.scales[size_t(first + i)], scales_.data(), logits);
    for (int v = tokens; v < padded(tokens); ++v) logits[v] = -1e30f;
    uint32_t* row = out + size_t(i) * size_t(vocab_ + 1);
    kernels_->cumulative(logits, tokens, reinterpret_cast<uint32_t*>(sums), row);
    row[vocab_] = row[tokens];
  }
}

void Head::adapt(const Hidden& hidden, int row, uint32_t token, const uint32_t* cumulative, float rate) {
  assert(int(token) + 1 < vocab_);
  const uint32_t total = cumulative[vocab_];
  if (cumulative[token + 1] - cumulative[token] > total / 2) return;  // nothing much to learn
  const int16_t* values = hidden.values.data() + size_t(row) * size_t(width_);
  const float hidden_rate = rate * hidden.scales[size_t(row)];
  list_.resize(size_t(vocab_) + 1);
  int count = kernels_->above(cumulative, vocab_ - 1, total / 250, list_.data());
  bool has_token = false;
  for (int i = 0; i < count; ++i) has_token |= list_[size_t(i)] == token;
  if (!has_token) list_[size_t(count++)] = token;
  const float one = float(total);
  for (int i = 0; i < count; ++i) {
    const uint32_t v = list_[size_t(i)];
    if (scales_[v] < kTiny) continue;  // an empty row stays empty
    const float probability = float(cumulative[v + 1] - cumulative[v]) / one;
    const float error = v == token ? probability - 1.0f : probability;
    adapt_row(values, v, error * hidden_rate / scales_[v]);
  }
}

void Head::adapt_row(const int16_t* values, uint32_t v, float step) {
  const size_t width = size_t(width_);
  if (slots_[v] < 0) {
    slots_[v] = int32_t(masters_.size() / width);
    masters_.resize(masters_.size() + width);
    current_.resize(current_.size() + width);
    int8_t* row = current_.data() + size_t(slots_[v]) * width;
    matrix_.get_row(int(v), row);
    kernels_->widen(row, width_, 1.0f, masters_.data() + size_t(slots_[v]) * width);
  }
  int8_t* before = current_.data() + size_t(slots_[v]) * width;
  quantised_.resize(width);
  kernels_->learn(masters_.data() + size_t(slots_[v]) * width, values, width_, step, quantised_.data());
  matrix_.update_row(int(v), before, quantised_.data());
  std::copy(quantised_.begin(), quantised_.end(), before);
}

}  // namespace lmc
