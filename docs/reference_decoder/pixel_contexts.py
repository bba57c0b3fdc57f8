"""Hashes of exact values around a sample: docs/pixels.md, section 5, "Hash contexts"."""

from contexts import GOLDEN, M32, M64

_FACTOR = 0xD6E8FEB86659FD93


def _mix(number, a, b=0, c=0, d=0):
    h = (number + 1) * GOLDEN & M64
    h = (h ^ a & M32) * _FACTOR & M64
    h ^= h >> 32
    h = (h ^ b & M32) * _FACTOR & M64
    h ^= h >> 32
    h = (h ^ c & M32 ^ (d & M32) << 32) * _FACTOR & M64
    h ^= h >> 29
    return h * GOLDEN & M64


def second_half(h, prefix):
    return (h ^ prefix * _FACTOR & M64) * GOLDEN & M64


def hash_contexts(role, own, earlier, place, mean, spread, count):
    def at(plane, dx, dy):
        return int(plane.samples[place + plane.step(dx, dy)])

    w, n, nw, ne = at(own, -1, 0), at(own, 0, -1), at(own, -1, -1), at(own, 1, -1)
    if role == 0:
        ww, nn = at(own, -2, 0), at(own, 0, -2)
        values = [(mean, spread), (w, n), (w, n, nw, ne), (w + n - nw, spread >> 1), (n, ne), (w, nw), (mean, w),
                  (mean, n), (w, n, nw + (ne << 16), ww + (nn << 16)), (w, ww, n), (n, nn, w), (w + ne >> 1, n),
                  (at(own, -1, -2), at(own, 1, -2), n, nw), (mean,)]
    elif role == 1:
        g, = earlier
        g0, gw, gn = at(g, 0, 0), at(g, -1, 0), at(g, 0, -1)
        values = [(mean, spread), (g0, w - gw), (g0, n - gn), (g0, w, n), (g0, mean), (g0 - gw, w), (g0 - gn, n),
                  (g0, w - gw + n - gn), (g0, w, gw, n + (gn << 16)), (g0, at(g, 1, 0), mean), (g0, gw, w), (g0, gn, n),
                  (w, n, nw, ne), (g0,)]
    else:
        g, r = earlier
        g0, gw, gn = at(g, 0, 0), at(g, -1, 0), at(g, 0, -1)
        r0, rw, rn = at(r, 0, 0), at(r, -1, 0), at(r, 0, -1)
        values = [(mean, spread), (g0, r0), (r0, w - rw), (r0, n - rn), (g0, r0, mean), (r0 - g0, mean), (g0, r0, w),
                  (g0, r0, n), (g0, w - gw, r0 - rw), (g0, r0, w - rw + n - rn), (r0 - g0, w - gw),
                  (r0 - g0, n - gn, g0 & 3), (w, n, nw, ne), (g0 - r0, mean - g0)]
    return [_mix(i, *v) for i, v in enumerate(values[:count])]
