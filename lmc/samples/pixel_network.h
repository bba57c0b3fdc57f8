// The pixel network in exact integers: from a sample's normalised surroundings to a mixture of logistics.
//
//   h0 = clip(W0 x + b0)   h1 = clip(W1 h0 + b1 + h0)   h2 = clip(W2 h1 + b2 + h1)   out = Wo h2 + Ws x + bo
//
// Weights int8 with one scale a row; inputs 12 bits; hidden units 0..127 in steps of 1/16. One network for each
// PlaneRole, all in one model file of kind "pixels". Trained by train/pixel_model.h. Normative: docs/pixels.md.
#ifndef LMC_SAMPLES_PIXEL_NETWORK_H_
#define LMC_SAMPLES_PIXEL_NETWORK_H_

#include <memory>
#include <span>
#include <vector>

#include "lmc/models/file/model_file.h"
#include "lmc/samples/logistic_mixture.h"
#include "lmc/samples/neighbourhood.h"
#include "lmc/samples/pixel_kernels.h"

namespace lmc {

inline constexpr int kPixelOutputs = 3 * kMixtureComponents;

// What run() works in; one for each thread.
struct PixelScratch {
  std::vector<int16_t> hidden;  // (B, width)
  std::vector<int32_t> sums;    // (B, width or outputs, padded)
  std::vector<int32_t> linear;  // (B, outputs, padded), of the inputs
};

class PixelNetwork {
 public:
  // Errors: bad input if the file is of another kind or misses a tensor.
  static Result<std::shared_ptr<const PixelNetwork>> load(const ModelFile& file, Isa isa);

  // inputs (count, kPixelInputs), normals (count) as Neighbourhood::gather makes them; mixtures (count).
  void run(PlaneRole role, const int16_t* inputs, const Neighbourhood::Normal* normals, int count,
           LogisticMixture* mixtures, PixelScratch& scratch) const;

 private:
  struct Matrix {
    std::vector<int16_t> weights;  // as PixelKernels::product wants them
    std::vector<float> factors;    // (rows): from the sum to the next layer's unit
    int rows = 0, columns = 0;     // rows a multiple of 16, columns as they are
  };
  struct Layer {
    Matrix matrix;
    std::vector<float> bias;  // (rows), in sixteenths
  };
  struct Role {
    Layer layers[3];
    Matrix from_hidden, from_inputs;
    std::vector<float> bias;  // (kPixelOutputs)
  };

  void multiply(const Matrix& matrix, const int16_t* a, size_t count, std::vector<int32_t>& sums) const {
    sums.resize(count * size_t(matrix.rows));
    kernels_.product(a, int(count), matrix.columns, matrix.weights.data(), matrix.rows, sums.data());
  }

  int width_ = 0;
  PixelKernels kernels_{};
  Role roles_[kPlaneRoles];
};

}  // namespace lmc

#endif  // LMC_SAMPLES_PIXEL_NETWORK_H_
