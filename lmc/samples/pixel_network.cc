#include "lmc/samples/pixel_network.h"

#include <algorithm>
#include <string>

namespace lmc {
namespace {

constexpr float kHiddenUnit = 16.0f;  // steps of 1.0
constexpr float kMostValue = 1e6f;    // of a scale or bias in the file
constexpr float kLog2E = 1.4426950f;
constexpr int kPaddedOutputs = 16;
constexpr float kLeastWidth = 0.02f;  // of a component, in samples

Error broken(const std::string& what) { return bad_input("pixel network: " + what); }

constexpr size_t K = kMixtureComponents;

// out (kPixelOutputs): logits, means in scales, natural logarithms of the widths in scales. The first and the last
// become logarithms to the base 2, of shares and widths.
void to_exponents(float* out) {
  float top = out[0];
  for (size_t k = 1; k < K; ++k) top = out[k] > top ? out[k] : top;
  for (size_t k = 0; k < K; ++k) out[k] = (out[k] - top) * kLog2E;
  for (size_t k = 2 * K; k < 3 * K; ++k) out[k] = out[k] * kLog2E;
}

// exponentials: of what to_exponents left in out.
LogisticMixture to_mixture(const float* out, const float* exponentials, const Neighbourhood::Normal& normal) {
  LogisticMixture mixture;
  uint32_t shares[K], total = 0;
  for (size_t k = 0; k < K; ++k) total += shares[k] = uint32_t(exponentials[k] * 65536.0f);
  int32_t rest = 1 << 15;
  for (size_t k = K; k-- > 1;) rest -= mixture.weights[k] = int32_t((shares[k] << 15) / total);
  mixture.weights[0] = rest;
  float mean = 0.0f, spread = 0.0f;
  for (size_t k = 0; k < K; ++k) {
    const float offset = out[K + k] < -64.0f ? -64.0f : out[K + k] > 64.0f ? 64.0f : out[K + k];
    mixture.centres[k] = normal.centre + offset * normal.scale;
    const float width = exponentials[2 * K + k] * normal.scale;
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

// weights (rows, columns) as the kernel `product` wants them.
std::vector<int16_t> packed(std::span<const int8_t> weights, size_t columns, size_t padded_rows) {
  constexpr size_t kTogether = PixelKernels::kRowsTogether;
  std::vector<int16_t> out(columns * padded_rows);
  for (size_t i = 0; i < weights.size(); ++i) {
    const size_t row = i / columns, column = i % columns, first = row / kTogether * kTogether;
    const size_t rows = std::min(kTogether, padded_rows - first);
    out[first * columns + 2 * (column / 2 * rows + row - first) + column % 2] = weights[i];
  }
  return out;
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
  LMC_ASSIGN(const auto first, file.tensor("0.w0"));
  if (first.shape.size() != 2 || first.shape[0] % 16 != 0 || first.shape[0] > 4096)
    return broken("its width is not a multiple of 16 up to 4096");
  const size_t width = first.shape[0];
  network->width_ = int(width);
  for (size_t r = 0; r < kPlaneRoles; ++r) {
    const std::string prefix = std::to_string(r) + ".";
    const auto matrix = [&](const std::string& name, size_t rows, size_t columns, float unit, Matrix& out) -> Status {
      const auto weights = find(prefix + name, TensorType::kI8, {rows, columns});
      LMC_TRY(weights);
      const auto scales = find(prefix + name + ".scale", TensorType::kF32, {rows});
      LMC_TRY(scales);
      out.rows = int(rows + 15) / 16 * 16, out.columns = int(columns);
      out.weights = packed(weights->as<int8_t>(), columns, size_t(out.rows));
      for (float scale : scales->as<float>()) out.factors.push_back(scale * unit);
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

void PixelNetwork::run(PlaneRole plane, const int16_t* inputs, const Neighbourhood::Normal* normals, int count,
                       LogisticMixture* mixtures, PixelScratch& scratch) const {
  const Role& role = roles_[size_t(plane)];
  const auto n = size_t(count), units = size_t(width_);
  scratch.hidden.resize(n * units);
  for (size_t l = 0; l < 3; ++l) {
    const Layer& layer = role.layers[l];
    multiply(layer.matrix, l == 0 ? inputs : scratch.hidden.data(), n, scratch.sums);
    const auto activate = l == 0 ? kernels_.first : kernels_.next;
    for (size_t i = 0; i < n; ++i)
      activate(scratch.sums.data() + i * units, layer.matrix.factors.data(), layer.bias.data(),
               scratch.hidden.data() + i * units, width_);
  }
  multiply(role.from_hidden, scratch.hidden.data(), n, scratch.sums);
  multiply(role.from_inputs, inputs, n, scratch.linear);
  for (size_t i = 0; i < n; ++i) {
    const int32_t* of_hidden = scratch.sums.data() + i * kPaddedOutputs;
    const int32_t* of_inputs = scratch.linear.data() + i * kPaddedOutputs;
    float out[kPaddedOutputs] = {}, exponentials[kPaddedOutputs];
    for (size_t k = 0; k < kPixelOutputs; ++k) {
      const float linear = float(of_inputs[k]) * role.from_inputs.factors[k];
      out[k] = float(of_hidden[k]) * role.from_hidden.factors[k] + linear + role.bias[k];
    }
    to_exponents(out);
    std::copy_n(out, kPaddedOutputs, exponentials);
    kernels_.exp2s(exponentials, kPaddedOutputs);
    mixtures[i] = to_mixture(out, exponentials, normals[i]);
  }
}

}  // namespace lmc
