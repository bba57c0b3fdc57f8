// PNG files for their pixels only: written for other programs to show, read where a file cannot be taken apart exactly.
//
// Written with this library's own deflate, so that a picture always gives the same file. Depths PNG lacks are scaled up
// to the next it has, and a chunk sBIT says how many bits are meant. Read: pixels and palette; colour keys, colour
// spaces and metadata are left out.
#ifndef LMC_MEDIA_IMAGE_PNG_PNG_PIXELS_H_
#define LMC_MEDIA_IMAGE_PNG_PNG_PIXELS_H_

#include "lmc/media/image/image_file.h"

namespace lmc {

struct Palette {
  Bytes colours;  // red, green, blue of each
  Bytes alphas;   // of the first colours; the others are opaque

  bool empty() const { return colours.empty(); }
};

struct Pixels {
  Picture picture;
  Palette palette;  // empty unless the picture is indexed
};

// The colours of an indexed PNG, BMP or GIF file; empty if there are none to be found.
Palette find_palette(ImageFormat format, ByteSpan file);

// An indexed picture without a palette is written as greys. Errors: bad input, if the picture is none.
Result<Bytes> write_png(const Picture& picture, const Palette& palette);

// Errors: bad input.
Result<Pixels> read_png_pixels(ByteSpan file);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_PNG_PNG_PIXELS_H_
