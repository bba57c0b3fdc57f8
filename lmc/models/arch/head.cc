#include "lmc/models/arch/head.h"

#include <algorithm>
#include <cassert>

namespace lmc {
namespace {

constexpr int kRowsAtOnce = 16;  // of logits(): their sums stay near

int padded(int rows) { return (rows + kRowAlign - 1) / kRowAlign * kRowAlign; }

}  // namespace

Head::Head(Isa isa, int vocab, int width, int act_bits, std::span<const int8_t> weights, std::span<const float> scales,
           std::span<const float> bias)
    : kernels_(&elementwise(isa)),
      vocab_(vocab),
      width_(width),
      act_bits_(act_bits),
      matrix_(isa, vocab, width, weights),
      scales_(scales.begin(), scales.end()),
      bias_(bias.begin(), bias.end()),
      slots_(size_t(vocab), -1),
      recent_(isa, vocab, width),
      is_changed_(size_t(vocab)) {
  assert(int(scales.size()) == vocab && (bias.empty() || int(bias.size()) == vocab));
  scales_.resize(size_t(padded(vocab)));
}

int Head::split(const Hidden& hidden, int first, int count, HeadScratch& scratch) const {
  assert(hidden.width == width_ && first >= 0 && size_t(first + count) <= hidden.scales.size());
  const size_t width = size_t(width_);
  const int planes = act_bits_ == 16 ? 2 : 1;
  scratch.planes.resize(size_t(planes * count) * width);
  for (int i = 0; i < count; ++i) {
    const int16_t* values = hidden.values.data() + size_t(first + i) * width;
    int8_t* high = scratch.planes.data() + size_t(i) * width;
    if (planes == 2) {
      kernels_->split(values, width_, high, high + size_t(count) * width);
    } else {
      for (size_t c = 0; c < width; ++c) high[c] = int8_t(values[c]);
    }
  }
  return planes;
}

void Head::multiply(const Hidden& hidden, int first, int count, HeadScratch& scratch) const {
  const int planes = split(hidden, first, count, scratch);
  scratch.sums.resize(size_t(planes * count) * logits_stride());
  matrix_.multiply(scratch.planes.data(), size_t(width_), planes * count, scratch.sums.data(), logits_stride(),
                   scratch.workers);
}

void Head::scale(const HeadScratch& scratch, int i, int count, float scale, float* out) const {
  const int32_t* sums = scratch.sums.data() + size_t(i) * logits_stride();
  const int32_t* low = act_bits_ == 16 ? sums + size_t(count) * logits_stride() : nullptr;
  const int tokens = vocab_ - 1;  // without BOS
  kernels_->scale(sums, low, padded(tokens), scale, scales_.data(), out);
  if (!bias_.empty()) kernels_->add(out, bias_.data(), tokens);
  for (int v = tokens; v < padded(tokens); ++v) out[v] = -1e30f;
}

void Head::accumulate(const float* logits, uint32_t* row, HeadScratch& scratch) const {
  scratch.weights.resize(logits_stride());
  kernels_->cumulative(logits, vocab_ - 1, scratch.weights.data(), row);
  row[vocab_] = row[vocab_ - 1];
}

void Head::logits(const Hidden& hidden, int first, int count, float* out, HeadScratch& scratch) const {
  for (int begin = 0; begin < count; begin += kRowsAtOnce) {
    const int rows = std::min(kRowsAtOnce, count - begin);
    multiply(hidden, first + begin, rows, scratch);
    for (int i = 0; i < rows; ++i, out += logits_stride())
      scale(scratch, i, rows, hidden.scales[size_t(first + begin + i)], out);
  }
}

// Into logits (count, logits_stride()): those of the recent rows.
void Head::put_recent(const Hidden& hidden, int first, int count, HeadScratch& scratch, float* logits) const {
  const int planes = split(hidden, first, count, scratch);
  scratch.sums.resize(size_t(planes * count) * recent_.padded());
  recent_.multiply(scratch.planes.data(), planes * count, scratch.sums.data());
  for (int i = 0; i < count; ++i, logits += logits_stride()) {
    const int32_t* sums = scratch.sums.data() + size_t(i) * recent_.padded();
    const int32_t* low = planes == 2 ? sums + size_t(count) * recent_.padded() : nullptr;
    for (size_t r = 0; r < recent_.rows().size(); ++r) {
      const uint32_t v = recent_.rows()[r];
      kernels_->scale(sums + r, low == nullptr ? nullptr : low + r, 1, hidden.scales[size_t(first + i)], &scales_[v],
                      logits + v);
      if (!bias_.empty()) logits[v] += bias_[v];
    }
  }
}

void Head::cumulative(const Hidden& hidden, int first, int count, float* logits, uint32_t* out,
                      HeadScratch& scratch) const {
  if (!recent_.rows().empty()) put_recent(hidden, first, count, scratch, logits);
  for (int i = 0; i < count; ++i)
    accumulate(logits + size_t(i) * logits_stride(), out + size_t(i) * size_t(vocab_ + 1), scratch);
}

void Head::cumulative(const Hidden& hidden, int first, int count, uint32_t* out, HeadScratch& scratch) const {
  assert(!deferred_);
  multiply(hidden, first, count, scratch);
  scratch.logits.resize(logits_stride());
  for (int i = 0; i < count; ++i) {
    scale(scratch, i, count, hidden.scales[size_t(first + i)], scratch.logits.data());
    accumulate(scratch.logits.data(), out + size_t(i) * size_t(vocab_ + 1), scratch);
  }
}

void Head::settle() {
  recent_.clear();
  for (uint32_t v : changed_) {
    const int8_t* row = current_.data() + size_t(slots_[v]) * size_t(width_);
    matrix_.set_row(int(v), row);
    recent_.put(v, row);
    is_changed_[v] = false;
  }
  changed_.clear();
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
  if (deferred_) {
    if (!is_changed_[v]) changed_.push_back(v);
    is_changed_[v] = true;
    recent_.put(v, quantised_.data());
  } else {
    matrix_.update_row(int(v), before, quantised_.data());
  }
  std::copy(quantised_.begin(), quantised_.end(), before);
}

}  // namespace lmc
