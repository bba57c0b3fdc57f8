#include "lmc/models/import/colours.h"

#include <algorithm>

#include "lmc/models/file/json_value.h"

namespace lmc {
namespace {

using Kind = JsonValue::Kind;

constexpr int64_t kMostColours = 65536;

bool is_colour(const JsonValue& value) {
  const auto is_number = [](const JsonValue& part) {
    return (part.is(Kind::kFloat) || part.is(Kind::kInteger)) && part.number >= -1.0 && part.number <= 1.0;
  };
  return value.is(Kind::kArray) && value.elements.size() == 3 && std::ranges::all_of(value.elements, is_number);
}

}  // namespace

Result<CheckpointVocabulary> colour_vocabulary(const JsonValue& config) {
  const JsonValue* const size = config.find("vocab_size");
  if (size == nullptr || !size->integer || *size->integer < 2 || *size->integer > kMostColours + 1)
    return bad_input("config.json: 'vocab_size' must be the number of colours and one, up to " +
                     std::to_string(kMostColours + 1));
  CheckpointVocabulary out;
  out.splitter = Splitter::kTwoBytes;
  out.by_rank = true;
  out.begin = uint32_t(*size->integer) - 1;
  for (uint32_t colour = 0; colour < out.begin; ++colour) {
    out.tokens.push_back({{char(colour >> 8), char(colour & 255)}, CheckpointToken::Kind::kNormal});
    out.scores.push_back(-double(colour));
  }
  return out;
}

Result<std::string> read_clusters(ByteSpan preprocessor, size_t colours) {
  if (preprocessor.empty()) return std::string();
  const auto broken = [](const std::string& what) { return bad_input("preprocessor_config.json: " + what); };
  const auto json = parse_json(preprocessor);
  if (!json || !json->is(Kind::kObject)) return broken("it is no JSON object");
  const JsonValue* const clusters = json->find("clusters");
  if (clusters == nullptr || clusters->is(Kind::kNull)) return std::string();
  if (!clusters->is(Kind::kArray) || clusters->elements.size() != colours ||
      !std::ranges::all_of(clusters->elements, is_colour))
    return broken("'clusters' is not an array of three numbers from -1 to 1 for each of " + std::to_string(colours) +
                  " colours");
  return clusters->dump();
}

}  // namespace lmc
