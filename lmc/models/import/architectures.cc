#include "lmc/models/import/architectures.h"

#include <algorithm>
#include <string>
#include <vector>

namespace lmc {
namespace {

using enum TensorNames::Kind;

constexpr TensorNames kLlamaOnce[] = {
    {kEmbedding, "embed", "token_embd.weight", "model.embed_tokens.weight"},
    {kEmbedding, "head", "output.weight", "lm_head.weight"},
    {kNorm, "final_norm", "output_norm.weight", "model.norm.weight"},
};

constexpr TensorNames kLlamaMatrices[] = {
    {kMatrix, "wq", "blk.%.attn_q.weight", "model.layers.%.self_attn.q_proj.weight"},
    {kMatrix, "wk", "blk.%.attn_k.weight", "model.layers.%.self_attn.k_proj.weight"},
    {kMatrix, "wv", "blk.%.attn_v.weight", "model.layers.%.self_attn.v_proj.weight"},
    {kMatrix, "wo", "blk.%.attn_output.weight", "model.layers.%.self_attn.o_proj.weight"},
    {kMatrix, "w_up", "blk.%.ffn_up.weight", "model.layers.%.mlp.up_proj.weight"},
    {kMatrix, "w_gate", "blk.%.ffn_gate.weight", "model.layers.%.mlp.gate_proj.weight"},
    {kMatrix, "w_down", "blk.%.ffn_down.weight", "model.layers.%.mlp.down_proj.weight"},
};

constexpr TensorNames kLlamaNorms[] = {
    {kNorm, "attn_norm", "blk.%.attn_norm.weight", "model.layers.%.input_layernorm.weight"},
    {kNorm, "ffn_norm", "blk.%.ffn_norm.weight", "model.layers.%.post_attention_layernorm.weight"},
};

constexpr TensorNames kQwen3Norms[] = {
    {kNorm, "attn_norm", "blk.%.attn_norm.weight", "model.layers.%.input_layernorm.weight"},
    {kNorm, "ffn_norm", "blk.%.ffn_norm.weight", "model.layers.%.post_attention_layernorm.weight"},
    {kNorm, "q_norm", "blk.%.attn_q_norm.weight", "model.layers.%.self_attn.q_norm.weight"},
    {kNorm, "k_norm", "blk.%.attn_k_norm.weight", "model.layers.%.self_attn.k_norm.weight"},
};

constexpr TensorNames kGemmaNorms[] = {
    {kNorm, "attn_norm", "blk.%.attn_norm.weight", "model.layers.%.input_layernorm.weight"},
    {kNorm, "attn_post_norm", "blk.%.post_attention_norm.weight", "model.layers.%.post_attention_layernorm.weight"},
    {kNorm, "ffn_norm", "blk.%.ffn_norm.weight", "model.layers.%.pre_feedforward_layernorm.weight"},
    {kNorm, "ffn_post_norm", "blk.%.post_ffw_norm.weight", "model.layers.%.post_feedforward_layernorm.weight"},
    {kNorm, "q_norm", "blk.%.attn_q_norm.weight", "model.layers.%.self_attn.q_norm.weight"},
    {kNorm, "k_norm", "blk.%.attn_k_norm.weight", "model.layers.%.self_attn.k_norm.weight"},
};

constexpr TensorNames kGpt2Once[] = {
    {kEmbedding, "embed", "token_embd.weight", "wte.weight"},
    {kPositions, "positions", "position_embd.weight", "wpe.weight"},
    {kEmbedding, "head", "output.weight", "lm_head.weight"},
    {kNorm, "final_norm", "output_norm.weight", "ln_f.weight"},
};

constexpr TensorNames kGpt2Matrices[] = {
    {kMatrix, "wq", "blk.%.attn_qkv.weight", "h.%.attn.c_attn.weight"},
    {kMatrix, "wk", "blk.%.attn_qkv.weight", "h.%.attn.c_attn.weight"},
    {kMatrix, "wv", "blk.%.attn_qkv.weight", "h.%.attn.c_attn.weight"},
    {kMatrix, "wo", "blk.%.attn_output.weight", "h.%.attn.c_proj.weight"},
    {kMatrix, "w_up", "blk.%.ffn_up.weight", "h.%.mlp.c_fc.weight"},
    {kMatrix, "w_down", "blk.%.ffn_down.weight", "h.%.mlp.c_proj.weight"},
};

constexpr TensorNames kGpt2Norms[] = {
    {kNorm, "attn_norm", "blk.%.attn_norm.weight", "h.%.ln_1.weight"},
    {kNorm, "ffn_norm", "blk.%.ffn_norm.weight", "h.%.ln_2.weight"},
};

constexpr const char *kLlamaTypes[] = {"llama", "mistral"}, *kQwen2Types[] = {"qwen2"}, *kQwen3Types[] = {"qwen3"},
                     *kGemma3Types[] = {"gemma3_text"}, *kGpt2Types[] = {"gpt2"}, *kImageGptTypes[] = {"imagegpt"};

constexpr Architecture kArchitectures[] = {
    {.name = "LLaMA, Mistral",
     .gguf = "llama",
     .model_types = kLlamaTypes,
     .once = kLlamaOnce,
     .matrices = kLlamaMatrices,
     .norms = kLlamaNorms,
     .gguf_turns_neighbours = true},
    {.name = "Qwen2.5",
     .gguf = "qwen2",
     .model_types = kQwen2Types,
     .once = kLlamaOnce,
     .matrices = kLlamaMatrices,
     .norms = kLlamaNorms},
    {.name = "Qwen3",
     .gguf = "qwen3",
     .model_types = kQwen3Types,
     .once = kLlamaOnce,
     .matrices = kLlamaMatrices,
     .norms = kQwen3Norms,
     .qk_norm = true},
    {.name = "Gemma 3",
     .gguf = "gemma3",
     .model_types = kGemma3Types,
     .once = kLlamaOnce,
     .matrices = kLlamaMatrices,
     .norms = kGemmaNorms,
     .activation = Activation::kGeglu,
     .qk_norm = true,
     .scaled_embedding = true,
     .gains_less_one = true},
    {.name = "GPT-2",
     .gguf = "gpt2",
     .model_types = kGpt2Types,
     .once = kGpt2Once,
     .matrices = kGpt2Matrices,
     .norms = kGpt2Norms,
     .activation = Activation::kGelu,
     .norm = NormKind::kLayer,
     .fused_qkv = true,
     .transposed = true,
     .learned_positions = true},
    {.name = "image-GPT",
     .gguf = nullptr,
     .model_types = kImageGptTypes,
     .once = kGpt2Once,
     .matrices = kGpt2Matrices,
     .norms = kGpt2Norms,
     .activation = Activation::kQuickGelu,
     .fused_qkv = true,
     .transposed = true,
     .learned_positions = true,
     .colours = true,
     .act_bits = {16, 16, 16, 16, 16}},
};

std::string listed(const std::vector<const char*>& names) {
  std::string out;
  for (size_t i = 0; i < names.size(); ++i)
    out += std::string(i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + "'" + names[i] + "'";
  return out;
}

}  // namespace

const Architecture* find_gguf_architecture(std::string_view name) {
  for (const Architecture& row : kArchitectures)
    if (row.gguf != nullptr && name == row.gguf) return &row;
  return nullptr;
}

const Architecture* find_model_type(std::string_view model_type) {
  for (const Architecture& row : kArchitectures)
    if (std::ranges::find(row.model_types, model_type) != row.model_types.end()) return &row;
  return nullptr;
}

std::string gguf_architectures() {
  std::vector<const char*> names;
  for (const Architecture& row : kArchitectures)
    if (row.gguf != nullptr) names.push_back(row.gguf);
  return listed(names);
}

std::string model_types() {
  std::vector<const char*> names;
  for (const Architecture& row : kArchitectures)
    names.insert(names.end(), row.model_types.begin(), row.model_types.end());
  return listed(names);
}

}  // namespace lmc
