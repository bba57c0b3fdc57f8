// The training corpora: folders ROOT/<domain>/{train,dev}/<source>/<files>, and their token streams.
//
// A domain's stream is BOS, file, BOS, file ... in a shuffled but fixed order, kept as little-endian uint16 files.
#ifndef TRAIN_CORPUS_H_
#define TRAIN_CORPUS_H_

#include <string>
#include <vector>

#include "lmc/base/bytes.h"
#include "lmc/tokenize/tokenizer.h"

namespace lmc::train {

struct Domain {
  const char* name;
  double weight;     // share of the training tokens
  double sample_mb;  // megabytes of the sample that trains the tokenizer
};
inline constexpr Domain kDomains[] = {
    {"prose", .16, 14}, {"medicine", .08, 7}, {"law", .07, 6},        {"code", .09, 8}, {"structured", .07, 7},
    {"lang", .10, 9},   {"web", .10, 8},      {"docs", .05, 5},       {"talk", .05, 5}, {"science", .05, 5},
    {"lang2", .09, 9},  {"code2", .05, 5},    {"structured2", .04, 4}};
inline constexpr size_t kDomainsCount = std::size(kDomains);

// All files of ROOT/domain/split, sorted by path, then shuffled with the seed.
std::vector<std::string> list_files(const std::string& root, const std::string& domain, const std::string& split,
                                    uint64_t seed);

// Part of every training file, up to about sample_mb.
Result<Bytes> sample_domain(const std::string& root, const Domain& domain);

// Writes OUT/<split>.<domain>.u16 for every domain and both splits.
Status tokenize_corpus(const std::string& root, const Tokenizer& tokenizer, const std::string& out);

Result<std::vector<uint16_t>> read_tokens(const std::string& path);

}  // namespace lmc::train

#endif  // TRAIN_CORPUS_H_
