"""Frames of FLAC files as RFC 9639 has them, written from what their encoder chose: docs/audio.md, section 5."""

from dataclasses import dataclass, field

from basics import DamagedFile

BLOCKS = (0, 192, 576, 1152, 2304, 4608, 0, 0, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768)  # by code
RATES = (0, 88200, 176400, 192000, 8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000)
SIZES = (0, 8, 12, 0, 16, 20, 24, 32)
BLOCK_IN_BYTE, BLOCK_IN_TWO, RATE_IN_BYTE, RATE_IN_TWO, TENS_IN_TWO = 6, 7, 12, 13, 14
LEFT_SIDE, SIDE_RIGHT, MID_SIDE = 8, 9, 10
CONSTANT, VERBATIM, FIXED, LINEAR = range(4)
FIXED_COEFFICIENTS = (), (1,), (2, -1), (3, -3, 1), (4, -6, 4, -1)
NUMBER_MASK = (1 << 36) - 1


@dataclass
class Header:
    variable: bool = False
    block_code: int = 0
    block: int = 0
    rate_code: int = 0
    rate_extra: int = 0
    assignment: int = 0
    size_code: int = 0
    number: int = 0


@dataclass
class Subframe:
    kind: int = CONSTANT
    unused: int = 0
    order: int = 0
    precision: int = 1
    shift: int = 0
    coefficients: tuple = ()
    wide: bool = False
    partition_order: int = 0
    parameters: list = field(default_factory=list)  # of each partition: escaped, parameter or number of raw bits


def usual_block_code(block):
    if block in BLOCKS[1:]:
        return BLOCKS.index(block)
    return BLOCK_IN_BYTE if block <= 256 else BLOCK_IN_TWO


def block_code_fits(code, block):
    if code in (BLOCK_IN_BYTE, BLOCK_IN_TWO):
        return block <= (256 if code == BLOCK_IN_BYTE else 65536)
    return code > 0 and BLOCKS[code] == block


def usual_rate(rate):
    """Its code and what stands behind it."""
    if rate in RATES:
        return RATES.index(rate), 0
    if rate % 1000 == 0 and rate <= 255000:
        return RATE_IN_BYTE, rate // 1000
    if rate % 10 == 0 and rate <= 655350:
        return TENS_IN_TWO, rate // 10
    return (RATE_IN_TWO, rate) if rate <= 65535 else (0, 0)


def usual_size_code(bits):
    return SIZES.index(bits) if bits in SIZES else 0


def signal_bits(bits, assignment, channel):
    is_side = assignment == SIDE_RIGHT and channel == 0 or assignment in (LEFT_SIDE, MID_SIDE) and channel == 1
    return bits + is_side


def split_channels(samples, channels, assignment):
    """The signals that an assignment makes of interleaved samples."""
    signals = [samples[c::channels] for c in range(channels)]
    if assignment < LEFT_SIDE:
        return signals
    left, right = signals
    side = [a - b for a, b in zip(left, right)]
    if assignment == LEFT_SIDE:
        return [left, side]
    return [side, right] if assignment == SIDE_RIGHT else [[a + b >> 1 for a, b in zip(left, right)], side]


def residual_of(subframe, signal):
    coefficients = FIXED_COEFFICIENTS[subframe.order] if subframe.kind == FIXED else subframe.coefficients
    shift = 0 if subframe.kind == FIXED else subframe.shift
    order = subframe.order
    return [signal[at] - (sum(c * signal[at - 1 - i] for i, c in enumerate(coefficients)) >> shift)
            for at in range(order, len(signal))]


def crc(data, bits, polynomial):
    value = 0
    for byte in data:
        value ^= byte << bits - 8
        for _ in range(8):
            value = value << 1 ^ (polynomial | 1 << bits if value >> bits - 1 else 0)
    return value


class BitWriter:
    def __init__(self, most_bytes):
        self.left = 8 * most_bytes
        self.fields = []

    def _take(self, bits):
        self.left -= bits
        if self.left < 0:
            raise DamagedFile("FLAC frames that are longer than the file")

    def write(self, value, bits):
        self._take(bits)
        if bits:
            self.fields.append(format(value & (1 << bits) - 1, f"0{bits}b"))

    def write_unary(self, zeros):
        self._take(zeros + 1)
        self.fields.append("0" * zeros + "1")

    def whole_bytes(self):
        """All so far, filled up with zeros."""
        text = "".join(self.fields)
        fill = -len(text) % 8
        self._take(fill)
        self.fields = [text + "0" * fill]
        return int(self.fields[0], 2).to_bytes(len(self.fields[0]) // 8, "big")


def _write_number(writer, value):
    if value < 128:
        writer.write(value, 8)
        return
    size = next(n for n in range(2, 8) if n == 7 or value < 1 << 5 * n + 1)
    writer.write((0xFF00 >> size & 0xFF) | value >> 6 * (size - 1), 8)
    for i in range(size - 2, -1, -1):
        writer.write(0x80 | value >> 6 * i & 63, 8)


def _write_header(writer, header):
    writer.write(0x3FFE << 2 | header.variable, 16)
    for value, bits in (header.block_code, 4), (header.rate_code, 4), (header.assignment, 4), (header.size_code << 1, 4):
        writer.write(value, bits)
    _write_number(writer, header.number)
    if header.block_code in (BLOCK_IN_BYTE, BLOCK_IN_TWO):
        writer.write(header.block - 1, 8 if header.block_code == BLOCK_IN_BYTE else 16)
    if header.rate_code >= RATE_IN_BYTE:
        writer.write(header.rate_extra, 8 if header.rate_code == RATE_IN_BYTE else 16)
    writer.write(crc(writer.whole_bytes(), 8, 0x07), 8)


def _write_residual(writer, subframe, block, residual):
    writer.write(subframe.wide, 2)
    writer.write(subframe.partition_order, 4)
    parameter_bits = 5 if subframe.wide else 4
    begin = 0
    for partition, (escaped, parameter) in enumerate(subframe.parameters):
        end = (partition + 1) * (block >> subframe.partition_order) - subframe.order
        writer.write(31 if escaped else parameter, parameter_bits)
        if escaped:
            writer.write(parameter, 5)
        for value in residual[begin:end]:
            if not escaped:
                value = 2 * value if value >= 0 else -2 * value - 1
                writer.write_unary(value >> parameter)
            writer.write(value, parameter)
        begin = end


def _write_subframe(writer, subframe, bits, signal, residual):
    writer.write((0, 1, 8, 31)[subframe.kind] + subframe.order, 7)
    writer.write(subframe.unused > 0, 1)
    if subframe.unused:
        writer.write_unary(subframe.unused - 1)
    plain = {CONSTANT: 1, VERBATIM: len(signal)}.get(subframe.kind, subframe.order)
    for value in signal[:plain]:
        writer.write(value, bits - subframe.unused)
    if subframe.kind == LINEAR:
        writer.write(subframe.precision - 1, 4)
        writer.write(subframe.shift, 5)
        for value in subframe.coefficients:
            writer.write(value, subframe.precision)
    if subframe.kind >= FIXED:
        _write_residual(writer, subframe, len(signal), residual)


def write_frame(header, subframes, bits, signals, residuals, most_bytes):
    """signals: without unused bits."""
    writer = BitWriter(most_bytes)
    _write_header(writer, header)
    for c, (subframe, signal, residual) in enumerate(zip(subframes, signals, residuals)):
        _write_subframe(writer, subframe, signal_bits(bits, header.assignment, c), signal, residual)
    writer.write(crc(writer.whole_bytes(), 16, 0x8005), 16)
    return writer.whole_bytes()
