// Finds the coefficients of a chroma component that was smoothly doubled, from bounds of the chroma of pixels, for the
// encoder. Nothing here is part of the format.
#ifndef LMC_COEFFICIENTS_DECODED_CHROMA_SEARCH_H_
#define LMC_COEFFICIENTS_DECODED_CHROMA_SEARCH_H_

#include <vector>

#include "lmc/coefficients/decoded/dct_search.h"
#include "lmc/samples/image/chroma_grid.h"

namespace lmc {

// pixels: bounds at every pixel. hoped: the component's own samples, nearly right.
FoundBlocks find_smooth_blocks(const BoundedPlane& pixels, const ChromaGrid& grid, const BoundedPlane& hoped,
                               const DctSteps& steps);

}  // namespace lmc

#endif  // LMC_COEFFICIENTS_DECODED_CHROMA_SEARCH_H_
