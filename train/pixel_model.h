// The pixel network in training: three layers of rectified units around a linear path, out comes a mixture of
// logistics.
//
//   h0 = clip(W0 x + b0)   h1 = clip(W1 h0 + b1 + h0)   h2 = clip(W2 h1 + b2 + h1)   out = Wo h2 + Ws x + bo
//
// clip bounds to 0..kHiddenPeak. out (3 * kComponents): logits of the weights, means (from the centre, in scales),
// natural logarithms of the widths (in scales). lmc/samples/pixel_network.h runs it in integers.
//
// Products are torch's; what is element-wise is written out and done in between, in blocks that stay in the cache: with
// torch's own operations it took longer than the products.
#ifndef TRAIN_PIXEL_MODEL_H_
#define TRAIN_PIXEL_MODEL_H_

#include <torch/torch.h>

#include <string>
#include <vector>

#include "train/pixel_corpus.h"

namespace lmc::train {

inline constexpr int64_t kComponents = 5;
inline constexpr int64_t kPixelOutputs = 3 * kComponents;
inline constexpr float kHiddenUnit = 16.0f;                 // steps of 1.0 when rounded to int8
inline constexpr float kHiddenPeak = 127.0f / kHiddenUnit;  // what int8 holds

class PixelModel {
 public:
  static constexpr int64_t kBlock = 512;  // samples
  static constexpr size_t kParameters = 9;

  PixelModel(int64_t width, uint64_t seed);
  // Becomes the same function as a network of the same width or narrower; what is new is random and feeds nothing old
  // until it has learnt.
  void grow_from(const PixelModel& other);

  // Whether weights and hidden units are rounded as the engine rounds them; gradients pass as if they were not.
  void set_quantised(bool quantised) { quantised_ = quantised; }
  // After parameters have changed.
  void refresh();

  // The cost of a batch in bits, summed.
  double evaluate(const PixelBatch& batch);
  // The same, and adds the gradient of the mean in nats to gradients().
  double learn(const PixelBatch& batch);

  std::vector<torch::Tensor>& parameters() { return parameters_; }
  std::vector<torch::Tensor>& gradients() { return gradients_; }
  // Names as in the model file, in the order of parameters().
  static const std::vector<std::string>& names();
  int64_t width() const { return parameters_[2].size(0); }

 private:
  double block(const PixelBatch& batch, int64_t begin, int64_t count, bool learns);
  void backward(const torch::Tensor& x, int64_t count);

  bool quantised_ = false;
  std::vector<torch::Tensor> parameters_, gradients_;  // w0 b0 w1 b1 w2 b2 wo ws bo
  std::vector<torch::Tensor> used_;                    // parameters as they are multiplied
  torch::Tensor hidden_[3];                            // (kBlock, width)
  torch::Tensor out_, out_gradient_;                   // (kBlock, kPixelOutputs)
  torch::Tensor hidden_gradient_[2];                   // (kBlock, width)
};

}  // namespace lmc::train

#endif  // TRAIN_PIXEL_MODEL_H_
