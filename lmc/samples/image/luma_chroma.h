// Luma and chroma in place of red, green and blue, for pictures that were made of them: a JPEG file that was decoded
// and saved as something else, a scan from a Photo CD. Only a quarter, or a tenth, of all colours can then occur, and
// often chroma has half the width and height; both are undone exactly. The few pixels that do not fit are listed.
// docs/pixels.md, section 8.
#ifndef LMC_SAMPLES_IMAGE_LUMA_CHROMA_H_
#define LMC_SAMPLES_IMAGE_LUMA_CHROMA_H_

#include <array>
#include <optional>
#include <vector>

#include "lmc/base/bytes.h"
#include "lmc/samples/image/chroma_grid.h"
#include "lmc/samples/image/colour_making.h"
#include "lmc/samples/image/tile.h"

namespace lmc {

struct LumaChroma {
  struct Exception {
    uint32_t place;  // number of the pixel
    Rgb rgb;
  };
  ChromaGrid grid;                              // sited: of a Photo CD
  std::array<std::vector<uint16_t>, 3> planes;  // luma (height, width); blue, red (grid.height, grid.width)
  std::vector<Exception> exceptions;            // ascending by place
  bool doubtful = false;                        // found with so many of them that it may not pay

  // Nothing if the picture is not one that was made so. Channels 0..2 of samples are red, green, blue; 8 bits.
  static std::optional<LumaChroma> find(const TileShape& shape, const TileSamples& samples);
  // Everything but the planes.
  void append_to(Bytes& out) const;
  static Result<LumaChroma> read(ByteReader& reader, const TileShape& shape);
  // Channels 0..2 of samples from the planes, which must hold values up to 255, and the exceptions.
  void write_rgb(const TileShape& shape, TileSamples& samples) const;
};

}  // namespace lmc

#endif  // LMC_SAMPLES_IMAGE_LUMA_CHROMA_H_
