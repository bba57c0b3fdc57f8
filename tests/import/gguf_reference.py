#!/usr/bin/env python3
"""A reference for imported language models, with numpy only: reads a GGUF file, dequantises it, computes the logits of
the architecture llama in binary32.

  gguf_reference.py bits MODEL.gguf FILE [--bytes N] [--window W [--no-sink]]
                                                     bits that FILE takes; wants the package tokenizers
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


class Llama:
    """window: a position sees itself and the window - 1 before it; with a sink, one less, and the first one at that
    distance."""

    def __init__(self, gguf, window=1 << 30, sink=True):
        m = gguf.meta
        self.window, self.sink = window, sink
        self.layers, self.heads = m["llama.block_count"], m["llama.attention.head_count"]
        self.kv_heads = m.get("llama.attention.head_count_kv", self.heads)
        self.eps = np.float32(m["llama.attention.layer_norm_rms_epsilon"])
        self.theta = m.get("llama.rope.freq_base", 10000.0)
        self.embed = gguf.tensor("token_embd.weight")
        self.head = gguf.tensor("output.weight") if "output.weight" in gguf.tensors else self.embed
        self.norm = gguf.tensor("output_norm.weight")
        names = ("attn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_norm", "ffn_gate", "ffn_up", "ffn_down")
        self.blocks = [{n: gguf.tensor(f"blk.{i}.{n}.weight") for n in names} for i in range(self.layers)]
        self.dim = self.blocks[0]["attn_q"].shape[0] // self.heads

    def rms(self, x, gain):
        return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + self.eps) * gain

    def turn(self, x, positions):
        """x (T, heads, D): pairs of neighbours turned by position * theta^(-2i/D)."""
        angle = positions[:, None, None] * self.theta ** (-np.arange(0, self.dim, 2) / self.dim)
        cos, sin = np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)
        out = np.empty_like(x)
        out[..., 0::2] = x[..., 0::2] * cos - x[..., 1::2] * sin
        out[..., 1::2] = x[..., 1::2] * cos + x[..., 0::2] * sin
        return out

    def attention(self, q, k, v):
        """q (T, H, D), k and v (T, Hkv, D)"""
        total = len(q)
        at = np.arange(total)
        qt, kt = self.turn(q, at), self.turn(k, at)
        q_first = self.turn(q, np.minimum(at, self.window - 1))
        scale = np.float32(1 / np.sqrt(self.dim))
        out = np.empty_like(q)
        for h in range(self.heads):
            g = h // (self.heads // self.kv_heads)
            for begin in range(0, total, 256):
                rows = at[begin:begin + 256]
                first = max(0, begin - self.window + 1)
                keys = at[first:rows[-1] + 1]
                s = qt[rows, h] @ kt[keys, g].T * scale
                seen = (keys[None] <= rows[:, None]) & (keys[None] > rows[:, None] - self.window)
                away = self.sink & (rows >= self.window)  # see one less, and the first position
                seen &= ~(away[:, None] & (keys[None] == rows[:, None] - self.window + 1))
                s = np.where(seen, s, -np.inf)
                s0 = np.where(away, (q_first[rows, h] @ kt[0, g]) * scale, -np.inf)
                peak = np.maximum(s.max(axis=1), s0)
                e, e0 = np.exp(s - peak[:, None]), np.exp(s0 - peak)
                out[rows, h] = (e @ v[keys, g] + e0[:, None] * v[0, g]) / (e.sum(axis=1) + e0)[:, None]
        return out

    def hidden(self, tokens):
        x = self.embed[tokens]
        total = len(tokens)
        for b in self.blocks:
            n = self.rms(x, b["attn_norm"])
            q = (n @ b["attn_q"].T).reshape(total, self.heads, self.dim)
            k = (n @ b["attn_k"].T).reshape(total, self.kv_heads, self.dim)
            v = (n @ b["attn_v"].T).reshape(total, self.kv_heads, self.dim)
            x = x + self.attention(q, k, v).reshape(total, -1) @ b["attn_output"].T
            n = self.rms(x, b["ffn_norm"])
            gate = n @ b["ffn_gate"].T
            x = x + (gate / (1 + np.exp(-gate)) * (n @ b["ffn_up"].T)) @ b["ffn_down"].T
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


def reference_tokenizer(gguf):
    """The tokenizer of the package tokenizers, from what the file says."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers
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
    model = Llama(gguf, options.window, not options.no_sink)
    if options.what == "logits":
        for row in model.logits([int(t) for t in options.rest]):
            print(" ".join(f"{z:.6f}" for z in row))
        return
    tokenizer = reference_tokenizer(gguf)
    for path in options.rest:
        with open(path, "rb") as file:
            raw = file.read(options.bytes)
        tokens = [0] + tokenizer.encode(raw.decode(errors="replace"), add_special_tokens=False).ids
        bits = model.bits(tokens)
        print(f"{path}: {len(raw)} bytes, {len(tokens) - 1} tokens, {bits:.0f} bits, {bits / 8:.0f} bytes")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
