// lmc train ..., lmc adapt ...: hands over to lmc-train, which is built only where libtorch is (cmake --preset train).
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
  for (const auto& program : {folder / "lmc-train", folder / "../../train/lmc-train",
                              folder / "../../../train/train/lmc-train"})  // of another preset
    ::execv(program.c_str(), const_cast<char* const*>(argv));
  std::fputs(
      "lmc: 'lmc train' and 'lmc adapt' need the trainer, lmc-train, which is not beside this program. It needs "
      "libtorch:\n"
      "scripts/install-deps.sh --train, then cmake --preset train && cmake --build --preset train (docs/training.md)\n",
      stderr);
  return int(ErrorFamily::kEnvironment);
}

}  // namespace lmc
