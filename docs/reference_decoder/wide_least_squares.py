"""A fit of many columns, made once for eight samples: docs/pixels.md, section 11, "Wide"."""

import numpy as np

from fit_columns import FitColumns, solve
from logistic import f32

BLOCK = 8  # samples
_OWN_COUNTS, _EARLIER_COUNTS = [40, 24, 18], [0, 21, 13]  # of each role


class _Row:
    """Of a row of samples: the weights of its latest fit, what that left, and the columns of the block at hand."""

    def __init__(self, n):
        self.weights = [0.0] * n
        self.left = f32(1)
        self.block = []


class WideLeastSquares:
    def __init__(self, role, own, earlier):
        self.columns = FitColumns(own, earlier, _OWN_COUNTS[role], _EARLIER_COUNTS[role])
        n = self.columns.n
        self.rows = [_Row(n) for _ in range(own.height)]
        self.sums = np.zeros((own.width // BLOCK, n + 1, n + 1), np.int64)  # T of each block

    def fit(self, x, y, place):
        """The forecast and what the fit left, both np.float32, in samples."""
        row = self.rows[y]
        if x % BLOCK == 0:
            block = x // BLOCK
            sums = self.sums[max(block - 3, 0):block + 3].sum(axis=0)
            row.weights, row.left = solve(sums, 768.0, 20.0, 24576.0)
        return self.columns.forecast(place, row.weights), row.left

    def learn(self, x, y, place, sample):
        row = self.rows[y]
        row.block.append(self.columns.with_sample(place, sample))
        if len(row.block) == BLOCK:
            c = np.array(row.block)
            row.block = []
            sums = self.sums[x // BLOCK]
            sums += 64 * (c.T @ c) - (sums >> 3)
