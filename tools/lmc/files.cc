#include "tools/lmc/files.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "lmc/pipeline/decompress.h"
#include "lmc/pipeline/read_pixels.h"
#include "tools/lmc/output_file.h"
#include "tools/lmc/pixels_output.h"

namespace lmc {
namespace {

constexpr std::string_view kSuffix = ".lmc";
constexpr const char* kStdout = "-";

// Where the output of this input goes: "-" is standard output.
Result<std::string> output_name(const Options& options, const InputFile& input) {
  if (options.to_stdout) return std::string(kStdout);
  if (!options.output.empty()) return options.output;
  if (input.is_stdin()) return std::string(kStdout);
  if (options.mode == Mode::kCompress) return input.name() + std::string(kSuffix);
  if (!input.name().ends_with(kSuffix) || input.name().size() == kSuffix.size())
    return usage_error(input.name() + ": the name does not end in .lmc; use -o or -c to say where the content goes");
  const std::string name = input.name().substr(0, input.name().size() - kSuffix.size());
  if (options.as.empty()) return name;
  // photo.png.lmc gives photo.png, photo.webp.lmc gives photo.webp.png: never the name of a file of another kind.
  return name.ends_with("." + options.as) ? name : name + "." + options.as;
}

template <typename T>
struct Made {
  std::string output;
  T value;
};

// Runs produce(sink) into the output; commits it if all went well, and removes the source where that was asked for.
template <typename T>
Result<Made<T>> with_output(const Session& session, const InputFile& input,
                            const std::function<Result<T>(Sink&)>& produce) {
  const Options& options = session.options;
  const auto name = output_name(options, input);
  if (!name.ok()) return name.error();
  if (*name == kStdout) {
    DescriptorSink sink(STDOUT_FILENO, "(standard output)");
    auto made = produce(sink);
    if (!made.ok()) return made.error();
    return Made<T>{"(standard output)", *made};
  }
  auto file = OutputFile::create(*name, options.force);
  if (!file.ok()) return file.error();
  DescriptorSink sink(file->descriptor(), *name);
  auto made = produce(sink);
  if (!made.ok()) return made.error();
  LMC_TRY(file->commit(input.is_regular() && !input.is_stdin() ? std::optional(input.info()) : std::nullopt));
  if (options.remove_source && !input.is_stdin() && ::unlink(input.name().c_str()) != 0)
    return environment_error(input.name() + ": cannot remove: " + std::strerror(errno));
  return Made<T>{*name, *made};
}

std::string speed_and_memory(uint64_t raw_bytes, std::chrono::steady_clock::time_point begin) {
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  char text[64];
  std::snprintf(text, sizeof text, "%.3f s", seconds);
  return "  " + std::string(text) + ", " + human_size(uint64_t(double(raw_bytes) / std::max(seconds, 1e-6))) +
         "/s, peak memory " + human_size(uint64_t(usage.ru_maxrss) * 1024);
}

std::optional<uint64_t> known_size(const InputFile& input) {
  if (!input.is_regular()) return std::nullopt;
  const off_t position = ::lseek(input.descriptor(), 0, SEEK_CUR);  // standard input may have been read from before
  if (position < 0 || position > input.info().st_size) return std::nullopt;
  return uint64_t(input.info().st_size - position);
}

Error in_file(const InputFile& input, const Error& error) {
  if (error.message.starts_with(input.name() + ":") || error.family == ErrorFamily::kUsage) return error;
  std::string message = input.name() + ": " + error.message;
  if (error.offset_bytes && error.message.find("at byte") == std::string::npos)
    message += " (at byte " + std::to_string(*error.offset_bytes) + ")";
  return Error{error.family, message, error.offset_bytes};
}

}  // namespace

namespace {

// Several inputs as one.
class JoinedSource : public Source {
 public:
  explicit JoinedSource(const std::vector<InputFile>& inputs) {
    for (const InputFile& input : inputs) sources_.emplace_back(input.descriptor(), input.name());
  }
  Result<size_t> read(std::span<uint8_t> out) override {
    size_t filled = 0;
    while (at_ < sources_.size()) {
      const auto more = sources_[at_].read(out.subspan(filled));
      if (!more.ok()) return more.error();
      filled += *more;
      if (filled == out.size()) break;
      ++at_;
    }
    return filled;
  }

 private:
  std::vector<DescriptorSource> sources_;
  size_t at_ = 0;
};

std::optional<uint64_t> known_size(const std::vector<InputFile>& inputs) {
  uint64_t sum = 0;
  for (const InputFile& input : inputs) {
    const auto size = known_size(input);
    if (!size) return std::nullopt;
    sum += *size;
  }
  return sum;
}

std::string names_of(const std::vector<InputFile>& inputs) {
  if (inputs.size() == 1) return inputs.front().name();
  return inputs.front().name() + " and " + std::to_string(inputs.size() - 1) + " more";
}

// inputs: one, or several that become one content.
Status compress_inputs(const Session& session, const std::vector<InputFile>& inputs, bool frames_follow) {
  const Options& options = session.options;
  const InputFile& first = inputs.front();
  const bool to_stdout = options.to_stdout || options.output == kStdout;
  if (first.is_stdin() && options.output.empty() && !options.to_stdout && !options.force && ::isatty(STDOUT_FILENO))
    return usage_error("compressed bytes are not written to a terminal; use -o FILE, or -f or -c if you mean it");
  CompressOptions how;
  how.level = options.level;
  how.threads = session.threads;
  how.block_bytes = options.block_bytes;
  how.isa = session.isa;
  how.model = session.model;
  how.pixel_model = session.pixel_model;
  how.content_bytes = known_size(inputs);
  how.pixels_suffice = options.pixels;
  how.note = [&](const std::string& why) {
    if (options.pixels)
      session.talk.warn(first.name() + ": " + why);
    else
      session.talk.detail("  not taken apart: " + why);
  };
  how.tiny = !frames_follow;  // joined frames must all be of the full form
  how.progress = [&](uint64_t done) { session.talk.progress(done); };
  const auto begin = std::chrono::steady_clock::now();
  const std::string name = names_of(inputs);
  session.talk.begin_progress(name, how.content_bytes);
  JoinedSource source(inputs);
  const auto made = with_output<Stats>(session, first, [&](Sink& sink) { return compress(source, sink, how); });
  session.talk.end_progress();
  if (!made.ok()) return in_file(first, made.error());
  const auto& [output, stats] = *made;
  const std::string summary = name + ": " + percent(stats.compressed_bytes, stats.raw_bytes) + " (" +
                              std::to_string(stats.raw_bytes) + " => " + std::to_string(stats.compressed_bytes) +
                              " bytes, " + output + ")";
  if (to_stdout || first.is_stdin())
    session.talk.detail(summary);
  else
    session.talk.say(summary);
  session.talk.detail(speed_and_memory(stats.raw_bytes, begin));
  return Ok();
}

}  // namespace

Status compress_file(const Session& session, const std::string& name) {
  const Options& options = session.options;
  auto input = InputFile::open(name);
  if (!input.ok()) return input.error();
  if (input->name().ends_with(kSuffix) && !options.force && options.output.empty() && !options.to_stdout) {
    session.talk.warn(input->name() + " ends in .lmc already; skipped (-f compresses it again)");
    return Ok();
  }
  std::vector<InputFile> inputs;
  inputs.push_back(std::move(*input));
  const bool to_stdout = options.to_stdout || options.output == kStdout;
  return compress_inputs(session, inputs, to_stdout && options.inputs.size() > 1);
}

Status compress_joined(const Session& session) {
  std::vector<InputFile> inputs;
  for (const std::string& name : session.options.inputs) {
    auto input = InputFile::open(name);
    if (!input.ok()) return input.error();
    inputs.push_back(std::move(*input));
  }
  return compress_inputs(session, inputs, false);
}

namespace {

struct Restored {
  uint64_t bytes = 0;
  size_t damaged = 0;  // only --salvage goes on after damage
};

Result<Restored> restore(const Session& session, const InputFile& input, Sink& sink) {
  const Options& options = session.options;
  DecompressOptions how;
  how.registry = &session.registry;
  how.threads = session.threads;
  how.isa = session.isa;
  how.memory_limit_bytes = options.memory_limit_bytes;
  how.progress = [&](uint64_t done) { session.talk.progress(done); };
  if (!options.salvage && !options.range && options.as.empty()) {
    DescriptorSource source(input.descriptor(), input.name());
    const auto stats = decompress(source, sink, how);
    if (!stats.ok()) return stats.error();
    return Restored{stats->raw_bytes, 0};
  }
  const auto whole = input.whole();
  if (!whole.ok()) return whole.error();
  if (!options.as.empty()) {
    const auto pixels = read_pixels(whole->first, options.region, how);
    if (!pixels.ok()) return pixels.error();
    const auto written = write_pixels(*pixels, options.as);
    if (!written.ok()) return written.error();
    LMC_TRY(sink.write(*written));
    return Restored{written->size(), 0};
  }
  if (options.range) {
    const auto part = read_range(whole->first, options.range->offset_bytes, options.range->size_bytes, how);
    if (!part.ok()) return part.error();
    LMC_TRY(sink.write(*part));
    return Restored{part->size(), 0};
  }
  const auto report = salvage(whole->first, sink, how);
  if (!report.ok()) return report.error();
  for (const std::string& line : report->damage) session.talk.error(bad_input(input.name() + ": " + line));
  return Restored{report->stats.raw_bytes, report->damage.size()};
}

}  // namespace

Status decompress_file(const Session& session, const std::string& name) {
  const Options& options = session.options;
  const auto input = InputFile::open(name);
  if (!input.ok()) return input.error();
  if (input->is_stdin() && ::isatty(STDIN_FILENO) && !options.force)
    return usage_error("compressed bytes are not read from a terminal; name a file");
  const auto begin = std::chrono::steady_clock::now();
  session.talk.begin_progress(input->name(), std::nullopt);
  Restored restored;
  std::string output;
  if (options.mode == Mode::kTest) {
    NullSink sink;
    const auto made = restore(session, *input, sink);
    session.talk.end_progress();
    if (!made.ok()) return in_file(*input, made.error());
    restored = *made;
    output = "intact";
  } else {
    const auto made =
        with_output<Restored>(session, *input, [&](Sink& sink) { return restore(session, *input, sink); });
    session.talk.end_progress();
    if (!made.ok()) return in_file(*input, made.error());
    output = made->output;
    restored = made->value;
  }
  const std::string summary = input->name() + ": " + std::to_string(restored.bytes) + " bytes, " + output;
  if (options.to_stdout || input->is_stdin())
    session.talk.detail(summary);
  else
    session.talk.say(summary);
  session.talk.detail(speed_and_memory(restored.bytes, begin));
  if (restored.damaged > 0)
    return bad_input(input->name() + ": damaged in " + std::to_string(restored.damaged) +
                     " places (listed above); what is intact was written");
  return Ok();
}

}  // namespace lmc
