#include "train/checkpoint.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "lmc/base/io.h"
#include "lmc/models/file/model_file.h"

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

// The tensors of a model file that make up a parameter, from the first row on.
std::vector<std::string> names_in_file(const std::string& parameter) {
  if (!parameter.starts_with("layer")) return {parameter};
  const size_t dot = parameter.find('.');
  const std::string layer = "layer." + parameter.substr(5, dot - 5) + ".", kind = parameter.substr(dot + 1);
  if (kind == "qkv") return {layer + "wq", layer + "wk", layer + "wv"};
  return {layer + (kind == "out" ? "wo" : kind == "up" ? "w_up" : kind == "down" ? "w_down" : kind)};
}

// Rows of one vocabulary for the tokens of another: the mean of the rows of a token's pieces, at their usual length.
struct Transplant {
  std::vector<std::vector<uint32_t>> pieces;  // of each new token, in the old vocabulary

  static Result<Transplant> between(const Bytes& from, const Bytes& to) {
    const auto before = Tokenizer::parse(from), after = Tokenizer::parse(to);
    if (!before.ok()) return before.error();
    if (!after.ok()) return after.error();
    Transplant out;
    for (const std::string& token : after->vocabulary())
      out.pieces.push_back(before->encode({reinterpret_cast<const uint8_t*>(token.data()), token.size()}));
    out.pieces.push_back({before->bos()});
    return out;
  }
  torch::Tensor rows(const torch::Tensor& old) const {
    std::vector<torch::Tensor> out;
    for (const auto& ids : pieces) {
      const torch::Tensor own = old.index_select(0, torch::tensor(std::vector<int64_t>(ids.begin(), ids.end())));
      const torch::Tensor mean = own.mean(0);
      out.push_back(mean * (own.norm(2, 1).mean() / mean.norm().clamp_min(1e-6)));
    }
    return torch::stack(out);
  }
};

}  // namespace

Result<torch::Tensor> read_weights(const ModelFile& file, const std::string& name) {
  const auto view = file.tensor(name);
  if (!view.ok()) return view.error();
  const auto tensor = [](const TensorView& v, torch::Dtype type) {
    const std::vector<int64_t> sizes(v.shape.begin(), v.shape.end());
    return torch::from_blob(const_cast<uint8_t*>(v.bytes.data()), sizes, type).to(torch::kFloat32, false, true);
  };
  if (view->type == TensorType::kF32) return tensor(*view, torch::kFloat32);
  const auto scale = file.tensor(name + ".scale");
  if (!scale.ok()) return scale.error();
  return tensor(*view, torch::kInt8) * tensor(*scale, torch::kFloat32).reshape({-1, 1});
}

Status write_archive(const std::string& path, torch::serialize::OutputArchive& archive) {
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
  return write_archive(path, archive);
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
    const size_t domains = std::min(kDomainsCount, size_t(saved.numel() - 3));  // some may have been added since
    for (size_t d = 0; d < domains; ++d) out.progress.sequences_served[d] = int64_t(numbers[3 + d]);
    const torch::Tensor value = read_tensor(archive, "tokenizer");
    out.tokenizer.assign(value.data_ptr<uint8_t>(), value.data_ptr<uint8_t>() + value.numel());
    out.model->refresh();
    return out;
  } catch (const c10::Error& error) {
    return bad_input("cannot load checkpoint " + path + ": " + error.what_without_backtrace());
  }
}

Result<Checkpoint> load_model_file(const std::string& path, const Backend& backend) {
  const auto file = ModelFile::open(path);
  if (!file.ok()) return file.error();
  if (file->kind() != ModelKind::kTransformer) return usage_error(path + " is no text model");
  const lmc::ModelConfig& from = file->config();
  ModelConfig shape;
  shape.vocabulary = from.vocab, shape.width = from.width, shape.layers = from.layers, shape.heads = from.heads;
  shape.kv_heads = from.kv_heads, shape.feed_forward = from.ffn, shape.rope_theta = from.rope_theta;
  shape.windows.assign(from.windows.begin(), from.windows.end());
  if (from.head_dim != 64 || from.activation != Activation::kRelu2 || !from.qk_norm || from.tied)
    return usage_error(path + ": the trainer knows heads of 64, squared ReLU and a head of its own only");
  auto tokenizer = read_tokenizer(path);
  LMC_TRY(tokenizer);
  Checkpoint out{std::make_unique<Model>(shape, 1, backend), {}, std::move(*tokenizer)};
  torch::NoGradGuard no_grad;
  for (Parameter& p : out.model->parameters()) {
    std::vector<torch::Tensor> parts;
    for (const std::string& name : names_in_file(p.name)) {
      auto part = read_weights(*file, name);
      if (!part.ok()) return part.error();
      parts.push_back(std::move(*part));
    }
    p.master.copy_(torch::cat(parts));
  }
  const auto training = nlohmann::json::parse(file->training());
  out.progress.step = training.value("steps", int64_t(0));
  out.progress.tokens = training.value("tokens", int64_t(0));
  out.progress.seconds = training.value("seconds", 0.0);
  const auto served = training.value("served", std::vector<int64_t>());
  std::copy_n(served.begin(), std::min(served.size(), kDomainsCount), out.progress.sequences_served.begin());
  out.model->refresh();
  return out;
}

Result<Bytes> read_tokenizer(const std::string& path) {
  if (!path.ends_with(".lmcm")) return read_file(path);
  const auto file = ModelFile::open(path);
  if (!file.ok()) return file.error();
  const ByteSpan section = file->section("tokenizer");
  return Bytes(section.begin(), section.end());
}

Result<Checkpoint> warm_start(const std::string& path, const ModelConfig& shape, const Bytes& tokenizer,
                              const Backend& backend) {
  auto source = path.ends_with(".lmcm") ? load_model_file(path, backend) : load_checkpoint(path);
  if (!source.ok()) return source.error();
  const ModelConfig& from = source->model->config();
  LMC_TRY(fits(path, from, shape));
  ModelConfig config = from;
  config.kv_heads = shape.kv_heads, config.layers = shape.layers, config.windows = shape.windows;
  torch::NoGradGuard no_grad;
  const bool other_tokens = !tokenizer.empty() && tokenizer != source->tokenizer;
  Transplant transplant;
  if (other_tokens) {
    auto made = Transplant::between(source->tokenizer, tokenizer);
    if (!made.ok()) return made.error();
    transplant = std::move(*made);
    config.vocabulary = int64_t(transplant.pieces.size());
  }
  Checkpoint out{std::make_unique<Model>(config, 1, backend), {}, other_tokens ? tokenizer : source->tokenizer};
  constexpr size_t kAround = 2, kPerLayer = 5;  // parameters: embedding and head, then five a layer
  for (size_t i = 0; i < out.model->parameters().size(); ++i) {
    Parameter& p = out.model->parameters()[i];
    const size_t layer = i < kAround ? 0 : (i - kAround) / kPerLayer, times = config.layers / from.layers;
    const size_t same = i < kAround ? i : i - (layer - layer / times) * kPerLayer;
    const bool silent = layer % times != 0 && (p.name.ends_with(".out") || p.name.ends_with(".down"));
    if (silent) continue;  // zero, as the constructor left it
    const torch::Tensor& value = source->model->parameters()[same].master;
    if (i < kAround && other_tokens) {
      p.master.copy_(transplant.rows(value));
      continue;
    }
    p.master.copy_(p.name.ends_with(".qkv") ? merge_heads(value, from, config) : value);
  }
  out.model->refresh();
  return out;
}

}  // namespace lmc::train
