"""Whether a sample of a synthetic tile equals its equal neighbours: docs/pixels.md, section 5, last paragraphs."""

import numpy as np

from counters import MapEntry
from logistic import f32, squash, stretch
from mixer import Mixer

FURTHER = [(-2, 0), (2, -1), (3, -1), (-2, -1), (0, -2), (1, -2), (-1, -2), (0, -3)]
MAP_SIZES = [256, 64, 64, 4096, 256]
LIMIT = 1000


class FlatModel:
    def __init__(self, role, own, earlier):
        self.own, self.earlier = own, earlier
        self.maps = [[MapEntry(int(squash(f32(4))), count=1) for _ in range(size)] for size in MAP_SIZES]
        weights = np.array([0] + [0.3] * len(MAP_SIZES), f32)
        self.mixer = Mixer(len(weights), [256, 64], [1], weights, start_rate=0.01, floor=0.002, decay=1000,
                           last_rate=0.001)

    def _sample(self, place, dx, dy, plane=None):
        plane = self.own if plane is None else plane
        return int(plane.samples[place + plane.step(dx, dy)])

    def is_flat(self, place):
        return len({self._sample(place, x, y) for x, y in ((-1, 0), (0, -1), (-1, -1), (1, -1))}) == 1

    def _run(self, place, dx, dy, value):
        run = 0
        while run < 15 and self._sample(place, dx * (run + 1), dy * (run + 1)) == value:
            run += 1
        return run

    def predict(self, place):
        value = self._sample(place, -1, 0)
        around = before = same = 0
        for x, y in FURTHER:
            around = around << 1 | (self._sample(place, x, y) == value)
        for plane in self.earlier:
            here = self._sample(place, 0, 0, plane)
            left, above, right, below = (self._sample(place, x, y, plane) == here
                                         for x, y in ((-1, 0), (0, -1), (1, 0), (0, 1)))
            before = before << 3 | left << 2 | right << 1 | below
            same = same << 1 | (left and above)
        left, up = self._run(place, -1, 0, value), self._run(place, 0, -1, value)
        contexts = [around, before, left * 4 + same, ((value * 0x9E3779B1 & 0xFFFFFFFF) >> 22) * 4 + same,
                    left * 16 + up]
        self.chosen = [entries[context] for entries, context in zip(self.maps, contexts)]
        inputs = [f32(0.3)] + [stretch(max(entry.p16(), 1)) for entry in self.chosen]
        return int(squash(self.mixer.predict(inputs, [around, before], [0])))

    def learn(self, same):
        self.mixer.update(same)
        for entry in self.chosen:
            entry.update(same, LIMIT)
