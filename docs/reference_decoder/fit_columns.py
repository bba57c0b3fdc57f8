"""What the fits of an ensemble have in common: docs/pixels.md, section 11, "Columns of the fits". Floats are binary64."""

import math

import numpy as np

from factorise import factorise, fitted_weights
from least_squares import centre_of
from logistic import f32

_OWN = [(x, y) for y in range(-5, 1) for x in range(-5, (-1 if y == 0 else min(5, -4 * y - 1)) + 1)]
_EARLIER = [(x, y) for y in range(-2, 3) for x in range(-2, 3)]


def _nearest(offsets, count):
    return sorted(offsets, key=lambda offset: (offset[0] ** 2 + offset[1] ** 2, offset[1], offset[0]))[:count]


class FitColumns:
    def __init__(self, own, earlier, own_count, earlier_count):
        self.planes = [own] + earlier
        offsets = [_nearest(_OWN, own_count)] + [_nearest(_EARLIER, earlier_count)] * len(earlier)
        self.steps = [np.array([own.step(x, y) for x, y in of_plane]) for of_plane in offsets]
        self.n = sum(len(steps) for steps in self.steps)

    def at(self, place):
        """Without the last, the sample itself."""
        return np.concatenate([plane.samples[place + steps] - centre_of(plane, place)
                               for plane, steps in zip(self.planes, self.steps)])

    def with_sample(self, place, sample):
        return np.append(self.at(place), sample - centre_of(self.planes[0], place))

    def forecast(self, place, weights):
        total = 0.0
        for weight, column in zip(weights, self.at(place).tolist()):
            total = total + weight * float(column)
        return f32(float(centre_of(self.planes[0], place)) + total)


def solve(sums, ridge, own_ridge, total):
    """The weights, and what they leave as an np.float32."""
    a = [[float(v) for v in row] for row in sums.tolist()]
    n = len(a) - 1
    for i in range(n):
        a[i][i] += ridge
    a[n][n] += own_ridge
    factorise(a, least_pivot=16.0)
    return fitted_weights(a), f32(math.sqrt(a[n][n] / total))
