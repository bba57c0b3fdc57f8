// Binary decisions about what an encoder did, each in the light of several contexts, the same calls for writing and
// reading: the contexts' probabilities are mixed (lmc/mixing/mixer.h).
#ifndef LMC_MEDIA_DEFLATE_CHOICE_CODER_H_
#define LMC_MEDIA_DEFLATE_CHOICE_CODER_H_

#include <algorithm>
#include <array>
#include <bit>
#include <initializer_list>
#include <optional>

#include "lmc/coding/arithmetic_coder.h"
#include "lmc/mixing/counters.h"
#include "lmc/mixing/hash.h"
#include "lmc/mixing/mixer.h"
#include "lmc/mixing/parts.h"

namespace lmc {

// What is decided: each kind has weights of its own, for kChoiceSelectors situations.
inline constexpr uint32_t kChoiceKinds = 32, kChoiceSelectors = 64;

// Parts that an ablation can do without (ablated_choices_bytes).
enum ChoiceParts : uint32_t {
  kChoiceCosts = 1 << 0,       // how much more than the cheapest parse a token costs
  kChoiceOwnCode = 1 << 1,     // costs under the block's own code, not the fixed one
  kChoiceHeaders = 1 << 2,     // code lengths foretold from a parse
  kChoiceContexts = 1 << 3,    // of a decision, all but the first
  kChoiceSituations = 1 << 4,  // weights of their own
};

// A context of several small numbers.
inline uint32_t join(std::initializer_list<uint32_t> numbers) {
  uint32_t out = 0;
  for (const uint32_t number : numbers) out = out * 61 + number;
  return out;
}

template <typename Parts>
class BasicChoiceCoder {
 public:
  explicit BasicChoiceCoder(Bytes& out, Parts parts = {}) : BasicChoiceCoder(parts) { encoder_.emplace(out); }
  explicit BasicChoiceCoder(ByteSpan in) : BasicChoiceCoder(Parts()) { decoder_.emplace(in); }

  Parts parts() const { return parts_; }

  bool decodes() const { return decoder_.has_value(); }
  void finish() { encoder_->finish(); }

  // bit: what to write; returns it, or what was read. contexts: at most kMostContexts; selector below kChoiceSelectors.
  bool code(bool bit, uint32_t kind, uint32_t selector, std::initializer_list<uint32_t> contexts) {
    float* x = mixer_.inputs();
    size_t count = 0;
    std::array<MapEntry*, kMostContexts> entries;
    if (!parts_.uses(kChoiceSituations)) selector = 0;
    for (const uint32_t context : contexts) {
      if (count == 1 && !parts_.uses(kChoiceContexts)) break;
      MapEntry& entry = table_[hash2(kind << 8 | uint32_t(count), context) >> (64 - kTableBits)];
      entries[count] = &entry;
      const uint32_t p = entry.p16();
      x[2 * count] = logistic().stretch(p);
      x[2 * count + 1] = (float(int32_t(p)) - 32768.0f) * (1.0f / 16384.0f);
      ++count;
    }
    for (size_t i = count; i < kMostContexts; ++i) x[2 * i] = x[2 * i + 1] = 0.0f;
    x[2 * kMostContexts] = 0.3f;
    mixer_.select(0, kind * kChoiceSelectors + selector);
    mixer_.select(1, kind);
    mixer_.select_last(0, kind);
    const uint32_t p1 = logistic().squash(mixer_.predict());
    bit = code_with(bit, p1);
    mixer_.update(bit);
    for (size_t i = 0; i < count; ++i) entries[i]->update_fast(bit, kLimit);
    return bit;
  }
  // In one context only.
  bool code_bit(bool bit, uint32_t kind, uint32_t context = 0) {
    MapEntry& entry = table_[hash2(kind << 8 | 255, context) >> (64 - kTableBits)];
    bit = code_with(bit, std::clamp<uint32_t>(entry.p16(), 1, 65535));
    entry.update_fast(bit, kLimit);
    return bit;
  }
  // Of bits bits, the highest first, each in the context of those before.
  uint32_t code_bits(uint32_t value, int bits, uint32_t kind, uint32_t context = 0) {
    uint32_t node = 1;
    for (int i = bits; i-- > 0;) node = node << 1 | code_bit(value >> i & 1, kind, context << 8 ^ node);
    return node ^ 1u << bits;
  }
  // Below 2^31.
  uint32_t code_number(uint32_t value, uint32_t kind, uint32_t context = 0) {
    const uint32_t size = code_bits(uint32_t(std::bit_width(value)), 5, kind, context);
    if (size < 2) return size;
    uint32_t out = 1;
    for (int i = int(size) - 1; i-- > 0;) {
      const bool high = i + 4 > int(size);
      out = out << 1 | code_bit(value >> i & 1, kind,
                                1u << 31 ^ context << 16 ^ size << 9 ^ uint32_t(i) << 4 ^ (high ? out & 15 : 0));
    }
    return out;
  }

 private:
  static constexpr size_t kMostContexts = 8;
  static constexpr int kTableBits = 16;
  static constexpr uint32_t kLimit = 400;

  explicit BasicChoiceCoder(Parts parts)
      : parts_(parts),
        table_(size_t(1) << kTableBits),
        mixer_({.inputs = 2 * kMostContexts + 1,
                .set_sizes = {kChoiceKinds * kChoiceSelectors, kChoiceKinds},
                .last_sizes = {kChoiceKinds}},
               {.start = 0.02f, .floor = 0.002f, .decay = 1000.0f, .last = 0.002f, .prior_start = 0.0f}, best_isa()) {
    for (int i = 0; i < int(2 * kMostContexts); i += 2) mixer_.set_initial(i, 0.3f);
  }

  bool code_with(bool bit, uint32_t p1) { return encoder_ ? encoder_->code(bit, p1) : decoder_->code(bit, p1); }

  [[no_unique_address]] Parts parts_;
  std::optional<ArithmeticEncoder> encoder_;
  std::optional<ArithmeticDecoder> decoder_;
  std::vector<MapEntry> table_;
  Mixer mixer_;
};

using ChoiceCoder = BasicChoiceCoder<AllParts>;
using AblatedChoiceCoder = BasicChoiceCoder<ChosenParts>;

}  // namespace lmc

#endif  // LMC_MEDIA_DEFLATE_CHOICE_CODER_H_
