#include "lmc/media/image/webp/vp8l_side_codes.h"

#include "lmc/media/image/webp/vp8l_codes.h"
#include "lmc/media/image/webp/vp8l_side_kinds.h"

namespace lmc {
namespace {

class CodeCoder {
 public:
  CodeCoder(Vp8lSideCoder& coder, const std::vector<uint32_t>& counts, Vp8lCode& code)
      : coder_(coder), counts_(counts), code_(code) {}

  Status code() {
    code_lengths();
    Vp8lLengthEncoding usual = forecast_vp8l_length_encoding(code_.lengths);
    if (coder_.code_bit(code_.length_encoding == usual, kUsualLengthEncoding)) {
      code_.length_encoding = std::move(usual);
      return Ok();
    }
    return code_length_encoding();
  }

 private:
  void code_lengths();
  Status code_length_encoding();
  Status code_simple();
  void code_steps();
  void code_step_lengths();

  Vp8lSideCoder& coder_;
  const std::vector<uint32_t>& counts_;
  Vp8lCode& code_;
};

void CodeCoder::code_lengths() {
  std::vector<uint8_t> usual = forecast_vp8l_lengths(counts_, kMaxVp8lCodeBits, true);
  if (std::count(usual.begin(), usual.end(), 0) == ptrdiff_t(usual.size())) usual[0] = 1;  // must be some code
  if (coder_.code_bit(code_.lengths == usual, kUsualLengths)) {
    code_.lengths = std::move(usual);
    return;
  }
  std::vector<uint8_t> plain = forecast_vp8l_lengths(counts_, kMaxVp8lCodeBits, false);
  if (coder_.code_bit(code_.lengths == plain, kPlainLengths)) {
    code_.lengths = std::move(plain);
    return;
  }
  code_.lengths.resize(usual.size());
  uint32_t wrong = 0;
  for (size_t i = 0; i < usual.size(); ++i) {
    code_.lengths[i] = uint8_t(coder_.code_bits(code_.lengths[i], 4, kLength, usual[i], std::min(wrong, 3u)));
    wrong = code_.lengths[i] == usual[i] ? wrong / 2 : wrong + 2;
  }
}

Status CodeCoder::code_simple() {
  Vp8lLengthEncoding& length_encoding = code_.length_encoding;
  const std::vector<uint8_t> written = length_encoding.symbols;
  std::vector<uint8_t> used;
  for (size_t i = 0; i < code_.lengths.size() && used.size() < 3; ++i)
    if (code_.lengths[i] != 0) used.push_back(uint8_t(i));
  if (used.empty() || used.size() > 2)
    return bad_input("reconstruction data of a VP8L: too many symbols of a simple code");
  if (coder_.code_bit(written != used, kTurnedRound)) std::reverse(used.begin(), used.end());
  length_encoding.symbols = std::move(used);
  length_encoding.first_in_byte =
      coder_.code_bit(length_encoding.first_in_byte, kFirstInByte) || length_encoding.symbols[0] > 1;
  return Ok();
}

void CodeCoder::code_steps() {
  std::vector<Vp8lLengthStep>& steps = code_.length_encoding.steps;
  const std::vector<uint8_t>& lengths = code_.lengths;
  size_t zeros_from = lengths.size();
  while (zeros_from > 0 && lengths[zeros_from - 1] == 0) --zeros_from;
  uint8_t before = 8;
  for (size_t at = 0, i = 0; at < lengths.size(); ++i) {
    if (at >= zeros_from && coder_.code_bit(i == steps.size(), kStepsEnd)) break;
    if (coder_.decodes()) steps.push_back({});
    Vp8lLengthStep& step = steps[i];
    const uint32_t kind =
        coder_.code_bits(step.code < 16 ? 0 : step.code - 15u, 2, kStep, lengths[at] == 0, lengths[at] == before);
    step.code = kind == 0 ? lengths[at] : uint8_t(kind + 15);
    if (kind > 0)
      step.extra = uint8_t(coder_.code_bits(step.extra, kind == 1 ? 2 : kind == 2 ? 3 : 7, kStepExtra, kind));
    if (kind == 0 && lengths[at] != 0) before = lengths[at];
    at += kind == 0 ? 1 : kind == 3 ? 11u + step.extra : 3u + step.extra;
  }
}

void CodeCoder::code_step_lengths() {
  Vp8lLengthEncoding& length_encoding = code_.length_encoding;
  const auto usual = forecast_vp8l_step_lengths(length_encoding.steps);
  if (coder_.code_bit(length_encoding.step_lengths == usual, kUsualStepLengths)) {
    length_encoding.step_lengths = usual;
    return;
  }
  for (size_t i = 0; i < usual.size(); ++i)
    length_encoding.step_lengths[i] =
        uint8_t(coder_.code_bits(length_encoding.step_lengths[i], 3, kStepLength, usual[i]));
}

Status CodeCoder::code_length_encoding() {
  Vp8lLengthEncoding& length_encoding = code_.length_encoding;
  length_encoding.is_simple = coder_.code_bit(length_encoding.is_simple, kIsSimple);
  if (length_encoding.is_simple) {
    LMC_TRY(code_simple());
  } else {
    code_steps();
    code_step_lengths();
    length_encoding.step_lengths_written =
        uint8_t(coder_.code_bits(length_encoding.step_lengths_written, 5, kStepLengthsWritten));
    length_encoding.count_bits = uint8_t(2 * coder_.code_bits(length_encoding.count_bits / 2u, 4, kCountBits));
    if (length_encoding.step_lengths_written < 4 || length_encoding.step_lengths_written > 19 ||
        length_encoding.count_bits > 16)
      return bad_input("reconstruction data of a VP8L: a prefix code that cannot be written");
  }
  if (!coder_.decodes()) return Ok();
  LMC_ASSIGN(const auto lengths, vp8l_lengths_of(length_encoding, uint32_t(code_.lengths.size())));
  if (lengths != code_.lengths) return bad_input("reconstruction data of a VP8L: a prefix code is not spelt as it is");
  return Ok();
}

}  // namespace

Status code_vp8l_code(Vp8lSideCoder& coder, const std::vector<uint32_t>& counts, Vp8lCode& code) {
  return CodeCoder(coder, counts, code).code();
}

}  // namespace lmc
