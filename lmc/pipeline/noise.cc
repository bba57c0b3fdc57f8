#include "lmc/pipeline/noise.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace lmc {
namespace {

constexpr size_t kLeastEven = 1024;   // too few bytes say nothing
constexpr size_t kLeastNoise = 4096;  // as a segment of its own costs about 6 bytes
constexpr size_t kLeastSplit = 16384;
constexpr size_t kPiece = 32;  // looked at as one
constexpr size_t kMostLooked = size_t(512) << 10;
constexpr double kLeastGain = 0.001;

// Of 32 random bytes 2 of the 496 pairs are equal, and 12 are ASCII; as many as this come once in a million pieces.
constexpr size_t kEqualPairs = 12, kAscii = 28;

bool has_structure(ByteSpan piece) {
  std::array<uint8_t, 256> counts{};
  size_t pairs = 0, ascii = 0;
  for (uint8_t byte : piece) {
    pairs += counts[byte]++;
    ascii += byte >= 32 && byte < 127;
  }
  return pairs >= kEqualPairs || ascii >= kAscii;
}

// Counts bytes in contexts, and says how many bits they would save.
class Counts {
 public:
  explicit Counts(size_t contexts) : counts_(256 * contexts) {}
  void add(size_t context, uint8_t byte) { ++counts_[256 * context + byte]; }
  // Less what random bytes seem to save by chance, four deviations included.
  double saved_bits() const {
    double saved = 0, cells = 0;
    for (size_t c = 0; c < counts_.size(); c += 256) {
      uint64_t total = 0;
      for (size_t b = 0; b < 256; ++b) total += counts_[c + b];
      if (total == 0) continue;
      cells += double(std::min<uint64_t>(total, 255));
      for (size_t b = 0; b < 256; ++b)
        if (const double n = counts_[c + b]; n > 0) saved += n * std::log2(n * 256 / double(total));
    }
    constexpr double kBitsPerCell = 0.7213;  // 1 / (2 ln 2)
    return saved - kBitsPerCell * (cells + 4 * std::sqrt(2 * cells));
  }

 private:
  std::vector<uint32_t> counts_;
};

// Bits saved by sixteen values of the byte `distance` before as context, and by the difference to it.
double saved_by_distance(ByteSpan raw, size_t distance) {
  Counts after(16), difference(1);
  for (size_t i = distance; i < raw.size(); ++i) {
    after.add(raw[i - distance] >> 4, raw[i]);
    difference.add(0, uint8_t(raw[i] - raw[i - distance]));
  }
  return std::max(after.saved_bits(), difference.saved_bits());
}

double saved_by_columns(ByteSpan raw, size_t columns) {
  Counts counts(columns);
  for (size_t i = 0; i < raw.size(); ++i) counts.add(i % columns, raw[i]);
  return counts.saved_bits();
}

// By six bytes that were there before.
double saved_by_repeats(ByteSpan raw) {
  constexpr size_t kBytes = 6;
  std::vector<uint32_t> places(size_t(1) << 16);
  size_t repeated = 0;
  for (size_t i = 0; i + kBytes <= raw.size(); ++i) {
    uint64_t next = 0;
    std::memcpy(&next, &raw[i], kBytes);
    uint32_t& place = places[size_t(next * 0x9E3779B97F4A7C15u >> 48)];
    repeated += place != 0 && std::memcmp(&raw[place - 1], &raw[i], kBytes) == 0;
    place = uint32_t(i + 1);
  }
  return 8.0 * double(repeated);
}

void append(std::vector<Segment>& out, SegmentKind kind, size_t bytes) {
  if (bytes == 0) return;
  if (!out.empty() && out.back().kind == kind)
    out.back().bytes += bytes;
  else
    out.push_back({kind, bytes});
}

// Some pieces of what is larger than kMostLooked.
Bytes sample_of(ByteSpan raw) {
  constexpr size_t kPieces = 8, kPieceBytes = kMostLooked / kPieces;
  Bytes out;
  if (raw.size() <= kMostLooked) return Bytes(raw.begin(), raw.end());
  for (size_t i = 0; i < kPieces; ++i)
    append_bytes(out, raw.subspan((raw.size() - kPieceBytes) / (kPieces - 1) * i, kPieceBytes));
  return out;
}

// Appends raw as noise and data. What is noise is appended to noise too.
void split(ByteSpan raw, std::vector<Segment>& out, Bytes& noise) {
  const auto stretch = [&](size_t begin, size_t end) {
    const ByteSpan part = raw.subspan(begin, end - begin);
    const bool is_noise = part.size() >= kLeastNoise && evenly_spread(part);
    append(out, is_noise ? SegmentKind::kNoise : SegmentKind::kData, part.size());
    if (is_noise) append_bytes(noise, part);
  };
  size_t begin = 0;
  for (size_t at = 0; at < raw.size(); at += kPiece) {
    const size_t end = std::min(at + kPiece, raw.size());
    if (!has_structure(raw.subspan(at, end - at))) continue;
    stretch(begin, at);
    append(out, SegmentKind::kData, end - at);
    begin = end;
  }
  stretch(begin, raw.size());
}

}  // namespace

bool evenly_spread(ByteSpan raw) {
  // Of n random bytes the squares of the counts add up to about n + n (n - 1) / 256.
  std::array<uint32_t, 256> counts{};
  for (uint8_t byte : raw) ++counts[byte];
  uint64_t squares = 0;
  for (uint64_t count : counts) squares += count * count;
  const uint64_t size = raw.size();
  return size >= kLeastEven && squares * 256 * 20 <= size * size * 21 + size * 256 * 22;
}

bool gains_nothing(ByteSpan raw) {
  const Bytes sample = sample_of(raw);
  const double least = kLeastGain * 8 * double(sample.size());
  for (size_t columns : {1, 3, 4, 8})
    if (saved_by_columns(sample, columns) >= least) return false;
  for (size_t distance : {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64})
    if (saved_by_distance(sample, distance) >= least) return false;
  return saved_by_repeats(sample) < least;
}

std::vector<Segment> split_noise(ByteSpan raw, const std::vector<Segment>& segments) {
  std::vector<Segment> out;
  Bytes noise;
  size_t at = 0;
  for (const Segment& segment : segments) {
    const bool may_be = segment.kind == SegmentKind::kData || segment.kind == SegmentKind::kNoise;
    if (may_be && segment.bytes >= kLeastSplit)
      split(raw.subspan(at, segment.bytes), out, noise);
    else if (may_be)
      append(out, segment.kind, segment.bytes);
    else
      out.push_back(segment);
    at += segment.bytes;
  }
  return noise.size() >= kLeastSplit && gains_nothing(noise) ? out : segments;
}

}  // namespace lmc
