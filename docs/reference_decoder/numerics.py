"""Functions on binary32 that are exact to the bit: docs/numerics.md, sections 1 and 2.

numpy rounds every float32 operation on its own. Sums run over integers that are held in floats wide enough to be exact.
"""

import numpy as np

f32 = np.float32
TINY = f32(2.0 ** -100)
PEAK = {8: f32(127), 16: f32(32512)}

np.seterr(over="ignore", under="ignore", divide="ignore")

_EXP2_POLYNOMIAL = [f32(c) for c in (
    1.535336188319500e-4, 1.339887440266574e-3, 9.618437357674640e-3, 5.550332471162809e-2,
    2.402264791363012e-1, 6.931472028550421e-1, 1.0)]


def exp_negative(x):
    """exp(x) of an array, x <= 0."""
    t = np.maximum(x * f32(1.44269504088896341), f32(-100))
    n = np.rint(t)
    f = t - n
    p = _EXP2_POLYNOMIAL[0]
    for coefficient in _EXP2_POLYNOMIAL[1:]:
        p = p * f + coefficient
    return np.ldexp(p, n.astype(np.int32))


def peak_of(x):
    return np.abs(x).max()


def quantise(x, bits):
    """Integers (held in floats) and their scale."""
    peak = peak_of(x)
    if peak < TINY:
        return np.zeros_like(x), f32(0)
    return np.rint(x * (PEAK[bits] / peak)), peak / PEAK[bits]


def inverse_rms(x, epsilon):
    peak = peak_of(x)
    if peak < TINY:
        return f32(1) / np.sqrt(epsilon)
    squares = np.rint(x * (f32(32512) / peak)).astype(np.int64) ** 2
    u = peak / f32(32512)
    m = squares.sum().astype(f32) / f32(len(x))
    return f32(1) / np.sqrt(m * (u * u) + epsilon)


def mean(x):
    peak = peak_of(x)
    if peak < TINY:
        return f32(0)
    total = np.rint(x * (f32(32512) / peak)).astype(np.int64).sum()
    return total.astype(f32) / f32(len(x)) * (peak / f32(32512))


def normalise(x, gain, epsilon, bits, bias=None, layer=False):
    """layer: the mean is taken off first."""
    if layer:
        x = x - mean(x)
    r = inverse_rms(x, epsilon)
    if bias is not None:
        return quantise(x * gain * r + bias, bits)
    q, scale = quantise(x if gain is None else x * gain, bits)
    return q, scale * r


def gelu(g):
    c = np.minimum(np.maximum(g, f32(-16)), f32(16))
    z = c * (f32(1.5957691216) + f32(0.0713548163) * (c * c))
    e = exp_negative(-np.abs(z))
    return np.where(z > 0, g, g * e) / (f32(1) + e)


def quick_gelu(g):
    z = f32(1.702) * g
    e = exp_negative(-np.abs(z))
    return np.where(z > 0, g, g * e) / (f32(1) + e)


def split(q):
    """q = 256 high + low with -128 <= low < 128."""
    high = np.floor((q + f32(128)) / f32(256))
    return high, q - f32(256) * high


class Matrix:
    """int8 weights with a scale a row."""

    def __init__(self, weights, scales, bias=None):
        # The integers up to 2^24 are exact in float32, those up to 2^53 in float64; so are then all partial sums.
        exact = np.float32 if 128 * 128 * weights.shape[1] <= 1 << 24 else np.float64
        self.weights = weights.astype(exact)
        self.scales = scales
        self.bias = f32(0) if bias is None else bias

    def sums(self, q):
        return (self.weights @ q.astype(self.weights.dtype)).astype(f32)

    def product(self, q, a, bits):
        if bits == 8:
            return self.sums(q) * a * self.scales + self.bias
        high, low = split(q)
        return (self.sums(high) * f32(256) + self.sums(low)) * a * self.scales + self.bias


def _ln(x):
    """In binary64, for the rotation tables."""
    k = 0
    while x >= 1.5:
        x, k = x * 0.5, k + 1
    z = (x - 1.0) / (x + 1.0)
    z2 = z * z
    s = 0.0
    for j in range(41, 0, -2):
        s = s * z2 + 1.0 / j
    return 2.0 * z * s + k * 0.693147180559945309417


def rotation_frequencies(theta, dim):
    """Turns a position, of 2^64."""
    ln_theta = _ln(theta)
    frequencies = []
    for i in range(dim // 2):
        y = -(2.0 * i / dim * ln_theta) / 1024.0
        s = 1.0
        for j in range(20, 0, -1):
            s = s * y / j + 1.0
        for _ in range(10):
            s = s * s
        frequencies.append(int(s * 0.159154943091895335769 * 2.0 ** 64))
    return frequencies


def rotation(frequencies, position):
    """The cosines and sines of all angles at a position."""
    turn = np.array([(position * f >> 32) & 0xFFFFFFFF for f in frequencies], np.int64)
    quarter = (turn + (1 << 29) & 0xFFFFFFFF) >> 30
    rest = (turn - (quarter << 30)).astype(np.int32)  # modulo 2^32, signed
    x = rest.astype(f32) * f32(1.462918079267160e-9)
    x2 = x * x
    sine = ((f32(-1.9515295891e-4) * x2 + f32(8.3321608736e-3)) * x2 - f32(1.6666654611e-1)) * x2 * x + x
    cosine = ((f32(2.443315711809948e-5) * x2 - f32(1.388731625493765e-3)) * x2
              + f32(4.166664568298827e-2)) * (x2 * x2) - f32(0.5) * x2 + f32(1)
    return (np.choose(quarter, [cosine, -sine, -cosine, sine]),
            np.choose(quarter, [sine, cosine, -sine, -cosine]))


def rotate(x, cosines, sines):
    a, b = x[:len(x) // 2], x[len(x) // 2:]
    return np.concatenate([a * cosines - b * sines, b * cosines + a * sines])
