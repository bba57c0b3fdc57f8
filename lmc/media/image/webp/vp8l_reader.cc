#include "lmc/media/image/webp/vp8l_reader.h"

#include <algorithm>
#include <string>

#include "lmc/media/image/webp/vp8l_codes.h"

namespace lmc {
namespace {

using GroupDecoders = std::array<Vp8lDecoder, 5>;

struct Groups {
  std::vector<GroupDecoders> decoders;
  const Vp8lImage* image = nullptr;  // none: all blocks are of group 0
  int bits = 0;
};

class Reader {
 public:
  Reader(ByteSpan data, uint64_t most_pixels, const OnVp8lSize& on_size)
      : bits_(data), most_pixels_(most_pixels), on_size_(on_size) {}

  Result<ReadVp8l> read();

 private:
  Status read_header();
  Status read_transforms(uint32_t& width);
  Status read_cache_bits(Vp8lImage& image);
  Status read_groups(Vp8lImage& image, size_t count, Groups& groups);
  Status read_group_image();
  Status read_sub_image(Vp8lImage& image, uint32_t width, uint32_t height);
  Status read_pixels(Vp8lImage& image, const Groups& groups);
  Error refuse(const std::string& what) const { return bad_input("VP8L: " + what, bits_.position_bits() / 8); }

  BitReader bits_;
  uint64_t most_pixels_;
  const OnVp8lSize& on_size_;
  Vp8lStream stream_;
};

Status Reader::read_header() {
  if (bits_.read(8) != kVp8lSignature) return refuse("expected the signature 2F");
  stream_.width = bits_.read(14) + 1;
  stream_.height = bits_.read(14) + 1;
  stream_.says_alpha = bits_.read(1);
  if (const uint32_t version = bits_.read(3); version != 0)
    return refuse("version " + std::to_string(version) + "; expected 0");
  if (uint64_t(stream_.width) * stream_.height > most_pixels_) return refuse("more pixels than are allowed");
  return on_size_(stream_.width, stream_.height);
}

Status Reader::read_transforms(uint32_t& width) {
  unsigned seen = 0;
  while (bits_.read(1)) {
    Vp8lTransform transform;
    transform.kind = Vp8lTransformKind(bits_.read(2));
    if (seen >> unsigned(transform.kind) & 1) return refuse("the same transform twice");
    seen |= 1u << unsigned(transform.kind);
    transform.width_before = width;
    if (transform.kind == Vp8lTransformKind::kPalette) {
      const uint32_t colours = bits_.read(8) + 1;
      LMC_TRY(read_sub_image(transform.image, colours, 1));
      width = vp8l_blocks(width, vp8l_bundle_bits(colours));
    } else if (transform.kind != Vp8lTransformKind::kSubtractGreen) {
      transform.block_bits = int(bits_.read(3)) + 2;
      LMC_TRY(read_sub_image(transform.image, vp8l_blocks(width, transform.block_bits),
                             vp8l_blocks(stream_.height, transform.block_bits)));
    }
    stream_.transforms.push_back(std::move(transform));
  }
  return Ok();
}

Status Reader::read_cache_bits(Vp8lImage& image) {
  if (!bits_.read(1)) return Ok();
  image.cache_bits = int(bits_.read(4));
  if (image.cache_bits < 1 || image.cache_bits > kMaxVp8lCacheBits)
    return refuse("a colour cache of " + std::to_string(image.cache_bits) + " bits; expected 1 to 11");
  return Ok();
}

Status Reader::read_groups(Vp8lImage& image, size_t count, Groups& groups) {
  const uint32_t alphabets[5] = {kVp8lLiterals + kVp8lLengthCodes + image.cache_size(), 256, 256, 256,
                                 kVp8lDistanceCodes};
  for (size_t i = 0; i < count; ++i) {
    Vp8lCodeGroup group;
    GroupDecoders decoders;
    for (size_t k = 0; k < 5; ++k) {
      LMC_ASSIGN(auto code, read_vp8l_code(bits_, alphabets[k]));
      LMC_ASSIGN(auto decoder, Vp8lDecoder::create(code.lengths));
      group[k] = std::move(code);
      decoders[k] = std::move(decoder);
    }
    image.groups.push_back(std::move(group));
    groups.decoders.push_back(std::move(decoders));
  }
  return Ok();
}

Status Reader::read_sub_image(Vp8lImage& image, uint32_t width, uint32_t height) {
  image.width = width;
  image.height = height;
  LMC_TRY(read_cache_bits(image));
  Groups groups;
  LMC_TRY(read_groups(image, 1, groups));
  return read_pixels(image, groups);
}

Status Reader::read_group_image() {
  if (!bits_.read(1)) return Ok();
  stream_.group_bits = int(bits_.read(3)) + 2;
  stream_.group_image.emplace();
  return read_sub_image(*stream_.group_image, vp8l_blocks(stream_.main.width, stream_.group_bits),
                        vp8l_blocks(stream_.height, stream_.group_bits));
}

Status Reader::read_pixels(Vp8lImage& image, const Groups& groups) {
  const size_t size = image.size();
  std::vector<Argb>& pixels = image.pixels;
  pixels.reserve(size);
  std::vector<Argb> cache(image.cache_size());
  const auto push = [&](Argb pixel) {
    pixels.push_back(pixel);
    if (!cache.empty()) cache[vp8l_cache_slot(pixel, image.cache_bits)] = pixel;
  };
  while (pixels.size() < size) {
    if (bits_.past_end()) return refuse("the stream ends before its pixels do");
    size_t number = 0;
    if (groups.image != nullptr) {
      const size_t x = pixels.size() % image.width >> groups.bits, y = pixels.size() / image.width >> groups.bits;
      number = vp8l_group_of(groups.image->pixels[y * groups.image->width + x]);
    }
    const GroupDecoders& decoders = groups.decoders[number];
    const uint32_t green = decoders[0].read(bits_);
    if (green < kVp8lLiterals) {
      const uint32_t red = decoders[1].read(bits_), blue = decoders[2].read(bits_), alpha = decoders[3].read(bits_);
      push(alpha << 24 | red << 16 | green << 8 | blue);
      image.tokens.push_back({});
    } else if (green >= kVp8lLiterals + kVp8lLengthCodes) {
      const uint32_t slot = green - kVp8lLiterals - kVp8lLengthCodes;
      const Argb pixel = cache[slot];
      if (vp8l_cache_slot(pixel, image.cache_bits) != slot) return refuse("a place of the colour cache that is empty");
      push(pixel);
      image.tokens.push_back({1, 0});
    } else {
      const uint32_t symbol = green - kVp8lLiterals;
      const uint32_t length = vp8l_prefix_value(symbol, bits_.read(vp8l_extra_bits(symbol)));
      const uint32_t far = decoders[4].read(bits_);
      const uint32_t code = vp8l_prefix_value(far, bits_.read(vp8l_extra_bits(far)));
      const size_t distance = vp8l_distance(code, image.width);
      if (distance > pixels.size() || length > size - pixels.size())
        return refuse("a copy from before the first pixel or past the last");
      for (uint32_t i = 0; i < length; ++i) push(pixels[pixels.size() - distance]);
      image.tokens.push_back({length, code});
    }
  }
  return Ok();
}

Result<ReadVp8l> Reader::read() {
  LMC_TRY(read_header());
  Vp8lImage& main = stream_.main;
  main.width = stream_.width;
  main.height = stream_.height;
  LMC_TRY(read_transforms(main.width));
  LMC_TRY(read_cache_bits(main));
  LMC_TRY(read_group_image());
  Groups groups;
  size_t count = 1;
  if (stream_.group_image) {
    groups.image = &*stream_.group_image;
    groups.bits = stream_.group_bits;
    for (const Argb pixel : groups.image->pixels) count = std::max<size_t>(count, vp8l_group_of(pixel) + 1);
    if (count > groups.image->pixels.size()) return refuse("more groups of prefix codes than blocks");
    if (count > kMaxVp8lGroups) return refuse("more groups of prefix codes than any encoder makes");
  }
  LMC_TRY(read_groups(main, count, groups));
  LMC_TRY(read_pixels(main, groups));
  if (bits_.past_end()) return refuse("the stream ends before its pixels do");
  ReadVp8l result;
  result.size_bytes = (bits_.position_bits() + 7) / 8;
  stream_.padding = uint8_t(bits_.read(int(-bits_.position_bits() & 7)));
  result.stream = std::move(stream_);
  return result;
}

}  // namespace

Result<ReadVp8l> read_vp8l(ByteSpan data, uint64_t most_pixels, const OnVp8lSize& on_size) {
  return Reader(data, most_pixels, on_size).read();
}

}  // namespace lmc
