#include "tools/lmc/model_folders.h"

#include <filesystem>

#include "lmc/models/registry.h"
#include "tools/lmc/names.h"

namespace lmc {

Result<std::vector<std::string>> model_folders(const std::string& given) {
  std::vector<std::string> folders = split_folders(given);
  for (const std::string& folder : folders) {
    std::error_code why;
    if (!std::filesystem::is_directory(folder, why))
      return environment_error("--models: " + shown(folder) + (why ? ": " + why.message() : " is no folder"));
  }
  for (std::string& folder : default_model_folders()) folders.push_back(std::move(folder));
  return folders;
}

}  // namespace lmc
