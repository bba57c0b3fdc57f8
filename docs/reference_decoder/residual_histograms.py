"""How far off many simple forecasts were: docs/pixels.md, section 11, "Residual histograms"."""

import numpy as np

from logistic import f32, stretch

SHARED = 6  # forecasts that others make
OUTSIDE = 255  # how far off a forecast was there
ERROR_KINDS, LEVEL_KINDS = 32, 8
BINS, FULL = 256, 4096
_REACH = 5
_DIRECTIONS = W, N, E, V = (-1, 0), (0, -1), (1, -1), (-1, -1)
# The first coefficients belong to the nearest values; the sum is divided.
_EXTRAPOLATIONS = [((3, -3, 1), 1, (W, N)), ((4, -6, 4, -1), 1, (W, N)), ((5, -10, 10, -5, 1), 1, (W, N)),
                   ((15, -20, 15, -6, 1), 5, (W, N)), ((6, -4, 1), 3, (W, N, E, V))]
_NEAR = [((-1, 0), 2), ((0, -1), 2), ((1, -1), 1), ((-1, -1), 1), ((-2, 0), 1), ((0, -2), 1)]


def _divide(value, divisor):
    """Towards zero."""
    return abs(value) // divisor * (1 if value >= 0 else -1)


class View:
    """The own plane, or the own less another one."""

    def __init__(self, own, other=None):
        self.own, self.other = own, other
        self.lines = {(dx, dy): np.array([own.step(k * dx, k * dy) for k in range(1, _REACH + 1)])
                      for dx, dy in _DIRECTIONS}

    def _values(self, places):
        values = self.own.samples[places]
        return (values - self.other.samples[places] if self.other else values).tolist()

    def forecasts(self, place):
        lines = {direction: self._values(place + steps) for direction, steps in self.lines.items()}
        forecasts = [lines[N][0] + lines[E][0] - self._values(place + self.own.step(1, -2))]
        for coefficients, divisor, directions in _EXTRAPOLATIONS:
            for direction in directions:
                total = sum(c * value for c, value in zip(coefficients, lines[direction]))
                forecasts.append(_divide(total, divisor))
        if not self.other:
            return forecasts

        def sample(plane, dx, dy):
            return int(plane.samples[place + plane.step(dx, dy)])

        here = sample(self.other, 0, 0)
        across = sample(self.other, 1, 0) - sample(self.other, -1, 0)
        down = sample(self.other, 0, 1) - sample(self.other, 0, -1)
        return [forecast + here for forecast in forecasts] + [
            sample(self.own, -1, 0) + (across + 1 >> 1), sample(self.own, 0, -1) + (down + 1 >> 1), here]


class ResidualHistograms:
    def __init__(self, own, earlier):
        self.views = [View(own, other) for other in earlier] or [View(own)]
        self.size = 1 << own.bits
        self.count = SHARED + sum(len(view.forecasts(own.place(0, 0))) for view in self.views)
        self.numbers = np.arange(self.count)
        self.misses = np.full((own.height + 2, own.width + 3, self.count), OUTSIDE, np.int64)
        self.counts = np.zeros((self.count, ERROR_KINDS + LEVEL_KINDS, BINS), np.int64)

    def _misses_at(self, x, y):
        """Of each forecast, to be read and written."""
        return self.misses[y + 2, x + 2]

    def begin(self, x, y, place, shared, errors):
        """shared: the forecasts that others make; errors: the level that chooses histograms of the second kind."""
        forecasts = list(shared)
        for view in self.views:
            forecasts += view.forecasts(place)
        self.forecasts = np.array(forecasts)
        near = sum(weight * self._misses_at(x + dx, y + dy) for (dx, dy), weight in _NEAR) >> 3
        kinds = np.stack([np.minimum(near, ERROR_KINDS - 1), np.full_like(near, ERROR_KINDS + errors)], axis=1)
        self.chosen = self.numbers[:, None], kinds
        self.bins = 192 + np.arange(self.size) - self.forecasts[:, None] & BINS - 1
        counts = self.counts[self.numbers[:, None, None], kinds[:, :, None], self.bins[:, None, :]]
        self.below = np.zeros((self.count, 2, self.size + 1), np.int64)
        self.below[:, :, 1:] = np.cumsum(counts, axis=2)

    def inputs(self, low, middle, high):
        """Two for each forecast."""
        zeros = (self.below[:, :, middle] - self.below[:, :, low]).astype(f32)
        ones = (self.below[:, :, high] - self.below[:, :, middle]).astype(f32)
        probabilities = (ones + f32(0.4)) / ((zeros + ones) + f32(0.8)) * f32(65535)
        return [stretch(int(probability)) for probability in probabilities.ravel()]

    def end(self, x, y, sample):
        self._misses_at(x, y)[:] = np.minimum(np.abs(sample - self.forecasts), OUTSIDE)
        counts = self.counts[self.chosen]
        counts[self.numbers, :, self.bins[:, sample]] += 1
        full = counts.sum(axis=2) == FULL
        counts[full] = np.diff(np.cumsum(counts[full], axis=1) >> 1, axis=1, prepend=0)
        self.counts[self.chosen] = counts

    def settle(self, x, y):
        """In place of begin and end, of a sample that was said to equal its neighbours."""
        self._misses_at(x, y)[:] = 0
