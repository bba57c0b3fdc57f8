// Files of the package tiktoken: a line for each token, "base64 rank".
#include <array>
#include <charconv>
#include <unordered_set>

#include "lmc/models/import/token_text.h"
#include "lmc/models/import/tokenizer_files.h"

namespace lmc {
namespace {

using TokenKind = CheckpointToken::Kind;

constexpr uint32_t kMostRanks = uint32_t(1) << 21;

Error broken(const std::string& what) { return bad_input("tiktoken file: " + what); }

Error broken_line(size_t line, const std::string& what) { return broken("line " + std::to_string(line) + " " + what); }

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

// Nothing if it is not in its one form: four digits for three bytes, the last ones filled up with "=" and zero bits.
std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return {};
  const size_t fill = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  std::string out;
  for (size_t i = 0; i < text.size(); i += 4) {
    uint32_t bits = 0;
    const size_t digits = i + 4 == text.size() ? 4 - fill : 4;
    for (size_t k = 0; k < 4; ++k) {
      const int digit = k < digits ? base64_digit(text[i + k]) : 0;
      if (digit < 0) return {};
      bits = bits << 6 | uint32_t(digit);
    }
    for (size_t k = 0; k < 3; ++k) {
      const char byte = char(bits >> (16 - 8 * k));
      if (k < digits - 1)
        out += byte;
      else if (byte != 0)
        return {};
    }
  }
  return out;
}

Status read_ranks(ByteSpan file, CheckpointVocabulary& out) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  std::unordered_set<std::string> seen;
  size_t number = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    at = end + 1;
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    const size_t gap = std::min(line.find(' '), line.size());
    auto bytes = decode_base64(line.substr(0, gap));
    if (!bytes || bytes->empty()) return broken_line(number, "does not begin with a token in base64");
    uint32_t rank = 0;
    const auto read = std::from_chars(line.data() + std::min(gap + 1, line.size()), line.data() + line.size(), rank);
    if (read.ec != std::errc() || read.ptr != line.data() + line.size())
      return broken_line(number, "does not end with a rank");
    // Ranks are no larger than the lines pay for.
    if (rank >= kMostRanks || rank > 2 * number + 65536)
      return broken_line(number, "has the rank " + std::to_string(rank) + ", which is too large");
    if (out.tokens.size() <= rank) out.tokens.resize(rank + 1);
    if (out.tokens[rank].kind != TokenKind::kNone)
      return broken_line(number, "has the rank " + std::to_string(rank) + ", which was given before");
    if (!seen.insert(*bytes).second) return broken_line(number, "has a token that was given before");
    out.tokens[rank] = {std::move(*bytes), TokenKind::kNormal};
  }
  if (out.tokens.empty()) return broken("it is empty");
  return Ok();
}

}  // namespace

Result<CheckpointVocabulary> read_tiktoken(ByteSpan file, const TokenizerConfig& config, std::optional<int64_t> bos) {
  CheckpointVocabulary out;
  out.by_rank = true;
  out.splitter = Splitter::kLlama3;
  if (config.pattern) {
    const auto splitter = find_splitter_by_regex(*config.pattern);
    if (!splitter)
      return bad_input("tokenizer_config.json: it splits text by '" + *config.pattern + "', which is not supported");
    out.splitter = *splitter;
  }
  LMC_TRY(read_ranks(file, out));
  const size_t ranks = out.tokens.size();
  for (const auto& [number, added] : config.added)
    if (!bos && config.begin == added.text) bos = number;
  // The special tokens stand behind the ranks, and are no text.
  if (!bos || *bos < 0 || uint64_t(*bos) > ranks + config.added.size() + 65536)
    return broken(
        "no token begins a document: neither config.json's 'bos_token_id' nor tokenizer_config.json's 'bos_token'");
  out.begin = uint32_t(*bos);
  if (out.tokens.size() <= out.begin) out.tokens.resize(out.begin + 1);
  for (size_t rank = 0; rank < out.tokens.size(); ++rank) out.scores.push_back(-double(rank));
  return out;
}

}  // namespace lmc
