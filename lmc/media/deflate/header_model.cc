#include "lmc/media/deflate/header_model.h"

#include <algorithm>

#include "lmc/media/deflate/choice_kinds.h"

namespace lmc {
namespace {

std::vector<uint8_t> all_lengths(const DeflateHeader& header) {
  std::vector<uint8_t> out(header.lengths.literal.begin(),
                           header.lengths.literal.begin() + ptrdiff_t(header.literal_codes));
  out.insert(out.end(), header.lengths.distance.begin(),
             header.lengths.distance.begin() + ptrdiff_t(header.distance_codes));
  return out;
}

}  // namespace

template <typename Coder>
Result<DeflateHeader> HeaderModel<Coder>::code(const SymbolCounts& expected, DeflateHeader header) {
  header.literal_codes = 257 + coder_.code_bits(uint32_t(header.literal_codes - 257), 5, kLiteralCodesCount);
  header.distance_codes = 1 + coder_.code_bits(uint32_t(header.distance_codes - 1), 5, kDistanceCodesCount);
  if (header.literal_codes > kLiteralCodes || header.distance_codes > kDistanceCodes)
    return bad_input("reconstruction data of a deflate stream: a code for symbols that do not exist");
  SymbolCounts counts = expected;
  counts.literal[kEndOfBlock] = 1;
  code_lengths(std::span(counts.literal).first(header.literal_codes), before_.literal, 0,
               std::span(header.lengths.literal).first(header.literal_codes));
  code_lengths(std::span(counts.distance).first(header.distance_codes), before_.distance, 1,
               std::span(header.lengths.distance).first(header.distance_codes));
  before_ = header.lengths;
  has_before_ = true;
  LMC_TRY(code_steps(header));
  code_step_code(header);
  return header;
}

template <typename Coder>
void HeaderModel<Coder>::code_lengths(std::span<const uint32_t> counts, std::span<const uint8_t> before, uint32_t part,
                                      std::span<uint8_t> lengths) {
  std::vector<uint8_t> predicted(counts.size());
  predict_code_lengths(counts, kMaxCodeBits, predicted);
  uint32_t total = 1;
  for (const uint32_t count : counts) total += count;
  uint32_t errors = 0;  // of the last lengths, two bits each
  for (size_t i = 0; i < lengths.size(); ++i) {
    const uint32_t guess = counts[i] == 0 ? 0 : predicted[i], last = has_before_ ? before[i] : 16;
    const uint32_t often = std::min<uint32_t>(uint32_t(std::bit_width(counts[i])), 7);
    const uint32_t ideal =
        counts[i] == 0
            ? 127
            : uint32_t(std::clamp((logistic().ln(total) - logistic().ln(counts[i])) * 5.7708f, 0.0f, 120.0f));
    const uint32_t kind = part == 1 ? 2 : i > 256 ? 1 : 0;
    const uint32_t left = i > 0 ? lengths[i - 1] : 0;
    uint32_t node = 1;  // of a tree over the 16 lengths: whether it is zero, then up from the guess
    const auto decide = [&](bool bit) {
      bit = coder_.code(
          bit, kCodeLength, std::min(node, 15u) << 2 | kind,
          {join({node, guess, kind}), join({node, guess, last}), join({node, guess, errors & 15, std::min(often, 2u)}),
           join({node, ideal, guess}), join({node, often, guess}), join({node, last, left}),
           join({node, kind, errors & 63}), join({node, guess, left})});
      node = node << 1 | bit;
      return bit;
    };
    uint8_t& length = lengths[i];
    if (!decide(length != 0)) {
      length = 0;
    } else {
      const uint32_t middle = guess == 0 ? (last == 0 || last == 16 ? 10 : last) : guess;
      node = 2;
      if (decide(length == middle)) {
        length = uint8_t(middle);
      } else {
        node = 4;
        const bool above = middle == 1 || (middle < kMaxCodeBits && decide(length > middle));
        uint32_t value = middle;
        for (uint32_t step = 0;; ++step) {
          value = above ? value + 1 : value - 1;
          if (value == (above ? uint32_t(kMaxCodeBits) : 1u)) break;
          node = 8 + (above ? 0 : 64) + std::min(step, 20u) * 2;
          if (decide(length == value)) break;
        }
        length = uint8_t(value);
      }
    }
    errors = errors << 2 | (guess == length ? 0 : (guess == 0) != (length == 0) ? 1 : length > guess ? 2 : 3);
  }
}

template <typename Coder>
Status HeaderModel<Coder>::code_steps(DeflateHeader& header) {
  const std::vector<uint8_t> lengths = all_lengths(header);
  std::vector<LengthStep> steps;
  for (size_t at = 0, i = 0; at < lengths.size(); ++i) {
    const std::span<const uint8_t> left = std::span(lengths).subspan(at);
    const size_t part = at < header.literal_codes ? header.literal_codes - at : left.size();  // zlib's runs end with it
    const int before = at == 0 || at == header.literal_codes ? -1 : lengths[at - 1];
    const LengthStep guess = predict_length_step(left.first(part), before);
    size_t run = 1;
    while (run < left.size() && left[run] == left[0]) ++run;
    const bool repeats = at > 0 && lengths[at - 1] == left[0];
    LengthStep step = coder_.decodes() ? LengthStep{} : header.steps[i];
    const uint32_t shape = uint32_t(std::min<size_t>(run, 12)) << 2 | uint32_t(left[0] == 0) << 1 | uint32_t(repeats);
    if (coder_.code(step == guess, kStepSame, guess.symbol < 16 ? 0 : guess.symbol - 15,
                    {join({guess.symbol, shape}), join({shape, run > part})})) {
      step = guess;
    } else {
      const uint32_t kind = coder_.code_bits(step.symbol < 16 ? 0 : uint32_t(step.symbol - 15), 2, kStep, shape);
      const uint32_t bits = kind == 0 ? 0 : kind == 1 ? 2 : kind == 2 ? 3 : 7;
      const uint32_t extra = bits == 0 ? 0
                                       : coder_.code_bits(step.extra, int(bits), kStepExtra,
                                                          kind << 8 | uint32_t(std::min<size_t>(run, 140)));
      step = kind == 0 ? LengthStep{left[0], 0, 0} : LengthStep{uint8_t(15 + kind), uint8_t(extra), uint8_t(bits)};
      if (step.times() > run || (kind == 1 && !repeats) || (kind > 1 && left[0] != 0))
        return bad_input("reconstruction data of a deflate stream: code lengths that are not repeated");
    }
    steps.push_back(step);
    at += step.times();
  }
  header.steps = std::move(steps);
  return Ok();
}

template <typename Coder>
void HeaderModel<Coder>::code_step_code(DeflateHeader& header) {
  std::array<uint32_t, kCodeLengthCodes> counts{};
  for (const LengthStep& step : header.steps) ++counts[step.symbol];
  std::array<uint8_t, kCodeLengthCodes> predicted{};
  predict_code_lengths(counts, kMaxCodeLengthBits, predicted);
  for (size_t i = 0; i < kCodeLengthCodes; ++i) {
    uint8_t& length = header.step_lengths[i];
    if (coder_.code_bit(length == predicted[i], kCodeLengthSame, predicted[i]))
      length = predicted[i];
    else
      length = uint8_t(coder_.code_bits(length, 3, kStepLength, predicted[i]));
  }
  size_t natural = kCodeLengthCodes;
  while (natural > 4 && header.step_lengths[kCodeLengthOrder[natural - 1]] == 0) --natural;
  header.length_codes = natural + coder_.code_bits(uint32_t(header.length_codes - natural), 4, kLengthCodesCount);
  header.length_codes = std::min<size_t>(header.length_codes, kCodeLengthCodes);
}

template class HeaderModel<ChoiceCoder>;
template class HeaderModel<AblatedChoiceCoder>;

}  // namespace lmc
