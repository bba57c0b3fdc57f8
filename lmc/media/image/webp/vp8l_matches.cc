#include "lmc/media/image/webp/vp8l_matches.h"

#include <algorithm>

#include "lmc/base/zeroed_array.h"

namespace lmc {
namespace {

constexpr uint32_t kMostLength = 4095;  // of a match that is looked for; a copy may have one more
constexpr uint32_t kGoodLength = 128;   // no better one is looked for
constexpr uint32_t kWindow = (1 << 20) - kVp8lNearCodes;
constexpr int kHashBits = 18;
constexpr uint32_t kNone = UINT32_MAX;

uint32_t hash_pair(Argb first, Argb second) { return (second * 0xc6a4a793u + first * 0x5bd1e996u) >> (32 - kHashBits); }

uint32_t window_of(int quality, uint32_t width) {
  if (quality > 75) return kWindow;
  const uint64_t rows = quality > 50 ? 256 : quality > 25 ? 64 : 16;
  return uint32_t(std::min<uint64_t>(kWindow, width * rows));
}

// For each position the one before of the same hash: of two pixels, or of a colour and how often it still follows.
std::vector<uint32_t> link_positions(std::span<const Argb> pixels) {
  const size_t size = pixels.size();
  std::vector<uint32_t> before(size, kNone);
  ZeroedArray<uint32_t> after_last(size_t(1) << kHashBits);  // 0: none
  const auto link = [&](size_t at, uint32_t hash) {
    before[at] = after_last[hash] - 1;
    after_last[hash] = uint32_t(at + 1);
  };
  bool equal = pixels[0] == pixels[1];
  for (size_t at = 0; at < size - 2;) {
    const bool next_equal = pixels[at + 1] == pixels[at + 2];
    if (!equal || !next_equal) {
      link(at, hash_pair(pixels[at], pixels[at + 1]));
      ++at;
      equal = next_equal;
      continue;
    }
    size_t run = 1;
    while (at + run + 2 < size && pixels[at + run + 2] == pixels[at]) ++run;
    if (run > kMostLength) {  // the start of a very long run stays without a link: the pixel before is match enough
      at += run - kMostLength;
      run = kMostLength;
    }
    for (; run > 0; --run, ++at) link(at, hash_pair(pixels[at], uint32_t(run)));
    equal = false;
  }
  before[size - 2] = after_last[hash_pair(pixels[size - 2], pixels[size - 1])] - 1;
  return before;
}

class Finder {
 public:
  Finder(std::span<const Argb> pixels, uint32_t width, const Vp8lSearch& search)
      : pixels_(pixels),
        before_(link_positions(pixels)),
        width_(width),
        window_(window_of(search.quality, width)),
        tries_(8 + search.quality * search.quality / 128),
        near_first_(search.near_first) {}

  Vp8lMatch find(uint32_t at) const {
    const uint32_t most = uint32_t(std::min<size_t>(pixels_.size() - 1 - at, kMostLength));
    const uint32_t enough = std::min(most, kGoodLength);
    const uint32_t begin = at > window_ ? at - window_ : 0;
    uint32_t length = 0, distance = 0;
    int tries = tries_;
    uint32_t from = before_[at];
    if (near_first_) {
      if (at >= width_) {
        length = vp8l_match_length(pixels_, at, width_, most);
        if (length > 0) distance = width_;
        --tries;
      }
      const uint32_t run = vp8l_match_length(pixels_, at, 1, most);
      if (run > length) {
        length = run;
        distance = 1;
      }
      --tries;
      if (length == kMostLength) from = kNone;
    }
    Argb wanted = pixels_[at + length];
    for (; from != kNone && from >= begin && --tries > 0; from = before_[from]) {
      if (pixels_[from + length] != wanted) continue;
      const uint32_t found = vp8l_match_length(pixels_, at, at - from, most);
      if (found <= length) continue;
      length = found;
      distance = at - from;
      wanted = pixels_[at + length];
      if (length >= enough) break;
    }
    Vp8lMatch match;
    match.distance = distance;
    match.length = length;
    return match;
  }

 private:
  std::span<const Argb> pixels_;
  std::vector<uint32_t> before_;
  uint32_t width_, window_;
  int tries_;
  bool near_first_;
};

}  // namespace

std::vector<Vp8lMatch> find_vp8l_matches(std::span<const Argb> pixels, uint32_t width, const Vp8lSearch& search) {
  const size_t size = pixels.size();
  std::vector<Vp8lMatch> matches(size);
  if (size <= 2) return matches;
  const Finder finder(pixels, width, search);
  for (size_t at = size - 2; at > 0;) {
    Vp8lMatch match = finder.find(uint32_t(at));
    // A match that goes on to the left is the best one there too, unless it is as long as can be: a nearer one might
    // be.
    for (size_t begin = at;;) {
      matches[at] = match;
      --at;
      if (match.distance == 0 || at == 0 || at < match.distance || pixels[at - match.distance] != pixels[at]) break;
      if (match.length == kMostLength && match.distance != 1 && at + kMostLength < begin) break;
      if (match.length < kMostLength) {
        match.length = match.length + 1;
        begin = at;
      }
    }
  }
  return matches;
}

}  // namespace lmc
