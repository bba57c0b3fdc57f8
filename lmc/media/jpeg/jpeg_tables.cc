#include "lmc/media/jpeg/jpeg_tables.h"

#include <algorithm>
#include <array>
#include <string>

#include "lmc/media/jpeg/jpeg_headers.h"

namespace lmc {
namespace {

enum Kind : uint8_t { kLiteral = 0, kListed = 1, kListedOther = 2, kBest = 3 };

// T.81, tables K.3 to K.6: 16 numbers of codes, then the symbols.
constexpr uint8_t kDcLuminance[] = {0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0,  0,
                                    0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
constexpr uint8_t kDcChrominance[] = {0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0,  0,
                                      0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
constexpr uint8_t kAcLuminance[] = {
    0,   2,   1,   3,   3,   2,   4,   3,   5,   5,   4,   4,   0,   0,   1,   125, 1,   2,   3,   0,   4,   17,  5,
    18,  33,  49,  65,  6,   19,  81,  97,  7,   34,  113, 20,  50,  129, 145, 161, 8,   35,  66,  177, 193, 21,  82,
    209, 240, 36,  51,  98,  114, 130, 9,   10,  22,  23,  24,  25,  26,  37,  38,  39,  40,  41,  42,  52,  53,  54,
    55,  56,  57,  58,  67,  68,  69,  70,  71,  72,  73,  74,  83,  84,  85,  86,  87,  88,  89,  90,  99,  100, 101,
    102, 103, 104, 105, 106, 115, 116, 117, 118, 119, 120, 121, 122, 131, 132, 133, 134, 135, 136, 137, 138, 146, 147,
    148, 149, 150, 151, 152, 153, 154, 162, 163, 164, 165, 166, 167, 168, 169, 170, 178, 179, 180, 181, 182, 183, 184,
    185, 186, 194, 195, 196, 197, 198, 199, 200, 201, 202, 210, 211, 212, 213, 214, 215, 216, 217, 218, 225, 226, 227,
    228, 229, 230, 231, 232, 233, 234, 241, 242, 243, 244, 245, 246, 247, 248, 249, 250};
constexpr uint8_t kAcChrominance[] = {
    0,   2,   1,   2,   4,   4,   3,   4,   7,   5,   4,   4,   0,   1,   2,   119, 0,   1,   2,   3,   17,  4,   5,
    33,  49,  6,   18,  65,  81,  7,   97,  113, 19,  34,  50,  129, 8,   20,  66,  145, 161, 177, 193, 9,   35,  51,
    82,  240, 21,  98,  114, 209, 10,  22,  36,  52,  225, 37,  241, 23,  24,  25,  26,  38,  39,  40,  41,  42,  53,
    54,  55,  56,  57,  58,  67,  68,  69,  70,  71,  72,  73,  74,  83,  84,  85,  86,  87,  88,  89,  90,  99,  100,
    101, 102, 103, 104, 105, 106, 115, 116, 117, 118, 119, 120, 121, 122, 130, 131, 132, 133, 134, 135, 136, 137, 138,
    146, 147, 148, 149, 150, 151, 152, 153, 154, 162, 163, 164, 165, 166, 167, 168, 169, 170, 178, 179, 180, 181, 182,
    183, 184, 185, 186, 194, 195, 196, 197, 198, 199, 200, 201, 202, 210, 211, 212, 213, 214, 215, 216, 217, 218, 226,
    227, 228, 229, 230, 231, 232, 233, 234, 242, 243, 244, 245, 246, 247, 248, 249, 250};
constexpr uint8_t kAnyTable[] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

ByteSpan listed_table(bool is_ac, bool is_other) {
  if (is_ac) return is_other ? ByteSpan(kAcChrominance) : ByteSpan(kAcLuminance);
  return is_other ? ByteSpan(kDcChrominance) : ByteSpan(kDcLuminance);
}

bool same(ByteSpan a, ByteSpan b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

// Goes through the segments of headers, or reduced ones: copies all but DHT segments, which are for `tables`, a
// function of (begin of the segment's content or of the reduced one, out) that returns its end or 0. What the walker
// would not understand is copied to the end.
template <typename Tables>
bool copy_segments(ByteSpan in, Bytes& out, Tables tables) {
  size_t at = std::min<size_t>(in.size(), 2);
  append_bytes(out, in.first(at));
  while (at < in.size()) {
    size_t marker = at;
    while (marker + 1 < in.size() && in[marker] == 0xff && in[marker + 1] == 0xff) ++marker;
    if (marker + 4 > in.size() || in[marker] != 0xff || in[marker + 1] < 0xc0) break;
    const uint8_t code = in[marker + 1];
    if (code >= 0xd0 && code <= 0xd9) break;
    size_t end = 0;
    if (code == 0xc4) {
      append_bytes(out, in.subspan(at, marker + 2 - at));
      end = tables(marker + 2, out);
      if (end == 0) return false;
    } else {
      end = marker + 2 + (size_t(in[marker + 2]) << 8 | in[marker + 3]);
      if (end < marker + 4 || end > in.size()) break;
      append_bytes(out, in.subspan(at, end - at));
    }
    at = end;
  }
  append_bytes(out, in.subspan(at));
  return true;
}

size_t table_bytes(ByteSpan in, size_t at) {
  size_t total = 16;
  for (size_t i = 0; i < 16 && at + i < in.size(); ++i) total += in[at + i];
  return total;
}

}  // namespace

// T.81, K.2: joins the two rarest symbols again and again, the one of the greater number where they are equally rare;
// one place more keeps the code of all ones free.
Bytes best_huffman_table(const std::array<uint32_t, 256>& counts) {
  std::array<uint64_t, 257> weight{};
  std::array<int, 257> bits{}, next;
  std::copy(counts.begin(), counts.end(), weight.begin());
  weight[256] = 1;
  next.fill(-1);
  for (;;) {
    int rare = -1, rare2 = -1;
    for (int i = 0; i <= 256; ++i) {
      if (weight[size_t(i)] == 0) continue;
      if (rare < 0 || weight[size_t(i)] <= weight[size_t(rare)]) {
        rare2 = rare;
        rare = i;
      } else if (rare2 < 0 || weight[size_t(i)] <= weight[size_t(rare2)]) {
        rare2 = i;
      }
    }
    if (rare2 < 0) break;
    weight[size_t(rare)] += weight[size_t(rare2)];
    weight[size_t(rare2)] = 0;
    int last = rare;
    for (;; last = next[size_t(last)]) {
      ++bits[size_t(last)];
      if (next[size_t(last)] < 0) break;
    }
    next[size_t(last)] = rare2;
    for (int i = rare2; i >= 0; i = next[size_t(i)]) ++bits[size_t(i)];
  }
  std::array<int, 258> codes{};  // of each length
  for (int length : bits)
    if (length > 0) ++codes[size_t(length)];
  for (size_t length = 257; length > 16; --length)
    while (codes[length] > 0) {
      size_t shorter = length - 2;
      while (shorter > 0 && codes[shorter] == 0) --shorter;
      codes[length] -= 2;
      ++codes[length - 1];
      codes[shorter + 1] += 2;
      --codes[shorter];
    }
  for (size_t length = 16; length > 0; --length)
    if (codes[length] > 0) {
      --codes[length];  // of the additional place
      break;
    }
  Bytes out;
  for (size_t length = 1; length <= 16; ++length) out.push_back(uint8_t(codes[length]));
  for (int length = 1; length <= 257; ++length)
    for (size_t i = 0; i < 256; ++i)
      if (bits[i] == length) out.push_back(uint8_t(i));
  return out;
}

Result<SymbolCounts> count_symbols(ByteSpan headers, const JpegCoefficients& coefficients, const ScanChoices& choices) {
  SymbolCounts counts;
  ScanPlace place;
  const OnScan on_scan = [&](const JpegState& state, const JpegScan& scan, size_t position) -> Result<size_t> {
    counts.resize(std::max<size_t>(counts.size(), state.tables_defined));
    LMC_TRY(count_scan(state, scan, coefficients, choices, place, counts));
    return position;
  };
  LMC_ASSIGN(const auto state, walk_jpeg_headers(headers, ~uint64_t(0), on_scan));
  counts.resize(state.tables_defined);
  return counts;
}

Result<Bytes> reduce_headers(ByteSpan headers, const SymbolCounts& counts) {
  Bytes out;
  size_t definition = 0;
  const bool ok = copy_segments(headers, out, [&](size_t begin, Bytes& to) -> size_t {
    const size_t end = begin + (size_t(headers[begin]) << 8 | headers[begin + 1]);
    if (end > headers.size()) return 0;
    const size_t number_at = to.size();
    to.push_back(0);
    for (size_t at = begin + 2; at < end; ++definition) {
      const uint8_t name = headers[at++];
      const size_t size = table_bytes(headers, at);
      if (size > end - at) return 0;
      const ByteSpan table = headers.subspan(at, size);
      const bool is_ac = (name >> 4) != 0;
      const Kind kind = same(table, listed_table(is_ac, false))  ? kListed
                        : same(table, listed_table(is_ac, true)) ? kListedOther
                        : definition < counts.size() && same(table, best_huffman_table(counts[definition])) ? kBest
                                                                                                            : kLiteral;
      ++to[number_at];
      to.push_back(name);
      to.push_back(kind);
      if (kind == kLiteral) append_bytes(to, table);
      at += table.size();
    }
    return end;
  });
  if (!ok) return bad_input("jpeg: damaged Huffman tables in the headers");
  return out;
}

Result<Bytes> expand_headers(ByteSpan reduced, const SymbolCounts* counts) {
  Bytes out;
  size_t definition = 0;
  const bool ok = copy_segments(reduced, out, [&](size_t at, Bytes& to) -> size_t {
    const size_t length_at = to.size();
    to.resize(length_at + 2);
    const size_t number = reduced[at++];
    for (size_t i = 0; i < number; ++i, ++definition) {
      if (reduced.size() - at < 2) return 0;
      const uint8_t name = reduced[at], kind = reduced[at + 1];
      at += 2;
      to.push_back(name);
      const bool is_ac = (name >> 4) != 0;
      if (kind == kListed || kind == kListedOther) {
        append_bytes(to, listed_table(is_ac, kind == kListedOther));
      } else if (kind == kBest) {
        if (counts != nullptr && definition >= counts->size()) return 0;
        append_bytes(to, counts == nullptr ? Bytes(std::begin(kAnyTable), std::end(kAnyTable))
                                           : best_huffman_table((*counts)[definition]));
      } else {
        const size_t size = table_bytes(reduced, at);
        if (kind != kLiteral || size > reduced.size() - at) return 0;
        append_bytes(to, reduced.subspan(at, size));
        at += size;
      }
    }
    const size_t length = to.size() - length_at;
    if (length > 0xffff) return 0;
    to[length_at] = uint8_t(length >> 8);
    to[length_at + 1] = uint8_t(length);
    return at;
  });
  if (!ok) return bad_input("jpeg: damaged Huffman tables in the headers");
  return out;
}

}  // namespace lmc
