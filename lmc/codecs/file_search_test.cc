#include "lmc/codecs/file_search.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace lmc {
namespace {

Bytes bytes_of(std::string_view text) { return {as_bytes(text).begin(), as_bytes(text).end()}; }
void add(Bytes& out, std::string_view text) { append_bytes(out, as_bytes(text)); }

using namespace std::string_view_literals;

// Only what gives a file its length; the codecs would not take these.
Bytes small_jpeg() {
  Bytes out = bytes_of(
      "\xff\xd8\xff\xe0\0\x04"
      "ab"sv);
  add(out, "\xff\xe1\0\x0a\xff\xd8\xff\xd9wxyz"sv);  // a thumbnail's markers inside a segment
  add(out, "\xff\xc0\0\x04qq\xff\xda\0\x03!"sv);
  for (int i = 0; i < 300; ++i) out.push_back(uint8_t(i % 200));
  add(out, "\xff\0z\xff\xd0z\xff\xc4\0\x02\xff\xff\xda\0\x02more\xff\xd9"sv);
  return out;
}
Bytes small_png() {
  Bytes out = bytes_of("\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR0123456789abc!!!!"sv);
  add(out, "\0\0\x01\0IDAT"sv);
  out.resize(out.size() + 256 + 4, 'x');
  add(out, "\0\0\0\0IEND!!!!"sv);
  return out;
}
Bytes small_gif() {
  Bytes out = bytes_of("GIF89a\1\0\1\0\x80\0\0ABCDEF!\xf9\4abcd\0,\0\0\0\0\1\0\1\0\0\2"sv);
  out.push_back(255);
  out.resize(out.size() + 255, 'x');
  add(out, "\0!\xfe\3;;;\0;"sv);
  return out;
}
Bytes small_webp() {
  Bytes out = bytes_of("RIFF\x05\x01\0\0WEBP"sv);
  out.resize(8 + 0x106, 'x');
  return out;
}

const std::vector<Bytes>& files() {
  static const std::vector<Bytes> all = {small_jpeg(), small_png(), small_gif(), small_webp()};
  return all;
}

TEST(FileSearch, FilesEndWhereTheirStructureSays) {
  for (const Bytes& file : files()) {
    Bytes more = file;
    add(more, "what follows");
    const FileLength length = media_file_length(more);
    EXPECT_EQ(length.end, FileLength::End::kThere);
    EXPECT_EQ(length.bytes, file.size());
  }
}

TEST(FileSearch, FindsThemWhereverTheyStand) {
  Bytes raw = bytes_of("GIF8 RIFF \x89PN \xff\xd8\xff");
  std::vector<FoundFile> expected;
  for (const Bytes& file : files()) {
    expected.push_back({raw.size(), file.size()});
    append_bytes(raw, file);
    add(raw, "between");
  }
  const FileSearch found = find_files(raw);
  EXPECT_EQ(found.files, expected);
  EXPECT_FALSE(found.unfinished);
}

TEST(FileSearch, TellsWhatIsCutOff) {
  for (const Bytes& file : files()) {
    Bytes raw = bytes_of("before");
    append_bytes(raw, file);
    for (size_t end = 6; end < raw.size(); ++end) {
      const FileSearch found = find_files(ByteSpan(raw).first(end));
      EXPECT_TRUE(found.files.empty());
      if (end > raw.size() - 12) EXPECT_EQ(found.unfinished, 6u) << end;
    }
  }
}

TEST(FileSearch, SomethingElseIsNoImage) {
  const auto none = [](const Bytes& raw) { return media_file_length(raw).end == FileLength::End::kNoFile; };
  EXPECT_TRUE(none(bytes_of("\xff\xd8\xff\xe0\0\1")));          // a segment shorter than its length
  EXPECT_TRUE(none(bytes_of("\xff\xd8\xff\xe0\0\2\xff\xd9")));  // neither frame nor scan
  EXPECT_TRUE(none(bytes_of("\x89PNG\r\n\x1a\n\0\0\0\x0cIHDR0123456789ab!!!!")));
  EXPECT_TRUE(none(bytes_of("RIFF\0\0\0\0WAVE")));
  EXPECT_TRUE(none({}));
}

TEST(FileSearch, BeginningsWithoutAnEndTakeNoLongTime) {
  Bytes raw;
  while (raw.size() < 4000000) add(raw, "\xff\xd8\xff\xc0\0\2\xff\xe0\0\2\xff\xda\0\2"sv);
  EXPECT_EQ(find_files(raw).files.size(), 0u);
}

TEST(FileSearch, NothingIsReadBeyondTheEnd) {
  std::mt19937 random(6);
  for (int round = 0; round < 20000; ++round) {
    Bytes raw = files()[random() % 4];
    for (uint32_t n = random() % 4; n > 0; --n) raw[random() % raw.size()] = uint8_t(random());
    raw.resize(random() % (raw.size() + 1));
    raw.shrink_to_fit();
    size_t last = 0;
    for (const FoundFile& image : find_files(raw).files) {
      EXPECT_GE(image.begin, last);
      last = image.begin + image.bytes;
      EXPECT_LE(last, raw.size());
    }
  }
}

}  // namespace
}  // namespace lmc
