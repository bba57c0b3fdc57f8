#include "tools/lmc/files.h"

#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "lmc/pipeline/decompress.h"
#include "lmc/pipeline/read_pixels.h"
#include "lmc/pipeline/read_sound.h"
#include "tools/lmc/destination.h"
#include "tools/lmc/pixels_output.h"
#include "tools/lmc/verify.h"

namespace lmc {
namespace {

std::string speed_and_memory(uint64_t raw_bytes, std::chrono::steady_clock::time_point begin) {
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  char text[64];
  std::snprintf(text, sizeof text, "%.3f s", seconds);
  return "  " + std::string(text) + ", " + human_size(uint64_t(double(raw_bytes) / std::max(seconds, 1e-6))) +
         "/s, peak memory " + human_size(uint64_t(usage.ru_maxrss) * 1024);
}

// Files of /proc say that they are empty, those of /sys that they are a page long.
bool tells_wrong_sizes(const InputFile& input) {
  static constexpr long kMagics[] = {PROC_SUPER_MAGIC, SYSFS_MAGIC,        DEBUGFS_MAGIC,      TRACEFS_MAGIC,
                                     SECURITYFS_MAGIC, CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC};
  struct statfs where {};
  return ::fstatfs(input.descriptor(), &where) == 0 &&
         std::ranges::find(kMagics, long(where.f_type)) != std::end(kMagics);
}

// Bytes that are to come; nothing where only reading can tell.
std::optional<uint64_t> known_size(const InputFile& input) {
  if (!input.is_regular() || tells_wrong_sizes(input)) return std::nullopt;
  const off_t position = ::lseek(input.descriptor(), 0, SEEK_CUR);  // standard input may have been read from before
  if (position < 0 || position > input.info().st_size) return std::nullopt;
  return uint64_t(input.info().st_size - position);
}

bool has_grown(const InputFile& input) {
  struct stat now {};
  return known_size(input) && ::fstat(input.descriptor(), &now) == 0 && now.st_size > input.info().st_size;
}

Error in_file(const InputFile& input, const Error& error) {
  if (error.message.starts_with(input.shown_name() + ":") || error.family == ErrorFamily::kUsage) return error;
  std::string message = input.shown_name() + ": " + error.message;
  if (error.offset_bytes && error.message.find("at byte") == std::string::npos)
    message += " (at byte " + std::to_string(*error.offset_bytes) + ")";
  return Error{error.family, message, error.offset_bytes};
}

}  // namespace

namespace {

// Several inputs as one. A file that grows meanwhile (a log) ends where it did at first.
class JoinedSource : public Source {
 public:
  explicit JoinedSource(const std::vector<InputFile>& inputs) {
    for (const InputFile& input : inputs) {
      sources_.emplace_back(input.descriptor(), input.shown_name());
      left_bytes_.push_back(known_size(input).value_or(UINT64_MAX));
    }
  }
  Result<size_t> read(std::span<uint8_t> out) override {
    size_t filled = 0;
    while (at_ < sources_.size()) {
      const size_t wanted = size_t(std::min<uint64_t>(out.size() - filled, left_bytes_[at_]));
      LMC_ASSIGN(const auto more, sources_[at_].read(out.subspan(filled, wanted)));
      filled += more;
      left_bytes_[at_] -= more;
      if (filled == out.size()) break;
      ++at_;
    }
    return filled;
  }

 private:
  std::vector<DescriptorSource> sources_;
  std::vector<uint64_t> left_bytes_;
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
  if (inputs.size() == 1) return inputs.front().shown_name();
  return inputs.front().shown_name() + " and " + std::to_string(inputs.size() - 1) + " more";
}

// inputs: one, or several that become one content.
Status compress_inputs(const Session& session, const std::vector<InputFile>& inputs) {
  const Options& options = session.options;
  const InputFile& first = inputs.front();
  if (first.is_stdin() && options.output.empty() && !options.to_stdout && !options.force && ::isatty(STDOUT_FILENO))
    return usage_error("compressed bytes are not written to a terminal; use -o FILE, or -f or -c if you mean it");
  CompressOptions how;
  how.level = options.level;
  how.threads = session.threads;
  how.block_bytes = options.block_bytes;
  how.isa = session.isa;
  how.engine = &session.engine;
  how.model = session.model;
  how.embed_adapter = options.embed_adapter;
  how.model_alone = options.no_mix;
  how.pixel_model = session.pixel_model;
  how.content_bytes = known_size(inputs);
  how.video = options.video;
  how.memory_limit_bytes = options.memory_limit_bytes;
  how.note = [&](const std::string& why) { session.talk.detail("  not taken apart: " + why); };
  how.progress = [&](uint64_t done) { session.talk.progress(done); };
  const auto begin = std::chrono::steady_clock::now();
  const std::string name = names_of(inputs);
  session.talk.begin_progress(name, how.content_bytes);
  JoinedSource joined(inputs);
  HashingSource hashed(joined);
  Source& source = options.verify ? static_cast<Source&>(hashed) : joined;
  std::function<Status(int, const std::string&)> check;
  if (options.verify)
    check = [&](int file, const std::string& shown) { return verify_output(session, file, shown, hashed.finish()); };
  Stats stats;
  const auto output = with_output(
      session, inputs,
      [&](Sink& sink) -> Status {
        LMC_ASSIGN(const auto made, compress(source, sink, how));
        stats = made;
        return Ok();
      },
      check);
  session.talk.end_progress();
  if (!output.ok()) return in_file(first, output.error());
  for (const InputFile& input : inputs)
    if (has_grown(input))
      session.talk.warn(input.shown_name() + ": grew while it was read; what was there at first is compressed");
  const std::string summary = name + ": " + percent(stats.compressed_bytes, stats.raw_bytes) + " (" +
                              std::to_string(stats.raw_bytes) + " => " + std::to_string(stats.compressed_bytes) +
                              " bytes, " + *output + ")";
  if (goes_to_stdout(options, first) || first.is_stdin())
    session.talk.detail(summary);
  else
    session.talk.say(summary);
  session.talk.detail(speed_and_memory(stats.raw_bytes, begin));
  return Ok();
}

}  // namespace

Status compress_file(const Session& session, const std::string& name) {
  const Options& options = session.options;
  LMC_ASSIGN(auto input, InputFile::open(name, options.to_stdout || !options.output.empty()));
  if (input.name().ends_with(kSuffix) && !options.force && options.output.empty() && !options.to_stdout) {
    session.talk.warn(input.shown_name() + " ends in .lmc already; skipped (-f compresses it again)");
    return Ok();
  }
  std::vector<InputFile> inputs;
  inputs.push_back(std::move(input));
  return compress_inputs(session, inputs);
}

Status compress_joined(const Session& session) {
  std::vector<InputFile> inputs;
  for (const std::string& name : session.options.inputs) {
    LMC_ASSIGN(auto input, InputFile::open(name, true));
    inputs.push_back(std::move(input));
  }
  return compress_inputs(session, inputs);
}

namespace {

struct Restored {
  uint64_t bytes = 0;
  size_t damaged = 0;  // only --salvage goes on after damage
};

Result<Restored> restore(const Session& session, const InputFile& input, Sink& sink) {
  const Options& options = session.options;
  DecompressOptions how;
  how.engine = &session.engine;
  how.threads = session.threads;
  how.isa = session.isa;
  how.memory_limit_bytes = options.memory_limit_bytes;
  how.progress = [&](uint64_t done) { session.talk.progress(done); };
  if (!options.salvage && !options.range && options.as.empty()) {
    DescriptorSource source(input.descriptor(), input.shown_name());
    LMC_ASSIGN(const auto stats, decompress(source, sink, how));
    return Restored{stats.raw_bytes, 0};
  }
  LMC_ASSIGN(const auto whole, input.whole());
  if (options.as == "wav") {
    auto part = options.time;
    if (options.range) part = SoundPart{options.range->offset_bytes, options.range->size_bytes};
    LMC_ASSIGN(const auto wav, read_sound_as_wav(whole.first, part, how));
    LMC_TRY(sink.write(wav));
    return Restored{wav.size(), 0};
  }
  if (options.as == "y4m") {
    std::optional<FrameRange> range;
    if (options.range) range = FrameRange{options.range->offset_bytes, options.range->size_bytes};
    LMC_ASSIGN(const auto bytes, write_video_as_y4m(whole.first, range, sink, how));
    return Restored{bytes, 0};
  }
  if (!options.as.empty()) {
    LMC_ASSIGN(const auto pixels, read_pixels(whole.first, options.region, how));
    LMC_ASSIGN(const auto written, write_pixels(pixels, options.as));
    LMC_TRY(sink.write(written));
    return Restored{written.size(), 0};
  }
  if (options.range) {
    LMC_ASSIGN(const auto part, read_range(whole.first, options.range->offset_bytes, options.range->size_bytes, how));
    LMC_TRY(sink.write(part));
    return Restored{part.size(), 0};
  }
  LMC_ASSIGN(const auto report, salvage(whole.first, sink, how));
  for (const std::string& line : report.damage) session.talk.error(bad_input(input.shown_name() + ": " + line));
  return Restored{report.stats.raw_bytes, report.damage.size()};
}

}  // namespace

Status decompress_file(const Session& session, const std::string& name) {
  const Options& options = session.options;
  const bool tests = options.mode == Mode::kTest;
  LMC_ASSIGN(const auto input, InputFile::open(name, tests || options.to_stdout || !options.output.empty()));
  if (input.is_stdin() && ::isatty(STDIN_FILENO) && !options.force)
    return usage_error("compressed bytes are not read from a terminal; name a file");
  const auto begin = std::chrono::steady_clock::now();
  session.talk.begin_progress(input.shown_name(), std::nullopt);
  Restored restored;
  const auto produce = [&](Sink& sink) -> Status {
    LMC_ASSIGN(const auto made, restore(session, input, sink));
    restored = made;
    return Ok();
  };
  std::string output = "intact";
  Status done = Ok();
  if (tests) {
    NullSink sink;
    done = produce(sink);
  } else {
    const auto written = with_output(session, std::span(&input, 1), produce);
    done = written.ok() ? Ok() : Status(written.error());
    if (written.ok()) output = *written;
  }
  session.talk.end_progress();
  if (!done.ok()) return in_file(input, done.error());
  const std::string summary = input.shown_name() + ": " + std::to_string(restored.bytes) + " bytes, " + output;
  if (options.to_stdout || input.is_stdin())
    session.talk.detail(summary);
  else
    session.talk.say(summary);
  session.talk.detail(speed_and_memory(restored.bytes, begin));
  if (restored.damaged > 0)
    return bad_input(input.shown_name() + ": damaged in " + std::to_string(restored.damaged) +
                     " places (listed above); what is intact was written");
  return Ok();
}

}  // namespace lmc
