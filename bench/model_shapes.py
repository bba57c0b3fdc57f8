"""Language models of the true shape with random weights: what importing and running them takes."""
import datetime
import itertools
import pathlib
import random
import string
import struct
import sys
import tempfile

import tools
from report import put_between_marks, table

# LLaMA 3.2 1B and 3.1 8B. bytes: of text to code.
SHAPES = {
    "1 B": {"layers": 16, "width": 2048, "ffn": 8192, "heads": 32, "kv_heads": 8, "vocab": 128256, "tied": True, "bytes": 32768},
    "8 B": {"layers": 32, "width": 4096, "ffn": 14336, "heads": 32, "kv_heads": 8, "vocab": 128256, "tied": False, "bytes": 500},
}
Q4_0, F32 = 2, 0  # types of GGUF: 32 weights in 18 bytes; a number
ALIGN = 32


def alphabet():
    """The character that stands for each byte in byte-level vocabularies."""
    plain = [b for b in range(256) if 33 <= b <= 126 or 161 <= b <= 172 or b >= 174]
    others = itertools.count(256)
    return [chr(b) if b in plain else chr(next(others)) for b in range(256)]


def vocabulary(size):
    """All bytes, then a space or letter with a letter, then pairs of these."""
    letters = alphabet()
    pairs = [(first, second) for first in [letters[32], *string.ascii_lowercase] for second in string.ascii_lowercase]
    twos = [first + second for first, second in pairs]
    merges = pairs + list(itertools.islice(((a, b) for b in twos if b[0] != letters[32] for a in twos), size - 257 - len(pairs)))
    return ["<|endoftext|>", *letters] + [first + second for first, second in merges], [" ".join(m) for m in merges]


def words(size_bytes):
    """Each with its space is one token of the vocabulary: 4 bytes, about as many as those of real models have."""
    source = random.Random(2)
    return "".join(f" {source.choice(string.ascii_lowercase)}{source.choice('abcdef')}{source.choice(string.ascii_lowercase)}"
                   for _ in range(size_bytes // 4)).encode()


def write_gguf(path, shape):
    """Weights of Q4_0 with standard deviation 0.02, from one block of random bytes again and again; norms of 1."""
    width, head_dim = shape["width"], shape["width"] // shape["heads"]
    kv, ffn = shape["kv_heads"] * head_dim, shape["ffn"]
    tensors = [("token_embd.weight", [width, shape["vocab"]]), ("output_norm.weight", [width])]
    if not shape["tied"]:
        tensors.append(("output.weight", [width, shape["vocab"]]))
    for layer in range(shape["layers"]):
        tensors += [(f"blk.{layer}.{name}.weight", size) for name, size in {
            "attn_norm": [width], "ffn_norm": [width], "attn_q": [width, width], "attn_k": [width, kv], "attn_v": [width, kv],
            "attn_output": [width, width], "ffn_gate": [width, ffn], "ffn_up": [width, ffn], "ffn_down": [ffn, width]}.items()]
    tokens, merges = vocabulary(shape["vocab"])

    def text(value):
        return struct.pack("<Q", len(value.encode())) + value.encode()

    def texts(values):
        return struct.pack("<IIQ", 9, 8, len(values)) + b"".join(map(text, values))

    def number(value):
        return struct.pack("<II", 4, value)

    values = {"general.architecture": struct.pack("<I", 8) + text("llama"), "general.name": struct.pack("<I", 8) + text("random"),
              "llama.block_count": number(shape["layers"]), "llama.context_length": number(8192),
              "llama.embedding_length": number(width), "llama.feed_forward_length": number(ffn),
              "llama.attention.head_count": number(shape["heads"]), "llama.attention.head_count_kv": number(shape["kv_heads"]),
              "llama.rope.dimension_count": number(head_dim), "llama.rope.freq_base": struct.pack("<If", 6, 500000.0),
              "llama.attention.layer_norm_rms_epsilon": struct.pack("<If", 6, 1e-5),
              "tokenizer.ggml.model": struct.pack("<I", 8) + text("gpt2"), "tokenizer.ggml.pre": struct.pack("<I", 8) + text("llama-bpe"),
              "tokenizer.ggml.tokens": texts(tokens), "tokenizer.ggml.merges": texts(merges),
              "tokenizer.ggml.token_type": struct.pack("<IIQ", 9, 5, len(tokens)) + struct.pack(f"<{len(tokens)}i", 3, *[1] * (len(tokens) - 1))}
    header = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(values))
    header += b"".join(text(key) + value for key, value in values.items())
    offset, sizes = 0, []
    for name, size in tensors:
        count = size[0] * (size[1] if len(size) > 1 else 1)
        kind, bytes_ = (Q4_0, count // 32 * 18) if len(size) > 1 else (F32, 4 * count)
        header += text(name) + struct.pack("<I", len(size)) + struct.pack(f"<{len(size)}Q", *size) + struct.pack("<IQ", kind, offset)
        sizes.append((kind, bytes_))
        offset += -(-bytes_ // ALIGN) * ALIGN
    noise = random.Random(1).randbytes(1 << 20)
    blocks = b"".join(struct.pack("<e", 0.0044) + noise[16 * i:16 * i + 16] for i in range(len(noise) // 16))
    with open(path, "wb") as out:
        out.write(header + bytes(-len(header) % ALIGN))
        for kind, left in sizes:
            padding = bytes(-left % ALIGN)
            if kind == F32:
                out.write(struct.pack("<f", 1.0) * (left // 4))
                left = 0
            while left > 0:
                left -= out.write(blocks[:left])
            out.write(padding)


def run(arguments):
    threads = arguments.threads or 2
    rows = []
    with tempfile.TemporaryDirectory(prefix="lmc-bench-") as name:
        folder = pathlib.Path(name)
        gguf, model, raw = folder / "random.gguf", folder / "random.lmcm", folder / "raw"
        for title, shape in SHAPES.items():
            write_gguf(gguf, shape)
            seconds, memory = tools.run_child((tools.LMC, "model", "import", "-f", gguf, "-o", model), folder)
            gguf.unlink()
            raw.write_bytes(words(shape["bytes"]))
            flags = ("-q", f"-T{threads}", "--models", folder)
            ours = tools.measure(tools.Tool(title, (tools.LMC, *flags, "-5", "--no-mix", "--model", model, "-o", "packed", "in"),
                                            (tools.LMC, *flags, "-d", "-o", "out", "packed")), raw)
            rows.append([title, f"{model.stat().st_size / 1e9:.2f}", f"{seconds:.0f}", f"{memory / 2**20:.0f}",
                         f"{shape['bytes']:,}", f"{shape['bytes'] / ours.compress_seconds / 1000:.3f}",
                         f"{shape['bytes'] / ours.decompress_seconds / 1000:.3f}",
                         f"{ours.compress_memory_bytes / 2**20:,.0f}", f"{ours.decompress_memory_bytes / 2**20:,.0f}"])
            print(" | ".join(rows[-1]), file=sys.stderr, flush=True)
    text = (f"Printed by `bench/run {' '.join(sys.argv[1:])}` on {datetime.date.today()}, commit {tools.commit_line()}; "
            f"{tools.machine_line()}; {threads} threads. Random weights (Q4_0) in the shapes of LLaMA 3.2 1B and 3.1 8B, imported, then words "
            "of three letters coded at -5 --no-mix (mixed, a model that knows nothing is given up), four bytes a token; they came back. Memory counts the "
            "mapped pages of model and GGUF file.\n\n" +
            table(["shape", "model, GB", "import, s", "MiB", "bytes", "KB/s in", "KB/s out", "MiB in", "MiB out"], rows) + "\n")
    print(text)
    if not arguments.dry:
        put_between_marks(tools.ROOT / "docs/results.md", "bench shapes", text, "Models of a billion weights and more")
