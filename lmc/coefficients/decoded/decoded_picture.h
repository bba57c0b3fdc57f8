// A picture that is a decoded JPEG file at its full size (saved as PPM, PNG, BMP): the quantised coefficients that
// libjpeg made its samples of, for which far fewer bytes will do than for the samples. Pixels that do not come back so
// are listed. docs/pixels.md, section 9.
//
// The decoder is that of libjpeg and libjpeg-turbo with their defaults: inverse_dct, smooth or plain doubling of
// chroma (ChromaGrid), YCbCr (rgb_of). Pictures that were cut or scaled after decoding are not found.
#ifndef LMC_COEFFICIENTS_DECODED_DECODED_PICTURE_H_
#define LMC_COEFFICIENTS_DECODED_DECODED_PICTURE_H_

#include <optional>
#include <vector>

#include "lmc/coefficients/jpeg_codec.h"
#include "lmc/media/jpeg/jpeg_headers.h"
#include "lmc/media/jpeg/jpeg_scan.h"
#include "lmc/samples/image/luma_chroma.h"

namespace lmc {

struct DecodedPicture {
  static constexpr size_t kExceptionsOf = 12;  // one pixel of so many may not come back

  ChromaGrid grid;  // neither odd nor sited
  JpegFrame frame;  // laid out by lay_out, one component or three
  JpegCoefficients coefficients;
  std::vector<LumaChroma::Exception> exceptions;  // ascending by place; of grey pictures only the first channel counts

  // Nothing if the picture is none, which mostly shows after a few blocks, or if too many pixels do not come back.
  // Samples of 8 bits, one or three channels; the shape may be of any size here.
  // The number of threads changes nothing but the time.
  static std::optional<DecodedPicture> find(const TileShape& shape, const TileSamples& samples, int threads = 1);

  // Components, blocks and coefficients, all zero, for a picture of this shape; steps are 1.
  void lay_out(const TileShape& shape);
  // A component's samples in a plane as ChromaGrid has it, for luma one that is not halved.
  std::vector<uint16_t> plane(size_t which, const TileShape& shape) const;
  TileSamples samples(const TileShape& shape) const;
};

// Whether such pictures may have this shape.
bool may_be_decoded(const TileShape& shape);

// Errors: environment, if the budget is too small.
Result<Bytes> encode_decoded_picture(const DecodedPicture& picture, const TileShape& shape, const JpegOptions& options,
                                     const SideEncoder& encode_side);
// Any payload gives samples of this shape or an error.
Result<TileSamples> decode_decoded_picture(ByteSpan payload, const TileShape& shape, const JpegOptions& options,
                                           const SideDecoder& decode_side);

}  // namespace lmc

#endif  // LMC_COEFFICIENTS_DECODED_DECODED_PICTURE_H_
