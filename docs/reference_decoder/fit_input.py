"""The forecast of a fit as a logistic distribution whose width is learnt: docs/pixels.md, section 6, last paragraph."""

from levels import Levels, clamp, half_octaves, level_of
from logistic import f32, stretch
from pixel_network import CURVE


class FitInput:
    """The fit says `fit(x, y, place)`, a forecast and what the fit leaves, and `learn(x, y, place, sample)`."""

    def __init__(self, fit, own):
        self.fit = fit
        self.levels = Levels(own.width, own.height)
        self.errors = [[256 << min(row // 2, 10)] * 8 for row in range(24)]
        self.bound = f32(1 << own.bits)

    def begin(self, x, y, place):
        forecast, left = self.fit.fit(x, y, place)
        self.forecast = clamp(forecast, f32(0), self.bound)
        self.row = self.errors[min(half_octaves(int(min(f32(4096), left) * f32(8)) + 1), 23)]
        self.size = max(abs(self.levels.at(x - 1, y)), abs(self.levels.at(x, y - 1)))
        self.inverse = f32(1.3863) * f32(256) / f32(self.row[self.size] + 16)
        self.low, self.high = 0, 1 << 24

    def look_at(self, middle):
        self.z = (f32(middle) - f32(0.5) - self.forecast) * self.inverse
        self.middle = int(CURVE.at(self.z))

    def inputs(self):
        probability = int((self.high - self.middle + 64) / (self.high - self.low + 128) * 65536.0)
        return stretch(clamp(probability, 1, 65535)), clamp(self.z * f32(-0.25), f32(-2), f32(2))

    def learn(self, bit):
        if bit:
            self.low = self.middle
        else:
            self.high = self.middle

    def end(self, x, y, place, sample):
        error = f32(sample) - self.forecast
        self.levels.set(x, y, level_of(int(error + (f32(-0.5) if error < 0 else f32(0.5)))))
        change = int(abs(error) * f32(256)) - self.row[self.size]
        self.row[self.size] += abs(change) // 64 * (1 if change >= 0 else -1)
        self.fit.learn(x, y, place, sample)
