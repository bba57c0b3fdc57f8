// The integer products beside a bare loop of vpdpbusd in registers: what fraction of one core's peak they reach.
#include <benchmark/benchmark.h>

#include <vector>

#include "lmc/models/test_model.h"
#include "lmc/numerics/matmul.h"

#if defined(__x86_64__)
#include <immintrin.h>

// 16 independent sums in registers, nothing but vpdpbusd: 64 multiply-adds each.
__attribute__((target("avx512f,avx512vnni"), optimize("O3"))) static void bare_vnni(benchmark::State& state) {
  constexpr int kRounds = 1000, kSums = 16;
  __m512i sums[kSums], a = _mm512_set1_epi32(1), b = _mm512_set1_epi32(2);
  for (auto _ : state) {
#pragma GCC unroll 16
    for (int j = 0; j < kSums; ++j) sums[j] = _mm512_set1_epi32(j);
    for (int i = 0; i < kRounds; ++i) {
#pragma GCC unroll 16
      for (int j = 0; j < kSums; ++j) sums[j] = _mm512_dpbusd_epi32(sums[j], a, b);
    }
    __m512i all = sums[0];
#pragma GCC unroll 16
    for (int j = 1; j < kSums; ++j) all = _mm512_xor_si512(all, sums[j]);
    asm volatile("" : "+v"(all), "+v"(a), "+v"(b));
  }
  state.counters["MAC/s"] =
      benchmark::Counter(double(kSums) * 64 * kRounds, benchmark::Counter::kIsIterationInvariantRate);
}
#endif

static void product(benchmark::State& state, lmc::Isa isa) {
  const int count = int(state.range(0)), rows = int(state.range(1)), columns = int(state.range(2));
  lmc::TestRandom random(1);
  std::vector<int8_t> weights(size_t(rows) * size_t(columns)), a(size_t(count) * size_t(columns));
  for (int8_t& value : weights) value = int8_t(random.next());
  for (int8_t& value : a) value = int8_t(random.next());
  const lmc::PackedMatrix matrix(isa, rows, columns, weights);
  std::vector<int32_t> y(size_t(count) * size_t(rows));
  for (auto _ : state) {
    matrix.multiply(a.data(), size_t(columns), count, y.data(), size_t(rows));
    benchmark::DoNotOptimize(y.data());
    benchmark::ClobberMemory();
  }
  state.counters["MAC/s"] =
      benchmark::Counter(double(count) * rows * columns, benchmark::Counter::kIsIterationInvariantRate);
}

int main(int argc, char** argv) {
#if defined(__x86_64__)
  if (lmc::isa_available(lmc::Isa::kAvx512)) benchmark::RegisterBenchmark("bare_vpdpbusd", bare_vnni);
#endif
  for (lmc::Isa isa : {lmc::Isa::kAvx512, lmc::Isa::kAvxVnni, lmc::Isa::kAvx2, lmc::Isa::kNeon, lmc::Isa::kScalar}) {
    if (!lmc::isa_available(isa)) continue;
    auto* bench = benchmark::RegisterBenchmark((std::string("product/") + lmc::isa_name(isa)).c_str(),
                                               [isa](benchmark::State& state) { product(state, isa); });
    for (auto [rows, columns] : {std::pair{256, 256}, {512, 256}, {1024, 256}, {256, 1024}, {8192, 256}})
      for (int count : {1, 2, 4, 6, 8, 16, 32}) bench->Args({count, rows, columns});
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
