#include "lmc/media/image/lzw_codes.h"

#include <algorithm>
#include <string>

#include "lmc/coding/gap_list.h"

namespace lmc {
namespace {

constexpr uint32_t kMaxCodes = 4096;
constexpr int kMaxCodeBits = 12;
constexpr uint32_t kNoCode = kMaxCodes;
constexpr size_t kRatioGap = 10000;  // symbols between libtiff's looks at the ratio

// Up to 16 bits; past the end there are zeros.
uint32_t read_bits(ByteSpan bytes, size_t position_bits, int count, bool high_first) {
  const auto byte = [&](size_t i) { return i < bytes.size() ? uint32_t(bytes[i]) : 0; };
  const size_t first = position_bits / 8;
  const int skipped = int(position_bits % 8);
  const uint32_t mask = (1u << count) - 1;
  if (high_first) return (byte(first) << 16 | byte(first + 1) << 8 | byte(first + 2)) >> (24 - skipped - count) & mask;
  return (byte(first) | byte(first + 1) << 8 | byte(first + 2) << 16) >> skipped & mask;
}

class CodeWriter {
 public:
  explicit CodeWriter(bool high_first) : high_first_(high_first) {}

  void write(uint32_t value, int count) {
    pending_ = high_first_ ? pending_ << count | value : pending_ | value << pending_bits_;
    pending_bits_ += count;
    for (; pending_bits_ >= 8; pending_bits_ -= 8) {
      bytes_.push_back(uint8_t(high_first_ ? pending_ >> (pending_bits_ - 8) : pending_));
      if (!high_first_) pending_ >>= 8;
    }
    if (high_first_) pending_ &= 0xff;
  }
  int bits_to_byte_end() const { return -pending_bits_ & 7; }
  const Bytes& bytes() const { return bytes_; }
  Bytes finish() && { return std::move(bytes_); }

 private:
  bool high_first_;
  Bytes bytes_;
  uint32_t pending_ = 0;
  int pending_bits_ = 0;
};

// After the table has grown to size.
void grow_code(uint32_t size, const LzwForm& form, int& code_bits) {
  if (size == (1u << code_bits) - uint32_t(form.grows_early) && code_bits < kMaxCodeBits) ++code_bits;
}

// libtiff's measure of how well symbols shrink, symbols a bit in 24.8 bits; it clears when that has not become better.
class RatioWatch {
 public:
  explicit RatioWatch(int first_bits) : bits_(size_t(first_bits)) {}

  void add_bits(int count) { bits_ += size_t(count); }
  // symbols: how many were read, the one that ended the last string included.
  void restart(size_t symbols, int clear_bits) {
    begin_ = symbols;
    bits_ = size_t(clear_bits);
    ratio_ = 0;
  }
  // Whether to clear.
  bool look(size_t symbols) {
    const size_t read = symbols - begin_;
    if (read < next_) return false;
    next_ = read + kRatioGap;
    const size_t ratio = read <= 0x7fffff ? (read << 8) / bits_ : bits_ >> 8 == 0 ? 0x7fffffff : read / (bits_ >> 8);
    if (ratio <= ratio_) return true;
    ratio_ = ratio;
    return false;
  }

 private:
  size_t begin_ = 0, next_ = kRatioGap, bits_ = 0, ratio_ = 0;
};

// What encoder and decoder both know after the codes so far.
class LzwState {
 public:
  LzwState(ByteSpan symbols, LzwForm form, LzwHeuristics heuristics)
      : symbols_(symbols),
        form_(form),
        heuristics_(heuristics),
        ratio_(form.min_code_bits + 1),
        lengths_(kMaxCodes, 1),
        table_(kSlots) {
    clear();
  }

  uint32_t clear_code() const { return 1u << form_.min_code_bits; }
  uint32_t end_code() const { return clear_code() + 1; }
  int code_bits() const { return code_bits_; }
  // The number of codes a decoder has; the encoder knows one more.
  uint32_t table_size() const { return table_size_; }
  size_t position() const { return position_; }
  bool is_fresh() const { return codes_ == 0; }

  // The greedy choice, with the heuristic to clear the table when it has some size.
  uint32_t predict() const {
    if (!started_) return clear_code();
    if (position_ == symbols_.size()) return ended_ ? kNoCode : end_code();
    if (!is_fresh() && (table_size_ == heuristics_.clear_at || ratio_slips_)) return clear_code();
    uint32_t code = symbols_[position_];
    for (size_t next = position_ + 1; next < symbols_.size(); ++next) {
      const uint32_t longer = find(code, symbols_[next]);
      if (longer == kNoCode) break;
      code = longer;
    }
    return code;
  }

  // False if the code cannot stand here.
  bool commit(uint32_t code) {
    if (code == clear_code()) {
      if (started_) ratio_.restart(position_ + 1, code_bits_);
      started_ = true;
      clear();
      return true;
    }
    started_ = true;
    if (code == end_code()) {
      ended_ = true;
      return true;
    }
    const bool known =
        code < clear_code() || (code > end_code() && code < table_size_ + (codes_ > 0) && code < kMaxCodes);
    if (!known || lengths_[code] > symbols_.size() - position_) return false;
    position_ += lengths_[code];
    ratio_.add_bits(code_bits_);
    const int bits_before = code_bits_;
    if (codes_++ > 0 && table_size_ < kMaxCodes) grow_code(++table_size_, form_, code_bits_);
    if (table_size_ < kMaxCodes && position_ < symbols_.size()) {
      lengths_[table_size_] = lengths_[code] + 1;
      insert(code, symbols_[position_], table_size_);
    }
    if (heuristics_.watches_ratio && table_size_ != heuristics_.clear_at && code_bits_ == bits_before)
      ratio_slips_ = ratio_.look(position_ + 1);
    return true;
  }

 private:
  static constexpr size_t kSlots = 16384;  // four times the entries

  void clear() {
    code_bits_ = form_.min_code_bits + 1;
    table_size_ = end_code() + 1;
    codes_ = 0;
    ratio_slips_ = false;
    // A hostile file clears it all the time.
    if (used_slots_.size() < kSlots / 16)
      for (const uint16_t slot : used_slots_) table_[slot] = 0;
    else
      std::fill(table_.begin(), table_.end(), 0);
    used_slots_.clear();
  }

  // An entry: the code before (12 bits), the symbol (8), the code (12); never 0, as codes begin at 6.
  static uint32_t key_of(uint32_t before, uint8_t symbol) { return before << 20 | uint32_t(symbol) << 12; }
  static size_t slot_of(uint32_t key) { return key * 2654435761u >> 18; }

  uint32_t find(uint32_t before, uint8_t symbol) const {
    const uint32_t key = key_of(before, symbol);
    for (size_t slot = slot_of(key); table_[slot] != 0; slot = (slot + 1) % kSlots)
      if ((table_[slot] & ~0xfffu) == key) return table_[slot] & 0xfff;
    return kNoCode;
  }

  void insert(uint32_t before, uint8_t symbol, uint32_t code) {
    const uint32_t key = key_of(before, symbol);
    size_t slot = slot_of(key);
    for (; table_[slot] != 0; slot = (slot + 1) % kSlots)
      if ((table_[slot] & ~0xfffu) == key) return;  // a string known already keeps its first code
    table_[slot] = key | code;
    used_slots_.push_back(uint16_t(slot));
  }

  ByteSpan symbols_;
  LzwForm form_;
  LzwHeuristics heuristics_;
  RatioWatch ratio_;
  int code_bits_ = 0;
  uint32_t table_size_ = 0;
  size_t position_ = 0, codes_ = 0;
  bool started_ = false, ended_ = false, ratio_slips_ = false;
  std::vector<uint32_t> lengths_;  // in symbols, by code
  std::vector<uint32_t> table_;
  std::vector<uint16_t> used_slots_;  // of the table
};

struct LzwCodes {
  std::vector<uint16_t> codes;
  Bytes symbols;
  size_t size_bytes = 0;
  uint8_t padding = 0;
};

// Decodes in the plain way, to have the symbols; stops after the end code, where the stream ends, or where all symbols
// are there and another would follow.
Result<LzwCodes> decode(ByteSpan stream, const LzwForm& form, size_t symbol_count) {
  struct Entry {
    size_t begin = 0, length = 0;  // of a place among the symbols where its string stands
  };
  const uint32_t clear = 1u << form.min_code_bits, end = clear + 1;
  LzwCodes result;
  std::vector<Entry> entries(kMaxCodes);
  size_t position_bits = 0;
  int code_bits = form.min_code_bits + 1;
  uint32_t size = end + 1;
  Entry before;  // length 0: none
  const auto error = [&](const char* what) { return bad_input(std::string("LZW: ") + what, position_bits / 8); };
  while (position_bits + size_t(code_bits) <= 8 * stream.size()) {
    const uint32_t code = read_bits(stream, position_bits, code_bits, form.high_bits_first);
    if (result.symbols.size() == symbol_count && code != end && code != clear) break;
    position_bits += size_t(code_bits);
    result.codes.push_back(uint16_t(code));
    if (code == end) break;
    if (code == clear) {
      code_bits = form.min_code_bits + 1;
      size = end + 1;
      before = {};
      continue;
    }
    if (code > size || (code == size && before.length == 0) || code >= kMaxCodes)
      return error("a code that is not known yet");
    // The entry the table lacks is the string before and the first symbol of this one.
    const Entry now{result.symbols.size(), code < clear ? 1 : code < size ? entries[code].length : before.length + 1};
    if (now.length > symbol_count - result.symbols.size()) return error("more symbols than there are pixels");
    const size_t from = code < clear ? 0 : code < size ? entries[code].begin : before.begin;
    for (size_t i = 0; i < now.length; ++i)
      result.symbols.push_back(code < clear ? uint8_t(code) : result.symbols[from + i]);
    if (before.length > 0 && size < kMaxCodes) {
      entries[size++] = {before.begin, before.length + 1};
      grow_code(size, form, code_bits);
    }
    before = now;
  }
  if (result.symbols.size() != symbol_count) return error("less symbols than there are pixels");
  result.size_bytes = (position_bits + 7) / 8;
  result.padding = uint8_t(read_bits(stream, position_bits, int(-position_bits & 7), form.high_bits_first));
  return result;
}

Result<uint32_t> read_code(ByteReader& side) {
  LMC_ASSIGN(const auto code, side.read_varint("corrected code"));
  return uint32_t(std::min<uint64_t>(code, kNoCode));
}

}  // namespace

uint32_t lzw_clears_at(ByteSpan stream, LzwForm form, size_t symbol_count) {
  const auto codes = decode(stream, form, symbol_count);
  if (!codes.ok()) return 0;
  LzwState state(codes->symbols, form, {});
  for (const uint16_t code : codes->codes) {
    if (code == state.clear_code() && !state.is_fresh() && state.position() < codes->symbols.size())
      return state.table_size();
    if (!state.commit(code)) break;
  }
  return 0;
}

Result<ParsedLzw> parse_lzw(ByteSpan stream, LzwForm form, LzwHeuristics heuristics, size_t symbol_count) {
  auto codes = decode(stream, form, symbol_count);
  if (!codes.ok()) return codes.error();
  LzwState state(codes->symbols, form, heuristics);
  ParsedLzw parsed;
  GapListWriter corrections;
  const size_t most = codes->size_bytes / 2 + 32;
  const auto compare = [&](uint32_t actual) {
    if (state.predict() == actual)
      corrections.right();
    else
      append_varint(corrections.wrong(), actual);
  };
  for (const uint16_t code : codes->codes) {
    compare(code);
    if (!state.commit(code)) return bad_input("LZW: a code that cannot stand where it does");
    if (corrections.size_bytes() > most)
      return bad_input("LZW: the encoder was not greedy; describing its choices would take more than half of them");
  }
  if (codes->codes.empty() || codes->codes.back() != state.end_code()) compare(kNoCode);
  parsed.corrections = size_t(corrections.count());
  corrections.append_to(parsed.side);
  parsed.side.push_back(codes->padding);
  parsed.symbols = std::move(codes->symbols);
  parsed.size_bytes = codes->size_bytes;
  return parsed;
}

Result<Bytes> rebuild_lzw(ByteReader& side, ByteSpan symbols, LzwForm form, LzwHeuristics heuristics,
                          size_t max_bytes) {
  LMC_ASSIGN(auto corrections, GapListReader<uint32_t, read_code>::create(side));
  LzwState state(symbols, form, heuristics);
  CodeWriter bits(form.high_bits_first);
  for (uint32_t code = 0; code != state.end_code();) {
    const std::optional<uint32_t> corrected = corrections.next();
    code = corrected ? *corrected : state.predict();
    if (code == kNoCode) break;
    const int code_bits = state.code_bits();
    if (code >> code_bits != 0 || !state.commit(code))
      return bad_input("reconstruction data of LZW: a code that cannot be");
    bits.write(code, code_bits);
    if (bits.bytes().size() > max_bytes) return bad_input("reconstruction data of LZW: more than the file's size");
  }
  LMC_ASSIGN(const auto padding, side.read_le<uint8_t>("bits after the last code"));
  if (!corrections.is_done() || state.position() != symbols.size())
    return bad_input("reconstruction data of LZW do not fit the pixels");
  const int filled = bits.bits_to_byte_end();
  bits.write(padding & ((1u << filled) - 1), filled);
  return std::move(bits).finish();
}

}  // namespace lmc
