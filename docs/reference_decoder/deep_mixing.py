"""Profiles 1 to 3 of codec 1: docs/mixing.md, section 8, from "Contexts" on; with experts the second stage of section 10."""

import numpy as np

from contexts import BYTE_CLASS, GOLDEN, M64, ContextTable, mix, table_size
from counters import MapEntry
from deep_contexts import EXPECTATIONS, DeepContexts
from deep_state import FIELD_ABOVE, FIELD_AFTER, LONG_MATCH, SHORT_MATCH
from logistic import clamp_probability, f32, squash, stretch, sureness
from mixer import Mixer

ZERO, CONSTANT = f32(0), f32(0.3)
CONTEXTS, PER_CONTEXT, PER_EXPECTATION = 38, 4, 3
INPUTS = CONTEXTS * PER_CONTEXT + EXPECTATIONS * PER_EXPECTATION + 1
SETS = [128, 256, 256, 256, 256, 256, 256, 256, 512, 256]


def start_weights(experts):
    weights = np.zeros(INPUTS + 2 * experts, f32)
    start = f32(0.02 if experts else 0.04)
    contexts, expectations = weights[:CONTEXTS * PER_CONTEXT], weights[CONTEXTS * PER_CONTEXT:INPUTS - 1]
    contexts[0::4] = contexts[1::4] = expectations[0::3] = start
    contexts[3::4] = start * f32(0.5)
    if experts:
        weights[-1] = f32(0.9)
    return weights


class FineApm:
    START = [int(squash(f32((j - 24) / 2))) << 8 for j in range(49)]

    def __init__(self):
        self.rows = {}

    def predict(self, logit, context):
        self.row = self.rows.setdefault(context, list(self.START))
        position = (min(max(logit, f32(-11.999)), f32(11.999)) + f32(12)) * f32(2)
        low = int(position)
        fraction = position - f32(low)
        self.chosen = low + (fraction >= f32(0.5))
        return int(f32(self.row[low]) * (f32(1) - fraction) + f32(self.row[low + 1]) * fraction) >> 8

    def update(self, bit):
        p = self.row[self.chosen]
        self.row[self.chosen] = p + ((2**24 - 1 if bit else 1) - p >> 6)


def history_of(slot):
    if slot.count >= 12 and slot.outcomes in (0, 255):
        k = sum(slot.count >= least for least in (16, 24, 32, 48, 64, 128, 240))
        return 512 + 2 * k + (slot.outcomes & 1)
    return slot.history()


def bit_after(byte, known):
    """The bit that byte has after the bits known; None if it does not begin with them."""
    bits_known = known.bit_length() - 1
    if byte is None or (byte | 256) >> 8 - bits_known != known:
        return None
    return byte >> 7 - bits_known & 1


def towards(bit, strength):
    return strength if bit else -strength


class Expectation:
    def __init__(self):
        self.by_strength = [MapEntry() for _ in range(16 * 8 * 2)]
        self.by_byte = [MapEntry() for _ in range(256 * 8 * 4)]
        self.bit, self.strength, self.used = None, 0, []

    def inputs(self, contexts, kind, known):
        byte = contexts.expected[kind]
        self.bit, self.strength, self.used = bit_after(byte, known), 0, []
        if self.bit is None:
            return [ZERO] * PER_EXPECTATION
        self.strength, doubt = contexts.strength(kind), contexts.doubt(kind)
        self.used = [self.by_strength[(8 * self.strength + doubt) * 2 + (known == 1)],
                     self.by_byte[(8 * byte + known.bit_length() - 1) * 4 + min(doubt, 3)]]
        values = [stretch(entry.p16()) for entry in self.used] + [f32(self.strength) * f32(0.25)]
        return [towards(self.bit, value) for value in values]


class DeepMixing:
    """Predict a decision, then update with its outcome; append each byte when it is complete."""

    def __init__(self, block_size, streams=1, experts=False):
        self.streams = [DeepContexts(block_size // streams, 16 if streams > 1 else 20) for _ in range(streams)]
        self.contexts = self.streams[0]
        self.table = ContextTable(table_size(16 * block_size, block_size))
        sets, last = (SETS + [192], [192, 128]) if experts else (SETS, [256, 128])
        self.mixer = Mixer(INPUTS + 2 * experts, sets, last, start_weights(experts), start_rate=0.02, floor=0.0015)
        self.byte = self.half = None  # what the buckets are of
        self.histories = [[MapEntry() for _ in range(528)] for _ in range(CONTEXTS)]
        self.run_maps = [[MapEntry() for _ in range(32)] for _ in range(CONTEXTS)]
        self.expectations = [Expectation() for _ in range(EXPECTATIONS)]
        self.fine_maps = [FineApm() for _ in range(3)]

    def _find_buckets(self, known):
        byte, half = (self.contexts, len(self.contexts.history)), known >> max(known.bit_length() - 5, 0)
        half = half if half >= 16 else 1
        if self.byte != byte:
            self.hashes = self.contexts.hashes()
            self.buckets = self.first_buckets = [self.table.find(h) for h in self.hashes]
            self.half = 1
        if self.half != half:
            self.buckets = [self.table.find(mix(h + half * GOLDEN & M64)) for h in self.hashes]
        self.byte, self.half = byte, half

    def _context_inputs(self, known):
        level = 1 << (known.bit_length() - 1) % 4
        node = (level | known & level - 1) - 1
        self.slots = [bucket.slots[node] for bucket in self.buckets]
        self.entries = [maps[history_of(slot)] for maps, slot in zip(self.histories, self.slots)]
        self.runs = []  # (entry, bit) of those used
        inputs = []
        for i, (slot, entry) in enumerate(zip(self.slots, self.entries)):
            inputs += [stretch(entry.p16()), stretch(slot.p), f32(slot.p - 32768) * f32(1 / 16384)] if slot.count else [ZERO] * 3
            byte, count = self.first_buckets[i].run
            bit = bit_after(byte, known) if count else None
            if bit is None:
                inputs.append(ZERO)
            else:
                run = self.run_maps[i][2 * min(count, 15) + (known == 1)]
                self.runs.append((run, bit))
                inputs.append(towards(bit, stretch(run.p16())))
        return inputs + [ZERO] * (CONTEXTS * PER_CONTEXT - len(inputs))

    def _rows(self, known):
        c, b = self.contexts, known.bit_length() - 1
        e = self.expectations
        strength = lambda kind, most=15: min(e[kind].strength, most)
        seen = sum(slot.count > 0 for slot in self.slots[:8])

        def agree(x, y):
            return 0 if e[x].bit is None else 1 if e[y].bit is None else 2 if e[x].bit == e[y].bit else 3

        above = 0 if e[FIELD_ABOVE].bit is None else 1 + strength(FIELD_ABOVE, 6)
        c1, c2 = c.last_bytes(1), c.last_bytes(2) >> 8
        rows = [8 * strength(LONG_MATCH) + b, known, c1, 16 * seen + strength(LONG_MATCH), c2,
                16 * min(c.fields.index, 15) + min(len(c.history) - c.fields.begin, 15),
                len(c.history) % c.records.length & 255 if c.records.length else c.expected[FIELD_ABOVE] or 0,
                16 * BYTE_CLASS[c1] + 4 * agree(FIELD_ABOVE, LONG_MATCH) + agree(SHORT_MATCH, LONG_MATCH),
                8 * (16 * strength(LONG_MATCH, 3) + 4 * strength(SHORT_MATCH, 3) + strength(FIELD_AFTER, 3)) + b,
                32 * above + 8 * c.fields.order + b]
        return rows, [c1, 8 * strength(LONG_MATCH) + b]

    def predict_bit(self, known, stream=0, experts=()):
        """experts: the logits of the language model and of the first stage."""
        c = self.contexts = self.streams[stream]
        self._find_buckets(known)
        inputs = self._context_inputs(known)
        for kind, expectation in enumerate(self.expectations):
            inputs += expectation.inputs(c, kind, known)
        match = self.expectations[LONG_MATCH]
        rows, last_rows = self._rows(known)
        if experts:
            rows.append(16 * sureness(experts[0]) + match.strength)
            last_rows[0] = 16 * sureness(experts[1]) + match.strength
        logit = self.mixer.predict(inputs + [CONSTANT, *experts], rows, last_rows)
        expected = 16 * c.next_of(LONG_MATCH) + match.strength if match.strength else 0
        places = [known << 8 | c.last_bytes(1), mix(c.last_bytes(2) << 8 | known) & 0xFFFF,
                  mix(expected << 8 | known) & 0xFFFF]
        refined = sum(fine_map.predict(logit, place) for fine_map, place in zip(self.fine_maps, places))
        return clamp_probability(int(squash(logit)) + refined + 2 >> 2)

    def update(self, bit):
        self.mixer.update(bit)
        for entry, slot in zip(self.entries, self.slots):
            entry.update(bit)
            slot.update(bit)
        for entry, expected in self.runs:
            entry.update(int(expected == bit))
        for expectation in self.expectations:
            for entry in expectation.used:
                entry.update(int(expectation.bit == bit))
        for fine_map in self.fine_maps:
            fine_map.update(bit)

    def append_byte(self, byte, stream=0):
        contexts = self.streams[stream]
        if self.byte == (contexts, len(contexts.history)):  # some bit of it was asked for
            for bucket in self.first_buckets:
                last, count = bucket.run
                bucket.run = (byte, min(count + 1, 255)) if count and last == byte else (byte, 1)
        contexts.append(byte)
