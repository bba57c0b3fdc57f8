#include "lmc/coefficients/decoded/dct_search.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace lmc {
namespace {

constexpr double kNoise = 1.4;             // what rounding hardly ever does to a coefficient: five times its deviation
constexpr double kSpread = 0.32;           // that deviation and a little more
constexpr double kShare = 0.95;            // of the values that are as they should be
constexpr size_t kMostValues = 300;        // of a frequency that are looked at
constexpr int kOthersOf = 5, kSameOf = 3;  // one of so many steps may not, must be as in a standard table
constexpr double kEvidentScore = 0.5;      // nats a value
constexpr size_t kFewestWaves = 2;         // of a block whose rounding is like noise
constexpr size_t kFewestValues = 5;        // that make a step evident
constexpr int kEvidentStep = 3;
constexpr size_t kHopeless = 128;      // so many blocks more than half are wrong: it is not made so
constexpr size_t kBlocksAtOnce = 256;  // shared by threads, before it is asked whether that is so
constexpr int kFlatStep = 8;           // of the mean, where it is not known: then it can be any sample
constexpr int kMostStep = 1024;
constexpr int kRealPasses = 40, kPasses = 12, kRepairs = 10, kPairs = 10;
constexpr int kMostTries = 3000;     // sets of coefficients that are changed in a block
constexpr double kMostEnergy = 2.5;  // by which they may be farther from the samples than the nearest ones

// cos(k pi / 16); written out, as libraries differ in the last bit of cosines.
double cosine_of_sixteenths(int k) {
  constexpr double kQuarter[] = {1.0,
                                 0.98078528040323043,
                                 0.92387953251128674,
                                 0.83146961230254524,
                                 0.70710678118654757,
                                 0.55557023301960218,
                                 0.38268343236508978,
                                 0.19509032201612828,
                                 0.0};
  k %= 32;
  if (k > 16) k = 32 - k;
  return k <= 8 ? kQuarter[k] : -kQuarter[16 - k];
}

struct Basis {
  double cosine[8][8], turned[8][8];             // frequency, place; and place, frequency
  std::array<std::array<double, 64>, 64> whole;  // coefficient, sample

  Basis() {
    for (int u = 0; u < 8; ++u)
      for (int x = 0; x < 8; ++x)
        cosine[u][x] = turned[x][u] = cosine_of_sixteenths((2 * x + 1) * u) * (u == 0 ? std::sqrt(0.125) : 0.5);
    for (size_t i = 0; i < 64; ++i)
      for (size_t n = 0; n < 64; ++n) whole[i][n] = cosine[i / 8][n / 8] * cosine[i % 8][n % 8];
  }
};
const Basis& basis() {
  static const Basis made;
  return made;
}

// Rows of 8x8 numbers, then columns, times a matrix. Eight sums at once, each in order.
void transform(const double (&matrix)[8][8], const double (&turned)[8][8], const double* in, double* out) {
  double rows[8][8];
  for (size_t y = 0; y < 8; ++y) {
    double sums[8] = {};
    for (size_t n = 0; n < 8; ++n)
      for (size_t i = 0; i < 8; ++i) sums[i] += turned[n][i] * in[8 * y + n];
    std::copy_n(sums, 8, rows[y]);
  }
  for (size_t y = 0; y < 8; ++y) {
    double sums[8] = {};
    for (size_t n = 0; n < 8; ++n)
      for (size_t i = 0; i < 8; ++i) sums[i] += matrix[y][n] * rows[n][i];
    std::copy_n(sums, 8, out + 8 * y);
  }
}

// How much more likely values are, in nats each, if they are multiples of a step with noise than if any may occur.
double step_score(const std::vector<double>& values, int step, double at_least) {
  double sum = 0;
  const double height = kShare * step * 0.3989 / kSpread, most = std::log(height + 1);
  for (size_t n = 0; n < values.size(); ++n) {
    const double off = std::fabs(values[n] - step * std::round(values[n] / step)) / kSpread;
    double likely = off > 4 ? 0 : std::exp(-0.5 * off * off);
    if (step < 3) {  // the next multiples matter too
      const double other = step / kSpread - off;
      likely += std::exp(-0.5 * other * other);
    }
    sum += std::log(height * likely + 1 - kShare);
    if (sum + most * double(values.size() - n - 1) < at_least) break;  // too few are left to catch up
  }
  return sum;
}

// The likeliest step; 0 if there are no values.
int find_step(const std::vector<double>& values, double& score) {
  score = 0;
  if (values.empty()) return 0;
  const double largest = *std::max_element(values.begin(), values.end());
  int best = 1;
  score = step_score(values, 1, -1e9);
  for (int step = std::min(int(std::lround(largest)) + 1, kMostStep); step > 1; --step)
    if (const double now = step_score(values, step, score); now > score) best = step, score = now;
  return best;
}

// A block's bounds as real numbers that round to what is allowed.
struct Bounds {
  std::array<double, 64> low, high, hoped;
  bool certain = true;         // every sample is known,
  bool certain_inside = true;  // or lies outside of the plane
  int inside = 0;

  Bounds(const BoundedPlane& plane, int left, int top) {
    for (int i = 0; i < 64; ++i) {
      const int x = left + i % 8, y = top + i / 8;
      const size_t n = size_t(i);
      const size_t place =
          size_t(std::min(y, plane.height - 1)) * size_t(plane.width) + size_t(std::min(x, plane.width - 1));
      const bool outside = x >= plane.width || y >= plane.height;
      const int from = outside ? 0 : plane.low[place], to = outside ? 255 : plane.high[place];
      low[n] = from == 0 ? -1e9 : from - 128.5;
      high[n] = to == 255 ? 1e9 : to - 127.5;
      hoped[n] = plane.hoped[place] - 128;
      const bool known = from == to && from > 0 && to < 255;
      certain &= known;
      certain_inside &= known || outside;
      inside += !outside;
    }
  }
  double excess(size_t n, double value) const { return std::max({low[n] - value, value - high[n], 0.0}); }
  double cost(const std::array<double, 64>& values) const {
    double sum = 0;
    for (size_t n = 0; n < 64; ++n) {
      const double over = excess(n, values[n]);
      sum += over * over;
    }
    return sum;
  }
  double cost_with(const std::array<double, 64>& values, const double* added, double times, double enough) const {
    double sum = 0;
    for (size_t n = 0; n < 64 && sum < enough; ++n) {
      const double over = excess(n, values[n] + times * added[n]);
      sum += over * over;
    }
    return sum;
  }
  int wrong(const std::array<int, 64>& samples) const {
    int count = 0;
    for (size_t n = 0; n < 64; ++n) count += samples[n] - 128 < low[n] || samples[n] - 128 > high[n];
    return count;
  }
};

// The DCT of wholly known blocks with texture, what is above noise of it; returns how many blocks they were.
size_t collect(const BoundedPlane& plane, size_t most_blocks, std::array<std::vector<double>, 64>& values) {
  const size_t across = size_t(plane.width / 8), blocks = across * size_t(plane.height / 8);
  const size_t stride = std::max<size_t>(1, blocks / std::max<size_t>(1, most_blocks)) | 1;  // odd: not one column
  std::array<size_t, 64> limits;
  for (size_t i = 0; i < 64; ++i) limits[i] = values[i].size() + kMostValues;
  size_t count = 0;
  for (size_t block = 0; block < blocks; block += stride) {
    const Bounds bounds(plane, int(block % across) * 8, int(block / across) * 8);
    if (!bounds.certain) continue;
    std::array<double, 64> t;
    forward_dct(bounds.hoped.data(), t.data());
    size_t waves = 0;
    for (size_t i = 1; i < 64; ++i) waves += std::fabs(t[i]) > kNoise;
    if (waves < kFewestWaves) continue;  // rounding does the same to all of its samples
    ++count;
    for (size_t i = 0; i < 64; ++i)
      if (std::fabs(t[i]) > kNoise && values[i].size() < limits[i]) values[i].push_back(std::fabs(t[i]));
  }
  return count;
}

class BlockSearch {
 public:
  BlockSearch(const Bounds& bounds, const DctSteps& steps) : bounds_(bounds), steps_(steps) {}

  int run(int16_t* out) {
    project();
    if (best_wrong_ > 0 && bounds_.certain_inside) try_others();
    if (best_wrong_ > 0) repair();
    std::copy(best_.begin(), best_.end(), out);
    return best_wrong_;
  }

 private:
  using Block = std::array<int16_t, 64>;

  // In turn to coefficients and to the bounds; at first coefficients stay real where they are not nearly zero.
  void project() {
    std::array<double, 64> x = bounds_.hoped, t;
    Block before{};
    for (int pass = 0; pass < kRealPasses + kPasses; ++pass) {
      forward_dct(x.data(), t.data());
      std::array<double, 64> values;
      if (pass < kRealPasses && !bounds_.certain) {
        for (size_t i = 0; i < 64; ++i)
          if (std::fabs(t[i]) < 0.5 * steps_[i]) t[i] = 0;
        inverse_dct(t.data(), values.data());
      } else {
        Block c;
        for (size_t i = 0; i < 64; ++i) c[i] = int16_t(std::clamp(std::lround(t[i] / steps_[i]), -2048l, 2048l));
        std::array<int, 64> samples;
        inverse_dct(c.data(), steps_, samples);
        consider(c, samples);
        if (best_wrong_ == 0 || bounds_.certain || (pass > kRealPasses && c == before)) return;
        before = c;
        for (size_t n = 0; n < 64; ++n) values[n] = samples[n] - 128;
      }
      for (size_t n = 0; n < 64; ++n)
        if (bounds_.high[n] - bounds_.low[n] > 1.5)
          x[n] = std::clamp(values[n], bounds_.low[n] + 0.5, bounds_.high[n] - 0.5);
    }
  }

  void consider(const Block& c, const std::array<int, 64>& samples) {
    const int wrong = bounds_.wrong(samples);
    if (wrong < best_wrong_) best_wrong_ = wrong, best_ = c;
  }

  struct Other {
    size_t place;
    int by;
    double energy;
  };

  // The samples are known, but rounding them has made other coefficients the nearest: sets of those that were rounded
  // the other way, from the likeliest on.
  void try_others() {
    // What is outside repeats what is inside, and so does the noise.
    const double most_energy = kMostEnergy * 64 / bounds_.inside;
    std::array<double, 64> t, values{};
    forward_dct(bounds_.hoped.data(), t.data());
    Block c;
    std::vector<Other> others;
    for (size_t i = 0; i < 64; ++i) {
      const double scaled = t[i] / steps_[i];
      c[i] = int16_t(std::clamp(std::lround(scaled), -2048l, 2048l));
      for (size_t n = 0; n < 64 && c[i] != 0; ++n) values[n] += c[i] * steps_[i] * basis().whole[i][n];
      const double energy = steps_[i] * steps_[i] * (1 - 2 * std::fabs(scaled - c[i]));
      if (energy < most_energy) others.push_back({i, scaled > c[i] ? 1 : -1, energy});
    }
    std::sort(others.begin(), others.end(),
              [](const Other& left, const Other& right) { return left.energy < right.energy; });
    tries_ = 0;
    for (double energy = most_energy / 8; energy <= most_energy && best_wrong_ > 0 && tries_ < kMostTries; energy *= 2)
      try_from(others, 0, energy, c, values);
  }

  void try_from(const std::vector<Other>& others, size_t from, double left, Block& c,
                const std::array<double, 64>& values) {
    for (size_t i = from; i < others.size() && others[i].energy <= left; ++i) {
      if (best_wrong_ == 0 || ++tries_ > kMostTries) return;
      const Other& other = others[i];
      std::array<double, 64> with;
      const double by = other.by * steps_[other.place];
      const auto& added = basis().whole[other.place];
      double cost = 0;
      for (size_t n = 0; n < 64; ++n) {
        with[n] = values[n] + by * added[n];
        const double over = bounds_.excess(n, with[n]);
        cost += over * over;
      }
      c[other.place] = int16_t(c[other.place] + other.by);
      if (cost < least_cost_) {
        least_cost_ = std::max(cost, 0.01);
        std::array<int, 64> samples;
        inverse_dct(c.data(), steps_, samples);
        consider(c, samples);
      }
      try_from(others, i + 1, left - other.energy, c, with);
      c[other.place] = int16_t(c[other.place] - other.by);
    }
  }

  struct Change {
    size_t place;
    int by;
    double cost;
  };

  // One coefficient after the other by one, or two at once, as long as samples come nearer to their bounds.
  void repair() {
    const Basis& b = basis();
    Block c = best_;
    std::array<double, 64> values{};
    const auto add = [&](size_t i, int by) {
      for (size_t n = 0; n < 64; ++n) values[n] += by * steps_[i] * b.whole[i][n];
    };
    for (size_t i = 0; i < 64; ++i)
      if (c[i] != 0) add(i, c[i]);
    double now = bounds_.cost(values);
    for (int round = 0; round < kRepairs && best_wrong_ > 0 && now > 0; ++round) {
      std::vector<Change> changes;
      for (size_t i = 0; i < 64; ++i)
        for (int by : {-1, 1})
          changes.push_back({i, by, bounds_.cost_with(values, b.whole[i].data(), by * steps_[i], 4 * now + 20)});
      std::sort(changes.begin(), changes.end(),
                [](const Change& left, const Change& right) { return left.cost < right.cost; });
      Change first = changes[0], second{0, 0, 0};
      double best = first.cost;
      for (size_t i = 0; i < kPairs && best > 1e-9 && changes[0].cost >= 0.5 * now; ++i) {
        std::array<double, 64> with = values;
        for (size_t n = 0; n < 64; ++n)
          with[n] += changes[i].by * steps_[changes[i].place] * b.whole[changes[i].place][n];
        for (size_t j = i + 1; j < 3 * kPairs; ++j) {
          const double cost =
              bounds_.cost_with(with, b.whole[changes[j].place].data(), changes[j].by * steps_[changes[j].place], best);
          if (cost < best) best = cost, first = changes[i], second = changes[j];
        }
      }
      if (best >= now) break;
      now = best;
      for (const Change& change : {first, second})
        if (change.by != 0) add(change.place, change.by), c[change.place] = int16_t(c[change.place] + change.by);
      std::array<int, 64> samples;
      inverse_dct(c.data(), steps_, samples);
      consider(c, samples);
    }
  }

  const Bounds& bounds_;
  const DctSteps& steps_;
  Block best_{};
  int best_wrong_ = 65, tries_ = 0;
  double least_cost_ = 1e9;
};

}  // namespace

BoundedPlane::BoundedPlane(int plane_width, int plane_height) : width(plane_width), height(plane_height) {
  low.assign(count(), 0), high.assign(count(), 255), hoped.assign(count(), 128);
}

void forward_dct(const double* x, double* out) { transform(basis().cosine, basis().turned, x, out); }
void inverse_dct(const double* t, double* out) { transform(basis().turned, basis().cosine, t, out); }

FoundSteps find_steps(std::initializer_list<const BoundedPlane*> planes, size_t most_blocks) {
  std::array<std::vector<double>, 64> values;
  FoundSteps out;
  for (const BoundedPlane* plane : planes) out.blocks += collect(*plane, most_blocks, values);
  for (size_t i = 0; i < 64; ++i) {
    double score;
    const int step = find_step(values[i], score);
    out.steps[i] = uint16_t(step > 0 ? step : i == 0 ? kFlatStep : 1);
    out.is_evident[i] =
        step >= kEvidentStep && values[i].size() >= kFewestValues && score > kEvidentScore * double(values[i].size());
    out.evident += out.is_evident[i];
  }
  // The standard table with most of them, if nearly all are its steps or (since few values occur) multiples.
  int most = out.evident / kSameOf;
  const DctSteps found = out.steps;
  for (int quality = 1; quality <= 100; ++quality)
    for (const bool chroma : {false, true}) {
      const DctSteps steps = standard_steps(chroma, quality);
      int same = 0, others = 0;
      for (size_t i = 0; i < 64; ++i) {
        same += out.is_evident[i] && found[i] == steps[i];
        others += out.is_evident[i] && found[i] % steps[i] != 0;
      }
      if (same > most && others <= out.evident / kOthersOf) most = same, out.steps = steps;
    }
  return out;
}

FoundBlocks find_blocks(const BoundedPlane& plane, const DctSteps& steps, Workers& workers) {
  const auto across = size_t(plane.blocks_across()), blocks = across * size_t(plane.blocks_down());
  FoundBlocks out;
  out.coefficients.resize(blocks * 64), out.wrong.assign(blocks, 255);
  size_t wrong = 0;
  const size_t at_once = workers.threads() > 1 ? kBlocksAtOnce : 1;
  for (size_t first = 0; first < blocks; first += at_once) {
    const size_t count = std::min(at_once, blocks - first);
    workers.run(uint32_t(count), [&](uint32_t i) {
      const size_t block = first + i;
      find_block(plane, steps, int(block % across), int(block / across), out);
    });
    for (size_t block = first; block < first + count; ++block) {
      wrong += out.wrong[block] > 0;
      if (wrong > kHopeless + block / 2) return {};
    }
  }
  return out;
}

void find_block(const BoundedPlane& plane, const DctSteps& steps, int x, int y, FoundBlocks& found) {
  const size_t block = size_t(y) * size_t(plane.blocks_across()) + size_t(x);
  const Bounds bounds(plane, x * 8, y * 8);
  std::array<int16_t, 64> coefficients;
  const int wrong = BlockSearch(bounds, steps).run(coefficients.data());
  if (wrong >= found.wrong[block]) return;
  found.wrong[block] = uint8_t(wrong);
  std::copy(coefficients.begin(), coefficients.end(), found.coefficients.begin() + ptrdiff_t(block * 64));
}

}  // namespace lmc
