#include "lmc/mixing/contexts.h"

#include <algorithm>

namespace lmc {
namespace {

constexpr uint32_t kMatchMinimum = 6;  // bytes hashed to find a match
constexpr uint32_t kMatchCap = 65535;
constexpr uint32_t kOffsetBits = 24;  // offsets in the match table; later bytes are not indexed

bool is_word_byte(uint8_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 128 || c == '\''; }

unsigned match_bits(size_t size_bytes) { return std::min(25u, log2_at_least(size_bytes * 2, 10)); }

}  // namespace

uint32_t byte_class(uint8_t c) {
  if (c >= '0' && c <= '9') return 1;
  if (c >= 'a' && c <= 'z') return 2;
  if (c >= 'A' && c <= 'Z') return 3;
  if (c == ' ') return 4;
  if (c == '\n' || c == '\r') return 5;
  if (c == '\t') return 6;
  if (c >= 128) return 7;
  if (c == '.' || c == '!' || c == '?') return 8;
  if (c == ',' || c == ';' || c == ':') return 9;
  if (c == '"' || c == '\'' || c == '`') return 10;
  if (c == '(' || c == '[' || c == '{' || c == '<') return 11;
  if (c == ')' || c == ']' || c == '}' || c == '>') return 12;
  if (c == '-' || c == '_' || c == '/' || c == '\\') return 13;
  if (c < 32) return 14;
  return 15;
}

uint32_t length_bucket(uint32_t length) {
  if (length == 0) return 0;
  if (length < 8) return 1;
  if (length < 12) return 2;
  if (length < 16) return 3;
  if (length < 24) return 4;
  if (length < 32) return 5;
  if (length < 64) return 6;
  return length < 512 ? 7 : 8;
}

uint64_t Contexts::match_table_bytes(size_t size_bytes) {
  return sizeof(decltype(match_table_)::value_type) << match_bits(size_bytes);
}

Contexts::Contexts(bool tokens, uint32_t streams, size_t size_bytes)
    : tokens_(tokens), streams_(streams), match_table_(size_t(1) << match_bits(size_bytes), 0) {
  for (StreamContexts& s : streams_) compute_hashes(s);
}

int Contexts::expected_byte(const StreamContexts& s) const {
  if (s.match_length == 0) return -1;
  const Bytes& source = streams_[s.match_stream].history;
  return s.match_offset < source.size() ? source[s.match_offset] : -1;
}

void Contexts::find_match(StreamContexts& s) {
  const size_t size = s.history.size();
  if (size < kMatchMinimum) return;
  const auto self = uint32_t(&s - streams_.data());
  const uint64_t tail = uint64_t(s.c4) | uint64_t(s.c8 & 0xffff) << 32;
  uint32_t& entry = match_table_[mix(tail) & (match_table_.size() - 1)];
  if (s.match_length == 0 && entry != 0) {
    const uint32_t stream = (entry - 1) >> kOffsetBits;
    const uint32_t offset = (entry - 1) & ((1u << kOffsetBits) - 1);
    const Bytes& source = streams_[stream].history;
    uint32_t length = 0;
    while (length < 400 && length < offset && length < size &&
           source[offset - 1 - length] == s.history[size - 1 - length])
      ++length;
    if (length >= kMatchMinimum) {
      s.match_stream = stream;
      s.match_offset = offset;
      s.match_length = length;
    }
  }
  if (size < (size_t(1) << kOffsetBits)) entry = (self << kOffsetBits | uint32_t(size)) + 1;
}

void Contexts::append_byte(StreamContexts& s, uint8_t byte) {
  const int expected = expected_byte(s);
  if (expected == byte) {
    s.match_length = std::min(s.match_length + 1, kMatchCap);
    ++s.match_offset;
    if ((s.match_length & 15) == 0 && s.match_misses > 0) --s.match_misses;
  } else {
    if (s.match_length > 0) s.match_misses = std::min(s.match_misses + 1, 7u);
    s.match_length = 0;
  }
  s.history.push_back(byte);
  s.c8 = s.c8 << 8 | s.c4 >> 24;
  s.c4 = s.c4 << 8 | byte;
  s.number_format = s.number_format << 4 | byte_class(byte);
  if (is_word_byte(byte)) {
    const uint32_t folded = byte >= 'A' && byte <= 'Z' ? byte + 32u : byte;
    s.word = (s.word + folded + 1) * 0x2F0B4C47u;
  } else if (s.word != 0) {
    s.word_before = s.last_word;
    s.last_word = s.word;
    s.word = 0;
  }
  if (byte == '\n') {
    s.above = s.line_start;
    s.line_start = uint32_t(s.history.size());
    s.first_byte = 0;
  } else if (s.history.size() - s.line_start <= 2) {
    s.first_byte = s.first_byte << 8 | byte;
  }
  s.token_hash = (s.token_hash + byte + 1) * 0x9E3779B1u;
  ++s.token_bytes;
  find_match(s);
  s.hashes_stale = true;
}

void Contexts::compute_hashes(StreamContexts& s) const {
  s.hashes_stale = false;
  const uint64_t c4 = s.c4;
  const uint64_t c8 = s.c8;
  const size_t column = s.history.size() - s.line_start;
  const size_t above_offset = s.above + column;
  const uint32_t above = above_offset < s.line_start ? s.history[above_offset] : 0;
  const uint32_t above_next = above_offset + 1 < s.line_start ? s.history[above_offset + 1] : 0;
  const int expected = expected_byte(s);
  auto& h = s.hashes;
  size_t i = 0;
  const uint64_t match = expected >= 0 ? uint64_t(expected + 1) << 8 | std::min(length_bucket(s.match_length), 15u) : 0;
  const auto add = [&](uint64_t a, uint64_t b) {
    h[i] = hash2(a, b * kMostContexts + i);
    ++i;
  };
  const uint64_t word_pair = uint64_t(s.last_word) << 16 | 0xA;
  const uint64_t word_triple = mix(uint64_t(s.last_word) << 32 | s.word_before) | 0xB;
  const uint64_t number = uint64_t(s.number_format) << 8 | (c4 & 0xff);
  add(match, 0);
  add(c4 & 0xff, 1);
  if (tokens_) {
    const uint64_t token = uint64_t(s.token_hash) << 8 | std::min(s.token_bytes, 255u);
    add(c4, 4);
    add(c4 | (c8 & 0xffff) << 32, 6);
    add(s.word, uint64_t(c4 & 0xff) | 0x900);
    add(s.word, word_pair);
    add(s.word, word_triple);
    add(uint64_t(above) << 8 | (c4 & 0xff), uint64_t(above_next) << 16 | 0xC);
    add(number, 0xF);
    add(token, uint64_t(s.tokens[0]) << 16 | 0x10);
    add(token, (uint64_t(s.tokens[0]) << 32 | uint64_t(s.tokens[1]) << 16) | 0x11);
    add(token, mix(uint64_t(s.tokens[0]) << 32 | uint64_t(s.tokens[1]) << 16 | s.tokens[2]) | 0x12);
    return;
  }
  add(c4 & 0xffff, 2);
  add(c4 & 0xffffff, 3);
  add(c4, 4);
  add(c4 | (c8 & 0xff) << 32, 5);
  add(c4 | (c8 & 0xffff) << 32, 6);
  add(c4 | c8 << 32, 8);
  add(s.word, uint64_t(c4 & 0xff) | 0x900);
  add(s.word, word_pair);
  add(s.word, word_triple);
  add(uint64_t(above) << 8 | (c4 & 0xff), uint64_t(above_next) << 16 | 0xC);
  add(uint64_t(s.first_byte) << 32 | std::min<uint64_t>(column, 255), uint64_t(above) << 16 | 0xD);
  add((c4 >> 8) & 0xffff, 0xE);
  add(number, 0xF);
  add(c4 & 0xf0f0ff, 0x13);
  add(c4 >> 16, 0x14);
  add((c4 & 0xff) | (s.history.size() & 3) << 8 | (c4 >> 24) << 16, 0x15);
}

void Contexts::end_token(StreamContexts& s, uint32_t token) {
  s.tokens = {token, s.tokens[0], s.tokens[1]};
  s.token_hash = 0;
  s.token_bytes = 0;
  compute_hashes(s);
}

}  // namespace lmc
