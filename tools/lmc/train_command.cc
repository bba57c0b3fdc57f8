// lmc train ...: hands over to lmc-train, which is built only where libtorch is (cmake --preset train).
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "tools/lmc/files.h"

namespace lmc {

int train_command(const char* const* argv) {
  std::error_code none;
  const auto folder = std::filesystem::read_symlink("/proc/self/exe", none).parent_path();
  // Beside lmc when installed, in the build tree's own folder otherwise.
  for (const auto& program : {folder / "lmc-train", folder / "../../train/lmc-train"})
    ::execv(program.c_str(), const_cast<char* const*>(argv + 1));
  std::fputs(
      "lmc: the trainer is not built. It needs libtorch: scripts/install-deps.sh --train,\n"
      "then cmake --preset train && cmake --build --preset train (docs/training.md)\n",
      stderr);
  return int(ErrorFamily::kEnvironment);
}

}  // namespace lmc
