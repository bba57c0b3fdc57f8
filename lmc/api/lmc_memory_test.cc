// An allocator that fails at the n-th allocation, or from the n-th on, n swept over whole calls: each gives
// LMC_ENVIRONMENT or its result, whichever thread was refused; with models that are open, and from the start.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "lmc/lmc.h"

namespace {

std::atomic<long> allocations_left{-1};  // -1: all that are asked for
std::atomic<bool> fails_on{true};        // what comes after the first refused one is refused too
std::atomic<long> allocations_made{0};

void* allocate(size_t bytes, size_t alignment) {
  ++allocations_made;
  if (allocations_left >= 0 && allocations_left.fetch_sub(1) <= 0) {
    allocations_left = fails_on ? 0 : -1;
    throw std::bad_alloc();
  }
  void* const out = alignment <= alignof(std::max_align_t)
                        ? std::malloc(bytes == 0 ? 1 : bytes)
                        : std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (out == nullptr) throw std::bad_alloc();
  return out;
}

}  // namespace

void* operator new(size_t bytes) { return allocate(bytes, 1); }
void* operator new[](size_t bytes) { return allocate(bytes, 1); }
void* operator new(size_t bytes, std::align_val_t alignment) { return allocate(bytes, size_t(alignment)); }
void* operator new[](size_t bytes, std::align_val_t alignment) { return allocate(bytes, size_t(alignment)); }
void operator delete(void* data) noexcept { std::free(data); }
void operator delete[](void* data) noexcept { std::free(data); }
void operator delete(void* data, size_t) noexcept { std::free(data); }
void operator delete[](void* data, size_t) noexcept { std::free(data); }
void operator delete(void* data, std::align_val_t) noexcept { std::free(data); }
void operator delete[](void* data, std::align_val_t) noexcept { std::free(data); }
void operator delete(void* data, size_t, std::align_val_t) noexcept { std::free(data); }
void operator delete[](void* data, size_t, std::align_val_t) noexcept { std::free(data); }

namespace {

struct Input {
  std::string name, bytes;
  int level;
};

std::vector<Input> inputs() {
  std::string text, picture = "P6\n40 30\n255\n", table;
  for (int i = 0; i < 60; ++i) text += "It was the best of times, it was the worst of times. " + std::to_string(i * i);
  for (int i = 0; i < 40 * 30 * 3; ++i) picture += char(i * 7 / 11 % 200);
  for (int i = 0; i < 4000; ++i) table += std::to_string(i) + ";" + std::to_string(i * i % 97) + "\n";
  return {{"text", text, 3}, {"picture", picture, 5}, {"picture in a table", table + picture, 1}};
}

// Calls work with 0, 1, 2 ... allocations, in wider and wider steps, until it is allowed all it wants.
template <typename Work>
void sweep(const std::string& name, const Work& work) {
  allocations_made = 0;
  ASSERT_EQ(work(), LMC_OK) << name;
  const long all = allocations_made;
  int refused = 0;
  for (long n = 0; n < all; n += 1 + n / 12) {
    fails_on = n % 2 == 0;
    allocations_left = n;
    const lmc_status status = work();
    allocations_left = -1;
    ASSERT_TRUE(status == LMC_OK || status == LMC_ENVIRONMENT) << name << ": " << status << " at allocation " << n;
    refused += status == LMC_ENVIRONMENT;
  }
  EXPECT_GT(refused, 20) << name;
  EXPECT_EQ(work(), LMC_OK) << name << ", afterwards";
}

TEST(Memory, RefusedAtAnyAllocationIsAnErrorOfTheCall) {
  lmc_context* context = lmc_context_new(nullptr);
  ASSERT_NE(context, nullptr);
  for (const Input& input : inputs()) {
    lmc_options options;
    lmc_options_init(&options);
    options.level = input.level;
    options.threads = 2;
    lmc_buffer packed = {};
    ASSERT_EQ(lmc_compress(context, input.bytes.data(), input.bytes.size(), &options, &packed, nullptr), LMC_OK);
    sweep("compress " + input.name, [&] {
      lmc_buffer out = {};
      const lmc_status status = lmc_compress(context, input.bytes.data(), input.bytes.size(), &options, &out, nullptr);
      lmc_buffer_free(&out);
      return status;
    });
    sweep("decompress " + input.name, [&] {
      lmc_buffer out = {};
      const lmc_status status = lmc_decompress(context, packed.data, packed.size, &options, &out, nullptr);
      lmc_buffer_free(&out);
      return status;
    });
    lmc_buffer_free(&packed);
  }
  lmc_context_free(context);
}

// Finding, mapping and reading models, most of all their headers, is within the call then.
TEST(Memory, RefusedWhileModelsAreOpenedIsAnErrorToo) {
  const Input input = inputs().front();
  lmc_options options;
  lmc_options_init(&options);
  options.level = input.level;
  sweep("open and compress " + input.name, [&] {
    lmc_context* const context = lmc_context_new(nullptr);
    if (context == nullptr) return LMC_ENVIRONMENT;
    lmc_buffer out = {};
    const lmc_status status = lmc_compress(context, input.bytes.data(), input.bytes.size(), &options, &out, nullptr);
    lmc_buffer_free(&out);
    lmc_context_free(context);
    return status;
  });
}

}  // namespace
