#!/usr/bin/env python3
"""A reference for imported language models, with numpy only: reads a GGUF file, dequantises it, computes the logits of
the architectures llama and gemma3 in binary32.

  gguf_reference.py bits MODEL.gguf FILE [--bytes N] [--window W [--no-sink]]
                                                     bits that FILE takes; wants the package tokenizers, or
                                                     sentencepiece for Gemma
  gguf_reference.py logits MODEL.gguf TOKEN...                       logits after each token, one line each

It is slow, plain and made for comparison; lmc itself never runs it. Source: docs/numerics.md, the GGUF notes there.
"""
import argparse
import struct
import sys

import numpy as np

SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}


class Gguf:
    """Metadata as a dict, tensors as (type, shape, bytes); the shape has its fastest dimension last."""

    def __init__(self, path):
        self.data = np.memmap(path, np.uint8, "r")
        self.at = 0
        if self.bytes(4) != b"GGUF" or self.number("I") not in (2, 3):
            raise ValueError("no GGUF file of version 2 or 3")
        tensors, keys = self.number("Q"), self.number("Q")
        self.meta = {}
        for _ in range(keys):
            name = self.string().decode()
            self.meta[name] = self.value(self.number("I"))
        infos = []
        for _ in range(tensors):
            name = self.string().decode()
            shape = [self.number("Q") for _ in range(self.number("I"))][::-1]
            infos.append((name, shape, self.number("I"), self.number("Q")))
        align = self.meta.get("general.alignment", 32)
        begin = (self.at + align - 1) // align * align
        self.tensors = {}
        for name, shape, kind, offset in infos:
            block, size, _ = TYPES[kind]
            count = int(np.prod(shape)) // block * size
            self.tensors[name] = (kind, shape, self.data[begin + offset:begin + offset + count])

    def bytes(self, n):
        self.at += n
        return self.data[self.at - n:self.at].tobytes()

    def number(self, code):
        return struct.unpack("<" + code, self.bytes(struct.calcsize("<" + code)))[0]

    def string(self):
        return self.bytes(self.number("Q"))

    def value(self, kind):
        if kind == 8:
            return self.string()
        if kind != 9:
            return self.number(SCALARS[kind])
        inner, n = self.number("I"), self.number("Q")
        return [self.value(inner) for _ in range(n)]

    def tensor(self, name):
        kind, shape, data = self.tensors[name]
        block, size, dequantise = TYPES[kind]
        return dequantise(data.reshape(-1, size)).astype(np.float32).reshape(shape)


def half(blocks, at):
    """The binary16 at byte `at` of every block, as a column."""
    return blocks[:, at:at + 2].copy().view("<f2").astype(np.float32)


def nibbles(codes):
    """Low halves, then high halves."""
    return np.concatenate([codes & 15, codes >> 4], axis=1).astype(np.float32)


def fifth_bits(blocks, at):
    bits = blocks[:, at:at + 4].copy().view("<u4")
    return ((bits >> np.arange(32, dtype=np.uint32)) & 1).astype(np.float32) * 16


def six_bit_scales(packed):
    """Scales and minima of 8 sub-blocks from 12 bytes."""
    scales, minima = np.empty((len(packed), 8), np.uint8), np.empty((len(packed), 8), np.uint8)
    for j in range(4):
        scales[:, j] = packed[:, j] & 63
        minima[:, j] = packed[:, j + 4] & 63
        scales[:, j + 4] = (packed[:, j + 8] & 15) | (packed[:, j] >> 6 << 4)
        minima[:, j + 4] = (packed[:, j + 8] >> 4) | (packed[:, j + 4] >> 6 << 4)
    return scales.astype(np.float32), minima.astype(np.float32)


def q4_5_k(blocks, fifth):
    scales, minima = six_bit_scales(blocks[:, 4:16])
    low = blocks[:, 16 + (32 if fifth else 0):]
    high = blocks[:, 16:48]
    out = np.empty((len(blocks), 8, 32), np.float32)
    for j in range(8):
        q = low[:, j // 2 * 32:j // 2 * 32 + 32] >> (4 * (j % 2)) & 15
        q = q.astype(np.float32) + ((high >> j & 1).astype(np.float32) * 16 if fifth else 0)
        out[:, j] = half(blocks, 0) * scales[:, j:j + 1] * q - half(blocks, 2) * minima[:, j:j + 1]
    return out


def q6_k(blocks):
    scales = blocks[:, 192:208].view(np.int8).astype(np.float32)
    out = np.empty((len(blocks), 256), np.float32)
    for n in range(2):
        low, high = blocks[:, 64 * n:64 * n + 64], blocks[:, 128 + 32 * n:160 + 32 * n]
        for quarter in range(4):
            nibble = low[:, 32 * (quarter % 2):32 * (quarter % 2) + 32] >> (4 * (quarter // 2)) & 15
            q = (nibble | (high >> (2 * quarter) & 3) << 4).astype(np.float32) - 32
            at = 128 * n + 32 * quarter
            out[:, at:at + 32] = half(blocks, 208) * scales[:, at // 16:at // 16 + 2].repeat(16, axis=1) * q
    return out


# number: (weights a block, bytes a block, function)
TYPES = {
    0: (1, 4, lambda b: b.copy().view("<f4")),
    1: (1, 2, lambda b: b.copy().view("<f2")),
    2: (32, 18, lambda b: half(b, 0) * (nibbles(b[:, 2:]) - 8)),
    3: (32, 20, lambda b: half(b, 0) * nibbles(b[:, 4:]) + half(b, 2)),
    6: (32, 22, lambda b: half(b, 0) * (nibbles(b[:, 6:]) + fifth_bits(b, 2) - 16)),
    7: (32, 24, lambda b: half(b, 0) * (nibbles(b[:, 8:]) + fifth_bits(b, 4)) + half(b, 2)),
    8: (32, 34, lambda b: half(b, 0) * b[:, 2:].copy().view(np.int8).astype(np.float32)),
    12: (256, 144, lambda b: q4_5_k(b, False)),
    13: (256, 176, lambda b: q4_5_k(b, True)),
    14: (256, 210, q6_k),
    30: (1, 2, lambda b: (b.copy().view("<u2").astype(np.uint32) << 16).view(np.float32)),
}


GEMMA_PATTERN, GEMMA_THETA = 6, 10000.0  # five layers with a window and this theta, then one without


class Model:
    """window: a position sees itself and the window - 1 before it; with a sink, one less, and the first one at that
    distance."""

    def __init__(self, gguf, window=1 << 30, sink=True):
        m = gguf.meta
        name = m["general.architecture"].decode()
        self.gemma = name == "gemma3"
        self.layers, self.heads = m[f"{name}.block_count"], m[f"{name}.attention.head_count"]
        self.kv_heads = m.get(f"{name}.attention.head_count_kv", self.heads)
        self.eps = np.float32(m[f"{name}.attention.layer_norm_rms_epsilon"])
        self.windows, self.thetas, self.sinks = [], [], []
        own, theta = m.get(f"{name}.attention.sliding_window", 1 << 30), m.get(f"{name}.rope.freq_base", 10000.0)
        for i in range(self.layers):
            local = self.gemma and (i + 1) % GEMMA_PATTERN != 0
            self.windows.append(min(window, own) if local else window)
            self.thetas.append(GEMMA_THETA if local else theta)
            self.sinks.append(sink and not (local and own <= window))
        self.embed = gguf.tensor("token_embd.weight")
        self.head = gguf.tensor("output.weight") if "output.weight" in gguf.tensors else self.embed
        self.norm = gguf.tensor("output_norm.weight")
        names = ["attn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_norm", "ffn_gate", "ffn_up", "ffn_down"]
        if self.gemma:
            names += ["attn_q_norm", "attn_k_norm", "post_attention_norm", "post_ffw_norm"]
        self.blocks = [{n: gguf.tensor(f"blk.{i}.{n}.weight") for n in names} for i in range(self.layers)]
        self.dim = self.blocks[0]["attn_q"].shape[0] // self.heads

    def rms(self, x, gain):
        return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + self.eps) * gain

    def turn(self, x, positions, theta):
        """x (T, heads, D): pairs of neighbours, or of halves, turned by position * theta^(-2i/D)."""
        angle = positions[:, None, None] * theta ** (-np.arange(0, self.dim, 2) / self.dim)
        cos, sin = np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)
        half = self.dim // 2
        a, b = (slice(0, half), slice(half, None)) if self.gemma else (slice(0, None, 2), slice(1, None, 2))
        out = np.empty_like(x)
        out[..., a] = x[..., a] * cos - x[..., b] * sin
        out[..., b] = x[..., b] * cos + x[..., a] * sin
        return out

    def attention(self, q, k, v, window, theta, sink):
        """q (T, H, D), k and v (T, Hkv, D)"""
        total = len(q)
        at = np.arange(total)
        qt, kt = self.turn(q, at, theta), self.turn(k, at, theta)
        q_first = self.turn(q, np.minimum(at, window - 1), theta)
        scale = np.float32(1 / np.sqrt(self.dim))
        out = np.empty_like(q)
        for h in range(self.heads):
            g = h // (self.heads // self.kv_heads)
            for begin in range(0, total, 256):
                rows = at[begin:begin + 256]
                first = max(0, begin - window + 1)
                keys = at[first:rows[-1] + 1]
                s = qt[rows, h] @ kt[keys, g].T * scale
                seen = (keys[None] <= rows[:, None]) & (keys[None] > rows[:, None] - window)
                away = sink & (rows >= window)  # see one less, and the first position
                seen &= ~(away[:, None] & (keys[None] == rows[:, None] - window + 1))
                s = np.where(seen, s, -np.inf)
                s0 = np.where(away, (q_first[rows, h] @ kt[0, g]) * scale, -np.inf)
                peak = np.maximum(s.max(axis=1), s0)
                e, e0 = np.exp(s - peak[:, None]), np.exp(s0 - peak)
                out[rows, h] = (e @ v[keys, g] + e0[:, None] * v[0, g]) / (e.sum(axis=1) + e0)[:, None]
        return out

    def hidden(self, tokens):
        x = self.embed[tokens] * np.float32(np.sqrt(self.embed.shape[1]) if self.gemma else 1)
        total = len(tokens)
        for b, window, theta, sink in zip(self.blocks, self.windows, self.thetas, self.sinks):
            n = self.rms(x, b["attn_norm"])
            q = (n @ b["attn_q"].T).reshape(total, self.heads, self.dim)
            k = (n @ b["attn_k"].T).reshape(total, self.kv_heads, self.dim)
            v = (n @ b["attn_v"].T).reshape(total, self.kv_heads, self.dim)
            if self.gemma:
                q, k = self.rms(q, b["attn_q_norm"]), self.rms(k, b["attn_k_norm"])
            out = self.attention(q, k, v, window, theta, sink).reshape(total, -1) @ b["attn_output"].T
            x = x + (self.rms(out, b["post_attention_norm"]) if self.gemma else out)
            n = self.rms(x, b["ffn_norm"])
            gate = n @ b["ffn_gate"].T
            if self.gemma:
                gate = gate / 2 * (1 + np.tanh(np.sqrt(2 / np.pi).astype(np.float32) * (gate + 0.044715 * gate**3)))
            else:
                gate = gate / (1 + np.exp(-gate))
            out = (gate * (n @ b["ffn_up"].T)) @ b["ffn_down"].T
            x = x + (self.rms(out, b["post_ffw_norm"]) if self.gemma else out)
        return self.rms(x, self.norm)

    def logits(self, tokens):
        return self.hidden(np.asarray(tokens)) @ self.head.T

    def bits(self, tokens):
        """Of tokens[1:], each from all before it."""
        hidden = self.hidden(np.asarray(tokens))
        total = 0.0
        for begin in range(0, len(tokens) - 1, 256):
            z = hidden[begin:begin + 256] @ self.head.T
            z = z[:len(tokens) - 1 - begin].astype(np.float64)
            peak = z.max(axis=1)
            right = z[np.arange(len(z)), tokens[begin + 1:begin + 1 + len(z)]]
            total += np.sum(np.log(np.exp(z - peak[:, None]).sum(axis=1)) + peak - right)
        return total / np.log(2)


def alphabet():
    """Bytes by the character that GPT-2 has for them."""
    prints = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in prints]
    return {chr(b): b for b in prints} | {chr(256 + i): b for i, b in enumerate(others)}


class SentencePiece:
    """The tokenizer of the package sentencepiece, from what the file says."""

    def __init__(self, gguf):
        from sentencepiece import SentencePieceProcessor, sentencepiece_model_pb2
        proto = sentencepiece_model_pb2.ModelProto()
        proto.trainer_spec.model_type = sentencepiece_model_pb2.TrainerSpec.BPE
        proto.trainer_spec.byte_fallback = True
        proto.normalizer_spec.name = "identity"
        proto.normalizer_spec.add_dummy_prefix = gguf.meta.get("tokenizer.ggml.add_space_prefix", True)
        proto.normalizer_spec.remove_extra_whitespaces = False
        unknown = gguf.meta["tokenizer.ggml.unknown_token_id"]
        keys = ("tokens", "scores", "token_type")
        for i, (token, score, kind) in enumerate(zip(*(gguf.meta["tokenizer.ggml." + k] for k in keys))):
            proto.pieces.add(piece=token.decode().replace(" ", "\u2581"), score=score, type=2 if i == unknown else kind)
        self.model = SentencePieceProcessor(model_proto=proto.SerializeToString())

    def ids(self, text):
        return self.model.encode(text)

    def tokens(self, text):
        """As bytes."""
        pieces = [self.model.id_to_piece(i) for i in self.ids(text)]
        return [bytes([int(p[3:5], 16)]) if self.model.is_byte(i) else p.replace("\u2581", " ").encode()
                for i, p in zip(self.ids(text), pieces)]

    def lacking(self):
        return set()


class ByteLevel:
    """The tokenizer of the package tokenizers, from what the file says."""

    def __init__(self, model):
        self.model = model

    def ids(self, text):
        return self.model.encode(text, add_special_tokens=False).ids

    def tokens(self, text):
        byte_of = alphabet()
        return [bytes(byte_of[c] for c in t) for t in self.model.encode(text, add_special_tokens=False).tokens]

    def lacking(self):
        """Bytes that the vocabulary has no token for."""
        return {byte for character, byte in alphabet().items() if self.model.token_to_id(character) is None}


def reference_tokenizer(gguf):
    return SentencePiece(gguf) if gguf.meta["tokenizer.ggml.model"] == b"llama" else ByteLevel(byte_level_tokenizer(gguf))


def byte_level_tokenizer(gguf):
    from tokenizers import Tokenizer, models, pre_tokenizers
    tokens = [t.decode() for t in gguf.meta["tokenizer.ggml.tokens"]]
    merges = [tuple(m.decode().split(" ")) for m in gguf.meta["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE({t: i for i, t in enumerate(tokens)}, merges))
    kind = gguf.meta.get("tokenizer.ggml.pre", b"default")
    if kind not in (b"smollm", b"gpt-2"):
        raise ValueError(f"pre-tokenizer {kind}")
    digits = [pre_tokenizers.Digits(individual_digits=True)] if kind == b"smollm" else []
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(digits + [pre_tokenizers.ByteLevel(add_prefix_space=False)])
    return tokenizer


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["bits", "logits"])
    parser.add_argument("model")
    parser.add_argument("rest", nargs="+")
    parser.add_argument("--bytes", type=int, default=20000)
    parser.add_argument("--window", type=int, default=1 << 30)
    parser.add_argument("--no-sink", action="store_true")
    options = parser.parse_args()
    gguf = Gguf(options.model)
    model = Model(gguf, options.window, not options.no_sink)
    if options.what == "logits":
        for row in model.logits([int(t) for t in options.rest]):
            print(" ".join(f"{z:.6f}" for z in row))
        return
    tokenizer = reference_tokenizer(gguf)
    for path in options.rest:
        with open(path, "rb") as file:
            raw = file.read(options.bytes)
        begin = gguf.meta["tokenizer.ggml.bos_token_id"] if model.gemma else 0
        tokens = [begin] + tokenizer.ids(raw.decode(errors="ignore"))
        bits = model.bits(tokens)
        print(f"{path}: {len(raw)} bytes, {len(tokens) - 1} tokens, {bits:.0f} bits, {bits / 8:.0f} bytes")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
