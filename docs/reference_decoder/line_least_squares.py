"""A fit to one row or one column of samples, made anew for each of them: docs/pixels.md, section 11, "Row and column"."""

import numpy as np

from fit_columns import FitColumns, solve

ROW, COLUMN = range(2)
_OWN_COUNTS, _EARLIER_COUNTS = [14, 8, 5], [0, 5, 5]  # of each role


class LineLeastSquares:
    def __init__(self, role, own, earlier, line):
        """line: ROW or COLUMN."""
        self.line = line
        self.columns = FitColumns(own, earlier, _OWN_COUNTS[role], _EARLIER_COUNTS[role])
        n = self.columns.n
        self.sums = np.zeros((own.height if line == ROW else own.width, n + 1, n + 1), np.int64)  # T of each line

    def _sums_at(self, x, y):
        """To be read and written."""
        return self.sums[y if self.line == ROW else x]

    def fit(self, x, y, place):
        """The forecast and what the fit leaves, both np.float32, in samples."""
        weights, left = solve(self._sums_at(x, y), 128.0, 32.0, 16384.0)
        return self.columns.forecast(place, weights), left

    def learn(self, x, y, place, sample):
        c = self.columns.with_sample(place, sample)
        sums = self._sums_at(x, y)
        sums += 256 * np.outer(c, c) - (sums >> 6)
