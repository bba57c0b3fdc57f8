#include <immintrin.h>

#include "lmc/coefficients/jpeg_kernels.h"
#include "lmc/numerics/kernel_set.h"

namespace lmc {
namespace {

constexpr float kMostLogit = 12.0f;  // kMaxLogit
constexpr int kSlotLimit = 250;

// The slots of up to eight contexts as integers: offset, count and outcomes, from the low bits on.
template <int kSlots>
[[gnu::always_inline]] inline __m256i load_slots(BitSlot* const* from) {
  const auto slot = [&](int i) {
    int out = 0;
    if (i < kSlots) __builtin_memcpy(&out, from[i], sizeof out);
    return out;
  };
  return _mm256_setr_epi32(slot(0), slot(1), slot(2), slot(3), slot(4), slot(5), slot(6), slot(7));
}

[[gnu::always_inline]] inline __m256 counts_of(__m256i slots) {
  return _mm256_cvtepi32_ps(_mm256_and_si256(_mm256_srli_epi32(slots, 16), _mm256_set1_epi32(255)));
}

// stretch(p) * n / (n + 0.8) of these, 0 behind them.
template <int kSlots>
[[gnu::always_inline]] inline __m256 inputs_of(BitSlot* const* from, __m256i slots, const float* stretch) {
  const auto logit = [&](int i) { return i < kSlots ? stretch[uint16_t(from[i]->offset ^ 0x8000) >> 4] : 0.0f; };
  const __m256 logits = _mm256_setr_ps(logit(0), logit(1), logit(2), logit(3), logit(4), logit(5), logit(6), logit(7));
  const __m256 n = counts_of(slots);
  return _mm256_mul_ps(logits, _mm256_div_ps(n, _mm256_add_ps(n, _mm256_set1_ps(0.8f))));
}

[[gnu::always_inline]] inline __m128 clamp_logits(__m128 x) {
  return _mm_max_ps(_mm_min_ps(x, _mm_set1_ps(kMostLogit)), _mm_set1_ps(-kMostLogit));
}

// Four lanes of sums: those of sixteen products, folded 8 and 4.
template <bool kWide>
[[gnu::always_inline]] inline __m128 fold_products(__m256 low, __m256 high, const float* row) {
  (void)high;
  const __m256 zero = _mm256_setzero_ps();
  __m256 sum = _mm256_add_ps(zero, _mm256_mul_ps(low, _mm256_loadu_ps(row)));
  if constexpr (kWide) sum = _mm256_add_ps(sum, _mm256_add_ps(zero, _mm256_mul_ps(high, _mm256_loadu_ps(row + 8))));
  return _mm_add_ps(_mm256_castps256_ps128(sum), _mm256_extractf128_ps(sum, 1));
}

// Logistic::squash.
[[gnu::always_inline]] inline uint32_t squash_one(float clamped, const float* table) {
  const float scaled = (clamped + kMostLogit) * 128.0f;
  const auto index = int(scaled);
  const float fraction = scaled - float(index);
  return uint32_t(int(table[index] + (table[index + 1] - table[index]) * fraction));
}

template <int kContexts, int kSets>
uint32_t predict(JpegDecision& d, uint32_t node) {
  constexpr bool kWide = kContexts > 7;
  constexpr int kLow = kContexts < 8 ? kContexts : 8, kHigh = kContexts - kLow;
  BitSlot* const* from = d.slot;
  if (node < kJpegNearNodes)
    for (int i = 0; i < kContexts; ++i) d.slot[i] = d.choice->near[i]->data() + node;
  else
    for (int i = 0; i < kContexts; ++i) d.slot[i] = d.far[i]->data() + (node - kJpegNearNodes);
  // The last input is constant; those behind it are 0, and their weights stay so.
  alignas(32) static constexpr auto kConstant = [] {
    struct {
      float lanes[16] = {};
    } out;
    out.lanes[kContexts] = 0.3f;
    return out;
  }();
  const __m256i low_slots = load_slots<kLow>(from);
  const __m256 low = _mm256_or_ps(inputs_of<kLow>(from, low_slots, d.stretch), _mm256_load_ps(kConstant.lanes));
  _mm256_store_si256(reinterpret_cast<__m256i*>(d.slots), low_slots);
  _mm256_store_ps(d.inputs, low);
  __m256 high = _mm256_setzero_ps();
  if constexpr (kWide) {
    const __m256i high_slots = load_slots<kHigh>(from + 8);
    high = _mm256_or_ps(inputs_of<kHigh>(from + 8, high_slots, d.stretch), _mm256_load_ps(kConstant.lanes + 8));
    _mm256_store_si256(reinterpret_cast<__m256i*>(d.slots + 8), high_slots);
    _mm256_store_ps(d.inputs + 8, high);
  }
  const uint32_t kind = d.first_kind + node;
  const uint32_t* selectors = d.choice->selectors.data();
  for (int s = 0; s < kSets; ++s) d.rows[s] = d.first_rows[s] + (selectors[s] * kJpegKinds + kind) * 16;
  d.last_row = d.first_last_row + kind * d.last_width;
  // Lanes 0 + 2 and 1 + 3 of each set, then the two: sets 0 and 1 at once, a third one beside it.
  const __m128 a = fold_products<kWide>(low, high, d.rows[0]);
  const __m128 b = fold_products<kWide>(low, high, d.rows[1]);
  const __m128 halves = _mm_add_ps(_mm_movelh_ps(a, b), _mm_movehl_ps(b, a));
  __m128 other = _mm_setzero_ps();
  if constexpr (kSets > 2) {
    const __m128 c = fold_products<kWide>(low, high, d.rows[2]);
    other = _mm_add_ps(_mm_movelh_ps(c, other), _mm_movehl_ps(other, c));
  }
  const __m128 sums = _mm_add_ps(_mm_shuffle_ps(halves, other, _MM_SHUFFLE(2, 0, 2, 0)),
                                 _mm_shuffle_ps(halves, other, _MM_SHUFFLE(3, 1, 3, 1)));
  const __m128 outputs = clamp_logits(sums);
  _mm_store_ps(d.outputs, outputs);
  const __m128 weighed = _mm_mul_ps(outputs, _mm_loadu_ps(d.last_row));
  __m128 mixed = _mm_add_ss(_mm_setzero_ps(), weighed);
  mixed = _mm_add_ss(mixed, _mm_movehdup_ps(weighed));
  if constexpr (kSets > 2) mixed = _mm_add_ss(mixed, _mm_movehl_ps(weighed, weighed));
  d.probability = squash_one(_mm_cvtss_f32(clamp_logits(mixed)), d.squash);
  // Those of the sets are for update(), and nothing waits for them.
  d.probabilities[0] = float(int(squash_one(d.outputs[0], d.squash)));
  d.probabilities[1] = float(int(squash_one(d.outputs[1], d.squash)));
  if constexpr (kSets > 2) d.probabilities[2] = float(int(squash_one(d.outputs[2], d.squash)));
  return d.probability;
}

// Eight slots, each p + (target - p) * rate / 65536, downwards, with rate = 65536 / (n + 1.2), rounded down.
template <int kSlots>
[[gnu::always_inline]] inline void update_slots(BitSlot* const* to, const uint32_t* saved, int bit) {
  const __m256i slots = _mm256_load_si256(reinterpret_cast<const __m256i*>(saved));
  const __m256 n = counts_of(slots);
  // The quotient is nowhere so near to an integer that its rounding would matter.
  const __m256i rates = _mm256_cvttps_epi32(_mm256_div_ps(
      _mm256_set1_ps(655360.0f), _mm256_add_ps(_mm256_mul_ps(n, _mm256_set1_ps(10.0f)), _mm256_set1_ps(12.0f))));
  // Unsigned: how far 32767, or -32768, is from the offset; all below 2^16, so products of 16 by 16 bits will do.
  const __m256i p = _mm256_xor_si256(_mm256_and_si256(slots, _mm256_set1_epi32(0xffff)), _mm256_set1_epi32(0x8000));
  __m256i stepped;
  if (bit) {
    const __m256i way = _mm256_sub_epi32(_mm256_set1_epi32(0xffff), p);
    stepped = _mm256_add_epi32(p, _mm256_mulhi_epu16(way, rates));
  } else {  // downwards: away from zero
    const __m256i low = _mm256_mullo_epi16(p, rates);
    const __m256i rest = _mm256_add_epi32(_mm256_set1_epi32(1), _mm256_cmpeq_epi32(low, _mm256_setzero_si256()));
    stepped = _mm256_sub_epi32(_mm256_sub_epi32(p, _mm256_mulhi_epu16(p, rates)), rest);
  }
  const __m256i offsets = _mm256_xor_si256(stepped, _mm256_set1_epi32(0x8000));
  const __m256i counts = _mm256_and_si256(_mm256_srli_epi32(slots, 16), _mm256_set1_epi32(255));
  const __m256i grown = _mm256_sub_epi32(counts, _mm256_cmpgt_epi32(_mm256_set1_epi32(kSlotLimit), counts));
  const __m256i out = _mm256_or_si256(offsets, _mm256_slli_epi32(grown, 16));
  alignas(32) int all[8];
  _mm256_store_si256(reinterpret_cast<__m256i*>(all), out);
  for (int i = 0; i < kSlots; ++i) __builtin_memcpy(static_cast<void*>(to[i]), &all[i], 4);
}

template <int kContexts, int kSets>
void update(JpegDecision& d, int bit) {
  constexpr bool kWide = kContexts > 7;
  const float target = bit ? 1.0f : 0.0f;
  constexpr MixerRates r = kJpegMixerRates;
  const float rate = r.floor + (r.start - r.floor) / (1.0f + float(d.decisions++) / r.decay);
  const float last_step = r.last * (target - float(int(d.probability)) * (1.0f / 65536.0f));
  const __m128 outputs = _mm_load_ps(d.outputs);
  const __m128 steps = _mm_mul_ps(
      _mm_set1_ps(rate),
      _mm_sub_ps(_mm_set1_ps(target), _mm_mul_ps(_mm_load_ps(d.probabilities), _mm_set1_ps(1.0f / 65536.0f))));
  const __m256 low = _mm256_load_ps(d.inputs), high = _mm256_load_ps(d.inputs + 8);
  const auto train = [&](float* row, __m128 step_in_all) {
    const __m256 step = _mm256_broadcastss_ps(step_in_all);
    _mm256_storeu_ps(row, _mm256_add_ps(_mm256_loadu_ps(row), _mm256_mul_ps(low, step)));
    if constexpr (kWide) _mm256_storeu_ps(row + 8, _mm256_add_ps(_mm256_loadu_ps(row + 8), _mm256_mul_ps(high, step)));
  };
  train(d.rows[0], steps);
  train(d.rows[1], _mm_movehdup_ps(steps));
  if constexpr (kSets > 2) train(d.rows[2], _mm_movehl_ps(steps, steps));
  _mm_storeu_ps(d.last_row, _mm_add_ps(_mm_loadu_ps(d.last_row), _mm_mul_ps(_mm_set1_ps(last_step), outputs)));
  update_slots<(kContexts < 8 ? kContexts : 8)>(d.slot, d.slots, bit);
  if constexpr (kContexts > 8) update_slots<kContexts - 8>(d.slot + 8, d.slots + 8, bit);
}

template <int kContexts>
JpegKernels of_sets(int sets) {
  if (sets == 2) return {predict<kContexts, 2>, update<kContexts, 2>};
  if (sets == 3) return {predict<kContexts, 3>, update<kContexts, 3>};
  return {};
}

JpegKernels of_model(int contexts, int sets) {
  switch (contexts) {
    case 4:
      return of_sets<4>(sets);
    case 5:
      return of_sets<5>(sets);
    case 6:
      return of_sets<6>(sets);
    case 7:
      return of_sets<7>(sets);
    case 8:
      return of_sets<8>(sets);
    case 9:
      return of_sets<9>(sets);
    case 11:
      return of_sets<11>(sets);
    default:
      return {};
  }
}

}  // namespace

LMC_DEFINE_KERNELS(JpegKernelSet, jpeg_kernels) = {of_model};

}  // namespace lmc
