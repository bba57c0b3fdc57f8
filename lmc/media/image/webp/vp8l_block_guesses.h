// What an encoder of VP8L would choose for each block of the predictor and of the colour transform: the way libwebp
// chooses them, by the entropy of the block alone and together with the blocks before.
//
// Blocks are guessed and noted row by row; a guess rests on what was really taken for the blocks before. They are part
// of the archive format: never change what guess() returns for given pixels and history.
#ifndef LMC_MEDIA_IMAGE_WEBP_VP8L_BLOCK_GUESSES_H_
#define LMC_MEDIA_IMAGE_WEBP_VP8L_BLOCK_GUESSES_H_

#include <algorithm>

#include "lmc/media/image/webp/vp8l_costs.h"
#include "lmc/media/image/webp/vp8l_transforms.h"

namespace lmc {

using Vp8lHistogram = std::array<uint32_t, 256>;

// Shared by both: pixels before the transform, of (height, width), and the transform's image so far.
struct Vp8lBlocks {
  std::span<const Argb> pixels;
  uint32_t width = 0, height = 0;
  int bits = 0;

  uint32_t columns() const { return vp8l_blocks(width, bits); }
  uint32_t left(size_t block) const { return uint32_t(block % columns()) << bits; }
  uint32_t top(size_t block) const { return uint32_t(block / columns()) << bits; }
  uint32_t right(size_t block) const { return std::min(width, left(block) + (1u << bits)); }
  uint32_t bottom(size_t block) const { return std::min(height, top(block) + (1u << bits)); }
  size_t size(size_t block) const { return size_t(right(block) - left(block)) * (bottom(block) - top(block)); }
  // Calls visit(index, x, y) for each pixel of a block.
  template <typename Visit>
  void for_each(size_t block, const Visit& visit) const {
    const uint32_t x0 = left(block), x1 = right(block), y1 = bottom(block);
    for (uint32_t y = top(block); y < y1; ++y)
      for (uint32_t x = x0; x < x1; ++x) visit(size_t(y) * width + x, x, y);
  }
};

class Vp8lBlockCosts {
 public:
  template <typename Weights>
  int64_t of(std::span<const uint8_t> values, const Vp8lHistogram& seen, const Weights& weights);

 private:
  const Vp8lLogarithms& logarithms_ = vp8l_logarithms();
  Vp8lHistogram counts_{};  // all zero between calls
};

class Vp8lModeGuesses {
 public:
  explicit Vp8lModeGuesses(const Vp8lBlocks& blocks) : blocks_(blocks) {}

  // image: of the blocks; what lies before block is known.
  Argb guess(size_t block, std::span<const Argb> image);
  void note(size_t block, Argb element);

 private:
  using Channels = std::array<std::vector<uint8_t>, 4>;
  const Channels& subtract(size_t block, uint32_t mode);

  Vp8lBlocks blocks_;
  Vp8lBlockCosts costs_;
  std::array<Vp8lHistogram, 4> seen_{};
  Channels rest_;  // what a mode leaves of the block at hand
};

class Vp8lColourGuesses {
 public:
  // quality, 0..100: how many steps the search takes.
  Vp8lColourGuesses(const Vp8lBlocks& blocks, int quality)
      : blocks_(blocks), quality_(quality), changed_(blocks.pixels.begin(), blocks.pixels.end()) {}

  Argb guess(size_t block, std::span<const Argb> image);
  void note(size_t block, Argb element);

 private:
  struct Near {
    Argb left = 0, above = 0;
  };
  int64_t red_cost(const Near& near, int green_red);
  int64_t blue_cost(const Near& near, int green_blue, int red_blue);
  int best_red(const Near& near);
  std::pair<int, int> best_blue(const Near& near);

  Vp8lBlocks blocks_;
  int quality_;
  Vp8lBlockCosts costs_;
  std::vector<Argb> changed_;    // the blocks noted are transformed
  std::vector<Argb> block_;      // the pixels of the one at hand
  std::vector<uint8_t> values_;  // of one channel of it, transformed
  Vp8lHistogram red_{}, blue_{};
};

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_WEBP_VP8L_BLOCK_GUESSES_H_
