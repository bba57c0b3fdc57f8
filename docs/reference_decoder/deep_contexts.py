"""The contexts and expectations of deep mixing: docs/mixing.md, section 8."""

from contexts import BYTE_CLASS, M32, hash2
from deep_state import (FIELD_ABOVE, FIELD_AFTER, LINE_SHAPE, LONG_MATCH, SHORT_MATCH, Fields, Nesting, Numbers,
                        Pointers, Records, Words)

EXPECTATIONS = 6  # the five pointers and the next number
NUMBER = 5


class DeepContexts:
    def __init__(self, size, least_bits=20):
        self.history = bytearray()
        self.c4 = self.c8 = self.shape = 0
        self.after_byte, self.after_pair = [0] * 256, [0] * 65536
        self.words, self.fields, self.nesting, self.numbers = Words(), Fields(), Nesting(), Numbers()
        self.records = Records()
        self.pointers = Pointers(size, least_bits)
        self.expected = [None] * EXPECTATIONS

    def last_bytes(self, k):
        return (self.c4 | self.c8 << 32) & (1 << 8 * k) - 1

    def append(self, byte):
        above = self.expected[FIELD_ABOVE]
        self.pointers.advance(byte, self.history, self.fields.delimiter)
        self.history.append(byte)
        size = len(self.history)
        one, two = self.c4 & 0xFF, self.c4 & 0xFFFF
        self.after_byte[one] = (self.after_byte[one] << 8 | byte) & M32
        self.after_pair[two] = (self.after_pair[two] << 8 | byte) & 0xFFFF
        self.c8 = (self.c8 << 8 | self.c4 >> 24) & M32
        self.c4 = (self.c4 << 8 | byte) & M32
        self.shape = (self.shape << 4 | BYTE_CLASS[byte]) & M32
        self.words.append(byte)
        self.fields.append(byte, size, above)
        self.nesting.append(byte)
        self.numbers.append(byte)
        self.records.append(self.c4 & 0xFFFF, size)
        self._move_pointers(size)
        self.expected = [self.pointers.expected(kind, self.history) for kind in range(NUMBER)]
        self.expected.append(self.numbers.expected())

    def _move_pointers(self, size):
        if self.numbers.boundary:
            self.pointers.find_line_shape(self.numbers.form, size)
        if size >= 7:
            self.pointers.find_match(LONG_MATCH, self.last_bytes(7), 7, self.history)
        if size >= 4:
            self.pointers.find_match(SHORT_MATCH, self.last_bytes(4), 4, self.history)
        if self.fields.begin == size:
            self.pointers.begin_field(self.fields, size)

    def strength(self, kind):
        return min(self.numbers.position, 12) if kind == NUMBER else self.pointers.all[kind].strength()

    def doubt(self, kind):
        return self.numbers.trust if kind == NUMBER else min(self.pointers.all[kind].misses, 7)

    def next_of(self, kind):
        """E(kind): the expected byte plus one, 0 if there is none."""
        return 0 if self.expected[kind] is None else self.expected[kind] + 1

    def _match(self, kind):
        e = self.next_of(kind)
        return e << 8 | self.strength(kind) if e else 0

    def _byte_behind_above(self):
        pointer = self.pointers.all[FIELD_ABOVE]
        known = pointer.on and pointer.offset + 1 < len(self.history)
        return self.history[pointer.offset + 1] if known else 0

    def hashes(self):
        return [hash2(a, b * 64 + i) for i, (a, b) in enumerate(self._pairs() + self._record_pairs())]

    def _record_pairs(self):
        length, size = self.records.length, len(self.history)
        if length == 0:
            return []
        back = lambda distance: self.history[size - distance] if distance <= size else 0
        c1, up = self.last_bytes(1), back(length)
        known, place = length << 32, size % length
        return [(known | up << 8 | c1, 0), (known | up << 8 | back(2 * length), 0), (known | place << 8 | up, 0),
                (known | place << 8 | (up + c1 - back(length + 1)) % 256, 0)]

    def _pairs(self):
        n, e, c4, shape, size = self.last_bytes, self.next_of, self.c4, self.shape, len(self.history)
        c1, c2 = n(1), n(2) >> 8
        fields, numbers, words = self.fields, self.numbers, self.words
        return [
            (0, 0), (c1, 0), (n(2), 0), (n(3), 0), (n(4), 0), (n(5), 0), (n(6), 0), (n(8), 0),
            (self._match(LONG_MATCH), c1),
            (self._match(LONG_MATCH) << 16 | self._match(SHORT_MATCH), 0),
            (words.word, c1),
            (words.last, words.word << 8 | c1),
            (words.word, self.nesting.key),
            (fields.index, fields.hash),
            (hash2(fields.previous, fields.before), fields.hash),
            (e(FIELD_ABOVE) << 32 | self._byte_behind_above() << 16 | fields.order, min(fields.index, 255)),
            (e(FIELD_AFTER) << 32 | c1, fields.index),
            (e(FIELD_AFTER) << 32 | e(FIELD_ABOVE), fields.order),
            (fields.index << 32 | size - fields.begin, c1),
            (shape & 0xFFFF, fields.index),
            (c4 >> 8 & 0xFFFF, 0),
            (c4 & 0xF0F0FF, 0),
            (c4 >> 16, 0),
            (c1 | (size & 3) << 8, c4 >> 24),
            (c2 | c4 >> 24 << 8, 0),
            (shape, c1),
            (shape & 0xFFFFFF, n(2)),
            (self.after_pair[n(2)], c1),
            (self.after_byte[c1] & 0xFFFFFF, 0),
            (hash2(self.nesting.top(), self.nesting.key), fields.hash),
            (numbers.form, numbers.digits),
            (numbers.form, hash2(numbers.last_form, numbers.digits)),
            (numbers.form, e(LINE_SHAPE)),
            (e(LINE_SHAPE) << 16 | e(LONG_MATCH), 0),
        ]
