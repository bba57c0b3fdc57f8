// Any bytes as a serialised tokenizer or the merges of an imported one, and any bytes as text for one: what is encoded
// decodes to the same.
#include <cstdlib>

#include "lmc/tokenize/tokenizer.h"

namespace {

// All bytes, and what bytes 'a' to 'd' make in twos and fours.
const lmc::Tokenizer& small_tokenizer() {
  static const lmc::Tokenizer tokenizer = [] {
    std::vector<std::string> strings;
    for (int byte = 0; byte < 256; ++byte) {
      strings.push_back(std::string(1, char(byte)));
      if (byte < 'a' || byte > 'd') continue;
      for (char next : {'a', 'b', 'c', 'd'}) strings.push_back({char(byte), next});
    }
    std::vector<uint32_t> ranks(strings.size());
    uint32_t rank = 0;
    for (size_t i = 0; i < strings.size(); ++i) ranks[i] = strings[i].size() > 1 ? rank++ : 0;
    auto made = lmc::Tokenizer::create(std::move(strings), std::move(ranks));
    if (!made.ok()) std::abort();
    return std::move(*made);
  }();
  return tokenizer;
}

void require_round_trip(const lmc::Tokenizer& tokenizer, lmc::ByteSpan text) {
  const lmc::Bytes back = tokenizer.decode(tokenizer.encode(text));
  if (back != lmc::Bytes(text.begin(), text.end())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const lmc::ByteSpan bytes(data, size);
  require_round_trip(small_tokenizer(), bytes);
  const auto imported = lmc::Tokenizer::parse(small_tokenizer().serialize(), bytes);
  if (imported.ok()) require_round_trip(*imported, bytes);
  const auto parsed = lmc::Tokenizer::parse(bytes);
  if (!parsed.ok()) return 0;
  require_round_trip(*parsed, bytes);
  const auto again = lmc::Tokenizer::parse(parsed->serialize());
  if (!again.ok() || again->vocabulary() != parsed->vocabulary()) std::abort();
  return 0;
}
