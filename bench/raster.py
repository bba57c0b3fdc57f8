"""Images as raw samples: PNM and PAM files read, and compared by what they show.

Programs come back with other headers, fewer channels where all are equal, or fewer bits where those suffice; the pixels
are the same if they are the same once spread to the channels and the bits of the original.
"""
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Raster:
    width: int
    height: int
    depth: int  # channels: gray, gray and alpha, RGB, RGB and alpha
    maxval: int
    samples: bytes  # row by row, channels together, high byte first

    @property
    def sample_bytes(self):
        return 2 if self.maxval > 255 else 1


def parse(data):
    """P4 to P7."""
    if data[:2] == b"P7":
        head, samples = re.split(rb"(?<=\n)ENDHDR[ \t]*\n", data, maxsplit=1)
        fields = dict(line.split(None, 1) for line in head.splitlines()[1:] if line and not line.startswith(b"#"))
        width, height, depth, maxval = (int(fields[name]) for name in (b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL"))
        return Raster(width, height, depth, maxval, samples)
    numbers = 2 if data[:2] == b"P4" else 3
    match = re.match(rb"P[456]" + rb"(?:\s|#[^\n]*\n)+(\d+)" * numbers + rb"(?:#[^\n]*\n)?\s", data)
    if not match:
        raise ValueError(f"no PNM or PAM file: it begins with {data[:16]!r}")
    width, height = int(match[1]), int(match[2])
    if data[:2] == b"P4":
        return Raster(width, height, 1, 1, bits_to_samples(data[match.end():], width, height))
    return Raster(width, height, 1 if data[:2] == b"P5" else 3, int(match[3]), data[match.end():])


def bits_to_samples(packed, width, height):
    """One bit a pixel, rows of whole bytes, one is black."""
    row_bytes = (width + 7) // 8
    eight = [bytes(1 - (value >> (7 - i) & 1) for i in range(8)) for value in range(256)]
    return b"".join(b"".join(eight[value] for value in packed[y * row_bytes:(y + 1) * row_bytes])[:width]
                    for y in range(height))


def channel(raster, index):
    step, size = raster.depth * raster.sample_bytes, raster.sample_bytes
    return [raster.samples[index * size + part::step] for part in range(size)]


def spread_bits(raster, maxval):
    """The same picture with another largest value, as PNG readers widen it; as it is if that is not done here."""
    if raster.maxval == maxval or raster.maxval > 255 or maxval % raster.maxval:
        return raster
    factor = maxval // raster.maxval
    if maxval < 256:
        samples = raster.samples.translate(bytes(min(value * factor, 255) for value in range(256)))
        return Raster(raster.width, raster.height, raster.depth, maxval, samples)
    samples = bytearray(2 * len(raster.samples))
    samples[0::2] = raster.samples.translate(bytes(min(value * factor, 65535) >> 8 for value in range(256)))
    samples[1::2] = raster.samples.translate(bytes(min(value * factor, 65535) & 255 for value in range(256)))
    return Raster(raster.width, raster.height, raster.depth, maxval, bytes(samples))


def with_depth(raster, depth):
    """Gray becomes three channels; alpha that is missing is opaque; alpha that says nothing is dropped."""
    if raster.depth == depth:
        return raster
    colours = [0, 0, 0] if raster.depth < 3 else [0, 1, 2]
    size, count = raster.sample_bytes, raster.width * raster.height
    sources = [channel(raster, i) for i in (colours if depth > 2 else colours[:1])]
    if depth in (2, 4):
        opaque = raster.maxval.to_bytes(size, "big")
        sources.append(channel(raster, raster.depth - 1) if raster.depth in (2, 4) else [bytes([b]) * count for b in opaque])
    samples = bytearray(count * depth * size)
    for i, parts in enumerate(sources):
        for part, values in enumerate(parts):
            samples[i * size + part::depth * size] = values
    return Raster(raster.width, raster.height, depth, raster.maxval, bytes(samples))


def is_opaque(raster):
    if raster.depth not in (2, 4):
        return True
    return all(set(values) == {part} for values, part in
               zip(channel(raster, raster.depth - 1), raster.maxval.to_bytes(raster.sample_bytes, "big")))


def same_pixels(original, back):
    if (original.width, original.height) != (back.width, back.height):
        return False
    if original.depth not in (2, 4) and not is_opaque(back):
        return False
    back = with_depth(spread_bits(back, original.maxval), original.depth)
    return back == original


def write(raster):
    """P5 or P6; P7 where there is alpha."""
    if raster.depth in (1, 3):
        head = f"P{5 if raster.depth == 1 else 6}\n{raster.width} {raster.height}\n{raster.maxval}\n"
    else:
        kind = "GRAYSCALE_ALPHA" if raster.depth == 2 else "RGB_ALPHA"
        head = (f"P7\nWIDTH {raster.width}\nHEIGHT {raster.height}\nDEPTH {raster.depth}\nMAXVAL {raster.maxval}\n"
                f"TUPLTYPE {kind}\nENDHDR\n")
    return head.encode() + raster.samples
