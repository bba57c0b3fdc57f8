"""Files, frames and blocks: docs/format.md, sections 1 to 8."""

import hashlib

import bytes_codec
import image_codec
import text_codec
from basics import DamagedFile, NotYet, Reader, crc16, crc32c, write_varint

FULL_MAGIC = b"\xF7LMC"
TINY_MAGIC = b"\xF8"
END_MAGIC = b"CML\xF7"
END_MARKER = 255
GROUPED, IMAGE, JPEG = 3, 4, 5
GROUP_CODECS, GROUP_CODECS_WITH_IMAGES = (0, 1, 2), (0, 1, 2, IMAGE, JPEG)


def decode_file(data, models):
    """Section 1: the content of a file is that of its frames, joined."""
    if not data:
        raise DamagedFile("an empty file")
    reader = Reader(data)
    content = bytearray()
    while reader.remaining():
        start = data[reader.position:reader.position + 1]
        if start == TINY_MAGIC:
            content += decode_tiny_frame(reader, models)
        elif start == FULL_MAGIC[:1]:
            content += decode_full_frame(reader, models)
        else:
            raise DamagedFile(f"no frame at byte {reader.position}")
    return bytes(content)


def decode_tiny_frame(reader, models):
    """Section 6; runs to the end of the file."""
    reader.take(1, "magic")
    descriptor = reader.take(1, "descriptor")
    codec, long_size, model_number = descriptor[0] & 7, descriptor[0] >> 3 & 1, descriptor[0] >> 4
    size_field = reader.take(1 + long_size, "raw size")
    raw_size = int.from_bytes(size_field, "little")
    if long_size and raw_size < 256:
        raise DamagedFile("a size below 256 in two bytes")
    check = reader.integer(2, "check")
    payload = reader.take(reader.remaining(), "payload")
    if len(payload) > raw_size:
        raise DamagedFile("the payload is larger than the content")
    if raw_size == 0 and descriptor[0] != 0:
        raise DamagedFile("the empty content has codec 0 and model 0")
    model = models.builtin(model_number) if model_number else None
    raw = decode_payload(codec, model, payload, raw_size, models)
    if crc16(descriptor + size_field + raw + len(payload).to_bytes(2, "little")) != check:
        raise DamagedFile("the checksum does not match")
    return raw


class FrameHeader:
    """Section 3."""

    def __init__(self, reader):
        start = reader.position
        if reader.take(4, "magic") != FULL_MAGIC:
            raise DamagedFile("wrong magic bytes")
        version = reader.integer(1, "version")
        if version != 1:
            raise DamagedFile(f"format version {version}, only 1 is known")
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
    codec = reader.integer(1, "codec")
    builtin = reader.integer(1, "model") if codec == IMAGE else 0
    return codec, builtin, reader.varint("payload size")


def read_groups(reader):
    """The headers of the groups: codec, number of the built-in model, payload size; and the segments: group, raw size."""
    profile = reader.integer(1, "profile")
    if profile > 1:
        raise DamagedFile("a profile of codec 3 that is unknown")
    group_count = reader.varint("number of groups")
    if not (2 <= group_count <= 16 if profile == 0 else 1 <= group_count <= 65536):
        raise DamagedFile(f"{group_count} groups")
    groups = [read_group(reader) for _ in range(group_count)]
    if any(codec not in (GROUP_CODECS if profile == 0 else GROUP_CODECS_WITH_IMAGES) for codec, _, _ in groups):
        raise DamagedFile("an impossible group")
    return groups, [(reader.varint("group"), reader.varint("segment size")) for _ in range(reader.varint("segments"))]


def decode_groups(payload, raw_size, model, models):
    """Section 7, codec 3."""
    reader = Reader(payload)
    groups, segments = read_groups(reader)
    sizes = [0] * len(groups)
    for group, size in segments:
        if group >= len(groups) or size == 0:
            raise DamagedFile("an impossible segment")
        sizes[group] += size
    if sum(sizes) != raw_size or sum(size for _, _, size in groups) != reader.remaining():
        raise DamagedFile("the groups do not fill the block")
    contents = []
    for (codec, builtin, payload_size), size in zip(groups, sizes):
        if size == 0 or payload_size > size:
            raise DamagedFile("an impossible group")
        with_model = model if codec == 2 else models.builtin(builtin) if codec == IMAGE else None
        contents.append(Reader(decode_payload(codec, with_model, reader.take(payload_size, "payload"), size, models)))
    return b"".join(contents[group].take(size, "segment") for group, size in segments)


def not_yet(codec, payload):
    """What this program lacks to decode a payload; None if nothing."""
    if codec == GROUPED:
        reader = Reader(payload)
        groups, _ = read_groups(reader)
        return next(filter(None, (not_yet(of, reader.take(size, "payload")) for of, _, size in groups)), None)
    if codec == JPEG:
        return "codec 5 (JPEG)"
    if codec == IMAGE and payload[:1] == bytes([image_codec.DECODED_JPEG]):
        return "profile 1 of codec 4 (decoded JPEG pictures)"
    name = image_codec.format_not_yet(payload) if codec == IMAGE else None
    return f"{name} files of codec 4" if name else None


def decode_payload(codec, model, payload, raw_size, models):
    """Section 7."""
    lacking = not_yet(codec, payload)
    if lacking:
        raise NotYet(lacking)
    if codec < 2 and model is not None:
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
        return decode_groups(payload, raw_size, model, models)
    if codec == IMAGE:
        if model is None or model.kind != "pixels":
            raise DamagedFile("an image without a pixel model")
        return image_codec.decode(payload, raw_size, model)
    raise DamagedFile(f"codec {codec} is unknown")
