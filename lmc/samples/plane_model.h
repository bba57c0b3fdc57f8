// Predicts the samples of one plane, decision by decision, and learns from them.
//
// A sample's bits are coded from the highest down. For each the network's mixture gives a probability; where that is
// nearly certain it stands (unless all decisions are to be mixed), elsewhere a gated mixer weighs it with those of the
// stages (sample_stage.h): least squares, maps that learn where the network errs, counters in exact-value contexts, and
// at the best levels further fits and residual maps.
//
// Rows advance side by side: row y works kLag samples behind row y - 1, so that the network sees a batch. All rows
// share what is learnt, in the order (step, row).
//
// In synthetic images a sample whose neighbours are equal first costs one decision, whether it equals them too
// (flat_model.h); only if not, the rest is done for it.
#ifndef LMC_SAMPLES_PLANE_MODEL_H_
#define LMC_SAMPLES_PLANE_MODEL_H_

#include <memory>

#include "lmc/samples/padded_plane.h"
#include "lmc/samples/pixel_network.h"

namespace lmc {

struct PlaneSettings {
  PlaneRole role = PlaneRole::kFirst;
  int bits = 8;
  int contexts = 6;        // exact-value contexts in use
  bool mixing = true;      // without it the network's word stands
  bool synthetic = false;  // mix even what the network is sure of; one decision for what equals all neighbours
  bool least_squares = false;
  bool ensemble = false;  // further fits and residual maps; needs least_squares and up to 8 bits, not light
  bool light = false;     // with fewer maps and sets of weights: faster
  bool gating = false;    // only samples that gain by it are mixed (gating.h); needs light
  uint32_t without = 0;   // PixelParts that are not built, for ablations
};

enum PixelPart : uint32_t {
  kNoNetwork = 1,
  kNoMaps = 2,
  kNoContexts = 4,
  // of an ensemble:
  kNoWide = 16,
  kNoLines = 32,
  kNoResiduals = 64
};

class PlaneModel {
 public:
  // Of the table of contexts, at most.
  static uint64_t table_bytes(uint64_t pixels);

  // own: the plane to be filled; earlier: as many as the role says. All must outlive the model.
  PlaneModel(const PixelNetwork& network, const PlaneSettings& settings, PaddedPlane& own,
             std::span<const PaddedPlane* const> earlier, Isa isa);
  ~PlaneModel();

  int steps() const;  // of the whole plane
  // The step after which earlier planes must be complete before step t of this one can begin.
  static int needs(int t, int steps);

  // Makes step t: for each row that has a sample in it, from the top, calls code(bit, p1) for each decision; the sample
  // is what the calls return. value_of(x, y): the sample to encode; anything when decoding.
  template <typename Coder, typename ValueOf>
  void step(int t, Coder& coder, const ValueOf& value_of);

 private:
  struct State;
  // The first decisions of a sample, as long as they lead to the network's mean: nothing but the network is asked.
  struct Foreseen {
    int decisions = 0;
    uint32_t path = 0;  // the mean behind a leading one
    const uint32_t* probabilities = nullptr;
  };

  int bits() const;
  int begin_step(int t);      // the rows of the step; returns how many
  bool is_flat(int i) const;  // whether the i-th of them begins with a decision of the flat model
  uint32_t predict_flat(int i);
  void learn_flat(int same);
  void end_flat(int i);  // it equals its neighbours
  bool equals_left(int i, uint32_t value) const;
  void prepare(int i);              // it does not
  Foreseen begin_sample(int i);     // the i-th of them
  void skip_to(uint32_t prefix);    // past decisions that were foreseen; prefix: what is known behind a leading one
  uint32_t predict(int bits_left);  // the probability of a one, of 65536
  void learn(int bit);
  void end_sample(int i, uint32_t sample);
  uint32_t value_x(int i) const;
  uint32_t value_y(int i) const;

  std::unique_ptr<State> state_;
};

template <typename Coder, typename ValueOf>
void PlaneModel::step(int t, Coder& coder, const ValueOf& value_of) {
  const int rows = begin_step(t);
  for (int i = 0; i < rows; ++i) {
    const uint32_t value = Coder::kDecodes ? 0 : value_of(value_x(i), value_y(i));
    if (is_flat(i)) {
      const int same = coder.code(equals_left(i, value), predict_flat(i));
      learn_flat(same);
      if (same) {
        end_flat(i);
        continue;
      }
      prepare(i);
    }
    const Foreseen foreseen = begin_sample(i);
    const int count = bits();
    uint32_t prefix = 1;
    int left = count;
    while (count - left < foreseen.decisions && prefix == foreseen.path >> left) {
      --left;
      prefix = prefix << 1 | uint32_t(coder.code(int(value >> left & 1), foreseen.probabilities[count - 1 - left]));
    }
    if (left > 0 && left < count) skip_to(prefix);
    while (left > 0) {
      --left;
      const int bit = coder.code(int(value >> left & 1), predict(left));
      learn(bit);
      prefix = prefix << 1 | uint32_t(bit);
    }
    end_sample(i, prefix - (1u << count));
  }
}

}  // namespace lmc

#endif  // LMC_SAMPLES_PLANE_MODEL_H_
