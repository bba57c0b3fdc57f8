"""Small inputs that declare more than they have: frames around payloads made by hand, and image files.

Each names the size that it lies about. None needs more than some hundred kilobytes; all must be refused, or be taken
for what they are, within the memory and the time that hostile_test.py allows.
"""
import pathlib
import random
import re
import struct
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
VERSION = int(re.search(r"kFormatVersion = (\d+)", (ROOT / "lmc/container/frame.h").read_text())[1])
STORED, MIXING, TEXT, GROUPED, IMAGE, JPEG, DEFLATE, AUDIO = range(8)
PNM, BMP, PNG, TIFF, GIF, WEBP = range(1, 7)
PIXELS = next(bytes.fromhex(word) for line in (ROOT / "models/builtin.txt").read_text().splitlines()
              if re.search(r"\bpixels\b", line) and not line.startswith("#")
              for word in line.split() if len(word) == 64)  # the hash of the built-in model for images
TILES, DECODED_JPEG = 0, 1


def crc16(data, crc=0xFFFF):
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xFFFF
    return crc


CRC32C = []
for _byte in range(256):
    for _ in range(8):
        _byte = _byte >> 1 ^ (0x82F63B78 if _byte & 1 else 0)
    CRC32C.append(_byte)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ CRC32C[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def frame_header(block_log2, models=()):
    out = b"\xF7LMC" + bytes([VERSION, 0, block_log2, len(models)]) + b"".join(models)
    return out + struct.pack("<I", crc32c(out))


def block(codec, model, raw_bytes, payload):
    out = bytes([codec, model]) + struct.pack("<III", raw_bytes, len(payload), 0)
    return out + struct.pack("<H", crc16(out)) + payload


def frame(blocks, block_log2=29, models=(), damage=False):
    """blocks: (codec, model, raw bytes, payload); damage: the headers of all blocks are wrong, the index is right."""
    header = frame_header(block_log2, models)
    body = b"".join(block(*each) for each in blocks)
    if damage:
        body = b"\xEE" * len(body)
    tail = b"\xFF" + varint(len(header)) + varint(len(blocks))
    for _, _, raw_bytes, payload in blocks:
        tail += varint(raw_bytes) + varint(len(payload))
    tail += bytes(16)
    tail += struct.pack("<I", crc32c(tail)) + struct.pack("<I", len(tail) + 12) + b"CML\xF7"
    return header + body + tail


def image_file(raw_bytes, *shape, **more):
    """A frame of one image block; its checksum is wrong, which shows only when the content is there."""
    return frame([(IMAGE, 1, raw_bytes, image(*shape, **more))], models=[PIXELS])


def image(picture_format, width, height, channels=1, bits=8, side_bytes=0, side=b"", side_codec=STORED, profile=TILES,
          rest=None):
    """The payload of an image block; rest: what follows the shape, else constant tiles."""
    out = bytes([profile, picture_format]) + varint(width) + varint(height) + bytes([channels, bits])
    out += varint(side_bytes) + bytes([side_codec]) + varint(len(side))
    if rest is not None:
        return out + side + rest
    tiles = ((width + 1023) // 1024) * ((height + 1023) // 1024)
    tile = bytes([0, 0]) + b"\0\0\0" * channels  # no contexts, no flags, constant planes of value 0
    return out + varint(len(tile)) * tiles + side + tile * tiles


def sound(frames, channels=1, profile=1, side_bytes=0, side=b"", side_codec=STORED, segment=b"\0\0\0"):
    """The payload of a block of sound, one byte a sample; its segments are silence, or what is given."""
    segments = -(-frames * channels // (1 << 20))
    out = bytes([profile, 1, 1, channels]) + varint(44100) + varint(frames) + varint(0) + varint(side_bytes)
    out += bytes([side_codec]) + varint(len(side)) + varint(len(segment)) * segments
    return out + side + segment * segments


def exceptions(count, list_bytes):
    """The picture of a JPEG file of zeros, with a list of exceptions that one byte of context mixing stands for."""
    coded = bytes([MIXING, 0, 0])
    return bytes([0, 0, 2, 75]) + varint(count) + varint(list_bytes) + varint(len(coded)) + coded + bytes([1, 0])


class BitWriter:
    def __init__(self):
        self.value, self.count = 0, 0
        self.out = bytearray()

    def put(self, value, count):
        self.value |= value << self.count
        self.count += count
        while self.count >= 8:
            self.out.append(self.value & 255)
            self.value >>= 8
            self.count -= 8

    def bytes(self):
        self.put(0, -self.count % 8)
        return bytes(self.out)


def webp_of_many_groups(edge=1024, cache_bits=11):
    """A lossless WebP whose last block names group 65535, each of the groups with codes of a single symbol."""
    bits = BitWriter()

    def code(symbol):  # of one symbol, which then takes no bits
        bits.put(1, 1)
        bits.put(0, 1)
        bits.put(1 if symbol > 1 else 0, 1)
        bits.put(symbol, 8 if symbol > 1 else 1)

    bits.put(0x2F, 8)
    bits.put(edge - 1, 14)
    bits.put(edge - 1, 14)
    bits.put(0, 4)
    bits.put(0, 1)  # no transforms
    bits.put(1, 1)
    bits.put(cache_bits, 4)
    bits.put(1, 1)
    bits.put(0, 3)  # blocks of 4 x 4 pixels
    bits.put(0, 1)  # the image of the groups: no cache; all of its pixels are group 65535
    code(255)  # green
    code(255)  # red
    for _ in range(3):
        code(0)
    for _ in range(65536 * 5):
        code(0)
    data = bits.bytes()
    return b"RIFF" + struct.pack("<I", 12 + len(data)) + b"WEBPVP8L" + struct.pack("<I", len(data)) + data


def tiff_of_many_directories(count):
    """A TIFF of pages that all have another width, each a strip of few bytes."""
    out = bytearray(b"II*\0" + struct.pack("<I", 8))
    for i in range(count):
        entries = [(256, 3 + i), (257, 1), (258, 8), (259, 1), (277, 1), (273, 8), (279, 1)]
        out += struct.pack("<H", len(entries))
        for tag, value in entries:
            out += struct.pack("<HHII", tag, 4, 1, value)
        out += struct.pack("<I", len(out) + 4 if i + 1 < count else 0)
    return bytes(out)


def flat_webp(edge=8192, file_bytes=18 << 10):
    """A lossless WebP of one colour whose pixels take no bits; what makes up its size is a chunk of noise."""
    bits = BitWriter()
    bits.put(0x2F, 8)
    bits.put(edge - 1, 14)
    bits.put(edge - 1, 14)
    bits.put(0, 4)
    bits.put(0, 3)  # no transforms, no cache, one group
    for symbol in (0x40, 0x80, 0x20, 0xFF, 0):  # green, red, blue, alpha, distances: one symbol each
        bits.put(0b101, 3)
        bits.put(symbol, 8)
    data = bits.bytes()
    data += bytes(len(data) % 2)
    chunks = b"WEBPVP8L" + struct.pack("<I", len(data)) + data
    noise = random.Random(5).randbytes(file_bytes - 16 - len(chunks))
    chunks += b"JUNK" + struct.pack("<I", len(noise)) + noise
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


def deflated_rows(row, count):
    """Row by row: all of them at once would count in the memory of the processes that are started and measured."""
    deflate = zlib.compressobj(6)
    return b"".join(deflate.compress(row) for _ in range(count)) + deflate.flush()


def flat_png(edge=8000):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", edge, edge, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", deflated_rows(b"\0" + b"\x80\x40\x20" * edge, edge)) + chunk(b"IEND", b""))


def flat_tiff(edge=8000):
    """One strip, deflated."""
    strip = deflated_rows(b"\x80" * edge, edge)
    entries = [(256, edge), (257, edge), (258, 8), (259, 8), (262, 1), (273, 8), (277, 1), (278, edge), (279, len(strip))]
    out = b"II*\0" + struct.pack("<I", 8 + len(strip)) + strip + struct.pack("<H", len(entries))
    return out + b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries) + bytes(4)


def archives():
    """{name: a .lmc file}"""
    half_gib = 1 << 29
    huge_grey = dict(width=32768, height=32768)
    many_groups = bytes([1]) + varint(65536) + bytes([MIXING, 1]) * 65536 + varint(65536)
    many_groups += b"".join(varint(i) + b"\1" for i in range(65536)) + bytes(65536)
    return {
        "decoded-picture-exceptions": image_file(
            1000, PNM, 23000, 23000, profile=DECODED_JPEG, rest=exceptions(529000000, 8 * 529000000)),
        "decoded-picture-large": image_file(
            1000, PNM, 23000, 23000, profile=DECODED_JPEG, rest=exceptions(0, 0)),
        "decoded-picture-in-png": image_file(
            65535, PNG, 8000, 8000, profile=DECODED_JPEG, rest=exceptions(8000 * 8000 // 12, 8 * 5000000)),
        "image-side-512-mib": image_file(1000, PNM, 1, 1, side_bytes=half_gib, side=b"\0", side_codec=MIXING),
        "constant-pnm-1-gib": image_file(65535, PNM, **huge_grey),
        "constant-bmp-1-gib": image_file(65535, BMP, **huge_grey),
        "constant-png-1-gib": image_file(65535, PNG, **huge_grey),
        "constant-tiff-1-gib": image_file(65535, TIFF, **huge_grey),
        "constant-gif-1-gib": image_file(65535, GIF, **huge_grey),
        "constant-webp-256-mib": image_file(65535, WEBP, 8192, 8192, channels=4),
        "constant-png-that-fits": image_file(65535, PNG, 8000, 8000),
        "constant-bits-that-fit": image_file(65535, PNG, 16384, 16384, bits=1),
        "mixing-512-mib": frame([(MIXING, 0, half_gib, b"\0")]),
        "deep-mixing-512-mib": frame([(MIXING, 0, half_gib, b"\1")]),
        "stored-block-512-mib": frame([(STORED, 0, half_gib, b"\1")]),
        "mixing-64-mib": frame([(MIXING, 0, 1 << 26, b"\0")]),
        "deep-mixing-64-mib": frame([(MIXING, 0, 1 << 26, b"\1")]),
        "jpeg-side": frame([(JPEG, 0, half_gib, bytes([0]) + varint(8 * half_gib) + b"\2\1\0")]),
        "sound-silence-512-mib": frame([(AUDIO, 0, half_gib, sound(half_gib))]),
        "sound-side-512-mib": frame([(AUDIO, 0, half_gib, sound(0, side_bytes=half_gib, side=b"\0", side_codec=MIXING))]),
        "sound-of-no-bytes": frame([(AUDIO, 0, 1 << 20, sound(1 << 20, profile=2, segment=b"\0\x7f\x7f"))]),
        "sound-of-too-many-samples": frame([(AUDIO, 0, half_gib, sound(half_gib, channels=8))]),
        "many-groups": frame([(GROUPED, 0, 1 << 20, many_groups)]),
        "empty-frames": frame([]) * 40000,
    }


def lost_blocks():
    """For --salvage: {name: a .lmc file of which an index is all that is right}"""
    return {
        "lost-512-mib": frame([(STORED, 0, 1 << 29, b"\0")], damage=True),
        "lost-twenty-times": frame([(STORED, 0, 1 << 29, b"\0")] * 20, damage=True),
        "empty-frames": b"\xEE" + frame([]) * 40000,
    }


def images():
    """Files to compress."""
    return {"many-groups.webp": webp_of_many_groups(), "many-directories.tif": tiff_of_many_directories(100000)}


def flat_images():
    """Files to compress: few bytes, many pixels, all of them there."""
    return {"flat.webp": flat_webp(), "flat.png": flat_png(), "flat.tif": flat_tiff()}
