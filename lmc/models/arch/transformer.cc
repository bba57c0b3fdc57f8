#include "lmc/models/arch/transformer.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <optional>
#include <string>

#include "lmc/base/workers.h"
#include "lmc/models/arch/attention.h"
#include "lmc/models/arch/head.h"
#include "lmc/models/arch/row_functions.h"
#include "lmc/numerics/elementwise.h"
#include "lmc/numerics/matmul.h"

namespace lmc {
namespace {

// A packed matrix with the scale of each row; may be several matrices of the file, one below the other.
struct ScaledMatrix {
  PackedMatrix matrix;        // (rows, columns)
  std::vector<float> scales;  // (rows)
  std::vector<float> bias;    // (rows) or empty
};

struct Norm {
  std::vector<float> gain, bias;  // (C) or empty
};

struct Layer {
  ScaledMatrix qkv;                   // (H*D + 2*Hkv*D, C)
  ScaledMatrix o;                     // (C, H*D)
  ScaledMatrix up;                    // (F, C), or with the gate below (2*F, C)
  ScaledMatrix down;                  // (C, F)
  std::vector<float> q_gain;          // (H)
  std::vector<float> q_norm, k_norm;  // (D) or empty
  Norm attn_norm, ffn_norm;
  std::vector<float> attn_post_norm, ffn_post_norm;  // (C) or empty: of what the block adds
  size_t rope = 0;                                   // which table of frequencies
};

std::vector<float> floats(const ModelFile& file, const std::string& name) {
  if (!file.has(name)) return {};
  const auto view = file.tensor(name);
  const auto values = view->as<float>();
  return {values.begin(), values.end()};
}

Norm norm_of(const ModelFile& file, const std::string& name) {
  return {floats(file, name), floats(file, name + ".bias")};
}

ScaledMatrix stacked(const ModelFile& file, Isa isa, const std::vector<std::string>& names) {
  std::vector<int8_t> weights;
  ScaledMatrix out;
  int columns = 0;
  for (const std::string& name : names) {
    const auto view = file.tensor(name);
    const auto part = view->as<int8_t>();
    weights.insert(weights.end(), part.begin(), part.end());
    const auto scales = floats(file, name + ".scale");
    out.scales.insert(out.scales.end(), scales.begin(), scales.end());
    const auto bias = floats(file, name + ".bias");
    out.bias.resize(bias.empty() && out.bias.empty() ? 0 : out.scales.size());
    std::ranges::copy(bias, out.bias.end() - std::ptrdiff_t(bias.size()));
    columns = int(view->shape[1]);
  }
  out.matrix = PackedMatrix(isa, int(out.scales.size()), columns, weights);
  return out;
}

// The frequencies of a layer: its own, or those of rope_theta.
std::vector<uint64_t> rope_of(const ModelFile& file, const std::string& name) {
  std::vector<uint64_t> out(size_t(file.config().head_dim / 2));
  if (!file.has(name)) {
    rotary_frequencies(file.config().rope_theta, file.config().head_dim, out.data());
    return out;
  }
  const auto view = file.tensor(name);
  const auto words = view->as<uint32_t>();
  for (size_t i = 0; i < out.size(); ++i) out[i] = uint64_t(words[2 * i + 1]) << 32 | words[2 * i];
  return out;
}

// Where `rope` is among these, or is put.
size_t rope_index(std::vector<std::vector<uint64_t>>& ropes, std::vector<uint64_t> rope) {
  const auto at = std::ranges::find(ropes, rope);
  if (at != ropes.end()) return size_t(at - ropes.begin());
  ropes.push_back(std::move(rope));
  return ropes.size() - 1;
}

}  // namespace

struct TransformerWeights {
  explicit TransformerWeights(ModelFile of) : file(std::move(of)), config(file.config()) {}

  ModelFile file;  // embed points into it
  ModelConfig config;
  Isa isa = Isa::kScalar;
  const Elementwise* kernels = nullptr;
  std::span<const int8_t> embed;    // (V,C)
  std::vector<float> embed_scales;  // (V)
  std::vector<float> positions;     // (P,C) or empty
  std::optional<Head> head;         // as in the file; copies of it adapt
  Norm final_norm;
  std::vector<Layer> layers;                 // (L)
  std::vector<std::vector<uint64_t>> ropes;  // (R) different tables of frequencies (D/2)
};

struct TransformerStreams {
  struct Stream {
    uint64_t position = 0;
    std::vector<AttentionCache> caches;  // (L, Hkv)
  };
  std::vector<Stream> streams;  // (S)
};

// Working memory for a part of the rows or key/value heads, of which several threads may work on one each.
struct PartBuffers {
  std::vector<float> centred, gained;                     // (C)
  std::vector<float> rows;                                // (widest) outputs of a matrix
  std::vector<int16_t> wide;                              // (widest)
  std::vector<float> sink_cosines, sink_sines, sink_key;  // (D/2), (D/2), (D)
  std::vector<int8_t> q, k, v;                            // (G,D), (D), (D)
  std::vector<float> factors;                             // (G)
  AttentionScratch attention;
};

struct TransformerBuffers {
  std::vector<uint64_t> positions;                               // (B)
  std::vector<float> x;                                          // (B,C) residual
  std::vector<float> projected;                                  // (B,H*D + 2*Hkv*D) queries, keys and values
  std::vector<float> attended;                                   // (B,H*D)
  std::vector<float> scales;                                     // (B) of the quantised rows
  std::vector<int8_t> planes;                                    // (2,B,widest input)
  std::vector<int32_t> sums;                                     // (2,B,widest output)
  std::vector<float> cosines, sines;                             // (R,B,D/2)
  std::vector<PartBuffers> parts = std::vector<PartBuffers>(1);  // (threads)
  Workers* workers = nullptr;
};

namespace {

constexpr float kPeaks[2] = {kPeak8, kPeak16};

// The rows of each stream one after the other.
std::vector<int> by_stream(std::span<const uint32_t> streams) {
  std::vector<int> rows(streams.size());
  std::iota(rows.begin(), rows.end(), 0);
  std::ranges::stable_sort(rows, {}, [&](int b) { return streams[size_t(b)]; });
  return rows;
}

// One call of Transformer::step: the parts of the network in their order, each over all B rows.
class Step {
 public:
  Step(const TransformerWeights& weights, TransformerStreams& state, std::span<const uint32_t> streams,
       TransformerBuffers& buffers)
      : weights_(weights),
        config_(weights.config),
        kernels_(*weights.kernels),
        state_(state),
        streams_(streams),
        buffers_(buffers),
        count_(int(streams.size())),
        rows_(by_stream(streams)),
        distinct_(std::ranges::adjacent_find(rows_, {}, [&](int b) { return streams[size_t(b)]; }) == rows_.end()) {}

  void run(std::span<const uint32_t> tokens, int first, int last, Hidden& hidden) {
    if (first == 0) begin(tokens);
    for (int l = first; l < last; ++l) {
      const Layer& layer = weights_.layers[size_t(l)];
      attention(l, layer);
      feed_forward(layer);
    }
    if (last == config_.layers) finish(hidden);
  }

 private:
  // work(part, first, last) for parts of [0, count), by the workers where there are any.
  template <typename Work>
  void share(int count, const Work& work) {
    const int parts = std::min(int(buffers_.parts.size()), count);
    if (parts == 1) return work(buffers_.parts[0], 0, count);
    buffers_.workers->run(uint32_t(parts), [&](uint32_t part) {
      work(buffers_.parts[part], count * int(part) / parts, count * (int(part) + 1) / parts);
    });
  }

  // work(part, b) for all rows. Few of them take less time than waking the other thread.
  template <typename Work>
  void for_rows(const Work& work) {
    constexpr int kFewRows = 8;
    const auto some = [&](PartBuffers& part, int first, int last) {
      for (int b = first; b < last; ++b) work(part, b);
    };
    if (count_ < kFewRows) return some(buffers_.parts[0], 0, count_);
    share(count_, some);
  }

  float* x(int b) { return buffers_.x.data() + size_t(b) * size_t(config_.width); }

  void begin(std::span<const uint32_t> tokens) {
    const int half = config_.head_dim / 2;
    buffers_.positions.resize(size_t(count_));
    buffers_.scales.resize(size_t(count_));
    buffers_.x.resize(size_t(count_) * size_t(config_.width));
    buffers_.cosines.resize(weights_.ropes.size() * size_t(count_) * size_t(half));
    buffers_.sines.resize(buffers_.cosines.size());
    for (int b = 0; b < count_; ++b) {
      size_t token = tokens[size_t(b)];
      assert(int(token) < config_.vocab);
      uint64_t position = state_.streams[streams_[size_t(b)]].position++;
      if (config_.positions > 0) position %= uint64_t(config_.positions);
      if (position == 0 && config_.bos_anew) token = size_t(config_.vocab) - 1;
      kernels_.widen(weights_.embed.data() + token * size_t(config_.width), config_.width, weights_.embed_scales[token],
                     x(b));
      if (config_.positions > 0) {
        kernels_.add(x(b), weights_.positions.data() + position * size_t(config_.width), config_.width);
      }
      buffers_.positions[size_t(b)] = position;
      for (size_t r = 0; r < weights_.ropes.size(); ++r)
        kernels_.rotations(position, weights_.ropes[r].data(), half, buffers_.cosines.data() + rope_at(r, b),
                           buffers_.sines.data() + rope_at(r, b));
    }
  }

  // Where the angles of row b by table r begin.
  size_t rope_at(size_t r, int b) const { return (r * size_t(count_) + size_t(b)) * size_t(config_.head_dim / 2); }

  // Normalises row b of x into a row of floats and their scale: the row is not divided by its root mean square, only
  // its scale is; unless there is a bias.
  struct Normed {
    const float* values;  // (C)
    float peak;           // of values
    float inverse_rms;
  };
  Normed norm(PartBuffers& part, int b, const Norm& norm) {
    const int n = config_.width;
    const float* row = x(b);
    float peak = kernels_.peak(row, n);
    if (config_.norm == NormKind::kLayer) {
      part.centred.resize(size_t(n));
      kernels_.subtract(row, mean_of(kernels_, row, n, peak), n, part.centred.data());
      row = part.centred.data();
      peak = kernels_.peak(row, n);
    }
    const float inverse = inverse_rms(kernels_, row, n, peak, float(config_.norm_eps));
    if (norm.gain.empty()) return {row, peak, inverse};
    part.gained.resize(size_t(n));
    float* const out = part.gained.data();
    if (norm.bias.empty())
      kernels_.multiply(row, norm.gain.data(), n, out);
    else
      kernels_.affine(row, norm.gain.data(), inverse, norm.bias.data(), n, out);
    return {out, kernels_.peak(out, n), norm.bias.empty() ? inverse : 1.0f};
  }

  // Row b of the input of the next product: values (n), quantised to `bits`.
  void set_input(PartBuffers& part, int b, const float* values, int n, int bits, float peak, float factor) {
    int8_t* high = buffers_.planes.data() + size_t(b) * size_t(n);
    float scale = 0;
    if (bits == 8) {
      scale = quantise_row8(kernels_, values, n, peak, high);
    } else {
      part.wide.resize(size_t(n));
      scale = quantise_row16(kernels_, values, n, peak, part.wide.data());
      kernels_.split(part.wide.data(), n, high, high + size_t(count_) * size_t(n));
    }
    buffers_.scales[size_t(b)] = scale * factor;
  }

  void begin_input(int n, int bits) { buffers_.planes.resize((bits == 8 ? 1 : 2) * size_t(count_) * size_t(n)); }

  void norm_input(const Norm& of, int bits) {
    begin_input(config_.width, bits);
    for_rows([&](PartBuffers& part, int b) {
      const Normed normed = norm(part, b, of);
      set_input(part, b, normed.values, config_.width, bits, normed.peak, normed.inverse_rms);
    });
  }

  // The integer product of the input rows; sums(b) and low(b) are its rows.
  void product(const ScaledMatrix& matrix, int bits) {
    stride_ = size_t(matrix.matrix.padded_rows());
    const int rows = bits == 8 ? count_ : 2 * count_;
    buffers_.sums.resize(size_t(rows) * stride_);
    matrix.matrix.multiply(buffers_.planes.data(), size_t(matrix.matrix.columns()), rows, buffers_.sums.data(), stride_,
                           buffers_.workers);
    low_ = bits == 8 ? nullptr : buffers_.sums.data() + size_t(count_) * stride_;
  }
  const int32_t* sums(int b) const { return buffers_.sums.data() + size_t(b) * stride_; }
  const int32_t* low(int b) const { return low_ == nullptr ? nullptr : low_ + size_t(b) * stride_; }

  void product_to_row(const ScaledMatrix& matrix, int b, float* out) {
    kernels_.scale(sums(b), low(b), matrix.matrix.rows(), buffers_.scales[size_t(b)], matrix.scales.data(), out);
    if (!matrix.bias.empty()) kernels_.add(out, matrix.bias.data(), matrix.matrix.rows());
  }

  // post_norm: gains by which the product is normalised before it is added; empty: it is not.
  void product_to_residual(const ScaledMatrix& matrix, int bits, const std::vector<float>& post_norm) {
    product(matrix, bits);
    const int n = config_.width;
    for_rows([&](PartBuffers& part, int b) {
      if (matrix.bias.empty() && post_norm.empty())
        return kernels_.scale_add(sums(b), low(b), n, buffers_.scales[size_t(b)], matrix.scales.data(), x(b));
      part.rows.resize(std::max(part.rows.size(), size_t(n)));
      float* const row = part.rows.data();
      product_to_row(matrix, b, row);
      if (post_norm.empty())
        kernels_.add(x(b), row, n);
      else
        kernels_.add_gained(x(b), row, post_norm.data(),
                            inverse_rms(kernels_, row, n, kernels_.peak(row, n), float(config_.norm_eps)), n);
    });
  }

  void attention(int l, const Layer& layer) {
    const size_t width = size_t(config_.heads * config_.head_dim), projected = size_t(layer.qkv.matrix.rows());
    norm_input(layer.attn_norm, config_.act_bits.qkv);
    product(layer.qkv, config_.act_bits.qkv);
    buffers_.projected.resize(size_t(count_) * projected);
    buffers_.attended.resize(size_t(count_) * width);
    for_rows(
        [&](PartBuffers&, int b) { product_to_row(layer.qkv, b, buffers_.projected.data() + size_t(b) * projected); });
    // Stream by stream, since a cache that has just been read is at hand. The tokens of one stream must go in order, so
    // a head's rows stay together where a stream has several.
    const int run = distinct_ ? 1 : count_;
    share(config_.kv_heads * count_ / run, [&](PartBuffers& part, int first, int last) {
      for (int i = first * run; i < last * run; ++i) attend(part, l, layer, rows_[size_t(i % count_)], i / count_);
    });
    begin_input(int(width), config_.act_bits.o);
    for_rows([&](PartBuffers& part, int b) {
      const float* row = buffers_.attended.data() + size_t(b) * width;
      set_input(part, b, row, int(width), config_.act_bits.o, kernels_.peak(row, int(width)), 1.0f);
    });
    product_to_residual(layer.o, config_.act_bits.o, layer.attn_post_norm);
  }

  struct Angles {
    const float *cosines, *sines;  // (D/2)
  };
  Angles angles(const Layer& layer, int b) const {
    const size_t at = rope_at(layer.rope, b);
    return {buffers_.cosines.data() + at, buffers_.sines.data() + at};
  }

  // Normalises (with gains before the rotation, without after it), rotates and quantises one head's query or key;
  // returns its scale.
  float rotate_head(float* head, Angles angles, const std::vector<float>& gain, int8_t* q) {
    const int dim = config_.head_dim;
    const auto eps = float(config_.norm_eps);
    float norm = 1.0f;
    if (!gain.empty()) {
      norm = inverse_rms(kernels_, head, dim, kernels_.peak(head, dim), eps);
      kernels_.gain(head, gain.data(), dim);
    }
    kernels_.rotate(head, dim / 2, angles.cosines, angles.sines);
    const float peak = kernels_.peak(head, dim);
    if (config_.qk_norm && gain.empty()) norm = inverse_rms(kernels_, head, dim, peak, eps);
    return quantise_row8(kernels_, head, dim, peak, q) * norm;
  }

  // The first position's key, as if it stood right before the window that ends at `position`.
  void move_sink(const Layer& layer, PartBuffers& buffers, AttentionCache& cache, uint64_t position) {
    const size_t half = size_t(config_.head_dim / 2);
    buffers.sink_cosines.resize(half);
    buffers.sink_sines.resize(half);
    kernels_.rotations(position + 1 - uint64_t(cache.window()), weights_.ropes[layer.rope].data(), int(half),
                       buffers.sink_cosines.data(), buffers.sink_sines.data());
    buffers.sink_key.assign(cache.first_key(), cache.first_key() + config_.head_dim);
    const float scale = rotate_head(buffers.sink_key.data(), {buffers.sink_cosines.data(), buffers.sink_sines.data()},
                                    layer.k_norm, buffers.k.data());
    cache.move_sink(buffers.k.data(), scale);
  }

  // Row b, key/value head g with the query heads that share it: from buffers_.projected to buffers_.attended.
  void attend(PartBuffers& buffers, int l, const Layer& layer, int b, int g) {
    const int dim = config_.head_dim, group = config_.heads / config_.kv_heads, first = g * group;
    float* row = buffers_.projected.data() + size_t(b) * size_t(layer.qkv.matrix.rows());
    float* key = row + (config_.heads + g) * dim;
    const float* value = key + config_.kv_heads * dim;
    buffers.q.resize(size_t(group * dim));
    buffers.k.resize(size_t(dim));
    buffers.v.resize(size_t(dim));
    buffers.factors.resize(size_t(group));
    AttentionCache& cache =
        state_.streams[streams_[size_t(b)]].caches[size_t(l) * size_t(config_.kv_heads) + size_t(g)];
    const uint64_t position = buffers_.positions[size_t(b)];
    if (position == 0) cache.keep_first_key(key);
    if (cache.sink_moves(position)) move_sink(layer, buffers, cache, position);
    const float k_scale = rotate_head(key, angles(layer, b), layer.k_norm, buffers.k.data());
    const float v_scale = quantise_row8(kernels_, value, dim, kernels_.peak(value, dim), buffers.v.data());
    cache.append(position, buffers.k.data(), k_scale, buffers.v.data(), v_scale);
    for (int h = 0; h < group; ++h)
      buffers.factors[size_t(h)] =
          rotate_head(row + (first + h) * dim, angles(layer, b), layer.q_norm, buffers.q.data() + h * dim) *
          layer.q_gain[size_t(first + h)];
    float* out = buffers_.attended.data() + b * config_.heads * dim + first * dim;
    cache.attend(position, {buffers.q.data(), buffers.factors.data(), group}, kernels_, buffers.attention, out);
  }

  void feed_forward(const Layer& layer) {
    const int ffn = config_.ffn;
    norm_input(layer.ffn_norm, config_.act_bits.up);
    product(layer.up, config_.act_bits.up);
    begin_input(ffn, config_.act_bits.down);
    for_rows([&](PartBuffers& part, int b) {
      part.rows.resize(std::max(part.rows.size(), size_t(layer.up.matrix.rows())));
      float* row = part.rows.data();
      product_to_row(layer.up, b, row);
      activate(row);
      set_input(part, b, row, ffn, config_.act_bits.down, kernels_.peak(row, ffn), 1.0f);
    });
    product_to_residual(layer.down, config_.act_bits.down, layer.ffn_post_norm);
  }

  // row (F), the gate below it if there is one
  void activate(float* row) {
    const int ffn = config_.ffn;
    switch (config_.activation) {
      case Activation::kRelu2:
        return kernels_.relu2(row, ffn);
      case Activation::kSwiglu:
        return kernels_.swiglu(row, row + ffn, ffn);
      case Activation::kGelu:
        return kernels_.gelu(row, ffn);
      case Activation::kGeglu:
        return kernels_.geglu(row, row + ffn, ffn);
      case Activation::kQuickGelu:
        return kernels_.quick_gelu(row, ffn);
    }
  }

  void finish(Hidden& hidden) {
    const size_t width = size_t(config_.width);
    hidden.width = config_.width;
    hidden.values.resize(size_t(count_) * width);
    hidden.scales.resize(size_t(count_));
    for (int b = 0; b < count_; ++b) {
      const Normed normed = norm(buffers_.parts[0], b, weights_.final_norm);
      int16_t* out = hidden.values.data() + size_t(b) * width;
      float scale = 0;
      if (normed.peak < kTiny) {
        std::fill(out, out + width, int16_t(0));
      } else {
        const float peak = kPeaks[config_.act_bits.head == 16];
        kernels_.quantise16(normed.values, config_.width, peak / normed.peak, out);
        scale = normed.peak / peak;
      }
      hidden.scales[size_t(b)] = scale * normed.inverse_rms;
    }
  }

  const TransformerWeights& weights_;
  const ModelConfig& config_;
  const Elementwise& kernels_;
  TransformerStreams& state_;
  std::span<const uint32_t> streams_;
  TransformerBuffers& buffers_;
  int count_;              // B
  std::vector<int> rows_;  // 0 .. B - 1, by stream
  bool distinct_;          // the streams
  size_t stride_ = 0;
  const int32_t* low_ = nullptr;
};

}  // namespace

TransformerState::TransformerState(std::unique_ptr<TransformerStreams> contents) : contents_(std::move(contents)) {}
TransformerState::TransformerState(TransformerState&&) noexcept = default;
TransformerState& TransformerState::operator=(TransformerState&&) noexcept = default;
TransformerState::~TransformerState() = default;
TransformerScratch::TransformerScratch(Workers* workers) : contents_(std::make_unique<TransformerBuffers>()) {
  contents_->workers = workers;
  if (workers != nullptr) contents_->parts.resize(size_t(workers->threads()));
}
TransformerScratch::TransformerScratch(TransformerScratch&&) noexcept = default;
TransformerScratch& TransformerScratch::operator=(TransformerScratch&&) noexcept = default;
TransformerScratch::~TransformerScratch() = default;

uint32_t TransformerState::streams() const { return uint32_t(contents_->streams.size()); }
uint64_t TransformerState::position(uint32_t stream) const { return contents_->streams[stream].position; }

void TransformerState::reset_stream(uint32_t stream) {
  TransformerStreams::Stream& s = contents_->streams[stream];
  s.position = 0;
  for (AttentionCache& cache : s.caches) cache.clear();
}

Result<Transformer> Transformer::load(const ModelFile& file, Isa isa) {
  if (!isa_available(isa))
    return usage_error(std::string("this machine does not run the instruction set ") + isa_name(isa));
  if (file.kind() != ModelKind::kTransformer) return bad_input("model " + file.name() + " is no language model");
  auto weights = std::make_shared<TransformerWeights>(file);
  TransformerWeights& w = *weights;
  w.isa = isa;
  w.kernels = &elementwise(isa);
  w.embed = file.tensor("embed")->as<int8_t>();
  w.embed_scales = floats(file, "embed.scale");
  for (float& scale : w.embed_scales) scale *= float(w.config.embed_factor);
  w.positions = floats(file, "positions");
  const std::string head = w.config.tied ? "embed" : "head";
  w.head.emplace(isa, w.config.vocab, w.config.width, w.config.act_bits.head, file.tensor(head)->as<int8_t>(),
                 floats(file, head + ".scale"), floats(file, "head.bias"));
  w.final_norm = norm_of(file, "final_norm");
  for (int i = 0; i < w.config.layers; ++i) {
    const std::string name = "layer." + std::to_string(i) + ".";
    std::vector<std::string> up = {name + "w_up"};
    if (is_gated(w.config.activation)) up.push_back(name + "w_gate");
    w.layers.push_back({.qkv = stacked(file, isa, {name + "wq", name + "wk", name + "wv"}),
                        .o = stacked(file, isa, {name + "wo"}),
                        .up = stacked(file, isa, up),
                        .down = stacked(file, isa, {name + "w_down"}),
                        .q_gain = floats(file, name + "q_gain"),
                        .q_norm = floats(file, name + "q_norm"),
                        .k_norm = floats(file, name + "k_norm"),
                        .attn_norm = norm_of(file, name + "attn_norm"),
                        .ffn_norm = norm_of(file, name + "ffn_norm"),
                        .attn_post_norm = floats(file, name + "attn_post_norm"),
                        .ffn_post_norm = floats(file, name + "ffn_post_norm"),
                        .rope = rope_index(w.ropes, rope_of(file, name + "rope"))});
    // The matrices are packed now, their pages in the file are for nothing; a small file's do not matter.
    constexpr size_t kLargeBytes = size_t(64) << 20;
    if (file.bytes().size() >= kLargeBytes) file.release_pages();
  }
  return Transformer(std::move(weights));
}

const ModelConfig& Transformer::config() const { return weights_->config; }
Isa Transformer::isa() const { return weights_->isa; }

TransformerState Transformer::make_state(uint32_t streams) const {
  const ModelConfig& config = weights_->config;
  auto contents = std::make_unique<TransformerStreams>();
  contents->streams.resize(streams);
  for (auto& stream : contents->streams)
    for (size_t l = 0; l < config.windows.size(); ++l)
      for (int g = 0; g < config.kv_heads; ++g)
        stream.caches.emplace_back(weights_->isa, config.windows[l], config.head_dim,
                                   config.sinks.empty() ? 0 : config.sinks[l]);
  return TransformerState(std::move(contents));
}

uint64_t Transformer::stream_bytes() const {
  const ModelConfig& config = weights_->config;
  uint64_t bytes = 0;
  const auto dim = uint64_t(config.head_dim) + 64;  // rows, columns and panels are padded
  for (int window : config.windows) bytes += uint64_t(config.kv_heads) * (2 * dim + 8) * (uint64_t(window) + 64);
  return bytes;
}

bool Transformer::is_large() const {
  constexpr uint64_t kCacheBytes = uint64_t(32) << 20;
  const ModelConfig& c = weights_->config;
  const auto width = uint64_t(c.width);
  const uint64_t attention = 2 * width * uint64_t(c.head_dim) * uint64_t(c.heads + c.kv_heads);
  const uint64_t feed_forward = width * uint64_t(c.ffn) * (is_gated(c.activation) ? 3 : 2);
  return uint64_t(c.layers) * (attention + feed_forward) > kCacheBytes;
}

Head Transformer::make_head() const { return *weights_->head; }

void Transformer::step(TransformerState& state, std::span<const uint32_t> streams, std::span<const uint32_t> tokens,
                       Hidden& hidden, TransformerScratch& scratch) const {
  step_layers(state, streams, tokens, 0, weights_->config.layers, hidden, scratch);
}

void Transformer::step_layers(TransformerState& state, std::span<const uint32_t> streams,
                              std::span<const uint32_t> tokens, int first, int last, Hidden& hidden,
                              TransformerScratch& scratch) const {
  assert(streams.size() == tokens.size() && !streams.empty() && first < last);
  Step(*weights_, *state.contents_, streams, *scratch.contents_).run(tokens, first, last, hidden);
}

}  // namespace lmc
