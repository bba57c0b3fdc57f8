#include "lmc/pipeline/copies.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace lmc {
namespace {

// Every window at a multiple of kWindow is remembered by its hash, and one rolls over all places (as rsync does): of a
// repeat twice as long, the source holds a whole such window.
constexpr size_t kWindow = kShortestCopy / 2;
constexpr uint64_t kFactor = 0x9E3779B97F4A7C15u;

constexpr uint64_t factor_of_leaving() {
  uint64_t power = 1;
  for (size_t i = 0; i < kWindow; ++i) power *= kFactor;
  return power;
}

class RollingHash {
 public:
  RollingHash(ByteSpan raw, size_t at) : raw_(raw) {
    for (size_t i = 0; i < kWindow; ++i) value_ = value_ * kFactor + raw[at + i] + 1;
  }
  // From the window at `at` to the next one.
  void roll(size_t at) {
    value_ = value_ * kFactor + raw_[at + kWindow] + 1 - (raw_[at] + uint64_t(1)) * factor_of_leaving();
  }
  uint64_t value() const { return value_; }

 private:
  ByteSpan raw_;
  uint64_t value_ = 0;
};

// Windows by hash. One that falls on another's place replaces it.
class WindowTable {
 public:
  explicit WindowTable(size_t windows)
      : shift_(64 - std::bit_width(8 * windows)), entries_(size_t(1) << (64 - shift_)) {}

  void insert(uint64_t hash, size_t place) { entries_[index(hash)] = {hash, uint32_t(place + 1)}; }
  // Where the window with this hash is; false if there is none. Hashes may be equal by chance.
  bool find(uint64_t hash, size_t& place) const {
    const Entry& found = entries_[index(hash)];
    if (found.hash != hash || found.next == 0) return false;
    place = found.next - 1;
    return true;
  }

 private:
  struct Entry {
    uint64_t hash = 0;
    uint32_t next = 0;  // place + 1; 0: empty
  };
  size_t index(uint64_t hash) const { return size_t((hash ^ hash >> 29) * 0xBF58476D1CE4E5B9u >> shift_); }

  int shift_;
  std::vector<Entry> entries_;
};

// How many bytes from a and from b > a on are equal.
size_t equal_bytes(ByteSpan raw, size_t a, size_t b) {
  const size_t begin = b;
  for (constexpr size_t kStep = 64; b + kStep <= raw.size(); a += kStep, b += kStep)
    if (std::memcmp(&raw[a], &raw[b], kStep) != 0) break;
  while (b < raw.size() && raw[a] == raw[b]) ++a, ++b;
  return b - begin;
}

// The repeat around a window at `at` that may be that at source; it begins at `least` or later. Empty: none.
Copy copy_around(ByteSpan raw, size_t source, size_t at, size_t least) {
  Copy copy{at, equal_bytes(raw, source, at), at - source};
  for (; copy.begin > least && copy.begin > copy.distance; --copy.begin, ++copy.bytes)
    if (raw[copy.begin - 1] != raw[copy.begin - 1 - copy.distance]) break;
  return copy;
}

}  // namespace

std::vector<Copy> find_copies(ByteSpan raw) {
  std::vector<Copy> copies;
  if (raw.size() <= kShortestCopy) return copies;
  WindowTable table(raw.size() / kWindow);
  RollingHash hash(raw, 0);
  size_t end = 0;   // of the last copy
  size_t look = 0;  // from where on something new may be found
  for (size_t at = 0;;) {
    size_t source = 0;
    if (at >= look && table.find(hash.value(), source)) {
      const Copy copy = copy_around(raw, source, at, end);
      const size_t next = copy.begin + copy.bytes;
      if (copy.bytes >= (copy.distance < kRunDistance ? kShortestRun : kShortestCopy)) {
        copies.push_back(copy);
        if (next + kWindow > raw.size()) return copies;
        at = end = next;
        hash = RollingHash(raw, at);
        continue;
      }
      if (next >= at + kWindow) look = next - kWindow + 1;  // the windows before lie in what is too short
    }
    if (at % kWindow == 0) table.insert(hash.value(), at);
    if (at + kWindow == raw.size()) return copies;
    hash.roll(at++);
  }
}

std::vector<Copy> copies_outside(const std::vector<Copy>& copies, const std::vector<FoundFile>& files) {
  std::vector<Copy> out;
  auto file = files.begin();
  const auto append = [&](size_t begin, size_t end, size_t distance) {
    if (begin + kShortestCopy <= end) out.push_back({begin, end - begin, distance});
  };
  for (const Copy& copy : copies) {
    size_t begin = copy.begin;
    const size_t end = copy.begin + copy.bytes;
    while (file != files.end() && file->begin + file->bytes <= begin) ++file;
    for (auto next = file; next != files.end() && next->begin < end; ++next) {
      append(begin, std::max(begin, next->begin), copy.distance);
      begin = std::min(next->begin + next->bytes, end);
    }
    append(begin, end, copy.distance);
  }
  return out;
}

bool is_copied(const std::vector<Copy>& copies, const FoundFile& file) {
  return std::ranges::any_of(copies, [&](const Copy& copy) {
    return copy.begin <= file.begin && file.begin + file.bytes <= copy.begin + copy.bytes;
  });
}

}  // namespace lmc
