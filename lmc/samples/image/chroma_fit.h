// Finds planes of halved chroma that make a picture's colours, for the encoder. Nothing here is part of the format.
#ifndef LMC_SAMPLES_IMAGE_CHROMA_FIT_H_
#define LMC_SAMPLES_IMAGE_CHROMA_FIT_H_

#include <vector>

#include "lmc/samples/image/luma_chroma.h"

namespace lmc {

// The colours of a picture and for each chroma that makes it. It is sure where no other does, not where the colour lies
// at the end of a channel's range.
struct ColourField {
  ColourMaking making = ColourMaking::kJpeg;
  int width = 0, height = 0;
  std::vector<Rgb> colours;
  std::vector<Chroma> chroma;
  std::vector<uint8_t> sure;

  ColourField cut(int x, int y, int cut_width, int cut_height) const;
};

struct ChromaFit {
  ChromaGrid grid;
  std::array<std::vector<uint16_t>, 2> planes;  // blue, red
  size_t misses = 0;                            // pixels whose colour cannot be made
};
// most_repairs: passes over what does not fit, which take most of the time where there is much.
inline constexpr int kChromaRepairs = 3;
ChromaFit fit_chroma(const ColourField& field, const ChromaGrid& grid, int most_repairs = kChromaRepairs);

// The halved grid that fits best around the place with most detail; one that is not halved if none fits.
ChromaGrid guess_grid(const ColourField& field);

}  // namespace lmc

#endif  // LMC_SAMPLES_IMAGE_CHROMA_FIT_H_
