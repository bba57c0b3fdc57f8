#include "tools/lmc/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <charconv>

namespace lmc {
namespace {

using Apply = void (*)(Options&, const std::string&);

struct Row {
  OptionRow shown;
  Apply apply;
};

[[noreturn]] void reject(const std::string& message) { throw CLI::ValidationError(message); }

constexpr uint64_t kMicroseconds = 1'000'000;  // in a second

uint64_t parse_number(const std::string& text, const char* what) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    reject(std::string(what) + ": not a whole number: '" + text + "'");
  return value;
}

// "4194304", "4096K", "4M", "4MiB"
uint64_t parse_size(const std::string& text, const char* what) {
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  std::string unit = text.substr(digits);
  if (unit.ends_with("iB")) unit.resize(unit.size() - 2);
  const uint64_t factor = unit.empty() ? 1 : unit == "K" ? 1 << 10 : unit == "M" ? 1 << 20 : unit == "G" ? 1 << 30 : 0;
  if (factor == 0) reject(std::string(what) + ": unknown unit in '" + text + "'; K, M and G are known");
  const uint64_t number = parse_number(text.substr(0, digits), what);
  if (number > UINT64_MAX / factor) reject(std::string(what) + ": too large: '" + text + "'");
  return number * factor;
}

// What prints a text and ends is not undone by what follows.
void set_mode(Options& o, Mode mode) {
  if (o.mode < Mode::kHelp || mode >= Mode::kHelp) o.mode = mode;
}

void set_output(Options& o, const std::string& text) {
  if (text.empty()) reject("-o: the name is empty");
  o.output = text;
}

void set_range(Options& o, const std::string& text) {
  const size_t colon = text.find(':');
  if (colon == std::string::npos) reject("--range: wants OFFSET:SIZE, got '" + text + "'");
  o.range = Range{parse_size(text.substr(0, colon), "--range"), parse_size(text.substr(colon + 1), "--range")};
}

// "12", "12.5": millionths of a second
uint64_t parse_seconds(const std::string& text, const char* what) {
  constexpr uint64_t kMostSeconds = 1'000'000'000;
  const size_t point = std::min(text.find('.'), text.size());
  const std::string places = point < text.size() ? text.substr(point + 1) : "0";
  const uint64_t whole = parse_number(text.substr(0, point), what);
  if (places.size() > 6 || whole > kMostSeconds)
    reject(std::string(what) + ": seconds with up to six decimals are wanted, got '" + text + "'");
  return whole * kMicroseconds + parse_number((places + "00000").substr(0, 6), what);
}

void set_time(Options& o, const std::string& text) {
  const size_t colon = text.find(':');
  if (colon == std::string::npos) reject("--time: wants START:LENGTH in seconds, got '" + text + "'");
  o.time = SoundPart{parse_seconds(text.substr(0, colon), "--time"), parse_seconds(text.substr(colon + 1), "--time"),
                     kMicroseconds};
}

void set_as(Options& o, const std::string& text) {
  if (text != "png" && text != "pnm" && text != "wav" && text != "y4m")
    reject("--as: unknown form '" + text + "'; png, pnm, wav and y4m are known");
  o.as = text;
}

// "420p10", as in Y4M, or "yuv420p10le", as FFmpeg says it.
bool read_pixel_format(std::string text, VideoForm& form) {
  if (read_chroma(text, form)) return true;
  if (text.ends_with("le")) text.resize(text.size() - 2);
  if (text.starts_with("gray")) return read_chroma("mono" + text.substr(4), form);
  if (!text.starts_with("yuv")) return false;
  text.erase(0, 3);
  if (text.ends_with("p")) text.pop_back();
  return read_chroma(text, form);
}

void set_video(Options& o, const std::string& text) {
  const auto wrong = [&] {
    reject("--video: wants WIDTHxHEIGHT:FORMAT[:RATE], such as 352x288:yuv420p:30000/1001, got '" + text + "'");
  };
  const size_t by = text.find('x'), colon = text.find(':', std::min(by, text.size()));
  if (by == std::string::npos || colon == std::string::npos) wrong();
  const size_t second = std::min(text.find(':', colon + 1), text.size());
  const uint64_t width = parse_number(text.substr(0, by), "--video");
  const uint64_t height = parse_number(text.substr(by + 1, colon - by - 1), "--video");
  RawVideo video;
  if (!read_pixel_format(text.substr(colon + 1, second - colon - 1), video.form)) wrong();
  if (width > kMostVideoSide || height > kMostVideoSide) reject("--video: frames are at most 16384 x 16384");
  video.form.width = uint32_t(width), video.form.height = uint32_t(height);
  if (!is_video_form(video.form)) wrong();
  if (second < text.size()) {
    const std::string rate = text.substr(second + 1);
    const size_t slash = std::min(rate.find('/'), rate.size());
    const uint64_t over = parse_number(rate.substr(0, slash), "--video");
    const uint64_t under = slash < rate.size() ? parse_number(rate.substr(slash + 1), "--video") : 1;
    if (over > UINT32_MAX || under > UINT32_MAX || under == 0) wrong();
    video.rate = uint32_t(over), video.rate_per = uint32_t(under);
  }
  o.video = video;
}

void set_region(Options& o, const std::string& text) {
  uint32_t values[4];
  size_t begin = 0;
  for (int i = 0; i < 4; ++i) {
    const size_t end = i < 3 ? text.find(',', begin) : text.size();
    if (end == std::string::npos) reject("--region: wants X,Y,WIDTH,HEIGHT in pixels, got '" + text + "'");
    const uint64_t value = parse_number(text.substr(begin, end - begin), "--region");
    if (value > UINT32_MAX) reject("--region: too large: '" + text + "'");
    values[i] = uint32_t(value);
    begin = end + 1;
  }
  o.region = Region{values[0], values[1], values[2], values[3]};
}

void set_threads(Options& o, const std::string& text) {
  const uint64_t threads = parse_number(text, "--threads");
  if (threads > 1024) reject("--threads: at most 1024");
  o.threads = int(threads);
}

void set_memory(Options& o, const std::string& text) {
  o.memory_limit_bytes = parse_size(text, "--memory");
  if (o.memory_limit_bytes == 0) reject("--memory: wants a size above 0");
}

void set_isa(Options& o, const std::string& text) {
  o.isa = parse_isa(text);
  if (!o.isa) reject("--isa: unknown instruction set '" + text + "'; scalar, avx2, avxvnni, avx512 and neon are known");
}

constexpr const char* kOperation = "Operation";
constexpr const char* kOutput = "Output";
constexpr const char* kTuning = "Tuning";
constexpr const char* kTalk = "Messages";

#define LMC_SET(statement)               \
  [](Options& o, const std::string& v) { \
    (void)v;                             \
    statement;                           \
  }

const Row kRows[] = {
    {{kOperation, "-z,--compress", nullptr, nullptr, "compress (the default)", false},
     LMC_SET(set_mode(o, Mode::kCompress))},
    {{kOperation, "-d,--decompress", nullptr, nullptr, "restore the content of .lmc files", true},
     LMC_SET(set_mode(o, Mode::kDecompress))},
    {{kOperation, "-t,--test", nullptr, nullptr, "decode and check .lmc files, write nothing", true},
     LMC_SET(set_mode(o, Mode::kTest))},
    {{kOperation, "-l,--list", nullptr, nullptr, "show what .lmc files hold", true}, LMC_SET(set_mode(o, Mode::kList))},
    {{kOperation, "--json", nullptr, nullptr,
      "with -l: print JSON, one object a line; if a name is no UTF-8, file_hex is its bytes in hexadecimal", false},
     LMC_SET(o.json = true)},
    {{kOperation, "--range", "OFFSET:SIZE", nullptr,
      "with -d: only this part of the content, decoding only the blocks it lies in; with --as wav in frames (a sample "
      "of each channel), with --as y4m in frames of the video",
      false},
     set_range},
    {{kOperation, "--time", "START:LENGTH", nullptr,
      "with -d --as wav: only this part of the sound, in seconds, decoding only the blocks it lies in", false},
     set_time},
    {{kOperation, "--as", "FORM", "png pnm wav y4m",
      "with -d: the pixels of an image as PNG or PNM, a sound as WAV, or a video as Y4M, instead of the file it was",
      true},
     set_as},
    {{kOperation, "--region", "X,Y,W,H", nullptr,
      "with -d --as: only this part of the image, decoding only the tiles it touches", false},
     set_region},
    {{kOperation, "--salvage", nullptr, nullptr,
      "with -d: bring back every intact block of a damaged file; lost blocks become zero bytes, of sound silence",
      false},
     LMC_SET(o.salvage = true)},
    {{kOutput, "-o,--output", "FILE", nullptr,
      "write to FILE (one input only, unless --solid joins several; - is standard output)", true},
     set_output},
    {{kOutput, "-c,--stdout", nullptr, nullptr, "write to standard output, keep the sources", true},
     LMC_SET(o.to_stdout = true)},
    {{kOutput, "-f,--force", nullptr, nullptr,
      "overwrite, compress .lmc files again, write compressed bytes to a terminal", true},
     LMC_SET(o.force = true)},
    {{kOutput, "-k,--keep", nullptr, nullptr, "keep the sources (the default); of -k and --rm the last one counts",
      true},
     LMC_SET(o.remove_source = false)},
    {{kOutput, "--rm", nullptr, nullptr,
      "remove each source once its output is complete and synced; only regular files, and only if the output is one",
      true},
     LMC_SET(o.remove_source = true)},
    {{kOutput, "--sparse", nullptr, nullptr,
      "with -d: long runs of zeros become holes of the file (the default for files), on standard output too", false},
     LMC_SET(o.sparse = true)},
    {{kOutput, "--no-sparse", nullptr, nullptr, "with -d: zeros are written as they are", false},
     LMC_SET(o.sparse = false)},
    {{kOutput, "--verify", nullptr, nullptr,
      "compressing: decode each output from the file and compare it with the source before it counts as complete",
      true},
     LMC_SET(o.verify = true)},
    {{kTuning, "-0,-1,-2,-3,-4,-5,-6,-7,-8,-9", nullptr, nullptr,
      "level: 0 stores, 1 adapts to the data only, 2-3 use a small language model too, 4-6 a larger one, 7-9 take more "
      "time (default 5)",
      true},
     nullptr},
    {{kTuning, "-T,--threads", "N", nullptr, "use N threads; 0 is one for each processor (the default)", true},
     set_threads},
    {{kTuning, "-M,--memory", "SIZE", nullptr,
      "take no more memory than SIZE, as in 800M, beside program and models, both ways (default 4G, or 512M a thread): "
      "files that need more are refused with -d, -t and -l, and not taken apart when compressing",
      false},
     set_memory},
    {{kTuning, "--block-size", "SIZE", "128K 256K 512K 1M 2M 4M 8M 16M 32M 64M",
      "bytes in a block, a power of two from 128K to 64M (default 4M): larger is smaller, smaller seeks better", false},
     LMC_SET(o.block_bytes = parse_size(v, "--block-size"))},
    {{kTuning, "--solid", nullptr, nullptr,
      "blocks of 64M, and with -c or -o all inputs as one content: smaller, but needs more memory and seeks badly",
      false},
     LMC_SET(o.solid = true; o.block_bytes = kMaxBlockBytes)},
    {{kTuning, "--video", "WxH:FORMAT[:RATE]", nullptr,
      "the input is raw planar video: width, height, format (yuv420p, yuv422p10le, gray, ... as FFmpeg says it) and "
      "frames a second; Y4M files need no such word",
      false},
     set_video},
    {{kTuning, "--model", "NAME", nullptr, "compress with this model: name, file, or start of its SHA-256", false},
     LMC_SET(o.model = v)},
    {{kTuning, "--adapter", "NAME", nullptr,
      "compress with this adapter of a language model ('lmc adapt' trains one); its model is found by itself", false},
     LMC_SET(o.adapter = v)},
    {{kTuning, "--embed-adapter", nullptr, nullptr,
      "with --adapter: put it into the archive, so that decoding needs its model only", false},
     LMC_SET(o.embed_adapter = true)},
    {{kTuning, "--no-mix", nullptr, nullptr,
      "text by the language model alone, as published methods do it: for comparison, larger", false},
     LMC_SET(o.no_mix = true)},
    {{kTuning, "--models", "FOLDER", nullptr,
      "look for models here (colons between several) before LMC_MODELS and the installed ones", false},
     LMC_SET(o.model_folders = v)},
    {{kTuning, "--isa", "NAME", "scalar avx2 avxvnni avx512 neon",
      "use this instruction set (default: the fastest); the bytes are the same with every one", false},
     set_isa},
    {{kTalk, "-q,--quiet", nullptr, nullptr, "say nothing but errors", true}, LMC_SET(o.quiet = true)},
    {{kTalk, "-v,--verbose", nullptr, nullptr, "say more: model, speed, memory, why an image was not taken apart",
      true},
     LMC_SET(o.verbose = true)},
    {{kTalk, "-h", nullptr, nullptr, "the most used options", true}, LMC_SET(set_mode(o, Mode::kHelp))},
    {{kTalk, "--help", nullptr, nullptr, "all options", true}, LMC_SET(set_mode(o, Mode::kFullHelp))},
    {{kTalk, "--version", nullptr, nullptr, "print the version", false}, LMC_SET(set_mode(o, Mode::kVersion))},
    {{kTalk, "--print-man-page", nullptr, nullptr, "print the manual page (docs/lmc.1)", false},
     LMC_SET(set_mode(o, Mode::kManPage))},
    {{kTalk, "--print-completion", nullptr, nullptr, "print the completion for bash (scripts/lmc.bash)", false},
     LMC_SET(set_mode(o, Mode::kCompletion))},
    {{kTalk, "--print-levels", nullptr, nullptr, "print the table of levels in README.md", false},
     LMC_SET(set_mode(o, Mode::kLevels))},
};

Status check(const Options& o) {
  const bool decodes = o.mode == Mode::kDecompress;
  if (o.verify && (o.mode != Mode::kCompress || o.to_stdout || o.output == "-"))
    return usage_error("--verify goes with compressing to a file; not with -c");
  if (o.salvage && !decodes) return usage_error("--salvage goes with -d");
  if (o.range && !decodes) return usage_error("--range goes with -d");
  if (o.range && o.salvage) return usage_error("--range and --salvage do not go together");
  if (!o.as.empty() && !decodes) return usage_error("--as goes with -d");
  if (o.region && (o.as.empty() || o.as == "wav" || o.as == "y4m"))
    return usage_error("--region goes with -d --as png or --as pnm");
  if (!o.as.empty() && o.salvage) return usage_error("--as does not go with --salvage");
  if (!o.as.empty() && o.as != "wav" && o.as != "y4m" && o.range)
    return usage_error("--range goes with --as wav and --as y4m only; see --region");
  if (o.video && o.mode != Mode::kCompress) return usage_error("--video is for compressing");
  if (o.video && o.solid) return usage_error("--video and --solid do not go together");
  if (o.time && o.as != "wav") return usage_error("--time goes with -d --as wav");
  if (o.time && o.range) return usage_error("--time and --range do not go together");
  if (!o.as.empty() && o.remove_source)
    return usage_error("--rm does not go with --as, which does not restore the file");
  if (!o.adapter.empty() && !o.model.empty()) return usage_error("--adapter brings its own model: leave out --model");
  if (!o.adapter.empty() && o.mode != Mode::kCompress)
    return usage_error("--adapter is for compressing; what decoding needs, it finds by itself");
  if (o.embed_adapter && o.adapter.empty()) return usage_error("--embed-adapter goes with --adapter");
  if (o.json && o.mode != Mode::kList) return usage_error("--json goes with -l");
  if (!o.output.empty() && o.to_stdout && o.output != "-") return usage_error("-o and -c do not go together");
  const bool joins = o.solid && o.mode == Mode::kCompress;
  if (!o.output.empty() && o.inputs.size() > 1 && !joins)
    return usage_error("-o wants one input; use -c, or --solid when compressing, to join several");
  if (joins && o.remove_source && o.inputs.size() > 1 && !o.output.empty())
    return usage_error("--rm does not go with inputs joined by --solid");
  if (o.solid && o.mode != Mode::kCompress) return usage_error("--solid is for compressing");
  if (o.remove_source && (o.to_stdout || o.output == "-"))
    return usage_error("--rm removes a source only when its output is a file; it does not go with -c");
  if (o.remove_source && (o.salvage || o.range)) return usage_error("--rm wants the whole content restored");
  return Ok();
}

}  // namespace

std::span<const OptionRow> option_table() {
  static const std::vector<OptionRow> rows = [] {
    std::vector<OptionRow> out;
    for (const Row& row : kRows) out.push_back(row.shown);
    return out;
  }();
  return rows;
}

namespace {

bool takes_argument(std::string_view name) {
  for (const Row& row : kRows) {
    if (row.shown.argument == nullptr) continue;
    const std::string names = std::string(",") + row.shown.names + ",";
    if (names.find("," + std::string(name) + ",") != std::string::npos) return true;
  }
  return false;
}

// What CLI11 says, in our words.
Error parse_error(const CLI::App& app, const CLI::Error& error) {
  const std::vector<std::string> unknown = app.remaining();
  if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr || unknown.empty()) {
    std::string message = error.what();
    const size_t missing = message.find(": 1 required ");  // "--output: 1 required FILE missing"
    if (missing != std::string::npos && message.ends_with(" missing"))
      message = message.substr(0, missing) + ": wants " + message.substr(missing + 13, message.size() - missing - 21);
    if (const size_t flag = message.find(" was given a disallowed flag override"); flag != std::string::npos)
      message = "--" + message.substr(0, flag) + " takes no argument";
    return usage_error(message);
  }
  std::string message = "unknown option " + unknown.front();
  if (unknown.front() == "-r" || unknown.front() == "--recursive")
    message += "; folders are packed first (tar c FOLDER | lmc)";
  else
    message += "; a file of that name is ./" + unknown.front();
  return usage_error(message);
}

// Digits that stand together are one number: -19 is no -1 -9. Other programs' words for levels get the same answer.
Status check_levels(int argc, const char* const* argv) {
  const auto refuse = [](std::string_view word) {
    return usage_error(std::string(word) + ": levels are 0 to 9, written -0 to -9");
  };
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--") break;
    if (word.size() < 2 || word[0] != '-') continue;
    if (word[1] == '-') {
      const std::string_view name = word.substr(0, word.find('='));
      for (const std::string_view other : {"--level", "--fast", "--best", "--ultra"})
        if (name == other) return refuse(word);
      if (takes_argument(word)) ++i;
      continue;
    }
    for (size_t k = 1; k < word.size(); ++k) {
      if (takes_argument(std::string("-") + word[k])) {  // the rest of the word, or the next one, belongs to it
        if (k + 1 == word.size()) ++i;
        break;
      }
      const bool number = k + 1 < word.size() && std::isdigit(uint8_t(word[k])) && std::isdigit(uint8_t(word[k + 1]));
      if (number) return refuse(word);
    }
  }
  return Ok();
}

}  // namespace

Result<Options> parse_options(int argc, const char* const* argv) {
  LMC_TRY(check_levels(argc, argv));
  Options options;
  CLI::App app;
  app.set_help_flag();
  for (const Row& row : kRows) {
    CLI::Option* added = nullptr;
    if (row.shown.argument != nullptr) {
      added = app.add_option_function<std::string>(row.shown.names,
                                                   [&](const std::string& value) { row.apply(options, value); })
                  ->type_name(row.shown.argument);
    } else if (row.apply != nullptr) {
      added = app.add_flag_function(row.shown.names, [&](int64_t) { row.apply(options, ""); });
      added->disable_flag_override();  // --rm=false would be --rm
    }
    if (added != nullptr) added->trigger_on_parse();
  }
  for (int level = 0; level <= kMaxLevel; ++level)
    app.add_flag_function("-" + std::to_string(level), [&options, level](int64_t) { options.level = level; })
        ->disable_flag_override()
        ->trigger_on_parse();
  app.add_option("files", options.inputs);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Error& error) {
    return parse_error(app, error);
  }
  if (options.inputs.empty()) options.inputs.push_back("-");
  LMC_TRY(check(options));
  return options;
}

}  // namespace lmc
