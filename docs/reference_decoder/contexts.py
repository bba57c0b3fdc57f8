"""What a stream has shown so far, and the contexts made of it: docs/mixing.md, section 5."""

from collections import defaultdict

from counters import BitSlot

M32 = 0xFFFFFFFF
M64 = 0xFFFFFFFFFFFFFFFF
GOLDEN = 0x9E3779B97F4A7C15
CONTEXTS_OF_PAIR = 18


def mix(x):
    for _ in range(2):
        x = (x ^ x >> 32) * 0xD6E8FEB86659FD93 & M64
    return x ^ x >> 29


def hash2(a, b):
    return mix(a * GOLDEN + b + 1 & M64)


def _class_table():
    named = {1: b"0123456789", 4: b" ", 5: b"\n\r", 6: b"\t", 8: b".!?", 9: b",;:", 10: b"\"'`",
             11: b"([{<", 12: b")]}>", 13: b"-_/\\"}
    table = [14] * 32 + [15] * 96 + [7] * 128
    table[ord("a"):ord("z") + 1] = [2] * 26
    table[ord("A"):ord("Z") + 1] = [3] * 26
    for number, members in named.items():
        for byte in members:
            table[byte] = number
    return table


BYTE_CLASS = _class_table()


def _is_word_byte(byte):
    return byte >= 128 or byte == ord("'") or BYTE_CLASS[byte] in (2, 3)


class Stream:
    """The state of one stream; append() moves it on by a byte."""

    def __init__(self):
        self.history = bytearray()
        self.c4 = self.c8 = 0
        self.word = self.last = self.before = 0
        self.shape = 0
        self.line = self.previous_line = 0  # offsets of their first bytes
        self.first = 0
        self.token_hash = self.token_bytes = 0
        self.tokens = (0, 0, 0)
        self.match_source, self.match_offset, self.match_length, self.match_misses = self, 0, 0, 0
        self.hashes = None  # None: bytes came since they were computed
        self.buckets_key = None
        self.buckets = []

    def append(self, byte):
        self.history.append(byte)
        self.c8 = (self.c8 << 8 | self.c4 >> 24) & M32
        self.c4 = (self.c4 << 8 | byte) & M32
        self.shape = (self.shape << 4 | BYTE_CLASS[byte]) & M32
        self._append_to_word(byte)
        self._append_to_line(byte)
        self.token_hash = (self.token_hash + byte + 1) * 0x9E3779B1 & M32
        self.token_bytes += 1
        self.hashes = None

    def _append_to_word(self, byte):
        if _is_word_byte(byte):
            lower = byte + 32 if BYTE_CLASS[byte] == 3 else byte
            self.word = (self.word + lower + 1) * 0x2F0B4C47 & M32
        elif self.word:
            self.before, self.last, self.word = self.last, self.word, 0

    def _append_to_line(self, byte):
        if byte == ord("\n"):
            self.previous_line, self.line, self.first = self.line, len(self.history), 0
        elif len(self.history) - self.line <= 2:
            self.first = self.first << 8 | byte

    def end_token(self, token):
        self.tokens = (token,) + self.tokens[:2]
        self.token_hash = self.token_bytes = 0

    def last_bytes(self, k):
        return (self.c4 | self.c8 << 32) & (1 << 8 * k) - 1

    def byte_above(self, column):
        """The byte of the previous line, its line end included, in this column."""
        offset = self.previous_line + column
        return self.history[offset] if offset < self.line else 0

    def expected_byte(self):
        """What the match predicts; None without a match, or where its source is not known yet."""
        known = self.match_source.history
        if self.match_length == 0 or self.match_offset >= len(known):
            return None
        return known[self.match_offset]

    def match_bucket(self):
        return sum(self.match_length >= least for least in (1, 8, 12, 16, 24, 32, 64, 512))


def _context_pairs(s):
    """All pairs (a, b) of the table by their number there, in bytes; 18 to 20 are those of tokens only."""
    n = s.last_bytes
    column = len(s.history) - s.line
    up, up_next = s.byte_above(column), s.byte_above(column + 1)
    expected = s.expected_byte()
    token = s.token_hash << 8 | min(s.token_bytes, 255)
    t0, t1, t2 = s.tokens
    return [
        (0 if expected is None else (expected + 1) << 8 | s.match_bucket(), 0),
        (n(1), 1), (n(2), 2), (n(3), 3), (n(4), 4), (n(5), 5), (n(6), 6), (n(8), 8),
        (s.word, n(1) | 0x900),
        (s.word, s.last << 16 | 0xA),
        (s.word, mix(s.last << 32 | s.before) | 0xB),
        (up << 8 | n(1), up_next << 16 | 0xC),
        (s.first << 32 | min(column, 255), up << 16 | 0xD),
        (n(3) >> 8, 0xE),
        (s.shape << 8 | n(1), 0xF),
        (s.c4 & 0xF0F0FF, 0x13),
        (s.c4 >> 16, 0x14),
        (n(1) | (len(s.history) & 3) << 8 | s.c4 >> 24 << 16, 0x15),
        (token, t0 << 16 | 0x10),
        (token, t0 << 32 | t1 << 16 | 0x11),
        (token, mix(t0 << 32 | t1 << 16 | t2) | 0x12),
    ]


BYTE_MODE = list(range(18))
TOKEN_MODE = [0, 1, 4, 6, 8, 9, 10, 11, 14, 18, 19, 20]


def compute_hashes(stream, mode):
    pairs = _context_pairs(stream)
    stream.hashes = [hash2(pairs[row][0], pairs[row][1] * CONTEXTS_OF_PAIR + i) for i, row in enumerate(mode)]


class Bucket:
    """Fifteen slots, one for each node of a tree of four bits; made when they are first asked for."""

    __slots__ = ("check", "run", "slots")

    def __init__(self):
        self.check = 0
        self.run = 0, 0  # of deep mixing: a byte and a count
        self.slots = defaultdict(BitSlot)

    def first_count(self):
        return self.slots[0].count if 0 in self.slots else 0


def table_size(least, block_size):
    """The least power of two that is not below `least`, from 2^12 up to a limit that depends on the block."""
    most = 22 if block_size <= 1 << 22 else 23 if block_size <= 1 << 24 else 24
    return 1 << min(max((least - 1).bit_length(), 12), most)


class ContextTable:
    def __init__(self, size):
        self.size = size
        self.buckets = defaultdict(Bucket)

    def find(self, hash64):
        index = (hash64 >> 32) % self.size
        check = hash64 >> 16 & 0xFFFF
        pair = self.buckets[index], self.buckets[index ^ 1]
        for bucket in pair:
            if bucket.check == check:
                return bucket
        victim, other = pair if pair[0].first_count() <= pair[1].first_count() else pair[::-1]
        if other.first_count() > 0:
            other.slots[0].count -= 1
        victim.check = check
        victim.run = 0, 0
        victim.slots.clear()
        return victim


class MatchFinder:
    """Where the last six bytes stood before, in any stream."""

    MINIMUM, LONGEST_SEARCH, LONGEST = 6, 400, 65535

    def __init__(self, block_size):
        self.size = 1 << min(max((2 * block_size - 1).bit_length(), 10), 25)
        self.places = {}  # (stream, offset of the byte that followed) by hash

    def append(self, stream, byte):
        """Moves the stream on by a byte, and its match."""
        if stream.expected_byte() == byte:
            stream.match_length = min(stream.match_length + 1, self.LONGEST)
            stream.match_offset += 1
            if stream.match_length % 16 == 0 and stream.match_misses > 0:
                stream.match_misses -= 1
        else:
            if stream.match_length > 0:
                stream.match_misses = min(stream.match_misses + 1, 7)
            stream.match_length = 0
        stream.append(byte)
        if len(stream.history) >= self.MINIMUM:
            self._find(stream)

    def _find(self, stream):
        index = mix(stream.last_bytes(6)) % self.size
        if stream.match_length == 0 and index in self.places:
            source, offset = self.places[index]
            length = self._common_length(stream.history, source.history, offset)
            if length >= self.MINIMUM:
                stream.match_source, stream.match_offset, stream.match_length = source, offset, length
        if len(stream.history) < 1 << 24:
            self.places[index] = stream, len(stream.history)

    def _common_length(self, history, source, offset):
        limit = min(self.LONGEST_SEARCH, offset, len(history))
        length = 0
        while length < limit and source[offset - 1 - length] == history[-1 - length]:
            length += 1
        return length
