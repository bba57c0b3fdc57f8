// The directories of a TIFF file (TIFF 6.0, section 2): one for each page, with the fields that say how its pixels lie
// in the file. Directories within directories are not followed.
#ifndef LMC_MEDIA_IMAGE_TIFF_TIFF_DIRECTORY_H_
#define LMC_MEDIA_IMAGE_TIFF_TIFF_DIRECTORY_H_

#include <vector>

#include "lmc/base/bytes.h"

namespace lmc {

// Of the field that says it.
enum TiffCompression : uint32_t {
  kTiffUncompressed = 1,
  kTiffLzw = 5,
  kTiffDeflate = 8,
  kTiffPackBits = 32773,
  kTiffOldDeflate = 32946,
};

// The values of a field and where they stand.
struct TiffValues {
  std::vector<uint32_t> list;
  size_t begin_bytes = 0;  // offset of the first
  uint32_t value_bytes = 0;
};

struct TiffPage {
  uint32_t width = 0, height = 0, bits = 1, compression = kTiffUncompressed, photometric = 0, fill_order = 1,
           samples = 1, rows_per_strip = UINT32_MAX, planes = 1, predictor = 1, tile_width = 0, tile_height = 0;
  bool same_bits = true;       // of all samples
  TiffValues offsets, counts;  // of strips or tiles; counts may lack

  bool is_indexed() const { return photometric == 3 && samples == 1 && bits <= 8; }
  bool is_deflated() const { return compression == kTiffDeflate || compression == kTiffOldDeflate; }
};

struct TiffFile {
  bool big_endian = false;
  std::vector<TiffPage> pages;  // at least one; those up to the first that cannot be read
};

// Where the first directory begins. Errors: bad input, if that is no TIFF.
Result<uint64_t> first_tiff_directory(ByteSpan start);

// Errors: bad input, if the first page cannot be read.
Result<TiffFile> read_tiff(ByteSpan file);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_TIFF_TIFF_DIRECTORY_H_
