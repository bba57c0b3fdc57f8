#include "lmc/coefficients/jpeg_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "lmc/coding/arithmetic_coder.h"
#include "lmc/coefficients/jpeg_model.h"

namespace lmc {
namespace {

// A model without a prior, which codes integers of random contexts; large ones are rare.
struct Learnt {
  Bytes coded;
  Bytes tables, weights;  // what it has learnt
};

Learnt run(const JpegModelShape& shape, Isa isa) {
  Learnt out;
  JpegBuckets buckets(JpegModel::buckets_of(shape));
  JpegModel model(shape, buckets, 0, isa);
  ArithmeticEncoder coder(out.coded);
  std::mt19937 random(5);
  for (int n = 0; n < 20000; ++n) {
    for (size_t i = 0; i < shape.context_bits.size(); ++i)
      model.contexts()[i] = uint32_t(random() % (i + 2)) << (i % 3);
    for (size_t s = 0; s < shape.selector_sizes.size(); ++s)
      model.selectors()[s] = uint32_t(random() % shape.selector_sizes[s]);
    model.prepare();
    const int size = int(random() % 12 * (random() % 12) / 11), value = int(random() % (1u << size)) >> 1;
    model.begin();
    code_integer(coder, model, random() % 2 == 0 ? value : -value);
  }
  coder.finish();
  out.tables = model.tables_for_prior();
  out.weights = model.weights_for_prior();
  return out;
}

bool same(const Bytes& a, const Bytes& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size()) == 0;
}

TEST(JpegKernels, GiveTheBitsOfThePlainModel) {
  for (int contexts = 1; contexts <= 13; ++contexts)
    for (const std::vector<uint32_t>& selectors : {std::vector<uint32_t>{2, 16}, {64, 1}, {2, 16, 16}}) {
      const JpegModelShape shape{.context_bits = std::vector<uint8_t>(size_t(contexts), 8),
                                 .selector_sizes = selectors};
      const Learnt plain = run(shape, Isa::kScalar);
      EXPECT_FALSE(jpeg_kernels(contexts, int(selectors.size()), Isa::kScalar).predict);
      for (Isa isa : all_isas()) {
        if (!isa_available(isa)) continue;
        const Learnt fast = run(shape, isa);
        EXPECT_TRUE(same(fast.coded, plain.coded)) << contexts << " " << isa_name(isa);
        EXPECT_TRUE(same(fast.tables, plain.tables)) << contexts << " " << isa_name(isa);
        EXPECT_TRUE(same(fast.weights, plain.weights)) << contexts << " " << isa_name(isa);
      }
    }
}

}  // namespace
}  // namespace lmc
