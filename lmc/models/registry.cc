#include "lmc/models/registry.h"

#include <dirent.h>
#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include "lmc/models/adapters/adapter.h"

namespace lmc {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMinHexDigits = 8;
constexpr const char* kSuffix = ".lmcm";

bool is_model_name(std::string_view name) { return name.ends_with(kSuffix) || name.ends_with(kAdapterSuffix); }

constexpr uint8_t hex_digit(char c) { return uint8_t(c <= '9' ? c - '0' : c - 'a' + 10); }

constexpr Sha256 parse_sha256(const char* hex) {
  Sha256 out{};
  for (size_t i = 0; i < out.size(); ++i) out[i] = uint8_t(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
  return out;
}

constexpr BuiltinModel kBuiltins[] = {
// {number, name, parse_sha256(hash), how}, one line for each line of models/builtin.txt
#include "builtin_models.inc"
    {},  // no model has the number 0: the end
};

// The SHA-256 that a file says it has, from its last bytes. Whether it is true shows when it is opened.
Result<Sha256> stated_hash(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  Sha256 out{};
  if (!file || file.tellg() < std::streamoff(out.size())) return environment_error(path + ": cannot read");
  file.seekg(-std::streamoff(out.size()), std::ios::end);
  if (!file.read(reinterpret_cast<char*>(out.data()), std::streamsize(out.size())))
    return environment_error(path + ": cannot read");
  return out;
}

}  // namespace

std::span<const BuiltinModel> builtin_models() { return std::span(kBuiltins).first(std::size(kBuiltins) - 1); }

const LoadedModel* ModelOnDemand::get() const {
  if (const auto find = std::exchange(find_, {})) found_ = find();
  return found_;
}

std::vector<std::string> split_folders(const std::string& list) {
  std::vector<std::string> folders;
  for (size_t begin = 0; begin <= list.size();) {
    const size_t end = std::min(list.find(':', begin), list.size());
    if (end > begin) folders.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return folders;
}

namespace {

constexpr const char* kModelsBelowPrefix = "share/lmc/models";

// The file this code was loaded from: liblmc, or a program that it is linked into. Empty: unknown.
fs::path own_file() {
  std::error_code none;
  const fs::path program = fs::read_symlink("/proc/self/exe", none);
  Dl_info info{};
  if (::dladdr(reinterpret_cast<const void*>(&default_model_folders), &info) == 0 || info.dli_fname == nullptr)
    return program;
  // For the program itself dladdr gives the name it was called by, which may be relative or found by PATH.
  const fs::path library = fs::canonical(info.dli_fname, none);
  return library.filename().string().find(".so") == std::string::npos ? program : library;
}

// PREFIX/share/lmc/models for a file in PREFIX/bin, PREFIX/lib or PREFIX/lib/x86_64-linux-gnu, wherever that was moved
// to; a build folder has a share folder of its own.
void append_beside(const fs::path& file, std::vector<std::string>& folders) {
  fs::path prefix = file.parent_path();
  for (int up = 0; up < 2 && prefix.has_relative_path(); ++up) {
    prefix = prefix.parent_path();
    std::error_code none;
    const fs::path folder = prefix / kModelsBelowPrefix;
    if (up == 0 || fs::is_directory(folder, none)) folders.push_back(folder.string());
  }
}

}  // namespace

std::string user_model_folder() {
  const auto variable = [](const char* name) -> std::string {
    const char* const value = std::getenv(name);
    return value != nullptr && value[0] == '/' ? value : "";  // a relative one does not count (XDG base directories)
  };
  if (const std::string data = variable("XDG_DATA_HOME"); !data.empty()) return data + "/lmcompress/models";
  const std::string home = variable("HOME");
  return home.empty() ? "" : home + "/.local/share/lmcompress/models";
}

std::vector<std::string> default_model_folders() {
  std::vector<std::string> folders;
  if (const char* list = std::getenv("LMC_MODELS")) folders = split_folders(list);
  if (std::string own = user_model_folder(); !own.empty()) folders.push_back(std::move(own));
  append_beside(own_file(), folders);
  folders.push_back(LMC_INSTALLED_MODELS);
  // A folder may be named twice (the installed program's own prefix): once is enough.
  std::vector<std::string> unique;
  for (std::string& folder : folders)
    if (std::ranges::find(unique, folder) == unique.end()) unique.push_back(std::move(folder));
  return unique;
}

std::vector<std::string> Registry::model_paths() const {
  std::vector<std::string> paths;
  for (const std::string& folder : folders_) {
    std::vector<std::string> here;
    // Not std::filesystem's iterator: it ends the program where memory runs out.
    const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(folder.c_str()), ::closedir);
    while (const dirent* entry = open != nullptr ? ::readdir(open.get()) : nullptr)
      if (is_model_name(entry->d_name)) here.push_back(folder + "/" + entry->d_name);
    std::ranges::sort(here);
    paths.insert(paths.end(), here.begin(), here.end());
  }
  return paths;
}

const LoadedModel* Registry::find_opened(const std::string& path) {
  const std::lock_guard lock(mutex_);
  for (const auto& model : loaded_)
    if (model->path == path) return model.get();
  return nullptr;
}

Result<const LoadedModel*> Registry::open(const std::string& path) {
  if (const LoadedModel* const model = find_opened(path)) return model;
  auto file = ModelFile::open(path);
  if (!file.ok()) return Error{file.error().family, path + ": " + file.error().message, file.error().offset_bytes};
  std::unique_ptr<LoadedModel> model;
  if (file->kind() == ModelKind::kAdapter) {
    LMC_ASSIGN(model, adapt(*file, path));
  } else {
    const Sha256 hash = file->sha256();
    model = std::make_unique<LoadedModel>(LoadedModel{std::move(*file), fs::path(path).stem().string(), path, hash, 0});
    for (const BuiltinModel& builtin : builtin_models())
      if (builtin.sha256 == hash) model->builtin_number = builtin.number;
  }
  const std::lock_guard lock(mutex_);
  for (const auto& other : loaded_)  // another thread may have been first
    if (other->path == path) return other.get();
  loaded_.push_back(std::move(model));
  return loaded_.back().get();
}

Result<std::unique_ptr<LoadedModel>> Registry::adapt(const ModelFile& adapter, const std::string& path) {
  const auto at = [&](const Error& error) { return Error{error.family, path + ": " + error.message}; };
  const auto base = find_hash(adapter.adapter_base().sha256);
  if (!base.ok()) {
    const Error& why = base.error();
    return at({why.family, "this adapter changes the model " + adapter.adapter_base().name + ", and " + why.message});
  }
  auto merged = merge_adapter((*base)->file, adapter, best_isa());
  if (!merged.ok()) return at(merged.error());
  return std::make_unique<LoadedModel>(
      LoadedModel{std::move(*merged), fs::path(path).stem().string(), path, adapter.sha256(), 0, adapter});
}

const LoadedModel* Registry::find_loaded(const Sha256& sha256) {
  const std::lock_guard lock(mutex_);
  for (const auto& model : loaded_)
    if (model->sha256 == sha256) return model.get();
  return nullptr;
}

Result<const LoadedModel*> Registry::find_hash(const Sha256& sha256) {
  if (const LoadedModel* const model = find_loaded(sha256)) return model;
  // A built-in model is found by its file name, without looking at all the others.
  for (const BuiltinModel& builtin : builtin_models()) {
    if (builtin.sha256 != sha256) continue;
    for (const std::string& folder : folders_)
      if (const auto model = open(folder + "/" + builtin.name + kSuffix); model.ok() && (*model)->sha256 == sha256)
        return *model;
  }
  for (const std::string& path : model_paths()) {
    const auto stated = stated_hash(path);  // large models are not read to find out that they are others
    if (!stated.ok() || *stated != sha256) continue;
    const auto model = open(path);
    if (model.ok() && (*model)->sha256 == sha256) return *model;
    if (!model.ok() && path.ends_with(kAdapterSuffix)) return model;  // its base may be missing
  }
  return missing_hash(sha256);
}

Result<const LoadedModel*> Registry::find_hash_start(ByteSpan start) {
  const auto begins = [&](const Sha256& hash) { return std::ranges::equal(start, ByteSpan(hash).first(start.size())); };
  {
    const std::lock_guard lock(mutex_);
    for (const auto& model : loaded_)
      if (begins(model->sha256)) return model.get();
  }
  for (const std::string& path : model_paths())
    if (const auto stated = stated_hash(path); stated.ok() && begins(*stated)) return find_hash(*stated);
  return missing("or adapter with SHA-256 " + hex(start) + "...");
}

Result<const LoadedModel*> Registry::find_builtin(int number) {
  for (const BuiltinModel& builtin : builtin_models()) {
    if (builtin.number != number) continue;
    return find_hash(builtin.sha256);
  }
  return bad_input("built-in model number " + std::to_string(number) +
                   " is unknown to this program: the file is damaged, or was written by a newer lmc");
}

Result<const LoadedModel*> Registry::find_name(const std::string& name) {
  std::string how;
  for (const BuiltinModel& builtin : builtin_models()) {
    if (name != builtin.name) continue;
    const auto model = find_builtin(builtin.number);
    if (model.ok() || builtin.how[0] == 0) return model;
    how = builtin.how;  // a file of that name may be the user's own variant of it
  }
  std::error_code none;
  if (fs::is_regular_file(name, none)) return open(name);
  const std::vector<std::string> paths = model_paths();
  for (const std::string& path : paths)
    if (fs::path(path).stem() == name || fs::path(path).filename() == name) return open(path);
  if (name.size() >= kMinHexDigits && name.find_first_not_of("0123456789abcdef") == std::string::npos)
    for (const std::string& path : paths) {
      const auto stated = stated_hash(path);
      if (!stated.ok() || !hex(*stated).starts_with(name)) continue;
      if (const auto model = open(path); model.ok() && hex((*model)->sha256).starts_with(name)) return *model;
    }
  return missing(name, how);
}

Error Registry::missing_hash(const Sha256& sha256) const {
  for (const BuiltinModel& known : builtin_models())
    if (known.sha256 == sha256) return missing(std::string(known.name) + " with SHA-256 " + hex(sha256), known.how);
  return missing("or adapter with SHA-256 " + hex(sha256));
}

Error Registry::missing(const std::string& what, const std::string& how) const {
  std::string message = "model " + what + " is not to be found in:";
  for (const std::string& folder : folders_) message += "\n  " + folder;
  if (folders_.empty()) message += "\n  (no folder given)";
  if (!how.empty()) return environment_error(message + "\n" + how + " brings it");
  return environment_error(
      message +
      "\n'lmc model add FILE' puts a model (.lmcm) or adapter (.lmca) there; or name its folder with --models");
}

}  // namespace lmc
