#include "lmc/media/image/webp/vp8l_palette_guesses.h"

#include <algorithm>
#include <unordered_set>

#include "lmc/media/image/webp/vp8l_transforms.h"

namespace lmc {
namespace {

constexpr size_t kMostColours = 256;

uint32_t distance(Argb a, Argb b) {
  const Argb difference = subtract_argb(a, b);
  const auto size = [&](int shift) {
    const uint32_t value = difference >> shift & 255;
    return std::min(value, 256 - value);
  };
  return 9 * (size(0) + size(8) + size(16)) + size(24);
}

}  // namespace

Vp8lPaletteGuesses::Vp8lPaletteGuesses(std::span<const Argb> pixels, bool by_distance) : by_distance_(by_distance) {
  std::unordered_set<Argb> colours;
  for (const Argb pixel : pixels) {
    if (!colours.empty() && pixel == last_) continue;
    colours.insert(pixel);
    last_ = pixel;
    if (colours.size() > kMostColours) break;
  }
  last_ = 0;
  if (colours.size() > kMostColours) return;
  left_.assign(colours.begin(), colours.end());
  std::sort(left_.begin(), left_.end());
}

size_t Vp8lPaletteGuesses::nearest() const {
  if (!by_distance_) return 0;
  size_t best = 0;
  uint32_t least = UINT32_MAX;
  for (size_t i = 0; i < left_.size(); ++i) {
    const uint32_t here = distance(left_[i], last_);
    if (here >= least) continue;
    least = here;
    best = i;
  }
  return best;
}

Argb Vp8lPaletteGuesses::guess(size_t, std::span<const Argb>) const {
  return left_.empty() ? 0 : subtract_argb(left_[nearest()], last_);
}

void Vp8lPaletteGuesses::note(size_t, Argb difference) {
  last_ = add_argb(last_, difference);
  const auto found = std::find(left_.begin(), left_.end(), last_);
  if (found == left_.end()) return;
  if (by_distance_) {  // the first takes its place
    *found = left_.front();
    left_.erase(left_.begin());
  } else {
    left_.erase(found);
  }
}

}  // namespace lmc
