// tokenizer_config.json: a few members of it.
#include <charconv>

#include "lmc/models/file/json_value.h"
#include "lmc/models/import/tokenizer_files.h"

namespace lmc {
namespace {

using Kind = JsonValue::Kind;

Error unsupported(const std::string& what) { return bad_input("tokenizer_config.json: " + what); }

bool is_given(const JsonValue* value) { return value != nullptr && !value->is(Kind::kNull); }

// A token is a string, or an object whose "content" is one.
Result<std::string> token_text(const JsonValue& value, const std::string& name) {
  const JsonValue* const content = value.is(Kind::kObject) ? value.find("content") : &value;
  if (content == nullptr || !content->is(Kind::kString))
    return unsupported("'" + name + "' is " + value.dump() + ", no text and no object with the text 'content'");
  return content->text;
}

Status read_added(const JsonValue& list, TokenizerConfig& out) {
  if (!list.is(Kind::kObject)) return unsupported("'added_tokens_decoder' is no object");
  for (const auto& [number, token] : list.members) {
    const std::string name = "added_tokens_decoder." + number;
    uint32_t id = 0;
    const char* const end = number.data() + number.size();
    if (const auto read = std::from_chars(number.data(), end, id); read.ec != std::errc() || read.ptr != end)
      return unsupported("'" + name + "' does not name the number of a token");
    LMC_ASSIGN(auto text, token_text(token, name));
    const JsonValue* const special = token.find("special");
    if (is_given(special) && !special->is(Kind::kBoolean))
      return unsupported("'special' of '" + name + "' is neither true nor false");
    out.added[id] = {std::move(text), !is_given(special) || special->boolean};
  }
  return Ok();
}

}  // namespace

Result<TokenizerConfig> read_tokenizer_config(ByteSpan text) {
  TokenizerConfig out;
  if (text.empty()) return out;
  const auto json = parse_json(text);
  if (!json || !json->is(Kind::kObject)) return unsupported("it is no JSON object");
  if (const JsonValue* const added = json->find("added_tokens_decoder"); is_given(added))
    LMC_TRY(read_added(*added, out));
  if (const JsonValue* const begin = json->find("bos_token"); is_given(begin)) {
    LMC_ASSIGN(out.begin, token_text(*begin, "bos_token"));
  }
  for (const char* name : {"pattern", "pat_str"}) {
    const JsonValue* const pattern = json->find(name);
    if (!is_given(pattern)) continue;
    if (!pattern->is(Kind::kString)) return unsupported(std::string("'") + name + "' is no text");
    out.pattern = pattern->text;
  }
  return out;
}

}  // namespace lmc
