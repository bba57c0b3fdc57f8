// Learns a BPE vocabulary: repeatedly joins the most frequent pair of adjacent tokens inside the splitter's pieces.
#ifndef TRAIN_BPE_TRAINER_H_
#define TRAIN_BPE_TRAINER_H_

#include <vector>

#include "lmc/tokenize/tokenizer.h"

namespace lmc::train {

// samples: texts, each cut with next_piece. vocabulary_size counts the single bytes and BOS.
Result<Tokenizer> train_bpe(const std::vector<Bytes>& samples, size_t vocabulary_size);

}  // namespace lmc::train

#endif  // TRAIN_BPE_TRAINER_H_
