// A JSON text as a tree, for the headers of model files. What it is built of gives its memory back without taking any,
// so that a call which runs out of it ends with an error (nlohmann::json, which parses here, allocates when it ends).
#ifndef LMC_MODELS_FILE_JSON_VALUE_H_
#define LMC_MODELS_FILE_JSON_VALUE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lmc/base/bytes.h"

namespace lmc {

struct JsonMember;

struct JsonValue {
  enum class Kind { kNull, kBoolean, kInteger, kFloat, kString, kArray, kObject };

  Kind kind = Kind::kNull;
  bool boolean = false;
  std::optional<int64_t> integer;   // of kInteger; nothing: it is above all that 64 bits with a sign hold
  double number = 0;                // of kInteger and kFloat
  std::string text;                 // of kString; of numbers as they were written
  std::vector<JsonValue> elements;  // of kArray
  std::vector<JsonMember> members;  // of kObject, by name

  bool is(Kind wanted) const { return kind == wanted; }
  const JsonValue* find(const std::string& name) const;  // of kObject; null: there is none
  std::string dump() const;                              // without white space
};

struct JsonMember {
  std::string name;
  JsonValue value;
};

// Nothing if it is no JSON, or nested more than some ten deep. Of members of one name the last counts.
std::optional<JsonValue> parse_json(ByteSpan text);

}  // namespace lmc

#endif  // LMC_MODELS_FILE_JSON_VALUE_H_
