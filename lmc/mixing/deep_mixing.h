// Deep byte mixing: what context mixing reaches where no language model helps (logs, tables, programs, data).
//
// Contexts of many kinds (deep_contexts.h), each with four mixer inputs on the next bit; expectations of the next byte;
// a mixer with ten weight sets, and adaptive maps behind it. About a seventh of the speed of MixingModel. Bit-exact
// (docs/numerics.md); docs/mixing.md, section 8.
#ifndef LMC_MIXING_DEEP_MIXING_H_
#define LMC_MIXING_DEEP_MIXING_H_

#include <cstdint>
#include <memory>

#include "lmc/base/bytes.h"
#include "lmc/mixing/parts.h"
#include "lmc/numerics/isa.h"

namespace lmc {

// Parts that AblatedDeepMixing can do without.
enum DeepPart : uint32_t {
  kDeepMatches = 1,      // contexts and expectations of repeated bytes
  kDeepWords = 2,        // word contexts
  kDeepFields = 4,       // contexts and expectations of fields
  kDeepGaps = 8,         // bytes with gaps
  kDeepClasses = 16,     // classes of bytes
  kDeepIndirect = 32,    // what followed before
  kDeepNesting = 64,     // brackets and tags
  kDeepNumbers = 128,    // masked lines and expected numbers
  kDeepHistories = 256,  // of the four mixer inputs: what a history means
  kDeepLinear = 512,     // the probability itself
  kDeepRuns = 1024,      // the last byte in a context, repeated
  kDeepMaps = 2048,      // adaptive maps behind the mixer
  kDeepRecords = 4096,   // records of one length
};

class DeepMixing {
 public:
  // At most what a model for so many bytes takes, its history included.
  static uint64_t memory_bytes(size_t size_bytes);

  // size_bytes: of the block.
  DeepMixing(size_t size_bytes, Isa isa);
  ~DeepMixing();

  const Bytes& history() const;

  // The probability (of 65536) that the next bit is one. known: the bits of the byte so far behind a leading one
  // (1..255).
  uint32_t predict_bit(uint32_t known);
  void update_bit(int bit);
  // The byte is known now.
  void append_byte(uint8_t byte);

 protected:
  template <typename Parts>
  uint32_t predict_bit_by(Parts parts, uint32_t known);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Without some DeepParts, for ablations.
class AblatedDeepMixing : public DeepMixing {
 public:
  AblatedDeepMixing(size_t size_bytes, Isa isa, uint32_t without) : DeepMixing(size_bytes, isa), parts_{without} {}
  uint32_t predict_bit(uint32_t known);

 private:
  ChosenParts parts_;
};

}  // namespace lmc

#endif  // LMC_MIXING_DEEP_MIXING_H_
