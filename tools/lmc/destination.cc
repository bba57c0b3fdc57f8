#include "tools/lmc/destination.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tools/lmc/names.h"
#include "tools/lmc/output_file.h"
#include "tools/lmc/sparse_sink.h"

namespace lmc {
namespace {

constexpr const char* kShownStdout = "(standard output)";

// Where the output of this input goes unless that is standard output.
Result<std::string> output_name(const Options& options, const InputFile& input) {
  if (!options.output.empty()) return follow_links(options.output);
  if (options.mode == Mode::kCompress) return input.name() + std::string(kSuffix);
  if (!input.name().ends_with(kSuffix) || input.name().size() == kSuffix.size())
    return usage_error(input.shown_name() +
                       ": the name does not end in .lmc; use -o or -c to say where the content goes");
  const std::string name = input.name().substr(0, input.name().size() - kSuffix.size());
  if (name.ends_with('/'))
    return usage_error(input.shown_name() + ": nothing stands before .lmc; use -o to name the output");
  if (options.as.empty()) return name;
  // photo.png.lmc gives photo.png, photo.webp.lmc gives photo.webp.png: never the name of a file of another kind.
  return name.ends_with("." + options.as) ? name : name + "." + options.as;
}

// Terminals and pipes may be read from and written to at once; files and disks may not.
bool is_same_storage(const struct stat& a, const struct stat& b) {
  if (S_ISREG(a.st_mode) && S_ISREG(b.st_mode)) return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
  return S_ISBLK(a.st_mode) && S_ISBLK(b.st_mode) && a.st_rdev == b.st_rdev;
}

Status refuse_same_file(std::span<const InputFile> inputs, const struct stat& output, const std::string& shown_output) {
  for (const InputFile& input : inputs)
    if (is_same_storage(input.info(), output))
      return usage_error(input.shown_name() + " and " + shown_output +
                         " are the same file; the output must be another one");
  return Ok();
}

// The name must still mean what was read, or something newer would be lost.
Status remove_source(const InputFile& input) {
  const struct stat& read = input.info();
  struct stat now {};
  if (::stat(input.name().c_str(), &now) != 0)
    return environment_error(input.shown_name() + ": cannot remove: " + std::strerror(errno));
  if (!is_same_storage(read, now) || read.st_size != now.st_size || read.st_mtim.tv_sec != now.st_mtim.tv_sec ||
      read.st_mtim.tv_nsec != now.st_mtim.tv_nsec)
    return environment_error(input.shown_name() + ": changed while it was read; not removed");
  if (::unlink(input.name().c_str()) != 0)
    return environment_error(input.shown_name() + ": cannot remove: " + std::strerror(errno));
  return Ok();
}

// Content that is restored gets its holes back.
Status into(int descriptor, const std::string& name, bool sparse, const std::function<Status(Sink&)>& produce) {
  if (!sparse || !takes_holes(descriptor)) {
    DescriptorSink sink(descriptor, name);
    return produce(sink);
  }
  SparseSink sink(descriptor, name);
  LMC_TRY(produce(sink));
  return sink.finish();
}

Result<std::string> to_stdout(const Options& options, std::span<const InputFile> inputs,
                              const std::function<Status(Sink&)>& produce) {
  struct stat info {};
  if (::fstat(STDOUT_FILENO, &info) == 0) LMC_TRY(refuse_same_file(inputs, info, kShownStdout));
  const bool sparse = options.mode == Mode::kDecompress && options.sparse.value_or(false);
  LMC_TRY(into(STDOUT_FILENO, kShownStdout, sparse, produce));
  return std::string(kShownStdout);
}

}  // namespace

bool goes_to_stdout(const Options& options, const InputFile& input) {
  return options.to_stdout || options.output == "-" || (options.output.empty() && input.is_stdin());
}

Result<std::string> with_output(const Session& session, std::span<const InputFile> inputs,
                                const std::function<Status(Sink&)>& produce,
                                const std::function<Status(int, const std::string&)>& check) {
  const Options& options = session.options;
  const InputFile& input = inputs.front();
  const Error no_file = usage_error("--verify reads the output back: it must be a regular file");
  if (options.verify && goes_to_stdout(options, input)) return no_file;
  if (goes_to_stdout(options, input)) return to_stdout(options, inputs, produce);
  LMC_ASSIGN(const auto name, output_name(options, input));
  struct stat info {};
  if (::stat(name.c_str(), &info) == 0) {
    LMC_TRY(refuse_same_file(inputs, info, shown(name)));
    if (options.output.empty() && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode))
      return usage_error(shown(name) + " exists and is no regular file; -o writes to it all the same");
  }
  LMC_ASSIGN(auto file, OutputFile::create(name, options.force));
  if (options.verify && file.is_direct()) return no_file;
  const bool sparse = options.mode == Mode::kDecompress && options.sparse.value_or(!file.is_direct());
  LMC_TRY(into(file.descriptor(), shown(name), sparse, produce));
  if (check) LMC_TRY(check(file.descriptor(), shown(name)));
  const bool regular_input = input.is_regular() && !input.is_stdin();
  LMC_TRY(file.commit(regular_input ? std::optional(input.info()) : std::nullopt));
  if (!options.remove_source) return shown(name);
  if (file.is_direct() || !regular_input) {
    session.talk.warn(input.shown_name() +
                      ": not removed; --rm removes regular files, after a regular file was written");
    return shown(name);
  }
  LMC_TRY(sync_folder_of(name));
  LMC_TRY(remove_source(input));
  return shown(name);
}

}  // namespace lmc
