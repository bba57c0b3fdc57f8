#include "lmc/media/audio/ogg/ogg_flac.h"

#include <gtest/gtest.h>

#include <fstream>

#include "lmc/base/bytes_test_support.h"
#include "lmc/media/audio/flac/flac_file.h"
#include "lmc/media/audio/ogg/ogg_page.h"

namespace lmc {
namespace {

Bytes test_file(const std::string& name) {
  std::ifstream in(std::string(LMC_AUDIO_TESTDATA) + "/" + name, std::ios::binary);
  Bytes out{std::istreambuf_iterator<char>(in), {}};
  EXPECT_FALSE(out.empty()) << name;
  return out;
}

// By flac and by ffmpeg.
const char* const kFiles[] = {"libogg.oga", "ffmpeg.oga"};

void expect_it_comes_back_if_read(ByteSpan file) {
  ogg_flac_length(file);
  const auto parts = take_ogg_apart(file);
  if (!parts.ok()) return;
  const auto again = put_ogg_together(*parts, file.size());
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(*again, Bytes(file.begin(), file.end()));
}

TEST(OggFlac, ComesBackAndPagesAreForetold) {
  for (const char* name : kFiles) {
    const Bytes file = test_file(name);
    const auto parts = take_ogg_apart(file);
    ASSERT_TRUE(parts.ok()) << name << ": " << parts.error().message;
    EXPECT_EQ(put_ogg_together(*parts, file.size()).value(), file) << name;
    EXPECT_FALSE(put_ogg_together(*parts, file.size() - 1).ok()) << name;
    // The mapping and the end, one byte a page, and the serial number of the first page unless it is 0.
    size_t pages = 0;
    for (size_t at = 0; const auto page = read_ogg_page(ByteSpan(file).subspan(at));) {
      at += page->bytes();
      ++pages;
    }
    EXPECT_EQ(parts->pages.size(), 10 + pages + (read_ogg_page(file)->header.serial == 0 ? 0 : 17)) << name;
    const auto flac = read_flac(parts->flac);
    ASSERT_TRUE(flac.ok()) << name;
    EXPECT_EQ(flac->end(), parts->flac.size()) << name;
    EXPECT_EQ(read_ogg_flac(file)->frames, flac->frames) << name;
  }
}

TEST(OggFlac, OtherNumbersAndWhatFollows) {
  const Bytes file = test_file("libogg.oga");
  Bytes changed;
  uint32_t number = 7;
  for (size_t at = 0; auto page = read_ogg_page(ByteSpan(file).subspan(at));) {
    at += page->bytes();
    if (number > 8) page->header.granule += 1000;
    if (number == 9) page->checksum_difference = 5;
    page->header.number = number += 2;
    append_ogg_page(*page, changed);
  }
  append_bytes(changed, noise(100));
  const auto parts = take_ogg_apart(changed);
  ASSERT_TRUE(parts.ok()) << parts.error().message;
  EXPECT_EQ(parts->flac, take_ogg_apart(file)->flac);
  expect_it_comes_back_if_read(changed);
}

TEST(OggFlac, EndIsFoundInOtherData) {
  for (const char* name : kFiles) {
    const Bytes file = test_file(name);
    Bytes more = file;
    append_bytes(more, noise(70000));
    EXPECT_EQ(ogg_flac_length(more).end, FileLength::End::kThere) << name;
    EXPECT_EQ(ogg_flac_length(more).bytes, file.size()) << name;
    EXPECT_EQ(ogg_flac_length(ByteSpan(file).first(file.size() - 1)).end, FileLength::End::kCutOff) << name;
  }
}

TEST(OggFlac, CutOffAnywhere) {
  for (const char* name : kFiles) {
    const Bytes file = test_file(name);
    const size_t step = file.size() / 200 + 1;
    for (size_t size = 0; size < file.size(); size += step) expect_it_comes_back_if_read(ByteSpan(file).first(size));
  }
}

TEST(OggFlac, AnyBitMayBeFlipped) {
  for (const char* name : kFiles) {
    const Bytes file = test_file(name);
    for (size_t bit = 0; bit < 8 * file.size(); bit += bit < 1600 ? 3 : 8209) {
      Bytes changed = file;
      changed[bit / 8] ^= uint8_t(1 << (bit % 8));
      expect_it_comes_back_if_read(changed);
    }
  }
}

TEST(OggFlac, DescriptionsAreNotTrusted) {
  const Bytes file = test_file("libogg.oga");
  const OggFlac parts = take_ogg_apart(file).value();
  for (size_t bit = 0; bit < 8 * parts.pages.size(); ++bit) {
    OggFlac changed = parts;
    changed.pages[bit / 8] ^= uint8_t(1 << (bit % 8));
    const auto out = put_ogg_together(changed, file.size());
    EXPECT_TRUE(!out.ok() || out->size() <= file.size());
  }
  OggFlac changed = parts;
  changed.flac.pop_back();
  EXPECT_FALSE(put_ogg_together(changed, file.size()).ok());
  changed = parts;
  changed.pages.resize(12);
  EXPECT_FALSE(put_ogg_together(changed, file.size()).ok());
}

}  // namespace
}  // namespace lmc
