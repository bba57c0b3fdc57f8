// In what a damaged PNG file differs from one that is well made.
#ifndef LMC_MEDIA_IMAGE_PNG_PNG_DAMAGE_H_
#define LMC_MEDIA_IMAGE_PNG_PNG_DAMAGE_H_

#include "lmc/media/image/png/png_chunks.h"

namespace lmc {

struct PngEnd {
  bool has_end = true;                      // whether there is a chunk IEND
  std::optional<uint32_t> said_bytes = {};  // of the last chunk IDAT, in which the file ends
};

struct PngDamage {
  PngEnd end;
  std::vector<OddBytes> between;  // that are put in, ascending, by their place in the file
  std::vector<OddBytes> odd;      // that replace others, ascending, by their place in the file without `between`

  bool is_any() const { return !end.has_end || end.said_bytes || !between.empty() || !odd.empty(); }
};

void write_png_damage(Bytes& side, const PngDamage& damage);
// Its spans are those of the reader. Errors: bad input.
Result<PngDamage> read_png_damage(ByteReader& side);

// The file without some of its bytes.
Bytes without(ByteSpan file, const std::vector<OddBytes>& parts);
// In what `actual` differs; its spans are those of actual. Errors: bad input, if that is in size or in too much.
Result<std::vector<OddBytes>> differing_bytes(ByteSpan made, ByteSpan actual);

// The damaged file. Errors: bad input.
Result<Bytes> with_damage(Bytes file, const PngDamage& damage, size_t max_bytes);

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_PNG_PNG_DAMAGE_H_
