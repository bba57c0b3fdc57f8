"""Further fits and residual histograms of a plane: docs/pixels.md, section 11."""

from fit_opinion import FitOpinion
from levels import clamp
from line_least_squares import COLUMN, ROW, LineLeastSquares
from logistic import f32
from residual_histograms import ResidualHistograms
from wide_least_squares import WideLeastSquares

MOST_BITS = 8


def suits(own, earlier):
    return all(plane.bits <= MOST_BITS for plane in [own] + earlier)


class Ensemble:
    def __init__(self, role, own, earlier):
        fits = (WideLeastSquares(role, own, earlier), LineLeastSquares(role, own, earlier, ROW),
                LineLeastSquares(role, own, earlier, COLUMN))
        self.opinions = [FitOpinion(fit, own) for fit in fits]
        self.histograms = ResidualHistograms(own, earlier)
        self.most = (1 << own.bits) - 1
        self.start_weights = [0.2, 0, 0.1, 0, 0.1, 0] + [0, 0] * self.histograms.count

    def begin(self, x, y, place, mean, near, errors):
        """mean: the network's; near: the forecast of section 6; errors: the level of the network's."""
        for opinion in self.opinions:
            opinion.begin(x, y, place)
        forecasts = [mean, near, (mean + near) * f32(0.5)] + [opinion.forecast for opinion in self.opinions]
        rounded = [clamp(int(forecast + f32(0.5)), 0, self.most) for forecast in forecasts]
        self.histograms.begin(x, y, place, rounded, errors)

    def inputs(self, low, middle, high):
        inputs = [logit for opinion in self.opinions for logit in opinion.inputs()]
        return inputs + self.histograms.inputs(low, middle, high)

    def end(self, x, y, place, sample):
        for opinion in self.opinions:
            opinion.end(x, y, place, sample)
        self.histograms.end(x, y, sample)

    def settle(self, x, y, place, sample):
        """In place of begin and end, of a sample that was said to equal its neighbours."""
        for opinion in self.opinions:
            opinion.fit.learn(x, y, place, sample)
        self.histograms.settle(x, y)
