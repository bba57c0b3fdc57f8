"""Codec 2, tokens with a language model: docs/format.md, section 7, and docs/mixing.md, section 2."""

from bisect import bisect_left

import numpy as np

from basics import DamagedFile, Reader
from coding import ArithmeticDecoder
from head import Head
from logistic import f32, ln
from mixing import Mixing
from network import Network, NetworkStream
from text_mixing import ModelAlone, TextMixing

# By profile: streams at most, tokens a stream, stages of mixing.
PROFILES = ((16, 3072, 1), (4, 3072, 1), (32, 2048, 2), (4, 3072, 2), (4, 3072, 0))


def decode(payload, raw_size, model):
    reader = Reader(payload)
    profile = reader.integer(1, "profile")
    if profile >= len(PROFILES):
        raise DamagedFile(f"profile {profile} is unknown")
    tokens = reader.varint("number of tokens")
    if not 1 <= tokens <= raw_size:
        raise DamagedFile(f"{tokens} tokens cannot make {raw_size} bytes")
    decoder = ArithmeticDecoder(payload[reader.position:])
    return TextBlock(model, decoder, tokens, raw_size, *PROFILES[profile]).decode()


class TextBlock:
    def __init__(self, model, decoder, tokens, raw_size, most_streams, tokens_each, stages):
        self.decoder = decoder
        self.raw_size = raw_size
        self.vocabulary = model.vocabulary
        bos = len(self.vocabulary)
        count = min(max(tokens // tokens_each, 1), most_streams)
        self.lengths = [tokens // count + (s < tokens % count) for s in range(count)]
        network = Network(model)
        self.networks = [NetworkStream(network) for _ in range(count)]
        self.last_tokens = [bos] * count
        self.head = Head(model)
        self.first_rate = f32(0.015) / np.sqrt(f32(model.architecture["width"]))
        self.model_rate = f32(model.architecture.get("head_rate", 1))
        self.learnt = 0
        self.learns = stages > 0
        self.mixing = (ModelAlone(count) if stages == 0 else
                       TextMixing(count, raw_size) if stages == 2 else Mixing(True, count, raw_size))
        self.mixing.load_prior(model.section("mixing.tokens", optional=True))

    def decode(self):
        count = len(self.lengths)
        groups = min(count, 2)
        for step in range(max(self.lengths)):
            for g in range(groups):
                streams = range(count * g // groups, count * (g + 1) // groups)
                self._phase([s for s in streams if self.lengths[s] > step])
        raw = b"".join(bytes(stream.history) for stream in self.mixing.streams)
        if len(raw) != self.raw_size:
            raise DamagedFile(f"the tokens make {len(raw)} bytes of {self.raw_size}")
        return raw

    def _phase(self, streams):
        """The next token of each of these streams; then the head learns from them."""
        hidden = [self.networks[s].feed(self.last_tokens[s]) for s in streams]
        cumulatives = [self.head.cumulative(row) for row in hidden]
        for s, cumulative in zip(streams, cumulatives):
            self.last_tokens[s] = self._token(s, cumulative)
        if sum(len(stream.history) for stream in self.mixing.streams) > self.raw_size:
            raise DamagedFile("the tokens make too many bytes")
        for s, row, cumulative in zip(streams, hidden, cumulatives) if self.learns else ():
            fall = np.sqrt(f32(1) + f32(self.learnt) / f32(40000))
            self.head.learn(row, cumulative, self.last_tokens[s], self.first_rate / fall * self.model_rate)
            self.learnt += 1

    def _token(self, stream, cumulative):
        """Narrows the range of all tokens down to one."""
        low, high = 0, len(self.vocabulary)
        depth, known = 0, 1
        while high - low > 1:
            if known == 1 and depth > 0 and len(self.vocabulary[low]) == depth:
                logit = self._logit(cumulative, low, low + 1, high)
                ends = self._decide(self.mixing.predict_end(stream, low, -logit))
                low, high = (low, low + 1) if ends else (low + 1, high)
                continue
            shift = 8 - known.bit_length()
            middle = bisect_left(self.vocabulary, 1, low, high, key=lambda string: string[depth] >> shift & 1)
            bit = int(middle == low)
            if low < middle < high:
                bit = self._decide(self.mixing.predict_bit(stream, known, self._logit(cumulative, low, middle, high)))
            low, high = (middle, high) if bit else (low, middle)
            known = known << 1 | bit
            if known >= 256:
                self.mixing.append_byte(stream, known & 255)
                depth, known = depth + 1, 1
        for byte in self.vocabulary[low][depth:]:
            self.mixing.append_byte(stream, byte)
        self.mixing.end_token(stream, low)
        return low

    def _logit(self, cumulative, low, middle, high):
        return ln(int(cumulative[high] - cumulative[middle])) - ln(int(cumulative[middle] - cumulative[low]))

    def _decide(self, p1):
        bit = self.decoder.decide(p1)
        self.mixing.update(bit)
        return bit
