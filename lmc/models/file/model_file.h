// The model file (.lmcm): architecture, tokenizer and quantised tensors in one mmap-able, hashed file.
//
//   "LMCM", u32 version, u64 header length, JSON header, zeros up to a multiple of 64, tensors (each at a multiple of
//   64), 32 bytes SHA-256 of everything before it. All integers little-endian.
//
// That hash names the model in archives. Everything is checked when a file is opened: a malformed one gives an error
// that says what is wrong and where, and a view handed out later is always whole and of the stated shape.
// Normative: docs/numerics.md, section 8. ModelWriter (model_writer.h) makes such files. An adapter (.lmca) is one,
// too: low-rank changes to a model that it names (lmc/models/adapters/adapter.h).
#ifndef LMC_MODELS_FILE_MODEL_FILE_H_
#define LMC_MODELS_FILE_MODEL_FILE_H_

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "lmc/base/bytes.h"
#include "lmc/base/hash.h"
#include "lmc/numerics/matmul.h"

namespace lmc {

enum class ModelKind { kTransformer, kPixels, kAdapter };

// As numbers of kActivationNames (model_format.h). The gated ones multiply by a second product.
enum class Activation { kRelu2, kSwiglu, kGelu, kGeglu, kQuickGelu };
constexpr bool is_gated(Activation activation) {
  return activation == Activation::kSwiglu || activation == Activation::kGeglu;
}

enum class NormKind { kRms, kLayer };  // kLayer: the mean is taken off first

// Bits of the activations that enter each kind of matrix: 8 or 16.
struct ActivationBits {
  int qkv = 8, o = 8, up = 8, down = 8, head = 8;
};

// Limits (checked): layers 1..256, width and ffn 4..65536, heads 1..256, head_dim 8..512 and even, vocab 2..2^20,
// window 1..32768; width, ffn and head_dim are multiples of 4; heads is a multiple of
// kv_heads.
struct ModelConfig {
  int layers = 0;                             // L
  int width = 0;                              // C
  int heads = 0, kv_heads = 0, head_dim = 0;  // H, Hkv, D
  int ffn = 0;                                // F
  int vocab = 0;                              // V; the last id is BOS
  std::vector<int> windows;                   // (L): a position sees itself and the windows[l] - 1 before it
  std::vector<int> sinks = {};                // (L) or empty, all 0; 1: the first position of a stream is seen by all
  double head_rate = 1.0;                     // of the adaptive head, times the usual one; 0: it does not adapt
  Activation activation = Activation::kRelu2;
  NormKind norm = NormKind::kRms;
  double embed_factor = 1.0;  // of the embedding where it is read, not where it is the head
  int positions = 0;          // P: learned positions; a stream begins anew after P tokens. 0: none
  bool bos_anew = false;      // then with BOS in place of the token that came
  bool qk_norm = true;
  bool tied = false;  // the head is the embedding
  double rope_theta = 10000.0;
  double norm_eps = 1e-6;
  ActivationBits act_bits = {};
};

enum class TensorType { kI8, kI16, kF32, kU8, kU32 };

size_t type_bytes(TensorType type);
const char* type_name(TensorType type);  // "i8", "i16", "f32", "u8", "u32"

// Points into the file; valid as long as the ModelFile. data is aligned to 64 bytes.
struct TensorView {
  TensorType type = TensorType::kU8;
  std::vector<size_t> shape;
  ByteSpan bytes;

  size_t elements() const { return bytes.size() / type_bytes(type); }
  template <typename T>
  std::span<const T> as() const {  // T must be the C++ type of `type`
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
};

// The model that an adapter changes, and how.
struct AdapterBase {
  Sha256 sha256{};
  std::string name;       // for messages
  bool dithered = false;  // how the changed weights are rounded (docs/numerics.md, section 10)
};

// Cheap to copy (shared, immutable).
class ModelFile {
 public:
  // Maps the file. Checks all of it, the hash included (about 1 ms for 2 MB with SHA extensions).
  static Result<ModelFile> open(const std::string& path);
  // Owns the bytes instead: for tests, and for models that arrive by other ways.
  static Result<ModelFile> from_bytes(ByteSpan bytes);
  // `base` with other contents for some of its tensors, under the name and identity of `as`; what is no tensor of it is
  // a new section. The caller answers for the limits of what the tensors hold.
  static ModelFile replaced(const ModelFile& base, const ModelFile& as, std::map<std::string, AlignedBytes> tensors);

  ModelKind kind() const;
  const ModelConfig& config() const;        // of a transformer
  const AdapterBase& adapter_base() const;  // of an adapter
  const std::string& name() const;
  const Sha256& sha256() const;  // the model's identity
  ByteSpan bytes() const;        // the whole file; empty if it is `replaced`
  // Of a mapped file: gives back the memory of what has been read; it is read again when it is needed again.
  void release_pages() const;
  std::string training() const;  // the free "training" object of the header as JSON text; "{}" if there is none

  bool has(const std::string& tensor) const;
  // Errors: bad input if there is no such tensor.
  Result<TensorView> tensor(const std::string& name) const;
  // The bytes of a u8 tensor such as "tokenizer"; empty if there is none.
  ByteSpan section(const std::string& name) const;
  // Names and shapes of everything in the file, in order of name.
  const std::map<std::string, TensorView>& tensors() const;

 private:
  struct Contents;
  explicit ModelFile(std::shared_ptr<const Contents> contents) : contents_(std::move(contents)) {}
  static Result<ModelFile> parse(std::shared_ptr<Contents> contents);

  std::shared_ptr<const Contents> contents_;
};

}  // namespace lmc

#endif  // LMC_MODELS_FILE_MODEL_FILE_H_
