// tokenizer.json, as the package tokenizers writes it: byte-level BPE; BPE over characters with bytes to fall back on;
// unigram.
#include <algorithm>
#include <unordered_map>

#include "lmc/models/file/json_value.h"
#include "lmc/models/import/token_text.h"
#include "lmc/models/import/tokenizer_files.h"

namespace lmc {
namespace {

using Kind = JsonValue::Kind;
using TokenKind = CheckpointToken::Kind;

constexpr int64_t kMostTokens = int64_t(1) << 21;

Error unsupported(const std::string& what) { return bad_input("tokenizer.json: " + what); }

bool is_true(const JsonValue& object, const char* key, bool absent = false) {
  const JsonValue* const value = object.find(key);
  return value != nullptr && value->is(Kind::kBoolean) ? value->boolean : absent;
}

std::string text_of(const JsonValue& object, const char* key) {
  const JsonValue* const value = object.find(key);
  return value != nullptr && value->is(Kind::kString) ? value->text : std::string();
}

// The steps of a pre-tokenizer or normalizer: those of a Sequence, or the one that it is.
std::vector<const JsonValue*> steps_of(const JsonValue& json, const char* key) {
  const JsonValue* const whole = json.find(key);
  if (whole == nullptr || !whole->is(Kind::kObject)) return {};
  if (text_of(*whole, "type") != "Sequence") return {whole};
  std::vector<const JsonValue*> out;
  for (const char* list : {"pretokenizers", "normalizers"})
    if (const JsonValue* const steps = whole->find(list); steps != nullptr)
      for (const JsonValue& step : steps->elements) out.push_back(&step);
  return out;
}

constexpr std::string_view kSpace = "\xE2\x96\x81";  // U+2581, which stands for it

// The text, or else the regular expression, that a step looks for.
std::string pattern_of(const JsonValue& step) {
  const JsonValue* const pattern = step.find("pattern");
  if (pattern == nullptr || !pattern->is(Kind::kObject)) return {};
  return pattern->find("String") != nullptr ? text_of(*pattern, "String") : text_of(*pattern, "Regex");
}

bool writes_spaces(const JsonValue& step) {
  return text_of(step, "type") == "Replace" && pattern_of(step) == " " && text_of(step, "content") == kSpace;
}

class Reader {
 public:
  Reader(const JsonValue& json, const JsonValue& model) : json_(json), model_(model) {}

  Result<CheckpointVocabulary> read(std::optional<int64_t> bos) {
    LMC_TRY(find_splitter());
    LMC_TRY(tokens());
    LMC_TRY(added_tokens());
    LMC_TRY(merges());
    LMC_TRY(begin(bos));
    return std::move(out_);
  }

  Result<CheckpointVocabulary> read_unigram(std::optional<int64_t> bos) {
    LMC_TRY(check_normalizer());
    LMC_TRY(find_words());
    LMC_TRY(scored_tokens());
    LMC_TRY(added_tokens());
    // Of whole tokens that the model itself does not have: any that is not the lowest of all.
    out_.scores.resize(out_.tokens.size(), *std::ranges::max_element(out_.scores));
    LMC_TRY(begin(bos));
    return std::move(out_);
  }

 private:
  bool of_characters() const { return out_.splitter == Splitter::kCharacters || is_unigram(out_.splitter); }

  // Nothing is normalised (tokenizer_files.h); so what would change nearly every text is an error.
  Status check_normalizer() const {
    for (const JsonValue* step : steps_of(json_, "normalizer")) {
      const std::string type = text_of(*step, "type");
      if (type == "Replace") {
        if (!writes_spaces(*step) && pattern_of(*step) != " {2,}")
          return unsupported("its normalizer replaces '" + pattern_of(*step) + "' by '" + text_of(*step, "content") +
                             "', which is not supported");
        continue;
      }
      constexpr const char* kKnown[] = {"NFC", "NFKC", "Nmt", "Precompiled", "Prepend", "Strip"};
      if (std::ranges::find(kKnown, type) == std::end(kKnown))
        return unsupported("its normalizer '" + type + "' is not supported: texts would not come back");
    }
    return Ok();
  }

  // Whether text is cut before every space.
  Status find_words() {
    out_.splitter = Splitter::kUnigramText;
    bool spaces = false;
    for (const JsonValue* step : steps_of(json_, "normalizer")) spaces |= writes_spaces(*step);
    for (const JsonValue* step : steps_of(json_, "pre_tokenizer")) {
      const std::string type = text_of(*step, "type");
      if (type != "Metaspace") return unsupported("its pre-tokenizer '" + type + "' is not supported with 'Unigram'");
      if (text_of(*step, "replacement") != kSpace)
        return unsupported("it writes '" + text_of(*step, "replacement") + "' for spaces; U+2581 is supported");
      spaces = true;
      if (is_true(*step, "split", true)) out_.splitter = Splitter::kUnigramWords;
    }
    return spaces ? Ok() : unsupported("neither its normalizer nor its pre-tokenizer writes U+2581 for spaces");
  }

  Status scored_tokens() {
    const JsonValue* const vocabulary = model_.find("vocab");
    if (vocabulary == nullptr || !vocabulary->is(Kind::kArray)) return unsupported("it has no array 'model.vocab'");
    if (vocabulary->elements.empty()) return unsupported("its vocabulary is empty");
    const JsonValue* const unknown = model_.find("unk_id");
    const bool bytes = is_true(model_, "byte_fallback");
    for (const JsonValue& entry : vocabulary->elements) {
      const auto row = int64_t(out_.tokens.size());
      const bool pair = entry.is(Kind::kArray) && entry.elements.size() == 2 && entry.elements[0].is(Kind::kString) &&
                        (entry.elements[1].is(Kind::kFloat) || entry.elements[1].is(Kind::kInteger));
      if (!pair)
        return unsupported("token " + std::to_string(row) + " is " + entry.dump() + ", not a text and its score");
      const std::string& text = entry.elements[0].text;
      CheckpointToken token = token_of(text);
      if (token.kind == TokenKind::kByte && !bytes) token = {text, TokenKind::kNormal};
      // In the texts of the reference there are no spaces any more.
      if (text.empty() || text.find(' ') != std::string::npos || (unknown != nullptr && unknown->integer == row))
        token = {};
      LMC_TRY(put(row, text, std::move(token)));
      out_.scores.push_back(entry.elements[1].number);
    }
    return Ok();
  }

  Status find_splitter() {
    const std::vector<const JsonValue*> steps = steps_of(json_, "pre_tokenizer");
    const auto is_byte_level = [](const JsonValue* step) { return text_of(*step, "type") == "ByteLevel"; };
    if (std::ranges::any_of(steps, is_byte_level)) return find_byte_level(steps);
    bool spaces = false;  // as U+2581
    for (const JsonValue* step : steps_of(json_, "normalizer")) spaces |= writes_spaces(*step);
    for (const JsonValue* step : steps) spaces |= text_of(*step, "type") == "Metaspace";
    if (!spaces || !is_true(model_, "byte_fallback"))
      return unsupported("it is neither byte-level nor one that has bytes to fall back on");
    out_.splitter = Splitter::kCharacters;
    return Ok();
  }

  Status find_byte_level(const std::vector<const JsonValue*>& steps) {
    bool digits = false;
    std::optional<Splitter> splitter;
    for (const JsonValue* step : steps) {
      const std::string type = text_of(*step, "type");
      const JsonValue* const pattern = step->find("pattern");
      if (type == "Digits" && is_true(*step, "individual_digits")) {
        digits = true;
      } else if (type == "Split" && pattern != nullptr && !splitter && !digits) {
        const std::string regex = text_of(*pattern, "Regex");
        splitter = find_splitter_by_regex(regex);
        if (!splitter) return unsupported("it splits text by '" + regex + "', which is not supported");
      } else if (type != "ByteLevel") {
        return unsupported("its pre-tokenizer '" + type + "' is not supported");
      } else if (is_true(*step, "add_prefix_space")) {
        return unsupported("'add_prefix_space' is not supported");
      }
    }
    if (splitter && digits) return unsupported("its pre-tokenizers are not supported together");
    out_.splitter = splitter ? *splitter : digits ? Splitter::kSmollm : Splitter::kGpt2;
    return Ok();
  }

  CheckpointToken token_of(const std::string& text) const {
    if (!of_characters()) {
      const auto bytes = alphabet_.bytes_of(text);
      return bytes ? CheckpointToken{*bytes, TokenKind::kNormal} : CheckpointToken();
    }
    if (const auto byte = byte_of(text)) return {std::string(1, *byte), TokenKind::kByte};
    return {with_spaces(text), TokenKind::kNormal};
  }

  Status put(const JsonValue& id, const std::string& text, CheckpointToken token) {
    if (!id.integer) return unsupported("the number of token '" + text + "' is " + id.dump());
    return put(*id.integer, text, std::move(token));
  }

  Status put(int64_t id, const std::string& text, CheckpointToken token) {
    if (id < 0 || id >= kMostTokens) return unsupported("the number of token '" + text + "' is " + std::to_string(id));
    const auto row = size_t(id);
    if (out_.tokens.size() <= row) out_.tokens.resize(row + 1);
    out_.tokens[row] = std::move(token);
    numbers_[text] = uint32_t(row);
    return Ok();
  }

  Status tokens() {
    const JsonValue* const vocabulary = model_.find("vocab");
    if (vocabulary == nullptr || !vocabulary->is(Kind::kObject)) return unsupported("it has no object 'model.vocab'");
    if (vocabulary->members.empty()) return unsupported("its vocabulary is empty");
    // Numbers are no larger than the text pays for.
    const auto most = int64_t(vocabulary->members.size()) * 2 + 65536;
    for (const auto& [text, id] : vocabulary->members) {
      if (id.integer && *id.integer > most) return unsupported("the number of token '" + text + "' is " + id.dump());
      LMC_TRY(put(id, text, token_of(text)));
    }
    return Ok();
  }

  Status added_tokens() {
    const JsonValue* const added = json_.find("added_tokens");
    if (added == nullptr || !added->is(Kind::kArray)) return Ok();
    const size_t most = out_.tokens.size() + added->elements.size() + 65536;
    for (const JsonValue& entry : added->elements) {
      const JsonValue* const id = entry.is(Kind::kObject) ? entry.find("id") : nullptr;
      const std::string content = id != nullptr ? text_of(entry, "content") : std::string();
      if (content.empty()) return unsupported("an added token lacks 'id' or 'content'");
      if (id->integer && *id->integer > int64_t(most))
        return unsupported("the number of token '" + content + "' is " + id->dump());
      CheckpointToken token;
      if (!is_true(entry, "special", true))
        token = {of_characters() ? with_spaces(content) : content,
                 of_characters() ? TokenKind::kWhole : TokenKind::kNormal};
      LMC_TRY(put(*id, content, std::move(token)));
    }
    return Ok();
  }

  Status merges() {
    const JsonValue* const merges = model_.find("merges");
    if (merges == nullptr || !merges->is(Kind::kArray)) return unsupported("it has no array 'model.merges'");
    if (of_characters()) out_.scores.assign(out_.tokens.size(), -double(merges->elements.size()));
    double score = 0;
    for (const JsonValue& merge : merges->elements) {
      std::string left, right;
      if (merge.is(Kind::kArray) && merge.elements.size() == 2 && merge.elements[0].is(Kind::kString)) {
        left = merge.elements[0].text;
        right = merge.elements[1].text;
      } else if (const size_t gap = merge.text.find(' '); merge.is(Kind::kString) && gap != std::string::npos) {
        left = merge.text.substr(0, gap);
        right = merge.text.substr(gap + 1);
      } else {
        return unsupported("a merge is " + merge.dump() + ", not two tokens");
      }
      if (of_characters()) {  // a token's rank is that of the first merge that makes it
        const auto made = numbers_.find(left + right);
        if (made != numbers_.end()) out_.scores[made->second] = std::max(out_.scores[made->second], score);
        score -= 1;
        continue;
      }
      const auto left_bytes = alphabet_.bytes_of(left), right_bytes = alphabet_.bytes_of(right);
      if (left_bytes && right_bytes) out_.merges.emplace_back(*left_bytes, *right_bytes);
    }
    return Ok();
  }

  Status begin(std::optional<int64_t> bos) {
    for (const char* text : {"<|endoftext|>", "<bos>", "<s>"}) {
      const auto at = numbers_.find(text);
      if (at == numbers_.end() || (bos && text != std::string_view("<|endoftext|>"))) continue;
      out_.begin = at->second;
      return Ok();
    }
    if (!bos || *bos < 0 || uint64_t(*bos) >= out_.tokens.size())
      return unsupported("no token begins a document: neither <|endoftext|> nor config.json's 'bos_token_id'");
    out_.begin = uint32_t(*bos);
    return Ok();
  }

  const JsonValue& json_;
  const JsonValue& model_;
  CheckpointVocabulary out_;
  std::unordered_map<std::string, uint32_t> numbers_;
  ByteAlphabet alphabet_;
};

}  // namespace

Result<CheckpointVocabulary> read_tokenizer_json(ByteSpan text, std::optional<int64_t> bos) {
  const auto json = parse_json(text);
  if (!json || !json->is(Kind::kObject)) return unsupported("it is no JSON object");
  const JsonValue* const model = json->find("model");
  if (model == nullptr || !model->is(Kind::kObject)) return unsupported("it has no object 'model'");
  const std::string type = text_of(*model, "type");
  if (type == "Unigram") return Reader(*json, *model).read_unigram(bos);
  if (!type.empty() && type != "BPE")
    return unsupported("its model is '" + type + "'; 'BPE' and 'Unigram' are supported");
  return Reader(*json, *model).read(bos);
}

}  // namespace lmc
