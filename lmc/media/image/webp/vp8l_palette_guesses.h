// The order of a VP8L palette: that of the colours' numbers, or each time the colour nearest to the one before, as
// libwebp has it. Part of the archive format.
#ifndef LMC_MEDIA_IMAGE_WEBP_VP8L_PALETTE_GUESSES_H_
#define LMC_MEDIA_IMAGE_WEBP_VP8L_PALETTE_GUESSES_H_

#include <span>

#include "lmc/media/image/webp/vp8l_format.h"

namespace lmc {

class Vp8lPaletteGuesses {
 public:
  // pixels: of the picture, before the palette is applied.
  Vp8lPaletteGuesses(std::span<const Argb> pixels, bool by_distance);

  // As differences from the colour before; to be noted in order.
  Argb guess(size_t i, std::span<const Argb> image) const;
  void note(size_t i, Argb difference);

 private:
  size_t nearest() const;

  bool by_distance_;
  std::vector<Argb> left_;  // colours not yet noted; empty if there are too many
  Argb last_ = 0;
};

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_WEBP_VP8L_PALETTE_GUESSES_H_
