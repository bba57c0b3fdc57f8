"""Codec 7: docs/audio.md, sections 1 and 2; FLAC files go on in flac_choices.py (section 5)."""

import numpy as np

import bytes_codec
import flac_metadata
from basics import DamagedFile, Reader
from coding import ArithmeticDecoder
from counters import MapEntry
from flac_choices import rebuild_frames
from sound_floats import Floats
from sound_predictor import ChannelPredictor
from sound_samples import SampleCoder

WAV, AIFF, FLAC, WAVE64, CAF = range(1, 6)
BIG_ENDIAN, UNSIGNED, FLOATING = 8, 16, 32
PLAIN_METADATA = 8  # FLAC
MOST_SIDE, SEGMENT_SAMPLES, STRETCH = 1 << 24, 1 << 20, 4096
A_FILE = 255


class Layout:
    def __init__(self, payload):
        reader = Reader(payload)
        self.profile, self.format = reader.integer(1, "profile"), reader.integer(1, "format")
        if self.profile > 2 or not WAV <= self.format <= CAF:
            raise DamagedFile("a profile or format of sound that is unknown")
        form = reader.integer(1, "form of the samples")
        self.sample_bytes = form & 7
        self.bits = 8 * self.sample_bytes - (form >> 5 if self.format == FLAC else 0)
        self.order = "big" if form & BIG_ENDIAN else "little"
        self.unsigned = bool(form & UNSIGNED)
        self.floating = bool(form & FLOATING) and self.format != FLAC
        self.plain_metadata = bool(form & PLAIN_METADATA)
        self.channels = reader.integer(1, "channels")
        odd = self.unsigned if self.format == FLAC else form >> 6 or self.floating and self.sample_bytes != 4
        if not (1 <= self.sample_bytes <= 4 and 1 <= self.channels <= 8) or odd:
            raise DamagedFile("impossible samples")
        self.rate, self.frames = reader.varint("rate"), reader.varint("frames")
        self.before, self.side_size = reader.varint("bytes before the samples"), reader.varint("reconstruction data")
        if self.rate >= 1 << 32 or self.frames > 1 << 29 or not self.before <= self.side_size <= MOST_SIDE:
            raise DamagedFile("impossible sizes of sound")
        self.side_codec, side_size = reader.integer(1, "codec of the reconstruction data"), reader.varint("their size")
        choices_size = reader.varint("size of the choices") if self.format == FLAC else 0
        count = -(-self.frames * self.channels // SEGMENT_SAMPLES)
        if count > reader.remaining():
            raise DamagedFile("more segments than bytes")
        self.begins = [self.frames * i // count for i in range(count + 1)] if count else [0]
        sizes = [reader.varint("size of a segment") for _ in range(count)]
        self.side = reader.take(side_size, "reconstruction data")
        self.choices = reader.take(choices_size, "choices")
        self.segments = [reader.take(size, "segment") for size in sizes]
        if reader.remaining():
            raise DamagedFile("bytes behind the last segment")

    def frame_bytes(self):
        return self.channels * self.sample_bytes


def _format_chunk(layout, extensible):
    def number(value, size):
        return (value & (1 << 8 * size) - 1).to_bytes(size, "little")

    tag = 3 if layout.floating else 1
    plain = (number(layout.channels, 2) + number(layout.rate, 4) + number(layout.rate * layout.frame_bytes(), 4) +
             number(layout.frame_bytes(), 2) + number(8 * layout.sample_bytes, 2))
    if not extensible:
        return number(tag, 2) + plain
    return (number(65534, 2) + plain + number(22, 2) + number(8 * layout.sample_bytes, 2) + bytes(4) + number(tag, 2) +
            bytes.fromhex("000000001000800000aa00389b71"))


def usual_header(layout, extensible):
    """Section 1, of a WAV file."""
    data = layout.frames * layout.frame_bytes() & 0xFFFFFFFF
    chunk = _format_chunk(layout, extensible)
    size = (4 + 8 + len(chunk) + 8 + data + data % 2) & 0xFFFFFFFF
    return (b"RIFF" + size.to_bytes(4, "little") + b"WAVEfmt " + len(chunk).to_bytes(4, "little") + chunk + b"data" +
            data.to_bytes(4, "little"))


def without_usual_header(layout, before):
    out = bytearray(before)
    if layout.format != WAV:
        return out
    usual = usual_header(layout, layout.channels > 2 or layout.sample_bytes > 2)
    if len(out) < len(usual):
        usual = usual_header(layout, False)
    if len(out) < len(usual):
        return out
    places = list(range(len(usual) - 8)) + list(range(len(out) - 8, len(out)))
    for place, byte in zip(places, usual):
        out[place] ^= byte
    return out


class Channel:
    """Section 2: its form, and what is learnt of it."""

    def __init__(self, reader, bits, earlier):
        first = reader.integer(1, "form of a channel")
        self.same_as = first & 127 if first & 128 else None
        if self.same_as is not None:
            if self.same_as >= len(earlier) or earlier[self.same_as].same_as is not None:
                raise DamagedFile("a channel that equals none")
            return
        self.may_be_even, self.unused = bool(first & 64), first & 63
        if self.unused >= bits:
            raise DamagedFile("more unused bits than bits")
        zigzag, extent = reader.varint("least sample"), reader.varint("range of samples")
        self.low = zigzag >> 1 if zigzag % 2 == 0 else -(zigzag >> 1) - 1
        self.high = self.low + extent
        limit = 1 << bits - 1 - self.unused
        if self.low < -limit or self.high >= limit:
            raise DamagedFile("samples out of range")

    def is_coded(self):
        return self.same_as is None and self.low < self.high

    def start(self, profile, partner):
        self.partner = partner
        self.predictor = ChannelPredictor(profile, partner is not None, self.low, self.high)
        self.coder = SampleCoder(profile, self.predictor, self.low, self.high)
        self.is_even, self.even_before = False, MapEntry()

    def decode(self, decoder, frame):
        partner = self.partner
        predictions = self.predictor.predict(partner.predictor.history if partner else None)
        error = partner.coder.errors[0] if partner else 0
        if self.may_be_even and frame % STRETCH == 0:
            self.is_even = decoder.decide(min(max(self.even_before.p16(), 1), 65535))
            self.even_before.update_fast(self.is_even, 255)
        decode = self.coder.decode_evenly if self.is_even else self.coder.decode
        sample = decode(decoder, predictions, error)
        self.predictor.learn(sample)
        return sample


def decode_segment(payload, profile, channel_count, bits, frames):
    """The samples, frame by frame."""
    reader = Reader(payload)
    channels = []
    for _ in range(channel_count):
        channels.append(Channel(reader, bits, channels))
    for c, channel in enumerate(channels):
        if channel.is_coded():
            other = channels[c ^ 1] if c ^ 1 < channel_count else None
            channel.start(profile, other if other and other.is_coded() else None)
    decoder = ArithmeticDecoder(payload[reader.position:])
    out = []
    for frame in range(frames):
        begin = len(out)
        for channel in channels:
            if channel.same_as is not None:
                out.append(out[begin + channel.same_as])
            else:
                out.append((channel.decode(decoder, frame) if channel.is_coded() else channel.low) << channel.unused)
    return out


def segment_bytes(layout, payload, frames):
    reader = Reader(payload)
    floats = Floats(reader.take(reader.varint("bytes of the places"), "places")) if layout.floating else None
    bits = layout.bits
    samples = decode_segment(payload[reader.position:], layout.profile, layout.channels, bits, frames)
    if floats:
        samples = [floats.bits(n) for n in samples]
    elif layout.unsigned:
        samples = [n + (1 << bits - 1) for n in samples]
    return b"".join((n & (1 << bits) - 1).to_bytes(layout.sample_bytes, layout.order) for n in samples)


def decode_side(layout, decode_file):
    if layout.side_codec == A_FILE:
        side = decode_file(layout.side)
    elif layout.side_codec == 0:
        side = layout.side
    elif layout.side_codec == 1:
        side = bytes_codec.decode(layout.side, layout.side_size)
    else:
        raise DamagedFile("an unknown codec of the reconstruction data")
    if len(side) != layout.side_size:
        raise DamagedFile("reconstruction data of another size")
    return side


def decode_flac(layout, side, raw_size):
    """Section 5: metadata and frames."""
    samples = []
    for segment, begin, end in zip(layout.segments, layout.begins, layout.begins[1:]):
        samples += decode_segment(segment, layout.profile, layout.channels, layout.bits, end - begin)
    frames = rebuild_frames(layout.choices, samples, layout.channels, layout.bits, layout.rate, raw_size - len(side))
    metadata = side[:layout.before]
    if not layout.plain_metadata:
        metadata = flac_metadata.restore(metadata, frames, samples, layout.bits, layout.rate)
    return bytes(metadata) + b"".join(data for _, data in frames)


def decode(payload, raw_size, decode_file):
    """decode_file: of the .lmc file that reconstruction data may be."""
    layout = Layout(payload)
    samples_size = 0 if layout.format == FLAC else layout.frames * layout.frame_bytes()
    if layout.side_size + samples_size > raw_size:
        raise DamagedFile("sound of another size than the block")
    side = decode_side(layout, decode_file)
    with np.errstate(all="ignore"):
        if layout.format == FLAC:
            out = decode_flac(layout, side, raw_size)
        else:
            samples = b"".join(segment_bytes(layout, segment, end - begin)
                               for segment, begin, end in zip(layout.segments, layout.begins, layout.begins[1:]))
            out = bytes(without_usual_header(layout, side[:layout.before])) + samples
    out += side[layout.before:]
    if len(out) != raw_size:
        raise DamagedFile("sound of another size than the block")
    return out
