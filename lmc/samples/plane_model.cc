#include "lmc/samples/plane_model.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>

#include "lmc/mixing/context_table.h"
#include "lmc/mixing/mixer.h"
#include "lmc/samples/ensemble.h"
#include "lmc/samples/error_level.h"
#include "lmc/samples/fit_opinion.h"
#include "lmc/samples/flat_model.h"
#include "lmc/samples/least_squares.h"
#include "lmc/samples/pixel_contexts.h"
#include "lmc/samples/sparing.h"

namespace lmc {
namespace {

constexpr int kMaps = 6, kLightMaps = 2;
constexpr int kThirdSparingMap = 5;  // behind the light ones
constexpr int kPerContext = 2;       // inputs
constexpr int kCounted = 8;          // decisions of a sample that have contexts of values
constexpr uint32_t kSlotLimit = 250, kMapLimit = 255, kHistoryLimit = 1000;
constexpr uint32_t kSure = 96;                          // of 65536: beyond, the network's word stands
constexpr float kSureWidths = 8.0f;                     // about that many widths from the mean it is so sure
constexpr int64_t kFloorMass = kMixtureTotal / 100000;  // spread evenly over all values
constexpr MixerRates kMixerRates{
    .start = 0.012f, .floor = 0.0012f, .decay = 4000.0f, .last = 0.0015f, .prior_start = 0};

// What the mixer sees, and by what it chooses its weights.
struct Inputs {
  static constexpr int kBias = 0, kNetwork = 1, kFirst = 2;
  int squares, maps, contexts, ensemble;  // where each kind begins
  int map_count, count;

  explicit Inputs(const PlaneSettings& settings)
      : squares(kFirst),
        maps(squares + (settings.least_squares ? FitOpinion::kInputs : 0)),
        contexts(maps + (settings.sparing ? kLightMaps + 1
                         : settings.light ? kLightMaps
                                          : kMaps)),
        ensemble(contexts + kPerContext * settings.contexts),
        map_count(contexts - maps),
        count(ensemble + (settings.ensemble ? Ensemble::inputs(settings.role) : 0)) {}
};

MixerShape mixer_shape(const PlaneSettings& settings) {
  MixerShape shape{.inputs = Inputs(settings).count, .set_sizes = {16 * 24, 8 * 16, 256}, .last_sizes = {16 * 24}};
  if (settings.light) return shape;
  shape.set_sizes.push_back(16 * 16);
  if (settings.least_squares) shape.set_sizes.push_back(8 * 8 * 8);
  if (settings.ensemble) shape.set_sizes.insert(shape.set_sizes.end(), {1, 8});
  shape.last_sizes.push_back(256);
  return shape;
}

// Of the table of contexts; where mixing is spared a quarter of it is used.
unsigned table_bits(size_t samples, const PlaneSettings& settings) {
  const size_t buckets = samples * size_t(settings.contexts);
  return std::min(20u, log2_at_least(settings.sparing ? buckets / 4 : buckets, 10));
}

uint32_t log_spread(float spread) {  // 0..15, two steps an octave from a quarter of a sample on
  return uint32_t(std::clamp(int(half_octaves(uint32_t(spread * 16.0f) + 1)) - 4, 0, 15));
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
    // Should the sample be the mean: its prefixes, the longest; the mass below each threshold and the network's chance
    // of a one; how many decisions come before any that is mixed; the prefixes at which buckets will be looked up, 0
    // for none.
    uint32_t path;
    std::array<int64_t, 16> masses;
    std::array<uint32_t, 16> chances;
    int sure;
    std::array<uint32_t, 2> expected;
  };
  struct Map {
    std::vector<MapEntry> entries;
    uint32_t context = 0;
    MapEntry* chosen = nullptr;
  };
  struct Context {
    std::array<MapEntry, kHistories> histories;
    ContextBucket* bucket = nullptr;
    BitSlot* slot = nullptr;
    MapEntry* history = nullptr;
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
  std::vector<Fit> fits;
  // Of those that are predicted together.
  struct Batch {
    std::vector<size_t> rows;
    std::vector<int16_t> inputs;
    std::vector<Neighbourhood::Normal> normals;
    std::vector<LogisticMixture> mixtures;
    std::vector<LeastSquares::Place> places;
    std::vector<Fit> fits;
  } batch;
  PixelScratch scratch;

  std::optional<FlatModel> flat;
  std::optional<LeastSquares> squares;
  std::optional<FitOpinion> square_opinion;
  std::optional<Ensemble> ensemble;
  std::optional<Sparing> sparing;

  std::vector<int8_t> levels;  // (height + 2, stride): how far off the network was, level_of
  ContextTable table;
  std::vector<Context> contexts{size_t(kPixelContexts)};
  std::vector<Map> maps;
  Inputs at;
  Mixer mixer;

  // The sample and the decision at hand.
  const LogisticMixture* mixture = nullptr;
  const Row* row = nullptr;
  Interval interval{};
  int64_t mass_middle = 0;
  int32_t reference[4] = {};  // neighbours that the threshold is compared with
  uint32_t prefix = 1;        // the known bits behind a leading one
  uint32_t errors = 0, spread = 0;
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
        table(table_bits(size_t(plane.width()) * size_t(plane.height()), chosen)),
        at(chosen),
        mixer(mixer_shape(chosen), kMixerRates, isa) {
    constexpr size_t kMapContexts[kMaps] = {72, 16 * 16, 16 * 15, 216, 121, 121};
    maps.resize(size_t(at.map_count));
    for (size_t i = 0; i < maps.size(); ++i) {
      const bool third = settings.sparing && i == size_t(kLightMaps);
      maps[i].entries.resize(kMapContexts[third ? size_t(kThirdSparingMap) : i] * 8 * 24);
    }
    std::array<MapEntry, 24> first;
    for (size_t z = 0; z < first.size(); ++z) first[z].value = logistic().squash((float(z) - 11.5f) * 0.5f) << 16 | 4;
    for (auto& map : maps)
      for (size_t i = 0; i < map.entries.size(); i += first.size())
        std::copy(first.begin(), first.end(), map.entries.begin() + ptrdiff_t(i));
    if (settings.sparing) sparing.emplace();
    if (settings.drawn) flat.emplace(settings.role, own.stride(), isa);
    if (settings.least_squares) {
      squares.emplace(settings.role, own.width(), own.height(), own.stride(), isa);
      square_opinion.emplace(own.width(), own.height());
      mixer.set_initial(at.squares, 0.25f);
    }
    if (settings.ensemble) {
      ensemble.emplace(settings.role, settings.bits, own.width(), own.height(), own.stride(), isa,
                       Ensemble::Without{!uses(kNoWide), !uses(kNoLines), !uses(kNoResiduals)});
      for (int i = 0; i < Ensemble::inputs(settings.role); ++i)
        mixer.set_initial(at.ensemble + i, Ensemble::first_weight(i));
    }
    mixer.set_initial(Inputs::kNetwork, settings.least_squares ? 0.55f : 0.75f);
    for (int i = 0; i < at.map_count; ++i) mixer.set_initial(at.maps + i, 0.25f / float(at.map_count));
  }

  int8_t* level_row(int y) { return levels.data() + row_offset(y); }
  ptrdiff_t row_offset(int y) const { return ptrdiff_t(y + 1) * own.stride() + PaddedPlane::kPadding; }
  void predict_batch();
  void begin_squares(size_t i);
  bool uses(PixelPart part) const { return (settings.without & part) == 0; }
  static uint64_t bucket_hash(uint64_t hash, uint32_t prefix) {
    if (prefix == 1) return hash;
    return (hash ^ uint64_t(prefix) * 0xD6E8FEB86659FD93ull) * 0x9E3779B97F4A7C15ull;
  }
  LogisticMixture simple_mixture(size_t k) const;
  void choose_maps(int left, uint32_t z);
  Interval all_values() const { return {0, 1 << settings.bits, 0, kMixtureTotal}; }
  static void narrow(Interval& in, int64_t mass_middle, int bit) {
    const int32_t middle = (in.low + in.high) >> 1;
    (bit ? in.low : in.high) = middle;
    (bit ? in.mass_low : in.mass_high) = mass_middle;
  }
  bool is_mixed(const Row& of) const { return uses(kNoMixing) && (!sparing || sparing->mixes(of.y, of.spread)); }
  bool is_open(uint32_t network_p) const {  // whether a decision is mixed, if the sample is
    return uses(kNoMixing) && (settings.drawn || (network_p > kSure && network_p < kProbOne - kSure));
  }
  uint32_t network_chance(const Interval& in, int64_t mass) const;
  void foresee(const LogisticMixture& of, Row& row) const;
  bool seems_open(int32_t middle, const LogisticMixture& of) const;
  [[gnu::always_inline]] void prefetch_buckets(const Row& row, uint32_t at_prefix) const {
    for (size_t c = 0; c < size_t(settings.contexts); ++c) table.prefetch_both(bucket_hash(row.hashes[c], at_prefix));
  }
  void find_buckets();
  void context_inputs(int left, float* x);
  void select_weights(int left, uint32_t z, uint32_t seen);
  // The mixer's chance, where the network's is network_chance; searched: the buckets have to be found.
  [[gnu::noinline]] uint32_t mix(int left, uint32_t network_chance, bool searched);
  [[gnu::noinline]] void learn_mixed(int bit);
};

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
  s.rows.resize(count), s.places.resize(count), s.mixtures.resize(count), s.fits.resize(count);
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
  batch.normals.resize(count), batch.places.resize(count), batch.fits.resize(count), batch.mixtures.resize(count);
  for (size_t k = 0; k < count; ++k) {
    const LeastSquares::Place& place = batch.places[k] = places[batch.rows[k]];
    batch.normals[k] = neighbourhood.gather(place.own, place.earlier, &batch.inputs[k * kPixelInputs]);
  }
  if (squares) squares->fit(batch.places.data(), int(count), batch.fits.data());
  if (ensemble) ensemble->fit(batch.places.data(), batch.rows.data(), count);
  if (uses(kNoNetwork))
    network.run(settings.role, batch.inputs.data(), batch.normals.data(), int(count), batch.mixtures.data(), scratch);
  else
    for (size_t k = 0; k < count; ++k) batch.mixtures[k] = simple_mixture(k);
  for (size_t k = 0; k < count; ++k) {
    const LeastSquares::Place& place = batch.places[k];
    Row& row = rows[batch.rows[k]];
    fits[batch.rows[k]] = batch.fits[k];
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

// The network's chance of a one, of 65536, with `mass` below the middle.
uint32_t PlaneModel::State::network_chance(const Interval& in, int64_t mass) const {
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
    const uint32_t p = row.chances[size_t(depth)] = network_chance(in, mass);
    if (row.sure == depth && !is_open(p)) ++row.sure;
    if (depth < 8 && row.expected[size_t(depth / 4)] == 0 && is_open(p))
      row.expected[size_t(depth / 4)] = row.path >> (left + 1);
    narrow(in, mass, mean >> left & 1);
  }
}

// Whether a decision will probably be mixed. Only what is fetched depends on it.
bool PlaneModel::State::seems_open(int32_t middle, const LogisticMixture& of) const {
  return settings.drawn || std::abs(float(middle) - of.mean) < of.spread * kSureWidths;
}

PlaneModel::Foreseen PlaneModel::begin_sample(int i) {
  State& s = *state_;
  const State::Row& row = s.rows[size_t(i)];
  s.mixture = &s.mixtures[size_t(i)];
  s.row = &row;
  // What the next sample will probably look up is fetched meanwhile.
  if (const State::Row* next = size_t(i) + 1 < s.rows.size() ? &row + 1 : nullptr;
      next != nullptr && !next->flat && s.is_mixed(*next))
    for (uint32_t at_prefix : next->expected)
      if (at_prefix != 0) s.prefetch_buckets(*next, at_prefix);
  s.interval = s.all_values();
  s.prefix = 1;
  s.spread = row.spread;
  s.mixes = s.is_mixed(row);
  const Foreseen foreseen{s.squares ? 0 : s.mixes ? row.sure : s.settings.bits, row.path, row.chances.data()};
  if (!s.mixes && !s.squares) return foreseen;
  if (s.sparing) s.sparing->begin();
  const int8_t* here = s.level_row(row.y) + row.x;
  const int8_t* above = s.level_row(row.y - 1) + row.x;
  const int8_t w = here[-1], n = above[0], ne = above[1], nw = above[-1], ww = here[-2];
  const int most = std::max(size_of(w), size_of(n));
  s.errors = uint32_t(most);
  const uint16_t* p = s.own.row(row.y) + row.x;
  const ptrdiff_t stride = s.own.stride();
  int32_t difference = 0, coded = 0;
  if (!s.earlier.empty()) {
    const PaddedPlane& other = *s.earlier.back();
    const uint16_t* q = other.row(row.y) + row.x;
    difference = int32_t(q[0]) - q[-1];
    coded = level_of(q[0] - ((q[-1] + q[-stride] + q[1] + q[stride] + 2) >> 2));
  }
  s.maps[0].context = uint32_t(most * 9 + sign_of(w) * 3 + sign_of(n));
  if (!s.settings.light) {
    const auto few = [](int8_t level) { return uint32_t(std::min(size_of(level), 5)); };
    s.maps[2].context = s.spread * 15 + uint32_t(coded + 7);
    s.maps[3].context = few(ne) * 36 + few(nw) * 6 + few(ww);
  }
  if (s.squares) s.begin_squares(size_t(i));
  s.reference[0] = p[-1], s.reference[1] = p[-stride];
  s.reference[2] = int32_t(p[-1]) + p[-stride] - p[-stride - 1];
  s.reference[3] = s.earlier.empty() ? int32_t(p[-stride]) + p[-stride + 1] - p[-2 * stride + 1] : p[-1] + difference;
  return foreseen;
}

void PlaneModel::skip_to(uint32_t prefix) {
  State& s = *state_;
  s.prefix = prefix;
  const int known = std::bit_width(prefix) - 1;
  for (int depth = 0; depth < known; ++depth)
    State::narrow(s.interval, s.row->masses[size_t(depth)], int(prefix >> (known - 1 - depth) & 1));
}

void PlaneModel::State::begin_squares(size_t i) {
  const LeastSquares::Place& place = places[i];
  square_opinion->begin(fits[i], place.x, place.y, settings.bits);
  const float near = square_opinion->forecast();
  disagreement = uint32_t(size_of(level_of(int32_t((near - mixture->mean) * 2.0f))));
  if (ensemble) ensemble->begin(i, place, mixture->mean, near, errors);
}

// In place of the network's, for ablations: one logistic around the least squares' forecast, or around W + N - NW moved
// by what the plane before does here, bounded by the neighbours; its width from how uneven the surroundings are.
LogisticMixture PlaneModel::State::simple_mixture(size_t k) const {
  const LeastSquares::Place& place = batch.places[k];
  const uint16_t* p = place.own;
  const auto gradient = [](const uint16_t* at, ptrdiff_t stride) {
    const int32_t w = at[-1], n = at[-stride], nw = at[-stride - 1];
    return std::clamp(w + n - nw, std::min(w, n), std::max(w, n));
  };
  int32_t forecast = gradient(p, own.stride());
  if (!earlier.empty()) {
    const uint16_t* q = place.earlier[earlier.size() - 1];
    forecast += int32_t(q[0]) - gradient(q, own.stride());
  }
  const float centre = squares ? batch.fits[k].prediction : float(forecast);
  const float spread =
      squares ? std::max(batch.fits[k].error * 0.6f, 0.3f) : std::max(batch.normals[k].scale * 0.3f, 0.3f);
  LogisticMixture out;
  out.weights = {1 << 15, 0, 0, 0, 0};
  out.centres.fill(centre);
  out.inverses.fill(1.0f / spread);
  out.mean = std::clamp(centre, 0.0f, float(1 << settings.bits));
  out.spread = spread;
  return out;
}

// z: the bucket of the network's logit.
void PlaneModel::State::choose_maps(int left, uint32_t z) {
  const int32_t middle = interval.low + (1 << left);
  const int32_t quarters = std::clamp(int32_t((mixture->mean - float(middle)) * 4.0f) + 8, 0, 15);
  maps[1].context = uint32_t(quarters) * 16 + spread;
  const auto near = [&](int32_t value) { return uint32_t(std::clamp(int(level_of(middle - value)), -5, 5) + 5); };
  if (!settings.light) maps[4].context = near(reference[0]) * 11 + near(reference[1]);
  if (!settings.light || settings.sparing) maps.back().context = near(reference[2]) * 11 + near(reference[3]);
  const auto level = uint32_t(std::min(left, 7));
  for (Map& map : maps) map.chosen = &map.entries[(map.context * 8 + level) * 24 + z];
}

void PlaneModel::State::find_buckets() {
  for (size_t c = 0; c < size_t(settings.contexts); ++c)
    contexts[c].bucket = &table.find(bucket_hash(row->hashes[c], prefix));
}

void PlaneModel::State::context_inputs(int left, float* x) {
  const int depth = settings.bits - 1 - left;
  const uint32_t node = node_of(prefix, unsigned(depth));
  for (size_t c = 0; c < size_t(settings.contexts); ++c, x += kPerContext) {
    Context& context = contexts[c];
    context.slot = &context.bucket->nodes[node];
    context.history = &context.histories[history_index(*context.slot)];
    x[0] = x[1] = 0.0f;
    if (context.slot->count == 0) continue;
    x[0] = domain.stretch(context.history->p16());
    x[1] = domain.stretch(context.slot->p16()) * (context.slot->count > 3 ? 1.0f : 0.5f);
  }
}

void PlaneModel::State::select_weights(int left, uint32_t z, uint32_t seen) {
  const uint32_t by_logit = uint32_t(left) * 24 + z;
  const uint32_t by_prefix = settings.bits == 8 ? prefix : uint32_t(left) * 16 + spread;
  mixer.select(0, by_logit);
  mixer.select(1, errors * 16 + spread);
  mixer.select(2, by_prefix);
  mixer.select_last(0, by_logit);
  if (settings.light) return;
  mixer.select(3, seen * 16 + spread);
  if (settings.least_squares) mixer.select(4, (uint32_t(square_opinion->last_error()) * 8 + errors) * 8 + disagreement);
  if (settings.ensemble) mixer.select(5, 0), mixer.select(6, uint32_t(left));
  mixer.select_last(1, by_prefix);
}

uint32_t PlaneModel::predict(int left) {
  State& s = *state_;
  const int32_t middle = s.interval.low + (1 << left);
  const int depth = s.settings.bits - 1 - left;
  const bool counted = depth < kCounted && s.mixes && s.uses(kNoContexts);
  const bool searched = counted && (depth == 0 || depth == 4 || s.contexts[0].bucket == nullptr);
  // Fetched before the network is asked, if it has to be.
  if (searched && s.prefix != s.row->expected[size_t(depth / 4)] && s.seems_open(middle, *s.mixture))
    s.prefetch_buckets(*s.row, s.prefix);
  const bool foreseen = s.prefix == s.row->path >> (left + 1);
  s.mass_middle = foreseen ? s.row->masses[size_t(depth)] : s.mixture->below(middle, s.curve);
  const uint32_t network_p = foreseen ? s.row->chances[size_t(depth)] : s.network_chance(s.interval, s.mass_middle);
  s.mixed = s.mixes && s.is_open(network_p);
  return s.mixed ? s.mix(left, network_p, searched) : network_p;
}

uint32_t PlaneModel::State::mix(int left, uint32_t network_chance, bool searched) {
  if (searched) find_buckets();
  const int32_t middle = interval.low + (1 << left);
  const float logit = domain.stretch(network_chance);
  const auto z = uint32_t(std::clamp(logit, -5.9f, 5.9f) * 2.0f + 12.0f);
  float* x = mixer.inputs();
  x[Inputs::kBias] = 0.3f;
  x[Inputs::kNetwork] = logit;
  if (squares) square_opinion->input(middle, x + at.squares);
  if (ensemble) ensemble->input(interval.low, middle, interval.high, x + at.ensemble);
  choose_maps(left, z);
  for (size_t i = 0; i < maps.size(); ++i)
    x[size_t(at.maps) + i] = uses(kNoMaps) ? domain.stretch(maps[i].chosen->p16()) : 0.0f;
  uint32_t seen = 0;
  if (settings.bits - 1 - left < kCounted && uses(kNoContexts)) {
    context_inputs(left, x + at.contexts);
    for (size_t c = 0; c < size_t(settings.contexts); ++c) seen += contexts[c].slot->count > 0;
  } else {
    std::fill_n(x + at.contexts, kPerContext * settings.contexts, 0.0f);
  }
  select_weights(left, z, seen);
  network_p = network_chance;
  mixed_p = domain.squash(mixer.predict());
  return mixed_p;
}

void PlaneModel::State::learn_mixed(int bit) {
  if (sparing) sparing->add(bit ? network_p : kProbOne - network_p, bit ? mixed_p : kProbOne - mixed_p);
  mixer.update(bit);
  for (auto& map : maps) map.chosen->update_fast(bit, kMapLimit);
  const bool counted = prefix < 1u << kCounted && uses(kNoContexts);
  for (size_t c = 0; counted && c < size_t(settings.contexts); ++c) {
    Context& context = contexts[c];
    context.history->update_fast(bit, kHistoryLimit);
    update_slot(*context.slot, bit, kSlotLimit);
  }
}

void PlaneModel::learn(int bit) {
  State& s = *state_;
  const int32_t middle = (s.interval.low + s.interval.high) >> 1;
  if (s.mixed) s.learn_mixed(bit);
  if (s.squares) s.square_opinion->narrow(middle, bit, s.mixed);
  if (s.ensemble) s.ensemble->narrow(middle, bit, s.mixed);
  State::narrow(s.interval, s.mass_middle, bit);
  s.prefix = s.prefix << 1 | uint32_t(bit);
  // Buckets belong to four decisions; those of the next four are looked up when one of them is mixed.
  const int depth = std::bit_width(s.prefix) - 1;
  if (depth == 4) s.contexts[0].bucket = nullptr;
}

void PlaneModel::end_flat(int i) {
  State& s = *state_;
  const State::Row& row = s.rows[size_t(i)];
  s.own.set(row.x, row.y, s.places[size_t(i)].own[-1]);
  if (row.x + 1 == s.own.width()) s.own.end_row(row.y);
  if (s.squares) s.squares->learn(s.places[size_t(i)]);
  if (s.ensemble) s.ensemble->pass(s.places[size_t(i)]);
}

void PlaneModel::end_sample(int i, uint32_t sample) {
  State& s = *state_;
  const State::Row& row = s.rows[size_t(i)];
  s.own.set(row.x, row.y, uint16_t(sample));
  if (row.x + 1 == s.own.width()) s.own.end_row(row.y);
  s.level_row(row.y)[row.x] = level_of(int32_t(sample) - int32_t(s.mixture->mean + 0.5f));
  if (s.squares) {
    s.square_opinion->learn(sample);
    s.squares->learn(s.places[size_t(i)]);
  }
  if (s.ensemble) s.ensemble->learn(sample);
  if (s.sparing && s.mixes) s.sparing->learn(s.spread);
  s.contexts[0].bucket = nullptr;
}

}  // namespace lmc
