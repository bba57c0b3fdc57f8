#include "lmc/samples/pixel_contexts.h"

namespace lmc {
namespace {

// Collects up to four values and mixes them with the context's number.
inline uint64_t mix(uint64_t number, uint32_t a, uint32_t b = 0, uint32_t c = 0, uint32_t d = 0) {
  uint64_t h = (number + 1) * 0x9E3779B97F4A7C15ull;
  h = (h ^ a) * 0xD6E8FEB86659FD93ull;
  h ^= h >> 32;
  h = (h ^ b) * 0xD6E8FEB86659FD93ull;
  h ^= h >> 32;
  h = (h ^ c ^ uint64_t(d) << 32) * 0xD6E8FEB86659FD93ull;
  h ^= h >> 29;
  return h * 0x9E3779B97F4A7C15ull;
}

}  // namespace

void hash_contexts(PlaneRole role, const PixelSurroundings& at, int count,
                   std::array<uint64_t, kPixelContexts>& hashes) {
  const uint16_t* p = at.own;
  const ptrdiff_t s = at.stride;
  const uint32_t w = p[-1], n = p[-s], nw = p[-s - 1], ne = p[-s + 1], ww = p[-2], nn = p[-2 * s];
  const auto mean = uint32_t(at.mean);
  size_t i = 0;
  const auto add = [&](uint32_t a, uint32_t b = 0, uint32_t c = 0, uint32_t d = 0) {
    if (i < size_t(count)) hashes[i] = mix(i, a, b, c, d);
    ++i;
  };
  if (role == PlaneRole::kFirst) {
    add(mean, at.spread);
    add(w, n);
    add(w, n, nw, ne);
    add(w + n - nw, at.spread >> 1);
    add(n, ne);
    add(w, nw);
    add(mean, w);
    add(mean, n);
    add(w, n, nw + (ne << 16), ww + (nn << 16));
    add(w, ww, n);
    add(n, nn, w);
    add((w + ne) >> 1, n);
    add(p[-2 * s - 1], p[-2 * s + 1], n, nw);
    add(mean);
    return;
  }
  const uint16_t* g = at.earlier[0];
  const uint32_t g0 = g[0];
  if (role == PlaneRole::kSecond) {
    add(mean, at.spread);
    add(g0, w - g[-1]);
    add(g0, n - g[-s]);
    add(g0, w, n);
    add(g0, mean);
    add(g0 - g[-1], w);
    add(g0 - g[-s], n);
    add(g0, w - g[-1] + (n - g[-s]));
    add(g0, w, g[-1], n + (uint32_t(g[-s]) << 16));
    add(g0, g[1], mean);
    add(g0, g[-1], w);
    add(g0, g[-s], n);
    add(w, n, nw, ne);
    add(g0);
    return;
  }
  const uint16_t* r = at.earlier[1];
  const uint32_t r0 = r[0];
  add(mean, at.spread);
  add(g0, r0);
  add(r0, w - r[-1]);
  add(r0, n - r[-s]);
  add(g0, r0, mean);
  add(r0 - g0, mean);
  add(g0, r0, w);
  add(g0, r0, n);
  add(g0, w - g[-1], r0 - r[-1]);
  add(g0, r0, w - r[-1] + (n - r[-s]));
  add(r0 - g0, w - g[-1]);
  add(r0 - g0, n - g[-s], g0 & 3);
  add(w, n, nw, ne);
  add(g0 - r0, mean - g0);
}

}  // namespace lmc
