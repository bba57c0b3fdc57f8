"""Short messages: pieces of the development texts, each compressed alone with the short form of the C interface."""
import ctypes
import datetime
import sys
import time

import corpus
import tools
from report import put_between_marks, table

LIBRARY = tools.ROOT / "build/release/lmc/liblmc.so"
SIZES = (200, 1000)
DOMAINS = ("prose", "medicine", "law", "code")
PIECES = 250  # of each domain and size, unless --limit says less; spread evenly over all of them


class Buffer(ctypes.Structure):
    _fields_ = [("data", ctypes.POINTER(ctypes.c_uint8)), ("size", ctypes.c_size_t)]


class Options(ctypes.Structure):
    _fields_ = [("struct_bytes", ctypes.c_size_t), ("level", ctypes.c_int), ("threads", ctypes.c_int),
                ("block_bytes", ctypes.c_size_t), ("model", ctypes.c_char_p), ("limit_bytes", ctypes.c_uint64),
                ("memory_limit_bytes", ctypes.c_uint64)]


class Library:
    def __init__(self):
        self.calls = ctypes.CDLL(str(LIBRARY))
        self.calls.lmc_context_new.restype = ctypes.c_void_p
        self.context = ctypes.c_void_p(self.calls.lmc_context_new(str(tools.ROOT / "models").encode()))

    def call(self, function, data, level, model):
        """The bytes that come out, and seconds."""
        options, out = Options(), Buffer()
        self.calls.lmc_options_init(ctypes.byref(options))
        options.level = level
        options.model = model.encode() if model else None
        begin = time.monotonic()
        status = function(self.context, data, ctypes.c_size_t(len(data)), ctypes.byref(options), ctypes.byref(out), None)
        seconds = time.monotonic() - begin
        if status != 0:
            raise RuntimeError(f"the library says {status}")
        result = ctypes.string_at(out.data, out.size)
        self.calls.lmc_buffer_free(ctypes.byref(out))
        return result, seconds


def pieces(domain, data, size_bytes, count):
    out = []
    for path in sorted(p for p in corpus.corpus_folder(data, domain).rglob("*") if p.is_file()):
        text = path.read_bytes()
        out += [text[at:at + size_bytes] for at in range(0, len(text) - size_bytes + 1, size_bytes)]
    return [out[i * len(out) // count] for i in range(count)]


def measure(library, chosen, level, model):
    """(bytes of all messages, seconds to compress, to decompress)"""
    packed_bytes = packing = unpacking = 0
    for piece in chosen:
        packed, seconds = library.call(library.calls.lmc_compress_message, piece, level, model)
        packed_bytes += len(packed)
        packing += seconds
        back, seconds = library.call(library.calls.lmc_decompress_message, packed, level, model)
        unpacking += seconds
        if back != piece:
            raise RuntimeError("a message did not come back")
    return packed_bytes, packing, unpacking


def run(arguments):
    library = Library()
    count = arguments.limit or PIECES
    levels = [int(level) for level in arguments.levels.split(",")]
    ways = [(level, None) for level in levels] + [(max(levels), arguments.model)] * bool(arguments.model)
    rows = []
    for size_bytes in SIZES:
        chosen = {domain: pieces(domain, arguments.data, size_bytes, count) for domain in DOMAINS}
        for level, model in ways:
            results = [measure(library, chosen[domain], level, model) for domain in DOMAINS]
            shares = [packed / (size_bytes * count) for packed, _, _ in results]
            messages = count * len(DOMAINS)
            rows.append([f"{size_bytes}, lmc -{level}" + (f" --model {model}" if model else "")] +
                        [f"{share:.3f}" for share in shares] +
                        [f"{sum(shares) / len(shares):.3f}", f"{sum(r[1] for r in results) / messages * 1000:.0f}",
                         f"{sum(r[2] for r in results) / messages * 1000:.0f}"])
            print(rows[-1], flush=True)
    text = (f"Printed by `bench/run {' '.join(sys.argv[1:])}` on {datetime.date.today()}, commit "
            f"{tools.commit_line()}; {tools.machine_line()}. {count} pieces of each domain and size, spread evenly over the "
            "development files; `lmc_compress_message` with 1 thread, framing included, as a share of the raw bytes; milliseconds a "
            "message; every one came back.\n\n" +
            table(["bytes a message", *DOMAINS, "mean", "compress ms", "decompress ms"], rows) + "\n")
    print(text)
    if not arguments.dry:
        put_between_marks(tools.ROOT / "docs/results.md", "bench messages", text, "Short messages")
