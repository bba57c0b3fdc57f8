// One context, many threads. Runs under ThreadSanitizer in CI.
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "lmc/lmc.h"

namespace {

std::string message_of(int thread, int round) {
  std::string out;
  for (int i = 0; i < 6; ++i)
    out += "thread " + std::to_string(thread) + " says in round " + std::to_string(round) + ": all is well. ";
  return out;
}

std::string text_of(const lmc_buffer& buffer) {
  return std::string(reinterpret_cast<const char*>(buffer.data), buffer.size);
}

// Every thread compresses and restores messages of its own; some are whole files behind one byte.
TEST(Threads, MessagesOnOneContext) {
  lmc_context* context = lmc_context_new(nullptr);
  ASSERT_NE(context, nullptr);
  constexpr int kThreads = 8, kRounds = 3;
  std::vector<std::string> failures(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int round = 0; round < kRounds && failures[t].empty(); ++round) {
        lmc_options options;
        lmc_options_init(&options);
        options.level = round % 2 == 0 ? 5 : 3;
        const std::string text = message_of(t, round);
        lmc_buffer packed = {}, back = {};
        lmc_error error = {};
        if (lmc_compress_message(context, text.data(), text.size(), &options, &packed, &error) != LMC_OK ||
            lmc_decompress_message(context, packed.data, packed.size, &options, &back, &error) != LMC_OK)
          failures[t] = error.message;
        else if (text_of(back) != text)
          failures[t] = "another text came back";
        lmc_buffer_free(&packed);
        lmc_buffer_free(&back);
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& failure : failures) EXPECT_EQ(failure, "");
  lmc_context_free(context);
}

TEST(Threads, FilesOnOneContextWithThreadsOfTheirOwn) {
  lmc_context* context = lmc_context_new(nullptr);
  ASSERT_NE(context, nullptr);
  std::string text;
  for (int i = 0; i < 40; ++i) text += message_of(i, i * i);
  std::vector<std::string> results(2);
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t)
    threads.emplace_back([&, t] {
      lmc_options options;
      lmc_options_init(&options);
      options.level = 3;
      options.threads = 2;
      lmc_buffer packed = {}, back = {};
      lmc_error error = {};
      if (lmc_compress(context, text.data(), text.size(), &options, &packed, &error) == LMC_OK &&
          lmc_decompress(context, packed.data, packed.size, &options, &back, &error) == LMC_OK)
        results[t] = text_of(back);
      lmc_buffer_free(&packed);
      lmc_buffer_free(&back);
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& result : results) EXPECT_TRUE(result == text);
  lmc_context_free(context);
}

}  // namespace
