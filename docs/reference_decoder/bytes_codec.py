"""Codec 1: docs/format.md, section 7, and docs/mixing.md, section 2."""

from basics import DamagedFile, Reader
from coding import ArithmeticDecoder
from mixing import Mixing


def decode(payload, raw_size):
    profile = Reader(payload).integer(1, "profile")
    if profile != 0:
        raise DamagedFile(f"profile {profile} is unknown")
    mixing = Mixing(tokens=False, streams=1, block_size=raw_size)
    decoder = ArithmeticDecoder(payload[1:])
    for _ in range(raw_size):
        known = 1
        while known < 256:
            bit = decoder.decide(mixing.predict_bit(0, known))
            mixing.update(bit)
            known = known << 1 | bit
        mixing.append_byte(0, known & 255)
    return bytes(mixing.streams[0].history)
