// GGUF files as checkpoints: hyperparameters, vocabulary and origin out of the named values.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "lmc/base/hash.h"
#include "lmc/models/import/checkpoint.h"
#include "lmc/models/import/gguf_file.h"
#include "lmc/models/import/token_text.h"

namespace lmc {
namespace {

// Of Gemma 3, which the file does not say: five layers with a window, then one without.
constexpr size_t kGemmaPattern = 6;
constexpr double kGemmaLocalTheta = 10000.0;
constexpr size_t kGemma27bLayers = 62;

Error unsupported(const std::string& what) { return bad_input("GGUF file: " + what); }

class Reader {
 public:
  Reader(const GgufFile& file, const Architecture& architecture) : file_(file), architecture_(architecture) {}

  Result<Hyperparameters> parameters() {
    Hyperparameters out;
    ModelConfig& c = out.config;
    LMC_ASSIGN(const auto layers, integer("block_count", 1, 256));
    LMC_ASSIGN(const auto width, integer("embedding_length", 4, 65536));
    LMC_ASSIGN(const auto ffn, integer("feed_forward_length", 4, 65536));
    LMC_ASSIGN(const auto heads, integer("attention.head_count", 1, 256));
    c.layers = int(layers);
    c.width = int(width);
    c.ffn = int(ffn);
    c.heads = c.kv_heads = int(heads);
    if (has("attention.head_count_kv")) {
      LMC_ASSIGN(const auto kv_heads, integer("attention.head_count_kv", 1, 256));
      c.kv_heads = int(kv_heads);
    }
    c.head_dim = c.width / c.heads;
    if (has("attention.key_length")) {
      LMC_ASSIGN(const auto key_length, integer("attention.key_length", 8, 512));
      LMC_TRY(integer("attention.value_length", key_length, key_length));
      c.head_dim = int(key_length);
    }
    LMC_ASSIGN(c.norm_eps, number(c_norm() == NormKind::kRms ? "attention.layer_norm_rms_epsilon"
                                                             : "attention.layer_norm_epsilon"));
    if (has("expert_count")) LMC_TRY(integer("expert_count", 0, 0));
    for (const char* key : {"attn_logit_softcapping", "final_logit_softcapping"})
      if (has(key)) return unsupported(std::string("'") + key + "' is not supported");
    LMC_TRY(windows(c));
    LMC_TRY(rope(out));
    if (is("gemma3") && layers == kGemma27bLayers) out.query_scale = 1.0 / std::sqrt(double(c.width / c.heads));
    return out;
  }

  Result<CheckpointVocabulary> vocabulary() {
    CheckpointVocabulary out;
    LMC_ASSIGN(const auto model, file_.text("tokenizer.ggml.model"));
    LMC_ASSIGN(const auto tokens, file_.texts("tokenizer.ggml.tokens"));
    LMC_ASSIGN(const auto types, file_.integers("tokenizer.ggml.token_type"));
    if (types.size() != tokens.size())
      return unsupported("it has " + std::to_string(tokens.size()) + " tokens, but types of " +
                         std::to_string(types.size()));
    if (tokens.empty()) return unsupported("its vocabulary is empty");
    if (model == "gpt2")
      LMC_TRY(byte_level(out, tokens, types));
    else if (model == "llama")
      LMC_TRY(sentence_piece(out, tokens, types));
    else
      return unsupported("its tokenizer is of the kind '" + model +
                         "'; 'gpt2' (byte-level BPE) and 'llama' (SentencePiece) are supported");
    LMC_TRY(begin(out, tokens));
    return out;
  }

 private:
  // Of tokenizer.ggml.token_type.
  enum TokenType : int64_t { kNormal = 1, kUserDefined = 4, kByte = 6 };

  using Kind = CheckpointToken::Kind;

  std::string key(const char* name) const { return std::string(architecture_.gguf) + "." + name; }
  bool is(std::string_view name) const { return architecture_.gguf == name; }
  bool has(const char* name) const { return file_.has(key(name)); }
  NormKind c_norm() const { return architecture_.norm; }
  Result<uint64_t> integer(const char* name, uint64_t low, uint64_t high) const {
    return file_.integer(key(name), low, high);
  }
  Result<double> number(const char* name) const { return file_.number(key(name)); }

  Status windows(ModelConfig& c) const {
    c.windows.assign(size_t(c.layers), 0);
    if (has("attention.sliding_window")) {
      LMC_ASSIGN(const auto window, integer("attention.sliding_window", 0, 1 << 24));
      const size_t pattern = is("gemma3") ? kGemmaPattern : SIZE_MAX;
      for (size_t i = 0; i < c.windows.size(); ++i) c.windows[i] = (i + 1) % pattern == 0 ? 0 : int(window);
    }
    return Ok();
  }

  Status rope(Hyperparameters& out) const {
    const ModelConfig& c = out.config;
    const auto layers = size_t(c.layers);
    if (architecture_.norm == NormKind::kLayer) {  // learned positions
      LMC_ASSIGN(const auto positions, integer("context_length", 1, 1 << 20));
      out.config.positions = int(positions);
      return Ok();
    }
    if (has("rope.dimension_count"))
      LMC_TRY(integer("rope.dimension_count", uint64_t(c.head_dim), uint64_t(c.head_dim)));
    double theta = 10000.0, local = is("gemma3") ? kGemmaLocalTheta : 0;
    if (has("rope.freq_base")) {
      LMC_ASSIGN(theta, number("rope.freq_base"));
    }
    if (has("rope.freq_base_swa")) {
      LMC_ASSIGN(local, number("rope.freq_base_swa"));
    }
    for (size_t i = 0; i < layers; ++i) out.rope_theta.push_back(local > 0 && c.windows[i] > 0 ? local : theta);
    if (has("rope.scaling.type")) {
      LMC_ASSIGN(const auto scaling, file_.text(key("rope.scaling.type")));
      if (scaling == "linear") {
        LMC_ASSIGN(const auto factor, number("rope.scaling.factor"));
        out.rope_divisors.assign(size_t(c.head_dim / 2), factor);
      } else if (scaling != "none") {
        return unsupported("rope scaling '" + scaling + "' is not supported");
      }
    }
    const auto factors = file_.tensors().find("rope_freqs.weight");
    if (factors == file_.tensors().end()) return Ok();
    LMC_ASSIGN(const WeightTensor* const tensor, file_.tensor("rope_freqs.weight", {uint64_t(c.head_dim / 2)}));
    std::vector<float> values(size_t(c.head_dim / 2));
    tensor->read_row(0, values.data());
    out.rope_divisors.assign(values.begin(), values.end());
    return Ok();
  }

  Status byte_level(CheckpointVocabulary& out, const std::vector<std::string_view>& tokens,
                    const std::vector<int64_t>& types) const {
    LMC_ASSIGN(const auto split, file_.text("tokenizer.ggml.pre"));
    LMC_ASSIGN(const auto merges, file_.texts("tokenizer.ggml.merges"));
    const auto splitter = find_splitter(split);
    if (!splitter)
      return unsupported("its tokenizer splits text by the rules of '" + split + "'; " + splitter_names() +
                         " are supported");
    out.splitter = *splitter;
    const ByteAlphabet alphabet;
    for (size_t i = 0; i < tokens.size(); ++i) {
      CheckpointToken token;
      const auto bytes = types[i] == kNormal        ? alphabet.bytes_of(tokens[i])
                         : types[i] == kUserDefined ? std::optional(std::string(tokens[i]))
                                                    : std::nullopt;
      if (bytes) token = {*bytes, Kind::kNormal};
      out.tokens.push_back(std::move(token));
    }
    for (const std::string_view merge : merges) {
      const size_t gap = merge.find(' ');
      if (gap == std::string_view::npos) continue;
      const auto left = alphabet.bytes_of(merge.substr(0, gap)), right = alphabet.bytes_of(merge.substr(gap + 1));
      if (left && right) out.merges.emplace_back(*left, *right);
    }
    return Ok();
  }

  Status sentence_piece(CheckpointVocabulary& out, const std::vector<std::string_view>& tokens,
                        const std::vector<int64_t>& types) const {
    LMC_ASSIGN(out.scores, file_.numbers("tokenizer.ggml.scores"));
    if (out.scores.size() != tokens.size())
      return unsupported("it has " + std::to_string(tokens.size()) + " tokens, but scores of " +
                         std::to_string(out.scores.size()));
    out.splitter = Splitter::kCharacters;
    for (size_t i = 0; i < tokens.size(); ++i) {
      CheckpointToken token;
      const auto byte = types[i] == kByte ? byte_of(tokens[i]) : std::nullopt;
      if (byte)
        token = {std::string(1, *byte), Kind::kByte};
      else if (types[i] == kNormal || types[i] == kUserDefined)
        token = {with_spaces(tokens[i]), types[i] == kNormal ? Kind::kNormal : Kind::kWhole};
      out.tokens.push_back(std::move(token));
    }
    return Ok();
  }

  // What begins a document: <|endoftext|> where there is one, as GPT-2 and its kin are trained; else the file's BOS.
  Status begin(CheckpointVocabulary& out, const std::vector<std::string_view>& tokens) const {
    const auto at = std::ranges::find(tokens, "<|endoftext|>");
    if (at != tokens.end()) {
      out.begin = uint32_t(at - tokens.begin());
      return Ok();
    }
    LMC_ASSIGN(const auto bos, file_.integer("tokenizer.ggml.bos_token_id", 0, tokens.size() - 1));
    out.begin = uint32_t(bos);
    return Ok();
  }

  const GgufFile& file_;
  const Architecture& architecture_;
};

// Where it comes from, as far as the file says.
std::string origin(const GgufFile& file, ByteSpan bytes) {
  nlohmann::ordered_json out = {{"imported", "GGUF"}, {"source_sha256", hex(sha256(bytes))}};
  for (const char* key : {"general.name", "general.license"})
    if (const auto text = file.text(key); text.ok()) out[std::string(key).substr(8)] = *text;
  return out.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

Result<Checkpoint> read_gguf_checkpoint(const GgufFile& file, ByteSpan bytes) {
  LMC_ASSIGN(const auto name, file.text("general.architecture"));
  Checkpoint out;
  out.format = "GGUF file";
  out.source = TensorSource::kGguf;
  out.architecture = find_gguf_architecture(name);
  if (out.architecture == nullptr)
    return unsupported("its architecture is '" + name + "'; " + gguf_architectures() + " are supported");
  Reader reader(file, *out.architecture);
  LMC_ASSIGN(out.parameters, reader.parameters());
  LMC_ASSIGN(out.vocabulary, reader.vocabulary());
  out.tensors = file.tensors();
  out.tensors.erase("rope_freqs.weight");
  out.origin = origin(file, bytes);
  return out;
}

}  // namespace lmc
