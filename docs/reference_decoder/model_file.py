"""Model files: docs/numerics.md, sections 7 and 8."""

import hashlib
import json

import numpy as np

from basics import DamagedFile, MissingModel, Reader
from numerics import Matrix

_TYPES = {"i8": np.int8, "i16": np.int16, "f32": np.float32, "u8": np.uint8, "u32": np.uint32}  # little-endian
_INTEGERS = {"layers": (1, 256), "width": (4, 65536), "heads": (1, 256), "kv_heads": (1, 256), "head_dim": (8, 512),
             "ffn": (4, 65536), "vocab": (257, 1 << 20)}
_NEW_TENSORS = ("q_norm", "k_norm", "attn_post_norm", "ffn_post_norm", "rope")  # of layers, in version 3


class BadModel(MissingModel):
    """The file is there but breaks a rule."""


def _require(condition, what):
    if not condition:
        raise BadModel(f"model file: {what}")


class ModelFile:
    def __init__(self, data):
        self.data = data
        self.identity = data[-32:]
        _require(data[:4] == b"LMCM" and len(data) >= 48, "not one")
        _require(hashlib.sha256(data[:-32]).digest() == self.identity, "its SHA-256 does not match: damaged")
        self.version = int.from_bytes(data[4:8], "little")
        _require(self.version in (1, 2, 3, 4), "an unknown version")
        size = int.from_bytes(data[8:16], "little")
        _require(size <= 1 << 24 and size + 48 <= len(data), "the length of its header")
        header = json.loads(data[16:16 + size])
        self.kind = header["kind"]
        self.tensors = header["tensors"]
        _require(self.kind in ("transformer", "pixels"), "an unknown kind")
        if self.kind == "transformer":
            self._read_transformer(header)

    def _read_transformer(self, header):
        self.architecture = header["architecture"]
        self._check_architecture()
        self.vocabulary = read_vocabulary(self.section("tokenizer"))
        _require(len(self.vocabulary) + 1 == self.architecture["vocab"], "the size of its vocabulary")

    def _check_architecture(self):
        a = self.architecture
        for name, (least, most) in _INTEGERS.items():
            _require(least <= a[name] <= most, name)
        _require(all(a[name] % 4 == 0 for name in ("width", "ffn", "head_dim")), "multiples of 4")
        _require(a["heads"] % a["kv_heads"] == 0 and a["heads"] * a["head_dim"] <= 65536, "heads")
        _require(len(a["windows"]) == a["layers"] and all(1 <= w <= 32768 for w in a["windows"]), "windows")
        _require(a["activation"] in ("relu2", "swiglu", "gelu", "geglu", "quick_gelu"), "activation")
        sinks = a.get("sinks", 0)
        self.sinks = sinks if isinstance(sinks, list) else [sinks] * a["layers"]
        _require(len(self.sinks) == a["layers"] and all(s in (0, 1) for s in self.sinks), "sinks")
        _require(0 <= a.get("head_rate", 1) <= 16, "head_rate")
        _require(a.get("norm", "rms") in ("rms", "layer") and 0 <= a.get("embed_factor", 1) <= 1024, "norm or factor")
        _require(0 <= a.get("positions", 0) <= 1 << 20 and not (a.get("positions", 0) and any(self.sinks)), "positions")
        _require(self.version > 1 or (not any(self.sinks) and a.get("head_rate", 1) == 1), "what version 1 has not")
        newest = a["activation"] == "quick_gelu" or a.get("bos_anew", False) or "head.bias" in self.tensors
        _require(self.version > 3 or not newest, "what version 3 has not")
        _require(a.get("bos_anew", False) in (True, False), "bos_anew")
        new = (a["activation"] in ("gelu", "geglu") or a.get("norm", "rms") != "rms" or a.get("embed_factor", 1) != 1
               or a.get("positions", 0) or len(set(self.sinks)) > 1
               or any(name.endswith(".bias") or name.startswith("layer.") and name.split(".")[-1] in _NEW_TENSORS
                      for name in self.tensors))
        _require(self.version > 2 or not new, "what version 2 has not")
        _require(2 <= a["rope_theta"] <= 1e9 and 1e-30 <= a["norm_eps"] <= 1, "rope_theta or norm_eps")
        _require(all(a["act_bits"][name] in (8, 16) for name in ("qkv", "o", "up", "down", "head")), "act_bits")

    def tensor(self, name):
        _require(name in self.tensors, f"{name} is missing")
        entry = self.tensors[name]
        begin, end = entry["offset"], entry["offset"] + entry["bytes"]
        _require(begin % 64 == 0 and end <= len(self.data) - 32, f"the place of {name}")
        dtype = np.dtype(_TYPES[entry["dtype"]])
        values = np.frombuffer(self.data[begin:end], dtype.newbyteorder("<"))
        return values.astype(dtype).reshape(entry["shape"])

    def floats(self, name, size, least, most):
        values = self.tensor(name)
        _require(values.dtype == np.float32 and values.shape == (size,), f"the shape of {name}")
        _require(np.all((values >= least) & (values <= most)), f"the values of {name}")
        return values

    def gain(self, name, size, optional=True, limit=1024):
        """None where it is left out."""
        return None if optional and name not in self.tensors else self.floats(name, size, -limit, limit)

    def rope(self, name, dim):
        """Frequencies of a layer's own, or none."""
        if name not in self.tensors:
            return None
        words = self.tensor(name)
        _require(words.dtype == np.uint32 and words.shape == (dim // 2, 2), f"the shape of {name}")
        return [int(low) | int(high) << 32 for low, high in words]

    def positions(self):
        count = self.architecture.get("positions", 0)
        if count == 0:
            return None
        values = self.tensor("positions")
        _require(values.dtype == np.float32 and values.shape == (count, self.architecture["width"]), "positions")
        _require(np.all(np.abs(values) <= 1024), "the values of positions")
        return values

    def matrix(self, name, rows, columns):
        weights = self.tensor(name)
        _require(weights.dtype == np.int8 and weights.shape == (rows, columns), f"the shape of {name}")
        return Matrix(weights, self.floats(name + ".scale", rows, 0, 1), self.gain(name + ".bias", rows, limit=65536))

    def section(self, name, optional=False):
        return b"" if optional and name not in self.tensors else self.tensor(name).tobytes()


def read_vocabulary(section):
    """The byte strings of all tokens but BOS in ascending order, each stored as its difference to the one before."""
    try:
        reader = Reader(section)
        strings, string = [], b""
        for _ in range(reader.varint("strings")):
            shared = reader.varint("shared bytes")
            further = reader.varint("further bytes")
            _require(shared <= len(string) and 1 <= shared + further <= 255, "the length of a token")
            string = string[:shared] + reader.take(further, "bytes")
            _require(not strings or strings[-1] < string, "the order of its tokens")
            strings.append(string)
            if len(string) > 1:
                reader.varint("merge rank")  # matters to the compressor only
    except DamagedFile as error:
        raise BadModel(f"model file: vocabulary: {error}") from error
    _require(reader.remaining() == 0 and sum(len(s) == 1 for s in strings) == 256, "vocabulary")
    return strings


def read_model(data, path):
    try:
        return ModelFile(data)
    except (KeyError, TypeError, ValueError) as error:
        raise BadModel(f"{path}: its header lacks something or holds something unexpected: {error!r}") from error


class Models:
    """The model files of a folder; each is read when a block asks for it."""

    def __init__(self, folder):
        self.folder = folder
        self.loaded = {}

    def builtin(self, number):
        """By the number in a tiny frame: docs/format.md, section 6."""
        for line in (self.folder / "builtin.txt").read_text().splitlines():
            fields = line.split()
            if fields and fields[0] == str(number):
                return self.by_identity(bytes.fromhex(fields[2]))
        raise MissingModel(f"built-in model {number} is unknown")

    def by_identity(self, identity):
        for path in sorted(self.folder.glob("*.lmcm")):
            data = path.read_bytes() if identity not in self.loaded else b""
            if data[-32:] == identity:
                self.loaded[identity] = read_model(data, path)
        if identity not in self.loaded:
            raise MissingModel(f"no model with SHA-256 {identity.hex()} in {self.folder}")
        return self.loaded[identity]
