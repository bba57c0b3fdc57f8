#include "lmc/coefficients/jpeg_codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <string>

#include "lmc/coefficients/jpeg_coefficients.h"
#include "lmc/coefficients/jpeg_plane_coder.h"
#include "lmc/coefficients/jpeg_prior.h"
#include "lmc/media/jpeg/jpeg_file.h"
#include "lmc/media/jpeg/testdata/plain_side_bytes.h"
#include "lmc/media/jpeg/testdata/test_files.h"

namespace lmc {
namespace {

Bytes encoded(const Bytes& file, const JpegOptions& options) {
  Result<Bytes> payload = encode_jpeg(file, options, side_as_is);
  return payload.ok() ? *payload : Bytes{};
}

constexpr JpegEffort kEfforts[] = {JpegEffort::kFast, JpegEffort::kThorough};

TEST(JpegCodec, RoundTrips) {
  for (const std::string& name : jpeg_test_files())
    for (JpegEffort effort : kEfforts) {
      const Bytes file = read_jpeg_test_file(name);
      const JpegOptions options{.effort = effort, .isa = best_isa()};
      const Bytes payload = encoded(file, options);
      ASSERT_FALSE(payload.empty()) << name;
      const Result<Bytes> again = decode_jpeg(payload, file.size(), options, side_back);
      ASSERT_TRUE(again.ok()) << name << ": " << again.error().message;
      EXPECT_EQ(*again, file) << name;
    }
}

TEST(JpegCodec, ThreadsAndInstructionSetsChangeNothing) {
  for (const std::string& name : jpeg_test_files())
    for (JpegEffort effort : kEfforts) {
      const Bytes file = read_jpeg_test_file(name);
      const Bytes payload = encoded(file, {.effort = effort});
      for (Isa isa : all_isas())
        for (int threads : {1, 2, 8}) {
          if (!isa_available(isa)) continue;
          const JpegOptions options{.effort = effort, .threads = threads, .isa = isa};
          EXPECT_EQ(encoded(file, options), payload) << name << " " << isa_name(isa) << " " << threads;
          EXPECT_EQ(decode_jpeg(payload, file.size(), options, side_back).value(), file) << name;
        }
    }
}

// A photograph's coefficients take clearly less than Huffman codes; here there are only few to learn from.
TEST(JpegCodec, Compresses) {
  const Bytes file = read_jpeg_test_file("baseline_420.jpg");
  const Result<ParsedJpeg> jpeg = parse_jpeg(file);
  ASSERT_TRUE(jpeg.ok());
  const size_t coded = encode_jpeg_coefficients(jpeg->frame, jpeg->coefficients, {.isa = best_isa()})->size();
  EXPECT_LT(coded, file.size() - jpeg->headers.size());
}

// Coefficients that no image has, and all values that a file can hold.
TEST(JpegCodec, ExtremeCoefficients) {
  Result<ParsedJpeg> jpeg = parse_jpeg(read_jpeg_test_file("restart_411.jpg"));
  ASSERT_TRUE(jpeg.ok());
  uint32_t seed = 1;
  for (auto& plane : jpeg->coefficients)
    for (int16_t& c : plane) {
      seed = seed * 1664525 + 1013904223;
      const uint32_t kind = seed >> 29;
      c = int16_t(kind == 0 ? 32767 : kind == 1 ? -32767 : kind == 2 ? int32_t((seed >> 8) % 65535) - 32767 : 0);
    }
  for (JpegComponent& c : jpeg->frame.components) c.quantisation.fill(65535);
  for (JpegEffort effort : kEfforts) {
    const JpegCodingOptions options{.effort = effort, .threads = 2, .isa = best_isa()};
    const Bytes coded = *encode_jpeg_coefficients(jpeg->frame, jpeg->coefficients, options);
    JpegCoefficients out = jpeg->coefficients;
    for (auto& plane : out) std::fill(plane.begin(), plane.end(), int16_t(0));
    ASSERT_TRUE(decode_jpeg_coefficients(jpeg->frame, coded, options, out).ok());
    EXPECT_EQ(out, jpeg->coefficients);
  }
}

TEST(JpegCodec, DamagedPayloads) {
  const Bytes file = read_jpeg_test_file("one_pixel.jpg");
  const JpegOptions options{.isa = best_isa()};
  Bytes payload = encoded(file, options);
  for (size_t size = 0; size < payload.size(); ++size) {
    const Result<Bytes> out = decode_jpeg(ByteSpan(payload).first(size), file.size(), options, side_back);
    EXPECT_TRUE(!out.ok() || out->size() == file.size()) << size;
  }
  for (size_t bit = 0; bit < payload.size() * 8; bit += 3) {  // each bit place of a byte in turn
    payload[bit / 8] = uint8_t(payload[bit / 8] ^ 1 << bit % 8);
    const Result<Bytes> out = decode_jpeg(payload, file.size(), options, side_back);
    EXPECT_TRUE(!out.ok() || out->size() == file.size()) << bit;
    payload[bit / 8] = uint8_t(payload[bit / 8] ^ 1 << bit % 8);
  }
  EXPECT_FALSE(decode_jpeg(payload, file.size() + 1, options, side_back).ok());
  EXPECT_FALSE(decode_jpeg(payload, file.size() - 1, options, side_back).ok());
}

TEST(JpegCodec, DamagedCoefficients) {
  const Bytes file = read_jpeg_test_file("progressive_420.jpg");
  const JpegOptions options{.threads = 2, .isa = best_isa()};
  Bytes payload = encoded(file, options);
  const size_t begin = payload.size() - payload.size() / 3;
  for (size_t byte = begin; byte < payload.size(); byte += 7) {
    payload[byte] = uint8_t(payload[byte] ^ 0x55);
    const Result<Bytes> out = decode_jpeg(payload, file.size(), options, side_back);
    EXPECT_TRUE(!out.ok() || out->size() == file.size()) << byte;
    payload[byte] = uint8_t(payload[byte] ^ 0x55);
  }
}

// Large enough for four bands, and more rows than these share evenly.
TEST(JpegCodec, BandsDependOnThePictureOnly) {
  Result<ParsedJpeg> jpeg = parse_jpeg(read_jpeg_test_file("baseline_420.jpg"));
  ASSERT_TRUE(jpeg.ok());
  JpegFrame& frame = jpeg->frame;
  frame.mcus_across = 110;
  frame.mcus_down = 101;
  uint32_t seed = 1;
  for (size_t i = 0; i < frame.components.size(); ++i) {
    JpegComponent& c = frame.components[i];
    c.blocks_across = frame.mcus_across * c.across;
    c.blocks_down = frame.mcus_down * c.down;
    jpeg->coefficients[i].assign(size_t(c.blocks_across) * c.blocks_down * 64, 0);
    for (size_t j = 0; j < jpeg->coefficients[i].size(); j += 1 + (seed >> 25)) {
      seed = seed * 1664525 + 1013904223;
      jpeg->coefficients[i][j] = int16_t(int32_t(seed >> 20 & 15) - 8);
    }
  }
  const Bytes coded = *encode_jpeg_coefficients(frame, jpeg->coefficients, {.isa = best_isa()});
  EXPECT_EQ(coded[0], 4);
  for (int threads : {1, 2, 3, 16}) {
    const JpegCodingOptions options{.threads = threads, .isa = best_isa()};
    EXPECT_EQ(*encode_jpeg_coefficients(frame, jpeg->coefficients, options), coded) << threads;
    JpegCoefficients out = jpeg->coefficients;
    for (auto& plane : out) std::fill(plane.begin(), plane.end(), int16_t(0));
    ASSERT_TRUE(decode_jpeg_coefficients(frame, coded, options, out).ok());
    EXPECT_EQ(out, jpeg->coefficients) << threads;
  }
  Bytes damaged = coded;
  for (int bands : {0, 9, 255}) {
    damaged[0] = uint8_t(bands);
    JpegCoefficients out = jpeg->coefficients;
    EXPECT_FALSE(decode_jpeg_coefficients(frame, damaged, {.isa = best_isa()}, out).ok()) << bands;
  }
}

// The tables of the prior end where their sections end, and no context has more buckets than it has in a model.
TEST(JpegCodec, PriorIsWhole) {
  for (bool is_first : {true, false})
    for (size_t model = 0; model < kJpegModels; ++model) {
      const JpegModelPrior prior = jpeg_prior().model(is_first, true, JpegModelId(model));
      ASSERT_FALSE(prior.tables.empty());
      EXPECT_FALSE(prior.weights.empty());
      EXPECT_FALSE(jpeg_prior().model(is_first, false, JpegModelId(model)).weights.empty());
      ByteReader in(prior.tables);
      const auto shapes = model_shapes(is_first, true);
      for (uint8_t bits : shapes[model].context_bits) {
        uint32_t bucket = 0;
        for (uint32_t buckets = in.read_le<uint16_t>("buckets").value(); buckets > 0; --buckets) {
          uint32_t further = 255;
          for (; further == 255; bucket += further) further = in.read_le<uint8_t>("step").value();
          const int slots = std::popcount(in.read_le<uint16_t>("slots").value());
          ASSERT_TRUE(in.read_bytes(size_t(slots), "slots").ok());
          ASSERT_LT(bucket, 1u << bits);
        }
      }
      EXPECT_EQ(in.remaining(), 0u);
    }
}

TEST(JpegCodec, RefusesWhatIsNoJpeg) {
  EXPECT_FALSE(encode_jpeg(as_bytes("no picture"), {}, side_as_is).ok());
  EXPECT_FALSE(encode_jpeg(read_jpeg_test_file("arithmetic.jpg"), {}, side_as_is).ok());
}

}  // namespace
}  // namespace lmc
