#include "lmc/models/arch/attention.h"

#include <algorithm>

namespace lmc {
namespace {

int padded(int n) { return (n + kRowAlign - 1) / kRowAlign * kRowAlign; }

// The most bits for which `window` ones of fixed point add up in 32 bits; at most the 22 that rounding can do.
int fraction_bits_for(int window) {
  int bits = 22;
  while (uint64_t(window) << bits > 0xffffffffull) --bits;
  return bits;
}

}  // namespace

AttentionCache::AttentionCache(Isa isa, int window, int head_dim, int sinks)
    : window_(window),
      head_dim_(head_dim),
      sinks_(window > sinks ? sinks : 0),  // a window of one position is that position
      fraction_bits_(fraction_bits_for(window)),
      keys_(isa, window, head_dim),
      values_(isa, head_dim, window),
      key_scales_(size_t(padded(window))),
      value_scales_(size_t(padded(window))) {}

void AttentionCache::clear() {
  keys_.clear();
  values_.clear();
  std::ranges::fill(key_scales_, 0.0f);
  std::ranges::fill(value_scales_, 0.0f);
}

void AttentionCache::keep_first_key(const float* key) {
  if (sinks_ > 0) first_key_.assign(key, key + head_dim_);
}

void AttentionCache::move_sink(const int8_t* k, float k_scale) {
  keys_.set_row(0, k);
  key_scales_[0] = k_scale;
}

void AttentionCache::append(uint64_t position, const int8_t* k, float k_scale, const int8_t* v, float v_scale) {
  const auto sinks = uint64_t(sinks_), ring = uint64_t(window_) - sinks;
  const int slot = int(position < sinks ? position : sinks + (position - sinks) % ring);
  keys_.set_row(slot, k);
  values_.set_column(slot, v);
  key_scales_[size_t(slot)] = k_scale;
  value_scales_[size_t(slot)] = v_scale;
}

void AttentionCache::attend(uint64_t position, const Queries& queries, const Elementwise& kernels,
                            AttentionScratch& scratch, float* out) const {
  const int n = int(std::min(position + 1, uint64_t(window_)));
  const int count = queries.count;
  const size_t stride = size_t(padded(n)), out_stride = size_t(values_.padded_rows());
  scratch.dots.resize(size_t(count) * stride);
  scratch.work.resize(stride);
  scratch.planes.resize(2 * size_t(count) * stride);
  scratch.sums.resize(2 * size_t(count) * out_stride);

  keys_.multiply(queries.values, size_t(head_dim_), count, scratch.dots.data(), stride, n, head_dim_);
  std::vector<float>& factors = scratch.factors;
  factors.resize(size_t(count));
  for (int h = 0; h < count; ++h) {
    const AttentionScores scores{.dots = scratch.dots.data() + size_t(h) * stride,
                                 .k_scales = key_scales_.data(),
                                 .v_scales = value_scales_.data(),
                                 .factor = queries.factors[h],
                                 .n = n,
                                 .fraction_bits = fraction_bits_};
    factors[size_t(h)] =
        kernels.attention_weights(scores, scratch.work.data(), scratch.planes.data() + size_t(h) * stride,
                                  scratch.planes.data() + size_t(count + h) * stride);
  }
  values_.multiply(scratch.planes.data(), stride, 2 * count, scratch.sums.data(), out_stride, head_dim_, n);
  for (int h = 0; h < count; ++h)
    kernels.attention_output(scratch.sums.data() + size_t(h) * out_stride,
                             scratch.sums.data() + size_t(count + h) * out_stride, head_dim_, factors[size_t(h)],
                             out + size_t(h) * size_t(head_dim_));
}

}  // namespace lmc
