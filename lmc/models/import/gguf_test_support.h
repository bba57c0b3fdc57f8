// GGUF files for the tests, made value by value: whatever a test asks for, sound or not.
#ifndef LMC_MODELS_IMPORT_GGUF_TEST_SUPPORT_H_
#define LMC_MODELS_IMPORT_GGUF_TEST_SUPPORT_H_

#include <bit>
#include <string>
#include <string_view>
#include <vector>

#include "lmc/base/bytes.h"
#include "lmc/models/import/weight_types.h"
#include "lmc/models/test_model.h"

namespace lmc {

class GgufWriter {
 public:
  void add_u32(std::string_view key, uint32_t value) {
    begin_value(key, 4);
    append_le(values_, value);
  }
  void add_f32(std::string_view key, float value) {
    begin_value(key, 6);
    append_le(values_, std::bit_cast<uint32_t>(value));
  }
  void add_text(std::string_view key, std::string_view value) {
    begin_value(key, 8);
    append_string(values_, value);
  }
  void add_texts(std::string_view key, const std::vector<std::string>& values) {
    begin_array(key, 8, values.size());
    for (const std::string& value : values) append_string(values_, value);
  }
  void add_i32s(std::string_view key, const std::vector<int32_t>& values) {
    begin_array(key, 5, values.size());
    for (const int32_t value : values) append_le(values_, value);
  }
  void add_f32s(std::string_view key, const std::vector<float>& values) {
    begin_array(key, 6, values.size());
    for (const float value : values) append_le(values_, std::bit_cast<uint32_t>(value));
  }
  // shape: the contiguous dimension last.
  void add_tensor(std::string_view name, uint32_t type, const std::vector<uint64_t>& shape, ByteSpan data) {
    append_string(infos_, name);
    append_le(infos_, uint32_t(shape.size()));
    for (size_t i = shape.size(); i-- > 0;) append_le(infos_, shape[i]);
    append_le(infos_, type);
    append_le(infos_, uint64_t(data_.size()));
    append_bytes(data_, data);
    data_.resize((data_.size() + 31) / 32 * 32);
    ++tensors_count_;
  }
  Bytes finish() const {
    Bytes out = {'G', 'G', 'U', 'F'};
    append_le(out, uint32_t(3));
    append_le(out, tensors_count_);
    append_le(out, values_count_);
    append_bytes(out, values_);
    append_bytes(out, infos_);
    out.resize((out.size() + 31) / 32 * 32);
    append_bytes(out, data_);
    return out;
  }

 private:
  static void append_string(Bytes& out, std::string_view text) {
    append_le(out, uint64_t(text.size()));
    append_bytes(out, as_bytes(text));
  }
  void begin_value(std::string_view key, uint32_t type) {
    append_string(values_, key);
    append_le(values_, type);
    ++values_count_;
  }
  void begin_array(std::string_view key, uint32_t type, uint64_t count) {
    begin_value(key, 9);
    append_le(values_, type);
    append_le(values_, count);
  }

  Bytes values_, infos_, data_;
  uint64_t values_count_ = 0, tensors_count_ = 0;
};

// A small model of the architecture llama with weights of every type that rows of its sizes can have. The same bytes on
// every machine: gguf_reference.py has computed its logits (lmc/models/import/testdata).
class TinyLlama {
 public:
  static constexpr uint32_t kLayers = 3, kWidth = 64, kHeads = 4, kKvHeads = 2, kHeadDim = 16, kFfn = 256;

  // The file's tokens: a control token, all bytes in GPT-2's alphabet, and what the merges make.
  std::vector<std::string> tokens, token_bytes;  // as the file spells them; what they stand for
  std::vector<std::string> merges = {"t h", "th e", "\xC4\xA0 the", "i n", "in g"};

  TinyLlama() {
    tokens = {"<|endoftext|>"};
    token_bytes = {""};
    for (uint32_t byte = 0; byte < 256; ++byte) {
      token_bytes.emplace_back(1, char(byte));
      tokens.push_back(utf8(character_of(byte)));
    }
    for (const char* text : {"th", "the", " the", "in", "ing"}) {
      token_bytes.emplace_back(text);
      tokens.push_back(text[0] == ' ' ? "\xC4\xA0" + std::string(text + 1) : text);
    }
  }

  // leave_out: a tensor or value that the file then lacks.
  Bytes make(const std::string& leave_out = "") const {
    GgufWriter writer;
    const auto u32 = [&](const std::string& key, uint32_t value) {
      if (key != leave_out) writer.add_u32("llama." + key, value);
    };
    writer.add_text("general.architecture", "llama");
    writer.add_text("general.name", "tiny");
    u32("block_count", kLayers);
    u32("context_length", 512);
    u32("embedding_length", kWidth);
    u32("feed_forward_length", kFfn);
    u32("attention.head_count", kHeads);
    u32("attention.head_count_kv", kKvHeads);
    u32("rope.dimension_count", kHeadDim);
    writer.add_f32("llama.rope.freq_base", 10000.0f);
    if (leave_out != "epsilon") writer.add_f32("llama.attention.layer_norm_rms_epsilon", 1e-5f);
    writer.add_text("tokenizer.ggml.model", "gpt2");
    writer.add_text("tokenizer.ggml.pre", leave_out == "pre" ? "unknown" : "smollm");
    if (leave_out != "tokens") writer.add_texts("tokenizer.ggml.tokens", tokens);
    std::vector<int32_t> types(tokens.size(), 1);
    types[0] = 3;
    writer.add_i32s("tokenizer.ggml.token_type", types);
    writer.add_texts("tokenizer.ggml.merges", merges);
    add_tensors(writer, leave_out);
    return writer.finish();
  }

 private:
  static uint32_t character_of(uint32_t byte) {
    const auto prints = [](uint32_t b) { return (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174; };
    if (prints(byte)) return byte;
    uint32_t number = 256;
    for (uint32_t b = 0; b < byte; ++b) number += prints(b) ? 0 : 1;
    return number;
  }
  static std::string utf8(uint32_t point) {  // below U+0800
    if (point < 0x80) return std::string(1, char(point));
    return {char(0xc0 | point >> 6), char(0x80 | (point & 63))};
  }

  // Random bytes for a row after row of blocks, with scales (binary16 at `halves`) that make weights of about `spread`.
  static Bytes blocks(TestRandom& random, uint32_t type_id, uint64_t weights, float spread) {
    const WeightType& type = *find_weight_type(type_id);
    Bytes out;
    for (uint64_t i = 0; i < weights; i += type.block_weights) {
      Bytes block(type.block_bytes);
      for (uint8_t& byte : block) byte = uint8_t(random.next());
      const auto half_at = [&](size_t at, float value) {
        const uint32_t bits = std::bit_cast<uint32_t>(value);
        const uint32_t half = (bits >> 16 & 0x8000) | ((bits >> 23 & 255) - 112) << 10 | (bits >> 13 & 1023);
        block[at] = uint8_t(half);
        block[at + 1] = uint8_t(half >> 8);
      };
      const float some = spread * (0.75f + float(random.below(256)) / 512.0f);
      switch (type_id) {
        case 0: {
          const uint32_t bits = std::bit_cast<uint32_t>(some * (float(random.below(2001)) / 500.0f - 2.0f));
          for (size_t k = 0; k < 4; ++k) block[k] = uint8_t(bits >> (8 * k));
          break;
        }
        case 30: {
          const uint32_t bits = std::bit_cast<uint32_t>(some * (float(random.below(2000)) / 500.0f - 1.999f)) >> 16;
          block[0] = uint8_t(bits);
          block[1] = uint8_t(bits >> 8);
          break;
        }
        case 1:
          half_at(0, some * (float(random.below(2000)) / 500.0f - 1.999f));
          break;
        case 2:
          half_at(0, some / 5);
          break;
        case 3:
          half_at(0, some / 5), half_at(2, -1.5f * some);
          break;
        case 6:
          half_at(0, some / 10);
          break;
        case 7:
          half_at(0, some / 10), half_at(2, -1.5f * some);
          break;
        case 8:
          half_at(0, some / 70);
          break;
        case 12:
          half_at(0, some / 160), half_at(2, some / 20);
          break;
        case 13:
          half_at(0, some / 320), half_at(2, some / 20);
          break;
        default:
          half_at(208, some / 1200);
      }
      append_bytes(out, block);
    }
    return out;
  }

  void add_tensors(GgufWriter& writer, const std::string& leave_out) const {
    TestRandom random(5);
    const auto add = [&](const std::string& name, uint32_t type, uint64_t rows, uint64_t columns, float spread) {
      const Bytes data = blocks(random, type, rows * columns, spread);
      if (name != leave_out) writer.add_tensor(name + ".weight", type, {rows, columns}, data);
    };
    const auto gains = [&](const std::string& name) {
      Bytes data;
      for (const float gain : random_gains(random, kWidth, 1.0f)) append_le(data, std::bit_cast<uint32_t>(gain));
      if (name != leave_out) writer.add_tensor(name + ".weight", 0, {kWidth}, data);
    };
    const float narrow = 1.0f / 8, wide = 1.0f / 16;  // one over the root of the columns
    add("token_embd", 8, tokens.size(), kWidth, 0.5f);
    constexpr uint32_t kNarrowTypes[kLayers][6] = {{0, 1, 30, 2, 3, 6}, {3, 2, 7, 8, 6, 1}, {8, 7, 6, 3, 2, 30}};
    constexpr uint32_t kWideTypes[kLayers] = {12, 13, 14};
    for (uint32_t i = 0; i < kLayers; ++i) {
      const std::string layer = "blk." + std::to_string(i) + ".";
      gains(layer + "attn_norm");
      add(layer + "attn_q", kNarrowTypes[i][0], kHeads * kHeadDim, kWidth, 2 * narrow);
      add(layer + "attn_k", kNarrowTypes[i][1], kKvHeads * kHeadDim, kWidth, 2 * narrow);
      add(layer + "attn_v", kNarrowTypes[i][2], kKvHeads * kHeadDim, kWidth, narrow);
      add(layer + "attn_output", kNarrowTypes[i][3], kWidth, kHeads * kHeadDim, narrow);
      gains(layer + "ffn_norm");
      add(layer + "ffn_gate", kNarrowTypes[i][4], kFfn, kWidth, narrow);
      add(layer + "ffn_up", kNarrowTypes[i][5], kFfn, kWidth, narrow);
      add(layer + "ffn_down", kWideTypes[i], kWidth, kFfn, wide);
    }
    gains("output_norm");
  }
};

}  // namespace lmc

#endif  // LMC_MODELS_IMPORT_GGUF_TEST_SUPPORT_H_
