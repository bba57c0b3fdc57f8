"""The probability of every decision, from contexts and the language model: docs/mixing.md, sections 6 and 7."""

from collections import defaultdict

import numpy as np

from contexts import (BYTE_CLASS, BYTE_MODE, GOLDEN, M64, TOKEN_MODE, ContextTable, MatchFinder, Stream,
                      compute_hashes, hash2, mix, table_size)
from counters import Apm, BitSlot, MapEntry, history_map
from logistic import clamp_probability, f32, squash, stretch, sureness
from mixer import Mixer
from prior import PriorReader

ZERO, CONSTANT = f32(0), f32(0.3)
END_KIND = 8


def _slot_inputs(slots, entries):
    """Two logits for each context: what its outcomes mean, and its probability."""
    inputs = []
    for slot, entry in zip(slots, entries):
        inputs.append(stretch(entry.p16()) if slot.count else ZERO)
        inputs.append(stretch(slot.p))
    return inputs


def _update_slots(slots, entries, bit):
    for slot, entry in zip(slots, entries):
        entry.update(bit)
        slot.update(bit)


def _start_weights(count, weight, model_input, model_weight):
    weights = np.full(count, f32(weight), f32)
    weights[model_input] = f32(model_weight)
    return weights


class BitMixing:
    """Decisions on the next bit of a byte."""

    def __init__(self, tokens, block_size):
        self.tokens = tokens
        self.mode = TOKEN_MODE if tokens else BYTE_MODE
        count = len(self.mode)
        self.table = ContextTable(table_size((4 if tokens else 16) * block_size, block_size))
        weight, model_weight = (0.03, 0.8) if tokens else (0.15, 0)
        self.mixer = Mixer(2 * count + 5, [128, 256, 256, 192, 128, 256], [256],
                           _start_weights(2 * count + 5, weight, 2 * count, model_weight))
        self.histories = [history_map() for _ in range(count)]
        self.match_map = [MapEntry() for _ in range(16 * 8)]
        self.model_map = Apm(512) if tokens else None
        self.refinements = [] if tokens else [Apm(65536), Apm(65536)]

    def _find_slots(self, stream, known):
        bits_known = known.bit_length() - 1
        second_half = bits_known >= 4
        if stream.buckets_key != (len(stream.history), second_half):
            stream.buckets_key = len(stream.history), second_half
            if stream.hashes is None:
                compute_hashes(stream, self.mode)
            hashes = [mix(h + known * GOLDEN & M64) if second_half else h for h in stream.hashes]
            stream.buckets = [self.table.find(h) for h in hashes]
        level = 1 << bits_known % 4
        node = (level | known & level - 1) - 1
        self.slots = [bucket.slots[node] for bucket in stream.buckets]
        self.entries = [maps[slot.history()] for maps, slot in zip(self.histories, self.slots)]

    def _match_inputs(self, stream, known):
        """Sets self.length_bucket, 0 where the match does not agree with the known bits."""
        bits_known = known.bit_length() - 1
        expected = stream.expected_byte()
        self.match_entry, self.length_bucket = None, 0
        if expected is None or (expected | 256) >> 8 - bits_known != known:
            return [ZERO, ZERO]
        self.length_bucket = stream.match_bucket()
        self.expected_bit = expected >> 7 - bits_known & 1
        self.match_entry = self.match_map[self.length_bucket * 8 + stream.match_misses]
        inputs = [stretch(self.match_entry.p16()), f32(self.length_bucket) * f32(0.5)]
        return inputs if self.expected_bit else [-x for x in inputs]

    def _rows(self, stream, known, lm):
        bits_known = known.bit_length() - 1
        bucket = self.length_bucket
        last, before_last = stream.c4 & 255, stream.c4 >> 8 & 255
        seen = sum(slot.count > 0 for slot in self.slots[1:12 if self.tokens else 8])
        start = [8 * bucket + bits_known, known, last]
        if not self.tokens:
            return start + [16 * seen + bucket, 8 * BYTE_CLASS[before_last] + bits_known, before_last], [last]
        sure = 16 * sureness(lm) + bucket
        place = (8 * min(stream.token_bytes, 7) + bits_known) * 2 + (bucket > 0)
        return start + [sure, place, 16 * seen + bucket], [sure]

    def predict(self, stream, known, lm):
        self._find_slots(stream, known)
        inputs = _slot_inputs(self.slots, self.entries)
        refined = ZERO
        if self.tokens:
            refined = stretch(self.model_map.predict(lm, known + 256 * (stream.match_length > 0)))
        inputs += [lm, refined] + self._match_inputs(stream, known) + [CONSTANT]
        self.logit = logit = self.mixer.predict(inputs, *self._rows(stream, known, lm))
        p0 = int(squash(logit))
        if self.tokens:
            return clamp_probability(p0)
        p1 = self.refinements[0].predict(logit, known << 8 | stream.last_bytes(1))
        p2 = self.refinements[1].predict(logit, mix(stream.last_bytes(2) << 8 | known) & 0xFFFF)
        return clamp_probability(p0 + p1 + 2 * p2 + 2 >> 2)

    def update(self, bit):
        self.mixer.update(bit)
        _update_slots(self.slots, self.entries, bit)
        if self.match_entry is not None:
            self.match_entry.update(int(self.expected_bit == bit))
        for refinement in [self.model_map] if self.tokens else self.refinements:
            refinement.update(bit)


class EndMixing:
    """Decisions on whether a token ends here."""

    def __init__(self, block_size):
        self.size = min(table_size(4 * block_size, block_size), 1 << 20)
        self.table = defaultdict(BitSlot)
        self.mixer = Mixer(15, [16, 256, 24], [16], _start_weights(15, 0.05, 12, 0.8))
        self.histories = [history_map() for _ in range(6)]
        self.model_map = Apm(256)

    def _find_slots(self, stream, low, expected):
        node = low << 4
        t0, t1, t2 = stream.tokens
        next_byte = 0 if expected is None else expected + 1
        contexts = [node,
                    node | 1 | t0 << 20,
                    node | 2 | t0 << 20 | t1 << 36,
                    node | 3 | next_byte << 20 | stream.match_bucket() << 40,
                    node | 4 | hash2(t0 | t1 << 16, t2) << 20 & M64,
                    node | 5 | stream.last << 20]
        places = [(mix(context) >> 20) % self.size for context in contexts]
        self.slots = [self.table[place] for place in places]
        self.entries = [maps[slot.history()] for maps, slot in zip(self.histories, self.slots)]

    def predict(self, stream, low, lm):
        expected = stream.expected_byte()
        self._find_slots(stream, low, expected)
        depth = min(stream.token_bytes, 15)
        refined = stretch(self.model_map.predict(lm, 16 * depth + stream.match_bucket()))
        inputs = _slot_inputs(self.slots, self.entries) + [lm, refined, CONSTANT]
        rows = [depth, expected or 0, 2 * sureness(lm) + (expected is not None)]
        return clamp_probability(int(squash(self.mixer.predict(inputs, rows, [depth]))))

    def update(self, bit):
        self.mixer.update(bit)
        _update_slots(self.slots, self.entries, bit)
        self.model_map.update(bit)


class SureMixing:
    """Decisions of which the language model is all but certain."""

    def __init__(self):
        probabilities = [int(squash(f32(q / 2 + 0.25))) for q in range(32)]
        self.maps = [MapEntry(p, 20) for p in probabilities for _ in range(9)]

    def predict(self, lm, kind):
        q = int(min(abs(lm), f32(15.5)) * f32(2))
        self.entry = self.maps[9 * q + kind]
        self.likely = int(lm > 0)
        p = self.entry.p16()
        return clamp_probability(p if self.likely else 65536 - p)

    def update(self, bit):
        self.entry.update(int(bit == self.likely))


class Mixing:
    """All of it for one block: predict a decision, then update with its outcome."""

    def __init__(self, tokens, streams, block_size):
        self.streams = [Stream() for _ in range(streams)]
        self.matches = MatchFinder(block_size)
        self.tokens = tokens
        self.bits = BitMixing(tokens, block_size)
        if tokens:
            self.ends, self.sure = EndMixing(block_size), SureMixing()
        for stream in self.streams:
            compute_hashes(stream, self.bits.mode)

    def predict_bit(self, index, known, lm=ZERO):
        if self.tokens and abs(lm) >= 7:
            self.used = self.sure
            return self.sure.predict(lm, known.bit_length() - 1)
        self.used = self.bits
        return self.bits.predict(self.streams[index], known, lm)

    def predict_end(self, index, low, lm):
        if abs(lm) >= 7:
            self.used = self.sure
            return self.sure.predict(lm, END_KIND)
        self.used = self.ends
        return self.ends.predict(self.streams[index], low, lm)

    def update(self, bit):
        self.used.update(bit)

    def append_byte(self, index, byte):
        self.matches.append(self.streams[index], byte)

    def end_token(self, index, token):
        self.streams[index].end_token(token)
        compute_hashes(self.streams[index], self.bits.mode)

    def load_prior(self, section):
        """Section 7: starting values of token mode from the model file."""
        if not section:
            return
        reader = PriorReader(section)
        bits, ends = self.bits, self.ends
        reader.mixer(bits.mixer)
        for entries in bits.histories + [bits.match_map]:
            reader.entries(entries)
        reader.points(bits.model_map)
        reader.mixer(ends.mixer)
        for entries in ends.histories:
            reader.entries(entries)
        reader.points(ends.model_map)
        reader.entries(self.sure.maps)
        reader.finish()
