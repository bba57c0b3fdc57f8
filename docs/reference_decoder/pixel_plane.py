"""A plane of samples with what stands outside of it: docs/pixels.md, section 2, last paragraph."""

import numpy as np


class Plane:
    PADDING = 16  # more than any neighbour's distance

    def __init__(self, width, height, bits):
        self.width, self.height, self.bits = width, height, bits
        self.stride = width + 2 * self.PADDING
        self.samples = np.full((height + 2 * self.PADDING) * self.stride, 1 << bits - 1, np.int64)

    def place(self, x, y):
        """Where sample (x, y) lies; it has neighbour (dx, dy) at place + step(dx, dy)."""
        return (y + self.PADDING) * self.stride + x + self.PADDING

    def step(self, dx, dy):
        return dy * self.stride + dx

    def _copies(self, y):
        """The rows that row y fills: with the last one those below the plane too."""
        return range(y, y + (3 if y + 1 == self.height else 1))

    def begin_row(self, y):
        for row in self._copies(y):
            self.samples[self.place(-self.PADDING, row):self.place(0, row)] = self.samples[self.place(0, y - 1)]

    def set(self, x, y, sample):
        for row in self._copies(y):
            self.samples[self.place(x, row)] = sample
            if x + 1 == self.width:
                self.samples[self.place(x + 1, row):self.place(x + 1 + self.PADDING, row)] = sample

    def fill(self, value):
        for y in range(self.height):
            self.begin_row(y)
            for x in range(self.width):
                self.set(x, y, value)

    def rows(self):
        grid = self.samples.reshape(-1, self.stride)
        return grid[self.PADDING:self.PADDING + self.height, self.PADDING:self.PADDING + self.width]
