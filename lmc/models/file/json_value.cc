#include "lmc/models/file/json_value.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace lmc {
namespace {

using Json = nlohmann::json;
using Kind = JsonValue::Kind;

constexpr size_t kMostLevels = 32;  // a tree ends level by level

std::string quoted(const std::string& text) { return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace); }

JsonValue of(Kind kind) {
  JsonValue value;
  value.kind = kind;
  return value;
}

// Values as the parser meets them; the innermost open one is last.
class Builder : public Json::json_sax_t {
 public:
  bool null() override { return add({}); }
  bool boolean(bool value) override {
    JsonValue out = of(Kind::kBoolean);
    out.boolean = value;
    return add(std::move(out));
  }
  bool number_integer(int64_t value) override { return add_integer(value, double(value), std::to_string(value)); }
  bool number_unsigned(uint64_t value) override {
    const auto fitting = value <= uint64_t(INT64_MAX) ? std::optional(int64_t(value)) : std::nullopt;
    return add_integer(fitting, double(value), std::to_string(value));
  }
  bool number_float(double value, const std::string& text) override {
    JsonValue out = of(Kind::kFloat);
    out.number = value;
    out.text = text;
    return add(std::move(out));
  }
  bool string(std::string& value) override {
    JsonValue out = of(Kind::kString);
    out.text = std::move(value);
    return add(std::move(out));
  }
  bool binary(Json::binary_t&) override { return false; }
  bool start_object(size_t) override { return open(Kind::kObject); }
  bool start_array(size_t) override { return open(Kind::kArray); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(std::string& name) override {
    open_.back().name = std::move(name);
    return true;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

  JsonValue take() { return std::move(whole_); }

 private:
  struct Open {
    JsonValue value;
    std::string name;  // of the member that comes next
  };

  bool add(JsonValue value) {
    if (open_.empty())
      whole_ = std::move(value);
    else if (open_.back().value.is(Kind::kArray))
      open_.back().value.elements.push_back(std::move(value));
    else
      open_.back().value.members.push_back({std::move(open_.back().name), std::move(value)});
    return true;
  }
  bool add_integer(std::optional<int64_t> value, double number, std::string text) {
    JsonValue out = of(Kind::kInteger);
    out.integer = value;
    out.number = number;
    out.text = std::move(text);
    return add(std::move(out));
  }
  bool open(Kind kind) {
    if (open_.size() >= kMostLevels) return false;
    open_.emplace_back().value.kind = kind;
    return true;
  }
  bool close() {
    JsonValue value = std::move(open_.back().value);
    open_.pop_back();
    if (value.is(Kind::kObject)) {
      std::ranges::stable_sort(value.members, {}, &JsonMember::name);
      keep_last(value.members);
    }
    return add(std::move(value));
  }
  static void keep_last(std::vector<JsonMember>& members) {
    size_t kept = 0;
    for (size_t i = 0; i < members.size(); ++i) {
      if (i + 1 < members.size() && members[i].name == members[i + 1].name) continue;
      if (kept != i) members[kept] = std::move(members[i]);
      ++kept;
    }
    members.resize(kept);
  }

  JsonValue whole_;
  std::vector<Open> open_;
};

}  // namespace

const JsonValue* JsonValue::find(const std::string& name) const {
  const auto at = std::ranges::lower_bound(members, name, {}, &JsonMember::name);
  return at != members.end() && at->name == name ? &at->value : nullptr;
}

std::string JsonValue::dump() const {
  if (kind == Kind::kNull) return "null";
  if (kind == Kind::kBoolean) return boolean ? "true" : "false";
  if (kind == Kind::kString) return quoted(text);
  if (kind == Kind::kInteger || kind == Kind::kFloat) return text;
  std::string out;
  for (const JsonValue& element : elements) out += (out.empty() ? "" : ",") + element.dump();
  for (const JsonMember& member : members)
    out += (out.empty() ? "" : ",") + quoted(member.name) + ":" + member.value.dump();
  return kind == Kind::kArray ? "[" + out + "]" : "{" + out + "}";
}

std::optional<JsonValue> parse_json(ByteSpan text) {
  Builder builder;
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) return {};
  return builder.take();
}

}  // namespace lmc
