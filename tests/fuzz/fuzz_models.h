// The models that the fuzz targets code with: the pixel network, and a language model so small that it takes no time.
//
// Both lie in the folder that LMC_MODELS names; fuzz_seeds writes the small one (tests/fuzz/run does all of this).
#ifndef TESTS_FUZZ_FUZZ_MODELS_H_
#define TESTS_FUZZ_FUZZ_MODELS_H_

#include <cstdio>
#include <cstdlib>

#include "lmc/codecs/codec.h"

namespace lmc {

inline constexpr const char* kFuzzTextModel = "fuzz-text";

inline Engine& fuzz_engine() {
  static Engine engine(default_model_folders());
  return engine;
}

inline const LoadedModel* fuzz_model(const char* name) {
  const auto model = fuzz_engine().registry().find_name(name);
  if (!model.ok()) {
    std::fprintf(stderr, "%s; start it with tests/fuzz/run\n", model.error().message.c_str());
    std::exit(2);
  }
  return *model;
}

// What is inside of containers is left as it is: frames are a target of their own.
inline const BlockResources& fuzz_resources() {
  static const BlockResources resources{
      .engine = &fuzz_engine(),
      .models = {nullptr, fuzz_model(kFuzzTextModel), fuzz_model("pixels")},
      .isa = best_isa(),
      .compress_inside = [](ByteSpan raw, int) -> Result<Bytes> { return Bytes(raw.begin(), raw.end()); },
      .decompress_inside = [](ByteSpan file, size_t raw_bytes, int) -> Result<Bytes> {
        if (file.size() > raw_bytes) return bad_input("more than is wanted");
        return Bytes(file.begin(), file.end());
      }};
  return resources;
}

inline void require(bool holds) {
  if (!holds) std::abort();
}

inline bool same(ByteSpan a, ByteSpan b) { return std::ranges::equal(a, b); }

// What a codec may say of bytes from outside: no bug, and why not.
inline void require_honest(const Error& error) { require(error.family != ErrorFamily::kBug && !error.message.empty()); }

// A block as input of the target "codecs": which row, how many raw bytes, the payload.
inline constexpr size_t kFuzzBlockHeader = 3;

}  // namespace lmc

#endif  // TESTS_FUZZ_FUZZ_MODELS_H_
