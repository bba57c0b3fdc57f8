// What any encoder chose when it wrote a deflate stream, as one arithmetic code: blocks, headers and tokens, each in
// the light of what could be expected (token_model.h, header_model.h). Every stream has one, at a cost of its encoder's
// strangeness; streams by zlib itself are described in fewer bytes by corrections (deflate_corrections.h).
#ifndef LMC_MEDIA_DEFLATE_DEFLATE_CHOICES_H_
#define LMC_MEDIA_DEFLATE_DEFLATE_CHOICES_H_

#include <optional>

#include "lmc/base/result.h"
#include "lmc/media/deflate/deflate_predictor.h"

namespace lmc {

// What may help to foretell the choices; the writer finds it, and writes it down.
struct ChoiceSettings {
  std::optional<DeflateSettings> zlib;  // an encoder like zlib with these settings
  uint32_t chain_bytes = 0;             // it follows chains of positions with so many equal bytes, 3 or 4, or 0: none,
  uint32_t chain_steps = 0;             // so far
  uint32_t most_visits = 1024;          // of the match finder, for a position
};

// stream: a whole valid one, to the end of its last byte; data: what it holds.
ChoiceSettings find_choice_settings(ByteSpan stream, ByteSpan data, const std::optional<DeflateSettings>& likely);
Result<Bytes> write_choices(ByteSpan stream, ByteSpan data, const ChoiceSettings& settings);
// Errors: bad input; nothing in choices is trusted.
Result<Bytes> read_choices(ByteSpan choices, ByteSpan data, size_t max_bytes);

}  // namespace lmc

#endif  // LMC_MEDIA_DEFLATE_DEFLATE_CHOICES_H_
