"""Files, frames and blocks: docs/format.md, sections 1 to 8."""

import hashlib

import bytes_codec
import image_codec
import sound_codec
import text_codec
from basics import DamagedFile, NotYet, Reader, crc16, crc32c, write_varint

FULL_MAGIC = b"\xF7LMC"
TINY_MAGIC = 0xF8  # to 0xFF
TINY_FORMS = (0, 0), (1, 0), (2, 1), (2, 2), (4, 3), (5, 0), (2, 4)  # codec, built-in model
END_MAGIC = b"CML\xF7"
END_MARKER = 255
GROUPED, IMAGE, JPEG, DEFLATE, AUDIO, VIDEO = range(3, 9)
OGG = 6  # a format of AUDIO
WITH_COPIES = 1  # a profile of codec 3
MOST_RAW, MOST_GROUPS, MOST_BYTE_GROUPS = 1 << 26, 65536, 16  # section 8; blocks of codecs 4 and 5 may be larger
TEXT = 2
NEED_A_MODEL = TEXT, IMAGE


def decode_file(data, models):
    """Section 1: the content of a file is that of its frames, joined."""
    if not data:
        raise DamagedFile("an empty file")
    reader = Reader(data)
    content = bytearray()
    while reader.remaining():
        start = data[reader.position]
        if start >= TINY_MAGIC:
            content += decode_tiny_frame(reader, models)
        elif start == FULL_MAGIC[0]:
            content += decode_full_frame(reader, models)
        else:
            raise DamagedFile(f"no frame at byte {reader.position}")
    return bytes(content)


def read_tiny_size(reader, what):
    first = reader.integer(1, what)
    if first < 224:
        return first
    if first < 255:
        return 224 + (first - 224) * 256 + reader.integer(1, what)
    size = reader.integer(2, what)
    if size < 8160:
        raise DamagedFile("a small size in the long form")
    return size


def read_tiny_frame(reader):
    """Section 6: codec, number of the built-in model, raw size, what the check covers before the raw bytes, the check, payload."""
    begin = reader.position
    form = reader.integer(1, "magic") & 7
    if form < len(TINY_FORMS):
        codec, model_number = TINY_FORMS[form]
    else:
        codec, model_number = reader.integer(1, "codec"), reader.integer(1, "model")
        if (codec, model_number) in TINY_FORMS:
            raise DamagedFile("a usual codec and model written out")
    raw_size, payload_size = read_tiny_size(reader, "raw size"), read_tiny_size(reader, "payload size")
    covered = reader.data[begin:reader.position]
    check = reader.integer(2, "check")
    if payload_size > raw_size:
        raise DamagedFile("the payload is larger than the content")
    return codec, model_number, raw_size, covered, check, reader.take(payload_size, "payload")


def decode_tiny_frame(reader, models):
    codec, model_number, raw_size, covered, check, payload = read_tiny_frame(reader)
    model = models.builtin(model_number) if model_number else None
    raw = decode_payload(codec, model, payload, raw_size, models) if raw_size else b""
    if crc16(covered + raw) != check:
        raise DamagedFile("the checksum does not match")
    return raw


class FrameHeader:
    """Section 3."""

    def __init__(self, reader):
        start = reader.position
        if reader.take(4, "magic") != FULL_MAGIC:
            raise DamagedFile("wrong magic bytes")
        version = reader.integer(1, "version")
        if version != 2:
            raise DamagedFile(f"format version {version}, only 2 is known")
        flags = reader.integer(1, "flags")
        if flags & 0b1110:
            raise DamagedFile("reserved flags are set")
        limit_log2 = reader.integer(1, "block size limit")
        model_count = reader.integer(1, "number of models")
        self.content_size = reader.integer(8, "content size") if flags & 1 else None
        self.models = [reader.take(32, "model") for _ in range(model_count)]
        covered = reader.data[start:reader.position]
        if reader.integer(4, "header checksum") != crc32c(covered):
            raise DamagedFile("the frame header is damaged")
        if not 17 <= limit_log2 <= 29:
            raise DamagedFile("the block size limit is outside 2^17 to 2^29")
        self.block_limit = 1 << limit_log2
        self.size = reader.position - start


def decode_full_frame(reader, models):
    """Sections 3 to 5."""
    header = FrameHeader(reader)
    content = bytearray()
    sizes = []
    while reader.remaining() and reader.data[reader.position] != END_MARKER:
        raw, payload_size = decode_block(reader, header, models, len(sizes))
        content += raw
        sizes.append((len(raw), payload_size))
    if header.content_size not in (None, len(content)):
        raise DamagedFile("the blocks do not add up to the content size")
    tail = make_tail(header.size, sizes, content)
    if reader.take(len(tail), "tail") != tail:
        raise DamagedFile("the tail does not match the frame")
    return content


def decode_block(reader, header, models, number):
    """Section 4: the raw bytes of one block, and the size of its payload."""
    covered = reader.data[reader.position:reader.position + 14]
    codec = reader.integer(1, "codec")
    model_index = reader.integer(1, "model")
    raw_size = reader.integer(4, "raw size")
    payload_size = reader.integer(4, "payload size")
    raw_crc = reader.integer(4, "checksum of the raw bytes")
    if reader.integer(2, "check") != crc16(covered):
        raise DamagedFile(f"the header of block {number} is damaged")
    if model_index > len(header.models):
        raise DamagedFile(f"block {number} names a model that is not listed")
    if not 1 <= raw_size <= header.block_limit or not 1 <= payload_size <= raw_size:
        raise DamagedFile(f"block {number} has an impossible size")
    if raw_size > MOST_RAW and codec not in (IMAGE, JPEG, DEFLATE, AUDIO, VIDEO):
        raise DamagedFile(f"block {number} is larger than one of its codec can be")
    payload = reader.take(payload_size, "payload")
    model = models.by_identity(header.models[model_index - 1]) if model_index else None
    raw = decode_payload(codec, model, payload, raw_size, models)
    if crc32c(raw) != raw_crc:
        raise DamagedFile(f"block {number}: the checksum does not match")
    return raw, payload_size


def make_tail(header_size, sizes, content):
    """Section 5: the one form that the tail of this frame can have."""
    tail = bytes([END_MARKER]) + write_varint(header_size) + write_varint(len(sizes))
    for raw_size, payload_size in sizes:
        tail += write_varint(raw_size) + write_varint(payload_size)
    tail += hashlib.sha256(content).digest()[:16]
    tail += crc32c(tail).to_bytes(4, "little")
    return tail + (len(tail) + 8).to_bytes(4, "little") + END_MAGIC


def read_group(reader):
    """Codec; the number of a built-in model, the SHA-256 of another one, or None; payload size."""
    codec, model = reader.integer(1, "codec"), None
    if codec in NEED_A_MODEL:
        model = reader.integer(1, "model") or reader.take(32, "model")
    return codec, model, reader.varint("payload size")


def read_segment(reader, copy):
    """Group, raw size, distance: 0 if its group is not the number that means a copy."""
    group, size = reader.varint("group"), reader.varint("segment size")
    return group, size, reader.varint("distance") if group == copy else 0


def read_groups(reader):
    """The headers of the groups, and the segments: group, raw size, distance of a copy or 0."""
    profile = reader.integer(1, "profile")
    if profile > WITH_COPIES:
        raise DamagedFile("a profile of codec 3 that is unknown")
    group_count = reader.varint("number of groups")
    if not 1 <= group_count <= MOST_GROUPS:
        raise DamagedFile(f"{group_count} groups")
    groups = [read_group(reader) for _ in range(group_count)]
    if any(codec == GROUPED or codec > VIDEO for codec, _, _ in groups):
        raise DamagedFile("an impossible group")
    if sum(codec < GROUPED for codec, _, _ in groups) > MOST_BYTE_GROUPS:
        raise DamagedFile("too many groups that are no whole files")
    copy = len(groups) if profile == WITH_COPIES else None
    return groups, [read_segment(reader, copy) for _ in range(reader.varint("segments"))]


def decode_groups(payload, raw_size, models):
    """Section 7, codec 3."""
    reader = Reader(payload)
    groups, segments = read_groups(reader)
    sizes = [0] * len(groups)
    place = 0
    for group, size, distance in segments:
        if (group >= len(groups) and distance == 0) or size == 0 or distance > place or place + size > raw_size:
            raise DamagedFile("an impossible segment")
        if distance == 0:
            sizes[group] += size
        place += size
    if place != raw_size or sum(size for _, _, size in groups) != reader.remaining():
        raise DamagedFile("the groups do not fill the block")
    contents = []
    for (codec, named, payload_size), size in zip(groups, sizes):
        if size == 0 or payload_size > size:
            raise DamagedFile("an impossible group")
        model = None if named is None else models.builtin(named) if isinstance(named, int) else models.by_identity(named)
        contents.append(Reader(decode_payload(codec, model, reader.take(payload_size, "payload"), size, models)))
    out = bytearray()
    for group, size, distance in segments:
        if distance == 0:
            out += contents[group].take(size, "segment")
        for _ in range(size if distance else 0):
            out.append(out[-distance])
    return bytes(out)


def not_yet(codec, payload):
    """What this program lacks to decode a payload; None if nothing."""
    if codec == GROUPED:
        reader = Reader(payload)
        groups, _ = read_groups(reader)
        return next(filter(None, (not_yet(of, reader.take(size, "payload")) for of, _, size in groups)), None)
    if codec == JPEG:
        return "codec 5 (JPEG)"
    if codec == VIDEO:
        return "codec 8 (video)"
    if codec == AUDIO and payload[1:2] == bytes([OGG]):
        return "FLAC in Ogg of codec 7"
    if codec == DEFLATE:
        return "codec 6 (deflate streams)"
    if codec == IMAGE and payload[:1] == bytes([image_codec.DECODED_JPEG]):
        return "profile 1 of codec 4 (decoded JPEG pictures)"
    name = image_codec.format_not_yet(payload) if codec == IMAGE else None
    return f"{name} files of codec 4" if name else None


def decode_payload(codec, model, payload, raw_size, models):
    """Section 7."""
    lacking = not_yet(codec, payload)
    if lacking:
        raise NotYet(lacking)
    if codec not in NEED_A_MODEL and model is not None:
        raise DamagedFile(f"codec {codec} with a model")
    if codec == 0:
        if len(payload) != raw_size:
            raise DamagedFile("a stored block whose sizes differ")
        return payload
    if codec == 1:
        return bytes_codec.decode(payload, raw_size)
    if codec == 2:
        if model is None or model.kind != "transformer":
            raise DamagedFile("a text block without a language model")
        return text_codec.decode(payload, raw_size, model)
    if codec == GROUPED:
        return decode_groups(payload, raw_size, models)
    if codec == IMAGE:
        if model is None or model.kind != "pixels":
            raise DamagedFile("an image without a pixel model")
        return image_codec.decode(payload, raw_size, model)
    if codec == AUDIO:
        return sound_codec.decode(payload, raw_size, lambda data: decode_file(data, models))
    raise DamagedFile(f"codec {codec} is unknown")
