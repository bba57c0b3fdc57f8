// Codes the tokens of deflate blocks one by one, in the light of what an encoder could have in mind: the cheapest parse
// under the block's code lengths, what zlib would take, the longest match here and at the next byte, and which of these
// guesses were right lately.
#ifndef LMC_MEDIA_DEFLATE_TOKEN_MODEL_H_
#define LMC_MEDIA_DEFLATE_TOKEN_MODEL_H_

#include "lmc/base/result.h"
#include "lmc/media/deflate/cheapest_parse.h"
#include "lmc/media/deflate/choice_coder.h"

namespace lmc {

// What is known of the place of a token.
struct TokenPlace {
  ByteSpan rest_of_block;                 // from the token on
  std::span<const MatchStep> here, next;  // matches of this byte and the one after it
  const TokenCosts& costs;
  const int32_t* rest_costs;                  // of this byte and all after it (cheapest_rests)
  std::optional<Token> imitated;              // what an encoder whose search is known would take
  MatchStep limited = {}, limited_next = {};  // what a search of limited depth finds here and at the next byte
  bool is_limited = false;                    // whether the encoder has such a limit
  size_t most_distance;                       // bytes before
};

template <typename Coder>
class TokenModel {
 public:
  explicit TokenModel(Coder& coder) : coder_(coder) {}

  // actual counts only when writing. Errors: bad input.
  Result<Token> code(const TokenPlace& place, Token actual);

 private:
  // A way to choose a length, and how often it was right.
  enum Guess { kCheapest, kLongest, kZlib, kLimited, kShortest, kGuesses };
  struct Candidate {
    uint32_t length = 0, distance = 0;
    int32_t excess = 0;  // bits more than the cheapest parse
  };

  void look_at(const TokenPlace& place);
  bool code_is_match(const TokenPlace& place, bool actual);
  Result<uint32_t> code_length(const TokenPlace& place, uint32_t actual);
  Result<uint32_t> code_distance(const TokenPlace& place, uint32_t length, uint32_t actual);
  void learn(const TokenPlace& place, Token token);

  Coder& coder_;
  int32_t literal_excess_ = 0;
  std::vector<Candidate> lengths_;           // by length, from kMinMatch on
  size_t best_ = 0, shortest_ = 0;           // the cheapest of them: of several the longest, and the shortest
  uint32_t parse_hits_ = 0, zlib_hits_ = 0;  // whether the guess of the kind was right, the latest in bit 0
  uint32_t kinds_ = 0;                       // whether the last tokens were matches
  std::array<uint32_t, kGuesses> hits_{};    // of lengths
  std::array<uint32_t, kGuesses> scores_ = {3000, 2000, 2500, 2400, 2900};
  uint32_t last_distance_ = 0, literal_run_ = 0;
};

}  // namespace lmc

#endif  // LMC_MEDIA_DEFLATE_TOKEN_MODEL_H_
