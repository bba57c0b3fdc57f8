#include "lmc/models/import/import.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <filesystem>
#include <memory>
#include <set>

#include "lmc/base/io.h"
#include "lmc/models/file/model_writer.h"
#include "lmc/models/import/checkpoint.h"
#include "lmc/models/import/gguf_file.h"
#include "lmc/models/import/hugging_face.h"
#include "lmc/models/import/vocabulary.h"
#include "lmc/numerics/elementwise.h"

namespace lmc {
namespace {

using NameKind = TensorNames::Kind;

// Rows of a tensor as they are asked for: `order[i]` of the checkpoint is row i; kNoRow: zeros.
struct Rows {
  const WeightTensor* tensor = nullptr;
  bool transposed = false;  // row r is column r of the tensor
  std::vector<uint32_t> order;
  size_t columns = 0;

  void read(size_t i, float* out) const {
    if (order[i] == kNoRow)
      std::fill(out, out + columns, 0.0f);
    else if (transposed)
      for (size_t k = 0; k < columns; ++k) tensor->read_weight(k, order[i], out + k);
    else
      tensor->read_row(order[i], out);
  }
};

std::vector<uint32_t> in_order(size_t first, size_t rows) {
  std::vector<uint32_t> order(rows);
  for (size_t i = 0; i < rows; ++i) order[i] = uint32_t(first + i);
  return order;
}

// Where neighbours of a head are turned, not its halves as we do (docs/numerics.md, section 2).
std::vector<uint32_t> halves_order(size_t heads, size_t head_dim) {
  std::vector<uint32_t> order(heads * head_dim);
  for (size_t h = 0; h < heads; ++h)
    for (size_t i = 0; i < head_dim; ++i)
      order[h * head_dim + i] = uint32_t(h * head_dim + (i < head_dim / 2 ? 2 * i : 2 * (i - head_dim / 2) + 1));
  return order;
}

Status write_floats(Sink& sink, std::span<const float> values) {
  Bytes out;
  out.reserve(values.size() * 4);
  for (const float value : values) append_le(out, std::bit_cast<uint32_t>(value));
  return sink.write(out);
}

class Importer {
 public:
  Importer(const Checkpoint& checkpoint, const ImportOptions& options) : checkpoint_(checkpoint), options_(options) {}

  Result<ModelWriter> run() {
    LMC_TRY(make_config());
    LMC_ASSIGN(const auto vocabulary, import_vocabulary(checkpoint_));
    rows_ = vocabulary.rows;
    c_.vocab = int(rows_.size());
    for (const auto& [name, tensor] : checkpoint_.tensors) left_.insert(name);
    ModelWriter writer(options_.name, c_);
    writer_ = &writer;
    for (const TensorNames& names : architecture().once) LMC_TRY(add(names, "", names.of(checkpoint_.source)));
    for (int i = 0; i < c_.layers; ++i) LMC_TRY(layer(i));
    if (!left_.empty())
      return checkpoint_.unsupported("the tensor '" + *left_.begin() + "' is none that the architecture " +
                                     architecture().name + " is known to have");
    writer.add_section("tokenizer", vocabulary.tokenizer.serialize());
    writer.add_section("tokenizer.merges", vocabulary.tokenizer.serialize_merges());
    writer.set_training(checkpoint_.origin);
    return writer;
  }

 private:
  const Architecture& architecture() const { return *checkpoint_.architecture; }

  Status make_config() {
    const Hyperparameters& from = checkpoint_.parameters;
    c_ = from.config;
    c_.activation = architecture().activation;
    c_.norm = architecture().norm;
    c_.qk_norm = architecture().qk_norm;
    c_.tied = !checkpoint_.tensors.contains(head_name()) && !architecture().colours;
    c_.head_rate = options_.head_rate;
    c_.act_bits = options_.act_bits.value_or(architecture().act_bits);
    c_.bos_anew = architecture().colours;
    if (architecture().scaled_embedding) c_.embed_factor = double(std::sqrt(float(c_.width)));
    if (!from.rope_theta.empty()) c_.rope_theta = from.rope_theta[0];
    LMC_TRY(cut_windows());
    if (c_.heads <= 0 || c_.heads % c_.kv_heads != 0)
      return checkpoint_.unsupported("its " + std::to_string(c_.heads) + " heads are no multiple of its " +
                                     std::to_string(c_.kv_heads) + " key/value heads");
    return Ok();
  }

  Status cut_windows() {
    const std::vector<int>& wanted = options_.windows;
    if (wanted.size() != 1 && wanted.size() != c_.windows.size())
      return usage_error(std::to_string(wanted.size()) + " windows are given, the model has " +
                         std::to_string(c_.windows.size()) + " layers: give one for each, or one for all");
    for (size_t i = 0; i < c_.windows.size(); ++i) {
      int& window = c_.windows[i];
      const int given = wanted[wanted.size() == 1 ? 0 : i];
      const int most = c_.positions > 0 ? std::min(c_.positions, given) : given;
      const bool cut = window == 0 || window > most;  // by us, who keep the first position then
      c_.sinks.push_back(cut && c_.positions == 0 ? 1 : 0);
      if (cut) window = most;
    }
    return Ok();
  }

  std::string head_name() const {
    for (const TensorNames& names : architecture().once)
      if (names.ours == std::string_view("head")) return names.of(checkpoint_.source);
    return {};
  }

  Status layer(int i) {
    const std::string to = "layer." + std::to_string(i) + ".";
    const auto named = [i](std::string name) { return name.replace(name.find('%'), 1, std::to_string(i)); };
    for (const TensorNames& names : architecture().matrices)
      LMC_TRY(add(names, to, named(names.of(checkpoint_.source))));
    for (const TensorNames& names : architecture().norms) LMC_TRY(add(names, to, named(names.of(checkpoint_.source))));
    const double scale = checkpoint_.parameters.query_scale;
    const float gain = scale > 0 ? float(scale) : 1.0f / std::sqrt(float(c_.head_dim));
    writer_->add_f32(to + "q_gain", {size_t(c_.heads)}, std::vector<float>(size_t(c_.heads), gain));
    rope(size_t(i), to);
    return Ok();
  }

  Status add(const TensorNames& names, const std::string& prefix, const std::string& from) {
    switch (names.kind) {
      case NameKind::kEmbedding:
        if (names.ours == std::string_view("head") && c_.tied) return Ok();
        return embedding(names.ours, from);
      case NameKind::kMatrix:
        return matrix(names.ours, prefix, from);
      case NameKind::kNorm:
        return norm(names.ours, prefix, from);
      case NameKind::kPositions:
        return floats(names.ours, from, {size_t(c_.positions), size_t(c_.width)}, 0.0f);
    }
    return Ok();
  }

  // It may have more rows than the vocabulary.
  Status embedding(const std::string& to, const std::string& from) {
    const auto it = checkpoint_.tensors.find(from);
    std::vector<uint32_t> order = rows_;
    if (to == "head" && architecture().colours) {
      order.back() = kNoRow;  // what begins a picture has no row there
      head_bias();
    }
    uint64_t tokens = 0;  // that it must have
    for (const uint32_t row : order) tokens = std::max<uint64_t>(tokens, row == kNoRow ? 0 : uint64_t(row) + 1);
    if (it != checkpoint_.tensors.end() && it->second.shape.size() == 2) tokens = std::max(tokens, it->second.shape[0]);
    LMC_ASSIGN(const WeightTensor* const tensor, take(from, {tokens, uint64_t(c_.width)}));
    return quantised(to, {.tensor = tensor, .order = std::move(order), .columns = size_t(c_.width)});
  }

  // Tokens that the head has no row for never come, as far as it knows.
  void head_bias() {
    constexpr float kNever = -65536.0f;
    std::vector<float> bias;
    for (const uint32_t row : rows_) bias.push_back(row == kNoRow ? kNever : 0.0f);
    writer_->add_f32("head.bias", {bias.size()}, bias);
  }

  // What a matrix's rows are: where they begin in the tensor, how many, how many columns.
  struct Shape {
    size_t first, rows, columns;
  };
  Shape shape_of(const std::string& name) const {
    const auto dim = size_t(c_.head_dim), heads = size_t(c_.heads), kv_heads = size_t(c_.kv_heads);
    const auto width = size_t(c_.width), ffn = size_t(c_.ffn);
    const bool fused = architecture().fused_qkv;
    if (name == "wq") return {0, heads * dim, width};
    if (name == "wk") return {fused ? heads * dim : 0, kv_heads * dim, width};
    if (name == "wv") return {fused ? (heads + kv_heads) * dim : 0, kv_heads * dim, width};
    if (name == "wo") return {0, width, heads * dim};
    if (name == "w_down") return {0, width, ffn};
    return {0, ffn, width};
  }

  Status matrix(const std::string& name, const std::string& prefix, const std::string& from) {
    const Shape shape = shape_of(name);
    const bool fused = architecture().fused_qkv && (name == "wq" || name == "wk" || name == "wv");
    const uint64_t rows = fused ? uint64_t(c_.heads + 2 * c_.kv_heads) * uint64_t(c_.head_dim) : shape.rows;
    const bool transposed = architecture().transposed && checkpoint_.source == TensorSource::kHuggingFace;
    const std::vector<uint64_t> wanted =
        transposed ? std::vector<uint64_t>{shape.columns, rows} : std::vector<uint64_t>{rows, shape.columns};
    LMC_ASSIGN(const WeightTensor* const tensor, take(from, wanted));
    const bool turned = architecture().gguf_turns_neighbours && checkpoint_.source == TensorSource::kGguf &&
                        (name == "wq" || name == "wk");
    auto order = turned ? halves_order(shape.rows / size_t(c_.head_dim), size_t(c_.head_dim))
                        : in_order(shape.first, shape.rows);
    LMC_TRY(bias(prefix + name, from, rows, order));
    return quantised(prefix + name, {tensor, transposed, std::move(order), shape.columns});
  }

  Status bias(const std::string& to, const std::string& weight, uint64_t rows, const std::vector<uint32_t>& order) {
    const std::string from = bias_name(weight);
    if (!checkpoint_.tensors.contains(from)) return Ok();
    LMC_ASSIGN(const WeightTensor* const tensor, take(from, {rows}));
    std::vector<float> all(static_cast<size_t>(rows)), values;
    tensor->read_row(0, all.data());
    for (const uint32_t row : order) values.push_back(all[row]);
    writer_->add_f32(to + ".bias", {values.size()}, values);
    return Ok();
  }

  Status norm(const std::string& name, const std::string& prefix, const std::string& from) {
    const size_t size = size_t(name == "q_norm" || name == "k_norm" ? c_.head_dim : c_.width);
    const bool less_one = architecture().gains_less_one && checkpoint_.source == TensorSource::kHuggingFace;
    LMC_TRY(floats(prefix + name, from, {size}, less_one ? 1.0f : 0.0f));
    if (!checkpoint_.tensors.contains(bias_name(from))) return Ok();
    return floats(prefix + name + ".bias", bias_name(from), {size}, 0.0f);
  }

  static std::string bias_name(std::string weight) {
    constexpr std::string_view kEnd = "weight";
    return weight.ends_with(kEnd) ? weight.replace(weight.size() - kEnd.size(), kEnd.size(), "bias") : weight + ".bias";
  }

  // Small tensors, as they are but for `more`.
  Status floats(const std::string& to, const std::string& from, const std::vector<size_t>& shape, float more) {
    LMC_ASSIGN(const WeightTensor* const tensor, take(from, {shape.begin(), shape.end()}));
    const auto columns = size_t(tensor->columns());
    std::vector<float> values(size_t(tensor->rows()) * columns);
    for (size_t row = 0; row < tensor->rows(); ++row) tensor->read_row(row, values.data() + row * columns);
    for (float& value : values) value += more;
    writer_->add_f32(to, shape, values);
    return Ok();
  }

  // A matrix that is made into int8 with a scale for each row when it is written.
  Status quantised(const std::string& to, Rows rows) {
    const size_t count = rows.order.size(), columns = rows.columns;
    const auto scales = std::make_shared<std::vector<float>>(count);
    const auto produce = [rows = std::move(rows), scales, to, this](Sink& sink) -> Status {
      std::vector<float> row(rows.columns);
      Bytes out(rows.columns);
      for (size_t i = 0; i < rows.order.size(); ++i) {
        rows.read(i, row.data());
        float peak = 0;
        for (const float x : row) {
          if (!std::isfinite(x))
            return checkpoint_.unsupported("tensor for '" + to + "' holds what is no finite number");
          peak = std::max(peak, std::fabs(x));
        }
        float& scale = (*scales)[i] = peak / 127.0f;
        if (scale < 0x1p-100f) scale = 0;  // it counts as zeros
        for (size_t k = 0; k < row.size(); ++k) out[k] = scale > 0 ? uint8_t(int8_t(std::lrint(row[k] / scale))) : 0;
        LMC_TRY(sink.write(out));
      }
      if (to.ends_with(".w_up") && options_.progress) options_.progress(++layers_done_, c_.layers);
      return Ok();
    };
    writer_->add_produced(to, TensorType::kI8, {count, columns}, produce);
    writer_->add_produced(to + ".scale", TensorType::kF32, {count},
                          [scales](Sink& sink) { return write_floats(sink, *scales); });
    return Ok();
  }

  // The frequencies of a layer that are not those of the model's theta; learned positions: no rotation.
  void rope(size_t i, const std::string& to) {
    const Hyperparameters& from = checkpoint_.parameters;
    std::vector<uint64_t> frequencies(size_t(c_.head_dim / 2));
    if (c_.positions == 0) {
      const bool divided = !from.rope_divisors.empty() && from.config.windows[i] == 0;
      if (from.rope_theta[i] == c_.rope_theta && !divided) return;
      rotary_frequencies(from.rope_theta[i], c_.head_dim, frequencies.data());
      for (size_t k = 0; k < frequencies.size() && divided; ++k)
        frequencies[k] = uint64_t(double(frequencies[k]) / from.rope_divisors[k]);
    }
    std::vector<size_t> shape = {frequencies.size(), 2};
    writer_->add_produced(to + "rope", TensorType::kU32, shape, [frequencies](Sink& sink) {
      Bytes out;
      for (const uint64_t frequency : frequencies) append_le(out, frequency);
      return sink.write(out);
    });
  }

  Result<const WeightTensor*> take(const std::string& name, const std::vector<uint64_t>& shape) {
    left_.erase(name);
    return checkpoint_.tensor(name, shape);
  }

  const Checkpoint& checkpoint_;
  const ImportOptions& options_;
  ModelConfig c_;
  std::vector<uint32_t> rows_;  // (V)
  std::set<std::string> left_;  // tensors that nobody has taken
  ModelWriter* writer_ = nullptr;
  int layers_done_ = 0;
};

}  // namespace

Error Checkpoint::unsupported(const std::string& what) const { return bad_input(std::string(format) + ": " + what); }

Result<const WeightTensor*> Checkpoint::tensor(const std::string& name, const std::vector<uint64_t>& shape) const {
  const auto it = tensors.find(name);
  if (it == tensors.end()) return unsupported("it lacks the tensor '" + name + "'");
  if (it->second.shape == shape) return &it->second;
  const auto shown = [](const std::vector<uint64_t>& sizes) {
    std::string out;
    for (const uint64_t size : sizes) out += (out.empty() ? "" : " x ") + std::to_string(size);
    return out;
  };
  return unsupported("the tensor '" + name + "' is " + shown(it->second.shape) + ", expected " + shown(shape));
}

namespace {

Result<Bytes> import_into_memory(const Checkpoint& checkpoint, const ImportOptions& options) {
  Importer importer(checkpoint, options);
  LMC_ASSIGN(const auto writer, importer.run());
  return writer.finish();
}

Result<ImportedFile> import_into_file(const Checkpoint& checkpoint, const std::string& to,
                                      const ImportOptions& options) {
  Importer importer(checkpoint, options);
  LMC_ASSIGN(const auto writer, importer.run());
  ImportedFile out;
  const auto produce = [&](Sink& sink) -> Status {
    LMC_ASSIGN(out.sha256, writer.write(sink));
    return Ok();
  };
  const auto check = [&](const std::string& temporary) -> Status {
    LMC_ASSIGN(const auto made, MappedFile::open(temporary));
    out.size_bytes = made.bytes().size();
    LMC_TRY(ModelFile::open(temporary));
    return Ok();
  };
  LMC_TRY(write_file(to, produce, check));
  return out;
}

// The files of a folder, mapped.
class Folder {
 public:
  static Result<Folder> open(const std::filesystem::path& path) {
    constexpr const char* kWhole = "model.safetensors";
    Folder out;
    LMC_ASSIGN(out.config_, MappedFile::open(path / "config.json"));
    LMC_TRY(out.open_tokenizer(path));
    if (const auto preprocessor = path / "preprocessor_config.json"; exists(preprocessor)) {
      LMC_ASSIGN(out.preprocessor_, MappedFile::open(preprocessor));
    }
    std::vector<std::string> names;
    if (exists(path / kWhole)) {
      names.emplace_back(kWhole);
    } else {
      LMC_ASSIGN(const auto index, MappedFile::open(path / "model.safetensors.index.json"));
      LMC_ASSIGN(const auto parts, read_weight_index(index.bytes()));
      names.insert(names.end(), parts.begin(), parts.end());
    }
    for (const std::string& name : names) {
      LMC_ASSIGN(auto file, MappedFile::open(path / name));
      out.weights_.push_back(std::move(file));
    }
    return out;
  }

  HuggingFaceFiles files() const {
    const auto bytes_of = [](const std::optional<MappedFile>& file) { return file ? file->bytes() : ByteSpan(); };
    HuggingFaceFiles out{.config = bytes_of(config_),
                         .tokenizer = bytes_of(tokenizer_),
                         .weights = {},
                         .tokenizer_model = bytes_of(tokenizer_model_),
                         .tokenizer_config = bytes_of(tokenizer_config_),
                         .preprocessor = bytes_of(preprocessor_)};
    for (const MappedFile& file : weights_) out.weights.push_back(file.bytes());
    return out;
  }

 private:
  static bool exists(const std::filesystem::path& path) {
    std::error_code none;
    return std::filesystem::exists(path, none);
  }

  // tokenizer.json, or what there is in its place; perhaps nothing.
  Status open_tokenizer(const std::filesystem::path& path) {
    constexpr const char *kJson = "tokenizer.json", *kModel = "tokenizer.model", *kConfig = "tokenizer_config.json";
    std::error_code none;
    std::optional<std::filesystem::path> model;
    std::vector<std::filesystem::path> found;
    if (exists(path / kModel)) model = path / kModel;
    for (auto it = std::filesystem::directory_iterator(path, none);
         !model && it != std::filesystem::directory_iterator(); it.increment(none))
      if (it->path().extension() == ".tiktoken") found.push_back(it->path());
    if (found.size() > 1)
      return bad_input(path.string() + ": it has several files *.tiktoken; leave the one that belongs to the model");
    if (found.size() == 1) model = found[0];
    if (exists(path / kJson)) {
      LMC_ASSIGN(tokenizer_, MappedFile::open(path / kJson));
      return Ok();
    }
    if (!model) return Ok();
    LMC_ASSIGN(tokenizer_model_, MappedFile::open(*model));
    if (!exists(path / kConfig)) return Ok();
    LMC_ASSIGN(tokenizer_config_, MappedFile::open(path / kConfig));
    return Ok();
  }

  std::optional<MappedFile> config_, tokenizer_, tokenizer_model_, tokenizer_config_, preprocessor_;
  std::vector<MappedFile> weights_;
};

}  // namespace

Result<Bytes> import_gguf(ByteSpan bytes, const ImportOptions& options) {
  LMC_ASSIGN(const auto file, GgufFile::parse(bytes));
  LMC_ASSIGN(const auto checkpoint, read_gguf_checkpoint(file, bytes));
  return import_into_memory(checkpoint, options);
}

Result<Bytes> import_hugging_face(const HuggingFaceFiles& files, const ImportOptions& options) {
  LMC_ASSIGN(const auto checkpoint, read_hugging_face_checkpoint(files));
  return import_into_memory(checkpoint, options);
}

Result<ImportedFile> import_model(const std::string& from, const std::string& to, const ImportOptions& options) {
  std::error_code none;
  if (std::filesystem::is_directory(from, none)) {
    LMC_ASSIGN(const auto folder, Folder::open(from));
    LMC_ASSIGN(const auto checkpoint, read_hugging_face_checkpoint(folder.files()));
    return import_into_file(checkpoint, to, options);
  }
  LMC_ASSIGN(const auto mapped, MappedFile::open(from));
  LMC_ASSIGN(const auto file, GgufFile::parse(mapped.bytes()));
  LMC_ASSIGN(const auto checkpoint, read_gguf_checkpoint(file, mapped.bytes()));
  return import_into_file(checkpoint, to, options);
}

}  // namespace lmc
