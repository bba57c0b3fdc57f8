"""What deep mixing reads out of the bytes so far, part by part: docs/mixing.md, section 8, "State"."""

from contexts import BYTE_CLASS, M32, M64, hash2, mix

LINE_END = 10
LONG_MATCH, SHORT_MATCH, FIELD_ABOVE, FIELD_AFTER, LINE_SHAPE = range(5)


def grow(hash32, byte):
    return (hash32 + byte + 1) * 0x2F0B4C47 & M32


def is_letter(byte):
    return BYTE_CLASS[byte] in (2, 3)


class Words:
    def __init__(self):
        self.word = self.last = 0

    def append(self, byte):
        if is_letter(byte) or byte >= 128 or byte == ord("'"):
            self.word = grow(self.word, byte + 32 if BYTE_CLASS[byte] == 3 else byte)
        elif self.word:
            self.last, self.word = self.word, 0


class Fields:
    DELIMITERS = b",\t;|"

    def __init__(self):
        self.delimiter = ord(" ")
        self.counts = [0] * 4
        self.index = self.begin = self.hash = self.previous = self.before = self.order = 0
        self.begins, self.above = [0], []

    def append(self, byte, size, expected):
        """size: with the byte. expected: what the pointer to the field above had expected, or None."""
        if self.order == 0 and byte != expected:
            self.order = 3 if expected is None else 1 if byte < expected else 2
        self.hash = grow(self.hash, byte)
        if byte in self.DELIMITERS:
            self.counts[self.DELIMITERS.index(byte)] += 1
        if byte == LINE_END:
            most = max(self.counts)
            self.delimiter = self.DELIMITERS[self.counts.index(most)] if most > 1 else ord(" ")
            self.counts = [0] * 4
            self.begins, self.above = [size], self.begins
            self.index = self.hash = self.previous = self.before = self.order = 0
            self.begin = size
        elif byte == self.delimiter:
            self.index += 1
            self.begin = size
            self.before, self.previous = self.previous, self.hash
            self.hash = self.order = 0
            if len(self.begins) < 256:
                self.begins.append(size)

    def offset_above(self):
        return self.above[self.index] if self.index < len(self.above) else 0


class Nesting:
    def __init__(self):
        self.key = self.tag = self.string = 0
        self.quoted = False
        self.stack = []

    def append(self, byte):
        c = chr(byte)
        if c == '"':
            if self.quoted:
                self.key = self.string
            self.quoted = not self.quoted
            self.string = 0
        elif self.quoted:
            self.string = grow(self.string, byte)
            self.quoted = byte != LINE_END
        if c in "{[(":
            if len(self.stack) < 64:
                self.stack.append(self.key * 31 + byte & M32)
            self.key = 0
        elif c in "}])":
            del self.stack[-1:]
            self.key = 0
        elif c == "<":
            self.tag = 1
        elif self.tag:
            if c in "> \n":
                if self.tag > 1:
                    self.key = self.tag
                self.tag = 0
            else:
                self.tag = grow(self.tag, byte)

    def top(self):
        return self.stack[-1] if self.stack else 0


class Numbers:
    PLACES = 1 << 14

    def __init__(self):
        self.form, self.digits, self.last_form = 1, 0, 0
        self.places = {}  # (value, step, hits, width) by number of the place
        self.key = self.value = self.count = 0
        self.text, self.position, self.trust = None, 0, 0  # of the guess; None: there is none
        self.boundary = False

    def expected(self):
        if self.text is None or self.position >= len(self.text):
            return None
        return self.text[self.position]

    def append(self, byte):
        if BYTE_CLASS[byte] == 1:
            self._append_digit(byte)
            return
        self.boundary = self.count > 0 or not is_letter(byte)
        self._learn()
        self.digits = 0
        if byte == LINE_END:
            self.last_form, self.form = self.form, 1
            self._guess(mix(self.last_form * 3 + 7) >> 8 & M32)
        else:
            self.form = hash2(self.form, byte) >> 16 & M32
            self._guess(self.form)

    def _append_digit(self, byte):
        self.boundary = False
        if self.count == 0:
            self.form = hash2(self.form, ord("0")) >> 16 & M32
            self.value = self.digits = 0
        if self.expected() == byte:
            self.position += 1
        else:
            self.text = None
        self.digits = (self.digits + byte) * 0x2F0B4C47 & M32
        self.value = self.value * 10 + byte - ord("0") & M64
        self.count += 1

    @staticmethod
    def _next(value, step):
        return value + (step or 1) & M64

    def _learn(self):
        if not 1 <= self.count <= 18:
            return
        place = mix(self.key) % self.PLACES
        value, step, hits, width = self.places.get(place, (0, 0, 0, 0))
        if width:
            hits = min(hits + 1, 3) if self._next(value, step) == self.value else 0
            step = self.value - value & M64
        self.places[place] = self.value, step, hits, self.count

    def _guess(self, key):
        self.key, self.count, self.position, self.text = key, 0, 0, None
        place = self.places.get(mix(key) % self.PLACES)
        if place:
            value, step, hits, width = place
            self.text = str(self._next(value, step)).rjust(width, "0").encode()
            self.trust = min(hits, 3) + (4 if step else 0)


class Records:
    def __init__(self):
        self.length = 0
        self.last, self.votes = {}, [0] * 1025

    def append(self, last_two, size):
        distance = size - self.last.get(last_two, 0)
        if last_two in self.last and 2 <= distance <= 1024:
            self.votes[distance] += 1
        self.last[last_two] = size
        if size % 1024 == 0:
            best = max(range(1025), key=lambda d: (self.votes[d], -d))
            self.length = best if self.votes[best] * 8 >= max(sum(self.votes), 256) else 0
            self.votes = [votes // 2 for votes in self.votes]


class Pointer:
    def __init__(self, offset=0, length=0, misses=0, on=False):
        self.offset, self.length, self.misses, self.on = offset, length, misses, on

    def strength(self):
        return 1 + sum(self.length >= least for least in (1, 4, 6, 8, 12, 16, 24, 32, 48, 64, 128, 512))


class Pointers:
    def __init__(self, size, least_bits):
        long_bits = max(least_bits, (size - 1).bit_length())
        other_bits = long_bits - 2
        self.bits = {LONG_MATCH: long_bits, SHORT_MATCH: other_bits, FIELD_AFTER: other_bits, LINE_SHAPE: other_bits}
        self.all = [Pointer() for _ in range(5)]
        self.tables = {LONG_MATCH: {}, SHORT_MATCH: {}, FIELD_AFTER: {}, LINE_SHAPE: {}}

    def expected(self, kind, history):
        pointer = self.all[kind]
        return history[pointer.offset] if pointer.on else None

    def advance(self, byte, history, delimiter):
        for kind, pointer in enumerate(self.all):
            if not pointer.on:
                continue
            expected = history[pointer.offset]
            pointer.offset += 1
            if expected == byte:
                pointer.length = min(pointer.length + 1, 65535)
                if pointer.length % 16 == 0 and pointer.misses > 0:
                    pointer.misses -= 1
                continue
            pointer.length = 0
            pointer.misses += 1
            field_ends = kind in (FIELD_ABOVE, FIELD_AFTER) and expected in (delimiter, LINE_END)
            pointer.on = pointer.misses < 8 and not field_ends

    def _exchange(self, kind, key, size):
        """The place's old offset, or None; it becomes `size`."""
        index = mix(key) % (1 << self.bits[kind])
        old = self.tables[kind].get(index)
        self.tables[kind][index] = size
        return old

    def find_line_shape(self, form, size):
        old = self._exchange(LINE_SHAPE, form, size)
        pointer = self.all[LINE_SHAPE]
        if old is not None and (not pointer.on or pointer.length < 8):
            self.all[LINE_SHAPE] = Pointer(old, on=True)

    def find_match(self, kind, last_bytes, least, history):
        old = self._exchange(kind, last_bytes, len(history))
        pointer = self.all[kind]
        if old is None or (pointer.on and pointer.length >= 16):
            return
        length = 0
        while length < min(400, old) and history[old - 1 - length] == history[-1 - length]:
            length += 1
        if length >= least and (not pointer.on or length > pointer.length):
            misses = pointer.misses if pointer.on and length < 16 else 0
            self.all[kind] = Pointer(old, length, misses, True)

    def begin_field(self, fields, size):
        above = fields.offset_above()
        self.all[FIELD_ABOVE] = Pointer(above, on=above != 0)
        old = self._exchange(FIELD_AFTER, fields.previous << 16 | fields.index, size)
        self.all[FIELD_AFTER] = Pointer(old or 0, on=old is not None)
