#include "train/export.h"

#include <nlohmann/json.hpp>

#include "lmc/base/io.h"
#include "lmc/models/model_writer.h"
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
  Model model({}, 1);
  Progress progress;
  const auto tokenizer = load_checkpoint(config.checkpoint, model, progress);
  if (!tokenizer.ok()) return tokenizer.error();
  const ModelConfig& shape = model.config();
  ModelWriter writer(config.name, engine_config(shape, config.down_input_bits));
  const int64_t queries = shape.heads * 64, keys = shape.kv_heads * 64;
  for (const Parameter& p : model.parameters()) {
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
  writer.add_section("tokenizer", *tokenizer);
  const nlohmann::json training = {
      {"steps", progress.step}, {"tokens", progress.tokens}, {"seconds", progress.seconds}};
  writer.set_training(training.dump());
  const auto file = writer.finish();
  if (!file.ok()) return file.error();
  return write_file(config.out, *file);
}

}  // namespace lmc::train
