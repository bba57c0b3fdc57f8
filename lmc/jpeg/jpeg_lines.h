// The lines of adaptive statistics that a model's contexts lead to, side by side in the order of their first use: a
// picture meets few of the many that there could be, and these then lie in few pages and stay in the cache. A line of
// the prior is taken from it when it is first asked for.
#ifndef LMC_JPEG_JPEG_LINES_H_
#define LMC_JPEG_JPEG_LINES_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "lmc/base/bytes.h"
#include "lmc/base/zeroed_array.h"
#include "lmc/mixing/counters.h"

namespace lmc {

struct alignas(64) JpegLine {
  static constexpr uint32_t kNodes = 16;  // decisions
  BitSlot slots[kNodes];
};

class JpegLines {
 public:
  static constexpr uint32_t kMoreBits = 10;  // of every context: other lines, as a power of two

  // context_bits: of every context, lines as a power of two; at most 20 contexts of 13 bits.
  JpegLines(size_t contexts, uint32_t context_bits);

  // Forgets everything. tables: as in JpegModelPrior, or empty; they must live as long.
  void start_from(ByteSpan tables);
  Bytes tables_for_prior() const;

  // line below 2^context_bits, or below 2^kMoreBits. The line stays where it is.
  JpegLine& line(size_t context, uint32_t line) { return at((context << bits_) + (line & ((1u << bits_) - 1))); }
  JpegLine& other_line(size_t context, uint32_t line) {
    return at((contexts_ << bits_) + (context << kMoreBits) + line);
  }

 private:
  static constexpr uint32_t kUsed = 1u << 31;

  size_t places() const { return (contexts_ << bits_) + (contexts_ << kMoreBits); }
  JpegLine& at(size_t place) {
    const uint32_t known = places_[place];
    return known & kUsed ? lines_[known - kUsed] : make(place);
  }
  JpegLine& make(size_t place);

  size_t contexts_;
  uint32_t bits_;
  uint32_t used_ = 0;             // lines
  ByteSpan prior_;                // its tables
  ZeroedArray<uint32_t> places_;  // kUsed + number of the line; or where the prior has it, 0 if nowhere
  struct Free {
    void operator()(JpegLine* lines) const { ::operator delete(lines, std::align_val_t(alignof(JpegLine))); }
  };
  std::unique_ptr<JpegLine[], Free> lines_;  // used_ of them; the others are memory that was never touched
};

}  // namespace lmc

#endif  // LMC_JPEG_JPEG_LINES_H_
