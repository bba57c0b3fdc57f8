// What an encoder of VP8L would write next, pixel by pixel: guesses at each token from the pixels alone.
//
// Three heuristics of libwebp: taking long matches at once, runs only, and the cheapest way by costs that come from a
// first pass. A guess depends on the position, not on whether earlier ones were right. They are part of the archive
// format: never change what at() returns for given pixels and heuristics.
#ifndef LMC_MEDIA_IMAGE_WEBP_VP8L_GUESSES_H_
#define LMC_MEDIA_IMAGE_WEBP_VP8L_GUESSES_H_

#include "lmc/media/image/webp/vp8l_matches.h"
#include "lmc/media/image/webp/vp8l_writer.h"

namespace lmc {

enum class Vp8lHeuristic : uint8_t { kLiterals = 0, kGreedy = 1, kRuns = 2, kCheapest = 3 };

struct Vp8lGuess {
  uint32_t length = 1;  // 1: no copy
  int doubt = 0;        // by how much a copy is cheaper, as a signed number of bits' length, -kMostDoubt..kMostDoubt

  bool is_copy() const { return length > 1; }
};
inline constexpr int kMostDoubt = 15;

class Vp8lGuesses {
 public:
  // pixels must outlive this.
  Vp8lGuesses(std::span<const Argb> pixels, uint32_t width, int cache_bits, Vp8lHeuristic heuristic,
              const Vp8lSearch& search);

  // Each position once, in ascending order.
  Vp8lGuess at(size_t position);
  // The copy that a guess means, and what else may be copied here.
  const Vp8lMatch& match(size_t position) const { return matches_[position]; }

 private:
  struct Cheapest {
    uint16_t length = 0;
    int8_t doubt = 0;
  };

  Vp8lGuess greedy(size_t position);
  Vp8lCounts count_first_pass(uint32_t width, int cache_bits, const std::vector<char>& cached);
  void find_runs(uint32_t width);
  void find_cheapest(uint32_t width, int cache_bits);

  std::span<const Argb> pixels_;
  Vp8lHeuristic heuristic_ = Vp8lHeuristic::kLiterals;
  std::vector<Vp8lMatch> matches_;
  std::vector<Cheapest> cheapest_;
  size_t steps_left_ = 0;  // of looking ahead
};

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_WEBP_VP8L_GUESSES_H_
