#include "train/export.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "lmc/base/io.h"
#include "lmc/models/arch/head.h"
#include "lmc/models/arch/transformer.h"
#include "lmc/models/file/model_writer.h"
#include "train/checkpoint.h"
#include "train/session.h"

namespace lmc::train {
namespace {

// One scale a row, the largest magnitude on 127: what the fake quantisation of the last part of a run trains for.
void add(ModelWriter& writer, const std::string& name, const torch::Tensor& matrix) {
  const torch::Tensor rows = matrix.contiguous();
  writer.add_matrix(name, size_t(rows.size(0)), size_t(rows.size(1)), {rows.data_ptr<float>(), size_t(rows.numel())});
}

lmc::ModelConfig engine_config(const ModelConfig& config, int down_input_bits) {
  lmc::ModelConfig out;
  out.layers = int(config.layers);
  out.width = int(config.width);
  out.heads = int(config.heads);
  out.kv_heads = int(config.kv_heads);
  out.head_dim = 64;
  out.ffn = int(config.feed_forward);
  out.vocab = int(config.vocabulary);
  for (int64_t window : config.windows) out.windows.push_back(int(window));
  out.rope_theta = config.rope_theta;
  out.act_bits.down = down_input_bits;
  return out;
}

}  // namespace

Status export_model(const ExportConfig& config) {
  const auto checkpoint = load_checkpoint(config.checkpoint);
  if (!checkpoint.ok()) return checkpoint.error();
  const Progress& progress = checkpoint->progress;
  const ModelConfig& shape = checkpoint->model->config();
  ModelWriter writer(config.name, engine_config(shape, config.down_input_bits));
  const int64_t queries = shape.heads * 64, keys = shape.kv_heads * 64;
  for (const Parameter& p : checkpoint->model->parameters()) {
    if (!p.name.starts_with("layer")) {
      add(writer, p.name, p.master);
      continue;
    }
    const size_t dot = p.name.find('.');
    const std::string layer = "layer." + p.name.substr(5, dot - 5) + ".", kind = p.name.substr(dot + 1);
    if (kind == "q_gain") {
      const torch::Tensor gains = p.master.contiguous();
      writer.add_f32(layer + kind, {size_t(gains.numel())}, {gains.data_ptr<float>(), size_t(gains.numel())});
    } else if (kind == "qkv") {
      add(writer, layer + "wq", p.master.narrow(0, 0, queries));
      add(writer, layer + "wk", p.master.narrow(0, queries, keys));
      add(writer, layer + "wv", p.master.narrow(0, queries + keys, keys));
    } else {
      add(writer, layer + (kind == "out" ? "wo" : kind == "up" ? "w_up" : "w_down"), p.master);
    }
  }
  writer.add_section("tokenizer", checkpoint->tokenizer);
  const nlohmann::json training = {{"steps", progress.step},
                                   {"tokens", progress.tokens},
                                   {"seconds", progress.seconds},
                                   {"served", progress.sequences_served}};
  writer.set_training(training.dump());
  const auto file = writer.finish();
  if (!file.ok()) return file.error();
  return write_file(config.out, *file);
}

Status check_model(const std::string& path, const std::string& tokens, int64_t tokens_per_domain) {
  const auto file = ModelFile::open(path);
  if (!file.ok()) return file.error();
  const auto tokenizer = Tokenizer::parse(file->section("tokenizer"));
  if (!tokenizer.ok()) return tokenizer.error();
  const auto transformer = Transformer::load(*file, best_isa());
  if (!transformer.ok()) return transformer.error();
  const Head head = transformer->make_head();
  TransformerScratch scratch;
  HeadScratch head_scratch;
  Hidden hidden;
  const auto loss = [&](std::span<const int32_t> inputs, std::span<const int32_t> targets) {
    constexpr size_t kChunk = 64;
    TransformerState state = transformer->make_state(1);
    const std::vector<uint32_t> stream(kChunk, 0);
    std::vector<uint32_t> cumulative(kChunk * size_t(head.vocab() + 1));
    double nats = 0;
    for (size_t begin = 0; begin < inputs.size(); begin += kChunk) {
      const size_t count = std::min(kChunk, inputs.size() - begin);
      const std::vector<uint32_t> chunk(inputs.begin() + ptrdiff_t(begin), inputs.begin() + ptrdiff_t(begin + count));
      transformer->step(state, std::span(stream).first(count), chunk, hidden, scratch);
      head.cumulative(hidden, 0, int(count), cumulative.data(), head_scratch);
      for (size_t i = 0; i < count; ++i) {
        const uint32_t* row = cumulative.data() + i * size_t(head.vocab() + 1);
        const auto target = size_t(targets[begin + i]);
        nats -= std::log(double(row[target + 1] - row[target]) / double(row[head.vocab()]));
      }
    }
    return nats;
  };
  return evaluate_dev(loss, *tokenizer, tokens, tokens_per_domain);
}

}  // namespace lmc::train
