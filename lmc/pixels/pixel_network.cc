#include "lmc/pixels/pixel_network.h"

#include <algorithm>
#include <string>

namespace lmc {
namespace {

constexpr float kHiddenUnit = 16.0f;  // steps of 1.0
constexpr float kMostValue = 1e6f;    // of a scale or bias in the file
constexpr float kLog2E = 1.4426950f;
constexpr float kLeastWidth = 0.02f;  // of a component, in samples

Error broken(const std::string& what) { return bad_input("pixel network: " + what); }

// out (kPixelOutputs): logits, means in scales, natural logarithms of the widths in scales.
LogisticMixture to_mixture(const float* out, const Neighbourhood::Normal& normal) {
  constexpr size_t K = kMixtureComponents;
  LogisticMixture mixture;
  float top = out[0];
  for (size_t k = 1; k < K; ++k) top = out[k] > top ? out[k] : top;
  int64_t shares[K], total = 0;
  for (size_t k = 0; k < K; ++k) total += shares[k] = int64_t(exp2_exact((out[k] - top) * kLog2E) * 65536.0f);
  int32_t rest = 1 << 15;
  for (size_t k = K; k-- > 1;) rest -= mixture.weights[k] = int32_t((shares[k] << 15) / total);
  mixture.weights[0] = rest;
  float mean = 0.0f, spread = 0.0f;
  for (size_t k = 0; k < K; ++k) {
    const float offset = out[K + k] < -64.0f ? -64.0f : out[K + k] > 64.0f ? 64.0f : out[K + k];
    mixture.centres[k] = normal.centre + offset * normal.scale;
    const float width = exp2_exact(out[2 * K + k] * kLog2E) * normal.scale;
    const float bounded = width < kLeastWidth ? kLeastWidth : width;
    mixture.inverses[k] = 1.0f / bounded;
    const float weight = float(mixture.weights[k]) * (1.0f / 32768.0f);
    mean = mean + weight * mixture.centres[k];
    spread = spread + weight * bounded;
  }
  mixture.mean = mean;
  mixture.spread = spread;
  return mixture;
}

}  // namespace

Result<std::shared_ptr<const PixelNetwork>> PixelNetwork::load(const ModelFile& file, Isa isa) {
  if (file.kind() != ModelKind::kPixels) return broken("the model is of another kind; name a pixel model");
  auto network = std::make_shared<PixelNetwork>();
  network->kernels_ = pixel_kernels(isa);
  const auto find = [&](const std::string& name, TensorType type, std::vector<size_t> shape) -> Result<TensorView> {
    auto view = file.tensor(name);
    if (!view.ok()) return view.error();
    if (view->type != type || view->shape != shape) return broken("tensor '" + name + "' has another type or shape");
    if (type == TensorType::kF32)
      for (float value : view->as<float>())
        if (!(value >= -kMostValue && value <= kMostValue))
          return broken("tensor '" + name + "' holds no small number");
    return view;
  };
  const auto first = file.tensor("0.w0");
  if (!first.ok()) return first.error();
  if (first->shape.size() != 2 || first->shape[0] % 16 != 0 || first->shape[0] > 4096)
    return broken("its width is not a multiple of 16 up to 4096");
  const size_t width = first->shape[0];
  network->width_ = int(width);
  for (size_t r = 0; r < kPlaneRoles; ++r) {
    const std::string prefix = std::to_string(r) + ".";
    const auto matrix = [&](const std::string& name, size_t rows, size_t columns, float unit, Matrix& out) -> Status {
      const auto weights = find(prefix + name, TensorType::kI8, {rows, columns});
      LMC_TRY(weights);
      const auto scales = find(prefix + name + ".scale", TensorType::kF32, {rows});
      LMC_TRY(scales);
      out.weights = PackedMatrix(isa, int(rows), int(columns), weights->as<int8_t>());
      for (float scale : scales->as<float>()) out.factors.push_back(scale * unit);
      out.padded = out.weights.padded_rows();
      return Ok();
    };
    const auto bias = [&](const std::string& name, size_t rows, float unit, std::vector<float>& out) -> Status {
      const auto values = find(prefix + name, TensorType::kF32, {rows});
      LMC_TRY(values);
      for (float value : values->as<float>()) out.push_back(value * unit);
      return Ok();
    };
    Role& role = network->roles_[r];
    for (size_t l = 0; l < 3; ++l) {
      const std::string number = std::to_string(l);
      LMC_TRY(matrix("w" + number, width, l == 0 ? kPixelInputs : width, l == 0 ? kHiddenUnit / kInputUnit : 1.0f,
                     role.layers[l].matrix));
      LMC_TRY(bias("b" + number, width, kHiddenUnit, role.layers[l].bias));
    }
    LMC_TRY(matrix("wo", kPixelOutputs, width, 1.0f / kHiddenUnit, role.from_hidden));
    LMC_TRY(matrix("ws", kPixelOutputs, kPixelInputs, 1.0f / kInputUnit, role.from_inputs));
    LMC_TRY(bias("bo", kPixelOutputs, 1.0f, role.bias));
  }
  return std::shared_ptr<const PixelNetwork>(std::move(network));
}

void PixelNetwork::hidden_layers(const Role& role, int count, PixelScratch& scratch) const {
  const auto units = size_t(width_);
  for (size_t l = 0; l < 3; ++l) {
    const Layer& layer = role.layers[l];
    const auto padded = size_t(layer.matrix.padded);
    if (l == 0) {
      layer.matrix.weights.multiply(scratch.high.data(), kPixelInputs, count, scratch.sums.data(), padded);
      layer.matrix.weights.multiply(scratch.low.data(), kPixelInputs, count, scratch.others.data(), padded);
    } else {
      layer.matrix.weights.multiply(scratch.hidden.data(), units, count, scratch.sums.data(), padded);
    }
    for (size_t i = 0; i < size_t(count); ++i) {
      const int32_t* sums = scratch.sums.data() + i * padded;
      const int32_t* others = scratch.others.data() + i * padded;
      int8_t* hidden = scratch.hidden.data() + i * units;
      const float *factors = layer.matrix.factors.data(), *bias = layer.bias.data();
      if (l == 0)
        kernels_.first(sums, others, factors, bias, hidden, width_);
      else
        kernels_.next(sums, factors, bias, hidden, width_);
    }
  }
}

void PixelNetwork::run(PlaneRole plane, const int16_t* inputs, const Neighbourhood::Normal* normals, int count,
                       LogisticMixture* mixtures, PixelScratch& scratch) const {
  const Role& role = roles_[size_t(plane)];
  const auto n = size_t(count);
  scratch.high.resize(n * kPixelInputs);
  scratch.low.resize(n * kPixelInputs);
  scratch.hidden.resize(n * size_t(width_));
  const size_t padded = size_t(role.layers[0].matrix.padded);
  scratch.sums.resize(n * padded);
  scratch.others.resize(n * padded);
  for (size_t i = 0; i < n * kPixelInputs; ++i) {
    const int high = (inputs[i] + 8) >> 4;
    scratch.high[i] = int8_t(high > 127 ? 127 : high);
    scratch.low[i] = int8_t(inputs[i] - 16 * scratch.high[i]);
  }
  hidden_layers(role, count, scratch);
  constexpr size_t kStride = 16;
  std::vector<int32_t>& hidden_sums = scratch.sums;
  std::vector<int32_t>& others = scratch.others;
  hidden_sums.resize(std::max(hidden_sums.size(), n * kStride));
  std::vector<int32_t>& low = scratch.low_sums;
  low.resize(n * kStride);
  role.from_hidden.weights.multiply(scratch.hidden.data(), size_t(width_), count, hidden_sums.data(), kStride);
  role.from_inputs.weights.multiply(scratch.high.data(), kPixelInputs, count, others.data(), kStride);
  role.from_inputs.weights.multiply(scratch.low.data(), kPixelInputs, count, low.data(), kStride);
  for (size_t i = 0; i < n; ++i) {
    float out[kPixelOutputs];
    for (size_t k = 0; k < kPixelOutputs; ++k) {
      const size_t at = i * kStride + k;
      const float linear = float(16 * others[at] + low[at]) * role.from_inputs.factors[k];
      out[k] = float(hidden_sums[at]) * role.from_hidden.factors[k] + linear + role.bias[k];
    }
    mixtures[i] = to_mixture(out, normals[i]);
  }
}

}  // namespace lmc
