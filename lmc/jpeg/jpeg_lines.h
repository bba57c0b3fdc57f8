// The lines of adaptive statistics that a model's contexts lead to, side by side in the order of their first use: a
// picture meets few of the many that there could be, and these then lie in few pages and stay in the cache. The slots
// that nearly all integers need lie apart from the others. A line of the prior is taken from it when it is first asked
// for.
#ifndef LMC_JPEG_JPEG_LINES_H_
#define LMC_JPEG_JPEG_LINES_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "lmc/base/bytes.h"
#include "lmc/base/zeroed_array.h"
#include "lmc/mixing/counters.h"

namespace lmc {

inline constexpr uint32_t kJpegNodes = 16;     // decisions, and so slots, of a line
inline constexpr uint32_t kJpegNearNodes = 4;  // the first ones of them: zero or not, sign, size

class JpegLines {
 public:
  static constexpr uint32_t kMoreBits = 10;  // of every context: other lines, as a power of two

  // context_bits: of every context, lines as a power of two; at most 20 contexts of 13 bits.
  JpegLines(size_t contexts, uint32_t context_bits);

  // Forgets everything. tables: as in JpegModelPrior, or empty; they must live as long.
  void start_from(ByteSpan tables);
  Bytes tables_for_prior() const;

  // The number of a line: line below 2^context_bits, or other line below 2^kMoreBits.
  uint32_t find(size_t context, uint32_t line) { return at((context << bits_) + (line & ((1u << bits_) - 1))); }
  uint32_t find_other(size_t context, uint32_t line) {
    return at((contexts_ << bits_) + (context << kMoreBits) + line);
  }
  // Its slots: of the first kJpegNearNodes nodes, and of the others.
  BitSlot* near(uint32_t number) { return near_[number].data(); }
  BitSlot* far(uint32_t number) {
    const uint32_t known = far_places_[number];
    return far_[known & kUsed ? known - kUsed : make_far(number)].data();
  }

 private:
  using Near = std::array<BitSlot, kJpegNearNodes>;
  using Far = std::array<BitSlot, kJpegNodes - kJpegNearNodes>;
  static constexpr uint32_t kUsed = 1u << 31;

  size_t places() const { return (contexts_ << bits_) + (contexts_ << kMoreBits); }
  uint32_t at(size_t place) {
    const uint32_t known = places_[place];
    return known & kUsed ? known - kUsed : make(place);
  }
  uint32_t make(size_t place);
  uint32_t make_far(uint32_t number);
  BitSlot slot_of(uint32_t number, uint32_t node) const;  // as learnt, without the prior

  size_t contexts_;
  uint32_t bits_;
  uint32_t used_ = 0, far_used_ = 0;  // lines, and how many of them have more than the near slots
  ByteSpan prior_;                    // its tables
  // Of each place, kUsed + number of the line, or where the prior has it, 0 if nowhere; the same for the far slots of
  // each line.
  ZeroedArray<uint32_t> places_, far_places_;
  ZeroedArray<Near> near_;
  ZeroedArray<Far> far_;
};

}  // namespace lmc

#endif  // LMC_JPEG_JPEG_LINES_H_
