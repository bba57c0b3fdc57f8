"""Further fits and residual histograms of a plane: docs/pixels.md, section 11."""

from fit_input import FitInput
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
        self.mixer_inputs = [FitInput(fit, own) for fit in fits]
        self.histograms = ResidualHistograms(own, earlier)
        self.most = (1 << own.bits) - 1
        self.start_weights = [0.2, 0, 0.1, 0, 0.1, 0] + [0, 0] * self.histograms.count

    def begin(self, x, y, place, mean, near, errors):
        """mean: the network's; near: the forecast of section 6; errors: the level of the network's."""
        for mixer_input in self.mixer_inputs:
            mixer_input.begin(x, y, place)
        forecasts = [mean, near, (mean + near) * f32(0.5)] + [mixer_input.forecast for mixer_input in self.mixer_inputs]
        rounded = [clamp(int(forecast + f32(0.5)), 0, self.most) for forecast in forecasts]
        self.histograms.begin(x, y, place, rounded, errors)

    def inputs(self, low, middle, high):
        inputs = [logit for mixer_input in self.mixer_inputs for logit in mixer_input.inputs()]
        return inputs + self.histograms.inputs(low, middle, high)

    def end(self, x, y, place, sample):
        for mixer_input in self.mixer_inputs:
            mixer_input.end(x, y, place, sample)
        self.histograms.end(x, y, sample)

    def settle(self, x, y, place, sample):
        """In place of begin and end, of a sample that was said to equal its neighbours."""
        for mixer_input in self.mixer_inputs:
            mixer_input.fit.learn(x, y, place, sample)
        self.histograms.settle(x, y)
