#include "lmc/coefficients/jpeg_borders.h"

namespace lmc {
namespace {

// cos(i pi / 16) for i = 0..8; the library's cos may round differently elsewhere.
constexpr float kCos[9] = {1.0f,        0.98078528f, 0.92387953f, 0.83146961f, 0.70710678f,
                           0.55557023f, 0.38268343f, 0.19509032f, 0.0f};

float cosine(unsigned i) {
  i %= 32;
  if (i > 16) i = 32 - i;
  return i <= 8 ? kCos[i] : -kCos[16 - i];
}

std::array<BorderLine, 8> make_basis() {
  std::array<BorderLine, 8> basis{};
  for (unsigned u = 0; u < 8; ++u)
    for (unsigned x = 0; x < 8; ++x) basis[u][x] = u == 0 ? 0.5f * kCos[4] : 0.5f * cosine((2 * x + 1) * u);
  return basis;
}

}  // namespace

const std::array<BorderLine, 8>& dct_basis() {
  static const std::array<BorderLine, 8> basis = make_basis();
  return basis;
}

BorderWeights::BorderWeights(float slope) : near{}, far{}, inverse{} {
  const auto& basis = dct_basis();
  for (size_t v = 0; v < 8; ++v) {
    near[v] = (1.0f + slope) * basis[v][0] - slope * basis[v][1];
    far[v] = v & 1 ? -near[v] : near[v];
    inverse[v] = 1.0f / near[v];
  }
}

BorderLine border_pixels(const BorderLine& frequencies) {
  const auto& basis = dct_basis();
  BorderLine out{};
  for (size_t u = 0; u < 8; ++u)
    for (size_t x = 0; x < 8; ++x) out[x] += frequencies[u] * basis[u][x];
  return out;
}

}  // namespace lmc
