#include "lmc/media/image/webp/vp8l_side.h"

#include "lmc/media/image/webp/vp8l_block_guesses.h"
#include "lmc/media/image/webp/vp8l_group_guesses.h"
#include "lmc/media/image/webp/vp8l_palette_guesses.h"
#include "lmc/media/image/webp/vp8l_side_codes.h"
#include "lmc/media/image/webp/vp8l_side_kinds.h"
#include "lmc/media/image/webp/vp8l_side_tokens.h"
#include "lmc/media/image/webp/vp8l_transforms.h"

namespace lmc {
namespace {

// The pixel to the left, or above.
struct LeftGuesses {
  uint32_t width = 0;
  Argb guess(size_t i, std::span<const Argb> image) const {
    return i % width > 0 ? image[i - 1] : i > 0 ? image[i - width] : 0xff000000u;
  }
  void note(size_t, Argb) const {}
};

// Among the first pixels, a copy of guesses being given.
template <typename Guesses>
size_t count_misses(Guesses guesses, const Vp8lImage& image) {
  constexpr size_t kMostTried = 256;
  size_t misses = 0;
  for (size_t i = 0; i < std::min(kMostTried, image.pixels.size()); ++i) {
    misses += guesses.guess(i, image.pixels) != image.pixels[i];
    guesses.note(i, image.pixels[i]);
  }
  return misses;
}

// Of the colour transform: the one that foretells the first blocks best.
int choose_quality(const Vp8lBlocks& blocks, const Vp8lImage& image) {
  int best = 0;
  size_t least = SIZE_MAX;
  for (const int quality : {75, 60, 40, 30, 0}) {
    const size_t misses = count_misses(Vp8lColourGuesses(blocks, quality), image);
    if (misses >= least) continue;
    least = misses;
    best = quality;
    if (misses <= 4) break;
  }
  return best;
}

class StreamCoder {
 public:
  StreamCoder(Vp8lSideCoder& coder, Vp8lStream& stream) : coder_(coder), stream_(stream) {}

  // pixels: the picture.
  Status code(std::vector<Argb> pixels);

 private:
  Status code_transform(size_t i, std::vector<Argb>& pixels, uint32_t& width);
  void code_exceptions(std::vector<Argb>& pixels, const std::vector<Argb>& actual);
  template <typename Guesses>
  Status code_sub_image(Vp8lImage& image, uint32_t kind, Guesses& guesses);
  Status code_palette(Vp8lImage& image, const std::vector<Argb>& pixels);
  Status code_blocks(Vp8lTransform& transform, const std::vector<Argb>& pixels, uint32_t width);
  Argb code_pixel(Argb pixel, uint32_t kind, Argb left, Argb top);
  template <typename Guesses>
  void code_pixels(Vp8lImage& image, uint32_t kind, Guesses& guesses);
  Status code_group_image(Vp8lImage& image);
  Status code_ranked_groups(Vp8lImage& image);
  uint32_t code_ranked_group(Vp8lGroupGuesses& guesses, size_t block, uint32_t group);
  void code_cache_bits(Vp8lImage& image, uint32_t kind) {
    image.cache_bits = int(coder_.code_bits(uint32_t(image.cache_bits), 4, kCacheBits, kind));
  }
  Status code_groups(Vp8lImage& image, size_t count, const Vp8lImage* groups);

  Vp8lSideCoder& coder_;
  Vp8lStream& stream_;
};

Status StreamCoder::code_groups(Vp8lImage& image, size_t count, const Vp8lImage* groups) {
  if (coder_.decodes()) image.groups.resize(count);
  const auto counts = count_vp8l_symbols(image, groups, stream_.group_bits, count);
  for (size_t i = 0; i < count; ++i)
    for (size_t k = 0; k < 5; ++k) LMC_TRY(code_vp8l_code(coder_, counts[i][k], image.groups[i][k]));
  return Ok();
}

Argb StreamCoder::code_pixel(Argb pixel, uint32_t kind, Argb left, Argb top) {
  Argb out = 0;
  for (int shift = 0; shift < 32; shift += 8) {
    const uint32_t near = (left >> shift & 255) << 8 | (kind == 0 ? top >> shift & 255 : 0);
    out |= coder_.code_bits(pixel >> shift & 255, 8, kPixel, kind << 2 | uint32_t(shift) / 8, near) << shift;
  }
  return out;
}

template <typename Guesses>
void StreamCoder::code_pixels(Vp8lImage& image, uint32_t kind, Guesses& guesses) {
  image.pixels.resize(image.size());
  const uint32_t width = image.width;
  uint32_t misses = 0;
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    const Argb left = i % width > 0 ? image.pixels[i - 1] : 0, top = i >= width ? image.pixels[i - width] : left;
    const Argb guess = guesses.guess(i, image.pixels);
    Argb pixel = guess;
    if (!coder_.code_bit(image.pixels[i] == guess, kGuessedPixel, kind, misses & 15))
      pixel = code_pixel(image.pixels[i], kind, left, top);
    misses = misses << 1 | (pixel != guess);
    image.pixels[i] = pixel;
    guesses.note(i, pixel);
  }
}

template <typename Guesses>
Status StreamCoder::code_sub_image(Vp8lImage& image, uint32_t kind, Guesses& guesses) {
  code_cache_bits(image, kind);
  if (image.cache_bits > kMaxVp8lCacheBits)
    return bad_input("reconstruction data of a VP8L: a colour cache of too many bits");
  code_pixels(image, kind, guesses);
  LMC_TRY(code_vp8l_tokens(coder_, image));
  return code_groups(image, 1, nullptr);
}

Status StreamCoder::code_palette(Vp8lImage& image, const std::vector<Argb>& pixels) {
  bool by_distance = false;
  if (!coder_.decodes())
    by_distance =
        count_misses(Vp8lPaletteGuesses(pixels, true), image) < count_misses(Vp8lPaletteGuesses(pixels, false), image);
  Vp8lPaletteGuesses guesses(pixels, coder_.code_bit(by_distance, kPaletteOrder));
  return code_sub_image(image, uint32_t(Vp8lTransformKind::kPalette), guesses);
}

Status StreamCoder::code_blocks(Vp8lTransform& transform, const std::vector<Argb>& pixels, uint32_t width) {
  const Vp8lBlocks blocks{pixels, width, stream_.height, transform.block_bits};
  transform.image.width = blocks.columns();
  transform.image.height = vp8l_blocks(stream_.height, transform.block_bits);
  const auto kind = uint32_t(transform.kind);
  if (transform.kind == Vp8lTransformKind::kPredictor) {
    Vp8lModeGuesses guesses(blocks);
    return code_sub_image(transform.image, kind, guesses);
  }
  int quality = 75;
  if (!coder_.decodes()) quality = choose_quality(blocks, transform.image);
  quality = int(coder_.code_bits(uint32_t(quality), 7, kColourQuality));
  Vp8lColourGuesses guesses(blocks, quality);
  return code_sub_image(transform.image, kind, guesses);
}

void StreamCoder::code_exceptions(std::vector<Argb>& pixels, const std::vector<Argb>& actual) {
  uint32_t gap = 0;
  for (size_t i = 0; i < pixels.size();) {
    if (!coder_.decodes()) {
      for (gap = 0; i + gap < pixels.size() && actual[i + gap] == pixels[i + gap];) ++gap;
    }
    gap = coder_.code_number(gap, kExceptionGap);
    i += gap;
    if (i >= pixels.size()) break;
    Argb pixel = coder_.decodes() ? 0 : actual[i];
    Argb out = 0;
    for (int shift = 0; shift < 32; shift += 8)
      out |= coder_.code_bits(pixel >> shift & 255, 8, kException, uint32_t(shift)) << shift;
    pixels[i++] = out;
  }
}

// Returns the group; known() for the next new one.
uint32_t StreamCoder::code_ranked_group(Vp8lGroupGuesses& guesses, size_t block, uint32_t group) {
  const auto& candidates = guesses.rank(block);
  if (candidates.empty()) return guesses.known();
  if (coder_.code_bit(group >= candidates.size(), kNewGroup, std::min<uint32_t>(uint32_t(candidates.size()), 20)))
    return guesses.known();
  for (uint32_t i = 0; i + 1 < candidates.size(); ++i) {
    const auto& candidate = candidates[i];
    const uint32_t near = (candidate.group == guesses.left_of(block)) | (candidate.group == guesses.above(block)) << 1;
    const auto margin = uint32_t(std::min<int64_t>((candidates[i + 1].cost - candidate.cost) >> 13, INT32_MAX));
    if (coder_.code_bit(candidate.group == group, kGroupRank, std::min(i, 7u) << 2 | near,
                        uint32_t(std::bit_width(margin))))
      return candidate.group;
  }
  return candidates.back().group;
}

Status StreamCoder::code_ranked_groups(Vp8lImage& image) {
  const Argb alpha = coder_.code_bits(image.pixels.empty() ? 0 : image.pixels[0] >> 24, 8, kGroupAlpha) << 24;
  Vp8lGroupGuesses guesses(stream_.main, stream_.group_bits);
  image.pixels.resize(image.size());
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    const uint32_t group = vp8l_group_of(image.pixels[i]);
    const uint32_t ranked = code_ranked_group(guesses, i, group);
    const Argb usual = alpha | ranked << 8;
    guesses.note(i, ranked);
    if (!Vp8lGroupGuesses::can_rank(stream_.main, image.size(), guesses.known()))
      return bad_input("reconstruction data of a VP8L: too many groups");
    if (coder_.code_bit(image.pixels[i] == usual, kGuessedPixel, 8))
      image.pixels[i] = usual;
    else
      image.pixels[i] = code_pixel(image.pixels[i], 8, 0, 0);
  }
  return Ok();
}

Status StreamCoder::code_group_image(Vp8lImage& image) {
  stream_.group_bits = 2 + int(coder_.code_bits(uint32_t(stream_.group_bits - 2), 3, kBlockBits, 8));
  image.width = vp8l_blocks(stream_.main.width, stream_.group_bits);
  image.height = vp8l_blocks(stream_.height, stream_.group_bits);
  size_t count = 0;
  for (const Argb pixel : image.pixels) count = std::max<size_t>(count, vp8l_group_of(pixel) + 1);
  code_cache_bits(image, 8);
  if (image.cache_bits > kMaxVp8lCacheBits)
    return bad_input("reconstruction data of a VP8L: a colour cache of too many bits");
  if (coder_.code_bit(Vp8lGroupGuesses::can_rank(stream_.main, image.size(), count), kRanksGroups)) {
    LMC_TRY(code_ranked_groups(image));
  } else {
    LeftGuesses guesses{image.width};
    code_pixels(image, 8, guesses);
  }
  LMC_TRY(code_vp8l_tokens(coder_, image));
  return code_groups(image, 1, nullptr);
}

Status StreamCoder::code_transform(size_t i, std::vector<Argb>& pixels, uint32_t& width) {
  Vp8lTransform& transform = stream_.transforms[i];
  transform.kind = Vp8lTransformKind(coder_.code_bits(uint32_t(transform.kind), 2, kTransformKind));
  const auto kind = uint32_t(transform.kind);
  transform.width_before = width;
  if (transform.kind == Vp8lTransformKind::kPalette) {
    const uint32_t colours = 1 + coder_.code_bits(transform.image.width - 1, 8, kPaletteSize);
    transform.image.width = colours;
    transform.image.height = 1;
    LMC_TRY(code_palette(transform.image, pixels));
    width = vp8l_blocks(width, vp8l_bundle_bits(colours));
  } else if (transform.kind != Vp8lTransformKind::kSubtractGreen) {
    transform.block_bits = 2 + int(coder_.code_bits(uint32_t(transform.block_bits - 2), 3, kBlockBits, kind));
    LMC_TRY(code_blocks(transform, pixels, width));
  }
  LMC_ASSIGN(auto applied, apply_vp8l(transform, std::move(pixels), stream_.height));
  pixels = std::move(applied);
  if (transform.kind != Vp8lTransformKind::kPalette) return Ok();
  std::vector<Argb> actual;
  if (!coder_.decodes()) {
    actual = stream_.main.pixels;
    for (size_t k = stream_.transforms.size(); k-- > i + 1;)
      actual = undo_vp8l(stream_.transforms[k], std::move(actual), stream_.height);
  }
  code_exceptions(pixels, actual);
  return Ok();
}

Status StreamCoder::code(std::vector<Argb> pixels) {
  stream_.says_alpha = coder_.code_bit(stream_.says_alpha, kHeader);
  stream_.padding = uint8_t(coder_.code_bits(stream_.padding, 8, kHeader, 1));
  uint32_t width = stream_.width;
  unsigned seen = 0;
  for (size_t i = 0; coder_.code_bit(i < stream_.transforms.size(), kMoreTransforms); ++i) {
    if (coder_.decodes()) stream_.transforms.emplace_back();
    LMC_TRY(code_transform(i, pixels, width));
    const unsigned bit = 1u << unsigned(stream_.transforms[i].kind);
    if (seen & bit) return bad_input("reconstruction data of a VP8L: the same transform twice");
    seen |= bit;
  }
  Vp8lImage& main = stream_.main;
  main.width = width;
  main.height = stream_.height;
  if (coder_.decodes()) main.pixels = std::move(pixels);
  code_cache_bits(main, 8);
  if (main.cache_bits > kMaxVp8lCacheBits)
    return bad_input("reconstruction data of a VP8L: a colour cache of too many bits");
  LMC_TRY(code_vp8l_tokens(coder_, main));
  size_t count = 1;
  const Vp8lImage* groups = nullptr;
  if (coder_.code_bit(stream_.group_image.has_value(), kHasGroups)) {
    if (coder_.decodes()) stream_.group_image.emplace();
    LMC_TRY(code_group_image(*stream_.group_image));
    groups = &*stream_.group_image;
    for (const Argb pixel : groups->pixels) count = std::max<size_t>(count, vp8l_group_of(pixel) + 1);
    if (count > groups->pixels.size() || count > kMaxVp8lGroups)
      return bad_input("reconstruction data of a VP8L: more groups than blocks, or than are allowed");
  }
  return code_groups(main, count, groups);
}

}  // namespace

std::vector<Argb> vp8l_picture(const Vp8lStream& stream) {
  std::vector<Argb> pixels = stream.main.pixels;
  for (size_t i = stream.transforms.size(); i-- > 0;)
    pixels = undo_vp8l(stream.transforms[i], std::move(pixels), stream.height);
  return pixels;
}

Result<Bytes> write_vp8l_side(Vp8lStream stream, std::vector<Argb> picture) {
  Bytes side;
  Vp8lSideCoder coder(side);
  LMC_TRY(StreamCoder(coder, stream).code(std::move(picture)));
  coder.finish();
  return side;
}

Result<Vp8lStream> read_vp8l_side(ByteSpan side, uint32_t width, uint32_t height, std::vector<Argb> picture) {
  Vp8lSideCoder coder(side);
  Vp8lStream stream;
  stream.width = width;
  stream.height = height;
  LMC_TRY(StreamCoder(coder, stream).code(std::move(picture)));
  return stream;
}

}  // namespace lmc
