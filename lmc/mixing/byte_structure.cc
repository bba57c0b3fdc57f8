#include "lmc/mixing/byte_structure.h"

#include <algorithm>
#include <charconv>

#include "lmc/mixing/contexts.h"

namespace lmc {
namespace {

constexpr uint32_t kStep = 0x2F0B4C47u;  // of the hashes that grow with every byte
constexpr size_t kMostFields = 256, kMostOpen = 64;
constexpr uint32_t kMostDigits = 18;
constexpr size_t kNumberPlaces = size_t(1) << 14;
constexpr uint32_t kLongestRecord = 1024, kRecordsChosenEvery = 1024;

bool is_digit(uint8_t c) { return c >= '0' && c <= '9'; }
bool is_letter(uint8_t c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }
uint32_t grow(uint32_t hash, uint8_t byte) { return (hash + byte + 1) * kStep; }

}  // namespace

void Words::append(uint8_t byte) {
  if (is_letter(byte) || byte >= 128 || byte == '\'') {
    current = grow(current, byte >= 'A' && byte <= 'Z' ? uint8_t(byte + 32) : byte);
  } else if (current != 0) {
    last = current;
    current = 0;
  }
}

void Fields::append(uint8_t byte, uint32_t size, int expected) {
  constexpr uint8_t kDelimiters[] = {',', '\t', ';', '|'};
  if (order == kSame && expected != byte) order = expected < 0 ? kUnknown : byte < expected ? kBelow : kAbove;
  hash = grow(hash, byte);
  for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += byte == kDelimiters[i];
  if (byte == '\n') {
    const auto most = std::max_element(counts_.begin(), counts_.end());
    delimiter = *most > 1 ? kDelimiters[most - counts_.begin()] : uint8_t(' ');
    counts_ = {};
    above_.swap(begins_);
    begins_.assign(1, size);
    index = hash = previous = before = 0;
    begin = size;
    order = kSame;
    return;
  }
  if (byte != delimiter) return;
  ++index;
  begin = size;
  before = previous;
  previous = hash;
  hash = 0;
  order = kSame;
  if (begins_.size() < kMostFields) begins_.push_back(size);
}

Numbers::Numbers() : places_(kNumberPlaces) {}

void Numbers::guess(uint32_t key) {
  key_ = key;
  count_ = at_ = 0;
  const Place& place = places_[mix(key) & (kNumberPlaces - 1)];
  guessing_ = place.digits > 0;
  if (!guessing_) return;
  std::array<char, 24> text;
  const uint64_t value = place.value + (place.step != 0 ? place.step : 1);
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  const auto length = uint32_t(end - text.data());
  const uint32_t zeros = place.digits > length ? place.digits - length : 0;
  std::fill_n(guess_.begin(), zeros, uint8_t('0'));
  std::copy(text.data(), end, guess_.begin() + zeros);
  guess_length_ = zeros + length;
  trust_ = std::min(place.hits, 3u) + (place.step != 0 ? 4 : 0);
}

void Numbers::learn() {
  if (count_ == 0 || count_ > kMostDigits) return;
  Place& place = places_[mix(key_) & (kNumberPlaces - 1)];
  if (place.digits > 0) {
    const bool hit = place.value + (place.step != 0 ? place.step : 1) == value_;
    place.hits = hit ? std::min(place.hits + 1, 3u) : 0;
    place.step = value_ - place.value;
  }
  place.digits = count_;
  place.value = value_;
}

void Numbers::append(uint8_t byte) {
  if (is_digit(byte)) {
    at_boundary = false;
    if (count_ == 0) {
      shape = uint32_t(hash2(shape, '0') >> 16);
      value_ = digits = 0;
    }
    if (guessing_ && expected() == byte)
      ++at_;
    else
      guessing_ = false;
    digits = (digits + byte) * kStep;
    value_ = value_ * 10 + (byte - '0');
    ++count_;
    return;
  }
  at_boundary = count_ > 0 || !is_letter(byte);
  learn();
  digits = 0;
  if (byte == '\n') {
    shape_of_last_line = shape;
    shape = 1;
    guess(uint32_t(mix(uint64_t(shape_of_last_line) * 3 + 7) >> 8));
  } else {
    shape = uint32_t(hash2(shape, byte) >> 16);
    guess(shape);
  }
}

Records::Records() : last_(65536), votes_(kLongestRecord + 1) {}

void Records::append(uint32_t last_two, uint32_t size) {
  const uint32_t distance = size - last_[last_two];
  if (last_[last_two] != 0 && distance >= 2 && distance <= kLongestRecord) ++votes_[distance];
  last_[last_two] = size;
  if (size % kRecordsChosenEvery == 0) choose();
}

// A length must have an eighth of the votes; old votes count half as much.
void Records::choose() {
  uint32_t best = 0, sum = 0;
  for (uint32_t d = 2; d <= kLongestRecord; ++d) {
    if (votes_[d] > votes_[best]) best = d;
    sum += votes_[d];
  }
  length = votes_[best] * 8 >= std::max(sum, kRecordsChosenEvery / 4) ? best : 0;
  for (uint32_t& votes : votes_) votes /= 2;
}

void Nesting::append(uint8_t byte) {
  if (byte == '"') {
    if (quoted_) key = string_;
    quoted_ = !quoted_;
    string_ = 0;
  } else if (quoted_) {
    string_ = grow(string_, byte);
    if (byte == '\n') quoted_ = false;
  }
  if (byte == '{' || byte == '[' || byte == '(') {
    if (open_.size() < kMostOpen) open_.push_back(key * 31 + byte);
    key = 0;
  } else if (byte == '}' || byte == ']' || byte == ')') {
    if (!open_.empty()) open_.pop_back();
    key = 0;
  } else if (byte == '<') {
    tag_ = 1;
  } else if (tag_ != 0) {
    const bool ends = byte == '>' || byte == ' ' || byte == '\n';
    if (ends && tag_ > 1) key = tag_;
    tag_ = ends ? 0 : grow(tag_, byte);
  }
}

}  // namespace lmc
