"""The gated mixer: docs/mixing.md, section 6, last paragraphs; with two last sets in section 8."""

import numpy as np

from logistic import MAX_LOGIT, f32, squash

LANES = 16


def _errors(bit, logits):
    return f32(bit) - squash(logits).astype(f32) * f32(1 / 65536)


class Mixer:
    """Several sets of weights of which a small context chooses one row each, and one or more last sets over their outputs."""

    def __init__(self, inputs, set_sizes, last_sizes, start_weights, start_rate=0.02, floor=0.003, decay=2000,
                 last_rate=0.002):
        """start_weights: one for each input."""
        self.width = -(-inputs // LANES) * LANES  # padded with inputs that are 0
        self.first_rows = np.cumsum([0] + set_sizes[:-1])
        self.weights = np.zeros((sum(set_sizes), self.width), f32)
        self.weights[:, :inputs] = start_weights
        padded = -(-len(set_sizes) // 8) * 8
        self.last_weights = [np.full((size, padded), f32(1) / f32(len(set_sizes)), f32) for size in last_sizes]
        self.start_rate, self.floor, self.decay = f32(start_rate), f32(floor), f32(decay)
        self.last_rate = f32(last_rate)
        self.decisions = 0

    def start_from_prior(self):
        self.start_rate = f32(0.006)

    def predict(self, inputs, rows, last_rows):
        """The logit of a one. rows: of each set; last_rows: of each last set."""
        self.x = np.zeros(self.width, f32)
        self.x[:len(inputs)] = inputs
        self.rows = self.first_rows + rows
        products = self.weights[self.rows] * self.x
        lanes = np.zeros((len(rows), LANES), f32)
        for first in range(0, self.width, LANES):
            lanes = lanes + products[:, first:first + LANES]
        half = LANES // 2
        while half:
            lanes = lanes[:, :half] + lanes[:, half:]
            half //= 2
        self.outputs = np.minimum(np.maximum(lanes[:, 0], -MAX_LOGIT), MAX_LOGIT)
        self.last = [weights[row, :len(rows)] for weights, row in zip(self.last_weights, last_rows)]  # views: they learn
        self.logits = []
        for weights in self.last:
            logit = f32(0)
            for term in self.outputs * weights:
                logit = logit + term
            self.logits.append(min(max(logit, -MAX_LOGIT), MAX_LOGIT))
        total = f32(0)
        for logit in self.logits:
            total = total + logit
        return total / f32(len(self.logits))

    def update(self, bit):
        rate = self.floor + (self.start_rate - self.floor) / (f32(1) + f32(self.decisions) / self.decay)
        self.decisions += 1
        steps = rate * _errors(bit, self.outputs)
        self.weights[self.rows] += steps[:, None] * self.x
        for weights, logit in zip(self.last, self.logits):
            weights += self.last_rate * _errors(bit, logit) * self.outputs
