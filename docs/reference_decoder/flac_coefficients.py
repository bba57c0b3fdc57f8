"""Guesses of a linear predictor's coefficients: docs/audio.md, section 5.3, from *Coefficients* on."""

import numpy as np

from flac_windows import Correlations, has_doubles
from logistic import f32

MOST = 1e6


def fit(windows, signal, order, longest, candidate):
    """Before they are rounded, binary64."""
    with np.errstate(all="ignore"):
        lags = Correlations(windows, signal, order, longest).lags(candidate)
        c = [np.float64(0)] * order
        error = lags[0]
        for i in range(order):
            r = -lags[i + 1]
            for j in range(i):
                r = r - c[j] * lags[i - j]
            r = r / error
            c[i] = r
            for j in range(i // 2):
                low, high = c[j], c[i - 1 - j]
                c[j], c[i - 1 - j] = low + r * high, high + r * low
            if i % 2:
                c[i // 2] = c[i // 2] + c[i // 2] * r
            error = error * (1.0 - r * r)
        out = [float(-value if has_doubles(windows) else f32(-value)) for value in c]
    return [value if abs(value) < MOST else 0.0 for value in out]


class Rounding:
    """One coefficient after the other; what one is off is added to the next."""

    def __init__(self, windows, coefficients, precision):
        self.coefficients = coefficients
        self.most = (1 << precision - 1) - 1
        self.least = -self.most if has_doubles(windows) else -self.most - 1
        largest = max(map(abs, coefficients))

        def fits(shift):
            scaled = largest * (1 << shift)
            return scaled <= self.most if has_doubles(windows) else scaled < self.most + 1
        self.shift = next((shift for shift in range(15, 0, -1) if fits(shift)), 0)
        self.off = 0.0

    def guess(self, i, shift):
        self.off += self.coefficients[i] * (1 << shift)
        value = min(max(self.off, -MOST), MOST)
        if abs(value) < MOST:
            value += -0.5 if value < 0 else 0.5
        return min(max(int(value), self.least), self.most)

    def take(self, value):
        self.off -= value
