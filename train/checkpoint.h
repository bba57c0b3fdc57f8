// Checkpoints: a run's weights, optimiser state, progress and tokenizer in one file.
#ifndef TRAIN_CHECKPOINT_H_
#define TRAIN_CHECKPOINT_H_

#include <array>
#include <memory>
#include <string>

#include "lmc/base/bytes.h"
#include "lmc/base/result.h"
#include "lmc/models/file/model_file.h"
#include "train/corpus.h"
#include "train/model.h"

namespace lmc::train {

// Where a run stands.
struct Progress {
  int64_t step = 0, tokens = 0;
  double seconds = 0;  // trained time, pauses capped
  std::array<int64_t, kDomainsCount> sequences_served{};
};

struct Checkpoint {
  std::unique_ptr<Model> model;  // weights and optimiser state
  Progress progress;
  Bytes tokenizer;  // serialised
};

// Writes PATH.tmp, then renames it: a stop in the middle leaves the checkpoint before.
Status write_archive(const std::string& path, torch::serialize::OutputArchive& archive);
Status save_checkpoint(const std::string& path, Model& model, const Progress& progress, const Bytes& tokenizer);
Result<Checkpoint> load_checkpoint(const std::string& path, const Backend& backend = Backend::choose("cpu", false));

// A text model as `export` writes it: its int8 weights times their scales, its tokenizer, and where its run stood. The
// optimiser begins anew.
Result<Checkpoint> load_model_file(const std::string& path, const Backend& backend);

// A tensor of a model file in float32: a vector as it is, or an int8 matrix times the scale of each row.
Result<torch::Tensor> read_weights(const ModelFile& file, const std::string& name);

// A serialised tokenizer: a file of its own, or that of a model file.
Result<Bytes> read_tokenizer(const std::string& path);

// A new run over the data that begins with the weights of a checkpoint or a model file (.lmcm). `shape` gives the
// windows and may ask for fewer key/value heads (groups of them are averaged) and for a multiple of the layers: each is
// followed by copies of itself whose output is zero, so the deeper model begins as the same function. A tokenizer
// (serialised) other than the checkpoint's takes its place, each new token begins as the mean of what it was made of.
// Empty: the checkpoint's own.
Result<Checkpoint> warm_start(const std::string& path, const ModelConfig& shape, const Bytes& tokenizer,
                              const Backend& backend);

}  // namespace lmc::train

#endif  // TRAIN_CHECKPOINT_H_
