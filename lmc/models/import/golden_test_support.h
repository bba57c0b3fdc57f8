// Models imported from small checkpoints against the logits that transformers computed for these.
#ifndef LMC_MODELS_IMPORT_GOLDEN_TEST_SUPPORT_H_
#define LMC_MODELS_IMPORT_GOLDEN_TEST_SUPPORT_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "lmc/models/arch/head.h"
#include "lmc/models/arch/transformer.h"
#include "lmc/models/import/hugging_face_test_support.h"
#include "lmc/models/import/vocabulary.h"

namespace lmc {

// How far the worst token's distribution is from that of transformers, in bits; nothing if it cannot be computed.
// rows: of the checkpoint, by token of the model. type: of TinyFolderMaker.
inline std::optional<double> divergence(const std::string& type, const Result<ModelFile>& file,
                                        const std::vector<uint32_t>& rows) {
  const bool is_image = type == "imagegpt";
  const uint32_t begin = is_image ? 261 : 0;  // of the checkpoint, as all of these
  const uint32_t tokens[] = {begin, 85, 260, 117, 33, 259, 11, 200, 261, 33, 33, 97};
  if (!file.ok()) {
    ADD_FAILURE() << file.error().message;
    return {};
  }
  const auto model = Transformer::load(*file, best_isa());
  TransformerState state = model->make_state(1);
  TransformerScratch scratch;
  HeadScratch head_scratch;
  Hidden hidden;
  const Head head = model->make_head();
  std::ifstream golden(LMC_IMPORT_TESTDATA "/" + type + ".logits");
  std::vector<uint32_t> cumulative(rows.size() + 1);
  const uint32_t stream[1] = {0};
  double worst = 0;
  for (const uint32_t of_checkpoint : tokens) {
    const auto token = uint32_t(std::ranges::find(rows, of_checkpoint) - rows.begin());
    model->step(state, stream, std::span(&token, 1), hidden, scratch);
    head.cumulative(hidden, 0, 1, cumulative.data(), head_scratch);
    std::vector<double> logits(TinyFolderMaker::kTokens - (is_image ? 1 : 0));
    for (double& logit : logits)
      if (!(golden >> logit)) return {};
    double total = 0, bits = 0;
    for (size_t v = 0; v + 1 < rows.size(); ++v)  // without the control token
      if (rows[v] != kNoRow) total += std::exp(logits[rows[v]]);
    for (size_t v = 0; v + 1 < rows.size(); ++v) {
      if (rows[v] == kNoRow) continue;
      const double wanted = std::exp(logits[rows[v]]) / total;
      bits += wanted * std::log2(wanted * double(cumulative.back()) / double(cumulative[v + 1] - cumulative[v]));
    }
    worst = std::max(worst, bits);
  }
  return worst;
}

}  // namespace lmc

#endif  // LMC_MODELS_IMPORT_GOLDEN_TEST_SUPPORT_H_
