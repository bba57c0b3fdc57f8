// An adapter with pseudo-random changes of every matrix that one can change, for tests. The same on every machine.
#ifndef LMC_MODELS_TEST_ADAPTER_H_
#define LMC_MODELS_TEST_ADAPTER_H_

#include <vector>

#include "lmc/models/adapters/adapter.h"
#include "lmc/models/test_model.h"

namespace lmc {

inline Bytes make_test_adapter(const ModelFile& base, int rank, uint64_t seed, float size = 0.02f) {
  TestRandom random(seed);
  AdapterWriter writer("test-adapter", base);
  const auto values = [&](size_t count, float spread) {
    std::vector<float> out(count);
    for (float& x : out) x = spread * float(int(random.below(2001)) - 1000) / 1024.0f;
    return out;
  };
  for (const auto& [name, view] : base.tensors()) {
    const AdapterTarget* const target = find_adapter_target(name.substr(name.rfind('.') + 1));
    if (view.type != TensorType::kI8 || target == nullptr) continue;
    const std::vector<float> a = values(size_t(rank) * view.shape[1], 1.0f);
    writer.add(name, a, values(size_t(rank) * view.shape[0], size), rank);
  }
  auto bytes = writer.finish();
  return bytes.ok() ? std::move(*bytes) : Bytes();
}

}  // namespace lmc

#endif  // LMC_MODELS_TEST_ADAPTER_H_
