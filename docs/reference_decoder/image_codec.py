"""Codec 4: docs/pixels.md, sections 1, 2 and 7."""

import numpy as np

import bytes_codec
from basics import DamagedFile, Reader
from coding import ArithmeticDecoder
from counters import MapEntry
from luma_chroma import LumaChroma
from pixel_model import PlaneModel, Settings
from pixel_network import PixelNetwork
from pixel_plane import Plane

TILE_EDGE = 1024
DECODED_JPEG = 1  # a profile, not here yet
FORMATS = {1: "PNM", 2: "BMP", 3: "PNG", 4: "TIFF", 5: "GIF", 6: "WebP"}
GRID_FORMATS = (1, 2)  # their reconstruction data are those of section 7
BOTTOM_UP, BIG_ENDIAN, SWAP_RED_BLUE, PADDING_KEPT = 1, 2, 4, 8
CONSTANT, CODED, RANKS = range(3)  # kinds of a plane
MIXING, DRAWN, LEAST_SQUARES, LIGHT, LUMA_CHROMA, ENSEMBLE, SPARING = (1 << bit for bit in range(7))  # of a tile


def format_not_yet(payload):
    """The name of a format whose files cannot be rebuilt here; else None."""
    number = payload[1] if len(payload) > 1 else 0
    return FORMATS[number] if number in FORMATS and number not in GRID_FORMATS else None


class Layout:
    """Section 1."""

    def __init__(self, payload):
        reader = Reader(payload)
        if reader.integer(1, "profile") != 0 or reader.integer(1, "format") not in FORMATS:
            raise DamagedFile("a profile or format of images that is unknown")
        self.width, self.height = reader.varint("width"), reader.varint("height")
        self.channels = reader.integer(1, "channels")
        self.bits = reader.integer(1, "bits") & 127
        if not (self.width and self.height and 1 <= self.channels <= 4 and 1 <= self.bits <= 16):
            raise DamagedFile("an impossible image")
        self.sample_bytes = 2 if self.bits > 8 else 1
        if self.width * self.height * self.channels * self.sample_bytes > 1 << 30:
            raise DamagedFile("an image that is too large")
        self.side_size = reader.varint("side bytes")
        self.side_codec = reader.integer(1, "codec of the side bytes")
        side_payload = reader.varint("size of the side bytes")
        if self.side_codec > 1:
            raise DamagedFile("an unknown codec of the side bytes")
        self.columns, self.rows = (-(-size // TILE_EDGE) for size in (self.width, self.height))
        if self.columns * self.rows > reader.remaining():
            raise DamagedFile("more tiles than bytes")
        sizes = [reader.varint("size of a tile") for _ in range(self.columns * self.rows)]
        self.side = reader.take(side_payload, "side bytes")
        self.tiles = [reader.take(size, "tile") for size in sizes]
        if reader.remaining():
            raise DamagedFile("bytes behind the last tile")

    def check_limits(self, raw_size):
        """format.md, section 8, for the formats of GRID_FORMATS: of a file of so many bytes."""
        if self.width * self.height * self.channels * self.sample_bytes > raw_size:
            raise DamagedFile("more samples than the file can have")
        if self.side_size > 8 * raw_size + (1 << 16):
            raise DamagedFile("more side bytes than the file can have")

    def edges(self, number):
        """Left, right, top and bottom of a tile."""
        row, column = divmod(number, self.columns)
        return (self.width * column // self.columns, self.width * (column + 1) // self.columns,
                self.height * row // self.rows, self.height * (row + 1) // self.rows)


def read_used_values(reader, bits):
    """Section 2, kind 2: the values that occur, ascending."""
    first, last = reader.integer(2, "least value"), reader.integer(2, "largest value")
    decoder = ArithmeticDecoder(reader.take(reader.varint("size of the values"), "values"))
    if first >= last or last >> bits:
        raise DamagedFile("an impossible list of values")
    probabilities = [MapEntry() for _ in range(256)]
    values, gap_before = [first], 0
    for value in range(first + 1, last):
        gap = value - values[-1]
        probability = probabilities[2 * min(gap, 127) + (gap == gap_before)]
        occurs = decoder.decide(min(max(probability.p16(), 16), 65520))
        probability.update(occurs, limit=60)
        if occurs:
            values.append(value)
            gap_before = gap
    return values + [last]


def decode_tile(payload, width, height, channels, bits, network):
    """Samples (height, width, channels)."""
    reader = Reader(payload)
    contexts, flags = reader.integer(1, "contexts"), reader.integer(1, "flags")
    if contexts > 14 or flags > 127:
        raise DamagedFile("settings of a tile that are unknown")
    if flags & ENSEMBLE and flags & (MIXING | LEAST_SQUARES | LIGHT) != MIXING | LEAST_SQUARES:
        raise DamagedFile("an ensemble without what it needs")
    if flags & SPARING and flags & (MIXING | LIGHT | DRAWN) != MIXING | LIGHT:
        raise DamagedFile("gating without a light mixer")
    made = LumaChroma(reader, width, height, channels, bits) if flags & LUMA_CHROMA else None
    samples = np.zeros((height, width, channels), np.int64)
    planes = []
    for number in range(channels):
        colour = channels >= 3 and number < 3
        role = number if colour and made is None else 0
        size = made.grid.size(width, height) if made and number in (1, 2) else (width, height)
        settings = Settings(role, contexts, *(bool(flags & flag) for flag in
                                              (MIXING, DRAWN, LEAST_SQUARES, LIGHT, ENSEMBLE, SPARING)))
        plane, values = _decode_plane(reader, *size, bits, settings, network, planes[:role])
        planes.append(plane)
        rows = plane.rows()
        if values is not None:
            if rows.max() >= len(values):
                raise DamagedFile("a rank beyond the values that occur")
            rows = np.array(values)[rows]
        if made and colour:
            made.planes.append(rows)
        else:
            samples[:, :, (1, 0, 2)[number] if colour else number] = rows
    if reader.remaining():
        raise DamagedFile("bytes behind the last plane")
    if made:
        samples[:, :, :3] = made.rgb(width, height)
    return samples


def _decode_plane(reader, width, height, bits, settings, network, earlier):
    """The plane, and the values that its ranks stand for, or None."""
    kind = reader.integer(1, "kind of a plane")
    values = None
    if kind == CONSTANT:
        value = reader.integer(2, "value of a plane")
        if value >> bits:
            raise DamagedFile("a value with too many bits")
        plane = Plane(width, height, bits)
        plane.fill(value)
        return plane, None
    if kind == CODED:
        plane_bits = reader.integer(1, "bits of a plane")
        if not 1 <= plane_bits <= bits:
            raise DamagedFile(f"a plane of {plane_bits} bits")
    elif kind == RANKS:
        values = read_used_values(reader, bits)
        plane_bits = (len(values) - 1).bit_length()
    else:
        raise DamagedFile("an unknown kind of plane")
    coded = reader.take(reader.varint("size of a plane"), "plane")
    plane = Plane(width, height, plane_bits)
    PlaneModel(network, settings, plane, earlier).decode(ArithmeticDecoder(coded))
    return plane, values


def rebuild_grid(side, samples, sample_bytes, raw_size):
    """Section 7. samples (height, width, channels)."""
    height, width, channels = samples.shape
    reader = Reader(side)
    flags, padding = reader.integer(1, "layout of the rows"), reader.varint("padding of a row")
    if flags > 15 or padding > 1 << 30:
        raise DamagedFile("an unknown layout of the rows")
    segments, rows = [], 0
    while rows < height:
        segments.append((reader.varint("bytes before rows"), reader.varint("number of rows")))
        rows += segments[-1][1]
        if segments[-1][1] == 0 or rows > height:
            raise DamagedFile("other rows than the picture has")
    made = 0 if flags & PADDING_KEPT else padding * height
    if samples.size * sample_bytes + made + reader.remaining() != raw_size:
        raise DamagedFile("an image file of another size")
    if flags & BOTTOM_UP:
        samples = samples[::-1]
    if flags & SWAP_RED_BLUE and channels >= 3:
        samples = samples[:, :, [2, 1, 0, 3][:channels]]
    dtype = np.dtype({1: "u1", 2: ">u2" if flags & BIG_ENDIAN else "<u2"}[sample_bytes])
    rows = iter(samples.astype(dtype))
    out = bytearray()
    for before, count in segments:
        out += reader.take(before, "bytes before rows")
        for _ in range(count):
            out += next(rows).tobytes()
            out += reader.take(padding, "padding of a row") if flags & PADDING_KEPT else bytes(padding)
    return bytes(out + reader.take(reader.remaining(), "bytes after the rows"))


def decode(payload, raw_size, model):
    layout = Layout(payload)
    layout.check_limits(raw_size)
    network = PixelNetwork(model)
    samples = np.zeros((layout.height, layout.width, layout.channels), np.int64)
    for number, tile in enumerate(layout.tiles):
        left, right, top, bottom = layout.edges(number)
        samples[top:bottom, left:right] = decode_tile(tile, right - left, bottom - top, layout.channels, layout.bits,
                                                      network)
    side = layout.side if layout.side_codec == 0 else bytes_codec.decode(layout.side, layout.side_size)
    if len(side) != layout.side_size:
        raise DamagedFile("side bytes of another size")
    return rebuild_grid(side, samples, layout.sample_bytes, raw_size)
