"""Metadata of FLAC files as their frames have them: docs/audio.md, section 5.4."""

import hashlib
from bisect import bisect_right

STREAMINFO, SEEKTABLE = 0, 3
INFO_BYTES, POINT_BYTES = 34, 18
NO_SAMPLE = (1 << 64) - 1


def _tag_bytes(data):
    """Of an ID3v2 tag in front."""
    if len(data) < 10 or data[:3] != b"ID3":
        return 0
    size = 0
    for byte in data[6:10]:
        size = size << 7 | byte & 127
    return 10 + size + (10 if data[5] & 16 else 0)


def _change(data, at, size, value):
    for i in range(size):
        data[at + i] ^= value >> 8 * (size - 1 - i) & 255


class Summary:
    """What the frames tell."""

    def __init__(self, frames, samples, bits):
        self.blocks, self.sizes = [block for block, _ in frames], [len(data) for _, data in frames]
        self.first_samples = [sum(self.blocks[:i]) for i in range(len(frames))]
        self.begins = [sum(self.sizes[:i]) for i in range(len(frames))]
        size = -(-bits // 8)
        self.md5 = hashlib.md5(b"".join(v.to_bytes(size, "little", signed=True) for v in samples)).digest()

    def frame_of(self, sample):
        """The number of the frame that holds it; None if none does."""
        i = bisect_right(self.first_samples, sample) - 1
        return i if i >= 0 and sample < self.first_samples[i] + self.blocks[i] else None


def _restore_stream_info(data, at, summary):
    blocks, sizes, none = summary.blocks, summary.sizes, (1 << 32) - 1
    _change(data, at, 2, min(blocks[:-1] or blocks, default=none))
    _change(data, at + 2, 2, max(blocks, default=0))
    _change(data, at + 4, 3, min(sizes, default=none))
    _change(data, at + 7, 3, max(sizes, default=0))
    _change(data, at + 13, 5, sum(blocks) & (1 << 36) - 1)
    _change(data, at + 18, 16, int.from_bytes(summary.md5, "big"))


def _restore_seek_table(data, at, count, summary, rate):
    for i in range(count):
        point = at + i * POINT_BYTES
        usual = summary.frame_of(10 * i * rate)
        _change(data, point, 8, NO_SAMPLE if usual is None else summary.first_samples[usual])
        frame = summary.frame_of(int.from_bytes(data[point:point + 8], "big"))
        if frame is not None:
            _change(data, point + 8, 8, summary.begins[frame])
            _change(data, point + 16, 2, summary.blocks[frame])


def restore(metadata, frames, samples, bits, rate):
    data = bytearray(metadata)
    at = min(_tag_bytes(data), len(data))
    begins_well = data[at:at + 4] == b"fLaC" and data[at + 4:at + 5] in (b"\x00", b"\x80")
    if not begins_well or data[at + 5:at + 8] != bytes([0, 0, INFO_BYTES]) or len(data) < at + 8 + INFO_BYTES:
        return data
    summary = Summary(frames, samples, bits)
    at += 4
    while at + 4 <= len(data):
        kind, size = data[at] & 127, int.from_bytes(data[at + 1:at + 4], "big")
        at += 4
        if size > len(data) - at:
            break
        if kind == STREAMINFO and size >= INFO_BYTES:
            _restore_stream_info(data, at, summary)
        if kind == SEEKTABLE:
            _restore_seek_table(data, at, size // POINT_BYTES, summary, rate)
        at += size
    return data
