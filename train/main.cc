// lmc-train: learns a tokenizer, turns the corpora into token files, trains the text model, evaluates and exports it.
#include <torch/torch.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "lmc/base/io.h"
#include "train/adapt.h"
#include "train/bpe_trainer.h"
#include "train/export.h"
#include "train/pixel_session.h"
#include "train/session.h"

namespace lmc::train {
namespace {

Status learn_tokenizer(const std::string& corpus, size_t vocabulary, const std::string& out) {
  std::vector<Bytes> samples;
  for (const Domain& domain : kDomains) {
    auto sample = sample_domain(corpus, domain);
    LMC_TRY(sample);
    samples.push_back(std::move(*sample));
  }
  auto tokenizer = train_bpe(samples, vocabulary);
  LMC_TRY(tokenizer);
  return write_file(out, tokenizer->serialize());
}

Status tokenize_files(const std::string& corpus, const std::string& tokenizer_path, const std::string& out) {
  const auto bytes = read_tokenizer(tokenizer_path);
  LMC_TRY(bytes);
  auto tokenizer = Tokenizer::parse(*bytes);
  LMC_TRY(tokenizer);
  return tokenize_corpus(corpus, *tokenizer, out);
}

Status evaluate_checkpoint(const std::string& checkpoint, const std::string& tokens, int64_t count, bool quantised,
                           int down_bits) {
  auto saved = load_checkpoint(checkpoint);
  if (!saved.ok()) return saved.error();
  Model& model = *saved->model;
  const Progress& progress = saved->progress;
  model.quantisation = {quantised, down_bits};
  model.refresh();
  auto tokenizer = Tokenizer::parse(saved->tokenizer);
  LMC_TRY(tokenizer);
  std::printf("step %lld, %.2fM tokens, %.1f minutes%s\n", (long long)progress.step, double(progress.tokens) / 1e6,
              progress.seconds / 60, quantised ? ", fake quantisation" : "");
  const auto loss = [&](auto inputs, auto targets) { return model.evaluate(inputs, targets); };
  return evaluate_dev(loss, *tokenizer, tokens, count);
}

struct TrainOptions {
  std::string device = "cpu";
  bool plain = false;

  CLI::App* add_to(CLI::App& app, RunConfig& run) {
    auto* fit = app.add_subcommand("train", "Train");
    fit->add_option("--tokens", run.tokens, "folder of the token files")->required();
    fit->add_option("--tokenizer", run.tokenizer, "as `lmc-train tokenizer` writes it, or a model file with one")
        ->required();
    fit->add_option("--checkpoint", run.checkpoint, "written every five minutes")->required();
    fit->add_flag("--resume", run.resume,
                  "go on where CHECKPOINT stopped; if it is not there, where the model file of --from did");
    fit->add_option("--from", run.from,
                    "begin with the weights of another checkpoint or a model file, in a new order of the data");
    fit->add_option("--kv-heads", run.model.kv_heads, "key/value heads");
    fit->add_option("--layers", run.model.layers, "layers; with --from a multiple of those there");
    fit->add_option("--width", run.model.width, "of the residual, a multiple of 16");
    fit->add_option("--heads", run.model.heads, "query heads of 64");
    fit->add_option("--feed-forward", run.model.feed_forward, "width between the last two products of a layer");
    fit->add_option("--peak-rate", run.peak_rate, "learning rate until half of the run, as a factor");
    fit->add_option("--windows", run.model.windows, "positions that each layer sees, multiples of 64")->delimiter(',');
    fit->add_option("--device", device, "cpu or cuda")->check(CLI::IsMember({"cpu", "cuda"}));
    fit->add_flag("--plain", plain, "torch operations instead of the AVX-512 kernels");
    fit->add_option("--minutes", run.minutes, "budget of trained time");
    fit->add_option("--tokens-budget", run.tokens_budgets,
                    "stop after so many tokens; of several, separated by commas, each ends a schedule of its own")
        ->delimiter(',');
    fit->add_option("--sequences", run.sequences, "sequences a step");
    fit->add_option("--length", run.length, "tokens of a sequence");
    fit->add_option("--quantise-share", run.quantise_share,
                    "last part of the run with weights and activations rounded to int8");
    fit->add_option("--down-bits", run.down_input_bits,
                    "of the activations before the last product of a layer: 8 or 16");
    fit->add_option("--seed", run.seed, "of the data's order and the first weights");
    fit->add_option("--stop-after-steps", run.stop_after_steps, "for measurements");
    fit->add_option("--log-seconds", run.log_seconds, "between lines of the log");
    return fit;
  }

  Status train(RunConfig& run) const {
    if (device == "cuda" && !torch::cuda::is_available())
      return environment_error("this libtorch sees no CUDA device; use one built for CUDA, or --device cpu");
    run.backend = Backend::choose(device, plain);
    return lmc::train::train(run);
  }
};

CLI::App* add_adapt(CLI::App& app, AdaptConfig& config) {
  auto* adapt = app.add_subcommand("adapt", "Train an adapter of a language model on the texts of a domain");
  adapt->add_option("--base", config.base, "the model: a name, a file, or the start of its SHA-256")->required();
  adapt->add_option("--data", config.data, "folder of texts, or one file")->required();
  adapt->add_option("-o", config.out, "the adapter, .lmca")->required();
  adapt->add_option("--models", config.models, "look for the model here too, colons between several folders");
  adapt->add_option("--name", config.name, "of the adapter; else that of its file");
  adapt->add_option("--rank", config.rank, "of each change (16)");
  adapt->add_option("--alpha", config.alpha, "the changes are times alpha / rank; twice the rank if absent");
  adapt
      ->add_option("--targets", config.targets,
                   "matrices: q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj, lm_head; all but the last")
      ->delimiter(',');
  adapt->add_option("--minutes", config.minutes, "of training (15)");
  adapt->add_option("--seed", config.seed, "of the order of the texts and the first weights");
  adapt->add_flag("--resume", config.resume, "go on where CHECKPOINT stopped");
  adapt->add_option("--checkpoint", config.checkpoint, "written at every evaluation; OUT.ckpt if absent");
  adapt->add_option("--rate", config.rate, "of Adam, until half of the run (0.002)");
  adapt->add_option("--rounded-share", config.rounded_share, "last part of the run with the merged weights rounded");
  adapt->add_option("--sequences", config.sequences, "sequences a step (4)");
  adapt->add_option("--length", config.length, "tokens of a sequence (1024)");
  adapt->add_option("--patience", config.patience, "evaluations without a gain before the run ends (5)");
  adapt->add_option("--evaluate-seconds", config.evaluate_seconds, "of training between two evaluations (60)");
  adapt->add_option("--stop-after-steps", config.stop_after_steps, "for tests");
  adapt->add_flag("--plain", config.plain, "torch operations instead of the AVX-512 kernels");
  return adapt;
}

struct PixelCommands {
  PixelRun run;
  std::string images, out, name = "pixels";
  std::vector<std::string> checkpoints;
  bool quantised = false;
  CLI::App *fit = nullptr, *eval = nullptr, *write = nullptr;

  void add_to(CLI::App& app) {
    auto* image = app.add_subcommand("image", "The pixel network");
    image->require_subcommand(1);
    fit = image->add_subcommand("train", "Train");
    fit->add_option("IMAGES", run.images, "folder of .pgm, .ppm and .pam files, 8 or 16 bits")->required();
    fit->add_option("--checkpoint", run.checkpoint, "written every two minutes")->required();
    fit->add_flag("--resume", run.resume, "go on where CHECKPOINT stopped");
    fit->add_option("--width", run.width, "of the hidden layers, a multiple of 16");
    fit->add_option("--from", run.from, "a model file to begin as, grown to --width");
    fit->add_option("--batch", run.batch, "samples a step");
    fit->add_option("--role", run.role, "0: first plane, 1: second, 2: third; all if absent")->check(CLI::Range(0, 2));
    fit->add_option("--rate", run.rate, "of Adam, at its highest");
    fit->add_option("--minutes", run.minutes, "budget of trained time");
    fit->add_option("--quantise-share", run.quantise_share, "last part of the run with rounded weights");
    fit->add_option("--seed", run.seed, "of the data's order and the first weights");
    fit->add_option("--log-seconds", run.log_seconds, "between lines of the log");
    eval = image->add_subcommand("eval", "Bits per sample of the images of a folder");
    eval->add_option("CHECKPOINT", run.checkpoint)->required();
    eval->add_option("IMAGES", images)->required();
    eval->add_flag("--quantised", quantised);
    eval->add_option("--role", run.role, "this one only")->check(CLI::Range(0, 2));
    write = image->add_subcommand("export", "Write checkpoints as a model file");
    write->add_option("CHECKPOINTS", checkpoints, "one, or one for each role")->required();
    write->add_option("-o", out)->required();
    write->add_option("--name", name);
  }
  bool chosen() const { return *fit || *eval || *write; }
  Status dispatch() const {
    if (*fit) return train_pixels(run);
    return *eval ? evaluate_pixels(run.checkpoint, images, quantised, run.role) : export_pixels(checkpoints, name, out);
  }
};

int report(const Status& status) {
  if (status.ok()) return 0;
  std::fprintf(stderr, "lmc-train: %s\n", status.error().message.c_str());
  return int(status.error().family);
}

}  // namespace
}  // namespace lmc::train

int main(int argc, char** argv) {
  using namespace lmc::train;
  // libtorch may come up with one thread otherwise.
  if (std::getenv("OMP_NUM_THREADS") == nullptr) torch::set_num_threads(int(std::thread::hardware_concurrency()));
  CLI::App app{"Trains the models of lmcompress"};
  app.require_subcommand(1);
  std::string corpus, tokenizer, out;
  RunConfig run;
  size_t vocabulary = 8192;
  int64_t count = 100000;
  bool quantised = false;

  auto* learn = app.add_subcommand("tokenizer", "Learn the vocabulary");
  learn->add_option("CORPUS", corpus)->required();
  learn->add_option("-o", out)->required();
  learn->add_option("--vocabulary", vocabulary);
  auto* cut = app.add_subcommand("tokenize", "Turn the corpora into token files");
  cut->add_option("CORPUS", corpus)->required();
  cut->add_option("--tokenizer", tokenizer)->required();
  cut->add_option("-o", out)->required();
  TrainOptions training;
  auto* fit = training.add_to(app, run);
  auto* eval = app.add_subcommand("eval", "Bits per byte on the dev texts");
  eval->add_option("CHECKPOINT", run.checkpoint)->required();
  eval->add_option("--tokens", run.tokens)->required();
  eval->add_option("--count", count, "tokens a domain");
  eval->add_flag("--quantised", quantised);
  eval->add_option("--down-bits", run.down_input_bits);
  ExportConfig exported;
  auto* write = app.add_subcommand("export", "Write a checkpoint as a model file");
  write->add_option("CHECKPOINT", exported.checkpoint)->required();
  write->add_option("-o", exported.out)->required();
  write->add_option("--name", exported.name);
  write->add_option("--down-bits", exported.down_input_bits);
  std::string model;
  auto* check = app.add_subcommand("check", "Bits per byte of a model file on the dev texts, by the exact engine");
  check->add_option("MODEL", model)->required();
  check->add_option("--tokens", run.tokens)->required();
  check->add_option("--count", count, "tokens a domain");
  AdaptConfig adapting;
  auto* adapter = add_adapt(app, adapting);
  PixelCommands pixels;
  pixels.add_to(app);
  CLI11_PARSE(app, argc, argv);

  if (pixels.chosen()) return report(pixels.dispatch());
  if (*learn) return report(learn_tokenizer(corpus, vocabulary, out));
  if (*cut) return report(tokenize_files(corpus, tokenizer, out));
  if (*adapter) return report(adapt(adapting));
  if (*fit) return report(training.train(run));
  if (*write) return report(export_model(exported));
  if (*check) return report(check_model(model, run.tokens, count));
  return report(evaluate_checkpoint(run.checkpoint, run.tokens, count, quantised, run.down_input_bits));
}
