// lmc model list | info [NAME]: which models are at hand.
#include <algorithm>
#include <cstdio>
#include <string>

#include "tools/lmc/files.h"
#include "tools/lmc/model_folders.h"
#include "tools/lmc/names.h"

namespace lmc {
namespace {

constexpr const char* kModelUsage =
    "Usage: lmc model list [--models FOLDER]         all models found, and the built-in ones that are missing\n"
    "       lmc model info [NAME] [--models FOLDER]  one model; the default one without NAME\n";

int fail(const Error& error) {
  std::fprintf(stderr, "lmc: %s\n", shown_message(error.message).c_str());
  return int(error.family);
}

int list(Registry& registry) {
  int code = 0;
  std::vector<bool> found(builtin_models().size(), false);
  for (const std::string& path : registry.model_paths()) {
    const auto model = registry.open(path);
    if (!model.ok()) {
      code = fail(model.error());
      continue;
    }
    std::printf("%-20s %-12s %s  %s\n", shown((*model)->name).c_str(),
                (*model)->builtin_number > 0 ? ("built-in " + std::to_string((*model)->builtin_number)).c_str() : "-",
                hex((*model)->sha256).substr(0, 16).c_str(), shown(path).c_str());
    for (size_t i = 0; i < found.size(); ++i)
      if (builtin_models()[i].sha256 == (*model)->sha256) found[i] = true;
  }
  for (size_t i = 0; i < found.size(); ++i)
    if (!found[i])
      std::printf("%-20s %-12s %s  missing\n", builtin_models()[i].name,
                  ("built-in " + std::to_string(builtin_models()[i].number)).c_str(),
                  hex(builtin_models()[i].sha256).substr(0, 16).c_str());
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
  if ((*model)->file.kind() == ModelKind::kPixels)
    std::printf("network   pixels to mixtures of logistics, hidden layers of width %zu\n",
                (*model)->file.tensor("0.w1").ok() ? (*model)->file.tensor("0.w1")->shape[0] : size_t(0));
  else
    std::printf("network   %d layers of width %d, vocabulary %d, sees %d tokens\n", config.layers, config.width,
                config.vocab, config.windows.empty() ? 0 : *std::ranges::max_element(config.windows));
  std::printf("training  %s\n", shown_message((*model)->file.training()).c_str());
  return 0;
}

}  // namespace

int model_command(int argc, const char* const* argv) {
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
  if (words.size() == 1 && words[0] == "list") return list(registry);
  if (!words.empty() && words.size() <= 2 && words[0] == "info")
    return info(registry, words.size() == 2 ? words[1] : "");
  const bool asked = words.size() == 1 && (words[0] == "-h" || words[0] == "--help");
  std::fputs(kModelUsage, asked ? stdout : stderr);
  return asked ? 0 : int(ErrorFamily::kUsage);
}

}  // namespace lmc
