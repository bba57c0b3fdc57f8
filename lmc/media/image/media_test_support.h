// What the tests of this module share: round trips, and what must hold for files cut short or with a bit flipped.
#ifndef LMC_MEDIA_IMAGE_MEDIA_TEST_SUPPORT_H_
#define LMC_MEDIA_IMAGE_MEDIA_TEST_SUPPORT_H_

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "lmc/media/image/image_file.h"

namespace lmc {

// parse_image itself rebuilds and compares; this also looks at what it hands out.
inline ParsedImage expect_round_trip(ImageFormat format, ByteSpan file) {
  EXPECT_EQ(guess_image_format(file), format);
  auto parsed = parse_image(format, file);
  EXPECT_TRUE(parsed.ok()) << parsed.error().message;
  if (!parsed.ok()) return {};
  const Picture& picture = parsed->picture;
  EXPECT_EQ(picture.samples.size(), picture.size_bytes());
  const auto rebuilt = rebuild_image(format, parsed->side, picture, file.size());
  EXPECT_TRUE(rebuilt.ok());
  EXPECT_EQ(*rebuilt, Bytes(file.begin(), file.end()));
  EXPECT_FALSE(rebuild_image(format, parsed->side, picture, file.size() - 1).ok());
  return std::move(*parsed);
}

// Neither a file cut short nor one with a flipped bit does harm: an error of bad input, or a round trip after all.
inline void expect_damage_is_harmless(ImageFormat format, ByteSpan file) {
  const auto harmless = [&](ByteSpan damaged) {
    const auto parsed = parse_image(format, damaged);
    if (!parsed.ok()) EXPECT_EQ(parsed.error().family, ErrorFamily::kBadInput) << parsed.error().message;
  };
  for (size_t size = 0; size < file.size(); ++size) harmless(file.first(size));
  Bytes flipped(file.begin(), file.end());
  for (size_t bit = 0; bit < 8 * file.size(); ++bit) {
    flipped[bit / 8] ^= uint8_t(1 << bit % 8);
    harmless(flipped);
    flipped[bit / 8] ^= uint8_t(1 << bit % 8);
  }
}

// The same for reconstruction data: whatever they are, rebuild_image comes back, and never with more than it may make.
inline void expect_damaged_side_is_harmless(ImageFormat format, const ParsedImage& parsed, size_t file_bytes) {
  const auto harmless = [&](ByteSpan side) {
    const auto rebuilt = rebuild_image(format, side, parsed.picture, file_bytes);
    if (rebuilt.ok()) EXPECT_LE(rebuilt->size(), file_bytes);
  };
  for (size_t size = 0; size < parsed.side.size(); ++size) harmless(ByteSpan(parsed.side).first(size));
  Bytes flipped = parsed.side;
  for (size_t bit = 0; bit < 8 * flipped.size(); ++bit) {
    flipped[bit / 8] ^= uint8_t(1 << bit % 8);
    harmless(flipped);
    flipped[bit / 8] ^= uint8_t(1 << bit % 8);
  }
}

inline Bytes read_testdata(const std::string& name) {
  std::ifstream in(std::string(LMC_MEDIA_TESTDATA) + "/" + name, std::ios::binary);
  EXPECT_TRUE(in.good()) << name;
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

inline Bytes random_bytes(size_t size, uint32_t seed) {
  std::minstd_rand random(seed);
  Bytes bytes(size);
  for (uint8_t& byte : bytes) byte = uint8_t(random() >> 7);
  return bytes;
}

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_MEDIA_TEST_SUPPORT_H_
