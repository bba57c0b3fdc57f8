"""Codec 2 in two stages, or none, profiles 2 to 4: docs/mixing.md, section 10."""

from deep_mixing import DeepMixing
from logistic import clamp_probability, f32, squash, stretch
from mixer import Mixer
from mixing import Mixing


class TextMixing:
    """As Mixing, of tokens."""

    def __init__(self, streams, block_size):
        self.first = Mixing(True, streams, block_size)
        self.second = DeepMixing(block_size, streams, experts=True)
        self.last = Mixer(2, [1], [1], f32([0.5, 0.5]), start_rate=0.005, floor=0.0005)
        self.streams = self.first.streams
        self.load_prior = self.first.load_prior
        self.end_token = self.first.end_token

    def predict_bit(self, index, known, lm):
        p = self.first.predict_bit(index, known, lm)
        self.asked = self.first.used is self.first.bits
        if not self.asked:
            return p
        mixed = self.first.bits.logit
        second = stretch(self.second.predict_bit(known, index, (lm, mixed)))
        return clamp_probability(int(squash(self.last.predict([mixed, second], [0], [0]))))

    def predict_end(self, index, low, lm):
        self.asked = False
        return self.first.predict_end(index, low, lm)

    def update(self, bit):
        self.first.update(bit)
        if self.asked:
            self.second.update(bit)
            self.last.update(bit)

    def append_byte(self, index, byte):
        self.first.append_byte(index, byte)
        self.second.append_byte(byte, index)


class ModelAlone:
    """As Mixing, of tokens, where nothing is mixed."""

    class Stream:
        def __init__(self):
            self.history = bytearray()

    def __init__(self, streams):
        self.streams = [self.Stream() for _ in range(streams)]

    def predict_bit(self, index, known, lm):
        return clamp_probability(int(squash(lm)))

    def predict_end(self, index, low, lm):
        return clamp_probability(int(squash(lm)))

    def append_byte(self, index, byte):
        self.streams[index].history.append(byte)

    def load_prior(self, section):
        pass

    def update(self, bit):
        pass

    def end_token(self, index, token):
        pass
