"""From hidden rows to frequencies, and the head that learns: docs/numerics.md, sections 5 and 6."""

import numpy as np

from numerics import TINY, exp_negative, f32


class Head:
    """A copy of the model's last matrix for one block."""

    def __init__(self, file):
        a = file.architecture
        self.bits = a["act_bits"]["head"]
        self.tokens = a["vocab"] - 1  # without BOS
        self.matrix = file.matrix("embed" if a["tied"] else "head", a["vocab"], a["width"])
        bias = file.gain("head.bias", a["vocab"], limit=65536)  # of a tied head, too
        if bias is not None:
            self.matrix.bias = bias
        self.masters = self.matrix.weights.astype(f32)

    def cumulative(self, hidden):
        """Prefix sums of the frequencies of all tokens but BOS, beginning with 0."""
        logits = self.matrix.product(*hidden, self.bits)[:self.tokens]
        e = np.floor(exp_negative(logits - logits.max()) * f32(1 << 28)).astype(np.int64)
        total = int(e.sum())
        shift = 0
        while (total >> shift) + self.tokens >= 1 << 32:
            shift += 1
        return np.concatenate([[0], np.cumsum(1 + (e >> shift))])

    def learn(self, hidden, cumulative, token, rate):
        h, a = hidden
        frequencies = np.diff(cumulative)
        total = cumulative[-1]
        if frequencies[token] > total // 2:
            return
        chosen = frequencies > total // 250
        chosen[token] = True
        rows = np.flatnonzero(chosen & (self.matrix.scales[:self.tokens] >= TINY))
        g = frequencies[rows].astype(f32) / total.astype(f32)
        g = np.where(rows == token, g - f32(1), g)
        steps = g * (rate * a) / self.matrix.scales[rows]
        changed = self.masters[rows] - h * steps[:, None]
        self.masters[rows] = np.minimum(np.maximum(changed, f32(-127)), f32(127))
        self.matrix.weights[rows] = np.rint(self.masters[rows])
