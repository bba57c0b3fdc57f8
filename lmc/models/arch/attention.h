// The cache of one key/value head of one layer of one stream, and attention over it.
//
// A ring of `window` positions. Keys and values are int8 with one scale each; keys lie as the rows of one packed
// matrix, values as the columns of another, so that scores and weighted sums are the same integer products as
// everything else. The order of positions in the ring does not matter: every sum over them is a sum of integers.
//
// With a sink the first position of the stream is kept for ever, in slot 0, and the ring is one shorter. Its key is
// then turned anew for every position, as if it stood right before the window: no distance exceeds window - 1.
#ifndef LMC_MODELS_ARCH_ATTENTION_H_
#define LMC_MODELS_ARCH_ATTENTION_H_

#include <cstdint>
#include <vector>

#include "lmc/numerics/elementwise.h"
#include "lmc/numerics/matmul.h"

namespace lmc {

// Working memory of AttentionCache::attend.
struct AttentionScratch {
  std::vector<int32_t> dots;   // (G, window)
  std::vector<float> work;     // (window)
  std::vector<int8_t> planes;  // (2, G, window)
  std::vector<int32_t> sums;   // (2, G, D)
  std::vector<float> factors;  // (G)
};

// Queries of the G heads that share the cache, rotated and quantised: values (G, D); factors (G) are their scales times
// their gains.
struct Queries {
  const int8_t* values;
  const float* factors;
  int count;
};

class AttentionCache {
 public:
  AttentionCache(Isa isa, int window, int head_dim, int sinks);

  void clear();
  // Whether the first position, kept for ever, would lie beyond the window of this one.
  bool sink_moves(uint64_t position) const { return sinks_ > 0 && position >= uint64_t(window_); }
  // The key of the first position as the network gives it (D), not yet turned; kept if there is a sink.
  void keep_first_key(const float* key);
  const float* first_key() const { return first_key_.data(); }
  // The same, turned for another place.
  void move_sink(const int8_t* k, float k_scale);
  int window() const { return window_; }
  // Stores position `position` in place of the oldest one; k and v (D).
  void append(uint64_t position, const int8_t* k, float k_scale, const int8_t* v, float v_scale);
  // out (G, D): the weighted sum of v over the last min(position + 1, window) positions.
  void attend(uint64_t position, const Queries& queries, const Elementwise& kernels, AttentionScratch& scratch,
              float* out) const;

 private:
  int window_;
  int head_dim_;
  int sinks_;  // 0 or 1
  int fraction_bits_;
  PackedMatrix keys_;                             // (window, D)
  PackedMatrix values_;                           // (D, window)
  std::vector<float> key_scales_, value_scales_;  // (window, padded)
  std::vector<float> first_key_;                  // (D)
};

}  // namespace lmc

#endif  // LMC_MODELS_ARCH_ATTENTION_H_
