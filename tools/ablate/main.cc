// lmc-ablate: what each part of the text predictor is worth, in bytes and seconds.
//
//   lmc-ablate MODEL.lmcm FILE... [--threads N]
//
// Codes the files, each as one block, with everything, then without each part, and prints a Markdown table.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "lmc/base/io.h"
#include "lmc/mixing/mixing.h"
#include "lmc/pipeline/text_block.h"

namespace {

struct Case {
  const char* name;
  lmc::TextExperiment experiment;
};

int fail(const lmc::Error& error) {
  std::fprintf(stderr, "lmc-ablate: %s\n", error.message.c_str());
  return int(error.family);
}

std::vector<Case> cases(lmc::ByteSpan prior) {
  using namespace lmc;
  return {{"everything", {.prior = prior}},
          {"without the language model", {.prior = prior, .without = kPartModel, .adapt_head = false}},
          {"without the adaptive head", {.prior = prior, .adapt_head = false}},
          {"without the prior", {}},
          {"without the shortcut for sure decisions", {.prior = prior, .without = kPartShortcut}},
          {"without token-aligned contexts", {.prior = prior, .without = kPartTokens}},
          {"without orders 1, 4 and 6", {.prior = prior, .without = kPartOrders}},
          {"without word contexts", {.prior = prior, .without = kPartWords}},
          {"without column contexts", {.prior = prior, .without = kPartColumns}},
          {"without character classes", {.prior = prior, .without = kPartShapes}},
          {"without the match model", {.prior = prior, .without = kPartMatch}},
          {"without history maps", {.prior = prior, .without = kPartHistories}}};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"What each part of the text predictor is worth"};
  std::string model_path;
  std::vector<std::string> paths;
  int threads = 2;
  app.add_option("model", model_path)->required();
  app.add_option("files", paths)->required();
  app.add_option("--threads", threads);
  std::vector<size_t> chosen;
  app.add_option("--case", chosen, "only these rows of the table (0: everything), and each file's bytes");
  CLI11_PARSE(app, argc, argv);

  const auto file = lmc::ModelFile::open(model_path);
  if (!file.ok()) return fail(file.error());
  const lmc::BlockResources resources{.model = &*file, .isa = lmc::best_isa(), .threads = threads};
  const auto model = lmc::load_text_model(*file, resources.isa);
  if (!model.ok()) return fail(model.error());
  std::vector<lmc::Bytes> inputs;
  size_t raw_bytes = 0;
  for (const std::string& path : paths) {
    auto raw = lmc::read_file(path);
    if (!raw.ok()) return fail(raw.error());
    raw_bytes += raw->size();
    inputs.push_back(std::move(*raw));
  }
  std::printf("%zu files, %zu bytes, %d threads, %s\n\n", inputs.size(), raw_bytes, threads,
              lmc::isa_name(resources.isa));
  std::printf("| predictor | bytes | against everything | seconds |\n|---|---:|---:|---:|\n");
  double everything = 0;
  const std::vector<Case> all = cases(lmc::text_prior(**model));
  for (size_t i = 0; i < all.size(); ++i) {
    const Case& c = all[i];
    if (!chosen.empty() && std::ranges::find(chosen, i) == chosen.end()) continue;
    const auto start = std::chrono::steady_clock::now();
    size_t bytes = 0;
    for (const lmc::Bytes& raw : inputs) {
      const auto outcome = lmc::try_text_block(**model, raw, c.experiment, resources);
      if (!outcome.ok()) return fail(outcome.error());
      bytes += outcome->payload_bytes;
      if (!chosen.empty()) std::printf("%zu ", outcome->payload_bytes);
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (everything == 0) everything = double(bytes);
    std::printf("| %s | %zu | %+.2f %% | %.1f |\n", c.name, bytes, 100.0 * (double(bytes) / everything - 1.0), seconds);
    std::fflush(stdout);
  }
}
