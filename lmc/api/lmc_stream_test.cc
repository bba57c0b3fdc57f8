// Streams, progress, ranges and probing of the C interface, and the C++ header over it. Runs under ThreadSanitizer in
// CI.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>

#include "lmc/lmc.hpp"

namespace {

// Words and numbers, of no kind in particular.
lmc::Bytes text_of(size_t size_bytes) {
  std::mt19937 random(5);
  std::string out;
  while (out.size() < size_bytes) out += "line " + std::to_string(random() % 1000) + " of the report, seen again;\n";
  out.resize(size_bytes);
  lmc::Bytes bytes(size_bytes);
  std::memcpy(bytes.data(), out.data(), size_bytes);
  return bytes;
}

lmc::Options fast() {
  lmc::Options options;
  options.level = 1;
  options.block_bytes = size_t(1) << 17;
  return options;
}

// All of it, by input pieces of at most most_in and output pieces of at most most_out bytes.
lmc::Bytes through(lmc_stream* stream, const lmc::Bytes& data, size_t most_in, size_t most_out) {
  std::mt19937 random(7);
  lmc::Bytes out, piece(most_out);
  size_t given = 0;
  lmc_input input = {};
  for (int done = 0; done == 0;) {
    if (input.used == input.size) {
      const size_t size = std::min<size_t>(data.size() - given, random() % (most_in + 1));
      input = {data.data() + given, size, 0};
      given += size;
    }
    lmc_output output = {piece.data(), 1 + random() % most_out, 0};
    lmc_error error;
    EXPECT_EQ(lmc_stream_run(stream, &input, &output, given == data.size(), &done, &error), LMC_OK) << error.message;
    if (error.message[0] != 0) break;
    out.insert(out.end(), piece.begin(), piece.begin() + std::ptrdiff_t(output.used));
  }
  lmc_stream_free(stream);
  return out;
}

TEST(Stream, TheBytesOfTheWholeCall) {
  lmc_context* const context = lmc_context_new(nullptr);
  const lmc::Options options = fast();
  const lmc::Bytes text = text_of(300000);
  const lmc::Bytes whole = lmc::Context().compress(text, options);
  for (const auto& [most_in, most_out] : {std::pair<size_t, size_t>{50000, 7}, {3, 50000}, {1000000, 1000000}}) {
    lmc_stream* stream = nullptr;
    ASSERT_EQ(lmc_compress_stream(context, &options, &stream, nullptr), LMC_OK);
    const lmc::Bytes packed = through(stream, text, most_in, most_out);
    EXPECT_NEAR(double(packed.size()), double(whole.size()), 16.0);  // whose size the whole call knows
    ASSERT_EQ(lmc_decompress_stream(context, &options, &stream, nullptr), LMC_OK);
    EXPECT_EQ(through(stream, packed, most_in, most_out), text);
  }
  lmc_context_free(context);
}

TEST(Stream, NothingAtAll) {
  lmc::Context context;
  lmc::Bytes packed, back;
  const auto into = [](lmc::Bytes& to) {
    return [&to](std::span<const std::byte> piece) { to.insert(to.end(), piece.begin(), piece.end()); };
  };
  context.compress_stream().finish(into(packed));
  EXPECT_GT(packed.size(), 0u);
  lmc::Stream stream = context.decompress_stream();
  stream.write(packed, into(back));
  stream.finish(into(back));
  EXPECT_EQ(back.size(), 0u);
}

TEST(Stream, DamageIsSaidAgainAndAgain) {
  lmc::Context context;
  lmc::Bytes packed = context.compress(text_of(300000), fast());
  packed[packed.size() / 2] ^= std::byte{1};
  lmc::Stream stream = context.decompress_stream(fast());
  size_t got = 0;
  const auto count = [&](std::span<const std::byte> piece) { got += piece.size(); };
  for (int i = 0; i < 2; ++i) {
    try {
      stream.write(packed, count);
      stream.finish(count);
      FAIL() << "damage went through";
    } catch (const lmc::Failure& failure) {
      EXPECT_EQ(failure.status(), LMC_BAD_INPUT);
      EXPECT_NE(std::string(failure.what()), "");
    }
  }
  EXPECT_LT(got, size_t(300000));
}

TEST(Stream, GivenUpInTheMiddle) {
  lmc::Context context;
  const lmc::Bytes text = text_of(500000);
  for (const size_t size : {size_t(0), size_t(1), size_t(140000), text.size()}) {
    lmc::Stream stream = context.compress_stream(fast());
    stream.write(std::span(text).first(size), [](std::span<const std::byte>) {});
  }
}

TEST(Stream, WhatMakesNoSense) {
  lmc_context* const context = lmc_context_new(nullptr);
  lmc_stream* stream = nullptr;
  lmc_error error;
  EXPECT_EQ(lmc_compress_stream(nullptr, nullptr, &stream, &error), LMC_USAGE);
  EXPECT_EQ(lmc_compress_stream(context, nullptr, nullptr, &error), LMC_USAGE);
  lmc::Options bad;
  bad.level = 77;
  EXPECT_EQ(lmc_compress_stream(context, &bad, &stream, &error), LMC_USAGE);
  EXPECT_EQ(stream, nullptr);
  ASSERT_EQ(lmc_compress_stream(context, nullptr, &stream, &error), LMC_OK);
  lmc_input input = {nullptr, 3, 0};
  lmc_output output = {nullptr, 0, 0};
  int done = 0;
  EXPECT_EQ(lmc_stream_run(stream, &input, &output, 0, &done, &error), LMC_USAGE);
  EXPECT_EQ(lmc_stream_run(stream, nullptr, &output, 0, &done, &error), LMC_USAGE);
  lmc_stream_free(stream);
  lmc_stream_free(nullptr);
  lmc_context_free(context);
}

struct Told {
  int calls = 0, most_calls;
  uint64_t done_bytes = 0;
};
int tell(void* user, uint64_t done_bytes) {
  Told& told = *static_cast<Told*>(user);
  EXPECT_GE(done_bytes, told.done_bytes);
  told.done_bytes = done_bytes;
  return ++told.calls >= told.most_calls ? 1 : 0;
}

TEST(Progress, ToldAndCancelled) {
  lmc::Context context;
  const lmc::Bytes text = text_of(600000);
  lmc::Options options = fast();
  Told all{.most_calls = 1 << 30}, some{.most_calls = 2};
  options.progress = tell;
  options.progress_user = &all;
  const lmc::Bytes packed = context.compress(text, options);
  EXPECT_GT(all.done_bytes, text.size() / 2);
  options.progress_user = &some;
  const auto cancelled = [&](auto call) {
    some = {.most_calls = 2};
    try {
      call();
    } catch (const lmc::Failure& failure) {
      return failure.status() == LMC_CANCELLED && some.calls < all.calls;
    }
    return false;
  };
  EXPECT_TRUE(cancelled([&] { context.compress(text, options); }));
  EXPECT_TRUE(cancelled([&] { context.decompress(packed, options); }));
  EXPECT_TRUE(cancelled([&] {
    lmc::Stream stream = context.compress_stream(options);
    const auto nowhere = [](std::span<const std::byte>) {};
    stream.write(text, nowhere);
    stream.finish(nowhere);
  }));
}

TEST(Range, OnlyThat) {
  lmc::Context context;
  const lmc::Bytes text = text_of(400000);
  const lmc::Bytes packed = context.compress(text, fast());
  const auto part = context.read_range(packed, 131000, 500, fast());
  EXPECT_EQ(part, lmc::Bytes(text.begin() + 131000, text.begin() + 131500));
  EXPECT_EQ(context.read_range(packed, 399990, 500).size(), 10u);
  EXPECT_EQ(context.read_range(packed, 1000000, 5).size(), 0u);
}

TEST(Probe, HeadersAlone) {
  lmc::Context context, without_models("/nonexistent");
  const lmc::Bytes text = text_of(400000);
  lmc::Bytes packed = context.compress(text, fast());
  const lmc_info one = context.probe(packed);
  EXPECT_EQ(one.content_bytes, 400000u);
  EXPECT_EQ(one.frames, 1u);
  EXPECT_EQ(one.blocks, 4u);
  EXPECT_EQ(one.largest_block_bytes, uint64_t(1) << 17);
  EXPECT_EQ(one.missing_models, 0);
  EXPECT_STREQ(one.models, "");
  const lmc::Bytes message = context.compress(std::span(text).first(2000));
  packed.insert(packed.end(), message.begin(), message.end());
  const lmc_info two = context.probe(packed);
  EXPECT_EQ(two.content_bytes, 402000u);
  EXPECT_EQ(two.frames, 2u);
  EXPECT_THROW(context.probe(text), lmc::Failure);
}

}  // namespace
