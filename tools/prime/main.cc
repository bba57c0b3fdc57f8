// lmc-prime: learns the mixing prior of a model file from sample texts and writes the model with it.
//
//   lmc-prime MODEL.lmcm LIST.txt -o PRIMED.lmcm [--bytes N] [--threads N]
//
// LIST names one file a line; of each, at most N bytes (60000) from its middle are coded, in the order of the list,
// each starting from what the ones before taught. Every other tensor is copied as it is.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <string>

#include "lmc/base/io.h"
#include "lmc/codecs/text.h"
#include "lmc/models/file/model_writer.h"

namespace {

constexpr const char* kSection = "mixing.tokens";

int fail(const lmc::Error& error) {
  std::fprintf(stderr, "lmc-prime: %s\n", error.message.c_str());
  return int(error.family);
}

lmc::Result<lmc::Bytes> with_prior(const lmc::ModelFile& file, lmc::ByteSpan prior) {
  lmc::ModelWriter writer(file.name(), file.config());
  writer.set_training(file.training());
  for (const auto& [name, tensor] : file.tensors()) {
    if (name == kSection) continue;
    if (tensor.type == lmc::TensorType::kI8) writer.add_i8(name, tensor.shape, tensor.as<int8_t>());
    if (tensor.type == lmc::TensorType::kF32) writer.add_f32(name, tensor.shape, tensor.as<float>());
    if (tensor.type == lmc::TensorType::kU8) writer.add_section(name, tensor.bytes);
  }
  writer.add_section(kSection, prior);
  return writer.finish();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Learns the mixing prior of a model file"};
  std::string model_path, list_path, out_path;
  size_t max_bytes = 60000;
  int threads = 2;
  app.add_option("model", model_path)->required();
  app.add_option("list", list_path)->required();
  app.add_option("-o", out_path)->required();
  app.add_option("--bytes", max_bytes);
  app.add_option("--threads", threads);
  CLI11_PARSE(app, argc, argv);

  const auto file = lmc::ModelFile::open(model_path);
  if (!file.ok()) return fail(file.error());
  const lmc::BlockResources resources{.isa = lmc::best_isa(), .threads = threads};
  const auto model = lmc::load_text_model(*file, resources.isa);
  if (!model.ok()) return fail(model.error());
  lmc::Bytes prior;
  std::ifstream list(list_path);
  size_t files = 0;
  for (std::string path; std::getline(list, path); ++files) {
    const auto raw = lmc::read_file(path);
    if (!raw.ok()) return fail(raw.error());
    const size_t size = std::min(max_bytes, raw->size());
    const lmc::ByteSpan sample = lmc::ByteSpan(*raw).subspan((raw->size() - size) / 2, size);
    auto learnt = lmc::try_text_block(**model, sample, {.prior = prior}, resources);
    if (!learnt.ok()) return fail(learnt.error());
    prior = std::move(learnt->prior);
  }
  const auto out = with_prior(*file, prior);
  if (!out.ok()) return fail(out.error());
  const auto written = lmc::write_file(out_path, *out);
  if (!written.ok()) return fail(written.error());
  std::printf("%zu files, prior of %zu bytes, %s\n", files, prior.size(), out_path.c_str());
}
