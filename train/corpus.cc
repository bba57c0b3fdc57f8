#include "train/corpus.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <random>

#include "lmc/base/io.h"

namespace lmc::train {

std::vector<std::string> list_files(const std::string& root, const std::string& domain, const std::string& split,
                                    uint64_t seed) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root + "/" + domain + "/" + split))
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  std::mt19937_64 random(seed);
  for (size_t i = files.size(); i > 1; --i) std::swap(files[i - 1], files[random() % i]);
  return files;
}

Result<Bytes> sample_domain(const std::string& root, const Domain& domain) {
  const auto files = list_files(root, domain.name, "train", 1);
  uint64_t total = 0;
  for (const auto& path : files) total += std::filesystem::file_size(path);
  const double fraction = std::min(1.0, domain.sample_mb * 1e6 / double(total));
  Bytes sample;
  for (const auto& path : files) {
    auto bytes = read_file(path);
    LMC_TRY(bytes);
    const size_t keep = size_t(double(bytes->size()) * fraction);
    append_bytes(sample, ByteSpan(*bytes).subspan((bytes->size() - keep) / 2, keep));
    sample.push_back('\n');
  }
  return sample;
}

Status tokenize_corpus(const std::string& root, const Tokenizer& tokenizer, const std::string& out) {
  std::filesystem::create_directories(out);
  for (const Domain& domain : kDomains) {
    for (const char* split : {"train", "dev"}) {
      Bytes stream;
      uint64_t text_bytes = 0;
      for (const auto& path : list_files(root, domain.name, split, 2)) {
        auto bytes = read_file(path);
        LMC_TRY(bytes);
        text_bytes += bytes->size();
        append_le(stream, uint16_t(tokenizer.bos()));
        for (uint32_t token : tokenizer.encode(*bytes)) append_le(stream, uint16_t(token));
      }
      LMC_TRY(write_file(out + "/" + split + "." + domain.name + ".u16", stream));
      std::printf("%-5s %-10s %11llu bytes %10zu tokens %.3f bytes/token\n", split, domain.name,
                  (unsigned long long)text_bytes, stream.size() / 2, double(text_bytes) / (double(stream.size()) / 2));
      std::fflush(stdout);
    }
  }
  return Ok();
}

Result<std::vector<uint16_t>> read_tokens(const std::string& path) {
  auto bytes = read_file(path);
  LMC_TRY(bytes);
  std::vector<uint16_t> tokens(bytes->size() / 2);
  for (size_t i = 0; i < tokens.size(); ++i) tokens[i] = uint16_t((*bytes)[2 * i] | (*bytes)[2 * i + 1] << 8);
  return tokens;
}

}  // namespace lmc::train
