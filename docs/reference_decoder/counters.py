"""Adaptive statistics of binary decisions: docs/mixing.md, section 4."""

import numpy as np

from logistic import f32, squash

_STEPS = [655360 // (10 * count + 12) for count in range(251)]


class BitSlot:
    """What one context knows about one decision."""

    __slots__ = ("p", "count", "outcomes")

    def __init__(self):
        self.p = 32768
        self.count = 0
        self.outcomes = 0  # the last eight, the latest in bit 0

    def update(self, bit):
        self.p += ((65535 if bit else 0) - self.p) * _STEPS[self.count] >> 16
        if self.count < 250:
            self.count += 1
        self.outcomes = (self.outcomes << 1 | bit) & 255

    def history(self):
        """Which entry of a history map belongs to these outcomes."""
        if self.count < 8:
            return 1 << self.count | self.outcomes & (1 << self.count) - 1
        return 256 + self.outcomes


class MapEntry:
    """A probability of 22 bits that learns at the rate 1/n."""

    __slots__ = ("p22", "count")

    def __init__(self, p16=32768, count=0):
        self.p22 = p16 << 6
        self.count = count

    def p16(self):
        return self.p22 >> 6

    def update(self, bit, limit=1000):
        error = ((1 << 22) - 1 if bit else 0) - self.p22
        size = abs(error) * 131072 // (2 * self.count + 3)
        self.p22 += (size if error >= 0 else -size) >> 16
        if self.count < limit:
            self.count += 1

    def update_fast(self, bit, limit):
        """The same with a table in place of the division: docs/audio.md, section 4."""
        self.p22 += (((1 << 22) - 1 if bit else 0) - self.p22) * (131072 // (2 * self.count + 3)) >> 16
        if self.count < limit:
            self.count += 1


def history_map():
    return [MapEntry() for _ in range(512)]


class Apm:
    """An APM, a probability refined by a small context: 33 points over the logits of each context."""

    def __init__(self, contexts):
        start = squash(np.array([(j - 16) * 0.5 for j in range(33)], f32))
        self.points = np.tile(start.astype(np.uint16), (contexts, 1))
        self.chosen = (0, 0)

    def predict(self, logit, context):
        position = (min(max(logit, f32(-7.999)), f32(7.999)) + f32(8)) * f32(2)
        low = int(position)
        fraction = position - f32(low)
        below, above = (f32(p) for p in self.points[context, low:low + 2])
        self.chosen = context, low + (fraction >= f32(0.5))
        return int(below * (f32(1) - fraction) + above * fraction)

    def update(self, bit):
        p = int(self.points[self.chosen])
        self.points[self.chosen] = p + ((65535 if bit else 0) - p >> 6)
