#include "lmc/media/deflate/token_model.h"

#include <algorithm>

#include "lmc/media/deflate/choice_kinds.h"

namespace lmc {
namespace {

// A few classes for a number of bits.
uint32_t class_of(int32_t excess) {
  if (excess >= TokenCosts::kNever / 2) return 13;
  if (excess < 5) return uint32_t(excess);
  if (excess < 9) return excess < 7 ? 5 : 6;
  if (excess < 16) return excess < 12 ? 7 : 8;
  if (excess < 32) return excess < 22 ? 9 : 10;
  return excess < 64 ? 11 : 12;
}

uint32_t class_of_length(uint32_t length) {
  if (length < 9) return length;
  if (length < 17) return length < 13 ? 9 : 10;
  if (length < 65) return length < 33 ? 11 : 12;
  return length < 129 ? 13 : length < kMaxMatch ? 14 : 15;
}

uint32_t log_of(uint32_t number) { return uint32_t(std::bit_width(number)); }

}  // namespace

template <typename Coder>
void TokenModel<Coder>::look_at(const TokenPlace& place) {
  const int32_t least = place.rest_costs[0];
  literal_excess_ = place.costs.literal[place.rest_of_block[0]] + place.rest_costs[1] - least;
  if (!coder_.parts().uses(kChoiceCosts)) literal_excess_ = 0;
  lengths_.clear();
  best_ = shortest_ = 0;
  uint32_t length = kMinMatch;
  const auto most = uint32_t(std::min<size_t>(kMaxMatch, place.rest_of_block.size()));
  for (const MatchStep step : place.here) {
    const int32_t distance = place.costs.of_distance(step.distance);
    for (; length <= std::min<uint32_t>(step.length, most); ++length) {
      int32_t excess = place.costs.length[length] + distance + place.rest_costs[length] - least;
      if (!coder_.parts().uses(kChoiceCosts)) excess = 0;
      lengths_.push_back({length, step.distance, excess});
      if (excess < lengths_[best_].excess) shortest_ = lengths_.size() - 1;
      if (excess <= lengths_[best_].excess) best_ = lengths_.size() - 1;
    }
  }
}

template <typename Coder>
Result<Token> TokenModel<Coder>::code(const TokenPlace& place, Token actual) {
  look_at(place);
  if (!code_is_match(place, actual.is_match())) {
    learn(place, {});
    return Token{};
  }
  if (place.rest_of_block.size() < kMinMatch)
    return bad_input("reconstruction data of a deflate stream: a match at the end");
  LMC_ASSIGN(const auto length, code_length(place, actual.length));
  LMC_ASSIGN(const auto distance, code_distance(place, length, actual.distance));
  const Token token{uint16_t(length), uint16_t(distance)};
  learn(place, token);
  return token;
}

template <typename Coder>
bool TokenModel<Coder>::code_is_match(const TokenPlace& place, bool actual) {
  const bool any = !lengths_.empty();
  const uint32_t literal = class_of(literal_excess_), match = any ? class_of(lengths_[best_].excess) : 14;
  const uint32_t zlib = !place.imitated ? 0 : place.imitated->is_match() ? 2 : 1;
  const MatchStep found = place.is_limited ? place.limited : any ? place.here.back() : MatchStep{};
  const MatchStep found_next = place.is_limited     ? place.limited_next
                               : place.next.empty() ? MatchStep{}
                                                    : place.next.back();
  const uint32_t longest = found.length, far = found.distance, longest_next = found_next.length,
                 far_next = found_next.distance;
  const uint32_t relation = uint32_t(std::clamp(int(longest_next) - int(longest), -2, 3) + 2);
  const auto cost = uint32_t(any ? place.costs.of({uint16_t(longest), uint16_t(far)}, 0) : 0);
  const int score = 4 * (int(longest_next) - int(longest)) + int(log_of(far)) - int(log_of(far_next));
  const auto byte_cost = uint32_t(place.costs.literal[place.rest_of_block[0]]);
  const uint32_t selector =
      (parse_hits_ & 7) << 2 | uint32_t(literal_excess_ == 0) << 1 | uint32_t(any && lengths_[best_].excess == 0);
  return coder_.code(
      actual, kIsMatch, zlib == 0 ? selector : 32 + (selector & 3) * 8 + (zlib - 1) * 4 + (zlib_hits_ & 3),
      {join({literal, match, parse_hits_ & 7}),
       join({zlib, zlib_hits_ & 15, std::min(literal, 1u), std::min(match, 1u)}),
       join({class_of_length(longest), relation, kinds_ & 3, far > 4096}),
       join({std::min(longest, 24u), log_of(far), relation, kinds_ & 1}),
       join({literal, match, zlib, kinds_ & 1, uint32_t(std::clamp(score, -12, 12) + 12), longest > 5}),
       join({std::min(longest, 12u), std::min(longest_next, 13u), log_of(far) / 2, log_of(far_next) / 2}),
       join({std::min(byte_cost, 16u), std::min(cost, 30u), std::min(longest, 8u), std::min(literal_run_, 3u)}),
       join({parse_hits_ & 31, std::min(literal, 2u), std::min(match, 2u)})});
}

template <typename Coder>
Result<uint32_t> TokenModel<Coder>::code_length(const TokenPlace& place, uint32_t actual) {
  const auto most = uint32_t(std::min<size_t>(kMaxMatch, place.rest_of_block.size()));
  std::array<uint32_t, kGuesses> guesses{};
  if (!lengths_.empty())
    guesses[kCheapest] = lengths_[best_].length, guesses[kLongest] = lengths_.back().length,
    guesses[kShortest] = lengths_[shortest_].length;
  if (place.imitated && place.imitated->is_match() && place.imitated->length <= most)
    guesses[kZlib] = place.imitated->length;
  if (place.limited.length != 0 && place.limited.length <= most) guesses[kLimited] = place.limited.length;
  std::array<uint32_t, kGuesses> order = {kCheapest, kLongest, kZlib, kLimited, kShortest};
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return scores_[a] > scores_[b]; });
  std::array<uint32_t, kGuesses> refused{};
  uint32_t refusals = 0;
  const uint32_t hits =
      (hits_[0] & 3) | (hits_[1] & 3) << 2 | (hits_[2] & 3) << 4 | (hits_[3] & 3) << 6 | (hits_[4] & 3) << 8;
  for (const uint32_t guess : order) {
    const uint32_t length = guesses[guess];
    if (length == 0 || std::find(refused.begin(), refused.end(), length) != refused.end()) continue;
    uint32_t same = 0;
    for (uint32_t g = 0; g < kGuesses; ++g) same |= uint32_t(guesses[g] == length) << g;
    const uint32_t excess = length < kMinMatch + lengths_.size() ? class_of(lengths_[length - kMinMatch].excess) : 14;
    if (coder_.code(actual == length, kIsGuessedLength, (same & 15) << 2 | std::min(refusals, 3u),
                    {join({same, refusals, excess, hits_[guess] & 15}), join({same, refusals, hits}),
                     join({guess, class_of_length(length), excess, std::min(refused[0], 24u)}),
                     join({same, refusals, class_of_length(guesses[kLongest]), class_of(literal_excess_)})}))
      return length;
    refused[refusals++] = length;
  }
  // Another one: by how much it costs.
  const auto is_refused = [&](uint32_t length) {
    return std::find(refused.begin(), refused.end(), length) != refused.end();
  };
  std::vector<Candidate> others;
  for (const Candidate& candidate : lengths_)
    if (!is_refused(candidate.length)) others.push_back(candidate);
  std::stable_sort(others.begin(), others.end(), [](const Candidate& a, const Candidate& b) {
    return a.excess < b.excess || (a.excess == b.excess && a.length > b.length);
  });
  const auto is_end = [&](const Candidate& c) {
    return c.length - kMinMatch + 1 == lengths_.size() || lengths_[c.length - kMinMatch + 1].distance != c.distance;
  };
  for (uint32_t rank = 0; rank < others.size(); ++rank) {
    const Candidate& c = others[rank];
    const uint32_t left = std::min<uint32_t>(uint32_t(others.size()) - rank, 7);
    if (coder_.code(
            actual == c.length, kIsOther, std::min(rank, 7u) << 1 | is_end(c),
            {join({std::min(rank, 20u), class_of(c.excess), is_end(c)}), join({class_of(c.excess), is_end(c), left}),
             join({class_of_length(c.length), c.length + 1 == guesses[kLongest], is_end(c), std::min(rank, 2u)})}))
      return c.length;
  }
  const uint32_t length = kMinMatch + coder_.code_number(actual - kMinMatch, kOddLength);
  if (length > most) return bad_input("reconstruction data of a deflate stream: a match beyond its block");
  return length;
}

template <typename Coder>
Result<uint32_t> TokenModel<Coder>::code_distance(const TokenPlace& place, uint32_t length, uint32_t actual) {
  const uint32_t nearest = length < kMinMatch + lengths_.size() ? lengths_[length - kMinMatch].distance : 0;
  const bool zlib_here = place.imitated && place.imitated->is_match() && place.imitated->length == length;
  const uint32_t by_zlib = zlib_here ? place.imitated->distance : 0;
  std::array<uint32_t, 3> guesses = {nearest, by_zlib, last_distance_};
  if (by_zlib != 0 && (zlib_hits_ & 7) == 7) std::swap(guesses[0], guesses[1]);
  for (size_t i = 0; i < guesses.size(); ++i) {
    const uint32_t guess = guesses[i];
    if (guess == 0 ||
        std::find(guesses.begin(), guesses.begin() + ptrdiff_t(i), guess) != guesses.begin() + ptrdiff_t(i))
      continue;
    const uint32_t same =
        uint32_t(guess == nearest) | uint32_t(guess == by_zlib) << 1 | uint32_t(guess == last_distance_) << 2;
    if (coder_.code(
            actual == guess, kIsGuessedDistance, uint32_t(i) << 3 | same,
            {join({same, uint32_t(i), class_of_length(length)}), join({same, uint32_t(i), log_of(guess)}),
             join({same, uint32_t(i),
                   length < kMinMatch + lengths_.size() ? class_of(lengths_[length - kMinMatch].excess) : 14})}))
      return guess;
  }
  const auto symbol = coder_.code_bits(actual == 0 ? 0 : uint32_t(distance_symbol(actual)), 5, kDistanceSymbol, 0);
  if (symbol >= kDistanceCodes)
    return bad_input("reconstruction data of a deflate stream: a distance that does not exist");
  const SymbolRange range = kDistanceRanges[symbol];
  uint32_t extra = 0;
  for (int i = range.extra_bits; i-- > 0;)
    extra |= uint32_t(coder_.code_bit((actual - range.base) >> i & 1, kDistanceExtra, symbol << 4 | uint32_t(i))) << i;
  const uint32_t distance = range.base + extra;
  if (distance > place.most_distance)
    return bad_input("reconstruction data of a deflate stream: a match outside the data");
  return distance;
}

template <typename Coder>
void TokenModel<Coder>::learn(const TokenPlace& place, Token token) {
  const bool matched = token.is_match();
  const bool any = !lengths_.empty();
  const int32_t excess =
      !matched ? literal_excess_
      : token.length < kMinMatch + lengths_.size() && lengths_[token.length - kMinMatch].distance == token.distance
          ? lengths_[token.length - kMinMatch].excess
          : 1;
  if (any) parse_hits_ = parse_hits_ << 1 | (excess == 0);
  if (place.imitated) zlib_hits_ = zlib_hits_ << 1 | (*place.imitated == token);
  kinds_ = kinds_ << 1 | matched;
  literal_run_ = matched ? 0 : literal_run_ + 1;
  if (!matched) return;
  last_distance_ = token.distance;
  const auto note = [&](Guess guess, bool right) {
    hits_[guess] = hits_[guess] << 1 | right;
    scores_[guess] = scores_[guess] - scores_[guess] / 16 + (right ? 256 : 0);
  };
  if (any) {
    note(kCheapest, token.length == lengths_[best_].length);
    note(kLongest, token.length == lengths_.back().length);
    note(kShortest, token.length == lengths_[shortest_].length);
  }
  if (place.imitated && place.imitated->is_match()) note(kZlib, place.imitated->length == token.length);
  if (place.limited.length != 0) note(kLimited, place.limited.length == token.length);
}

template class TokenModel<ChoiceCoder>;
template class TokenModel<AblatedChoiceCoder>;

}  // namespace lmc
