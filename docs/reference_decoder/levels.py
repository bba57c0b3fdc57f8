"""Small scales and how far off predictors were on them: docs/pixels.md, section 5, "Small scales"."""

import numpy as np


def clamp(value, least, most):
    """A value that is no number becomes the least."""
    return min(max(least, value), most)


def level_of(error):
    size = abs(error)
    level = size if size < 3 else min((size - 1).bit_length() + 1, 7)
    return level if error >= 0 else -level


def half_octaves(n):
    """Two steps an octave, of n >= 1."""
    octave = n.bit_length() - 1
    return 2 * octave + (n >> octave - 1 & 1 if octave else 0)


class Levels:
    """How far off a predictor was, as levels; 0 outside the plane."""

    def __init__(self, width, height):
        self.grid = np.zeros((height + 1, width + 3), np.int64)

    def at(self, x, y):
        return int(self.grid[y + 1, x + 2])

    def set(self, x, y, level):
        self.grid[y + 1, x + 2] = level
