#include "train/checkpoint.h"

#include <filesystem>

namespace lmc::train {
namespace {

torch::Tensor shape_tensor(const ModelConfig& c) {
  std::vector<int64_t> numbers = {c.vocabulary, c.width, c.layers, c.heads, c.kv_heads, c.feed_forward};
  numbers.insert(numbers.end(), c.windows.begin(), c.windows.end());
  return torch::tensor(numbers, torch::kInt64);
}

// Throws c10::Error like everything that reads the archive.
ModelConfig read_shape(torch::serialize::InputArchive& archive) {
  torch::Tensor value;
  ModelConfig c;
  if (!archive.try_read("shape", value)) {  // a checkpoint from before shapes were saved
    c.kv_heads = 2;
    return c;
  }
  const int64_t* n = value.data_ptr<int64_t>();
  c.vocabulary = n[0], c.width = n[1], c.layers = n[2], c.heads = n[3], c.kv_heads = n[4], c.feed_forward = n[5];
  c.windows.assign(n + 6, n + value.numel());
  return c;
}

torch::Tensor read_tensor(torch::serialize::InputArchive& archive, const std::string& name) {
  torch::Tensor value;  // a tensor read into keeps its storage: always a new one
  archive.read(name, value);
  return value;
}

// The rows of wq, wk and wv with each group of from/to key and value heads averaged.
torch::Tensor merge_heads(const torch::Tensor& qkv, const ModelConfig& from, const ModelConfig& to) {
  const int64_t queries = from.heads * 64, keys = from.kv_heads * 64;
  const auto merged = [&](int64_t row) {
    return qkv.narrow(0, row, keys)
        .reshape({to.kv_heads, from.kv_heads / to.kv_heads, 64, from.width})
        .mean(1)
        .reshape({to.kv_heads * 64, from.width});
  };
  return torch::cat({qkv.narrow(0, 0, queries), merged(queries), merged(queries + keys)});
}

Status fits(const std::string& path, const ModelConfig& from, const ModelConfig& to) {
  if (from.kv_heads % to.kv_heads != 0)
    return usage_error(path + " has " + std::to_string(from.kv_heads) + " key/value heads, not a multiple of " +
                       std::to_string(to.kv_heads));
  if (to.layers % from.layers != 0)
    return usage_error("--layers must be a multiple of the " + std::to_string(from.layers) + " of " + path);
  if (int64_t(to.windows.size()) != to.layers)
    return usage_error("--windows has " + std::to_string(to.windows.size()) + " numbers for " +
                       std::to_string(to.layers) + " layers");
  return Ok();
}

}  // namespace

Status save_checkpoint(const std::string& path, Model& model, const Progress& progress, const Bytes& tokenizer) {
  torch::serialize::OutputArchive archive;
  for (Parameter& p : model.parameters()) {
    archive.write(p.name, p.master.cpu());
    for (size_t i = 0; i < p.state.size(); ++i) archive.write(p.name + ".state" + std::to_string(i), p.state[i].cpu());
  }
  std::vector<double> numbers = {double(progress.step), double(progress.tokens), progress.seconds};
  for (int64_t count : progress.sequences_served) numbers.push_back(double(count));
  archive.write("progress", torch::tensor(numbers, torch::kFloat64));
  archive.write("shape", shape_tensor(model.config()));
  archive.write(
      "tokenizer",
      torch::from_blob(const_cast<uint8_t*>(tokenizer.data()), {int64_t(tokenizer.size())}, torch::kUInt8).clone());
  try {
    archive.save_to(path + ".tmp");
  } catch (const c10::Error& error) {
    return environment_error("cannot write " + path + ".tmp: " + error.what_without_backtrace());
  }
  std::error_code code;
  std::filesystem::rename(path + ".tmp", path, code);
  if (code) return environment_error("cannot rename " + path + ".tmp: " + code.message());
  return Ok();
}

Result<Checkpoint> load_checkpoint(const std::string& path, const Backend& backend) {
  try {
    torch::NoGradGuard no_grad;
    torch::serialize::InputArchive archive;
    archive.load_from(path);
    Checkpoint out;
    out.model = std::make_unique<Model>(read_shape(archive), 1, backend);
    for (Parameter& p : out.model->parameters()) {
      p.master.copy_(read_tensor(archive, p.name));
      for (size_t i = 0; i < p.state.size(); ++i)
        p.state[i].copy_(read_tensor(archive, p.name + ".state" + std::to_string(i)));
    }
    const torch::Tensor saved = read_tensor(archive, "progress");
    const double* numbers = saved.data_ptr<double>();
    out.progress.step = int64_t(numbers[0]);
    out.progress.tokens = int64_t(numbers[1]);
    out.progress.seconds = numbers[2];
    for (size_t d = 0; d < kDomainsCount; ++d) out.progress.sequences_served[d] = int64_t(numbers[3 + d]);
    const torch::Tensor value = read_tensor(archive, "tokenizer");
    out.tokenizer.assign(value.data_ptr<uint8_t>(), value.data_ptr<uint8_t>() + value.numel());
    out.model->refresh();
    return out;
  } catch (const c10::Error& error) {
    return bad_input("cannot load checkpoint " + path + ": " + error.what_without_backtrace());
  }
}

Result<Checkpoint> warm_start(const std::string& path, const ModelConfig& shape, const Backend& backend) {
  auto source = load_checkpoint(path);
  if (!source.ok()) return source.error();
  const ModelConfig& from = source->model->config();
  LMC_TRY(fits(path, from, shape));
  ModelConfig config = from;
  config.kv_heads = shape.kv_heads, config.layers = shape.layers, config.windows = shape.windows;
  Checkpoint out{std::make_unique<Model>(config, 1, backend), {}, std::move(source->tokenizer)};
  torch::NoGradGuard no_grad;
  constexpr size_t kAround = 2, kPerLayer = 5;  // parameters: embedding and head, then five a layer
  for (size_t i = 0; i < out.model->parameters().size(); ++i) {
    Parameter& p = out.model->parameters()[i];
    const size_t layer = i < kAround ? 0 : (i - kAround) / kPerLayer, times = config.layers / from.layers;
    const size_t same = i < kAround ? i : i - (layer - layer / times) * kPerLayer;
    const bool silent = layer % times != 0 && (p.name.ends_with(".out") || p.name.ends_with(".down"));
    if (silent) continue;  // zero, as the constructor left it
    const torch::Tensor& value = source->model->parameters()[same].master;
    p.master.copy_(p.name.ends_with(".qkv") ? merge_heads(value, from, config) : value);
  }
  out.model->refresh();
  return out;
}

}  // namespace lmc::train
