// Layout of the side bytes:
//   varint    size of the table at which it is cleared; 0: never
//   varint    number of corrected codes, and for each
//     varint    codes that were right since the last correction
//     varint    the code, or kNoCode: the stream ends without another
//   1 byte    the bits that fill up the last byte
#include "lmc/media/gif_lzw.h"

#include <algorithm>
#include <array>
#include <string>

#include "lmc/media/bit_string.h"

namespace lmc {
namespace {

constexpr uint32_t kMaxCodes = 4096;
constexpr int kMaxCodeBits = 12;
constexpr uint32_t kNoCode = kMaxCodes;

// What encoder and decoder both know after the codes so far.
class LzwState {
 public:
  LzwState(ByteSpan pixels, int min_code_bits)
      : pixels_(pixels), min_code_bits_(min_code_bits), lengths_(kMaxCodes, 1), table_(kSlots) {
    clear();
  }

  uint32_t clear_code() const { return 1u << min_code_bits_; }
  uint32_t end_code() const { return clear_code() + 1; }
  int code_bits() const { return code_bits_; }
  // The number of codes a decoder has; the encoder knows one more.
  uint32_t table_size() const { return table_size_; }
  size_t position() const { return position_; }
  bool is_fresh() const { return codes_ == 0; }

  // The greedy choice, with the habit to clear the table when it has some size.
  uint32_t predict(uint32_t clear_at) const {
    if (!started_) return clear_code();
    if (position_ == pixels_.size()) return ended_ ? kNoCode : end_code();
    if (!is_fresh() && table_size_ == clear_at) return clear_code();
    uint32_t code = pixels_[position_];
    for (size_t next = position_ + 1; next < pixels_.size(); ++next) {
      const uint32_t longer = find(code, pixels_[next]);
      if (longer == kNoCode) break;
      code = longer;
    }
    return code;
  }

  // False if the code cannot stand here.
  bool commit(uint32_t code) {
    started_ = true;
    if (code == clear_code()) {
      clear();
      return true;
    }
    if (code == end_code()) {
      ended_ = true;
      return true;
    }
    const bool known =
        code < clear_code() || (code > end_code() && code < table_size_ + (codes_ > 0) && code < kMaxCodes);
    if (!known || lengths_[code] > pixels_.size() - position_) return false;
    position_ += lengths_[code];
    if (codes_++ > 0 && table_size_ < kMaxCodes && ++table_size_ == 1u << code_bits_ && code_bits_ < kMaxCodeBits)
      ++code_bits_;
    if (table_size_ < kMaxCodes && position_ < pixels_.size()) {
      lengths_[table_size_] = lengths_[code] + 1;
      insert(code, pixels_[position_], table_size_);
    }
    return true;
  }

 private:
  static constexpr size_t kSlots = 16384;  // four times the entries

  void clear() {
    code_bits_ = min_code_bits_ + 1;
    table_size_ = end_code() + 1;
    codes_ = 0;
    std::fill(table_.begin(), table_.end(), 0);
  }

  // An entry: the code before (12 bits), the pixel (8), the code (12); never 0, as codes begin at 6.
  static uint32_t key_of(uint32_t before, uint8_t pixel) { return before << 20 | uint32_t(pixel) << 12; }
  static size_t slot_of(uint32_t key) { return key * 2654435761u >> 18; }

  uint32_t find(uint32_t before, uint8_t pixel) const {
    const uint32_t key = key_of(before, pixel);
    for (size_t slot = slot_of(key); table_[slot] != 0; slot = (slot + 1) % kSlots)
      if ((table_[slot] & ~0xfffu) == key) return table_[slot] & 0xfff;
    return kNoCode;
  }

  void insert(uint32_t before, uint8_t pixel, uint32_t code) {
    const uint32_t key = key_of(before, pixel);
    size_t slot = slot_of(key);
    for (; table_[slot] != 0; slot = (slot + 1) % kSlots)
      if ((table_[slot] & ~0xfffu) == key) return;  // a string known already keeps its first code
    table_[slot] = key | code;
  }

  ByteSpan pixels_;
  int min_code_bits_, code_bits_ = 0;
  uint32_t table_size_ = 0;
  size_t position_ = 0, codes_ = 0;
  bool started_ = false, ended_ = false;
  std::vector<uint32_t> lengths_;  // in pixels, by code
  std::vector<uint32_t> table_;
};

struct LzwCodes {
  std::vector<uint16_t> codes;
  Bytes pixels;
  size_t size_bytes = 0;
  uint8_t padding = 0;
};

// Decodes in the plain way, to have the pixels; stops after the end code or where the stream ends.
Result<LzwCodes> decode(ByteSpan stream, int min_code_bits, size_t pixel_count) {
  struct Entry {
    size_t begin = 0, length = 0;  // of a place among the pixels where its string stands
  };
  const uint32_t clear = 1u << min_code_bits, end = clear + 1;
  LzwCodes result;
  std::vector<Entry> entries(kMaxCodes);
  BitReader bits(stream);
  int code_bits = min_code_bits + 1;
  uint32_t size = end + 1;
  Entry before;  // length 0: none
  const auto error = [&](const char* what) { return bad_input(std::string("GIF: ") + what, bits.position_bits() / 8); };
  while (bits.position_bits() + size_t(code_bits) <= 8 * stream.size()) {
    const uint32_t code = bits.read(code_bits);
    result.codes.push_back(uint16_t(code));
    if (code == end) break;
    if (code == clear) {
      code_bits = min_code_bits + 1;
      size = end + 1;
      before = {};
      continue;
    }
    if (code > size || (code == size && before.length == 0) || code >= kMaxCodes)
      return error("a code that is not known yet");
    // The entry the table lacks is the string before and the first pixel of this one.
    const Entry now{result.pixels.size(), code < clear ? 1 : code < size ? entries[code].length : before.length + 1};
    if (now.length > pixel_count - result.pixels.size()) return error("more pixels than the image has");
    const size_t from = code < clear ? 0 : code < size ? entries[code].begin : before.begin;
    for (size_t i = 0; i < now.length; ++i)
      result.pixels.push_back(code < clear ? uint8_t(code) : result.pixels[from + i]);
    if (before.length > 0 && size < kMaxCodes) {
      entries[size++] = {before.begin, before.length + 1};
      if (size == 1u << code_bits && code_bits < kMaxCodeBits) ++code_bits;
    }
    before = now;
  }
  if (result.pixels.size() != pixel_count) return error("less pixels than the image has");
  result.size_bytes = (bits.position_bits() + 7) / 8;
  result.padding = uint8_t(bits.read(int(-bits.position_bits() & 7)));
  return result;
}

// The size of the table at the first clear code that has something to clear.
uint32_t habit_of(const LzwCodes& codes, int min_code_bits) {
  LzwState state(codes.pixels, min_code_bits);
  for (const uint16_t code : codes.codes) {
    if (code == state.clear_code() && !state.is_fresh() && state.position() < codes.pixels.size())
      return state.table_size();
    if (!state.commit(code)) break;
  }
  return 0;
}

}  // namespace

Result<ParsedLzw> parse_gif_lzw(ByteSpan stream, int min_code_bits, size_t pixel_count) {
  auto codes = decode(stream, min_code_bits, pixel_count);
  if (!codes.ok()) return codes.error();
  const uint32_t clear_at = habit_of(*codes, min_code_bits);
  LzwState state(codes->pixels, min_code_bits);
  Bytes corrections;
  uint64_t count = 0, since = 0;
  const size_t most = codes->size_bytes / 16 + 32;
  const auto compare = [&](uint32_t actual) {
    if (state.predict(clear_at) == actual) {
      ++since;
      return;
    }
    append_varint(corrections, since);
    append_varint(corrections, actual);
    since = 0;
    ++count;
  };
  for (const uint16_t code : codes->codes) {
    compare(code);
    if (!state.commit(code)) return bad_input("GIF: a code that cannot stand where it does");
    if (corrections.size() > most)
      return bad_input("GIF: the encoder was not greedy; describing its choices would take more than a sixteenth");
  }
  if (codes->codes.empty() || codes->codes.back() != state.end_code()) compare(kNoCode);
  ParsedLzw parsed;
  append_varint(parsed.side, clear_at);
  append_varint(parsed.side, count);
  append_bytes(parsed.side, corrections);
  parsed.side.push_back(codes->padding);
  parsed.pixels = std::move(codes->pixels);
  parsed.size_bytes = codes->size_bytes;
  return parsed;
}

Result<Bytes> rebuild_gif_lzw(ByteReader& side, ByteSpan pixels, int min_code_bits, size_t max_bytes) {
  const auto clear_at = side.read_varint("size of a cleared table");
  if (!clear_at.ok()) return clear_at.error();
  auto left = side.read_varint("number of corrected codes");
  if (!left.ok()) return left.error();
  LzwState state(pixels, min_code_bits);
  BitWriter bits;
  uint64_t gap = 0;
  const auto load_gap = [&]() -> Status {
    if (*left == 0) return Ok();
    const auto read = side.read_varint("codes before a correction");
    if (!read.ok()) return read.error();
    gap = *read;
    return Ok();
  };
  LMC_TRY(load_gap());
  for (uint32_t code = 0; code != state.end_code();) {
    code = state.predict(uint32_t(std::min<uint64_t>(*clear_at, kMaxCodes)));
    if (*left > 0 && gap-- == 0) {
      const auto actual = side.read_varint("corrected code");
      if (!actual.ok()) return actual.error();
      code = uint32_t(std::min<uint64_t>(*actual, kNoCode));
      --*left;
      LMC_TRY(load_gap());
    }
    if (code == kNoCode) break;
    const int code_bits = state.code_bits();
    if (code >> code_bits != 0 || !state.commit(code)) return bad_input("side bytes of a GIF: a code that cannot be");
    bits.write(code, code_bits);
    if (bits.size_bits() / 8 > max_bytes) return bad_input("side bytes of a GIF: more than the file's size");
  }
  const auto padding = side.read_le<uint8_t>("bits after the last code");
  if (!padding.ok()) return padding.error();
  if (*left != 0 || state.position() != pixels.size()) return bad_input("side bytes of a GIF do not fit its pixels");
  const int filled = bits.bits_to_byte_end();
  bits.write(*padding & ((1u << filled) - 1), filled);
  return std::move(bits).finish();
}

}  // namespace lmc
