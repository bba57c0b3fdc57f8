// Builds a model file (.lmcm): the trainer's export, importers and tests. Tensors lie in memory, or are produced when
// their turn comes to be written, so that a large model never does.
//
// Tensors (shapes as in docs/numerics.md, section 8; every i8 matrix X has X.scale, one f32 per row):
//   embed (V,C), head (V,C) unless tied, final_norm (C, optional), and for each layer i
//   layer.i.wq (H*D,C), layer.i.wk (Hkv*D,C), layer.i.wv (Hkv*D,C), layer.i.wo (C,H*D), layer.i.w_up (F,C),
//   layer.i.w_gate (F,C; swiglu only), layer.i.w_down (C,F), layer.i.q_gain (H) f32,
//   layer.i.attn_norm (C, optional), layer.i.ffn_norm (C, optional).
// Sections: "tokenizer" and others, as u8.
#ifndef LMC_MODELS_FILE_MODEL_WRITER_H_
#define LMC_MODELS_FILE_MODEL_WRITER_H_

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "lmc/base/stream.h"
#include "lmc/models/file/model_file.h"

namespace lmc {

class ModelWriter {
 public:
  ModelWriter(std::string name, const ModelConfig& config) : name_(std::move(name)), config_(config) {}
  // A model of another kind, which has no ModelConfig.
  ModelWriter(std::string name, ModelKind kind) : name_(std::move(name)), kind_(kind) {}

  void add_i8(const std::string& name, const std::vector<size_t>& shape, std::span<const int8_t> values);
  void add_f32(const std::string& name, const std::vector<size_t>& shape, std::span<const float> values);
  void add_section(const std::string& name, ByteSpan bytes);  // u8, one dimension
  // Quantises a float matrix (rows, columns) to i8 with one scale per row, max|w|/127, and adds both tensors.
  void add_matrix(const std::string& name, size_t rows, size_t columns, std::span<const float> values);
  // Of an adapter.
  void set_adapter_base(const AdapterBase& base) { base_ = base; }
  // What `produce` will write when the file is written: elements of shape and type, little-endian. Tensors are written
  // in the order of their names.
  using Produce = std::function<Status(Sink&)>;
  void add_produced(const std::string& name, TensorType type, const std::vector<size_t>& shape, Produce produce);
  // Free metadata; json must be the text of a JSON object.
  void set_training(std::string json) { training_ = std::move(json); }

  // The whole file. Errors: what ModelFile::from_bytes says about the result (a missing tensor, a wrong shape ...).
  Result<Bytes> finish() const;
  // The same into a sink, not checked; returns the model's identity. Errors: those of sink and producers.
  Result<Sha256> write(Sink& sink) const;

 private:
  struct Entry {
    TensorType type;
    std::vector<size_t> shape;
    uint64_t size_bytes;
    Bytes bytes;
    Produce produce = {};  // in place of bytes
  };

  void add(const std::string& name, TensorType type, const std::vector<size_t>& shape, const void* data, size_t bytes);

  std::string name_;
  ModelKind kind_ = ModelKind::kTransformer;
  ModelConfig config_;
  AdapterBase base_;
  std::string training_ = "{}";
  std::map<std::string, Entry> entries_;
};

}  // namespace lmc

#endif  // LMC_MODELS_FILE_MODEL_WRITER_H_
