// Microseconds a token of the text model's shape, by part, on one core.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "lmc/models/arch/head.h"
#include "lmc/models/arch/transformer.h"
#include "lmc/models/test_model.h"

namespace {

using namespace lmc;

ModelConfig text_config() {
  return {.layers = 6,
          .width = 256,
          .heads = 4,
          .kv_heads = 2,
          .head_dim = 64,
          .ffn = 1024,
          .vocab = 8192,
          .windows = {128, 512, 128, 512, 128, 512}};
}

// One stream batch that has filled its windows.
struct Fixture {
  Transformer model;
  TransformerState state;
  Head head;
  TransformerScratch scratch;
  HeadScratch head_scratch;
  Hidden hidden;
  std::vector<uint32_t> streams;
  std::vector<uint16_t> tokens;
  std::vector<uint32_t> cumulative;
  TestRandom random{7};

  Fixture(const ModelConfig& config, Isa isa, int count)
      : model(*Transformer::load(*ModelFile::from_bytes(make_test_model(config, 1)), isa)),
        state(model.make_state(uint32_t(count))),
        head(model.make_head()),
        tokens(size_t(count)),
        cumulative(size_t(count) * size_t(config.vocab + 1)) {
    for (int s = 0; s < count; ++s) streams.push_back(uint32_t(s));
    for (int i = 0; i < 520; ++i) step();
    logits();
  }
  void step() {
    for (uint16_t& token : tokens) token = uint16_t(random.below(uint32_t(model.config().vocab - 1)));
    model.step(state, streams, tokens, hidden, scratch);
  }
  void logits() { head.cumulative(hidden, 0, int(streams.size()), cumulative.data(), head_scratch); }
};

void report(benchmark::State& state, int count) {
  state.counters["us/token"] = benchmark::Counter(
      double(count) / 1e6, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void network(benchmark::State& state, ModelConfig config, Isa isa) {
  const int count = int(state.range(0));
  Fixture fixture(config, isa, count);
  for (auto _ : state) fixture.step();
  report(state, count);
}

void network_and_head(benchmark::State& state, Isa isa) {
  const int count = int(state.range(0));
  Fixture fixture(text_config(), isa, count);
  for (auto _ : state) {
    fixture.step();
    fixture.logits();
  }
  report(state, count);
}

void head(benchmark::State& state, Isa isa) {
  const int count = int(state.range(0));
  Fixture fixture(text_config(), isa, count);
  for (auto _ : state) fixture.logits();
  report(state, count);
}

// Only what follows the head's product.
void frequencies(benchmark::State& state, Isa isa) {
  const Elementwise& kernels = elementwise(isa);
  std::vector<int32_t> sums(8192), work(8192);
  std::vector<float> scales(8192, 1.0f), logits(8192);
  std::vector<uint32_t> out(8193);
  TestRandom random(3);
  for (int32_t& sum : sums) sum = int32_t(random.below(100000)) - 50000;
  for (auto _ : state) {
    kernels.scale(sums.data(), nullptr, 8192, 1e-4f, scales.data(), logits.data());
    kernels.cumulative(logits.data(), 8191, reinterpret_cast<uint32_t*>(work.data()), out.data());
    benchmark::DoNotOptimize(out.data());
  }
  report(state, 1);
}

void adapt(benchmark::State& state, Isa isa) {
  Fixture fixture(text_config(), isa, 8);
  int rows = 0;
  std::vector<uint32_t> list(8193);
  for (auto _ : state) {
    for (int i = 0; i < 8; ++i)
      fixture.head.adapt(fixture.hidden, i, fixture.tokens[size_t(i)], fixture.cumulative.data() + i * 8193, 0.004f);
  }
  for (int i = 0; i < 8; ++i)
    rows += elementwise(isa).above(fixture.cumulative.data() + i * 8193, 8191,
                                   fixture.cumulative[size_t(i * 8193 + 8192)] / 1000, list.data());
  report(state, 8);
  state.counters["rows/token"] = rows / 8.0;
}

void prefill(benchmark::State& state, Isa isa) {
  const int count = int(state.range(0));
  Fixture fixture(text_config(), isa, 1);
  fixture.streams.assign(size_t(count), 0);
  fixture.tokens.resize(size_t(count));
  for (auto _ : state) fixture.step();
  report(state, count);
}

void load(benchmark::State& state, Isa isa) {
  const auto file = ModelFile::from_bytes(make_test_model(text_config(), 1));
  for (auto _ : state) benchmark::DoNotOptimize(Transformer::load(*file, isa));
}

void copy_head(benchmark::State& state, Isa isa) {
  const auto file = ModelFile::from_bytes(make_test_model(text_config(), 1));
  const auto model = Transformer::load(*file, isa);
  for (auto _ : state) benchmark::DoNotOptimize(model->make_head());
}

}  // namespace

int main(int argc, char** argv) {
  for (Isa isa : {Isa::kAvx512, Isa::kAvxVnni, Isa::kAvx2, Isa::kNeon, Isa::kScalar}) {
    if (!isa_available(isa)) continue;
    const auto add = [isa](const char* name, auto function) {
      return benchmark::RegisterBenchmark((std::string(name) + "/" + isa_name(isa)).c_str(), function);
    };
    ModelConfig narrow = text_config();
    narrow.windows.assign(6, 1);
    add("all", [isa](benchmark::State& s) { network_and_head(s, isa); })->Arg(8)->Arg(16);
    add("network", [isa](benchmark::State& s) { network(s, text_config(), isa); })
        ->Arg(1)
        ->Arg(4)
        ->Arg(8)
        ->Arg(16)
        ->Arg(32);
    add("network_window_1", [=](benchmark::State& s) { network(s, narrow, isa); })->Arg(8);
    add("prefill", [isa](benchmark::State& s) { prefill(s, isa); })->Arg(64);
    add("head", [isa](benchmark::State& s) { head(s, isa); })->Arg(8);
    add("frequencies", [isa](benchmark::State& s) { frequencies(s, isa); });
    add("adapt", [isa](benchmark::State& s) { adapt(s, isa); });
    add("load", [isa](benchmark::State& s) { load(s, isa); })->Unit(benchmark::kMillisecond);
    add("copy_head", [isa](benchmark::State& s) { copy_head(s, isa); })->Unit(benchmark::kMillisecond);
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
