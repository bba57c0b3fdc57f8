"""Reads the starting values that a model file ships: docs/mixing.md, section 7."""

import numpy as np

from basics import MissingModel
from counters import MapEntry

_COUNT = 60


class PriorReader:
    def __init__(self, section):
        self.values = np.frombuffer(section, "<u2")
        self.position = 0

    def _take(self, count):
        self.position += count
        if self.position > len(self.values):
            raise MissingModel("model file: its mixing.tokens is too short")
        return self.values[self.position - count:self.position]

    def _weights(self, weights):
        bits = self._take(weights.size).astype(np.uint32) << 16
        weights[:] = bits.view(np.float32).reshape(weights.shape)
        if not np.all(np.abs(weights) < 64):
            raise MissingModel("model file: a weight in mixing.tokens is not within 64")

    def mixer(self, mixer):
        self._weights(mixer.weights)
        for weights in mixer.last_weights:
            self._weights(weights)
        mixer.start_from_prior()

    def entries(self, entries):
        entries[:] = [MapEntry(int(value), _COUNT) for value in self._take(len(entries))]

    def points(self, adaptive_map):
        adaptive_map.points[:] = self._take(adaptive_map.points.size).reshape(adaptive_map.points.shape)

    def finish(self):
        if self.position != len(self.values):
            raise MissingModel("model file: its mixing.tokens is too long")
