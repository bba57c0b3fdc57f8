"""A forecast from the neighbours' weights that fitted best around: docs/pixels.md, section 6. Floats are binary64."""

import math

import numpy as np

from factorise import factorise, fitted_weights
from logistic import f32

N = 15
_OFFSETS = [
    [[(-1, 0), (0, -1), (-1, -1), (1, -1), (-2, 0), (0, -2), (-2, -1), (2, -1), (-1, -2), (1, -2), (-3, 0), (0, -3),
      (-2, -2), (2, -2), (3, -1)]],
    [[(-1, 0), (0, -1), (-1, -1), (1, -1), (-2, 0), (0, -2), (1, -2)],
     [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, -1), (1, 1)]],
    [[(-1, 0), (0, -1), (-1, -1), (1, -1), (0, -2)],
     [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)],
     [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)]],
]
_WINDOW = [(x, y, 8 if abs(x) + abs(y) <= 2 else 4 if abs(x) + abs(y) <= 4 else 2 if abs(x) + abs(y) <= 6 else 1)
           for y in range(-6, 1) for x in range(-6, (-1 if y == 0 else min(6, -4 * y - 1)) + 1)]


def signed(value, bits):
    """Modulo 2^bits, from -2^(bits - 1) on; of a number or an array."""
    half = 1 << bits - 1
    return (value + half & 2 * half - 1) - half


def centre_of(plane, place):
    """In samples."""
    s = plane.samples
    corners = int(s[place - plane.stride - 1]) + int(s[place - plane.stride + 1])
    return 3 * (int(s[place - 1]) + int(s[place - plane.stride])) + corners + 4 >> 3


class LeastSquares:
    def __init__(self, role, own, earlier):
        self.planes = [own] + earlier
        self.steps = [np.array([own.step(x, y) for x, y in offsets]) for offsets in _OFFSETS[role]]
        self.width = own.width
        self.seen = np.zeros((own.height, own.width, N + 1), np.int64)  # neighbours and sample of every place known

    def _gather(self, place):
        return np.concatenate([plane.samples[place + steps] for plane, steps in zip(self.planes, self.steps)])

    def _centres(self, place):
        """One a column; the last is the sample's own."""
        centres = []
        for plane, steps in zip(self.planes, self.steps):
            centres += [centre_of(plane, place)] * len(steps)
        return np.array(centres + centres[:1])

    def fit(self, x, y, place):
        """The forecast and what the fit leaves, both np.float32, in samples."""
        centres = self._centres(place)
        window = [(self.seen[y + dy, x + dx], weight) for dx, dy, weight in _WINDOW
                  if 0 <= x + dx < self.width and y + dy >= 0]
        d = np.array([columns for columns, _ in window], np.int64).reshape(-1, N + 1) - centres
        d = signed(d, 16)
        weights = np.array([weight for _, weight in window], np.int64)
        shift = max(int(np.bitwise_or.reduce(np.abs(d), axis=None)).bit_length() - 10, 0)
        if shift:
            d = d + (1 << shift - 1) >> shift
        a = (d.T @ (d * weights[:, None])).astype(np.float64)
        a = [[float(v) for v in row] for row in a]
        for i in range(N):
            a[i][i] += 24.0
        a[N][N] += 3.0 * 0.1
        factorise(a)
        forecast = 0.0
        for w, value in zip(fitted_weights(a), self._gather(place) - centres[:N]):
            forecast = forecast + w * float(signed(int(value), 16))
        left = f32(math.sqrt(a[N][N] / float(1 + int(weights.sum())))) * f32(1 << shift)
        return f32(float(centres[N]) + forecast), left

    def learn(self, x, y, place, sample):
        self.seen[y, x, :N] = self._gather(place)
        self.seen[y, x, N] = sample
