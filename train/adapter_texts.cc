#include "train/adapter_texts.h"

#include <algorithm>
#include <filesystem>
#include <random>

#include "lmc/base/io.h"

namespace lmc::train {
namespace {

namespace fs = std::filesystem;

constexpr size_t kManyFiles = 20;
constexpr double kHeldOutShare = 0.02, kHeldOutOfEach = 0.05, kMostHeldOutBytes = 400e3;

Result<std::vector<std::string>> files_below(const std::string& folder, uint64_t seed) {
  std::error_code why;
  std::vector<std::string> files;
  if (fs::is_regular_file(folder, why)) {
    files.push_back(folder);
  } else {
    fs::recursive_directory_iterator it(folder, why);
    if (why) return environment_error(folder + ": cannot read this folder: " + why.message());
    for (const auto& entry : it)
      if (entry.is_regular_file()) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  std::mt19937_64 random(seed);
  for (size_t i = files.size(); i > 1; --i) std::swap(files[i - 1], files[random() % i]);
  return files;
}

void append_tokens(std::vector<int32_t>& out, const Tokenizer& tokenizer, ByteSpan text) {
  out.push_back(int32_t(tokenizer.bos()));
  for (const uint32_t token : tokenizer.encode(text)) out.push_back(int32_t(token));
}

void hold_out(AdapterTexts& texts, const Tokenizer& tokenizer, ByteSpan text, size_t longest_tokens) {
  AdapterTexts::Document document;
  append_tokens(document.tokens, tokenizer, text.first(std::min(text.size(), longest_tokens * 16)));
  if (document.tokens.size() > longest_tokens + 1) document.tokens.resize(longest_tokens + 1);
  for (size_t i = 1; i < document.tokens.size(); ++i)
    document.bytes += double(tokenizer.vocabulary()[size_t(document.tokens[i])].size());
  if (document.tokens.size() > 1) texts.held_out.push_back(std::move(document));
}

}  // namespace

Result<AdapterTexts> read_adapter_texts(const std::string& folder, const Tokenizer& tokenizer, uint64_t seed,
                                        size_t longest_tokens) {
  auto files = files_below(folder, seed);
  if (!files.ok()) return files.error();
  double all_bytes = 0;
  for (const std::string& path : *files) all_bytes += double(fs::file_size(path));
  const double wanted = std::min(kMostHeldOutBytes, kHeldOutShare * all_bytes);
  AdapterTexts texts;
  double held_bytes = 0;
  for (const std::string& path : *files) {
    auto bytes = read_file(path);
    LMC_TRY(bytes);
    ByteSpan text = *bytes;
    if (text.empty()) continue;
    if (files->size() >= kManyFiles && held_bytes < wanted) {
      held_bytes += double(text.size());
      hold_out(texts, tokenizer, text, longest_tokens);
      continue;
    }
    if (files->size() < kManyFiles) {
      const size_t rest = size_t(double(text.size()) * kHeldOutOfEach);
      if (rest > 0) hold_out(texts, tokenizer, text.last(rest), longest_tokens);
      text = text.first(text.size() - rest);
    }
    append_tokens(texts.train, tokenizer, text);
    texts.train_bytes += double(text.size());
  }
  if (texts.held_out.empty()) return usage_error(folder + ": no texts to train on");
  return texts;
}

Pieces::Pieces(const std::vector<int32_t>& stream, int64_t length, uint64_t seed)
    : stream_(stream),
      length_(length),
      count_(std::max<int64_t>((int64_t(stream.size()) - 1) / length - 1, 0)),
      seed_(seed) {}

void Pieces::append(int64_t number, int32_t bos, std::vector<int32_t>& inputs, std::vector<int32_t>& targets) {
  if (const int64_t epoch = number / count_; epoch != epoch_) {
    std::mt19937_64 random(seed_ * 1000003 + uint64_t(epoch));
    phase_ = int64_t(random() % uint64_t(length_));
    order_.resize(size_t(count_));
    for (int64_t i = 0; i < count_; ++i) order_[size_t(i)] = i;
    for (int64_t i = count_; i > 1; --i) std::swap(order_[size_t(i - 1)], order_[random() % uint64_t(i)]);
    epoch_ = epoch;
  }
  const int64_t start = phase_ + order_[size_t(number % count_)] * length_;
  for (int64_t t = 0; t < length_; ++t) {
    inputs.push_back(t == 0 ? bos : stream_[size_t(start + t)]);
    targets.push_back(stream_[size_t(start + t + 1)]);
  }
}

}  // namespace lmc::train
