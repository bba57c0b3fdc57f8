// What any encoder chose when it wrote a deflate stream, as one arithmetic code: blocks, headers and tokens, each in
// the light of what could be expected (token_model.h, header_model.h). Every stream has one, at a cost of its encoder's
// strangeness; streams by zlib itself are described in fewer bytes by corrections (deflate_corrections.h).
#ifndef LMC_MEDIA_DEFLATE_DEFLATE_CHOICES_H_
#define LMC_MEDIA_DEFLATE_DEFLATE_CHOICES_H_

#include <memory>
#include <optional>

#include "lmc/base/result.h"
#include "lmc/media/deflate/deflate_predictor.h"
#include "lmc/media/deflate/quick_search.h"

namespace lmc {

// What may help to foretell the choices; the writer finds it, and writes it down.
struct ChoiceSettings {
  std::optional<DeflateSettings> zlib;  // an encoder like zlib with these settings, or
  QuickKind quick = QuickKind::kNone;   // a quick one
  uint32_t chain_bytes = 0;             // it follows chains of positions with so many equal bytes, 3 or 4, or 0: none,
  uint32_t chain_steps = 0;             // so far
  uint32_t most_visits = 1024;          // of the match finder, for a position
};

// What of zlib's settings does best, and whether it is nearly always right.
struct LikelyZlib {
  DeflateSettings settings;
  bool is_close = false;
};

// stream: a whole valid one, to the end of its last byte; data: what it holds.
ChoiceSettings find_choice_settings(ByteSpan stream, ByteSpan data, const std::optional<LikelyZlib>& likely);

// The choices of several streams, one after the other, in one code: what is learnt from one serves the next.
class ChoicesWriter {
 public:
  ChoicesWriter();
  ~ChoicesWriter();
  Status add(ByteSpan stream, ByteSpan data, const ChoiceSettings& settings);
  Bytes finish() &&;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class ChoicesReader {
 public:
  explicit ChoicesReader(ByteSpan choices);  // which must outlive this
  ~ChoicesReader();
  // The next stream. Errors: bad input; nothing in choices is trusted.
  Result<Bytes> next(ByteSpan data, size_t max_bytes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The bytes that the choices of a stream take without some ChoiceParts (choice_coder.h), for ablations; nothing reads
// them.
Result<size_t> ablated_choices_bytes(ByteSpan stream, ByteSpan data, const ChoiceSettings& settings, uint32_t without);

}  // namespace lmc

#endif  // LMC_MEDIA_DEFLATE_DEFLATE_CHOICES_H_
