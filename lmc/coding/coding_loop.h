// The coding loops: one symbol becomes decisions, each predicted, coded and learnt from. Encoder and decoder run the
// same code; with a decoding coder the symbol passed in is ignored and the decoded one is returned.
#ifndef LMC_CODING_CODING_LOOP_H_
#define LMC_CODING_CODING_LOOP_H_

#include <concepts>
#include <cstdint>

#include "lmc/coding/token_tree.h"
#include "lmc/mixing/deep_mixing.h"
#include "lmc/mixing/logistic.h"
#include "lmc/mixing/mixing.h"

namespace lmc {

inline uint32_t predict_byte_bit(MixingModel& mixing, uint32_t known) { return mixing.predict_bit(0, known, 0.0f); }
template <std::derived_from<DeepMixing> Mixing>
uint32_t predict_byte_bit(Mixing& mixing, uint32_t known) {
  return mixing.predict_bit(known);
}
inline void append_coded_byte(MixingModel& mixing, uint8_t byte) { mixing.append_byte(0, byte); }
inline void append_coded_byte(DeepMixing& mixing, uint8_t byte) { mixing.append_byte(byte); }

// Mixing: MixingModel (of one stream), DeepMixing or AblatedDeepMixing.
template <typename Coder, typename Mixing>
uint8_t code_byte(Coder& coder, Mixing& mixing, uint8_t byte) {
  uint32_t known = 1;
  for (int shift = 7; shift >= 0; --shift) {
    const int bit = coder.code((byte >> shift) & 1, predict_byte_bit(mixing, known));
    mixing.update_bit(bit);
    known = known << 1 | uint32_t(bit);
  }
  append_coded_byte(mixing, uint8_t(known));
  return uint8_t(known);
}

// cumulative: prefix sums of the model's frequencies, (V + 1) entries modulo 2^32; every token's frequency >= 1.
// Mixing: MixingModel or AblatedMixing.
template <typename Coder, typename Mixing>
uint32_t code_token(Coder& coder, const TokenTree& tree, Mixing& mixing, uint32_t stream, const uint32_t* cumulative,
                    uint32_t token) {
  const Logistic& logit = logistic();
  uint32_t depth = 0;
  int32_t at = tree.root();
  while (at >= 0) {
    const TokenNode& node = tree.node(at);
    for (; depth < node.depth; ++depth) mixing.append_byte(stream, uint8_t(tree.bytes(node.low)[depth]));
    const uint32_t low_part = cumulative[node.middle] - cumulative[node.low];
    const uint32_t high_part = cumulative[node.high] - cumulative[node.middle];
    const float lm = logit.ln(high_part) - logit.ln(low_part);
    int bit;
    if (node.ends) {
      bit = coder.code(token == node.low, mixing.predict_end(stream, node.low, -lm));
      mixing.update_end(bit);
    } else {
      const uint32_t byte = uint8_t(tree.bytes(node.low)[depth]);
      const uint32_t known = (256 | byte) >> (8 - node.bits_known);
      bit = coder.code(token >= node.middle, mixing.predict_bit(stream, known, lm));
      mixing.update_bit(bit);
    }
    at = bit ? node.one : node.zero;
  }
  token = uint32_t(~at);
  for (; depth < tree.bytes(token).size(); ++depth) mixing.append_byte(stream, uint8_t(tree.bytes(token)[depth]));
  mixing.end_token(stream, token);
  return token;
}

}  // namespace lmc

#endif  // LMC_CODING_CODING_LOOP_H_
