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

struct DeepShape {
  size_t size_bytes = 0;  // of the block
  uint32_t streams = 1;
  bool experts = false;  // whether others have their say
};

// What others say of the next bit, as logits of a one.
struct Experts {
  float model;  // a language model
  float mixed;  // the mixing of it with a few contexts
};

class DeepMixing {
 public:
  // At most what a model of this shape takes, its histories included.
  static uint64_t memory_bytes(const DeepShape& shape);
  static uint64_t memory_bytes(size_t size_bytes) { return memory_bytes(DeepShape{size_bytes}); }

  DeepMixing(const DeepShape& shape, Isa isa);
  DeepMixing(size_t size_bytes, Isa isa) : DeepMixing(DeepShape{size_bytes}, isa) {}
  ~DeepMixing();

  const Bytes& history(uint32_t stream = 0) const;

  // The probability (of 65536) that the next bit is one. known: the bits of the byte so far behind a leading one
  // (1..255).
  uint32_t predict_bit(uint32_t known);
  uint32_t predict_bit(uint32_t stream, uint32_t known, const Experts& experts);
  void update_bit(int bit);
  // The byte is known now, whether its bits were asked for or not.
  void append_byte(uint8_t byte, uint32_t stream = 0);

 protected:
  template <typename Parts>
  uint32_t predict_bit_by(Parts parts, uint32_t known, const Experts* experts);

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
