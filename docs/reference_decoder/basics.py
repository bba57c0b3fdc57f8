"""Basic types of docs/format.md, section 2: byte reader, varints, CRC-32C, CRC-16; and the errors of this program."""


class DamagedFile(Exception):
    """The file breaks a rule of the format, or its checksums do not match."""


class MissingModel(Exception):
    """The file is sound so far, but a model that it needs is not at hand."""


class NotYet(Exception):
    """The file is sound so far, but this program lacks what it needs."""

    def __init__(self, lacking):
        super().__init__(f"{lacking}: not in the reference decoder yet")


class Reader:
    """Reads little-endian fields from front to back; a read past the end is a DamagedFile."""

    def __init__(self, data, position=0):
        self.data = data
        self.position = position

    def remaining(self):
        return len(self.data) - self.position

    def take(self, size, what):
        if size > self.remaining():
            raise DamagedFile(f"{what}: {size} bytes needed, {self.remaining()} left")
        self.position += size
        return self.data[self.position - size:self.position]

    def integer(self, size, what):
        return int.from_bytes(self.take(size, what), "little")

    def varint(self, what):
        """Seven bits a byte, at most 64 bits, shortest form only."""
        value = shift = 0
        while True:
            byte = self.integer(1, what)
            value |= (byte & 127) << shift
            if byte < 128:
                break
            shift += 7
            if shift > 63:
                raise DamagedFile(f"{what}: a number of more than 64 bits")
        if value >= 1 << 64 or (byte == 0 and shift > 0):
            raise DamagedFile(f"{what}: not the shortest form of a number of 64 bits")
        return value


def write_varint(value):
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _reflected_table(polynomial):
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (polynomial if value & 1 else 0)
        table.append(value)
    return table


_CRC32C = _reflected_table(0x82F63B78)  # 0x1EDC6F41 with its bits in reverse order


def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value = value >> 8 ^ _CRC32C[(value ^ byte) & 255]
    return value ^ 0xFFFFFFFF


def _forward_table(polynomial):
    table = []
    for value in range(256):
        value <<= 8
        for _ in range(8):
            value = (value << 1 ^ (polynomial if value & 0x8000 else 0)) & 0xFFFF
        table.append(value)
    return table


_CRC16 = _forward_table(0x1021)


def crc16(data):
    value = 0xFFFF
    for byte in data:
        value = (value << 8 & 0xFFFF) ^ _CRC16[value >> 8 ^ byte]
    return value
