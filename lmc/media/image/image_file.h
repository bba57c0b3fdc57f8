// Image files taken apart into samples and reconstruction data, and put together again, byte for byte.
//
// parse_ turns a whole file into a Picture and the reconstruction data that hold all the rest: headers, metadata,
// palettes, whatever follows, and how the samples were stored (row order, padding, deflate choices). rebuild_ is its
// exact inverse and depends on nothing but its arguments: no library whose next version might write other bytes has a
// part in it.
#ifndef LMC_MEDIA_IMAGE_IMAGE_FILE_H_
#define LMC_MEDIA_IMAGE_IMAGE_FILE_H_

#include <functional>
#include <optional>
#include <span>

#include "lmc/base/budget.h"
#include "lmc/media/file_length.h"

namespace lmc {

// Wire ids, never reused.
enum class ImageFormat : uint8_t { kPnm = 1, kBmp = 2, kPng = 3, kTiff = 4, kGif = 5, kWebp = 6 };

// Samples row by row, interleaved: (height, width, channels). Channels 1 grey or palette index, 2 grey and alpha, 3
// RGB, 4 RGB and alpha; other meanings (CMYK) are coded as if they were these.
struct Picture {
  uint32_t width = 0, height = 0;  // at least 1
  int channels = 0;                // 1..4
  int bits = 8;                    // a sample is below 2^bits, 1..16
  bool indexed = false;            // samples are palette indices: neighbours in value are not alike
  Bytes samples;                   // one byte a sample up to 8 bits, else two, little-endian

  size_t sample_bytes() const { return bits > 8 ? 2 : 1; }
  size_t size_bytes() const { return size_t(width) * height * size_t(channels) * sample_bytes(); }
};

inline constexpr uint64_t kMaxPictureBytes = uint64_t(1) << 30;  // samples; checked before anything is allocated

// Errors: bad input if there are no pixels, or channels, bits or kMaxPictureBytes are out of range; samples are not
// looked at. Every parser calls it before it allocates samples.
Status check_shape(const Picture& picture);

// What a file of so many bytes can declare: no compression that these formats have makes more samples of it. Errors:
// bad input. parse_image gives nothing that would not pass.
Status check_image_fits_file(ImageFormat format, const Picture& shape, size_t file_bytes);
// Likewise of the reconstruction data that parse_image gives.
uint64_t most_image_side_bytes(ImageFormat format, const Picture& shape, size_t file_bytes);
// At most what rebuild_image takes beside its arguments, its result included.
uint64_t rebuild_memory_bytes(ImageFormat format, const Picture& shape, ByteSpan side, size_t file_bytes);

struct ParsedImage {
  Picture picture;
  Bytes side;
  // Where that takes long it is not made yet, and this makes it. The file must still be there.
  std::function<Result<Bytes>(const Picture& picture)> make_side = {};
  Budget::Lease memory = {};  // of both
};

// Parsers call it before they allocate what grows with the picture; shape: the picture without samples, or one as
// large as all that are to be read; more_bytes: what else is needed, beside parse_memory. An error ends the parser.
using OnShape = std::function<Status(const Picture& shape, uint64_t more_bytes)>;

// One row for each format; a new one is a row here and a folder beside this file.
struct FormatRow {
  ImageFormat format;
  const char* name;                       // "PNG"
  std::span<const char* const> suffixes;  // of file names, with the dot, in lower case
  bool (*sniff)(ByteSpan start);          // whether a file's first bytes are of this format
  FileLength (*length)(ByteSpan start);   // where one inside other data ends; null: not looked for
  // By the header of a file that begins so: at most the bytes that its image takes, without spare; 0: there is none, or
  // none that parse takes; UINT64_MAX: it does not say.
  uint64_t (*most_bytes)(ByteSpan start);
  Result<ParsedImage> (*parse)(ByteSpan file, const OnShape& on_shape);
  Result<Bytes> (*rebuild)(ByteSpan side, const Picture& picture, size_t max_bytes);
  // What a file of so many bytes can declare and ask for.
  uint64_t (*most_packed_bytes)(uint64_t file_bytes);  // of the samples in as few bytes as their bits need
  uint64_t (*side_of_shape)(const Picture& shape);     // reconstruction data that no byte of the file may stand for
  uint64_t (*rebuild_memory)(const Picture& shape, ByteSpan side, uint64_t file_bytes);
  // At most what parse takes, what it returns included, beside what it says itself.
  uint64_t (*parse_memory)(const Picture& shape, uint64_t file_bytes);
};
std::span<const FormatRow> image_formats();
const FormatRow* find_image_format(ImageFormat format);  // null: unknown
const FormatRow* find_image_format(ByteSpan start);      // by the first bytes; null: none

const char* image_format_name(ImageFormat format);  // "PNM", "PNG", ...

// By the first bytes only.
std::optional<ImageFormat> guess_image_format(ByteSpan file);

// Errors: bad input, saying why this file cannot be taken apart; environment, if that takes more memory than the budget
// has. What parse_image returns has been rebuilt and compared.
Result<ParsedImage> parse_image(ImageFormat format, ByteSpan file, Budget* budget = nullptr);
// The same in two steps: first the picture, which may be read while the other one runs. Without a budget, the second
// charges nothing and gives nothing back.
Result<ParsedImage> read_image(ImageFormat format, ByteSpan file, Budget* budget = nullptr);
Status finish_image(ImageFormat format, ByteSpan file, ParsedImage& image, Budget* budget = nullptr);
// At most what finish_image takes, beyond what read_image has taken, where the side is still to be made.
uint64_t finish_memory_bytes(const Picture& shape, size_t file_bytes);
// Errors: bad input; nothing in side is trusted. Makes at most max_bytes.
Result<Bytes> rebuild_image(ImageFormat format, ByteSpan side, const Picture& picture, size_t max_bytes);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_IMAGE_FILE_H_
