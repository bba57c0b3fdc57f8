// Finds model files: by name, by SHA-256, or by the number of a built-in one.
//
// A registry looks through a list of folders for *.lmcm and *.lmca files, opens what is asked for once and keeps it
// mapped for as long as it lives. An adapter (.lmca) stands for the model that it makes of its base. The built-in table
// comes from models/builtin.txt; its numbers are wire ids (docs/format.md, section 6) and are never reused.
#ifndef LMC_MODELS_REGISTRY_H_
#define LMC_MODELS_REGISTRY_H_

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lmc/base/hash.h"
#include "lmc/models/file/model_file.h"

namespace lmc {

struct BuiltinModel {
  int number = 0;  // 1 or more; up to 15 can appear in tiny frames
  const char* name = "";
  Sha256 sha256{};
  const char* how = "";  // the command that brings it, of one that is too large to come with the program
};

std::span<const BuiltinModel> builtin_models();

struct LoadedModel {
  ModelFile file;
  std::string name;  // the file's name without folder and suffix
  std::string path;
  Sha256 sha256{};
  int builtin_number = 0;                 // 0: not built in
  std::optional<ModelFile> adapter = {};  // the adapter (.lmca) that made this of its base; name and sha256 are its own
};

// A model that is looked for when it is first wanted: opening one means hashing all of it.
class ModelOnDemand {
 public:
  ModelOnDemand() = default;  // none
  ModelOnDemand(const LoadedModel* model) : found_(model) {}
  explicit ModelOnDemand(std::function<const LoadedModel*()> find) : find_(std::move(find)) {}  // called once at most

  const LoadedModel* get() const;  // null: none. Not from several threads

 private:
  mutable std::function<const LoadedModel*()> find_;
  mutable const LoadedModel* found_ = nullptr;
};

// Where a user's own models lie: lmcompress/models below XDG_DATA_HOME, or below .local/share in HOME. Empty: neither
// of them is set.
std::string user_model_folder();

// Where models are looked for when nobody says otherwise: the folders of the environment variable LMC_MODELS (colons
// between them), the user's own, share/lmc/models below the prefix that the program or liblmc lies in, the folder
// installed to.
std::vector<std::string> default_model_folders();

// "a:b" to {"a", "b"}; empty parts are left out.
std::vector<std::string> split_folders(const std::string& list);

// All members may be called from several threads. Returned pointers live as long as the registry.
class Registry {
 public:
  explicit Registry(std::vector<std::string> folders) : folders_(std::move(folders)) {}

  // Errors: environment, naming what was wanted, where it was looked for and what to do.
  Result<const LoadedModel*> find_hash(const Sha256& sha256);
  // The same by the first bytes of a hash, 8 at least.
  Result<const LoadedModel*> find_hash_start(ByteSpan start);
  Result<const LoadedModel*> find_builtin(int number);
  // A built-in name, the name or path of a file, or at least 8 hex digits of a hash.
  Result<const LoadedModel*> find_name(const std::string& name);

  // The paths of all model and adapter files, in the order of the folders, then by name.
  std::vector<std::string> model_paths() const;
  Result<const LoadedModel*> open(const std::string& path);
  // An adapter that lies in no folder, merged into its base, which does. It is the caller's: nothing of it is kept.
  Result<std::unique_ptr<LoadedModel>> adapt(const ModelFile& adapter, const std::string& path);

 private:
  const LoadedModel* find_loaded(const Sha256& sha256);  // null: not opened yet
  const LoadedModel* find_opened(const std::string& path);
  Error missing(const std::string& what, const std::string& how = "") const;
  Error missing_hash(const Sha256& sha256) const;

  std::vector<std::string> folders_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<LoadedModel>> loaded_;
};

}  // namespace lmc

#endif  // LMC_MODELS_REGISTRY_H_
