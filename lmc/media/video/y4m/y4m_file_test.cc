#include "lmc/media/video/y4m/y4m_file.h"

#include <gtest/gtest.h>

namespace lmc {
namespace {

Result<Y4mHeader> read(const std::string& line) { return read_y4m_header(as_bytes(line)); }

TEST(Y4mFile, ReadsWhatTheLineSays) {
  const auto header = read("YUV4MPEG2 W352 H287 F30000:1001 It A128:117 C422p10 XYSCSS=422P10\nFRAME\n");
  ASSERT_TRUE(header.ok());
  EXPECT_EQ(header->form, (VideoForm{352, 287, 3, 1, 0, 10}));
  EXPECT_EQ(header->rate, 30000u);
  EXPECT_EQ(header->rate_per, 1001u);
  EXPECT_EQ(header->interlacing, "t");
  EXPECT_EQ(header->form.frame_bytes(), 352u * 287 * 2 * 2);
  EXPECT_EQ(read("YUV4MPEG2 H5 W7\n")->form, (VideoForm{7, 5, 3, 1, 1, 8}));
  EXPECT_EQ(read("YUV4MPEG2 H5 W7\n")->form.frame_bytes(), 35u + 2 * 12);
}

TEST(Y4mFile, KnowsTheNamesOfSamples) {
  for (const char* name : {"420jpeg", "420mpeg2", "420paldv", "420", "411", "422", "444", "444alpha", "mono", "420p9",
                           "422p12", "444p16", "mono10", "440", "410"})
    EXPECT_TRUE(read("YUV4MPEG2 W8 H8 C" + std::string(name) + "\n").ok()) << name;
  for (const char* name : {"", "42", "420p", "420p8", "420p17", "444palpha", "420p10x", "monop10", "rgb", "420jpegs"})
    EXPECT_FALSE(read("YUV4MPEG2 W8 H8 C" + std::string(name) + "\n").ok()) << name;
}

TEST(Y4mFile, RefusesWhatIsNone) {
  for (const char* line : {"", "YUV4MPEG2", "YUV4MPEG2 W8 H8", "YUV4MPEG2 W8\n", "YUV4MPEG2 W0 H8\n",
                           "YUV4MPEG W8 H8\n", "YUV4MPEG2 W-8 H8\n", "YUV4MPEG2 W8 H99999\n", "YUV4MPEG2 W8x H8\n"})
    EXPECT_FALSE(read(line).ok()) << line;
  EXPECT_FALSE(read("YUV4MPEG2 W8 H8 X" + std::string(kMostY4mLine, 'a') + "\n").ok());
}

TEST(Y4mFile, WritesALineThatMeansTheSame) {
  for (const char* name : {"420", "411", "422p10", "444alpha", "mono", "mono12", "440p16"}) {
    const auto header = read("YUV4MPEG2 W18 H7 F25:2 Ip C" + std::string(name) + "\n");
    ASSERT_TRUE(header.ok());
    const auto again = read(make_y4m_header(*header));
    ASSERT_TRUE(again.ok()) << name;
    EXPECT_EQ(again->form, header->form) << name;
    EXPECT_EQ(again->rate, 25u);
    EXPECT_EQ(again->interlacing, "p");
  }
}

TEST(Y4mFile, FindsTheLinesOfFrames) {
  EXPECT_EQ(frame_line_bytes(as_bytes("FRAME\nxx")), 6u);
  EXPECT_EQ(frame_line_bytes(as_bytes("FRAME Ip\nxx")), 9u);
  for (const char* line : {"", "FRAME", "FRAMES\n", "FRAM\n"}) EXPECT_EQ(frame_line_bytes(as_bytes(line)), 0u);
  EXPECT_EQ(frame_line_bytes(as_bytes("FRAME " + std::string(kMostFrameLine, 'x') + "\n")), 0u);
}

}  // namespace
}  // namespace lmc
