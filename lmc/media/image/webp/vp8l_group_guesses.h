// Which group of prefix codes an encoder of VP8L would take for each block of the main image: the one whose blocks so
// far have symbols like those of this block. Part of the archive format.
#ifndef LMC_MEDIA_IMAGE_WEBP_VP8L_GROUP_GUESSES_H_
#define LMC_MEDIA_IMAGE_WEBP_VP8L_GROUP_GUESSES_H_

#include "lmc/media/image/webp/vp8l_format.h"

namespace lmc {

class Vp8lGroupGuesses {
 public:
  struct Candidate {
    uint32_t group = 0;
    int64_t cost = 0;  // 65536 is a bit
  };

  // Whether so many groups can be ranked for so many blocks in a time and a memory that stand in a relation to the
  // image.
  static bool can_rank(const Vp8lImage& image, size_t blocks, size_t groups) {
    return uint64_t(blocks) * groups <= uint64_t(1) << 22 && uint64_t(image.size()) * groups <= uint64_t(1) << 32;
  }

  // image: with its tokens.
  Vp8lGroupGuesses(const Vp8lImage& image, int bits);

  // The groups noted so far, the likeliest first; likely ones left and above are favoured.
  const std::vector<Candidate>& rank(size_t block);
  void note(size_t block, uint32_t group);
  uint32_t known() const { return uint32_t(groups_.size()); }
  // What was noted; known() if nothing.
  uint32_t left_of(size_t block) const { return block % columns_ > 0 ? noted_[block - 1] : known(); }
  uint32_t above(size_t block) const { return block >= columns_ ? noted_[block - columns_] : known(); }

 private:
  // Green, red, blue, alpha, distances share one row of counts.
  struct Group {
    std::vector<uint32_t> counts;
    std::array<uint32_t, 5> sums{};
  };

  uint32_t columns_;
  std::array<uint32_t, 6> first_{};             // place of each alphabet in a row
  std::vector<std::vector<uint16_t>> symbols_;  // of each block, with repeats
  std::vector<uint32_t> priors_;                // by place: what each group has of a symbol before it is met
  std::array<uint32_t, 5> prior_sums_{};
  std::vector<Group> groups_;
  std::vector<uint32_t> noted_;
  std::vector<Candidate> candidates_;
};

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_WEBP_VP8L_GROUP_GUESSES_H_
