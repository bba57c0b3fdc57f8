"""Decisions about what an encoder did: docs/media.md, section 3.3, as docs/audio.md, section 5.1, uses them too."""

from collections import defaultdict

from coding import ArithmeticDecoder
from contexts import hash2
from counters import MapEntry
from logistic import f32, squash, stretch
from mixer import Mixer

MOST_CONTEXTS, KINDS, SELECTORS = 8, 32, 64
INPUTS = 2 * MOST_CONTEXTS + 1
LIMIT = 400
ALONE = 255  # in place of the number of a context


class ChoiceDecoder:
    def __init__(self, payload):
        self.decoder = ArithmeticDecoder(payload)
        self.entries = defaultdict(MapEntry)
        weights = [f32(0.3) if i < INPUTS - 1 and i % 2 == 0 else f32(0) for i in range(INPUTS)]
        self.mixer = Mixer(INPUTS, [KINDS * SELECTORS, KINDS], [KINDS], weights, start_rate=0.02, floor=0.002,
                           decay=1000, last_rate=0.002)

    def _entry(self, kind, number, context):
        return self.entries[hash2(kind * 256 + number, context & 0xFFFFFFFF) >> 48]

    def decide(self, kind, selector, contexts):
        entries = [self._entry(kind, i, context) for i, context in enumerate(contexts)]
        inputs = [f32(0)] * INPUTS
        for i, entry in enumerate(entries):
            inputs[2 * i] = stretch(entry.p16())
            inputs[2 * i + 1] = f32((entry.p16() - 32768) / 16384)
        inputs[-1] = f32(0.3)
        logit = self.mixer.predict(inputs, [kind * SELECTORS + selector, kind], [kind])
        bit = self.decoder.decide(int(squash(logit)))
        self.mixer.update(bit)
        for entry in entries:
            entry.update_fast(bit, LIMIT)
        return bit

    def bit(self, kind, context=0):
        entry = self._entry(kind, ALONE, context)
        bit = self.decoder.decide(min(max(entry.p16(), 1), 65535))
        entry.update_fast(bit, LIMIT)
        return bit

    def bits(self, count, kind, context=0):
        node = 1
        for _ in range(count):
            node = node << 1 | self.bit(kind, context << 8 ^ node)
        return node ^ 1 << count

    def number(self, kind, context=0):
        size = self.bits(5, kind, context)
        if size < 2:
            return size
        known = 1
        for i in range(size - 2, -1, -1):
            near = known & 15 if i + 4 > size else 0
            known = known << 1 | self.bit(kind, 1 << 31 ^ context << 16 ^ size << 9 ^ i << 4 ^ near)
        return known

    def few(self, count, kind, contexts):
        """docs/audio.md, section 5.1."""
        node = 1
        for _ in range(count):
            node = node << 1 | self.decide(kind, 0, [context << 8 ^ node for context in contexts])
        return node ^ 1 << count
