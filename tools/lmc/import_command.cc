#include "tools/lmc/import_command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>

#include "lmc/base/io.h"
#include "lmc/models/adapters/peft.h"
#include "lmc/models/import/import.h"
#include "lmc/models/registry.h"
#include "tools/lmc/model_folders.h"
#include "tools/lmc/names.h"

namespace lmc {
namespace {

struct Import {
  std::string from, to;
  std::vector<int> bits;
  bool force = false;
  std::string base;  // of an adapter
  ImportOptions options;
};

// A folder of PEFT's.
Status import_adapter(const Import& job) {
  if (job.base.empty())
    return usage_error(job.from + " is an adapter: --base says which model it belongs to (imported from the same one)");
  const auto folders = model_folders("");
  if (!folders.ok()) return folders.error();
  Registry registry(*folders);
  const auto base = registry.find_name(job.base);
  if (!base.ok()) return base.error();
  LMC_ASSIGN(const auto config, read_file(job.from + "/adapter_config.json"));
  LMC_ASSIGN(const auto tensors, MappedFile::open(job.from + "/adapter_model.safetensors"));
  auto made = import_peft(config, tensors.bytes(), (*base)->file, job.options.name);
  if (!made.ok()) return Error{made.error().family, job.from + ": " + made.error().message};
  LMC_TRY(write_file(job.to, *made));
  std::printf("%s: %zu bytes, an adapter of %s\n", shown(job.to).c_str(), made->size(), shown((*base)->name).c_str());
  return Ok();
}

Status import(Import& job) {
  std::error_code none;
  if (!job.force && std::filesystem::exists(job.to, none))
    return environment_error(job.to + ": is there already; -f overwrites it");
  if (job.options.name.empty()) job.options.name = std::filesystem::path(job.to).stem().string();
  if (std::filesystem::exists(job.from + "/adapter_config.json", none)) return import_adapter(job);
  if (!job.base.empty()) return usage_error("--base goes with a folder of PEFT's, which has an adapter_config.json");
  if (!job.bits.empty()) {
    for (const int bits : job.bits)
      if (job.bits.size() != 5 || (bits != 8 && bits != 16))
        return usage_error("--activation-bits: wants five numbers, each 8 or 16: qkv,o,up,down,head");
    job.options.act_bits = ActivationBits{job.bits[0], job.bits[1], job.bits[2], job.bits[3], job.bits[4]};
  }
  if (::isatty(STDERR_FILENO))
    job.options.progress = [](int done, int layers) {
      std::fprintf(stderr, "\rlayer %d of %d%s", done, layers, done == layers ? "\n" : "");
    };
  const auto made = import_model(job.from, job.to, job.options);
  if (!made.ok()) return Error{made.error().family, job.from + ": " + made.error().message, made.error().offset_bytes};
  std::printf("%s: %llu bytes, SHA-256 %s\n", shown(job.to).c_str(), static_cast<unsigned long long>(made->size_bytes),
              hex(made->sha256).c_str());
  return Ok();
}

}  // namespace

int import_command(int argc, const char* const* argv) {
  CLI::App app{"Makes a model file of a GGUF file or of a Hugging Face folder (docs/big-models.md)"};
  app.name("lmc model import");
  Import job;
  app.add_option("PATH", job.from,
                 "the GGUF file, the folder with config.json, a tokenizer and safetensors, or that of a LoRA of PEFT's")
      ->required();
  app.add_option("-o,--output", job.to, "the model file (.lmcm)")->required();
  app.add_option("--name", job.options.name, "the model's name (default: that of the output)");
  app.add_option("--window", job.options.windows,
                 "tokens that a layer sees at most (default 2048), or that each layer does: N,N,...")
      ->delimiter(',')
      ->check(CLI::Range(2, 32768));
  app.add_option("--activation-bits", job.bits, "QKV,O,UP,DOWN,HEAD: 8 or 16 (default: what the architecture wants)")
      ->delimiter(',');
  app.add_option("--head-rate", job.options.head_rate, "how fast the output layer learns (built-in models: 1)")
      ->check(CLI::Range(0.0, 16.0));
  app.add_option("--base", job.base, "of a folder of PEFT's: the model that the adapter changes");
  app.add_flag("-f,--force", job.force, "overwrite");
  try {
    app.parse(argc - 2, argv + 2);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : int(ErrorFamily::kUsage);
  }
  const Status done = import(job);
  if (done.ok()) return 0;
  std::fprintf(stderr, "lmc: %s\n", shown_message(done.error().message).c_str());
  return int(done.error().family);
}

}  // namespace lmc
