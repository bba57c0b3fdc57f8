// Text blocks with an imported model: several streams, windows passed many times, any bytes; the same payload for every
// number of threads and instruction set, and back.
#include <gtest/gtest.h>

#include <algorithm>

#include "lmc/codecs/text.h"
#include "lmc/models/import/gguf_test_support.h"
#include "lmc/models/import/import.h"
#include "lmc/numerics/isa_test_support.h"

namespace lmc {
namespace {

TEST(ImportedModel, TextBlocksComeBack) {
  const auto imported = import_gguf(TinyLlama().make(), {.name = "tiny", .windows = {40}});
  ASSERT_TRUE(imported.ok()) << imported.error().message;
  const auto file = ModelFile::from_bytes(*imported);
  ASSERT_TRUE(file.ok()) << file.error().message;
  std::string text;
  TestRandom random(2);
  constexpr std::string_view kWords[] = {"the", " thing", "ing ", "\n", " 12", "\xC3\xA9", "x", "\xFF"};
  while (text.size() < 20000) text += kWords[random.below(8)];
  for (const size_t size : {size_t(1), size_t(100), text.size()}) {
    const ByteSpan raw = as_bytes(text).first(size);
    Bytes first;
    for (const Isa isa : isas()) {
      const auto model = load_text_model(*file, isa);
      ASSERT_TRUE(model.ok()) << model.error().message;
      for (const int threads : {1, 2}) {
        const BlockResources resources{.isa = isa, .threads = threads};
        const auto payload = encode_text_block(**model, raw, TextProfile::kFewStreams, resources);
        ASSERT_TRUE(payload.ok()) << payload.error().message;
        if (first.empty()) first = *payload;
        EXPECT_EQ(*payload, first) << isa_name(isa) << " " << threads;
        const auto back = decode_text_block(**model, *payload, size, resources);
        ASSERT_TRUE(back.ok()) << back.error().message;
        EXPECT_TRUE(std::ranges::equal(*back, raw));
      }
    }
  }
}

}  // namespace
}  // namespace lmc
