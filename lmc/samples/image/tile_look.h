// Whether an image looks photographed; if not, what came before tells more than a network does.
#ifndef LMC_SAMPLES_IMAGE_TILE_LOOK_H_
#define LMC_SAMPLES_IMAGE_TILE_LOOK_H_

#include "lmc/samples/image/tile.h"

namespace lmc {

enum class TileLook {
  kPhotographed,
  kFewColours,  // photographed maybe, but reduced to 256 colours
  kSynthetic    // many samples equal their neighbours, or surroundings come again and the same pixel follows them (the
                // tiles that scenes of games are made of)
};

TileLook look_of(const TileShape& shape, const TileSamples& samples);

}  // namespace lmc

#endif  // LMC_SAMPLES_IMAGE_TILE_LOOK_H_
