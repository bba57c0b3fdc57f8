"""The probability of every decision on a sample, and what is learnt from it: docs/pixels.md, section 5."""

from dataclasses import dataclass

import numpy as np

import ensemble
from contexts import ContextTable
from counters import MapEntry, history_map
from fit_input import FitInput
from flat_model import FlatModel
from least_squares import LeastSquares
from levels import Levels, clamp, half_octaves, level_of
from logistic import f32, ln, squash, stretch
from mixer import Mixer
from pixel_contexts import hash_contexts, second_half
from pixel_network import TOTAL, Neighbourhood

LAG = 4
MAPS, LIGHT_MAPS = 6, 2
MAP_LIMIT, HISTORY_LIMIT = 255, 1000
SURE = 96
FLOOR = TOTAL // 100000


@dataclass
class Settings:
    role: int
    contexts: int
    mixing: bool
    synthetic: bool
    least_squares: bool
    light: bool
    ensemble: bool
    gating: bool


def spread_of(spread):
    return min(max(half_octaves(int(spread * f32(16)) + 1) - 4, 0), 15)


def _sign(level):
    return (level > 0) - (level < 0) + 1


def _learn_entry(entry, bit, limit):
    """A MapEntry whose rate is rounded down once for each count."""
    entry.p22 += ((1 << 22) - 1 - entry.p22 if bit else -entry.p22) * (131072 // (2 * entry.count + 3)) >> 16
    entry.count = min(entry.count + 1, limit)


class Gating:
    """Gating: which samples are mixed, where not all are: some rows, and kinds that gained by it lately."""

    EVERY, FIRST_SAMPLES, LEAST_GAIN, FORGET = 8, 128, f32(1 / 64), f32(1 / 256)

    def __init__(self):
        self.alone, self.gained, self.samples = [f32(0)] * 16, [f32(0)] * 16, [0] * 16

    def mixes(self, y, kind):
        return (y % self.EVERY == 0 or self.samples[kind] < self.FIRST_SAMPLES or
                self.gained[kind] > self.alone[kind] * self.LEAST_GAIN)

    def begin(self):
        self.cost, self.gain = f32(0), f32(0)

    def add(self, network_probability, mixed_probability):
        cost = ln(65536) - ln(network_probability)
        self.cost += cost
        self.gain += cost - (ln(65536) - ln(mixed_probability))

    def learn(self, kind):
        self.alone[kind] += self.cost - self.alone[kind] * self.FORGET
        self.gained[kind] += self.gain - self.gained[kind] * self.FORGET
        self.samples[kind] += 1


class PlaneModel:
    """Decodes the samples of one plane into it."""

    def __init__(self, network, settings, own, earlier):
        self.network, self.settings, self.own, self.earlier = network, settings, own, earlier
        self.neighbourhood = Neighbourhood(settings.role, own)
        self.squares = FitInput(LeastSquares(settings.role, own, earlier), own) if settings.least_squares else None
        self.ensemble = None
        if settings.ensemble and ensemble.suits(own, earlier):
            self.ensemble = ensemble.Ensemble(settings.role, own, earlier)
        self.mixer_inputs = ([self.squares] if self.squares else []) + (self.ensemble.mixer_inputs if self.ensemble else [])
        self.levels = Levels(own.width, own.height)
        buckets = own.width * own.height * settings.contexts // (4 if settings.gating else 1)
        self.gating = Gating() if settings.gating else None
        self.table = ContextTable(1 << clamp((buckets - 1).bit_length() if buckets else 0, 10, 20))
        self.histories = [history_map() for _ in range(settings.contexts)]
        light = settings.light
        self.map_numbers = [0, 1, 5] if settings.gating else range(LIGHT_MAPS if light else MAPS)
        map_count = len(self.map_numbers)
        self.maps = [{} for _ in range(map_count)]  # entries by number, made when they are first asked for
        self.map_start = [int(squash((f32(z) - f32(11.5)) * f32(0.5))) for z in range(24)]
        weights = [0, 0.55, 0.25, 0] if self.squares else [0, 0.75]
        weights += [f32(0.25) / f32(map_count)] * map_count + [0, 0] * settings.contexts
        sets = [384, 128, 256] + ([] if light else [256]) + ([512] if self.squares and not light else [])
        if self.ensemble:
            weights += self.ensemble.start_weights
            sets += [1, 8]
        self.mixer = Mixer(len(weights), sets, [384] if light else [384, 256], np.array(weights, f32),
                           start_rate=0.012, floor=0.0012, decay=4000, last_rate=0.0015)
        self.flat = FlatModel(settings.role, own, earlier) if settings.synthetic else None

    def decode(self, decoder):
        width, height = self.own.width, self.own.height
        for t in range(width + LAG * (height - 1)):
            for y in range(max(0, (t - width + LAG) // LAG), min(height - 1, t // LAG) + 1):
                x = t - LAG * y
                if x == 0:
                    self.own.begin_row(y)
                if self.flat and self._decode_flat(decoder, x, y):
                    continue
                self._begin_sample(x, y)
                for left in range(self.own.bits - 1, -1, -1):
                    bit = decoder.decide(self._predict(left))
                    self._learn(bit)
                self._end_sample(x, y)

    def _decode_flat(self, decoder, x, y):
        """Whether the sample has been decoded as one that equals its neighbours."""
        place = self.own.place(x, y)
        if not self.flat.is_flat(place):
            return False
        same = decoder.decide(self.flat.predict(place))
        self.flat.learn(same)
        if same:
            sample = int(self.own.samples[place - 1])
            self.own.set(x, y, sample)
            if self.squares:
                self.squares.fit.learn(x, y, place, sample)
            if self.ensemble:
                self.ensemble.settle(x, y, place, sample)
        return same

    def _begin_sample(self, x, y):
        own, settings = self.own, self.settings
        self.place = place = own.place(x, y)
        self.mixture = self.network.mixture(settings.role, *self.neighbourhood.gather(own, self.earlier, place))
        mean = int(self.mixture.mean + f32(0.5))
        self.rounded_mean = mean
        self.spread = spread_of(self.mixture.spread)
        self.hashes = hash_contexts(settings.role, own, self.earlier, place, mean, self.spread, settings.contexts)
        self.buckets = None
        self.mixes = settings.mixing and (not self.gating or self.gating.mixes(y, self.spread))
        if self.gating:
            self.gating.begin()
        self.low, self.high, self.prefix = 0, 1 << own.bits, 1
        self.mass_low, self.mass_high = 0, TOTAL
        if self.squares:
            self.squares.begin(x, y, place)

        def sample(dx, dy, plane=own):
            return int(plane.samples[place + plane.step(dx, dy)])

        w, n, ne, nw, ww = (self.levels.at(x + dx, y + dy) for dx, dy in
                            ((-1, 0), (0, -1), (1, -1), (-1, -1), (-2, 0)))
        self.errors = max(abs(w), abs(n))
        self.references = [sample(-1, 0), sample(0, -1), sample(-1, 0) + sample(0, -1) - sample(-1, -1),
                           sample(0, -1) + sample(1, -1) - sample(1, -2)]
        coded = 0
        if self.earlier:
            last = self.earlier[-1]
            here, beside = sample(0, 0, last), sample(-1, 0, last)
            self.references[3] = sample(-1, 0) + here - beside
            around = beside + sample(0, -1, last) + sample(1, 0, last) + sample(0, 1, last)
            coded = level_of(here - (around + 2 >> 2))
        few = [min(abs(level), 5) for level in (ne, nw, ww)]
        if self.ensemble:
            self.ensemble.begin(x, y, place, self.mixture.mean, self.squares.forecast, self.errors)
        self.of_errors = self.errors * 9 + _sign(w) * 3 + _sign(n)
        self.of_sample = [self.spread * 15 + coded + 7, few[0] * 36 + few[1] * 6 + few[2]]

    def _choose_maps(self, left, middle, z):
        near = [clamp(level_of(middle - reference), -5, 5) + 5 for reference in self.references]
        quarters = clamp(int((self.mixture.mean - f32(middle)) * f32(4)) + 8, 0, 15)
        contexts = [self.of_errors, quarters * 16 + self.spread, *self.of_sample, near[0] * 11 + near[1],
                    near[2] * 11 + near[3]]
        self.chosen = []
        for entries, context in zip(self.maps, (contexts[number] for number in self.map_numbers)):
            number = (context * 8 + min(left, 7)) * 24 + z
            if number not in entries:
                entries[number] = MapEntry(self.map_start[z], count=4)
            self.chosen.append(entries[number])

    def _context_inputs(self, depth):
        """Two for each context, and how many have met this decision before."""
        if depth >= 8:
            self.slots = []
            return [f32(0)] * (2 * self.settings.contexts), 0
        if self.buckets is None:
            hashes = self.hashes if depth == 0 else [second_half(h, self.prefix) for h in self.hashes]
            self.buckets = [self.table.find(h) for h in hashes]
        first = 1 << depth % 4
        node = (first | self.prefix & first - 1) - 1
        self.slots = [bucket.slots[node] for bucket in self.buckets]
        self.entries = [maps[slot.history()] for maps, slot in zip(self.histories, self.slots)]
        inputs = []
        for slot, entry in zip(self.slots, self.entries):
            inputs.append(stretch(entry.p16()) if slot.count else f32(0))
            inputs.append(stretch(slot.p) * f32(1 if slot.count > 3 else 0.5) if slot.count else f32(0))
        return inputs, sum(slot.count > 0 for slot in self.slots)

    def _predict(self, left):
        """The probability of a one, of 65536, for the bit with the value 2^left."""
        bits = self.own.bits
        self.middle = middle = self.low + (1 << left)
        depth = bits - 1 - left
        if depth == 4:
            self.buckets = None
        self.mass_middle = self.mixture.below(middle)
        for mixer_input in self.mixer_inputs:
            mixer_input.look_at(middle)
        unit = FLOOR >> bits
        above = self.mass_high - self.mass_middle + unit * (self.high - middle)
        total = self.mass_high - self.mass_low + unit * (self.high - self.low)
        probability = clamp(int(above / total * 65536.0), 1, 65535)
        self.mixed = self.mixes and (self.settings.synthetic or SURE < probability < 65536 - SURE)
        if not self.mixed:
            return probability
        logit = stretch(probability)
        z = int(clamp(logit, f32(-5.9), f32(5.9)) * f32(2) + f32(12))
        self._choose_maps(left, middle, z)
        inputs = [f32(0.3), logit, *(self.squares.inputs() if self.squares else ())]
        inputs += [stretch(entry.p16()) for entry in self.chosen]
        of_contexts, seen = self._context_inputs(depth)
        inputs += of_contexts
        if self.ensemble:
            inputs += self.ensemble.inputs(self.low, middle, self.high)
        place = self.prefix if bits == 8 else left * 16 + self.spread
        rows, last_rows = [left * 24 + z, self.errors * 16 + self.spread, place], [left * 24 + z]
        if not self.settings.light:
            rows.append(seen * 16 + self.spread)
            if self.squares:
                disagreement = abs(level_of(int((self.squares.forecast - self.mixture.mean) * f32(2))))
                rows.append((self.squares.size * 8 + self.errors) * 8 + disagreement)
            last_rows.append(place)
        if self.ensemble:
            rows += [0, left]
        self.probabilities = probability, int(squash(self.mixer.predict(inputs, rows, last_rows)))
        return self.probabilities[1]

    def _learn(self, bit):
        if self.mixed:
            if self.gating:
                self.gating.add(*(probability if bit else 65536 - probability for probability in self.probabilities))
            self.mixer.update(bit)
            for entry in self.chosen:
                _learn_entry(entry, bit, MAP_LIMIT)
            if self.slots:
                for entry, slot in zip(self.entries, self.slots):
                    _learn_entry(entry, bit, HISTORY_LIMIT)
                    slot.update(bit)
        for mixer_input in self.mixer_inputs:
            mixer_input.learn(bit)
        if bit:
            self.low, self.mass_low = self.middle, self.mass_middle
        else:
            self.high, self.mass_high = self.middle, self.mass_middle
        self.prefix = self.prefix << 1 | bit

    def _end_sample(self, x, y):
        sample = self.low
        self.own.set(x, y, sample)
        self.levels.set(x, y, level_of(sample - self.rounded_mean))
        if self.gating and self.mixes:
            self.gating.learn(self.spread)
        if self.squares:
            self.squares.end(x, y, self.place, sample)
        if self.ensemble:
            self.ensemble.end(x, y, self.place, sample)
