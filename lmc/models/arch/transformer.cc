#include "lmc/models/arch/transformer.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <optional>
#include <string>

#include "lmc/base/workers.h"
#include "lmc/models/arch/attention.h"
#include "lmc/models/arch/head.h"
#include "lmc/numerics/elementwise.h"
#include "lmc/numerics/matmul.h"

namespace lmc {
namespace {

// A packed matrix with the scale of each row; may be several matrices of the file, one below the other.
struct ScaledMatrix {
  PackedMatrix matrix;        // (rows, columns)
  std::vector<float> scales;  // (rows)
};

struct Layer {
  ScaledMatrix qkv;                        // (H*D + 2*Hkv*D, C)
  ScaledMatrix o;                          // (C, H*D)
  ScaledMatrix up;                         // (F, C), or with the gate below (2*F, C)
  ScaledMatrix down;                       // (C, F)
  std::vector<float> q_gain;               // (H)
  std::vector<float> attn_norm, ffn_norm;  // (C) or empty
};

std::vector<float> floats(const ModelFile& file, const std::string& name) {
  if (!file.has(name)) return {};
  const auto view = file.tensor(name);
  const auto values = view->as<float>();
  return {values.begin(), values.end()};
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
    columns = int(view->shape[1]);
  }
  out.matrix = PackedMatrix(isa, int(out.scales.size()), columns, weights);
  return out;
}

}  // namespace

struct TransformerWeights {
  ModelConfig config;
  Isa isa = Isa::kScalar;
  const Elementwise* kernels = nullptr;
  std::vector<int8_t> embed;          // (V,C)
  std::vector<float> embed_scales;    // (V)
  std::optional<Head> head;           // as in the file; copies of it adapt
  std::vector<float> final_norm;      // (C) or empty
  std::vector<Layer> layers;          // (L)
  std::vector<uint64_t> frequencies;  // (D/2)
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
  std::vector<float> gained;                              // (C)
  std::vector<float> rows;                                // (widest) outputs of a matrix
  std::vector<int16_t> wide;                              // (widest)
  std::vector<float> sink_cosines, sink_sines, sink_key;  // (D/2), (D/2), (D)
  std::vector<int8_t> q, k, v;                            // (G,D), (D), (D)
  std::vector<float> factors;                             // (G)
  AttentionScratch attention;
};

struct TransformerBuffers {
  std::vector<uint64_t> positions;    // (B)
  std::vector<float> x;               // (B,C) residual
  std::vector<float> projected;       // (B,H*D + 2*Hkv*D) queries, keys and values
  std::vector<float> attended;        // (B,H*D)
  std::vector<float> scales;          // (B) of the quantised rows
  std::vector<int8_t> planes;         // (2,B,widest input)
  std::vector<int32_t> sums;          // (2,B,widest output)
  std::vector<float> cosines, sines;  // (B,D/2)
  std::vector<PartBuffers> parts = std::vector<PartBuffers>(1);  // (threads)
  Workers* workers = nullptr;
};

namespace {

constexpr float kPeaks[2] = {kPeak8, kPeak16};

// 1 / sqrt(mean(x^2) + eps); the squares are summed as 16-bit integers.
float inverse_rms(const Elementwise& kernels, const float* x, int n, float peak, float eps) {
  if (peak < kTiny) return 1.0f / std::sqrt(eps);
  const float unit = peak / kPeak16;
  const float mean = float(kernels.sum_squares(x, n, kPeak16 / peak)) / float(n);
  return 1.0f / std::sqrt(mean * (unit * unit) + eps);
}

// int8 with a scale; a row of (almost) nothing becomes zeros with scale 0.
float quantise_row8(const Elementwise& kernels, const float* x, int n, float peak, int8_t* q) {
  if (peak < kTiny) {
    std::fill(q, q + n, int8_t(0));
    return 0.0f;
  }
  kernels.quantise8(x, n, kPeak8 / peak, q);
  return peak / kPeak8;
}

float quantise_row16(const Elementwise& kernels, const float* x, int n, float peak, int16_t* q) {
  if (peak < kTiny) {
    std::fill(q, q + n, int16_t(0));
    return 0.0f;
  }
  kernels.quantise16(x, n, kPeak16 / peak, q);
  return peak / kPeak16;
}

bool all_distinct(std::span<const uint32_t> streams) {
  std::vector<uint32_t> sorted(streams.begin(), streams.end());
  std::ranges::sort(sorted);
  return std::ranges::adjacent_find(sorted) == sorted.end();
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
        distinct_(buffers.workers != nullptr && all_distinct(streams)) {}

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
    buffers_.cosines.resize(size_t(count_) * size_t(half));
    buffers_.sines.resize(size_t(count_) * size_t(half));
    for (int b = 0; b < count_; ++b) {
      const size_t token = tokens[size_t(b)];
      assert(int(token) < config_.vocab);
      kernels_.widen(weights_.embed.data() + token * size_t(config_.width), config_.width, weights_.embed_scales[token],
                     x(b));
      const uint64_t position = state_.streams[streams_[size_t(b)]].position++;
      buffers_.positions[size_t(b)] = position;
      kernels_.rotations(position, weights_.frequencies.data(), half, buffers_.cosines.data() + size_t(b * half),
                         buffers_.sines.data() + size_t(b * half));
    }
  }

  // Normalises row b of x (gain may be empty) into a row of floats and their scale: the row is not divided by its root
  // mean square, only its scale is.
  struct Normed {
    const float* values;  // (C)
    float peak;           // of values
    float inverse_rms;
  };
  Normed norm(PartBuffers& part, int b, const std::vector<float>& gain) {
    const float* row = x(b);
    const float peak = kernels_.peak(row, config_.width);
    const float inverse = inverse_rms(kernels_, row, config_.width, peak, float(config_.norm_eps));
    if (gain.empty()) return {row, peak, inverse};
    part.gained.resize(gain.size());
    kernels_.multiply(row, gain.data(), config_.width, part.gained.data());
    return {part.gained.data(), kernels_.peak(part.gained.data(), config_.width), inverse};
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

  void norm_input(const std::vector<float>& gain, int bits) {
    begin_input(config_.width, bits);
    for_rows([&](PartBuffers& part, int b) {
      const Normed normed = norm(part, b, gain);
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
  }

  void product_to_residual(const ScaledMatrix& matrix, int bits) {
    product(matrix, bits);
    for_rows([&](PartBuffers&, int b) {
      kernels_.scale_add(sums(b), low(b), config_.width, buffers_.scales[size_t(b)], matrix.scales.data(), x(b));
    });
  }

  void attention(int l, const Layer& layer) {
    const size_t width = size_t(config_.heads * config_.head_dim), projected = size_t(layer.qkv.matrix.rows());
    norm_input(layer.attn_norm, config_.act_bits.qkv);
    product(layer.qkv, config_.act_bits.qkv);
    buffers_.projected.resize(size_t(count_) * projected);
    buffers_.attended.resize(size_t(count_) * width);
    for_rows([&](PartBuffers&, int b) {
      product_to_row(layer.qkv, b, buffers_.projected.data() + size_t(b) * projected);
    });
    // The tokens of one stream must go in order, so a head's rows stay together where a stream has several.
    const int run = distinct_ ? 1 : count_;
    share(config_.kv_heads * count_ / run, [&](PartBuffers& part, int first, int last) {
      for (int i = first * run; i < last * run; ++i) attend(part, l, layer, i % count_, i / count_);
    });
    begin_input(int(width), config_.act_bits.o);
    for_rows([&](PartBuffers& part, int b) {
      const float* row = buffers_.attended.data() + size_t(b) * width;
      set_input(part, b, row, int(width), config_.act_bits.o, kernels_.peak(row, int(width)), 1.0f);
    });
    product_to_residual(layer.o, config_.act_bits.o);
  }

  // Rotates and quantises one head's query or key; returns its scale.
  float rotate_head(int b, float* head, int8_t* q) {
    const size_t at = size_t(b) * size_t(config_.head_dim / 2);
    return rotate_head(head, buffers_.cosines.data() + at, buffers_.sines.data() + at, q);
  }
  float rotate_head(float* head, const float* cosines, const float* sines, int8_t* q) {
    const int dim = config_.head_dim;
    kernels_.rotate(head, dim / 2, cosines, sines);
    const float peak = kernels_.peak(head, dim);
    const float scale = quantise_row8(kernels_, head, dim, peak, q);
    return config_.qk_norm ? scale * inverse_rms(kernels_, head, dim, peak, float(config_.norm_eps)) : scale;
  }

  // The first position's key, as if it stood right before the window that ends at `position`.
  void move_sink(PartBuffers& buffers, AttentionCache& cache, uint64_t position) {
    const size_t half = size_t(config_.head_dim / 2);
    buffers.sink_cosines.resize(half);
    buffers.sink_sines.resize(half);
    kernels_.rotations(position + 1 - uint64_t(cache.window()), weights_.frequencies.data(), int(half),
                       buffers.sink_cosines.data(), buffers.sink_sines.data());
    buffers.sink_key.assign(cache.first_key(), cache.first_key() + config_.head_dim);
    const float scale =
        rotate_head(buffers.sink_key.data(), buffers.sink_cosines.data(), buffers.sink_sines.data(), buffers.k.data());
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
    if (cache.sink_moves(position)) move_sink(buffers, cache, position);
    const float k_scale = rotate_head(b, key, buffers.k.data());
    const float v_scale = quantise_row8(kernels_, value, dim, kernels_.peak(value, dim), buffers.v.data());
    cache.append(position, buffers.k.data(), k_scale, buffers.v.data(), v_scale);
    for (int h = 0; h < group; ++h)
      buffers.factors[size_t(h)] =
          rotate_head(b, row + (first + h) * dim, buffers.q.data() + h * dim) * layer.q_gain[size_t(first + h)];
    float* out = buffers_.attended.data() + b * config_.heads * dim + first * dim;
    cache.attend(position, {buffers.q.data(), buffers.factors.data(), group}, kernels_, buffers.attention, out);
  }

  void feed_forward(const Layer& layer) {
    const int ffn = config_.ffn;
    norm_input(layer.ffn_norm, config_.act_bits.up);
    product(layer.up, config_.act_bits.up);
    begin_input(ffn, config_.act_bits.down);
    for_rows([&](PartBuffers& part, int b) {
      part.rows.resize(size_t(layer.up.matrix.rows()));
      float* row = part.rows.data();
      product_to_row(layer.up, b, row);
      if (config_.activation == Activation::kRelu2)
        kernels_.relu2(row, ffn);
      else
        kernels_.swiglu(row, row + ffn, ffn);
      set_input(part, b, row, ffn, config_.act_bits.down, kernels_.peak(row, ffn), 1.0f);
    });
    product_to_residual(layer.down, config_.act_bits.down);
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
  int count_;      // B
  bool distinct_;  // the streams; only asked where there are workers
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
  auto weights = std::make_shared<TransformerWeights>();
  TransformerWeights& w = *weights;
  w.config = file.config();
  w.isa = isa;
  w.kernels = &elementwise(isa);
  const auto embed = file.tensor("embed");
  const auto embed_values = embed->as<int8_t>();
  w.embed.assign(embed_values.begin(), embed_values.end());
  w.embed_scales = floats(file, "embed.scale");
  const std::string head = w.config.tied ? "embed" : "head";
  w.head.emplace(isa, w.config.vocab, w.config.width, w.config.act_bits.head, file.tensor(head)->as<int8_t>(),
                 floats(file, head + ".scale"));
  w.final_norm = floats(file, "final_norm");
  for (int i = 0; i < w.config.layers; ++i) {
    const std::string name = "layer." + std::to_string(i) + ".";
    std::vector<std::string> up = {name + "w_up"};
    if (w.config.activation == Activation::kSwiglu) up.push_back(name + "w_gate");
    w.layers.push_back({.qkv = stacked(file, isa, {name + "wq", name + "wk", name + "wv"}),
                        .o = stacked(file, isa, {name + "wo"}),
                        .up = stacked(file, isa, up),
                        .down = stacked(file, isa, {name + "w_down"}),
                        .q_gain = floats(file, name + "q_gain"),
                        .attn_norm = floats(file, name + "attn_norm"),
                        .ffn_norm = floats(file, name + "ffn_norm")});
  }
  w.frequencies.resize(size_t(w.config.head_dim / 2));
  rotary_frequencies(w.config.rope_theta, w.config.head_dim, w.frequencies.data());
  return Transformer(std::move(weights));
}

const ModelConfig& Transformer::config() const { return weights_->config; }
Isa Transformer::isa() const { return weights_->isa; }

TransformerState Transformer::make_state(uint32_t streams) const {
  const ModelConfig& config = weights_->config;
  auto contents = std::make_unique<TransformerStreams>();
  contents->streams.resize(streams);
  for (auto& stream : contents->streams)
    for (int window : config.windows)
      for (int g = 0; g < config.kv_heads; ++g)
        stream.caches.emplace_back(weights_->isa, window, config.head_dim, config.sinks);
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
  const uint64_t feed_forward = width * uint64_t(c.ffn) * (c.activation == Activation::kSwiglu ? 3 : 2);
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
