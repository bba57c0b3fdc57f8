"""Windows of a block and their correlations: docs/audio.md, section 5.3."""

import math

import numpy as np

from logistic import f32

NO_WINDOWS, TUKEY, HALVES, THIRDS, FFMPEG, WELCH, PARTS, PARTS_IN_ORDER = range(8)
CANDIDATES = 0, 1, 3, 9, 1, 1, 6, 6


def has_doubles(windows):
    return windows in (FFMPEG, WELCH)


def _cosine(x):
    y = x - math.pi / 2
    square = y * y
    total = 0.0
    for i in range(25, 1, -2):
        total = (total + 1.0) * (-square / float(i * (i - 1)))
    return -(y * (1.0 + total))


def half_cosine(n, length, short):
    """H(n, M), M the length."""
    angle = math.pi * n / length
    if short:
        angle = float(f32(angle))
    value = _cosine(2 * math.pi - angle if n > length else angle)
    return f32(0.5) - f32(0.5) * f32(value) if short else f32(0.5 - 0.5 * value)


def tukey(size, share, short):
    """T(share)."""
    window = np.ones(size, f32)
    length = int(f32(share) / f32(2) * f32(size)) - 1
    if length > 0:
        for n in range(length + 1):
            window[n] = half_cosine(n, length, short)
            window[size - length - 1 + n] = half_cosine(n + length, length, short)
    return window


def _rise(window, begin, length):
    for i in range(length):
        window[begin + i] = half_cosine(i + 1, length, False)


def _fall(window, end, length):
    for i in range(length):
        window[end - length + i] = half_cosine(length - i, length, False)


def _place(size, part, parts, overlap):
    """b and e of a part, from 0 on."""
    more = f32(1) / (f32(1) - f32(overlap)) - f32(1)
    end = int((f32(part + 1) + more) / (f32(parts) + more) * f32(size))
    return int(f32(part) / (f32(parts) + more) * f32(size)), min(end, size)


def _share(size):
    return int(f32(0.2) / f32(2) * f32(size))


def part_of_two(size, part):
    window = np.zeros(size, f32)
    begin, end = _place(size, part, 2, 0.1)
    window[begin:end] = 1
    _rise(window, begin, _share(end - begin))
    _fall(window, end, _share(end - begin))
    return window


def all_but_a_third(size, part):
    window = np.ones(size, f32)
    begin, end = _place(size, part, 3, 0.2)
    window[begin:end] = 0
    _rise(window, 0, _share(begin))
    _fall(window, begin, _share(begin))
    _rise(window, end, _share(size - end))
    _fall(window, size, _share(size - end))
    return window


def _parabola(signal, windows):
    size = len(signal)
    out = np.zeros(size)
    c = 2.0 / (size - 1.0) if size > 1 else 0.0
    for i in range(size // 2):
        place = c - i - 1.0 if windows == FFMPEG else c * i - 1.0
        weight = 1.0 - place * place
        out[i] = float(signal[i]) * weight
        out[size - 1 - i] = float(signal[size - 1 - i]) * weight
    return out


def _sum(products, first):
    """One after the other."""
    return np.add.accumulate(np.concatenate([np.array([first], products.dtype), products]))[-1]


class Correlations:
    """Sums of lags, of one signal."""

    def __init__(self, windows, signal, order, longest):
        self.windows, self.order, self.longest = windows, order, longest
        self.integers = signal
        self.signal = np.array([f32(v) for v in signal], f32)

    def lags(self, candidate):
        signal, size, windows = self.signal, len(self.signal), self.windows
        if has_doubles(windows):
            return self._lags(_parabola(self.integers, windows))
        if windows >= PARTS:
            window = (tukey(size, 0.5, False) if candidate == 0 else
                      part_of_two(size, candidate - 1) if candidate < 3 else all_but_a_third(size, candidate - 3))
            return self._lags(signal * window)
        window = tukey(size, f32(0.5) / f32(max(windows, 1)), True)
        if candidate == 0:
            return self._lags((signal * window).astype(float))
        if candidate < 3:
            return self._piece(window, candidate - 1, 2)
        third = self._piece(window, (candidate - 3) // 2, 3)
        if candidate % 2:
            return third
        return [w - t if lag < self.longest else t for lag, (w, t) in enumerate(zip(self.lags(0), third))]

    def _piece(self, window, part, parts):
        """Of two halves or three thirds, under both ends of the window."""
        size = len(self.signal) // parts
        half, begin = size // 2, part * len(self.signal) // parts
        out = np.zeros(size)
        out[:half] = self.signal[begin:begin + half] * window[:half]
        out[half:2 * half] = self.signal[begin + half:begin + 2 * half] * window[len(window) - half:]
        return self._lags(out)

    def _lags(self, x):
        return [self._lag(x, lag) for lag in range(self.order + 1)]

    def _lag(self, x, lag):
        pairs = max(len(x) - lag, 0)
        products = x[:pairs] * x[lag:]
        if self.windows < PARTS:
            return _sum(products, 1.0 if has_doubles(self.windows) else 0.0)
        forward = pairs
        if self.windows == PARTS and self.longest < 16:
            forward = min(pairs, max(len(x) + 1 - 4 * (self.longest // 4 + 1), 0))
        ordered = np.concatenate([products[:forward], products[forward:][::-1]])
        return np.float64(_sum(ordered, f32(0)))
