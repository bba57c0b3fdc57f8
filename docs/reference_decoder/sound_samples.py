"""Samples as decisions around predictions: docs/audio.md, section 4."""

import math

import numpy as np

from counters import MapEntry
from deep_mixing import FineApm
from logistic import f32, ln, squash, stretch
from mixer import Mixer
from pixel_network import CURVE

_LEAST = f32(0.05)
_WIDTH_OF_ERROR = f32(1) / f32(1.386)
ERROR_SIZES, SIGNED_ERRORS = (2, 5, 9, 15, 25, 40), (2, 7, 14, 28)
RATIOS = [f32(step) for step in (0.3, 0.55, 0.85, 1.25, 2)]
APART = [f32(step) for step in (0.06, 0.2, 0.5, 1.2)]
KINDS, MAP_LIMIT = 6, 400


def densities_of(profile, fits, blend):
    """(prediction, memory) of each."""
    if profile == 0:
        return [(blend, 32), (blend, 10), (blend, 128), (blend - 1, 24)]
    out = [(blend, 32), (blend, 10), (blend, 128)] + [(i, memory) for i in (blend + 1, blend + 2) for memory in (16, 100)]
    if profile == 1:
        out += [(fits + 2, 16), (fits + 2, 100)] + [(i, 24) for i in range(fits)]
        return out + [(blend, 500), (blend - 1, 24)]
    out += [(i, 24) for i in range(blend)]
    return out + [(blend, 500), (fits + 2, 100), (blend - 1, 100)] + [(i, 200) for i in range(3)]


def steps_reached(x, steps):
    return sum(x >= step for step in steps)


def signed_steps(x, steps):
    return len(steps) - steps_reached(-x, steps) if x < 0 else len(steps) + steps_reached(x, steps)


def kind_of(node):
    return min(node, 3) if node < 16 else 4 if node % 4 == 0 else 5


class SampleCoder:
    def __init__(self, profile, predictor, low, high):
        self.low, self.high, self.blend = low, high, predictor.first_blend
        densities = densities_of(profile, len(predictor.fits), self.blend)
        self.of = [prediction for prediction, _ in densities]
        self.rates = np.array([f32(1) / f32(memory) for _, memory in densities], f32)
        self.widths = np.full(len(densities), f32(high - low) / f32(64) + f32(1), f32)
        start = [f32(0.8) / f32(min(len(densities), 7)) if prediction >= self.blend else f32(0.05) for prediction in self.of]
        self.mixer = Mixer(len(densities) + 6, [128, 6 * KINDS, 12 * KINDS, 32 * KINDS, 9 * KINDS], [KINDS],
                           start + [f32(0.06)] * 5 + [f32(0)], start_rate=0.02, floor=0.002, decay=3000, last_rate=0.002)
        self.maps = [{} for _ in range(5)]
        self.apms = FineApm(), FineApm()
        self.errors = [0, 0]

    def decode(self, coder, predictions, partner_error):
        self._begin(predictions, partner_error)
        centre = self.centre
        above = True
        if centre > self.low:
            above = self._decide(coder, centre, 0)
        self.side = 0 if above else 1
        most = self.high - centre if above else centre - 1 - self.low

        def edge(distance):
            return centre + distance if above else centre - distance

        start, step, bits, bucket = 0, 1 << self.shift, self.shift, 0
        while start + step <= most:
            if not self._decide(coder, edge(start + step), 1 + min(bucket, 13)):
                break
            start += step
            if bucket > 0:
                step *= 2
                bits += 1
            bucket += 1
        node = 16 + 4 * min(bucket, 11)
        for depth in range(bits):
            middle = start + (1 << bits - 1 - depth)
            if middle > most:
                continue
            farther = self._decide(coder, edge(middle), node) if depth < 2 else self._decide_plainly(coder, edge(middle))
            if farther:
                start = middle
            if depth == 0:
                node += 1 + farther
        value = centre + start if above else centre - 1 - start
        self._end(value)
        return value

    def decode_evenly(self, coder, predictions, partner_error):
        self._begin(predictions, partner_error)
        most, start = self.high - self.low, 0
        for bits in range(most.bit_length() - 1, -1, -1):
            half = 1 << bits
            middle = start + half
            if middle > most:
                continue
            over = min(half, most - middle + 1)
            if coder.decide(max((over << 16) // (half + over), 1)):
                start = middle
        self._end(self.low + start)
        return self.low + start

    def _begin(self, predictions, partner_error):
        self.predictions = predictions
        main = predictions[self.blend]
        self.centre = math.floor(main)
        self.centres = np.array([predictions[i] - self.centre for i in self.of]).astype(f32)
        self.inverses = f32(1) / ((self.widths + _LEAST) * _WIDTH_OF_ERROR)
        self.side = 0
        self.mass_low = np.zeros(len(self.of), np.int64)
        self.mass_high = np.full(len(self.of), 1 << 24, np.int64)
        usual = self.widths[0]
        self.shift = 0
        while self.shift < 30 and f32(2 << self.shift) <= usual * f32(0.9):
            self.shift += 1
        fraction = int(min(f32(7), usual * f32(4) / f32(1 << self.shift)))
        self.ratio = steps_reached(self.widths[1] / self.widths[2], RATIOS)
        unit = f32(1) / (usual + _LEAST)

        def apart(prediction):
            return signed_steps(f32(predictions[prediction] - main) * unit, APART)

        fast = apart(self.blend + 1 if len(predictions) > self.blend + 1 else 0)
        spread = (self.centres.max() - self.centres.min()) * unit
        self.spread = int(min(f32(11), spread * f32(4)))
        place = min(int((main - math.floor(main)) * 4.0), 3)
        self.by_partner = signed_steps(partner_error, SIGNED_ERRORS)
        self.contexts = (fraction * 6 + self.ratio,
                         steps_reached(abs(self.errors[0]), ERROR_SIZES) * 7 + steps_reached(abs(self.errors[1]), ERROR_SIZES),
                         fast * 9 + apart(self.blend - 1),
                         self.by_partner * 9 + signed_steps(self.errors[0], SIGNED_ERRORS),
                         fraction * 4 + place)

    def _masses(self, edge, count):
        at = f32(edge - self.centre) - f32(0.5)
        return CURVE.at((at - self.centres[:count]) * self.inverses[:count])

    def _decide(self, coder, edge, node):
        middle = self._masses(edge, len(self.of))
        over, under = np.maximum(self.mass_high - middle, 1), np.maximum(middle - self.mass_low, 1)
        sign = f32(1 if self.side == 0 else -1)
        inputs = [(ln(int(o)) - ln(int(u))) * sign for o, u in zip(over, under)]
        row, kind = node + 64 * self.side, kind_of(node)
        entries = [entries.setdefault((context, row), MapEntry()) for entries, context in zip(self.maps, self.contexts)]
        inputs += [stretch(entry.p16()) for entry in entries] + [f32(0.3)]
        chosen = (self.ratio, self.spread, self.shift, self.by_partner)
        logit = self.mixer.predict(inputs, [row] + [size * KINDS + kind for size in chosen], [kind])
        refined = self.apms[0].predict(logit, row * 6 + self.ratio) + self.apms[1].predict(logit, row * 9 + self.by_partner)
        bit = coder.decide(min(max(2 * int(squash(logit)) + refined + 2 >> 2, 1), 65535))
        self.mixer.update(bit)
        for entry in entries:
            entry.update_fast(bit, MAP_LIMIT)
        for apm in self.apms:
            apm.update(bit)
        self._take(bit, middle)
        return bit

    def _decide_plainly(self, coder, edge):
        first = int(self._masses(edge, 1)[0])
        over, under = max(int(self.mass_high[0]) - first, 1), max(first - int(self.mass_low[0]), 1)
        share = over if self.side == 0 else under
        bit = coder.decide(min(max((share << 16) // (over + under), 1), 65535))
        self._take(bit, self._masses(edge, len(self.of)))
        return bit

    def _take(self, bit, middle):
        if bool(bit) == (self.side == 0):
            self.mass_low = middle
        else:
            self.mass_high = middle

    def _end(self, value):
        usual = self.widths[0]
        errors = np.array([abs(float(value) - self.predictions[i]) for i in self.of]).astype(f32)
        self.widths = self.widths + (errors - self.widths) * self.rates
        off = f32(float(value) - self.predictions[self.blend]) * f32(8) / (usual + _LEAST)
        self.errors = [int(min(max(off, f32(-64)), f32(64))), self.errors[0]]
