// Adapters (.lmca): low-rank changes to some matrices of a language model, for a domain that it shall know better.
//
// An adapter is a file like a model's, of kind "adapter", that names its base by SHA-256. It is merged into the base's
// int8 weights when it is opened: y = (W + B A) x costs no more than y = W x, and whoever uses the result sees a model
// file like any other, with the adapter's name and identity. Why merged: docs/decisions/015-adapters.md. Normative:
// docs/numerics.md, section 10.
#ifndef LMC_MODELS_ADAPTERS_ADAPTER_H_
#define LMC_MODELS_ADAPTERS_ADAPTER_H_

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lmc/models/file/model_file.h"
#include "lmc/numerics/isa.h"

namespace lmc {

inline constexpr int kMaxAdapterRank = 1024;
inline constexpr const char* kAdapterSuffix = ".lmca";

// Matrices that an adapter can change: our name and the one that PEFT and the checkpoints of others use.
struct AdapterTarget {
  const char* name;       // "wq", as in layer.0.wq
  const char* peft_name;  // "q_proj"
};
std::span<const AdapterTarget> adapter_targets();
// By either name; null: no such matrix.
const AdapterTarget* find_adapter_target(std::string_view name);

// The model that `adapter` makes of `base`: the same integers whatever the instruction set. Its mixing prior takes the
// place of the base's, if it has one.
// Errors: bad input, if it is no adapter, is made for another base, or does not fit it.
Result<ModelFile> merge_adapter(const ModelFile& base, const ModelFile& adapter, Isa isa);

// One matrix W (rows, columns) of a base after A (rank, columns) and B (rows, rank): int8 with a scale a row each, all
// three; W and scales are changed in place. Errors: bad input, if a weight becomes too large.
struct LowRank {
  int rank = 0;
  bool dithered = false;                      // small changes are kept on the average of many weights, not rounded away
  std::span<const int8_t> a, b;               // (rank, columns), (rows, rank)
  std::span<const float> a_scales, b_scales;  // (rank), (rows)
};
Status merge_low_rank(const LowRank& change, int columns, std::span<int8_t> weights, std::span<float> scales, Isa isa);

// What dithering adds to the weight in a row and column, within -1/2 and 1/2: the same everywhere.
inline float rounding_dither(uint32_t row, uint32_t column) {
  uint32_t z = (row * 0x9E3779B1u + column) * 0x85EBCA6Bu;
  z = (z ^ z >> 15) * 0xC2B2AE35u;
  return (float(z >> 20) + 0.5f) * 0x1p-12f - 0.5f;
}

// Bytes that the merged matrices take, beside those of the base.
uint64_t merged_bytes(const ModelFile& base, const ModelFile& adapter);

// Builds an adapter file.
class AdapterWriter {
 public:
  AdapterWriter(std::string name, const ModelFile& base);
  // The change of matrix `name` ("layer.0.wq"): B A, B (rows, rank) with the factor alpha / rank in it, A (rank,
  // columns), in float; they are quantised to int8. Of a rank that is 0, or a change of nothing: not written.
  void add(const std::string& name, std::span<const float> a, std::span<const float> b, int rank);
  void set_dithered(bool dithered) { dithered_ = dithered; }
  void set_mixing_prior(ByteSpan prior) { prior_.assign(prior.begin(), prior.end()); }
  void set_training(std::string json) { training_ = std::move(json); }
  // The file. Errors: what merge_adapter says of it.
  Result<Bytes> finish() const;

 private:
  struct Change {
    std::string name;
    int rank;
    std::vector<float> a, b;
  };
  std::string name_;
  ModelFile base_;
  bool dithered_ = false;
  std::vector<Change> changes_;
  Bytes prior_;
  std::string training_ = "{}";
};

}  // namespace lmc

#endif  // LMC_MODELS_ADAPTERS_ADAPTER_H_
