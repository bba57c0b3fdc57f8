// lmc-jpeg-prior: learns what the coder of JPEG coefficients knows before the first picture
// (lmc/coefficients/jpeg_prior.h).
//
//   lmc-jpeg-prior LIST.txt -o lmc/coefficients/jpeg_prior.bin
//
// LIST names one JPEG file a line; the order counts, so it should be shuffled, and every fourth line goes to the second
// group. The first group teaches the tables of contexts. The second one, of other pictures, teaches the weights of the
// mixers: each of its files starts from the tables that the first group left, as a file does later. Then it teaches the
// tables too. Both streams are learnt at the same time.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "lmc/base/io.h"
#include "lmc/coefficients/jpeg_plane_coder.h"
#include "lmc/media/jpeg/jpeg_file.h"

namespace {

using namespace lmc;

struct Learner {  // a coder that writes nothing
  static constexpr bool kDecodes = false, kLearnsPrior = true;
  int code(int bit, uint32_t /*p1*/) { return bit; }
};
using LearningCoder = PlaneCoder<Learner>;
using Tables = std::array<Bytes, kJpegModels>;

void append_section(Bytes& out, const Bytes& section) {
  append_le<uint32_t>(out, uint32_t(section.size()));
  append_bytes(out, section);
}

// Half a prior: one stream.
class Stream {
 public:
  Stream(bool is_first, std::vector<ParsedJpeg>& files) : is_first_(is_first), files_(files) {}

  Bytes learn() {
    auto thorough = make(JpegEffort::kThorough);
    for (size_t i = 0; i < files_.size(); ++i)
      if (i % 4 != 0) code(*thorough, files_[i]);
    const Tables first_tables = tables_of(*thorough);
    const Tables fast_weights = weights(JpegEffort::kFast, first_tables);
    const Tables thorough_weights = weights(JpegEffort::kThorough, first_tables);
    for (size_t i = 0; i < files_.size(); i += 4) code(*thorough, files_[i]);
    Bytes out;
    for (const Tables& sections : {tables_of(*thorough), fast_weights, thorough_weights})
      for (const Bytes& section : sections) append_section(out, section);
    append_section(out, thorough->forecasts_for_prior());
    return out;
  }

 private:
  std::unique_ptr<LearningCoder> make(JpegEffort effort) {
    return std::make_unique<LearningCoder>(learner_, is_first_, effort, best_isa());
  }

  void code(LearningCoder& coder, ParsedJpeg& file) {
    std::vector<Plane> planes = make_planes(file.frame, file.coefficients, 0, 1);
    if (is_first_) {
      coder.code(planes[0], 0);
      return;
    }
    beneath_->code(planes[0], 0);  // for what the others look at
    for (size_t i = 1; i < planes.size(); ++i) coder.code(planes[i], uint32_t(i - 1));
  }

  static Tables tables_of(LearningCoder& coder) {
    Tables out;
    for (size_t i = 0; i < kJpegModels; ++i) out[i] = coder.models()[i]->tables_for_prior();
    return out;
  }

  Tables weights(JpegEffort effort, const Tables& tables) {
    auto coder = make(effort);
    for (size_t i = 0; i < files_.size(); i += 4) {
      for (size_t m = 0; m < kJpegModels; ++m) coder->models()[m]->forget_tables(tables[m]);
      code(*coder, files_[i]);
    }
    Tables out;
    for (size_t i = 0; i < kJpegModels; ++i) out[i] = coder->models()[i]->weights_for_prior();
    return out;
  }

  bool is_first_;
  std::vector<ParsedJpeg>& files_;
  Learner learner_;
  std::unique_ptr<LearningCoder> beneath_ =
      std::make_unique<LearningCoder>(learner_, true, JpegEffort::kFast, best_isa());
};

int fail(const Error& error, const std::string& path) {
  std::fprintf(stderr, "lmc-jpeg-prior: %s: %s\n", path.c_str(), error.message.c_str());
  return int(error.family);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Learns the prior of JPEG coefficients"};
  std::string list_path, out_path;
  app.add_option("list", list_path)->required();
  app.add_option("-o", out_path)->required();
  CLI11_PARSE(app, argc, argv);

  std::vector<ParsedJpeg> files;
  std::ifstream list(list_path);
  for (std::string path; std::getline(list, path);) {
    const auto raw = read_file(path);
    if (!raw.ok()) return fail(raw.error(), path);
    auto file = parse_jpeg(*raw);
    if (!file.ok()) return fail(file.error(), path);
    files.push_back(std::move(*file));
  }
  Bytes parts[2];
  std::thread first([&] { parts[0] = Stream(true, files).learn(); });
  parts[1] = Stream(false, files).learn();
  first.join();
  append_bytes(parts[0], parts[1]);
  const auto written = write_file(out_path, parts[0]);
  if (!written.ok()) return fail(written.error(), out_path);
  std::printf("%zu files, %zu bytes\n", files.size(), parts[0].size());
  return 0;
}
