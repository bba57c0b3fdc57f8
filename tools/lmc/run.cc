// The program: reads the command line and takes one input after the other.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <thread>

#include "tools/lmc/files.h"
#include "tools/lmc/model_folders.h"
#include "tools/lmc/names.h"
#include "tools/lmc/signals.h"

namespace lmc {
namespace {

struct Models {
  ModelOnDemand text;
  const LoadedModel* pixels = nullptr;
};

// The models to compress with: an explicit one, of either kind, must be there; without a default one it works less
// well, so say it.
Result<Models> choose_models(const Options& options, Registry& registry, Talk& talk) {
  Models out;
  bool text_named = false;
  const LevelRow& level = level_row(options.level);
  if (options.mode != Mode::kCompress) return out;
  if (!options.adapter.empty()) {
    LMC_ASSIGN(const auto named, registry.find_name(options.adapter));
    if (!named->adapter) return usage_error("--adapter: " + named->name + " is a model; --model takes it");
    out.text = ModelOnDemand(named);
    text_named = true;
    if (level.text_model == 0)
      talk.warn("level -" + std::to_string(level.level) + " uses no language model, so no adapter");
  }
  if (!options.model.empty()) {
    LMC_ASSIGN(const auto named, registry.find_name(options.model));
    if (named->file.kind() == ModelKind::kPixels)
      out.pixels = named;
    else
      out.text = ModelOnDemand(named);
    text_named = out.pixels == nullptr;
  }
  const auto builtin = [&registry, &talk](int number, const char* consequence) -> const LoadedModel* {
    const auto model = registry.find_builtin(number);
    if (!model.ok()) talk.warn(model.error().message + "\nlmc: going on without " + consequence);
    return model.ok() ? *model : nullptr;
  };
  if (!text_named && level.text_model > 0 && !builtin_models().empty())
    out.text = ModelOnDemand([builtin, &level, &talk] {
      const LoadedModel* const model = builtin(level.text_model, "a language model: larger output");
      if (model != nullptr) talk.detail("model " + model->name);
      return model;
    });
  if (out.pixels == nullptr && level.models)
    out.pixels = builtin(kBuiltinPixelModel, "a pixel network: larger output where files are images");
  return out;
}

int print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  return 0;
}

// A closed standard descriptor would be given to the next file opened, and messages written into that. What fails when
// used takes its place: reading from 0, writing to 1 and 2.
void occupy_standard_descriptors() {
  for (int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(number, F_GETFD) < 0 && errno == EBADF) [[maybe_unused]]
      const int lowest = ::open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

// --solid holds all its inputs open at once.
void allow_many_files() {
  struct rlimit limit {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// What was printed may have met a full disk.
int with_output_checked(int code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  std::fprintf(stderr, "lmc: (standard output): cannot write: %s\n", std::strerror(errno));
  return std::max(code, int(ErrorFamily::kEnvironment));
}

int work(const Options& options) {
  Talk talk(options);
  const auto fail = [&](const Error& error) {
    talk.error(error);
    return int(error.family);
  };
  const Isa isa = options.isa.value_or(best_isa());
  if (!isa_available(isa)) return fail(environment_error(std::string("this machine has no ") + isa_name(isa)));
  const auto folders = model_folders(options.model_folders);
  if (!folders.ok()) return fail(folders.error());
  Engine engine(*folders);
  const auto models = choose_models(options, engine.registry(), talk);
  if (!models.ok()) return fail(models.error());
  const int threads = options.threads > 0 ? options.threads : int(std::max(1u, std::thread::hardware_concurrency()));
  talk.detail("lmc " LMC_VERSION ", " + std::to_string(threads) + " threads, " + isa_name(isa));
  const Session session{options, talk, engine, isa, threads, models->text, models->pixels};
  if (options.remove_source && (options.mode == Mode::kTest || options.mode == Mode::kList))
    talk.warn("nothing is written here, so --rm removes nothing");
  const bool one_output = options.to_stdout || !options.output.empty();
  if (options.mode == Mode::kCompress && options.solid && one_output) {
    allow_many_files();
    const Status done = compress_joined(session);
    return done.ok() ? 0 : fail(done.error());
  }
  int worst = 0;
  for (const std::string& name : options.inputs) {
    const Status done = options.mode == Mode::kCompress ? compress_file(session, name)
                        : options.mode == Mode::kList   ? list_file(session, name)
                                                        : decompress_file(session, name);
    if (!done.ok()) worst = std::max(worst, fail(done.error()));
  }
  return worst;
}

int run(int argc, const char* const* argv) {
  occupy_standard_descriptors();
  if (argc > 1 && std::string_view(argv[1]) == "model") return model_command(argc, argv);
  if (argc > 1 && std::string_view(argv[1]) == "explain") return explain_command(argc, argv);
  if (argc > 1 && std::string_view(argv[1]) == "train") return train_command(argv + 1);
  if (argc > 1 && std::string_view(argv[1]) == "adapt") return train_command(argv);
  const auto options = parse_options(argc, argv);
  if (!options.ok()) {
    std::fprintf(stderr, "lmc: %s\nlmc -h shows the options.\n", shown(options.error().message).c_str());
    return int(ErrorFamily::kUsage);
  }
  switch (options->mode) {
    case Mode::kHelp:
      return print(short_help());
    case Mode::kFullHelp:
      return print(full_help());
    case Mode::kVersion:
      return print("lmc " LMC_VERSION "\n");
    case Mode::kManPage:
      return print(man_page());
    case Mode::kCompletion:
      return print(bash_completion());
    case Mode::kLevels:
      return print(levels_table());
    default:
      break;
  }
  if (argc == 1 && ::isatty(STDIN_FILENO)) {
    std::fputs(short_help().c_str(), stderr);
    return int(ErrorFamily::kUsage);
  }
  tidy_up_on_signals();
  return work(*options);
}

}  // namespace

int run_program(int argc, const char* const* argv) {
  try {
    return with_output_checked(run(argc, argv));
  } catch (const std::bad_alloc&) {
    std::fputs("lmc: out of memory; smaller --block-size or fewer threads (-T1) need less\n", stderr);
    return int(ErrorFamily::kEnvironment);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lmc: %s (this is a bug in lmc; please report it)\n", error.what());
    return int(ErrorFamily::kBug);
  }
}

}  // namespace lmc
