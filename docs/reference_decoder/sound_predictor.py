"""Predictions of the next sample: docs/audio.md, section 3."""

import numpy as np

from logistic import f32

FITS = (  # own inputs, the partner's, keep, interval; by profile
    ((16, 8, 0.998, 16),),
    ((32, 16, 0.998, 8), (16, 8, 0.99, 4), (32, 16, 0.9995, 16), (12, 4, 0.975, 2), (24, 8, 0.995, 8)),
    ((32, 16, 0.998, 2), (16, 8, 0.99, 1), (128, 64, 0.9995, 32), (12, 4, 0.975, 1), (24, 8, 0.995, 2)),
)
BY_ENERGY, BY_OWN_STEPS = range(2)
_FULL = (
    (BY_ENERGY, ((256, 0.03), (32, 0.01), (16, 0.016))),
    (BY_OWN_STEPS, ((256, 0.002), (32, 0.002), (16, 0.002))),
    (BY_ENERGY, ((1024, 0.01),)),
)
CASCADES = ((BY_ENERGY, ((256, 0.03), (32, 0.01))),), _FULL, _FULL
BLENDS = (0.998,), (0.998, 0.98, 0.9998), (0.998, 0.98, 0.9998)
MOST_HISTORY = 128
LANES = 8


def _folded_sum(products, lanes):
    """Over the last axis, which is a multiple of lanes: in order into lanes, which are then folded."""
    total = np.zeros(products.shape[:-1] + (lanes,), products.dtype)
    for first in range(0, products.shape[-1], lanes):
        total = total + products[..., first:first + lanes]
    while lanes > 1:
        lanes //= 2
        total = total[..., :lanes] + total[..., lanes:]
    return total[..., 0]


class Fit:
    def __init__(self, inputs, keep, interval):
        self.n = -(-inputs // LANES) * LANES
        self.keep, self.interval = keep, interval
        index = np.arange(self.n)
        self.stored = index[None, :] >= index[:, None] // LANES * LANES
        self.a = np.zeros((self.n, self.n))
        self.b = np.zeros(self.n)
        self.w = np.zeros(self.n)
        self.recent = self.usual = 0.0
        self.until_solved = interval

    def predict(self, inputs):
        self.x = np.zeros(self.n)
        self.x[:len(inputs)] = inputs
        self.prediction = float(_folded_sum(self.x * self.w, LANES))
        return self.prediction

    def learn(self, value):
        error = abs(value - self.prediction)
        if not error < 1e10:
            error = 1e10
        self.recent += (error - self.recent) * 0.5
        self.usual += (error - self.usual) * 0.002
        weight = (self.usual + 0.1) / (self.recent + 0.2 * self.usual + 0.1)
        f = self.x * weight
        self.a = np.where(self.stored, self.a * self.keep + self.x[None, :] * f[:, None], 0.0)
        self.b = self.b * self.keep + f * value
        self.until_solved -= 1
        if self.until_solved == 0:
            self.until_solved = self.interval
            self._solve()

    def _solve(self):
        m, c = self.a.copy(), self.b.copy()
        m[np.diag_indices(self.n)] += 1.0 + self.a[0, 0] * 2.0**-34
        for k in range(self.n - 1):
            f = m[k, k + 1:] * (1.0 / m[k, k])
            m[k + 1:] = np.where(self.stored[k + 1:], m[k + 1:] - m[k][None, :] * f[:, None], 0.0)
            c[k + 1:] = c[k + 1:] - c[k] * f
        self.w = np.zeros(self.n)
        for i in range(self.n - 1, -1, -1):
            first = i // LANES * LANES
            self.w[i] = (c[i] - _folded_sum(m[i, first:] * self.w[first:], LANES)) / m[i, i]


class Filter:
    KEEP = f32(0.998)

    def __init__(self, inputs, rate, step):
        self.x = np.zeros(inputs, f32)  # the latest value first
        self.w = np.zeros(inputs, f32)
        self.g = np.zeros(inputs, f32)
        self.rate, self.step = f32(rate), step
        self.energy = 0.0

    def predict(self):
        self.prediction = _folded_sum(self.x * self.w, 16)
        return self.prediction

    def learn(self, value):
        error = value - self.prediction
        if self.step == BY_ENERGY:
            size = f32(float(self.rate * error) / (max(self.energy, 0.0) + len(self.x)))
            self.w = self.w + self.x * size
            self.energy += float(value) * float(value) - float(self.x[-1]) * float(self.x[-1])
        else:
            d = error * self.x
            self.g = self.g * self.KEEP + d * d * (f32(1) - self.KEEP)
            self.w = self.w + self.rate * d / (np.sqrt(self.g) + f32(0.001))
        self.x = np.concatenate(([value], self.x[:-1])).astype(f32)


class Cascade:
    def __init__(self, step, filters):
        self.filters = [Filter(inputs, rate, step) for inputs, rate in filters]

    def predict(self):
        total, self.sums = f32(0), []
        for each in self.filters:
            total = total + each.predict()
            self.sums.append(total)
        return self.sums

    def learn(self, value):
        for each, before in zip(self.filters, [None] + self.sums):
            each.learn(value if before is None else value - before)


class ChannelPredictor:
    def __init__(self, profile, has_partner, low, high):
        self.low, self.high = float(low), float(high)
        self.unit = 1.0
        while self.high - self.low > 65535.0 * self.unit:
            self.unit *= 2.0
        self.fits = [(own, partner if has_partner else 0, Fit(own + (partner if has_partner else 0), keep, interval))
                     for own, partner, keep, interval in FITS[profile]]
        self.cascades = [Cascade(step, filters) for step, filters in CASCADES[profile]]
        self.first_blend = len(self.fits) + sum(len(filters) for _, filters in CASCADES[profile])
        self.blends = [Fit(self.first_blend - 1, keep, 1) for keep in BLENDS[profile]]
        self.history = [0.0] * MOST_HISTORY  # the latest first

    def _clamp(self, prediction):
        if not prediction > self.low:
            return self.low
        return min(prediction, self.high)

    def predict(self, partner):
        """partner: its latest samples; None without one."""
        out = []
        for own, other, fit in self.fits:
            out.append(self._clamp(fit.predict(self.history[:own] + (partner[:other] if other else []))))
        for cascade in self.cascades:
            out += [self._clamp(out[0] + float(total) * self.unit) for total in cascade.predict()]
        apart = [prediction - out[0] for prediction in out[1:]]
        out += [self._clamp(out[0] + blend.predict(apart)) for blend in self.blends]
        self.first = out[0]
        return out

    def learn(self, sample):
        value = float(sample)
        for _, _, fit in self.fits:
            fit.learn(value)
        for cascade in self.cascades:
            cascade.learn(f32((value - self.first) / self.unit))
        for blend in self.blends:
            blend.learn(value - self.first)
        self.history = [value] + self.history[:-1]
