#include "lmc/media/image/webp/vp8l_writer.h"

#include "lmc/media/image/webp/vp8l_codes.h"

namespace lmc {
namespace {

// Calls on_token(token, first pixel, group) for each token.
template <typename OnToken>
void for_each_token(const Vp8lImage& image, const Vp8lImage* groups, int group_bits, const OnToken& on_token) {
  size_t at = 0;
  for (const Vp8lToken& token : image.tokens) {
    size_t group = 0;
    if (groups != nullptr)
      group = vp8l_group_of(
          groups->pixels[(at / image.width >> group_bits) * groups->width + (at % image.width >> group_bits)]);
    on_token(token, image.pixels[at], group);
    at += token.pixels();
  }
}

class Writer {
 public:
  explicit Writer(size_t max_bytes) : max_bytes_(max_bytes) {}

  Result<Bytes> write(const Vp8lStream& stream);

 private:
  Status write_sub_image(const Vp8lImage& image);
  void write_cache_bits(const Vp8lImage& image);
  Status write_groups_and_pixels(const Vp8lImage& image, const Vp8lImage* groups, int group_bits);

  size_t max_bytes_;
  BitWriter bits_;
};

void Writer::write_cache_bits(const Vp8lImage& image) {
  bits_.write(image.cache_bits > 0, 1);
  if (image.cache_bits > 0) bits_.write(uint32_t(image.cache_bits), 4);
}

Status Writer::write_groups_and_pixels(const Vp8lImage& image, const Vp8lImage* groups, int group_bits) {
  std::vector<std::vector<Vp8lEncoder>> encoders;
  for (const Vp8lCodeGroup& group : image.groups) {
    std::vector<Vp8lEncoder>& five = encoders.emplace_back();
    for (const Vp8lCode& code : group) {
      LMC_TRY(write_vp8l_code(bits_, code.length_encoding));
      if (!vp8l_lengths_are_complete(code.lengths, kMaxVp8lCodeBits))
        return bad_input("VP8L: a prefix code is not complete");
      five.emplace_back(code.lengths);
    }
  }
  bool fits = true;
  const auto put = [&](const Vp8lEncoder& encoder, uint32_t symbol) {
    fits = fits && encoder.has(symbol) && bits_.size_bits() / 8 <= max_bytes_;
    if (fits) encoder.write(bits_, symbol);
  };
  for_each_token(image, groups, group_bits, [&](const Vp8lToken& token, Argb pixel, size_t group) {
    const std::vector<Vp8lEncoder>& five = encoders[group];
    if (token.is_literal()) {
      put(five[0], pixel >> 8 & 255);
      put(five[1], pixel >> 16 & 255);
      put(five[2], pixel & 255);
      put(five[3], pixel >> 24);
    } else if (token.is_cached()) {
      put(five[0], kVp8lLiterals + kVp8lLengthCodes + vp8l_cache_slot(pixel, image.cache_bits));
    } else {
      const Vp8lPrefix length = vp8l_prefix(token.length), distance = vp8l_prefix(token.distance_code);
      put(five[0], kVp8lLiterals + length.symbol);
      bits_.write(length.extra, length.extra_bits);
      put(five[4], distance.symbol);
      bits_.write(distance.extra, distance.extra_bits);
    }
  });
  return fits ? Ok() : Status(bad_input("VP8L: a symbol without a code, or a stream longer than it may be"));
}

Status Writer::write_sub_image(const Vp8lImage& image) {
  write_cache_bits(image);
  return write_groups_and_pixels(image, nullptr, 0);
}

Result<Bytes> Writer::write(const Vp8lStream& stream) {
  bits_.write(kVp8lSignature, 8);
  bits_.write(stream.width - 1, 14);
  bits_.write(stream.height - 1, 14);
  bits_.write(stream.says_alpha, 1);
  bits_.write(0, 3);
  for (const Vp8lTransform& transform : stream.transforms) {
    bits_.write(1, 1);
    bits_.write(uint32_t(transform.kind), 2);
    if (transform.kind == Vp8lTransformKind::kSubtractGreen) continue;
    if (transform.kind == Vp8lTransformKind::kPalette)
      bits_.write(transform.image.width - 1, 8);
    else
      bits_.write(uint32_t(transform.block_bits - 2), 3);
    LMC_TRY(write_sub_image(transform.image));
  }
  bits_.write(0, 1);
  write_cache_bits(stream.main);
  bits_.write(stream.group_image.has_value(), 1);
  const Vp8lImage* groups = stream.group_image ? &*stream.group_image : nullptr;
  if (groups != nullptr) {
    bits_.write(uint32_t(stream.group_bits - 2), 3);
    LMC_TRY(write_sub_image(*groups));
  }
  LMC_TRY(write_groups_and_pixels(stream.main, groups, stream.group_bits));
  const int filled = bits_.bits_to_byte_end();
  bits_.write(stream.padding & ((1u << filled) - 1), filled);
  return std::move(bits_).finish();
}

}  // namespace

std::vector<Vp8lCounts> count_vp8l_symbols(const Vp8lImage& image, const Vp8lImage* groups, int group_bits,
                                           size_t group_count) {
  Vp8lCounts none;
  for (size_t k = 1; k < 4; ++k) none[k].resize(256);
  none[0].resize(kVp8lLiterals + kVp8lLengthCodes + image.cache_size());
  none[4].resize(kVp8lDistanceCodes);
  std::vector<Vp8lCounts> counts(group_count, none);
  for_each_token(image, groups, group_bits, [&](const Vp8lToken& token, Argb pixel, size_t group) {
    Vp8lCounts& five = counts[group];
    if (token.is_literal()) {
      ++five[0][pixel >> 8 & 255];
      ++five[1][pixel >> 16 & 255];
      ++five[2][pixel & 255];
      ++five[3][pixel >> 24];
    } else if (token.is_cached()) {
      ++five[0][kVp8lLiterals + kVp8lLengthCodes + vp8l_cache_slot(pixel, image.cache_bits)];
    } else {
      ++five[0][kVp8lLiterals + vp8l_prefix(token.length).symbol];
      ++five[4][vp8l_prefix(token.distance_code).symbol];
    }
  });
  return counts;
}

Result<Bytes> write_vp8l(const Vp8lStream& stream, size_t max_bytes) { return Writer(max_bytes).write(stream); }

}  // namespace lmc
