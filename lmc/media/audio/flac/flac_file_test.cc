#include "lmc/media/audio/flac/flac_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "lmc/base/bytes_test_support.h"
#include "lmc/media/audio/flac/flac_choices.h"

namespace lmc {
namespace {

struct TestFile {
  std::string name;
  Bytes bytes;
};
std::vector<TestFile> test_files() {
  std::vector<TestFile> out;
  for (const auto& entry : std::filesystem::directory_iterator(LMC_AUDIO_TESTDATA)) {
    if (entry.path().extension() != ".flac") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    out.push_back({entry.path().stem(), Bytes{std::istreambuf_iterator<char>(in), {}}});
  }
  EXPECT_EQ(out.size(), 8u);
  return out;
}

Bytes again(ByteSpan file, const SoundLayout& layout, const FlacParts& parts) {
  const auto head = put_flac_together(layout, parts.samples, parts.choices, parts.metadata, file.size());
  EXPECT_TRUE(head.ok()) << head.error().message;
  Bytes out = head.ok() ? *head : Bytes();
  append_bytes(out, file.subspan(layout.end()));
  return out;
}

TEST(FlacFile, ComesBackByteForByte) {
  for (const auto& [name, file] : test_files()) {
    const auto layout = read_flac(file);
    ASSERT_TRUE(layout.ok()) << name << ": " << layout.error().message;
    EXPECT_EQ(layout->end(), file.size()) << name;
    EXPECT_EQ(why_flac_ends(file, *layout), "");
    const auto parts = take_flac_apart(file, *layout);
    ASSERT_TRUE(parts.ok()) << name << ": " << parts.error().message;
    EXPECT_EQ(again(file, *layout, *parts), file) << name;
    EXPECT_FALSE(put_flac_together(*layout, parts->samples, parts->choices, parts->metadata, file.size() - 1).ok());
  }
}

TEST(FlacFile, WhatTheEncoderChoseIsForetold) {
  for (const auto& [name, file] : test_files()) {
    const auto layout = read_flac(file);
    const auto parts = take_flac_apart(file, layout.value());
    ASSERT_TRUE(parts.ok()) << name;
    EXPECT_LT(parts->choices.size(), 35u) << name;
  }
}

// Sizes, number of samples and checksum in STREAMINFO, and the places of seek points, follow from the frames.
TEST(FlacFile, MetadataAreLessWhatFollowsFromTheFrames) {
  for (const auto& [name, file] : test_files()) {
    const auto parts = take_flac_apart(file, read_flac(file).value());
    ASSERT_TRUE(parts.ok()) << name;
    int others = 0;
    for (size_t i = 8; i < 42; ++i) others += (i < 18 || i >= 22) && parts->metadata[i] != 0;
    // FFmpeg and short files have other block sizes in STREAMINFO than in their frames.
    EXPECT_LE(others, 4) << name;
  }
}

TEST(FlacFile, BehindATag) {
  for (const auto& [name, file] : test_files())
    for (const bool has_footer : {false, true}) {
      constexpr size_t kBody = 300;
      Bytes tagged = {'I', 'D', '3', 4, 0, uint8_t(has_footer ? 0x10 : 0), 0, 0, kBody >> 7, kBody & 0x7f};
      tagged.resize(tagged.size() + kBody + (has_footer ? 10 : 0), 'x');
      const size_t tag = tagged.size();
      append_bytes(tagged, file);
      const auto layout = read_flac(tagged);
      ASSERT_TRUE(layout.ok()) << name << ": " << layout.error().message;
      EXPECT_EQ(layout->begin, tag + read_flac(file)->begin);
      EXPECT_EQ(layout->end(), tagged.size());
      const auto parts = take_flac_apart(tagged, *layout);
      ASSERT_TRUE(parts.ok()) << name << ": " << parts.error().message;
      EXPECT_EQ(again(tagged, *layout, *parts), tagged) << name;
      const Bytes behind(parts->metadata.begin() + std::ptrdiff_t(tag), parts->metadata.end());
      EXPECT_EQ(behind, take_flac_apart(file, read_flac(file).value())->metadata);
      tagged[8] = 0x7f;  // a tag beyond the end
      EXPECT_FALSE(begins_like_flac(tagged));
    }
}

TEST(FlacFile, SamplesAreThoseOfTheFile) {
  for (const auto& [name, file] : test_files()) {
    if (name != "seek-points") continue;
    const auto parts = take_flac_apart(file, read_flac(file).value());
    ASSERT_TRUE(parts.ok());
    // The checksum of the samples is as the file says: nothing is left of it.
    for (size_t i = 26; i < 42; ++i) EXPECT_EQ(parts->metadata[i], 0);
  }
}

TEST(FlacFile, EndIsFoundInOtherData) {
  for (const auto& [name, file] : test_files()) {
    Bytes more = file;
    append_bytes(more, noise(1000));
    const FileLength there = flac_length(more);
    EXPECT_EQ(there.end, FileLength::End::kThere) << name;
    EXPECT_EQ(there.bytes, file.size()) << name;
    EXPECT_EQ(flac_length(ByteSpan(file).first(file.size() - 1)).end, FileLength::End::kCutOff) << name;
    EXPECT_EQ(flac_length(ByteSpan(file).first(60)).end, FileLength::End::kCutOff) << name;
  }
}

void expect_it_comes_back_if_read(ByteSpan file) {
  flac_length(file);
  const auto layout = read_flac(file);
  if (!layout.ok()) return;
  const auto parts = take_flac_apart(file, *layout);
  ASSERT_TRUE(parts.ok()) << parts.error().message;
  EXPECT_EQ(again(file, *layout, *parts), Bytes(file.begin(), file.end()));
}

TEST(FlacFile, CutOffAnywhere) {
  for (const auto& [name, file] : test_files())
    if (file.size() < 1100)
      for (size_t size = 0; size < file.size(); ++size) expect_it_comes_back_if_read(ByteSpan(file).first(size));
}

TEST(FlacFile, AnyBitMayBeFlipped) {
  for (const auto& [name, file] : test_files())
    if (file.size() < 1100)
      for (size_t bit = 0; bit < 8 * file.size(); ++bit) {
        Bytes changed = file;
        changed[bit / 8] ^= uint8_t(1 << (bit % 8));
        expect_it_comes_back_if_read(changed);
      }
}

TEST(FlacFile, ChoicesAreNotTrusted) {
  for (const TestFile& each : test_files()) {
    const Bytes& file = each.bytes;
    if (file.size() > 3000) continue;
    const auto layout = read_flac(file);
    const auto parts = take_flac_apart(file, layout.value());
    ASSERT_TRUE(parts.ok());
    const auto expect_honest = [&](ByteSpan choices) {
      const auto out = put_flac_together(*layout, parts->samples, choices, parts->metadata, file.size());
      if (out.ok())
        EXPECT_LE(out->size(), file.size());
      else
        EXPECT_EQ(out.error().family, ErrorFamily::kBadInput);
    };
    for (size_t bit = 0; bit < 8 * parts->choices.size(); ++bit) {
      Bytes changed = parts->choices;
      changed[bit / 8] ^= uint8_t(1 << (bit % 8));
      expect_honest(changed);
    }
    for (uint32_t seed = 0; seed < 20; ++seed) {
      Bytes made = {uint8_t(seed % 8), 12, 8};
      append_bytes(made, noise(200, seed));
      expect_honest(made);
    }
  }
}

// A frame as no encoder would make it.
FlacFrame odd_frame(std::mt19937& random, const FlacShape& shape, uint32_t block) {
  const auto below = [&](uint32_t n) { return random() % n; };
  FlacFrame frame;
  FlacHeader& header = frame.header;
  header.is_variable = true;
  header.block = block;
  header.block_code = usual_block_code(block);
  header.size_code = below(2) ? usual_size_code(shape.bits) : 0;
  header.rate_code = uint8_t(below(15));
  header.rate_extra = header.rate_code >= 12 ? below(256) : 0;
  header.number = uint64_t(random()) << 4 & ((uint64_t(1) << 36) - 1);
  header.assignment = uint8_t(shape.channels == 2 && below(4) ? 8 + below(3) : uint32_t(shape.channels) - 1);
  for (int c = 0; c < shape.channels; ++c) {
    FlacSubframe& subframe = frame.subframes[size_t(c)];
    subframe.kind = FlacKind(1 + below(3));
    if (subframe.kind == FlacKind::kVerbatim) continue;
    const bool is_linear = subframe.kind == FlacKind::kLinear;
    subframe.order = int(is_linear ? 1 + below(std::min(block, 32u)) : below(std::min(block, 4u) + 1));
    subframe.precision = int(1 + below(15));
    subframe.shift = int(below(16));
    for (int i = 0; is_linear && i < subframe.order; ++i)
      subframe.coefficients[size_t(i)] = int32_t(below(1u << subframe.precision)) - (1 << (subframe.precision - 1));
    while (below(2) && block % (2u << subframe.partition_order) == 0 &&
           block >> (subframe.partition_order + 1) >= uint32_t(subframe.order))
      ++subframe.partition_order;
    subframe.wide_parameters = below(2);
    for (int i = 0; i < 1 << subframe.partition_order; ++i)
      subframe.parameters.push_back(uint8_t(below(8) == 0 ? kFlacEscape + 31 : 10 + below(5)));
  }
  return frame;
}

TEST(FlacFile, OddFramesComeBack) {
  std::mt19937 random(3);
  int taken = 0;
  for (int round = 0; round < 300; ++round) {
    const FlacShape shape{int(1 + random() % 3), int(4 + random() % 21)};
    Bytes file = {'f', 'L', 'a', 'C', 0x80, 0, 0, 34};
    Bytes info(34, uint8_t(round));
    const uint32_t packed = 44100u << 12 | uint32_t(shape.channels - 1) << 9 | uint32_t(shape.bits - 1) << 4;
    for (size_t i = 0; i < 4; ++i) info[10 + i] = uint8_t(packed >> (24 - 8 * i));
    std::fill(info.begin() + 13, info.begin() + 18, 0);
    info[13] = uint8_t((shape.bits - 1) << 4);
    append_bytes(file, info);
    const size_t begin = file.size();
    for (int number = 0; number < 3; ++number) {
      const uint32_t block = 1 + random() % 200;
      const FlacFrame frame = odd_frame(random, shape, block);
      std::vector<int32_t> samples(block * size_t(shape.channels));
      for (int32_t& sample : samples) sample = int32_t(random() % 16) - 8;
      FlacSignals signals, residuals;
      split_flac_channels(shape, frame.header.assignment, samples, signals);
      for (size_t c = 0; c < size_t(shape.channels); ++c) flac_residual(frame.subframes[c], signals[c], residuals[c]);
      ASSERT_TRUE(write_flac_frame(frame, shape, signals, residuals, 1 << 24, file).ok());
    }
    const auto layout = read_flac(file);
    if (!layout.ok()) continue;
    EXPECT_EQ(layout->begin, begin);
    taken += layout->end() == file.size();
    expect_it_comes_back_if_read(file);
  }
  EXPECT_GT(taken, 100);
}

}  // namespace
}  // namespace lmc
