"""Codec 1: docs/format.md, section 7, and docs/mixing.md, sections 2, 8 and 9."""

from basics import DamagedFile, Reader
from branch_filter import undo_arm64, undo_x86
from coding import ArithmeticDecoder
from deep_mixing import DeepMixing
from mixing import Mixing

FAST, DEEP, DEEP_X86, DEEP_ARM64 = range(4)  # profiles


class FastMixing:
    """Mixing of one stream, with the calls of DeepMixing."""

    def __init__(self, block_size):
        self.mixing = Mixing(tokens=False, streams=1, block_size=block_size)
        self.update = self.mixing.update

    def predict_bit(self, known):
        return self.mixing.predict_bit(0, known)

    def append_byte(self, byte):
        self.mixing.append_byte(0, byte)


def decode(payload, raw_size):
    profile = Reader(payload).integer(1, "profile")
    if profile > DEEP_ARM64:
        raise DamagedFile(f"profile {profile} is unknown")
    mixing = (FastMixing if profile == FAST else DeepMixing)(raw_size)
    decoder = ArithmeticDecoder(payload[1:])
    out = bytearray()
    for _ in range(raw_size):
        known = 1
        while known < 256:
            bit = decoder.decide(mixing.predict_bit(known))
            mixing.update(bit)
            known = known << 1 | bit
        out.append(known & 255)
        mixing.append_byte(out[-1])
    if profile == DEEP_X86:
        undo_x86(out)
    if profile == DEEP_ARM64:
        undo_arm64(out)
    return bytes(out)
