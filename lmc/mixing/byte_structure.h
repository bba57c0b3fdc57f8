// What kind of place in a text or table the next byte stands in, parsed byte by byte: words, fields of a line, numbers,
// records, brackets and tags. Nothing here fails: bytes that are no text just give useless answers.
#ifndef LMC_MIXING_BYTE_STRUCTURE_H_
#define LMC_MIXING_BYTE_STRUCTURE_H_

#include <array>
#include <cstdint>
#include <vector>

#include "lmc/base/zeroed_array.h"

namespace lmc {

// Hashes of the current word (0: none) and the one before; lower-cased.
struct Words {
  uint32_t current = 0, last = 0;

  void append(uint8_t byte);
};

// The fields of a line, cut at the delimiter that the line before had most of.
struct Fields {
  enum Order : uint8_t { kSame, kBelow, kAbove, kUnknown };  // of this field and the one above, as far as seen

  uint8_t delimiter = ' ';
  uint32_t index = 0, begin = 0;      // of this field
  uint32_t hash = 0;                  // of its bytes
  uint32_t previous = 0, before = 0;  // hashes of the two fields before it in this line
  Order order = kSame;

  // size: of the history, with the byte. expected: what stood above, -1: nothing.
  void append(uint8_t byte, uint32_t size, int expected);
  // Where this field began in the line above, 0: nowhere.
  uint32_t above() const { return index < above_.size() ? above_[index] : 0; }

 private:
  std::vector<uint32_t> begins_ = {0}, above_;  // offsets; at most 256
  std::array<uint32_t, 4> counts_{};            // delimiters in this line
};

// Lines with their digits masked: what varies in a log are its numbers. And what number would come here, if it went on
// as it did where the line had the same shape: the last one there plus the last step.
class Numbers {
 public:
  Numbers();

  uint32_t shape = 1;   // hash of this line so far, each number as one sign
  uint32_t digits = 0;  // hash of the current number's digits
  uint32_t shape_of_last_line = 0;
  bool at_boundary = false;  // the byte ended a word or number, or was none of either

  void append(uint8_t byte);
  int expected() const { return guessing_ && at_ < guess_length_ ? guess_[at_] : -1; }
  uint32_t matched() const { return at_; }   // digits of the guess that were right
  uint32_t trust() const { return trust_; }  // 0..7

 private:
  struct Place {
    uint64_t value, step;
    uint32_t hits, digits;  // digits 0: no number yet
  };
  void guess(uint32_t key);
  void learn();

  ZeroedArray<Place> places_;
  uint32_t key_ = 0;
  uint64_t value_ = 0;
  uint32_t count_ = 0;  // digits of the current number
  std::array<uint8_t, 24> guess_{};
  uint32_t guess_length_ = 0, at_ = 0, trust_ = 0;
  bool guessing_ = false;
};

// Records of one length, as binary tables have them: the distance at which pairs of bytes most often come again.
class Records {
 public:
  Records();

  uint32_t length = 0;  // 0: no length stands out

  // last_two: the byte and the one before it; size: of the history, with the byte.
  void append(uint32_t last_two, uint32_t size);

 private:
  void choose();

  ZeroedArray<uint32_t> last_;   // by pair: the size of the history when it came last
  std::vector<uint32_t> votes_;  // by distance
};

// Brackets and tags that are open, and the key (the last quoted string or tag) that stands before a value.
struct Nesting {
  uint32_t key = 0;

  void append(uint8_t byte);
  uint32_t innermost() const { return open_.empty() ? 0 : open_.back(); }  // its key and kind

 private:
  std::vector<uint32_t> open_;  // at most 64
  uint32_t tag_ = 0, string_ = 0;
  bool quoted_ = false;
};

}  // namespace lmc

#endif  // LMC_MIXING_BYTE_STRUCTURE_H_
