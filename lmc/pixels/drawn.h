// Whether an image looks drawn rather than photographed, so that what came before tells more than a network does.
#ifndef LMC_PIXELS_DRAWN_H_
#define LMC_PIXELS_DRAWN_H_

#include "lmc/pixels/tile.h"

namespace lmc {

// Many samples equal their neighbours, or there are few colours, or surroundings come again and the same pixel follows
// (the tiles that scenes of games are made of).
bool looks_drawn(const TileShape& shape, const TileSamples& samples);

}  // namespace lmc

#endif  // LMC_PIXELS_DRAWN_H_
