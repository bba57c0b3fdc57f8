#include "lmc/media/image/tiff/tiff_piece_form.h"

#include <algorithm>

namespace lmc {
namespace {

constexpr uint32_t kTileStep = 16;  // sizes of tiles are multiples

Error impossible() { return bad_input("TIFF: a page that is cut in an impossible way"); }

}  // namespace

uint64_t most_tiff_spare_bytes(const Picture& shape) { return 3 * uint64_t(shape.size_bytes()) + (uint64_t(1) << 20); }

uint64_t most_tiff_piece_bytes(const Picture& shape) {
  return uint64_t(shape.size_bytes()) * 5 / 4 + (uint64_t(16) << 20);
}

uint64_t count_tiff_pieces(const TiffPageForm& form, const Picture& shape) {
  const auto steps = [](uint64_t size, uint64_t step) { return (size + step - 1) / step; };
  const uint64_t across = form.tiled ? steps(shape.width, form.piece_width) : 1;
  return across * steps(form.height, form.piece_height) * (form.planar ? uint64_t(shape.channels) : 1);
}

Status append_tiff_pieces(const TiffPageForm& form, uint32_t y, const Picture& shape, uint64_t& spare_bytes,
                          std::vector<TiffPiece>& pieces) {
  const uint32_t width = form.tiled ? form.piece_width : shape.width;
  if (form.height == 0 || form.height > shape.height || y > shape.height - form.height || form.piece_height == 0 ||
      width == 0)
    return impossible();
  if (form.tiled) {
    if (width % kTileStep != 0 || form.piece_height % kTileStep != 0) return impossible();
    const auto padded = [](uint64_t size, uint64_t step) { return (size + step - 1) / step * step; };
    const uint64_t across = padded(shape.width, width), down = padded(form.height, form.piece_height);
    if (across >= uint64_t(1) << 32 || down >= uint64_t(1) << 32) return impossible();
    const uint64_t seen = uint64_t(shape.width) * form.height, pixels = across * down;
    const uint64_t most = spare_bytes / (uint64_t(shape.channels) * shape.sample_bytes());
    if (pixels - seen > most) return bad_input("TIFF: tiles that are mostly beyond their page");
    const uint64_t piece = uint64_t(width) * form.piece_height * uint64_t(shape.channels) * shape.sample_bytes();
    if (piece > most_tiff_piece_bytes(shape)) return bad_input("TIFF: a tile much larger than its page");
    spare_bytes -= (pixels - seen) * uint64_t(shape.channels) * shape.sample_bytes();
  }
  for (int channel = form.planar ? 0 : -1; channel < (form.planar ? shape.channels : 0); ++channel) {
    for (uint64_t top = 0; top < form.height; top += form.piece_height) {
      for (uint64_t left = 0; left < shape.width; left += width) {
        TiffPiece piece{.x = uint32_t(left), .y = uint32_t(y + top), .width = width, .height = form.piece_height};
        piece.seen_width = std::min(width, shape.width - uint32_t(left));
        piece.seen_height = std::min(form.piece_height, form.height - uint32_t(top));
        if (!form.tiled) piece.height = piece.seen_height;
        piece.channel = channel;
        pieces.push_back(piece);
      }
    }
  }
  return Ok();
}

TiffPieceBytes::Samples TiffPieceBytes::unpack(const TiffPiece& piece, ByteSpan bytes) const {
  const size_t row_samples = piece.width * channels_;
  Samples samples;
  samples.reserve(row_samples * piece.height);
  for (size_t y = 0; y < piece.height; ++y) {
    const ByteSpan row = bytes.subspan(y * row_bytes(piece), row_bytes(piece));
    for (size_t i = 0; i < row_samples; ++i) {
      uint32_t value = 0;
      if (bits_ == 16)
        value = row[2 * i + size_t(form_.big_endian)] | uint32_t(row[2 * i + size_t(!form_.big_endian)]) << 8;
      else
        value = row[i * bits_ / 8] >> (8 - bits_ - i * bits_ % 8) & ((1u << bits_) - 1);
      if (form_.differences && i >= channels_)
        value = (value + samples[y * row_samples + i - channels_]) & ((1u << bits_) - 1);
      samples.push_back(uint16_t(value));
    }
  }
  return samples;
}

Bytes TiffPieceBytes::pack(const TiffPiece& piece, const Samples& samples) const {
  const size_t row_samples = piece.width * channels_;
  const uint32_t mask = (1u << bits_) - 1;
  Bytes bytes(size_bytes(piece));
  for (size_t y = 0; y < piece.height; ++y) {
    uint8_t* row = bytes.data() + y * row_bytes(piece);
    for (size_t i = 0; i < row_samples; ++i) {
      const size_t at = y * row_samples + i;
      uint32_t value = samples[at] & mask;
      if (form_.differences && i >= channels_) value = (value - samples[at - channels_]) & mask;
      if (bits_ == 16) {
        row[2 * i + size_t(form_.big_endian)] = uint8_t(value);
        row[2 * i + size_t(!form_.big_endian)] = uint8_t(value >> 8);
      } else {
        row[i * bits_ / 8] |= uint8_t(value << (8 - bits_ - i * bits_ % 8));
      }
    }
  }
  return bytes;
}

namespace {

// Calls visit(sample of the picture, sample of the piece) for what is seen.
template <typename Visit>
void for_each_seen(const TiffPiece& piece, size_t channels, const Picture& picture, const Visit& visit) {
  const size_t step = size_t(picture.channels), first = piece.channel < 0 ? 0 : size_t(piece.channel);
  for (size_t y = 0; y < piece.seen_height; ++y)
    for (size_t x = 0; x < piece.seen_width; ++x)
      for (size_t c = 0; c < channels; ++c)
        visit(((piece.y + y) * picture.width + piece.x + x) * step + first + c, (y * piece.width + x) * channels + c);
}

}  // namespace

void put_piece(const TiffPiece& piece, size_t channels, const TiffPieceBytes::Samples& samples, Picture& picture) {
  uint8_t* out = picture.samples.data();
  for_each_seen(piece, channels, picture, [&](size_t to, size_t from) {
    if (picture.sample_bytes() == 1) {
      out[to] = uint8_t(samples[from]);
    } else {
      out[2 * to] = uint8_t(samples[from]);
      out[2 * to + 1] = uint8_t(samples[from] >> 8);
    }
  });
}

TiffPieceBytes::Samples take_piece(const TiffPiece& piece, size_t channels, const Picture& picture, TilePadding padding,
                                   const TiffPieceBytes::Samples& before) {
  TiffPieceBytes::Samples samples(size_t(piece.width) * piece.height * channels);
  const uint8_t* in = picture.samples.data();
  for_each_seen(piece, channels, picture, [&](size_t from, size_t to) {
    samples[to] = picture.sample_bytes() == 1 ? in[from] : uint16_t(in[2 * from] | in[2 * from + 1] << 8);
  });
  const size_t row = piece.width * channels;
  if (padding == TilePadding::kEdge)
    for_each_unseen(piece, channels, [&](size_t at) {
      samples[at] = at % row < piece.seen_width * channels ? samples[at - row] : samples[at - channels];
    });
  if (padding == TilePadding::kStale)
    for_each_unseen(piece, channels, [&](size_t at) { samples[at] = at < before.size() ? before[at] : 0; });
  return samples;
}

}  // namespace lmc
