#include "lmc/models/adapters/adapter.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "lmc/models/file/model_writer.h"
#include "lmc/numerics/elementwise.h"
#include "lmc/numerics/matmul.h"

namespace lmc {
namespace {

constexpr AdapterTarget kTargets[] = {{"wq", "q_proj"},        {"wk", "k_proj"},    {"wv", "v_proj"},
                                      {"wo", "o_proj"},        {"w_up", "up_proj"}, {"w_gate", "gate_proj"},
                                      {"w_down", "down_proj"}, {"head", "lm_head"}};
constexpr const char* kA = ".lora_a";
constexpr const char* kB = ".lora_b";
constexpr const char* kPrior = "mixing.tokens";

Error unfit(const ModelFile& adapter, const std::string& what) {
  return bad_input("adapter " + adapter.name() + ": " + what);
}

// A matrix of the file with the scale of each row.
struct Quantised {
  std::span<const int8_t> values;
  std::span<const float> scales;
  int rows = 0, columns = 0;
};

Result<Quantised> matrix_of(const ModelFile& adapter, const std::string& name) {
  if (!adapter.has(name) || !adapter.has(name + ".scale")) return unfit(adapter, "'" + name + "' is not there");
  const auto values = adapter.tensor(name), scales = adapter.tensor(name + ".scale");
  if (values->type != TensorType::kI8 || values->shape.size() != 2 || scales->type != TensorType::kF32 ||
      scales->shape != std::vector<size_t>{values->shape[0]} || values->shape[0] > (1u << 20) ||
      values->shape[1] > (1u << 20))
    return unfit(adapter, "'" + name + "' is no int8 matrix with a scale for each row");
  for (const float scale : scales->as<float>())
    if (!(scale >= 0.0f && scale <= 1.0f)) return unfit(adapter, "'" + name + ".scale' holds a value outside 0 to 1");
  return Quantised{values->as<int8_t>(), scales->as<float>(), int(values->shape[0]), int(values->shape[1])};
}

// Whether an adapter may change this matrix of the base.
bool is_target(const ModelFile& base, const std::string& name) {
  const auto known = [](std::string_view last) {
    return std::ranges::any_of(kTargets, [&](const AdapterTarget& target) { return last == target.name; });
  };
  if (name == "head") return base.has(name);
  return name.starts_with("layer.") && base.has(name) && known(std::string_view(name).substr(name.rfind('.') + 1));
}

// The names of the matrices that an adapter changes, in order.
std::vector<std::string> changed(const ModelFile& adapter) {
  std::vector<std::string> names;
  for (const auto& [tensor, view] : adapter.tensors())
    if (tensor.ends_with(kA)) names.push_back(tensor.substr(0, tensor.size() - std::strlen(kA)));
  return names;
}

AlignedBytes copy_of(ByteSpan bytes) {
  AlignedBytes out(bytes.size(), 0);
  if (!bytes.empty()) std::memcpy(out.data(), bytes.data(), bytes.size());
  return out;
}

// Nothing but what a merge knows.
Status check_tensors(const ModelFile& adapter) {
  for (const auto& [tensor, view] : adapter.tensors()) {
    std::string name = tensor;
    if (name.ends_with(".scale")) name.resize(name.size() - 6);
    const bool a = name.ends_with(kA), b = name.ends_with(kB);
    if (a || b) {
      const std::string matrix = name.substr(0, name.size() - std::strlen(kA));
      if (adapter.has(matrix + kA) && adapter.has(matrix + kB)) continue;
      return unfit(adapter, "of '" + matrix + "' one half is missing");
    }
    if (tensor != kPrior || view.type != TensorType::kU8)
      return unfit(adapter, "'" + tensor + "' is unknown to this program; a newer lmc may be needed");
  }
  return Ok();
}

Status merge_matrix(const ModelFile& base, const ModelFile& adapter, const std::string& name, Isa isa,
                    std::map<std::string, AlignedBytes>& merged) {
  if (!is_target(base, name)) return unfit(adapter, "its base has no matrix '" + name + "' to change");
  const auto weights = base.tensor(name), scales = base.tensor(name + ".scale");
  const int rows = int(weights->shape[0]), columns = int(weights->shape[1]);
  LMC_ASSIGN(const auto a, matrix_of(adapter, name + kA));
  LMC_ASSIGN(const auto b, matrix_of(adapter, name + kB));
  if (a.rows < 1 || a.rows > kMaxAdapterRank || a.columns != columns || b.rows != rows || b.columns != a.rows)
    return unfit(adapter, "'" + name + "' has not the shape of its base's, or its rank is not 1 to " +
                              std::to_string(kMaxAdapterRank));
  AlignedBytes new_weights = copy_of(weights->bytes), new_scales = copy_of(scales->bytes);
  const Status done = merge_low_rank({a.rows, adapter.adapter_base().dithered, a.values, b.values, a.scales, b.scales},
                                     columns, {reinterpret_cast<int8_t*>(new_weights.data()), weights->bytes.size()},
                                     {reinterpret_cast<float*>(new_scales.data()), size_t(rows)}, isa);
  if (!done.ok()) return unfit(adapter, "'" + name + "': " + done.error().message);
  merged[name] = std::move(new_weights);
  merged[name + ".scale"] = std::move(new_scales);
  return Ok();
}

}  // namespace

std::span<const AdapterTarget> adapter_targets() { return kTargets; }

const AdapterTarget* find_adapter_target(std::string_view name) {
  for (const AdapterTarget& target : kTargets)
    if (name == target.name || name == target.peft_name) return &target;
  return nullptr;
}

Status merge_low_rank(const LowRank& change, int columns, std::span<int8_t> weights, std::span<float> scales, Isa isa) {
  constexpr int kRowsAtOnce = 16;
  constexpr float kUnchanged = -1.0f;
  const Elementwise& kernels = elementwise(isa);
  const size_t rank = size_t(change.rank), width = size_t(columns);
  // A as a matrix with a row for each column, so that a row of B gives a row of the change.
  PackedMatrix a(isa, columns, change.rank);
  for (int k = 0; k < change.rank; ++k) a.set_column(k, change.a.data() + size_t(k) * width);
  const size_t padded_rank = size_t(a.padded_columns()), stride = size_t(a.padded_rows());
  std::vector<float> factors(rank), merged(width), units(kRowsAtOnce);
  const std::vector<float> ones(width, 1.0f);
  std::vector<int16_t> wide(rank);
  std::vector<int8_t> planes(2 * kRowsAtOnce * padded_rank);
  std::vector<int32_t> sums(2 * kRowsAtOnce * stride);
  const int rows = int(scales.size());
  for (int first = 0; first < rows; first += kRowsAtOnce) {
    const int count = std::min(kRowsAtOnce, rows - first);
    for (int i = 0; i < count; ++i) {
      const int8_t* b = change.b.data() + size_t(first + i) * rank;
      for (size_t k = 0; k < rank; ++k) factors[k] = float(b[k]) * change.a_scales[k];
      const float peak = kernels.peak(factors.data(), change.rank), scale = scales[size_t(first + i)];
      const bool nothing = peak < kTiny || scale < kTiny;  // an empty row stays empty
      units[size_t(i)] = nothing ? kUnchanged : peak / kPeak16 * change.b_scales[size_t(first + i)] / scale;
      if (nothing)
        std::fill(wide.begin(), wide.end(), int16_t(0));
      else
        kernels.quantise16(factors.data(), change.rank, kPeak16 / peak, wide.data());
      kernels.split(wide.data(), change.rank, planes.data() + size_t(i) * padded_rank,
                    planes.data() + size_t(count + i) * padded_rank);
    }
    a.multiply(planes.data(), padded_rank, 2 * count, sums.data(), stride);
    for (int o = 0; o < count; ++o) {
      if (units[size_t(o)] == kUnchanged) continue;
      int8_t* row = weights.data() + size_t(first + o) * width;
      float& scale = scales[size_t(first + o)];
      kernels.widen(row, columns, 1.0f, merged.data());
      kernels.scale_add(sums.data() + size_t(o) * stride, sums.data() + size_t(count + o) * stride, columns,
                        units[size_t(o)], ones.data(), merged.data());
      const float peak = kernels.peak(merged.data(), columns);
      const bool larger = peak > kPeak8;
      const float new_scale = larger ? scale * (peak / kPeak8) : scale;
      if (!(new_scale <= 1.0f)) return bad_input("a weight becomes larger than a model may have");
      const float factor = larger ? kPeak8 / peak : 1.0f;
      if (change.dithered) {
        for (size_t i = 0; i < width; ++i)
          merged[i] =
              std::clamp(merged[i] * factor + rounding_dither(uint32_t(first + o), uint32_t(i)), -kPeak8, kPeak8);
        kernels.quantise8(merged.data(), columns, 1.0f, row);
      } else {
        kernels.quantise8(merged.data(), columns, factor, row);
      }
      scale = new_scale;
    }
  }
  return Ok();
}

uint64_t merged_bytes(const ModelFile& base, const ModelFile& adapter) {
  uint64_t bytes = 0;
  for (const std::string& name : changed(adapter))
    if (const auto view = base.tensor(name); view.ok()) bytes += view->bytes.size();
  return bytes;
}

Result<ModelFile> merge_adapter(const ModelFile& base, const ModelFile& adapter, Isa isa) {
  if (adapter.kind() != ModelKind::kAdapter) return bad_input("model " + adapter.name() + " is no adapter");
  if (base.kind() != ModelKind::kTransformer || base.sha256() != adapter.adapter_base().sha256)
    return unfit(adapter, "it is made for " + adapter.adapter_base().name + " with SHA-256 " +
                              hex(adapter.adapter_base().sha256) + ", not for " + base.name() + " with " +
                              hex(base.sha256()));
  if (base.bytes().empty()) return unfit(adapter, "its base is an adapter, too");
  LMC_TRY(check_tensors(adapter));
  std::map<std::string, AlignedBytes> merged;
  for (const std::string& name : changed(adapter)) LMC_TRY(merge_matrix(base, adapter, name, isa, merged));
  if (adapter.has(kPrior)) merged[kPrior] = copy_of(adapter.section(kPrior));
  return ModelFile::replaced(base, adapter, std::move(merged));
}

AdapterWriter::AdapterWriter(std::string name, const ModelFile& base) : name_(std::move(name)), base_(base) {}

void AdapterWriter::add(const std::string& name, std::span<const float> a, std::span<const float> b, int rank) {
  const auto nothing = [](std::span<const float> values) {
    return std::ranges::all_of(values, [](float x) { return x == 0.0f; });
  };
  if (rank == 0 || nothing(a) || nothing(b)) return;
  changes_.push_back({name, rank, {a.begin(), a.end()}, {b.begin(), b.end()}});
}

Result<Bytes> AdapterWriter::finish() const {
  ModelWriter writer(name_, ModelKind::kAdapter);
  writer.set_adapter_base({base_.sha256(), base_.name(), dithered_});
  writer.set_training(training_);
  for (const Change& change : changes_) {
    const size_t rank = size_t(change.rank);
    // What is large in a row of A goes over to B, so that no scale is above 1 and both use their 8 bits.
    std::vector<float> a = change.a, b = change.b;
    const size_t columns = a.size() / rank, rows = b.size() / rank;
    for (size_t k = 0; k < rank; ++k) {
      float a_peak = 0, b_peak = 0;
      for (size_t i = 0; i < columns; ++i) a_peak = std::max(a_peak, std::fabs(a[k * columns + i]));
      for (size_t o = 0; o < rows; ++o) b_peak = std::max(b_peak, std::fabs(b[o * rank + k]));
      if (!(a_peak > 0 && b_peak > 0) || !std::isfinite(a_peak) || !std::isfinite(b_peak)) continue;
      const float factor = std::exp2(std::round(std::log2(std::sqrt(b_peak / a_peak))));
      for (size_t i = 0; i < columns; ++i) a[k * columns + i] *= factor;
      for (size_t o = 0; o < rows; ++o) b[o * rank + k] /= factor;
    }
    writer.add_matrix(change.name + kA, rank, columns, a);
    writer.add_matrix(change.name + kB, rows, rank, b);
  }
  if (!prior_.empty()) writer.add_section(kPrior, prior_);
  LMC_ASSIGN(auto bytes, writer.finish());
  LMC_ASSIGN(const auto file, ModelFile::from_bytes(bytes));
  const auto merged = merge_adapter(base_, file, best_isa());
  if (!merged.ok()) return merged.error();
  return bytes;
}

}  // namespace lmc
