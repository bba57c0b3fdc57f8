// One input after the other through the library: names, protection of what exists, messages.
#ifndef TOOLS_LMC_FILES_H_
#define TOOLS_LMC_FILES_H_

#include <sys/stat.h>

#include <memory>
#include <utility>

#include "lmc/codecs/codec.h"
#include "tools/lmc/options.h"
#include "tools/lmc/talk.h"

namespace lmc {

// A file that is open for reading, or standard input. Closed when it goes.
class InputFile {
 public:
  // Devices, pipes and sockets are read only where may_be_special: a name of theirs plus .lmc is hardly wanted.
  static Result<InputFile> open(const std::string& name, bool may_be_special);
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&&) = delete;
  ~InputFile();

  int descriptor() const { return descriptor_; }
  const std::string& name() const { return name_; }
  const std::string& shown_name() const { return shown_name_; }  // for messages: nothing in it steers the terminal
  bool is_stdin() const { return is_stdin_; }
  bool is_regular() const;
  const struct stat& info() const { return info_; }
  // The whole content, mapped where that is possible; valid while the returned holder lives.
  Result<std::pair<ByteSpan, std::shared_ptr<void>>> whole() const;

 private:
  InputFile() = default;
  int descriptor_ = -1;
  std::string name_;
  std::string shown_name_;
  bool is_stdin_ = false;
  struct stat info_ {};
};

// What all inputs of one call share.
struct Session {
  const Options& options;
  Talk& talk;
  Engine& engine;
  Isa isa;
  int threads;
  ModelOnDemand model;             // for compressing
  const LoadedModel* pixel_model;  // the same, of images; may be null
};

Status compress_file(const Session& session, const std::string& name);
Status compress_joined(const Session& session);                           // --solid: all inputs as one content
Status decompress_file(const Session& session, const std::string& name);  // -d, -t, --salvage, --range
Status list_file(const Session& session, const std::string& name);

// The program: the whole command line. Returns the exit code.
int run_program(int argc, const char* const* argv);

// lmc explain ..., lmc model ...: return the exit code.
int explain_command(int argc, const char* const* argv);
int model_command(int argc, const char* const* argv);
// Runs lmc-train; argv: its command line, the first word of which does not count. Returns only if there is no such
// program.
int train_command(const char* const* argv);

}  // namespace lmc

#endif  // TOOLS_LMC_FILES_H_
