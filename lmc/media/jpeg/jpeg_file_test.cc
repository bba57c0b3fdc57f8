#include "lmc/media/jpeg/jpeg_file.h"

#include <gtest/gtest.h>

#include <string>

#include "lmc/media/jpeg/testdata/test_files.h"

namespace lmc {
namespace {

TEST(JpegFile, RebuildsEveryKindOfFile) {
  for (const std::string& name : jpeg_test_files()) {
    const Bytes file = read_jpeg_test_file(name);
    const Result<ParsedJpeg> jpeg = parse_jpeg(file);
    ASSERT_TRUE(jpeg.ok()) << name << ": " << jpeg.error().message;
    EXPECT_EQ(rebuild_jpeg(*jpeg, file.size()).value(), file) << name;
    EXPECT_FALSE(rebuild_jpeg(*jpeg, file.size() - 1).ok()) << name;
    EXPECT_LT(jpeg->headers.size(), file.size()) << name;
  }
}

TEST(JpegFile, SideBytesAndCoefficientsAreAllThereIs) {
  for (const std::string& name : jpeg_test_files()) {
    const Bytes file = read_jpeg_test_file(name);
    const Result<ParsedJpeg> jpeg = parse_jpeg(file);
    ASSERT_TRUE(jpeg.ok()) << name;
    Result<ParsedJpeg> other = jpeg_from_reconstruction_data(jpeg_reconstruction_data(*jpeg).value(), file.size());
    ASSERT_TRUE(other.ok()) << name << ": " << other.error().message;
    make_room_for_coefficients(*other);
    ASSERT_EQ(other->coefficients.size(), jpeg->coefficients.size()) << name;
    other->coefficients = jpeg->coefficients;
    ASSERT_TRUE(complete_headers(*other).ok()) << name;
    EXPECT_EQ(other->headers, jpeg->headers) << name;
    EXPECT_EQ(rebuild_jpeg(*other, file.size()).value(), file) << name;
  }
}

// Tables that the standard lists and tables that the coefficients tell need two bytes each.
TEST(JpegFile, HuffmanTablesAreMostlyTold) {
  for (const std::string& name : jpeg_test_files()) {
    if (name == "cmyk.jpg") continue;
    const Result<ParsedJpeg> jpeg = parse_jpeg(read_jpeg_test_file(name));
    ASSERT_TRUE(jpeg.ok()) << name;
    // Start, JFIF, two quantisation tables, frame, and 14 to 34 bytes a scan.
    EXPECT_LT(jpeg_reconstruction_data(*jpeg).value().size(), 200u + (jpeg->frame.progressive ? 250u : 50u)) << name;
  }
}

TEST(JpegFile, KeepsWhatFollowsTheEnd) {
  Bytes file = read_jpeg_test_file("baseline_420.jpg");
  for (uint8_t c : {0, 255, 216, 1, 2, 3}) {
    file.push_back(c);
    const Result<ParsedJpeg> jpeg = parse_jpeg(file);
    ASSERT_TRUE(jpeg.ok()) << jpeg.error().message;
    EXPECT_EQ(rebuild_jpeg(*jpeg, file.size()).value(), file);
  }
}

TEST(JpegFile, KeepsPaddingBits) {
  // The last byte before the end marker holds them; any value of it either changes them or damages the data.
  Bytes file = read_jpeg_test_file("grey.jpg");
  uint8_t& last = file[file.size() - 3];
  size_t kept = 0;
  for (int value = 0; value < 255; ++value) {
    last = uint8_t(value);
    const Result<ParsedJpeg> jpeg = parse_jpeg(file);
    if (!jpeg.ok()) continue;
    ++kept;
    EXPECT_EQ(rebuild_jpeg(*jpeg, file.size()).value(), file);
  }
  EXPECT_GT(kept, 1u);
}

TEST(JpegFile, ChoicesBehindTheLastScanAreErrors) {
  const Bytes file = read_jpeg_test_file("progressive_422_restart.jpg");
  Result<ParsedJpeg> jpeg = parse_jpeg(file);
  ASSERT_TRUE(jpeg.ok());
  EXPECT_TRUE(rebuild_jpeg(*jpeg, file.size()).ok());
  ScanChoices& choices = jpeg->choices;
  const ScanChoices right = choices;
  choices.padding.push_back(1);
  EXPECT_FALSE(rebuild_jpeg(*jpeg, file.size()).ok());
  choices = right;
  choices.early_ends.push_back(0);
  EXPECT_FALSE(rebuild_jpeg(*jpeg, file.size()).ok());
  choices = right;
  choices.early_ends_per_scan.resize(100);
  EXPECT_FALSE(rebuild_jpeg(*jpeg, file.size()).ok());
}

TEST(JpegFile, SaysWhyAFileIsRefused) {
  const auto message = [](const Bytes& file) {
    const Result<ParsedJpeg> jpeg = parse_jpeg(file);
    return jpeg.ok() ? std::string("none") : jpeg.error().message;
  };
  EXPECT_NE(message(read_jpeg_test_file("arithmetic.jpg")).find("arithmetic-coded"), std::string::npos);
  EXPECT_NE(message({}).find("start marker"), std::string::npos);
  Bytes file = read_jpeg_test_file("baseline_420.jpg");
  size_t frame = 0;
  while (file[frame] != 0xff || file[frame + 1] != 0xc0) ++frame;
  file[frame + 4] = 12;
  EXPECT_NE(message(file).find("8 bits a sample"), std::string::npos);
  file[frame + 4] = 8;
  for (size_t i = 5; i < 9; ++i) file[frame + i] = 255;  // 65535 x 65535
  EXPECT_NE(message(file).find("limit"), std::string::npos);
  file[frame + 1] = 0xc3;
  EXPECT_NE(message(file).find("lossless"), std::string::npos);
}

TEST(JpegFile, TruncatedAnywhere) {
  for (const std::string& name : jpeg_test_files()) {
    const Bytes file = read_jpeg_test_file(name);
    for (size_t size = 0; size < file.size(); ++size) {
      const Bytes part(file.begin(), file.begin() + std::ptrdiff_t(size));
      const Result<ParsedJpeg> jpeg = parse_jpeg(part);
      if (jpeg.ok()) {
        EXPECT_EQ(rebuild_jpeg(*jpeg, size).value(), part) << name << " " << size;
      }
    }
  }
}

TEST(JpegFile, OneBitFlippedAnywhere) {
  for (const std::string& name : jpeg_test_files()) {
    Bytes file = read_jpeg_test_file(name);
    for (size_t bit = 0; bit < file.size() * 8; ++bit) {
      file[bit / 8] = uint8_t(file[bit / 8] ^ 1 << bit % 8);
      const Result<ParsedJpeg> jpeg = parse_jpeg(file);
      if (jpeg.ok()) {
        EXPECT_EQ(rebuild_jpeg(*jpeg, file.size()).value(), file) << name << " " << bit;
      }
      file[bit / 8] = uint8_t(file[bit / 8] ^ 1 << bit % 8);
    }
  }
}

TEST(JpegFile, DamagedSideBytes) {
  const Bytes file = read_jpeg_test_file("progressive_422_restart.jpg");
  const Result<ParsedJpeg> jpeg = parse_jpeg(file);
  ASSERT_TRUE(jpeg.ok());
  Bytes side = jpeg_reconstruction_data(*jpeg).value();
  for (size_t bit = 0; bit < side.size() * 8; ++bit) {
    side[bit / 8] = uint8_t(side[bit / 8] ^ 1 << bit % 8);
    Result<ParsedJpeg> other = jpeg_from_reconstruction_data(side, file.size());
    if (other.ok()) {
      make_room_for_coefficients(*other);
      (void)complete_headers(*other).ok();
      const Result<Bytes> again = rebuild_jpeg(*other, file.size());
      EXPECT_TRUE(!again.ok() || again->size() <= file.size());
    }
    side[bit / 8] = uint8_t(side[bit / 8] ^ 1 << bit % 8);
  }
  for (size_t size = 0; size < side.size(); ++size)
    (void)jpeg_from_reconstruction_data(ByteSpan(side).first(size), file.size()).ok();
}

}  // namespace
}  // namespace lmc
