// A deflate encoder like no other, for tests only.
#ifndef LMC_MEDIA_DEFLATE_RANDOM_ENCODER_TEST_SUPPORT_H_
#define LMC_MEDIA_DEFLATE_RANDOM_ENCODER_TEST_SUPPORT_H_

#include <random>
#include <vector>

#include "lmc/media/deflate/deflate_codes.h"
#include "lmc/media/deflate/match_finder.h"

namespace lmc {

// Blocks of at most so many tokens as block_tokens() says, in fixed or dynamic codes. next(at): the token at that
// place.
template <typename Next, typename BlockTokens>
Bytes stream_of_tokens(ByteSpan data, const Next& next, const BlockTokens& block_tokens) {
  BitWriter bits;
  size_t at = 0;
  do {
    std::vector<Token> tokens;
    SymbolCounts counts;
    const size_t begin = at;
    for (const size_t most = block_tokens(); at < data.size() && tokens.size() < most;) {
      const Token token = next(at);
      counts.add(token, data[at]);
      tokens.push_back(token);
      at += token.length;
    }
    bits.write(at == data.size(), 1);
    const PredictedBlock block = predict_block(counts, SIZE_MAX, false);
    bits.write(uint32_t(block.kind), 2);
    if (block.kind == BlockKind::kDynamic) bits.write_bits_of(block.header.bits, block.header.size_bits);
    const TokenWriter writer(block.kind == BlockKind::kFixed ? kFixedLengths : block.header.lengths);
    size_t position = begin;
    for (const Token token : tokens) {
      writer.write(bits, token, data[position]);
      position += token.length;
    }
    writer.write_end(bits);
  } while (at < data.size());
  return std::move(bits).finish();
}

// What some encoder writes who takes any match that there is, or none.
inline Bytes random_stream(ByteSpan data, uint32_t seed) {
  std::minstd_rand random(seed);
  MatchFinder finder(data, 1000);
  const auto next = [&](size_t at) {
    std::vector<MatchStep> steps;
    while (finder.position() <= at) steps.clear(), finder.next(steps);
    if (steps.empty() || random() % 3 == 0) return Token{};
    const MatchStep step = steps[random() % steps.size()];
    return Token{uint16_t(3 + random() % size_t(step.length - 2)), step.distance};
  };
  return stream_of_tokens(data, next, [&] { return size_t(random() % 3000); });
}

}  // namespace lmc

#endif  // LMC_MEDIA_DEFLATE_RANDOM_ENCODER_TEST_SUPPORT_H_
