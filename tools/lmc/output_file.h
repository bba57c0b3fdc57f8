// An output that appears whole or not at all, whatever happens: errors, a full disk, Ctrl-C, a kill.
#ifndef TOOLS_LMC_OUTPUT_FILE_H_
#define TOOLS_LMC_OUTPUT_FILE_H_

#include <sys/stat.h>

#include <optional>
#include <string>

#include "lmc/base/result.h"

namespace lmc {

// The temporary file has no name where the file system can do that, so that nothing of it outlives the program. Where
// it cannot, it is called PATH.tmp-lmc-N; one that a killed program left is removed by the next over the same path.
class OutputFile {
 public:
  // An existing file at path is an error without force. Something that exists and is no regular file (a device, a
  // pipe), or that is open already (/dev/stdout, /dev/fd/3), is written to directly.
  static Result<OutputFile> create(const std::string& path, bool force);
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();  // without commit() nothing is left

  int descriptor() const { return descriptor_; }
  bool is_direct() const { return direct_; }
  // Takes over the times and the mode of the source where one is given, syncs, and gives it the final path.
  Status commit(const std::optional<struct stat>& source);

 private:
  OutputFile(int descriptor, std::string path, bool force, bool direct)
      : descriptor_(descriptor), path_(std::move(path)), force_(force), direct_(direct) {}
  Status take_mode_and_times(const std::optional<struct stat>& source);
  Status create_named();
  Status copy_to_named();
  Status settle(const std::optional<struct stat>& source);
  Status name_unnamed(const std::optional<struct stat>& source);

  int descriptor_ = -1;
  std::string path_;
  std::string temporary_;  // empty: none, or one without a name
  bool force_ = false;
  bool direct_ = false;
};

// What a chain of symbolic links leads to, there or not; a path that is no link stays. Not beyond a descriptor that is
// open already.
std::string follow_links(std::string path);

// Syncs the folder that path lies in, so that its name is there after a power cut too.
Status sync_folder_of(const std::string& path);

}  // namespace lmc

#endif  // TOOLS_LMC_OUTPUT_FILE_H_
