// Compiled once for each instruction set; see audio_kernels.h. Element-wise operations on GCC vectors of the width at
// hand.
#include "lmc/samples/audio/audio_kernels.h"

#include <bit>

#include "lmc/mixing/logistic.h"
#include "lmc/numerics/kernel_set.h"
#include "lmc/samples/logistic_mixture.h"

namespace lmc {
namespace {

constexpr int kWide = kVectorWords / 2;  // binary64 in a vector
constexpr int kVectors = kFitLanes / kWide;
typedef double Vector __attribute__((vector_size(8 * kWide)));

inline Vector load(const double* p) {
  Vector out;
  __builtin_memcpy(&out, p, sizeof out);
  return out;
}
inline void store(double* p, const Vector& x) { __builtin_memcpy(p, &x, sizeof x); }

inline double fold(const Vector (&acc)[kVectors]) {
  double lanes[kFitLanes];
  for (int v = 0; v < kVectors; ++v) store(lanes + v * kWide, acc[v]);
  return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

double dot(const double* x, const double* y, int n) {
  Vector acc[kVectors] = {};
  for (int i = 0; i < n; i += kFitLanes)
    for (int v = 0; v < kVectors; ++v) acc[v] += load(x + i + v * kWide) * load(y + i + v * kWide);
  return fold(acc);
}

void gather(const double* x, double y, double weight, double keep, int n, double* a, double* b) {
  for (int i = 0; i < n; ++i) {
    double* row = a + i * n;
    const double factor = x[i] * weight;
    for (int j = i & -kFitLanes; j < n; j += kWide) store(row + j, load(row + j) * keep + load(x + j) * factor);
    b[i] = b[i] * keep + factor * y;
  }
}

void solve(const double* a, const double* b, double ridge, int n, double* work, double* w) {
  const int width = n + kFitLanes;  // the right side stands behind each row
  for (int i = 0; i < n; ++i) {
    double* row = work + i * width;
    for (int j = i & -kFitLanes; j < n; j += kWide) store(row + j, load(a + i * n + j));
    row[i] += ridge;
    row[n] = b[i];
  }
  for (int k = 0; k < n; ++k) {
    const double* pivot = work + k * width;
    const double inverse = 1.0 / pivot[k];
    for (int i = k + 1; i < n; ++i) {
      double* row = work + i * width;
      const double factor = pivot[i] * inverse;
      for (int j = i & -kFitLanes; j < n; j += kWide) store(row + j, load(row + j) - load(pivot + j) * factor);
      row[n] -= pivot[n] * factor;
    }
  }
  for (int i = 0; i < n; ++i) w[i] = 0.0;
  for (int i = n - 1; i >= 0; --i) {
    const double* row = work + i * width;
    const int from = i & -kFitLanes;
    w[i] = (row[n] - dot(row + from, w + from, n - from)) / row[i];
  }
}

void step(const float* x, float error, float rate, float keep, int n, float* g, float* w) {
  const float rest = 1.0f - keep;
  for (int i = 0; i < n; ++i) {
    const float d = error * x[i];
    g[i] = g[i] * keep + d * d * rest;
    w[i] += rate * d / (__builtin_sqrtf(g[i]) + 0.001f);
  }
}

void below(const float* centres, const float* inverses, float edge, int n, int32_t* mass) {
  const CurvePiece* const pieces = logistic_curve().pieces();
  for (int i = 0; i < n; ++i) {
    const float z = (edge - centres[i]) * inverses[i];
    const float position = (z < -12.0f   ? -12.0f
                            : z > 11.99f ? 11.99f
                                         : z) *
                               LogisticCurve::kSteps +
                           12.0f * LogisticCurve::kSteps;
    const auto at = int32_t(position);
    mass[i] = pieces[at].value + int32_t(pieces[at].rise * (position - float(at)));
  }
}

void logits(const int32_t* low, const int32_t* middle, const int32_t* high, float sign, int n, float* x) {
  const Logistic& domain = logistic();
  for (int i = 0; i < n; ++i) {
    const int32_t over = high[i] - middle[i], under = middle[i] - low[i];
    x[i] = (domain.ln(uint32_t(over < 1 ? 1 : over)) - domain.ln(uint32_t(under < 1 ? 1 : under))) * sign;
  }
}

}  // namespace

LMC_DEFINE_KERNELS(AudioKernels, audio_kernels) = {dot, gather, solve, step, below, logits};

}  // namespace lmc
