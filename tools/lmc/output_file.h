// An output that appears whole or not at all, whatever happens: errors, a full disk, Ctrl-C.
#ifndef TOOLS_LMC_OUTPUT_FILE_H_
#define TOOLS_LMC_OUTPUT_FILE_H_

#include <sys/stat.h>

#include <optional>
#include <string>

#include "lmc/base/result.h"

namespace lmc {

// From now on SIGINT, SIGTERM and SIGHUP remove the temporary file, if there is one, before they end the program.
void remove_temporary_on_signals();

class OutputFile {
 public:
  // Creates a temporary file beside path. An existing file at path is an error without force. Something that exists
  // and is no regular file (a device, a pipe) is written to directly.
  static Result<OutputFile> create(const std::string& path, bool force);
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();  // without commit() nothing is left

  int descriptor() const { return descriptor_; }
  // Takes over the times and the mode of the source where one is given, syncs, and renames to the final path.
  Status commit(const std::optional<struct stat>& source);

 private:
  OutputFile(int descriptor, std::string path, std::string temporary, bool force)
      : descriptor_(descriptor), path_(std::move(path)), temporary_(std::move(temporary)), force_(force) {}

  int descriptor_ = -1;
  std::string path_;
  std::string temporary_;  // empty: written to directly
  bool force_ = false;
};

}  // namespace lmc

#endif  // TOOLS_LMC_OUTPUT_FILE_H_
