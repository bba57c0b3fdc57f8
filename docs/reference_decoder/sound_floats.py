"""Floating-point samples: docs/audio.md, section 1.1."""

from basics import DamagedFile
from coding import ArithmeticDecoder
from counters import MapEntry


class Floats:
    """The bits of binary32 numbers from the integers that stand for them."""

    def __init__(self, places):
        self.first = places[0] if places else None
        if self.first is None or self.first == 254 and (len(places) < 2 or places[1] > 253) or self.first != 254 and len(places) > 1:
            raise DamagedFile("impossible places")
        if self.first == 254:
            self.exponent = places[1] - 149
            self.decoder = ArithmeticDecoder(places[2:])
            self.low_is_zero = [MapEntry() for _ in range(33)]
            self.is_zero, self.is_minus_zero = MapEntry(), MapEntry()

    def _learnt(self, entry):
        bit = self.decoder.decide(min(max(entry.p16(), 1), 65535))
        entry.update_fast(bit, 255)
        return bit

    def _plain(self, count):
        value = 0
        for _ in range(count):
            value = value << 1 | self.decoder.decide(32768)
        return value

    @staticmethod
    def _bits(number, exponent):
        """Of number * 2^exponent, which must be a binary32 number."""
        magnitude = abs(number)
        while magnitude and magnitude % 2 == 0 and (magnitude >= 1 << 24 or exponent < -149):
            magnitude, exponent = magnitude >> 1, exponent + 1
        if magnitude >= 1 << 24 or exponent < -149:
            raise DamagedFile("no such number of 32 bits")
        while magnitude and magnitude < 1 << 23 and exponent > -149:
            magnitude, exponent = magnitude << 1, exponent - 1
        if magnitude >= 1 << 23 and exponent > 104:
            raise DamagedFile("no such number of 32 bits")
        return (1 << 31 if number < 0 else 0) | (magnitude + (exponent + 149 << 23) if magnitude >= 1 << 23 else magnitude)

    def bits(self, n):
        if self.first == 255:
            return (n if n >= 0 else n ^ 0x7FFFFFFF) & 0xFFFFFFFF
        if self.first < 254:
            return self._bits(n, self.first - 149)
        if n == 0:
            if self._learnt(self.is_zero):
                return 0
            return 1 << 31 if self._learnt(self.is_minus_zero) else self._plain(32)
        size = abs(n).bit_length()
        if size > 24:
            raise DamagedFile("no such number of 32 bits")
        u = 24 - size
        low = 0 if self._learnt(self.low_is_zero[u]) else self._plain(u)
        magnitude = (abs(n) << u) + low
        return self._bits(-magnitude if n < 0 else magnitude, self.exponent - u)
