/* The C interface, used from C: round trips, errors, limits. Prints what failed; the exit code is the count. */
#include "lmc/lmc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures = 0;

static void expect(int holds, const char* what) {
  if (holds) return;
  fprintf(stderr, "FAILED: %s\n", what);
  ++failures;
}

static void round_trip(lmc_context* context, const uint8_t* data, size_t size, const lmc_options* options) {
  lmc_buffer packed = {NULL, 0}, back = {NULL, 0};
  lmc_error error;
  expect(lmc_compress(context, data, size, options, &packed, &error) == LMC_OK, "compress");
  expect(error.message[0] == 0, "no message after success");
  expect(lmc_decompress(context, packed.data, packed.size, options, &back, &error) == LMC_OK, "decompress");
  expect(back.size == size && (size == 0 || memcmp(back.data, data, size) == 0), "the same bytes come back");
  expect(packed.size <= size + size / 1000 + 16, "growth is at most 0.1 % and 16 bytes");
  lmc_buffer_free(&packed);
  lmc_buffer_free(&back);
  expect(back.data == NULL && back.size == 0, "a freed buffer is empty");
}

/* most: bytes that the message may take. */
static void message_round_trip(lmc_context* context, const void* data, size_t size, int level, size_t most) {
  lmc_buffer packed = {NULL, 0}, back = {NULL, 0};
  lmc_error error;
  lmc_options options;
  lmc_options_init(&options);
  options.level = level;
  expect(lmc_compress_message(context, data, size, &options, &packed, &error) == LMC_OK, "compress a message");
  expect(packed.size <= most, "the message is short");
  expect(lmc_decompress_message(context, packed.data, packed.size, NULL, &back, &error) == LMC_OK, "and back");
  expect(back.size == size && (size == 0 || memcmp(back.data, data, size) == 0), "the same message comes back");
  options.limit_bytes = size - 1;
  if (size > 0) {
    lmc_buffer none = {NULL, 0};
    expect(lmc_decompress_message(context, packed.data, packed.size, &options, &none, &error) == LMC_BAD_INPUT,
           "the limit holds for messages");
  }
  lmc_buffer_free(&packed);
  lmc_buffer_free(&back);
}

static void messages(lmc_context* context, const uint8_t* noise) {
  static const char kText[] = "The committee will meet on Tuesday to discuss the annual report and the budget.";
  lmc_buffer out = {NULL, 0};
  lmc_error error;
  message_round_trip(context, "", 0, 5, 1);
  message_round_trip(context, "x", 1, 5, 2);
  message_round_trip(context, kText, sizeof kText - 1, 5, 40);
  message_round_trip(context, kText, sizeof kText - 1, 1, sizeof kText + 1);
  message_round_trip(context, noise, 2047, 5, 2049);
  message_round_trip(context, noise, 2048, 5, 2048 + 18);
  message_round_trip(context, noise, 100000, 1, 100000 + 300);
  expect(lmc_decompress_message(context, "", 0, NULL, &out, &error) == LMC_BAD_INPUT, "no message is bad input");
  expect(lmc_decompress_message(context, "\x28xyz", 4, NULL, &out, &error) == LMC_BAD_INPUT, "so is one cut short");
  expect(lmc_decompress_message(context, "\x0f", 1, NULL, &out, &error) == LMC_BAD_INPUT, "and an unknown form");
}

/* data: 2000 bytes that shrink. */
static void memory_limit(lmc_context* context, const uint8_t* data) {
  lmc_buffer packed = {NULL, 0}, back = {NULL, 0};
  lmc_error error;
  lmc_options options;
  lmc_options_init(&options);
  options.level = 1;
  expect(lmc_compress(context, data, 2000, &options, &packed, &error) == LMC_OK, "compress");
  options.memory_limit_bytes = 1000;
  expect(lmc_decompress(context, packed.data, packed.size, &options, &back, &error) == LMC_ENVIRONMENT,
         "the memory limit holds");
  expect(strstr(error.message, "memory_limit_bytes") != NULL, "and is named");
  options.memory_limit_bytes = 1u << 30;
  expect(lmc_decompress(context, packed.data, packed.size, &options, &back, &error) == LMC_OK, "1 GiB is enough");
  lmc_buffer_free(&packed);
  lmc_buffer_free(&back);
}

static void errors(lmc_context* context) {
  lmc_buffer out = {NULL, 0};
  lmc_error error;
  lmc_options options;
  expect(lmc_decompress(context, "not a frame", 11, NULL, &out, &error) == LMC_BAD_INPUT, "garbage is bad input");
  expect(error.message[0] != 0 && error.has_offset && error.offset_bytes == 0, "garbage is explained");
  expect(out.data == NULL, "no output after an error");
  lmc_options_init(&options);
  options.level = 10;
  expect(lmc_compress(context, "x", 1, &options, &out, NULL) == LMC_USAGE, "level 10 is wrong usage");
  lmc_options_init(&options);
  options.block_bytes = 1000;
  expect(lmc_compress(context, "x", 1, &options, &out, &error) == LMC_USAGE, "odd block sizes are wrong usage");
  lmc_options_init(&options);
  options.model = "no-such-model";
  expect(lmc_compress(context, "x", 1, &options, &out, &error) == LMC_ENVIRONMENT, "a missing model is said");
  expect(strstr(error.message, "no-such-model") != NULL, "and named");
  lmc_options_init(&options);
  options.limit_bytes = 4;
  expect(lmc_compress(context, "12345", 5, &options, &out, &error) == LMC_OK, "limit is for decompressing");
  {
    lmc_buffer back = {NULL, 0};
    expect(lmc_decompress(context, out.data, out.size, &options, &back, &error) == LMC_BAD_INPUT, "limit holds");
    options.limit_bytes = 5;
    expect(lmc_decompress(context, out.data, out.size, &options, &back, &error) == LMC_OK, "limit is inclusive");
    lmc_buffer_free(&back);
  }
  lmc_buffer_free(&out);
}

typedef lmc_status (*call)(lmc_context*, const void*, size_t, const lmc_options*, lmc_buffer*, lmc_error*);

static void null_pointers(lmc_context* context) {
  static const call kCalls[] = {lmc_compress, lmc_decompress, lmc_compress_message, lmc_decompress_message};
  lmc_options options;
  size_t i;
  lmc_options_init(&options);
  options.level = 1;
  for (i = 0; i < sizeof kCalls / sizeof kCalls[0]; ++i) {
    lmc_buffer out = {NULL, 0};
    lmc_error error;
    expect(kCalls[i](NULL, "x", 1, &options, &out, &error) == LMC_USAGE, "no context is wrong usage");
    expect(strstr(error.message, "context") != NULL, "and named");
    expect(kCalls[i](context, NULL, 1, &options, &out, &error) == LMC_USAGE, "so is no data of size 1");
    expect(strstr(error.message, "data") != NULL, "and named");
    expect(kCalls[i](context, "x", 1, &options, NULL, &error) == LMC_USAGE, "and no place for the result");
    expect(strstr(error.message, "out") != NULL, "and named");
    expect(out.data == NULL && out.size == 0, "nothing is written then");
    expect(kCalls[i](NULL, NULL, 1, NULL, NULL, NULL) == LMC_USAGE, "all at once, without a place for the message");
  }
  for (i = 0; i < sizeof kCalls / sizeof kCalls[0]; i += 2) {
    lmc_buffer out = {NULL, 0}, back = {NULL, 0};
    expect(kCalls[i](context, NULL, 0, NULL, &out, NULL) == LMC_OK, "no data of size 0 is fine");
    expect(kCalls[i + 1](context, out.data, out.size, NULL, &back, NULL) == LMC_OK && back.size == 0, "and back");
    lmc_buffer_free(&out);
    lmc_buffer_free(&back);
  }
  lmc_options_init(NULL);
  lmc_buffer_free(NULL);
  lmc_context_free(NULL);
}

int main(void) {
  static const size_t kSizes[] = {0, 1, 255, 256, 65535, 65536, 131073, 300000};
  lmc_context* context = lmc_context_new(NULL);
  lmc_options options;
  size_t i, k;
  uint32_t state = 1;
  uint8_t* data = malloc(300000);
  if (context == NULL || data == NULL) return 1;
  for (i = 0; i < 300000; ++i) {
    state = state * 1664525u + 1013904223u;
    data[i] = (uint8_t)(state >> 24);
  }
  lmc_options_init(&options);
  options.level = 1;
  options.threads = 2;
  options.block_bytes = 131072;
  for (k = 0; k < sizeof kSizes / sizeof kSizes[0]; ++k) round_trip(context, data, kSizes[k], &options);
  round_trip(context, (const uint8_t*)"from here to there and back again", 33, NULL);
  errors(context);
  messages(context, data);
  null_pointers(context);
  for (i = 0; i < 2000; ++i) data[i] = (uint8_t)("abc"[data[i] % 3]);
  memory_limit(context, data);
  expect(strchr(lmc_version(), '.') != NULL, "the version has a dot");
  free(data);
  lmc_context_free(context);
  if (failures == 0) puts("c_interface: all passed");
  return failures;
}
