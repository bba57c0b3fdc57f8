"""The gated mixer: docs/mixing.md, section 6, last paragraphs."""

import numpy as np

from logistic import MAX_LOGIT, f32, squash

LANES = 16
LAST_LAYER_WIDTH = 8
_FLOOR = f32(0.003)
_LAST_RATE = f32(0.002)


def _errors(bit, logits):
    return f32(bit) - squash(logits).astype(f32) * f32(1 / 65536)


class Mixer:
    """Several sets of weights of which a small context chooses one row each, and a last layer over their outputs."""

    def __init__(self, inputs, set_sizes, last_size, weight, model_weight, model_input):
        self.width = -(-inputs // LANES) * LANES  # padded with inputs that are 0
        self.first_rows = np.cumsum([0] + set_sizes[:-1])
        self.weights = np.zeros((sum(set_sizes), self.width), f32)
        self.weights[:, :inputs] = f32(weight)
        self.weights[:, model_input] = f32(model_weight)
        self.last_weights = np.full((last_size, LAST_LAYER_WIDTH), f32(1) / f32(len(set_sizes)), f32)
        self.start_rate = f32(0.02)
        self.decisions = 0

    def start_from_prior(self):
        self.start_rate = f32(0.006)

    def predict(self, inputs, rows, last_row):
        """The logit of a one. rows: of each set; last_row: of the last layer."""
        self.x = np.zeros(self.width, f32)
        self.x[:len(inputs)] = inputs
        self.rows = self.first_rows + rows
        self.last_row = last_row
        products = self.weights[self.rows] * self.x
        lanes = np.zeros((len(rows), LANES), f32)
        for first in range(0, self.width, LANES):
            lanes = lanes + products[:, first:first + LANES]
        half = LANES // 2
        while half:
            lanes = lanes[:, :half] + lanes[:, half:]
            half //= 2
        self.outputs = np.minimum(np.maximum(lanes[:, 0], -MAX_LOGIT), MAX_LOGIT)
        logit = f32(0)
        for term in self.outputs * self.last_weights[last_row, :len(rows)]:
            logit = logit + term
        self.logit = min(max(logit, -MAX_LOGIT), MAX_LOGIT)
        return self.logit

    def update(self, bit):
        rate = _FLOOR + (self.start_rate - _FLOOR) / (f32(1) + f32(self.decisions) / f32(2000))
        self.decisions += 1
        steps = rate * _errors(bit, self.outputs)
        self.weights[self.rows] += steps[:, None] * self.x
        last_step = _LAST_RATE * _errors(bit, self.logit)
        self.last_weights[self.last_row, :len(self.rows)] += last_step * self.outputs
