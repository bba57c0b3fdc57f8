// TIFF files of all layouts, for tests only.
#ifndef LMC_MEDIA_IMAGE_TIFF_TIFF_TEST_SUPPORT_H_
#define LMC_MEDIA_IMAGE_TIFF_TIFF_TEST_SUPPORT_H_

#include "lmc/media/deflate/random_encoder_test_support.h"
#include "lmc/media/deflate/zlib_stream.h"
#include "lmc/media/deflate/zlib_test_support.h"
#include "lmc/media/image/lzw_test_support.h"
#include "lmc/media/image/tiff/packbits_test_support.h"

namespace lmc {

enum class TestPadding { kZeros, kEdge, kStale, kNoise };

struct TiffOptions {
  uint32_t width = 3, height = 5, samples = 3, bits = 8, rows_per_strip = 2, photometric = 2, compression = 1;
  bool big_endian = false, gaps = false;
  uint32_t predictor = 1, planes = 1;
  uint32_t tile = 0;  // width and height; 0: strips
  TestPadding padding = TestPadding::kZeros;
  bool backwards = false;  // the last strip is the first in the file
  uint32_t pages = 1;
  bool random_encoder = false;  // of deflate
};

class TiffMaker {
 public:
  explicit TiffMaker(const TiffOptions& options) : options_(options) {}

  // Strips or tiles of a page first, then its directory, then the lists of offsets and sizes.
  Bytes make() {
    file_.assign(2, options_.big_endian ? 'M' : 'I');
    put(42, 2);
    size_t link = file_.size();
    put(0, 4);
    for (uint32_t page = 0; page < options_.pages; ++page) {
      std::vector<Bytes> pieces = page_pieces();
      std::vector<uint32_t> offsets(pieces.size()), sizes(pieces.size());
      for (size_t k = 0; k < pieces.size(); ++k) {
        const size_t i = options_.backwards ? pieces.size() - 1 - k : k;
        if (options_.gaps) file_.push_back(0xee);
        offsets[i] = uint32_t(file_.size());
        sizes[i] = uint32_t(pieces[i].size());
        append_bytes(file_, pieces[i]);
      }
      const uint32_t directory = uint32_t(file_.size());
      for (size_t i = 0; i < 4; ++i) file_[link + i] = uint8_t(directory >> 8 * (options_.big_endian ? 3 - i : i));
      put_directory(offsets, sizes);
      link = link_;
    }
    return std::move(file_);
  }

 private:
  void put(uint32_t value, size_t bytes) { append(file_, value, bytes); }
  void append(Bytes& out, uint32_t value, size_t bytes) const {
    for (size_t i = 0; i < bytes; ++i) out.push_back(uint8_t(value >> 8 * (options_.big_endian ? bytes - 1 - i : i)));
  }

  uint32_t sample(uint32_t x, uint32_t y, uint32_t c) const {
    const uint32_t value = x / 7 + y / 3 * 5 + c * 11 + (x * 7919 + y * 104729 + c * 31) % 97 % 3;
    return value * (options_.bits == 16 ? 129 : 1) & ((uint64_t(1) << options_.bits) - 1);
  }

  // The samples of a piece, its padding included.
  std::vector<uint32_t> piece_samples(uint32_t left, uint32_t top, uint32_t width, uint32_t height, int channel) {
    std::vector<uint32_t> list;
    for (uint32_t y = top; y < top + height; ++y) {
      for (uint32_t x = left; x < left + width; ++x) {
        for (uint32_t c = channel < 0 ? 0 : uint32_t(channel);
             c < (channel < 0 ? options_.samples : uint32_t(channel) + 1); ++c) {
          uint32_t value = 0;
          if ((x < options_.width && y < options_.height) || options_.padding == TestPadding::kEdge)
            value = sample(std::min(x, options_.width - 1), std::min(y, options_.height - 1), c);
          else if (options_.padding == TestPadding::kStale)
            value = list.size() < last_.size() ? last_[list.size()] : 0;
          else if (options_.padding == TestPadding::kNoise)
            value = x * 7 % 13 + y * 5 % 3;
          list.push_back(value & ((uint64_t(1) << options_.bits) - 1));
        }
      }
    }
    last_ = list;
    return list;
  }

  Bytes piece_bytes(const std::vector<uint32_t>& list, uint32_t row_samples) const {
    Bytes bytes;
    const uint32_t step = options_.planes == 2 ? 1 : options_.samples;
    for (size_t begin = 0; begin < list.size(); begin += row_samples) {
      uint32_t pending = 0, pending_bits = 0;
      for (size_t i = 0; i < row_samples; ++i) {
        uint32_t value = list[begin + i];
        if (options_.predictor == 2 && has_predictor() && i >= step) value -= list[begin + i - step];
        value &= (uint64_t(1) << options_.bits) - 1;
        if (options_.bits >= 8) {
          append(bytes, value, options_.bits / 8);
          continue;
        }
        pending = pending << options_.bits | value;
        pending_bits += options_.bits;
        if (pending_bits % 8 == 0) bytes.push_back(uint8_t(pending));
      }
      if (pending_bits % 8 != 0) bytes.push_back(uint8_t(pending << (8 - pending_bits % 8)));
    }
    return bytes;
  }

  bool has_predictor() const { return options_.compression != 1 && options_.compression != 32773; }

  Bytes compressed(const Bytes& data, size_t row_bytes) const {
    if (options_.compression == 5) return encode_lzw(data, {.form = kTiffLzwForm, .clear_at = 4093});
    if (options_.random_encoder) return zlib_around(Bytes{0x78, 0x9c}, random_stream(data, 1), data);
    if (options_.compression == 8 || options_.compression == 32946) return zlib_stream(data);
    return options_.compression == 32773 ? encode_packbits(data, row_bytes) : data;
  }

  std::vector<Bytes> page_pieces() {
    std::vector<Bytes> pieces;
    const bool planar = options_.planes == 2;
    const uint32_t width = options_.tile != 0 ? options_.tile : options_.width;
    const uint32_t rows = options_.tile != 0 ? options_.tile : options_.rows_per_strip;
    for (int channel = planar ? 0 : -1; channel < (planar ? int(options_.samples) : 0); ++channel) {
      for (uint32_t y = 0; y < options_.height; y += rows) {
        const uint32_t height = options_.tile != 0 ? rows : std::min(rows, options_.height - y);
        for (uint32_t x = 0; x < options_.width; x += width) {
          const uint32_t row_samples = width * (planar ? 1 : options_.samples);
          const Bytes data = piece_bytes(piece_samples(x, y, width, height, channel), row_samples);
          pieces.push_back(compressed(data, (row_samples * options_.bits + 7) / 8));
        }
      }
    }
    return pieces;
  }

  void put_directory(const std::vector<uint32_t>& offsets, const std::vector<uint32_t>& sizes) {
    std::vector<std::pair<uint32_t, uint32_t>> fields = {
        {256, options_.width},          {257, options_.height},      {258, options_.bits},
        {259, options_.compression},    {262, options_.photometric}, {277, options_.samples},
        {278, options_.rows_per_strip}, {284, options_.planes},      {317, options_.predictor}};
    if (options_.tile != 0) {
      fields.push_back({322, options_.tile});
      fields.push_back({323, options_.tile});
    }
    const auto count = uint32_t(offsets.size());
    const auto values = uint32_t(file_.size() + 2 + 12 * (fields.size() + 2) + 4);
    put(uint32_t(fields.size()) + 2, 2);
    const auto put_field = [&](uint32_t tag, uint32_t number, uint32_t value) {
      put(tag, 2);
      put(4, 2);
      put(number, 4);
      put(value, 4);
    };
    for (const auto& [tag, value] : fields) put_field(tag, 1, value);
    const bool tiled = options_.tile != 0, single = count == 1;
    put_field(tiled ? 324 : 273, count, single ? offsets[0] : count == 0 ? 0 : values);
    put_field(tiled ? 325 : 279, count, single ? sizes[0] : count == 0 ? 0 : values + 4 * count);
    link_ = file_.size();
    put(0, 4);
    for (const auto* list : {&offsets, &sizes})
      for (size_t i = 0; !single && i < list->size(); ++i) put((*list)[i], 4);
  }

  TiffOptions options_;
  Bytes file_;
  std::vector<uint32_t> last_;  // samples of the piece before
  size_t link_ = 0;             // place of the offset of the next directory
};

inline Bytes make_tiff(const TiffOptions& options) { return TiffMaker(options).make(); }

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_TIFF_TIFF_TEST_SUPPORT_H_
