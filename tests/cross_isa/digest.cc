// Prints one SHA-256 per instruction set over everything the engine gives for fixed pseudo-random models: hidden rows,
// cumulative frequencies, adapting heads. All lines, on all machines, must be the same (cross_isa_test.sh).
#include <cstdio>
#include <string>

#include "lmc/models/arch/head.h"
#include "lmc/models/arch/transformer.h"
#include "lmc/models/test_model.h"

namespace {

using namespace lmc;

template <typename T>
void append_all(Bytes& out, const T* values, size_t n) {
  append_bytes(out, {reinterpret_cast<const uint8_t*>(values), n * sizeof(T)});
}

void run(Bytes& out, const ModelConfig& config, bool gains, Isa isa, const TestExtras& extras = {}) {
  const auto file = ModelFile::from_bytes(make_test_model(config, 77, gains, 3.0f, {}, extras));
  if (!file.ok()) std::abort();
  const auto model = Transformer::load(*file, isa);
  constexpr uint32_t kStreams = 5;
  TransformerState state = model->make_state(kStreams);
  TransformerScratch scratch;
  HeadScratch head_scratch;
  Hidden hidden;
  Head head = model->make_head();
  const uint32_t streams[kStreams] = {0, 1, 2, 3, 4};
  uint32_t tokens[kStreams];
  const size_t row = size_t(config.vocab) + 1;
  std::vector<uint32_t> cumulative(kStreams * row);
  TestRandom random(5);
  for (uint32_t& token : tokens) token = uint32_t(config.vocab - 1);
  for (int step = 0; step < 120; ++step) {
    model->step(state, streams, tokens, hidden, scratch);
    head.cumulative(hidden, 0, kStreams, cumulative.data(), head_scratch);
    append_all(out, hidden.values.data(), hidden.values.size());
    append_all(out, hidden.scales.data(), hidden.scales.size());
    append_all(out, cumulative.data(), cumulative.size());
    for (uint32_t s = 0; s < kStreams; ++s) {
      tokens[s] = uint32_t(random.below(uint32_t(config.vocab - 1)));
      head.adapt(hidden, int(s), tokens[s], cumulative.data() + s * row, 0.02f);
    }
  }
}

}  // namespace

int main() {
  ModelConfig plain{.layers = 2,
                    .width = 64,
                    .heads = 4,
                    .kv_heads = 2,
                    .head_dim = 16,
                    .ffn = 128,
                    .vocab = 301,
                    .windows = {24, 64}};
  ModelConfig other = plain;
  other.windows = {50, 7};
  other.activation = Activation::kSwiglu;
  other.qk_norm = false;
  other.tied = true;
  other.rope_theta = 500000.0;
  other.act_bits = {.qkv = 16, .o = 8, .up = 16, .down = 16, .head = 16};
  ModelConfig gemma = other;
  gemma.activation = Activation::kGeglu;
  gemma.qk_norm = true;
  gemma.embed_factor = 8.0;
  gemma.sinks = {1, 0};
  ModelConfig gpt2 = other;
  gpt2.activation = Activation::kGelu;
  gpt2.norm = NormKind::kLayer;
  gpt2.positions = 48;
  ModelConfig image_gpt = gpt2;
  image_gpt.activation = Activation::kQuickGelu;
  image_gpt.norm = NormKind::kRms;
  image_gpt.bos_anew = true;
  for (const Isa isa : all_isas()) {
    if (!isa_available(isa)) continue;
    Bytes out;
    run(out, plain, false, isa);
    run(out, other, true, isa);
    run(out, gemma, true, isa, {.post_norms = true, .head_gains = true, .ropes = 2});
    run(out, gpt2, true, isa, {.biases = true, .ropes = 2});
    run(out, image_gpt, true, isa, {.biases = true, .head_bias = true});
    std::printf("%s %s\n", hex(sha256(out)).c_str(), isa_name(isa));
  }
}
