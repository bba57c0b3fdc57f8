#include "lmc/media/image/webp/vp8l_side_tokens.h"

#include <functional>

#include "lmc/media/image/webp/vp8l_guesses.h"
#include "lmc/media/image/webp/vp8l_side_kinds.h"

namespace lmc {
namespace {

struct Settings {
  Vp8lHeuristic heuristic = Vp8lHeuristic::kLiterals;
  Vp8lSearch search;
};

uint32_t size_of(uint32_t number) { return uint32_t(std::bit_width(number)); }

class TokenCoder {
 public:
  TokenCoder(Vp8lSideCoder& coder, const Vp8lImage& image, const Settings& settings)
      : coder_(coder),
        image_(image),
        guesses_(image.pixels, image.width, image.cache_bits, settings.heuristic, settings.search),
        cache_(image.cache_size()) {}

  Result<Vp8lToken> code(size_t at, Vp8lToken token);

 private:
  Result<Vp8lToken> code_copy(size_t at, const Vp8lGuess& guess, Vp8lToken token);
  bool is_cached(size_t at) const {
    const Argb pixel = image_.pixels[at];
    return !cache_.empty() && cache_[vp8l_cache_slot(pixel, image_.cache_bits)] == pixel;
  }
  void note(size_t at, size_t count) {
    if (cache_.empty()) return;
    for (size_t i = at; i < at + count; ++i)
      cache_[vp8l_cache_slot(image_.pixels[i], image_.cache_bits)] = image_.pixels[i];
  }

  Vp8lSideCoder& coder_;
  const Vp8lImage& image_;
  Vp8lGuesses guesses_;
  std::vector<Argb> cache_;
  uint32_t misses_ = 0;  // whether the last guesses were wrong, the latest in bit 0
};

Result<Vp8lToken> TokenCoder::code(size_t at, Vp8lToken token) {
  const Vp8lGuess guess = guesses_.at(at);
  const Vp8lMatch& match = guesses_.match(at);
  const bool follows = at > 0 && guesses_.match(at - 1).distance == match.distance;
  const uint32_t near = std::min(match.length + 0u, 4u) + (match.length > 8) + (match.length > 32);
  const uint32_t doubt = uint32_t(guess.doubt + kMostDoubt) << 1 | guess.is_copy();
  const bool copy = coder_.code_bit(token.is_copy(), kIsCopy, doubt << 4 | near << 1 | follows, misses_ & 7);
  misses_ = misses_ << 1 | (copy != guess.is_copy());
  if (copy) {
    const auto coded = code_copy(at, guess, token);
    if (!coded.ok()) return coded;
    note(at, coded->length);
    return coded;
  }
  const bool cached = is_cached(at) && coder_.code_bit(token.is_cached(), kIsCached);
  note(at, 1);
  return Vp8lToken{cached, 0};
}

Result<Vp8lToken> TokenCoder::code_copy(size_t at, const Vp8lGuess& guess, Vp8lToken token) {
  const Vp8lMatch& match = guesses_.match(at);
  const uint32_t usual = match.distance == 0 ? 0 : vp8l_distance_code(match.distance, image_.width);
  if (usual != 0 && coder_.code_bit(token.distance_code == usual, kGuessedDistance, guess.is_copy()))
    token.distance_code = usual;
  else
    token.distance_code = coder_.code_number(token.distance_code, kDistance);
  if (token.distance_code == 0 || token.distance_code > kMaxVp8lDistanceCode)
    return bad_input("reconstruction data of a VP8L: a distance that cannot be written");
  const size_t distance = vp8l_distance(token.distance_code, image_.width);
  if (distance > at) return bad_input("reconstruction data of a VP8L: a copy from before the first pixel");
  const uint32_t left = uint32_t(std::min<size_t>(image_.size() - at, kMaxVp8lCopy));
  const uint32_t most = vp8l_match_length(image_.pixels, at, distance, left);
  const bool guessed = token.distance_code == usual;
  if (guessed && guess.is_copy()) {
    if (coder_.code_bit(token.length == guess.length, kGuessedLength, uint32_t(guess.doubt + kMostDoubt),
                        guess.length == match.length)) {
      token.length = guess.length;
      return token;
    }
  }
  if (most > 0 && coder_.code_bit(token.length == most, kFullLength, guessed, size_of(most)))
    token.length = most;
  else
    token.length = coder_.code_number(token.length, kCopyLength, guessed, size_of(most));
  if (token.length == 0 || token.length > most)
    return bad_input("reconstruction data of a VP8L: a copy of something else");
  return token;
}

size_t count_misses(const Vp8lImage& image, const Settings& settings) {
  Vp8lGuesses guesses(image.pixels, image.width, image.cache_bits, settings.heuristic, settings.search);
  size_t at = 0, misses = 0;
  for (const Vp8lToken& token : image.tokens) {
    const Vp8lGuess guess = guesses.at(at);
    if (token.is_copy() != guess.is_copy())
      misses += 2;
    else if (token.is_copy())
      misses += (token.length != guess.length) +
                (token.distance_code != vp8l_distance_code(guesses.match(at).distance, image.width));
    at += token.pixels();
  }
  return misses;
}

// First the heuristic, at its usual quality, then the quality.
Settings choose_settings(const Vp8lImage& image) {
  Settings best;
  size_t least = count_misses(image, best);
  const auto copies = size_t(std::count_if(image.tokens.begin(), image.tokens.end(), std::mem_fn(&Vp8lToken::is_copy)));
  const size_t good = image.tokens.size() / 1000 + copies / 32;  // nothing better is looked for
  const auto try_one = [&](const Settings& settings) {
    if (least <= good) return;
    const size_t misses = count_misses(image, settings);
    if (misses >= least) return;
    least = misses;
    best = settings;
  };
  for (const Settings& settings : {Settings{Vp8lHeuristic::kCheapest, {}}, Settings{Vp8lHeuristic::kGreedy, {0, false}},
                                   Settings{Vp8lHeuristic::kGreedy, {20, true}}, Settings{Vp8lHeuristic::kRuns, {}}})
    try_one(settings);
  const bool searches = best.heuristic == Vp8lHeuristic::kCheapest || best.heuristic == Vp8lHeuristic::kGreedy;
  const Settings first = best;
  for (const int quality : {90, 80, 100, 50, 30, 25, 20, 0, 70, 95, 85, 60, 40, 10})
    if (searches) try_one({first.heuristic, {quality, first.search.near_first}});
  return best;
}

void code_settings(Vp8lSideCoder& coder, Settings& settings) {
  settings.heuristic = Vp8lHeuristic(coder.code_bits(uint32_t(settings.heuristic), 2, kHeuristic));
  settings.search.quality = int(coder.code_bits(uint32_t(settings.search.quality), 7, kQuality));
  settings.search.near_first = coder.code_bit(settings.search.near_first, kQuality, 1);
}

}  // namespace

Status code_vp8l_tokens(Vp8lSideCoder& coder, Vp8lImage& image) {
  Settings settings;
  if (!coder.decodes()) settings = choose_settings(image);
  code_settings(coder, settings);
  TokenCoder tokens(coder, image, settings);
  for (size_t at = 0, i = 0; at < image.size(); ++i) {
    const auto token = tokens.code(at, coder.decodes() ? Vp8lToken{} : image.tokens[i]);
    if (!token.ok()) return token.error();
    if (coder.decodes()) image.tokens.push_back(*token);
    at += token->pixels();
  }
  return Ok();
}

}  // namespace lmc
