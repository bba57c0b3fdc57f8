"""A forecast from many neighbours, fitted once for eight samples: docs/pixels.md, section 11. Floats are binary64."""

import math

import numpy as np

from factorise import factorise, fitted_weights
from least_squares import centre_of, signed
from logistic import f32

BLOCK = 8  # samples
_OWN_COUNTS, _EARLIER_COUNTS = [40, 24, 18], [0, 21, 13]  # of each role
_OWN = [(x, y) for y in range(-5, 1) for x in range(-5, (-1 if y == 0 else min(5, -4 * y - 1)) + 1)]
_EARLIER = [(x, y) for y in range(-2, 3) for x in range(-2, 3)]


def _nearest(offsets, count):
    return sorted(offsets, key=lambda offset: (offset[0] ** 2 + offset[1] ** 2, offset[1], offset[0]))[:count]


class _Row:
    """Of a row of samples: the weights of its latest fit, what that left, and the columns of the block at hand."""

    def __init__(self, n):
        self.weights = [0.0] * n
        self.left = f32(1)
        self.columns = []


class WideLeastSquares:
    def __init__(self, role, own, earlier):
        self.planes = [own] + earlier
        offsets = [_nearest(_OWN, _OWN_COUNTS[role])] + [_nearest(_EARLIER, _EARLIER_COUNTS[role])] * len(earlier)
        self.steps = [np.array([own.step(x, y) for x, y in of_plane]) for of_plane in offsets]
        self.n = sum(len(steps) for steps in self.steps)
        self.rows = [_Row(self.n) for _ in range(own.height)]
        self.sums = np.zeros((own.width // BLOCK, self.n + 1, self.n + 1), np.int64)  # T of each block

    def _columns(self, place):
        """Without the last, the sample itself."""
        return np.concatenate([signed(plane.samples[place + steps] - centre_of(plane, place), 16)
                               for plane, steps in zip(self.planes, self.steps)])

    def _fit(self, block):
        sums = signed(self.sums[max(block - 3, 0):block + 3].sum(axis=0), 32)
        a = [[float(v) for v in row] for row in sums.tolist()]
        for i in range(self.n):
            a[i][i] += 768.0
        a[self.n][self.n] += 20.0
        factorise(a, least_pivot=16.0)
        return fitted_weights(a), f32(math.sqrt(a[self.n][self.n] / 24576.0))

    def fit(self, x, y, place):
        """The forecast and what the fit left, both np.float32, in samples."""
        row = self.rows[y]
        if x % BLOCK == 0:
            row.weights, row.left = self._fit(x // BLOCK)
        forecast = 0.0
        for weight, column in zip(row.weights, self._columns(place).tolist()):
            forecast = forecast + weight * float(column)
        return f32(float(centre_of(self.planes[0], place)) + forecast), row.left

    def learn(self, x, y, place, sample):
        row = self.rows[y]
        row.columns.append(np.append(self._columns(place), sample - centre_of(self.planes[0], place)))
        if len(row.columns) == BLOCK:
            c = np.array(row.columns)
            row.columns = []
            sums = self.sums[x // BLOCK]
            sums[:] = signed(sums - (sums >> 3) + 64 * (c.T @ c), 32)
