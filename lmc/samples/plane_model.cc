#include "lmc/samples/plane_model.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>

#include "lmc/mixing/mixer.h"
#include "lmc/samples/error_level.h"
#include "lmc/samples/error_maps.h"
#include "lmc/samples/fitted_stage.h"
#include "lmc/samples/flat_model.h"
#include "lmc/samples/gating.h"
#include "lmc/samples/residual_stage.h"
#include "lmc/samples/simple_forecast.h"
#include "lmc/samples/value_contexts.h"

namespace lmc {
namespace {

constexpr int kBias = 0, kNetwork = 1, kOfStages = 2;   // inputs of the mixer
constexpr uint32_t kSure = 96;                          // of 65536: beyond, the network's word stands
constexpr float kSureWidths = 8.0f;                     // about that many widths from the mean it is so sure
constexpr int64_t kFloorMass = kMixtureTotal / 100000;  // spread evenly over all values
constexpr MixerRates kMixerRates{
    .start = 0.012f, .floor = 0.0012f, .decay = 4000.0f, .last = 0.0015f, .prior_start = 0};

// In the order of their inputs.
using PlaneStages =
    SampleStages<NearSquares, ErrorMaps, ValueContexts, WideSquares, RowSquares, ColumnSquares, ResidualStage>;

constexpr unsigned kMostTableBits = 20;

// Of the table of contexts; where mixing is spared a quarter of it is used.
unsigned table_bits(size_t samples, const PlaneSettings& settings) {
  const size_t buckets = samples * size_t(settings.contexts);
  return std::min(kMostTableBits, log2_at_least(settings.gating ? buckets / 4 : buckets, 10));
}

PlaneStages stages_of(const PlaneSettings& settings, const PaddedPlane& plane, Isa isa) {
  const PlaneRole role = settings.role;
  const int width = plane.width(), height = plane.height(), bits = settings.bits;
  const ptrdiff_t stride = plane.stride();
  const auto uses = [&](PixelPart part) { return (settings.without & part) == 0; };
  PlaneStages stages;
  if (settings.least_squares)
    stages.add<NearSquares>(width, height, bits, LeastSquares(role, width, height, stride, isa));
  if (uses(kNoMaps))
    stages.add<ErrorMaps>(settings.gating  ? ErrorMaps::Choice::kLightAndSlope
                          : settings.light ? ErrorMaps::Choice::kLight
                                           : ErrorMaps::Choice::kAll,
                          role, stride);
  if (uses(kNoContexts))
    stages.add<ValueContexts>(settings.contexts, table_bits(size_t(width) * size_t(height), settings));
  if (!settings.ensemble) return stages;
  if (uses(kNoWide)) stages.add<WideSquares>(width, height, bits, WideLeastSquares(role, width, height, stride, isa));
  using Along = LineLeastSquares::Along;
  if (uses(kNoLines)) {
    stages.add<RowSquares>(width, height, bits, LineLeastSquares(Along::kRow, role, width, height, stride, isa));
    stages.add<ColumnSquares>(width, height, bits, LineLeastSquares(Along::kColumn, role, width, height, stride, isa));
  }
  if (uses(kNoResiduals)) stages.add<ResidualStage>(role, width, height, stride, bits, isa);
  return stages;
}

MixerShape mixer_shape(const PlaneSettings& settings, int inputs) {
  MixerShape shape{.inputs = inputs, .set_sizes = {16 * 24, 8 * 16, 256}, .last_sizes = {16 * 24}};
  if (settings.light) return shape;
  shape.set_sizes.push_back(16 * 16);
  if (settings.least_squares) shape.set_sizes.push_back(8 * 8 * 8);
  if (settings.ensemble) shape.set_sizes.insert(shape.set_sizes.end(), {1, 8});
  shape.last_sizes.push_back(256);
  return shape;
}

uint32_t log_spread(float spread) {  // 0..15, two steps an octave from a quarter of a sample on
  constexpr float kMost = 1 << 20;   // far beyond the last step; what no integer holds must not be converted
  return uint32_t(std::clamp(int(half_octaves(uint32_t(std::min(spread * 16.0f, kMost)) + 1)) - 4, 0, 15));
}

}  // namespace

struct PlaneModel::State {
  // What the sample may still be, and the mass below the ends.
  struct Interval {
    int32_t low, high;
    int64_t mass_low, mass_high;
  };
  struct Row {
    int x, y;
    bool flat;
    std::array<uint64_t, kPixelContexts> hashes;
    uint32_t spread;
    // Should the sample be the mean: its prefixes, the longest; the mass below each threshold and the network's
    // probability of a one; how many decisions come before any that is mixed; the prefixes at which buckets will be
    // looked up, 0 for none.
    uint32_t path;
    std::array<int64_t, 16> masses;
    std::array<uint32_t, 16> probabilities;
    int sure;
    std::array<uint32_t, 2> expected;
  };
  const PixelNetwork& network;
  PlaneSettings settings;
  PaddedPlane& own;
  std::vector<const PaddedPlane*> earlier;
  Neighbourhood neighbourhood;
  const PixelKernels kernels;
  const LogisticCurve& curve = logistic_curve();
  const Logistic& domain = logistic();

  // Of each row of the step at hand.
  std::vector<Row> rows;
  std::vector<LeastSquares::Place> places;
  std::vector<LogisticMixture> mixtures;
  // Of those that are predicted together.
  struct Batch {
    std::vector<size_t> rows;
    std::vector<int16_t> inputs;
    std::vector<Neighbourhood::Normal> normals;
    std::vector<LogisticMixture> mixtures;
    std::vector<LeastSquares::Place> places;
  } batch;
  PixelScratch scratch;

  std::optional<FlatModel> flat;
  std::optional<Gating> gating;

  std::vector<int8_t> levels;  // (height + 2, stride): how far off the network was, level_of
  PlaneStages stages;
  Mixer mixer;
  void (State::*forecast)();  // of the samples in the batch: the network's, but for ablations

  // The sample and the decision at hand.
  const LogisticMixture* mixture = nullptr;
  const Row* row = nullptr;
  Interval interval{};
  int64_t mass_middle = 0;
  SampleAt at;
  uint32_t prefix = 1;        // the known bits behind a leading one
  uint32_t disagreement = 0;  // how far from the network the least squares are
  bool mixes = true;          // any of the sample's decisions
  bool mixed = false;
  uint32_t network_p = 0, mixed_p = 0;  // where it is

  State(const PixelNetwork& net, const PlaneSettings& chosen, PaddedPlane& plane,
        std::span<const PaddedPlane* const> others, Isa isa)
      : network(net),
        settings(chosen),
        own(plane),
        earlier(others.begin(), others.end()),
        neighbourhood(chosen.role, plane.stride(), chosen.bits, isa),
        kernels(pixel_kernels(isa)),
        levels(size_t(plane.stride()) * size_t(plane.height() + 2)),
        stages(stages_of(chosen, plane, isa)),
        mixer(mixer_shape(chosen, kOfStages + stages.inputs()), kMixerRates, isa),
        forecast((chosen.without & kNoNetwork) == 0 ? &State::run_network : &State::forecast_simply) {
    if (settings.gating) gating.emplace();
    if (settings.synthetic) flat.emplace(settings.role, own.stride(), isa);
    mixer.set_initial(kNetwork, settings.least_squares ? 0.55f : 0.75f);
    stages.for_first_weights(kOfStages, [&](int input, float weight) { mixer.set_initial(input, weight); });
  }

  int8_t* level_row(int y) { return levels.data() + row_offset(y); }
  ptrdiff_t row_offset(int y) const { return ptrdiff_t(y + 1) * own.stride() + PaddedPlane::kPadding; }
  void predict_batch();
  void run_network();
  void forecast_simply();
  void begin_stages(size_t i);
  Interval all_values() const { return {0, 1 << settings.bits, 0, kMixtureTotal}; }
  static void narrow(Interval& in, int64_t mass_middle, int bit) {
    const int32_t middle = (in.low + in.high) >> 1;
    (bit ? in.low : in.high) = middle;
    (bit ? in.mass_low : in.mass_high) = mass_middle;
  }
  bool is_mixed(const Row& of) const { return settings.mixing && (!gating || gating->mixes(of.y, of.spread)); }
  bool is_open(uint32_t network_p) const {  // whether a decision is mixed, if the sample is
    return settings.mixing && (settings.synthetic || (network_p > kSure && network_p < kProbOne - kSure));
  }
  uint32_t network_probability(const Interval& in, int64_t mass) const;
  void foresee(const LogisticMixture& of, Row& row) const;
  bool seems_open(int32_t middle, const LogisticMixture& of) const;
  SampleDecision decision(int left) const {
    return {.left = left,
            .depth = settings.bits - 1 - left,
            .prefix = prefix,
            .low = interval.low,
            .middle = interval.low + (1 << left),
            .high = interval.high,
            .by_logit = 0};
  }
  void select_weights(const SampleDecision& of);
  // The mixer's probability, where the network's is network_probability.
  [[gnu::noinline]] uint32_t mix(int left, uint32_t network_probability);
  [[gnu::noinline]] void learn_stages(int bit);
};

uint64_t PlaneModel::table_bytes(uint64_t pixels) {
  return sizeof(ContextBucket) << std::min(kMostTableBits, log2_at_least(size_t(pixels) * kPixelContexts, 10));
}

PlaneModel::PlaneModel(const PixelNetwork& network, const PlaneSettings& settings, PaddedPlane& own,
                       std::span<const PaddedPlane* const> earlier, Isa isa)
    : state_(std::make_unique<State>(network, settings, own, earlier, isa)) {}
PlaneModel::~PlaneModel() = default;

int PlaneModel::bits() const { return state_->settings.bits; }
int PlaneModel::steps() const { return state_->own.width() + kLag * (state_->own.height() - 1); }
int PlaneModel::needs(int t, int steps) { return std::min(t + kLookAhead * (kLag + 1), steps - 1); }
uint32_t PlaneModel::value_x(int i) const { return uint32_t(state_->rows[size_t(i)].x); }
uint32_t PlaneModel::value_y(int i) const { return uint32_t(state_->rows[size_t(i)].y); }

int PlaneModel::begin_step(int t) {
  State& s = *state_;
  const int first = std::max(0, (t - s.own.width() + kLag) / kLag);
  const int end = std::min(s.own.height() - 1, t / kLag) + 1;
  const auto count = size_t(std::max(end - first, 0));
  s.rows.resize(count), s.places.resize(count), s.mixtures.resize(count);
  s.batch.rows.clear();
  for (size_t i = 0; i < count; ++i) {
    const int y = first + int(i), x = t - kLag * y;
    if (x == 0) s.own.begin_row(y);
    LeastSquares::Place& place = s.places[i] = {x, y, s.own.row(y) + x, {}};
    for (size_t p = 0; p < s.earlier.size(); ++p) place.earlier[p] = s.earlier[p]->row(y) + x;
    s.rows[i].x = x, s.rows[i].y = y;
    s.rows[i].flat = s.flat && FlatModel::is_flat(place.own, s.own.stride());
    if (!s.rows[i].flat) s.batch.rows.push_back(i);
  }
  s.predict_batch();
  return int(count);
}

bool PlaneModel::is_flat(int i) const { return state_->rows[size_t(i)].flat; }
bool PlaneModel::equals_left(int i, uint32_t value) const { return state_->places[size_t(i)].own[-1] == value; }
void PlaneModel::learn_flat(int same) { state_->flat->learn(same); }

uint32_t PlaneModel::predict_flat(int i) {
  const LeastSquares::Place& place = state_->places[size_t(i)];
  return state_->flat->predict(place.own, place.earlier);
}

void PlaneModel::prepare(int i) {
  state_->batch.rows.assign(1, size_t(i));
  state_->predict_batch();
}

// Mixtures, fits and hashes of the rows in the batch.
void PlaneModel::State::predict_batch() {
  const size_t count = batch.rows.size();
  batch.inputs.resize(count * kPixelInputs);
  batch.normals.resize(count), batch.places.resize(count), batch.mixtures.resize(count);
  for (size_t k = 0; k < count; ++k) {
    const LeastSquares::Place& place = batch.places[k] = places[batch.rows[k]];
    batch.normals[k] = neighbourhood.gather(place.own, place.earlier, &batch.inputs[k * kPixelInputs]);
  }
  stages.fit(batch.places.data(), batch.rows.data(), count);
  (this->*forecast)();
  for (size_t k = 0; k < count; ++k) {
    const LeastSquares::Place& place = batch.places[k];
    Row& row = rows[batch.rows[k]];
    mixtures[batch.rows[k]] = batch.mixtures[k];
    row.spread = log_spread(batch.mixtures[k].spread);
    const PixelSurroundings surroundings{.own = place.own,
                                         .earlier = place.earlier,
                                         .stride = own.stride(),
                                         .mean = int32_t(batch.mixtures[k].mean + 0.5f),
                                         .spread = row.spread};
    hash_contexts(settings.role, surroundings, settings.contexts, row.hashes);
    foresee(batch.mixtures[k], row);
  }
}

void PlaneModel::State::run_network() {
  network.run(settings.role, batch.inputs.data(), batch.normals.data(), int(batch.rows.size()), batch.mixtures.data(),
              scratch);
}

void PlaneModel::State::forecast_simply() {
  for (size_t k = 0; k < batch.rows.size(); ++k) {
    const Fit* fit = stages.get<NearSquares>() ? &stages.get<NearSquares>()->fit_of(batch.rows[k]) : nullptr;
    batch.mixtures[k] =
        simple_forecast(settings.role, batch.places[k], own.stride(), batch.normals[k].scale, fit, settings.bits);
  }
}

// The network's probability of a one, of 65536, with `mass` below the middle.
uint32_t PlaneModel::State::network_probability(const Interval& in, int64_t mass) const {
  const int32_t middle = (in.low + in.high) >> 1;
  const int64_t unit = kFloorMass >> settings.bits;
  const int64_t above = in.mass_high - mass + unit * (in.high - middle);
  const int64_t all = in.mass_high - in.mass_low + unit * (in.high - in.low);
  const auto p = uint32_t(double(above) / double(all) * 65536.0);
  return std::clamp(p, 1u, 65535u);
}

// Most decisions are those of the mean. Their thresholds are worked out beforehand, all together.
void PlaneModel::State::foresee(const LogisticMixture& of, Row& row) const {
  constexpr int kTogether = PixelKernels::kThresholds;
  const int32_t mean = std::clamp(int32_t(of.mean + 0.5f), 0, (1 << settings.bits) - 1);
  row.path = uint32_t(1 << settings.bits | mean);
  row.expected = {};
  for (int first = 0; first < settings.bits; first += kTogether) {
    float edges[kTogether];
    for (int i = 0; i < kTogether; ++i) {
      const int left = std::max(settings.bits - 1 - first - i, 0);
      edges[i] = float((mean >> left | 1) << left) - 0.5f;
    }
    kernels.masses(of.weights.data(), of.centres.data(), of.inverses.data(), kMixtureComponents, curve.pieces(), edges,
                   row.masses.data() + first);
  }
  Interval in = all_values();
  row.sure = 0;
  for (int depth = 0; depth < settings.bits; ++depth) {
    const int left = settings.bits - 1 - depth;
    const int64_t mass = row.masses[size_t(depth)];
    const uint32_t p = row.probabilities[size_t(depth)] = network_probability(in, mass);
    if (row.sure == depth && !is_open(p)) ++row.sure;
    if (depth < 8 && row.expected[size_t(depth / 4)] == 0 && is_open(p))
      row.expected[size_t(depth / 4)] = row.path >> (left + 1);
    narrow(in, mass, mean >> left & 1);
  }
}

// Whether a decision will probably be mixed. Only what is fetched depends on it.
bool PlaneModel::State::seems_open(int32_t middle, const LogisticMixture& of) const {
  return settings.synthetic || std::abs(float(middle) - of.mean) < of.spread * kSureWidths;
}

PlaneModel::Foreseen PlaneModel::begin_sample(int i) {
  State& s = *state_;
  const State::Row& row = s.rows[size_t(i)];
  const std::optional<ValueContexts>& contexts = s.stages.get<ValueContexts>();
  s.mixture = &s.mixtures[size_t(i)];
  s.row = &row;
  // What the next sample will probably look up is fetched meanwhile.
  if (const State::Row* next = size_t(i) + 1 < s.rows.size() ? &row + 1 : nullptr;
      next != nullptr && contexts && !next->flat && s.is_mixed(*next))
    for (uint32_t at_prefix : next->expected)
      if (at_prefix != 0) contexts->prefetch(next->hashes, at_prefix);
  s.interval = s.all_values();
  s.prefix = 1;
  s.mixes = s.is_mixed(row);
  const bool fits = s.settings.least_squares;
  const Foreseen foreseen{fits ? 0 : s.mixes ? row.sure : s.settings.bits, row.path, row.probabilities.data()};
  if (!s.mixes && !fits) return foreseen;
  if (s.gating) s.gating->begin();
  s.begin_stages(size_t(i));
  return foreseen;
}

void PlaneModel::State::begin_stages(size_t i) {
  const int8_t* here = level_row(row->y) + row->x;
  const int8_t* above = level_row(row->y - 1) + row->x;
  at.place = places[i];
  at.row = i;
  at.mean = mixture->mean;
  at.spread = row->spread;
  at.left = here[-1], at.above = above[0], at.right = above[1], at.corner = above[-1], at.far = here[-2];
  at.errors = uint32_t(std::max(size_of(at.left), size_of(at.above)));
  at.hashes = &row->hashes;
  stages.begin(at);
  disagreement = uint32_t(size_of(level_of(int32_t((at.forecasts[kNearFit] - at.mean) * 2.0f))));
}

void PlaneModel::skip_to(uint32_t prefix) {
  State& s = *state_;
  s.prefix = prefix;
  const int known = std::bit_width(prefix) - 1;
  for (int depth = 0; depth < known; ++depth)
    State::narrow(s.interval, s.row->masses[size_t(depth)], int(prefix >> (known - 1 - depth) & 1));
}

void PlaneModel::State::select_weights(const SampleDecision& of) {
  const auto left = uint32_t(of.left);
  const uint32_t by_logit = left * 24 + of.by_logit;
  const uint32_t by_prefix = settings.bits == 8 ? prefix : left * 16 + at.spread;
  mixer.select(0, by_logit);
  mixer.select(1, at.errors * 16 + at.spread);
  mixer.select(2, by_prefix);
  mixer.select_last(0, by_logit);
  if (settings.light) return;
  const std::optional<ValueContexts>& contexts = stages.get<ValueContexts>();
  mixer.select(3, (contexts ? contexts->seen() : 0) * 16 + at.spread);
  if (settings.least_squares)
    mixer.select(4, (uint32_t(stages.get<NearSquares>()->last_error()) * 8 + at.errors) * 8 + disagreement);
  if (settings.ensemble) mixer.select(5, 0), mixer.select(6, left);
  mixer.select_last(1, by_prefix);
}

uint32_t PlaneModel::predict(int left) {
  State& s = *state_;
  const int32_t middle = s.interval.low + (1 << left);
  const int depth = s.settings.bits - 1 - left;
  // Fetched before the network is asked, if it has to be.
  if (const std::optional<ValueContexts>& contexts = s.stages.get<ValueContexts>();
      s.mixes && contexts && contexts->will_search(depth) && s.prefix != s.row->expected[size_t(depth / 4)] &&
      s.seems_open(middle, *s.mixture))
    contexts->prefetch(s.row->hashes, s.prefix);
  const bool foreseen = s.prefix == s.row->path >> (left + 1);
  s.mass_middle = foreseen ? s.row->masses[size_t(depth)] : s.mixture->below(middle, s.curve);
  const uint32_t network_p =
      foreseen ? s.row->probabilities[size_t(depth)] : s.network_probability(s.interval, s.mass_middle);
  s.mixed = s.mixes && s.is_open(network_p);
  return s.mixed ? s.mix(left, network_p) : network_p;
}

uint32_t PlaneModel::State::mix(int left, uint32_t network_probability) {
  const float logit = domain.stretch(network_probability);
  SampleDecision of = decision(left);
  of.by_logit = uint32_t(std::clamp(logit, -5.9f, 5.9f) * 2.0f + 12.0f);
  float* x = mixer.inputs();
  x[kBias] = 0.3f;
  x[kNetwork] = logit;
  stages.input(of, x + kOfStages);
  select_weights(of);
  network_p = network_probability;
  mixed_p = domain.squash(mixer.predict());
  return mixed_p;
}

void PlaneModel::State::learn_stages(int bit) {
  if (mixed) {
    if (gating) gating->add(bit ? network_p : kProbOne - network_p, bit ? mixed_p : kProbOne - mixed_p);
    mixer.update(bit);
  }
  stages.learn(decision(settings.bits - std::bit_width(prefix)), bit, mixed);
}

void PlaneModel::learn(int bit) {
  State& s = *state_;
  if (s.mixed || s.settings.least_squares) s.learn_stages(bit);
  State::narrow(s.interval, s.mass_middle, bit);
  s.prefix = s.prefix << 1 | uint32_t(bit);
}

void PlaneModel::end_flat(int i) {
  State& s = *state_;
  const State::Row& row = s.rows[size_t(i)];
  s.own.set(row.x, row.y, s.places[size_t(i)].own[-1]);
  if (row.x + 1 == s.own.width()) s.own.end_row(row.y);
  if (s.settings.least_squares) s.stages.pass(s.places[size_t(i)]);  // nothing else looks at it
}

void PlaneModel::end_sample(int i, uint32_t sample) {
  State& s = *state_;
  const State::Row& row = s.rows[size_t(i)];
  s.own.set(row.x, row.y, uint16_t(sample));
  if (row.x + 1 == s.own.width()) s.own.end_row(row.y);
  s.level_row(row.y)[row.x] = level_of(int32_t(sample) - int32_t(s.mixture->mean + 0.5f));
  s.stages.end(sample);
  if (s.gating && s.mixes) s.gating->learn(row.spread);
}

}  // namespace lmc
