// lmc-ablate: what each part of the text predictor, of deep mixing, or of the pixel codec, is worth, in bytes and
// seconds.
//
//   lmc-ablate MODEL.lmcm FILE... [--threads N] [--deep | --images]
//
// Codes the files, each as one block, with everything, then without each part, and prints a Markdown table.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "lmc/base/io.h"
#include "lmc/codecs/image.h"
#include "lmc/codecs/mixing.h"
#include "lmc/codecs/text.h"
#include "lmc/coding/arithmetic_coder.h"
#include "lmc/coding/coding_loop.h"
#include "lmc/mixing/deep_mixing.h"
#include "lmc/mixing/mixing.h"
#include "lmc/pipeline/compress.h"
#include "lmc/samples/pixel_contexts.h"
#include "lmc/samples/plane_model.h"

namespace {

using lmc::ByteSpan, lmc::Result, lmc::TextModel;

// The bytes that a file takes, in one way of coding it.
using Measure = std::function<Result<size_t>(ByteSpan raw)>;
struct Case {
  const char* name;
  Measure measure;
};

int fail(const lmc::Error& error) {
  std::fprintf(stderr, "lmc-ablate: %s\n", error.message.c_str());
  return int(error.family);
}

std::vector<Case> text_cases(const TextModel& model, const lmc::BlockResources& resources) {
  using namespace lmc;
  struct Named {
    const char* name;
    TextExperiment experiment;
  };
  const ByteSpan prior = text_prior(model);
  const Named all[] = {{"everything", {.prior = prior}},
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
                       {"without history maps", {.prior = prior, .without = kPartHistories}},
                       {"with few streams", {.prior = prior, .profile = TextProfile::kFewStreams}}};
  std::vector<Case> out;
  for (const Named& each : all)
    out.push_back({each.name, [&model, &resources, experiment = each.experiment](ByteSpan raw) -> Result<size_t> {
                     LMC_ASSIGN(const auto outcome, try_text_block(model, raw, experiment, resources));
                     return outcome.payload_bytes;
                   }});
  out.push_back({"the language model alone, nothing adapts", [&model, &resources](ByteSpan raw) -> Result<size_t> {
                   const TextExperiment experiment{
                       .prior = {}, .adapt_head = false, .profile = TextProfile::kFewStreams, .measure_model = true};
                   LMC_ASSIGN(const auto outcome, try_text_block(model, raw, experiment, resources));
                   return size_t(outcome.model_bits / 8);
                 }});
  out.push_back({"the language model and its adaptive head", [&model, &resources](ByteSpan raw) -> Result<size_t> {
                   const TextExperiment experiment{
                       .prior = {}, .profile = TextProfile::kFewStreams, .measure_model = true};
                   LMC_ASSIGN(const auto outcome, try_text_block(model, raw, experiment, resources));
                   return size_t(outcome.model_bits / 8);
                 }});
  out.push_back({"with few streams and deep mixing", [&model, &resources, prior](ByteSpan raw) -> Result<size_t> {
                   const TextExperiment experiment{.prior = prior, .profile = TextProfile::kDeepFewStreams};
                   LMC_ASSIGN(const auto outcome, try_text_block(model, raw, experiment, resources));
                   return outcome.payload_bytes;
                 }});
  return out;
}

size_t deep_bytes_without(ByteSpan raw, uint32_t parts, lmc::Isa isa) {
  lmc::Bytes payload{uint8_t(lmc::MixingProfile::kDeep)};
  lmc::ArithmeticEncoder coder(payload);
  lmc::AblatedDeepMixing mixing(raw.size(), isa, parts);
  for (uint8_t byte : raw) lmc::code_byte(coder, mixing, byte);
  coder.finish();
  return payload.size();
}

std::vector<Case> deep_cases(const lmc::BlockResources& resources) {
  using namespace lmc;
  struct Named {
    const char* name;
    uint32_t without;
  };
  constexpr Named kAll[] = {{"everything", 0},
                            {"without matches", kDeepMatches},
                            {"without word contexts", kDeepWords},
                            {"without fields", kDeepFields},
                            {"without bytes with gaps", kDeepGaps},
                            {"without character classes", kDeepClasses},
                            {"without indirect contexts", kDeepIndirect},
                            {"without brackets and tags", kDeepNesting},
                            {"without numbers and masked lines", kDeepNumbers},
                            {"without records", kDeepRecords},
                            {"without history maps", kDeepHistories},
                            {"without linear inputs", kDeepLinear},
                            {"without runs", kDeepRuns},
                            {"without the maps behind the mixer", kDeepMaps}};
  const auto size_of = [&resources](MixingProfile profile) -> Measure {
    return [&resources, profile](ByteSpan raw) { return encode_mixing_block(raw, profile, resources)->size(); };
  };
  std::vector<Case> out;
  for (const Named& each : kAll)
    out.push_back({each.name, [&resources, without = each.without](ByteSpan raw) -> Result<size_t> {
                     return deep_bytes_without(raw, without, resources.isa);
                   }});
  out.push_back({"fast mixing instead", size_of(MixingProfile::kFast)});
  out.push_back({"with the branch filter that fits", [&resources](ByteSpan raw) -> Result<size_t> {
                   return encode_mixing_block(raw, deep_profile(raw, resources), resources)->size();
                 }});
  return out;
}

std::vector<Case> image_cases(const lmc::BlockResources& resources) {
  using namespace lmc;
  struct Named {
    const char* name;
    std::function<TileEffort(TileLook)> effort_of;
  };
  const auto changed = [](int level, auto change) {
    return [level, change](TileLook look) {
      TileEffort effort = tile_effort(level_row(level).images, look);
      change(effort);
      return effort;
    };
  };
  const auto best = [changed](uint32_t without) {
    return changed(kMaxLevel, [without](TileEffort& effort) { effort.without = without; });
  };
  const auto no_ensemble = changed(kMaxLevel, [](TileEffort& effort) { effort.ensemble = false; });
  const auto no_squares =
      changed(kMaxLevel, [](TileEffort& effort) { effort.ensemble = effort.least_squares = false; });
  const auto few_contexts = changed(kMaxLevel, [](TileEffort& effort) { effort.contexts = 6; });
  const auto no_gating = changed(kDefaultLevel, [](TileEffort& effort) { effort.gating = false; });
  const auto no_network = changed(kDefaultLevel, [](TileEffort& effort) { effort.without = kNoNetwork; });
  const auto as_is = [changed](int level) { return changed(level, [](TileEffort&) {}); };
  const Named all[] = {{"everything (level 9)", best(0)},
                       {"without the network", best(kNoNetwork)},
                       {"without the wide fit", best(kNoWide)},
                       {"without fits along rows and columns", best(kNoLines)},
                       {"without residual maps", best(kNoResiduals)},
                       {"without all three (level 7)", no_ensemble},
                       {"without these and least squares", no_squares},
                       {"without maps", best(kNoMaps)},
                       {"without contexts of exact values", best(kNoContexts)},
                       {"with six of fourteen contexts", few_contexts},
                       {"level 6", as_is(6)},
                       {"level 5", as_is(kDefaultLevel)},
                       {"level 5 without the network", no_network},
                       {"level 5, mixed throughout", no_gating},
                       {"level 1: the network alone", as_is(1)}};
  std::vector<Case> out;
  for (const Named& each : all)
    out.push_back({each.name, [&resources, effort_of = each.effort_of](ByteSpan raw) -> Result<size_t> {
                     return try_image(raw, effort_of, resources);
                   }});
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"What each part of the predictors is worth"};
  std::string model_path;
  std::vector<std::string> paths;
  int threads = 2;
  app.add_option("model", model_path)->required();
  app.add_option("files", paths)->required();
  app.add_option("--threads", threads);
  std::vector<size_t> chosen;
  bool deep = false;
  app.add_flag("--deep", deep, "of deep mixing, not of the text predictor");
  bool images = false;
  app.add_flag("--images", images, "of the pixel codec; MODEL is a pixel model, FILEs are image files");
  app.add_option("--case", chosen, "only these rows of the table (0: everything), and each file's bytes");
  CLI11_PARSE(app, argc, argv);

  const auto file = lmc::ModelFile::open(model_path);
  if (!file.ok()) return fail(file.error());
  const lmc::LoadedModel loaded_model{*file, model_path, model_path, file->sha256(), 0};
  const auto need = images ? lmc::ModelNeed::kPixels : lmc::ModelNeed::kText;
  const lmc::BlockResources resources =
      lmc::BlockResources{.isa = lmc::best_isa(), .threads = threads}.with(need, &loaded_model);
  std::shared_ptr<const TextModel> model;
  if (!images) {
    auto loaded = lmc::load_text_model(*file, resources.isa);
    if (!loaded.ok()) return fail(loaded.error());
    model = std::move(*loaded);
  }
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
  const std::vector<Case> all = images ? image_cases(resources)
                                : deep ? deep_cases(resources)
                                       : text_cases(*model, resources);
  for (size_t i = 0; i < all.size(); ++i) {
    if (!chosen.empty() && std::ranges::find(chosen, i) == chosen.end()) continue;
    const auto start = std::chrono::steady_clock::now();
    size_t bytes = 0;
    for (const lmc::Bytes& raw : inputs) {
      const auto size = all[i].measure(raw);
      if (!size.ok()) return fail(size.error());
      bytes += *size;
      if (!chosen.empty()) std::printf("%zu ", *size);
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (everything == 0) everything = double(bytes);
    std::printf("| %s | %zu | %+.2f %% | %.1f |\n", all[i].name, bytes, 100.0 * (double(bytes) / everything - 1.0),
                seconds);
    std::fflush(stdout);
  }
}
