// Strips and tiles of a TIFF before compression: where in a Picture their pixels lie, and what their bytes are.
#ifndef LMC_MEDIA_IMAGE_TIFF_TIFF_PIECE_FORM_H_
#define LMC_MEDIA_IMAGE_TIFF_TIFF_PIECE_FORM_H_

#include <vector>

#include "lmc/media/image/image_file.h"

namespace lmc {

// How a page is cut; pages stand one below the other in the picture.
struct TiffPageForm {
  uint32_t height = 0;  // of the page; its width is the picture's
  bool tiled = false;
  bool planar = false;        // a piece holds one channel
  bool big_endian = false;    // samples of two bytes
  bool differences = false;   // predictor 2: a row holds differences from the pixel to the left
  uint32_t piece_width = 0;   // of tiles; strips are as wide as the page
  uint32_t piece_height = 0;  // the last strip ends with the page, tiles do not
};

struct TiffPiece {
  uint32_t x = 0, y = 0;                     // its first pixel
  uint32_t width = 0, height = 0;            // as stored
  uint32_t seen_width = 0, seen_height = 0;  // what lies on the page
  int channel = -1;                          // -1: all

  bool is_padded() const { return seen_width < width || seen_height < height; }
};

// What a tile has beyond its page. Wire values.
enum class TilePadding : uint8_t {
  kZeros = 0,
  kEdge = 1,   // the last column and row again
  kStale = 2,  // what the tile before had there: a buffer used again
};
inline constexpr int kTilePaddings = 3;

// What tiles may have beyond their pages, all together, in bytes of samples; and what one piece may have.
uint64_t most_tiff_spare_bytes(const Picture& shape);
uint64_t most_tiff_piece_bytes(const Picture& shape);

// So many pieces a page has; form must have sizes that are not 0.
uint64_t count_tiff_pieces(const TiffPageForm& form, const Picture& shape);

// Appends the pieces of a page whose first row is y, in the order of the file's list of them.
// shape says everything of the picture but the samples. Errors: bad input, if form is impossible, or pieces have more
// than spare_bytes beyond the page; that is then less.
Status append_tiff_pieces(const TiffPageForm& form, uint32_t y, const Picture& shape, uint64_t& spare_bytes,
                          std::vector<TiffPiece>& pieces);

// The bytes of pieces on pages of one form, as samples (seen or not), row by row, and back.
class TiffPieceBytes {
 public:
  TiffPieceBytes(const TiffPageForm& form, const Picture& shape)
      : form_(form), channels_(form.planar ? 1 : size_t(shape.channels)), bits_(size_t(shape.bits)) {}

  size_t row_bytes(const TiffPiece& piece) const { return (piece.width * channels_ * bits_ + 7) / 8; }
  size_t size_bytes(const TiffPiece& piece) const { return row_bytes(piece) * piece.height; }
  size_t channels() const { return channels_; }

  using Samples = std::vector<uint16_t>;  // (height, width, channels) of the piece
  Samples unpack(const TiffPiece& piece, ByteSpan bytes) const;
  Bytes pack(const TiffPiece& piece, const Samples& samples) const;  // fills up the last byte of a row with zeros

 private:
  TiffPageForm form_;
  size_t channels_, bits_;
};

// To and from the picture's samples; a pixel has so many channels in the piece.
void put_piece(const TiffPiece& piece, size_t channels, const TiffPieceBytes::Samples& samples, Picture& picture);
// What is not seen follows from the padding; before are the samples of the piece before, of any size.
TiffPieceBytes::Samples take_piece(const TiffPiece& piece, size_t channels, const Picture& picture, TilePadding padding,
                                   const TiffPieceBytes::Samples& before);

// The samples that are not seen, from the first on.
template <typename Visit>
void for_each_unseen(const TiffPiece& piece, size_t channels, const Visit& visit) {
  for (size_t y = 0; y < piece.height; ++y)
    for (size_t i = y < piece.seen_height ? piece.seen_width * channels : 0; i < piece.width * channels; ++i)
      visit(y * piece.width * channels + i);
}

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_TIFF_TIFF_PIECE_FORM_H_
