// lmc-ablate-deflate: what each part of the model of deflate choices is worth, in bytes and seconds.
//
//   lmc-ablate-deflate STREAM...
//
// Describes zlib streams by the choices of their encoders, each alone, with everything, then without each part, and
// prints a Markdown table. Streams that zlib's own corrections describe are left out.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "lmc/base/io.h"
#include "lmc/media/deflate/choice_coder.h"
#include "lmc/media/deflate/deflate_choices.h"
#include "lmc/media/deflate/deflate_stream.h"
#include "lmc/media/deflate/inflate.h"

namespace {

using lmc::Bytes, lmc::ByteSpan, lmc::ChoiceSettings;

struct Input {
  Bytes stream, data;
  ChoiceSettings settings;  // that serve best with everything
};

struct Case {
  const char* name;
  uint32_t without = 0;
  void (*change)(ChoiceSettings&) = [](ChoiceSettings&) {};
};

constexpr Case kCases[] = {
    {"everything"},
    {"without what zlib would take", 0, [](ChoiceSettings& s) { s.zlib.reset(); }},
    {"without quick searches", 0, [](ChoiceSettings& s) { s.quick = lmc::QuickKind::kNone; }},
    {"without chains of limited depth", 0, [](ChoiceSettings& s) { s.chain_bytes = s.chain_steps = 0; }},
    {"with costs under the fixed code", lmc::kChoiceOwnCode},
    {"without costs", lmc::kChoiceCosts},
    {"without foretold headers", lmc::kChoiceHeaders},
    {"with one context a decision", lmc::kChoiceContexts},
    {"without weights by situation", lmc::kChoiceSituations},
    {"with 256 nodes a position instead of 1024", 0, [](ChoiceSettings& s) { s.most_visits = 256; }},
    {"with 64 nodes a position", 0, [](ChoiceSettings& s) { s.most_visits = 64; }},
};

int fail(const lmc::Error& error) {
  std::fprintf(stderr, "lmc-ablate-deflate: %s\n", error.message.c_str());
  return int(error.family);
}

// Nothing in settings if zlib's corrections are the better form.
lmc::Result<std::optional<Input>> read_input(const char* path) {
  constexpr size_t kHeaderBytes = 2, kMostBytes = size_t(1) << 30;
  LMC_ASSIGN(const auto file, lmc::read_file(path));
  if (file.size() < kHeaderBytes) return lmc::bad_input("expected a zlib stream");
  const ByteSpan deflate = ByteSpan(file).subspan(kHeaderBytes);
  LMC_ASSIGN(auto inflated, lmc::inflate(deflate, kMostBytes));
  Input input{.stream = {}, .data = std::move(inflated.data), .settings = {}};
  const ByteSpan stream = deflate.first((inflated.size_bits + 7) / 8);
  input.stream.assign(stream.begin(), stream.end());
  LMC_ASSIGN(const auto described, lmc::DeflateDescriber().describe(input.stream, input.data, {}));
  if (!described.choices) return std::optional<Input>();
  input.settings = *described.choices;
  return std::optional(std::move(input));
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<Input> inputs;
  size_t stream_bytes = 0;
  for (int i = 1; i < argc; ++i) {
    auto input = read_input(argv[i]);
    if (!input.ok()) return fail(input.error());
    if (!*input) continue;
    stream_bytes += (*input)->stream.size();
    inputs.push_back(std::move(**input));
  }
  std::printf("%zu of %d streams, %zu bytes\n\n", inputs.size(), argc - 1, stream_bytes);
  std::printf("| choices | bytes | %% of the streams | seconds |\n|---|---:|---:|---:|\n");
  for (const Case& each : kCases) {
    const auto start = std::chrono::steady_clock::now();
    size_t bytes = 0;
    for (const Input& input : inputs) {
      ChoiceSettings settings = input.settings;
      each.change(settings);
      const auto size = lmc::ablated_choices_bytes(input.stream, input.data, settings, each.without);
      if (!size.ok()) return fail(size.error());
      bytes += *size;
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf("| %s | %zu | %.3f | %.1f |\n", each.name, bytes,
                100.0 * double(bytes) / double(std::max<size_t>(stream_bytes, 1)), seconds);
    std::fflush(stdout);
  }
}
