#include "train/pixel_model.h"

#include <cmath>

namespace lmc::train {
namespace {

enum : size_t { kW0, kB0, kW1, kB1, kW2, kB2, kWo, kWs, kBo };

inline float sigmoid(float x) { return 1.0f / (1.0f + std::exp(-x)); }

// One sample: the cost in nats, and d(cost)/d(out) if grad is given.
double sample_loss(const float* out, float centre, float scale, float value, float peak, float* grad) {
  constexpr int K = int(kComponents);
  const float v = (value - centre) / scale, half = 0.5f / scale;
  const bool first = value <= 0.5f, last = value >= peak - 0.5f;
  float weight[K], width[K], low[K], high[K], total = 0, top = out[0];
  for (int k = 1; k < K; ++k) top = std::max(top, out[k]);
  for (int k = 0; k < K; ++k) total += weight[k] = std::exp(out[k] - top);
  const float least = std::log(0.02f / scale);  // no width below 0.02 samples
  float p = 0, mass[K];
  for (int k = 0; k < K; ++k) {
    weight[k] /= total;
    width[k] = std::exp(-std::max(out[2 * K + k], least));  // its inverse
    high[k] = last ? 1.0f : sigmoid((v + half - out[K + k]) * width[k]);
    low[k] = first ? 0.0f : sigmoid((v - half - out[K + k]) * width[k]);
    mass[k] = high[k] - low[k];
    p += weight[k] * mass[k];
  }
  constexpr float kFloor = 1e-5f;  // as the engine's last resort
  const float q = p * (1 - kFloor) + kFloor / (peak + 1);
  if (grad != nullptr) {
    const float outer = -(1 - kFloor) / q;
    for (int k = 0; k < K; ++k) {
      const float dh = last ? 0 : high[k] * (1 - high[k]), dl = first ? 0 : low[k] * (1 - low[k]);
      grad[k] = outer * weight[k] * (mass[k] - p);
      grad[K + k] = outer * weight[k] * -(dh - dl) * width[k];
      const float a = (v + half - out[K + k]) * width[k], b = (v - half - out[K + k]) * width[k];
      grad[2 * K + k] = out[2 * K + k] < least ? 0 : outer * weight[k] * -(dh * a - dl * b);
    }
  }
  return -std::log(double(q));
}

// z (count, width) becomes clip(z + bias + before).
void activate(float* z, const float* bias, const float* before, int64_t count, int64_t width, bool quantised) {
  for (int64_t i = 0; i < count; ++i) {
    float* row = z + i * width;
    for (int64_t k = 0; k < width; ++k) {
      float v = row[k] + bias[k] + (before == nullptr ? 0.0f : before[i * width + k]);
      v = std::min(std::max(v, 0.0f), kHiddenPeak);
      row[k] = quantised ? (v * kHiddenUnit + 12582912.0f - 12582912.0f) * (1.0f / kHiddenUnit) : v;
    }
  }
}

// gradient (count, width) becomes that of the sum before the clip; adds to the bias's.
void deactivate(float* gradient, const float* h, float* bias, int64_t count, int64_t width) {
  for (int64_t i = 0; i < count; ++i) {
    float* row = gradient + i * width;
    for (int64_t k = 0; k < width; ++k) {
      const float v = h[i * width + k];
      row[k] = v > 0.0f && v < kHiddenPeak ? row[k] : 0.0f;
      bias[k] += row[k];
    }
  }
}

}  // namespace

PixelModel::PixelModel(int64_t width, uint64_t seed) {
  torch::NoGradGuard guard;
  torch::manual_seed(seed);
  const auto matrix = [](int64_t rows, int64_t columns, double gain) {
    return torch::randn({rows, columns}) * gain / std::sqrt(double(columns));
  };
  torch::Tensor bias = torch::zeros({kPixelOutputs});
  for (int64_t k = 0; k < kComponents; ++k) {
    bias[kComponents + k] = 0.1 * double(k - kComponents / 2);
    bias[2 * kComponents + k] = -1.5 + 0.4 * double(k);
  }
  parameters_ = {matrix(width, kPixelInputs, 0.7),
                 torch::zeros({width}),
                 matrix(width, width, 0.7),
                 torch::zeros({width}),
                 matrix(width, width, 0.7),
                 torch::zeros({width}),
                 matrix(kPixelOutputs, width, 0.1),
                 matrix(kPixelOutputs, kPixelInputs, 0.1),
                 bias};
  for (auto& p : parameters_) {
    p = p.contiguous();
    gradients_.push_back(torch::zeros_like(p));
  }
  for (auto& h : hidden_) h = torch::zeros({kBlock, width});
  for (auto& g : hidden_gradient_) g = torch::zeros({kBlock, width});
  out_ = torch::zeros({kBlock, kPixelOutputs});
  out_gradient_ = torch::zeros({kBlock, kPixelOutputs});
  refresh();
}

void PixelModel::grow_from(const PixelModel& other) {
  torch::NoGradGuard guard;
  for (size_t i = 0; i < kParameters; ++i) {
    const torch::Tensor &mine = parameters_[i], &theirs = other.parameters_[i];
    const torch::Tensor rows = mine.narrow(0, 0, theirs.size(0));
    if (mine.dim() == 2) rows.zero_();
    (mine.dim() == 2 ? rows.narrow(1, 0, theirs.size(1)) : rows).copy_(theirs);
  }
  refresh();
}

const std::vector<std::string>& PixelModel::names() {
  static const std::vector<std::string> names = {"w0", "b0", "w1", "b1", "w2", "b2", "wo", "ws", "bo"};
  return names;
}

// Rows rounded to int8 with one scale each.
void PixelModel::refresh() {
  torch::NoGradGuard guard;
  used_.resize(kParameters);
  for (size_t i = 0; i < kParameters; ++i) {
    const torch::Tensor& p = parameters_[i];
    used_[i] = p;
    if (!quantised_ || p.dim() != 2) continue;
    const torch::Tensor scale = p.abs().amax(1, true).clamp_min(1e-8) / 127.0;
    used_[i] = (p / scale).round() * scale;
  }
}

double PixelModel::evaluate(const PixelBatch& batch) {
  double nats = 0;
  const auto count = int64_t(batch.values.size());
  for (int64_t i = 0; i < count; i += kBlock) nats += block(batch, i, std::min(kBlock, count - i), false);
  return nats / std::log(2.0);
}

double PixelModel::learn(const PixelBatch& batch) {
  double nats = 0;
  const auto count = int64_t(batch.values.size());
  for (int64_t i = 0; i < count; i += kBlock) nats += block(batch, i, std::min(kBlock, count - i), true);
  return nats / std::log(2.0);
}

double PixelModel::block(const PixelBatch& batch, int64_t begin, int64_t count, bool learns) {
  torch::NoGradGuard guard;
  auto* inputs = const_cast<float*>(batch.inputs.data()) + begin * kPixelInputs;
  const torch::Tensor x = torch::from_blob(inputs, {count, kPixelInputs});
  const int64_t units = width();
  const float* before = nullptr;
  for (size_t layer = 0; layer < 3; ++layer) {
    torch::Tensor h = hidden_[layer].narrow(0, 0, count);
    torch::mm_out(h, layer == 0 ? x : hidden_[layer - 1].narrow(0, 0, count), used_[2 * layer].t());
    activate(h.data_ptr<float>(), used_[2 * layer + 1].data_ptr<float>(), before, count, units, quantised_);
    before = h.data_ptr<float>();
  }
  torch::Tensor out = out_.narrow(0, 0, count);
  torch::addmm_out(out, used_[kBo], x, used_[kWs].t());
  out.addmm_(hidden_[2].narrow(0, 0, count), used_[kWo].t());
  const float* o = out.data_ptr<float>();
  float* gradient = out_gradient_.data_ptr<float>();
  double nats = 0;
  for (int64_t i = 0; i < count; ++i) {
    const auto n = size_t(begin + i);
    nats += sample_loss(o + i * kPixelOutputs, batch.centres[n], batch.scales[n], batch.values[n], batch.peaks[n],
                        learns ? gradient + i * kPixelOutputs : nullptr);
  }
  if (!learns) return nats;
  const float share = 1.0f / float(batch.values.size());
  for (int64_t i = 0; i < count * kPixelOutputs; ++i) gradient[i] *= share;
  backward(x, count);
  return nats;
}

void PixelModel::backward(const torch::Tensor& x, int64_t count) {
  const torch::Tensor out = out_gradient_.narrow(0, 0, count);
  gradients_[kBo].add_(out.sum(0));
  gradients_[kWs].addmm_(out.t(), x);
  gradients_[kWo].addmm_(out.t(), hidden_[2].narrow(0, 0, count));
  torch::Tensor g = hidden_gradient_[0].narrow(0, 0, count), next = hidden_gradient_[1].narrow(0, 0, count);
  torch::mm_out(g, out, used_[kWo]);
  for (int layer = 2; layer >= 0; --layer) {
    const auto l = size_t(layer);
    deactivate(g.data_ptr<float>(), hidden_[l].data_ptr<float>(), gradients_[2 * l + 1].data_ptr<float>(), count,
               width());
    gradients_[2 * l].addmm_(g.t(), layer == 0 ? x : hidden_[l - 1].narrow(0, 0, count));
    if (layer == 0) break;
    torch::addmm_out(next, g, g, used_[2 * l]);
    std::swap(g, next);
  }
}

}  // namespace lmc::train
