// lmc model list | info | add | remove | tokens: which models are at hand. (import: import_command.cc)
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>

#include "lmc/base/io.h"
#include "lmc/models/adapters/adapter.h"
#include "lmc/tokenize/tokenizer.h"
#include "tools/lmc/files.h"
#include "tools/lmc/import_command.h"
#include "tools/lmc/model_folders.h"
#include "tools/lmc/names.h"

namespace lmc {
namespace {

constexpr const char* kModelUsage =
    "Usage: lmc model list [--models FOLDER]         all models found, and the built-in ones that are missing\n"
    "       lmc model info [NAME] [--models FOLDER]  one model; the default one without NAME\n"
    "       lmc model import FILE.gguf -o X.lmcm [--name NAME] [--window N] [--activation-bits QKV,O,UP,DOWN,HEAD]\n"
    "                                                make a model of a GGUF file (docs/big-models.md)\n"
    "       lmc model import PEFT_FOLDER -o X.lmca --base MODEL  make an adapter of a LoRA of PEFT's "
    "(docs/adapters.md)\n"
    "       lmc model add X.lmcm | X.lmca            copy a model or adapter to where every call of lmc finds it\n"
    "       lmc model remove NAME                    remove what was added; archives made with it then need it back\n"
    "       lmc model tokens NAME FILE               the tokens of FILE, a line each, in hexadecimal\n";

namespace fs = std::filesystem;

int fail(const Error& error) {
  std::fprintf(stderr, "lmc: %s\n", shown_message(error.message).c_str());
  return int(error.family);
}

std::string builtin_text(int number) { return number > 0 ? "built-in " + std::to_string(number) : "-"; }

int list(Registry& registry) {
  int code = 0;
  std::vector<bool> found(builtin_models().size(), false);
  for (const std::string& path : registry.model_paths()) {
    if (path.ends_with(kAdapterSuffix)) {  // shown also where its base is missing
      const auto adapter = ModelFile::open(path);
      if (!adapter.ok())
        code = fail({adapter.error().family, path + ": " + adapter.error().message});
      else
        std::printf("%-20s %-12s %s  %s\n", shown(fs::path(path).stem().string()).c_str(),
                    ("of " + shown(adapter->adapter_base().name)).c_str(), hex(adapter->sha256()).substr(0, 16).c_str(),
                    shown(path).c_str());
      continue;
    }
    const auto model = registry.open(path);
    if (!model.ok()) {
      code = fail(model.error());
      continue;
    }
    std::printf("%-20s %-12s %s  %s\n", shown((*model)->name).c_str(), builtin_text((*model)->builtin_number).c_str(),
                hex((*model)->sha256).substr(0, 16).c_str(), shown(path).c_str());
    for (size_t i = 0; i < found.size(); ++i)
      if (builtin_models()[i].sha256 == (*model)->sha256) found[i] = true;
  }
  for (size_t i = 0; i < found.size(); ++i)
    if (!found[i])
      std::printf("%-20s %-12s %s  missing%s%s\n", builtin_models()[i].name,
                  builtin_text(builtin_models()[i].number).c_str(),
                  hex(builtin_models()[i].sha256).substr(0, 16).c_str(), builtin_models()[i].how[0] != 0 ? ": " : "",
                  builtin_models()[i].how);
  return code;
}

int info(Registry& registry, const std::string& name) {
  const auto model =
      name.empty() ? registry.find_builtin(level_row(kDefaultLevel).text_model) : registry.find_name(name);
  if (!model.ok()) return fail(model.error());
  const ModelConfig& config = (*model)->file.config();
  std::printf("name      %s\nfile      %s\nsha256    %s\nbuilt-in  %s\n", shown((*model)->name).c_str(),
              shown((*model)->path).c_str(), hex((*model)->sha256).c_str(),
              (*model)->builtin_number > 0 ? ("number " + std::to_string((*model)->builtin_number)).c_str() : "no");
  if ((*model)->adapter) {
    const AdapterBase& base = (*model)->adapter->adapter_base();
    std::printf("changes   %s, SHA-256 %s\nsize      %zu bytes\n", shown(base.name).c_str(), hex(base.sha256).c_str(),
                (*model)->adapter->bytes().size());
  }
  if ((*model)->file.kind() == ModelKind::kPixels) {
    std::printf("network   pixels to mixtures of logistics, hidden layers of width %zu\n",
                (*model)->file.tensor("0.w1").ok() ? (*model)->file.tensor("0.w1")->shape[0] : size_t(0));
  } else {
    const ActivationBits& bits = config.act_bits;
    std::printf("network   %d layers of width %d, vocabulary %d, sees %d tokens%s\n", config.layers, config.width,
                config.vocab, config.windows.empty() ? 0 : *std::ranges::max_element(config.windows),
                std::ranges::count(config.sinks, 1) > 0 ? ", the first one always" : "");
    std::printf("bits      of what enters the matrices: qkv %d, o %d, up %d, down %d, head %d\n", bits.qkv, bits.o,
                bits.up, bits.down, bits.head);
  }
  std::printf("training  %s\n", shown_message((*model)->file.training()).c_str());
  return 0;
}

Result<std::string> store_folder() {
  std::string folder = user_model_folder();
  if (folder.empty()) return environment_error("neither XDG_DATA_HOME nor HOME says where your models are to lie");
  return folder;
}

Result<std::string> add_model(const std::string& path) {
  LMC_ASSIGN(const auto folder, store_folder());
  auto file = ModelFile::open(path);
  if (!file.ok()) return Error{file.error().family, path + ": " + file.error().message, file.error().offset_bytes};
  const bool is_adapter = file->kind() == ModelKind::kAdapter;
  const std::string to = folder + "/" + fs::path(path).stem().string() + (is_adapter ? kAdapterSuffix : ".lmcm");
  std::error_code why;
  if (fs::exists(to, why)) {
    const auto there = ModelFile::open(to);
    if (there.ok() && there->sha256() == file->sha256()) return to;
    return environment_error(to + ": another model or adapter of that name is there; 'lmc model remove' takes it away");
  }
  fs::create_directories(folder, why);
  if (why) return environment_error(folder + ": cannot make this folder: " + why.message());
  LMC_ASSIGN(const auto bytes, MappedFile::open(path));
  LMC_TRY(write_file(to, bytes.bytes()));
  return to;
}

Result<std::string> remove_model(const std::string& name) {
  LMC_ASSIGN(const auto folder, store_folder());
  const bool has_suffix = name.ends_with(".lmcm") || name.ends_with(kAdapterSuffix);
  std::string path = folder + "/" + fs::path(name).filename().string() + (has_suffix ? "" : ".lmcm");
  std::error_code none;
  if (!has_suffix && !fs::exists(path, none))  // no model: an adapter of that name
    if (const std::string other = folder + "/" + fs::path(name).filename().string() + kAdapterSuffix;
        fs::exists(other, none))
      path = other;
  if (::unlink(path.c_str()) != 0) return environment_error(path + ": cannot remove: " + std::strerror(errno));
  return path;
}

int say(const char* done, const Result<std::string>& path) {
  if (!path.ok()) return fail(path.error());
  std::printf("%s %s\n", done, shown(*path).c_str());
  return 0;
}

int tokens(Registry& registry, const std::string& name, const std::string& path) {
  const auto model = registry.find_name(name);
  if (!model.ok()) return fail(model.error());
  const ModelFile& file = (*model)->file;
  const auto tokenizer = Tokenizer::parse(file.section("tokenizer"), file.section("tokenizer.merges"));
  if (!tokenizer.ok()) return fail(tokenizer.error());
  const auto text = read_file(path);
  if (!text.ok()) return fail(text.error());
  for (const uint32_t token : tokenizer->encode(*text)) {
    for (const uint8_t byte : as_bytes(tokenizer->vocabulary()[token])) std::printf("%02x", byte);
    std::printf("\n");
  }
  return 0;
}

}  // namespace

int model_command(int argc, const char* const* argv) {
  if (argc > 2 && std::string_view(argv[2]) == "import") return import_command(argc, argv);
  std::string given_folders;
  std::vector<std::string> words;
  for (int i = 2; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--models" && i + 1 < argc) {
      given_folders = argv[++i];
    } else {
      words.push_back(argv[i]);
    }
  }
  const auto folders = model_folders(given_folders);
  if (!folders.ok()) return fail(folders.error());
  Registry registry(*folders);
  const std::string what = words.empty() ? "" : words[0];
  if (words.size() == 1 && what == "list") return list(registry);
  if (words.size() <= 2 && what == "info") return info(registry, words.size() == 2 ? words[1] : "");
  if (words.size() == 2 && what == "add") return say("added", add_model(words[1]));
  if (words.size() == 2 && what == "remove") return say("removed", remove_model(words[1]));
  if (words.size() == 3 && what == "tokens") return tokens(registry, words[1], words[2]);
  const bool asked = words.size() == 1 && (what == "-h" || what == "--help");
  std::fputs(kModelUsage, asked ? stdout : stderr);
  return asked ? 0 : int(ErrorFamily::kUsage);
}

}  // namespace lmc
