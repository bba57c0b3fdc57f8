"""The most memory that lmc takes for a text and a photograph, one thread, level by level."""
import pathlib
import tempfile

import corpus
import image
import tools
from report import put_between_marks, table

TEXT_BYTES = 2_000_000


def mib(size_bytes):
    return f"{size_bytes / 2**20:.0f}"


def run(arguments):
    levels = [int(level) for level in arguments.levels.split(",")]
    with tempfile.TemporaryDirectory(prefix="lmc-bench-") as name:
        scratch = pathlib.Path(name)
        text, photo = scratch / "text", scratch / "photo.ppm"
        text.write_bytes(corpus.joined("prose", arguments.data, TEXT_BYTES))
        paths = image.group_paths("photo", image.development_folder(arguments.data, scratch), 0)
        photo.write_bytes(image.load(max(paths, key=lambda path: path.stat().st_size)).raw)
        rows = []
        for level in levels:
            measured = [tools.measure(tools.lmc_tool(level, 1), path) for path in (text, photo)]
            rows.append([str(level)] + [mib(size) for each in measured
                                        for size in (each.compress_memory_bytes, each.decompress_memory_bytes)])
            print(rows[-1], flush=True)
        out = (f"Most memory in MiB, program and models included, one thread: {text.stat().st_size} bytes of prose and a photograph of "
               f"{photo.stat().st_size} bytes as PPM (`bench/run --kind memory`).\n\n")
        out += table(["level", "text: compress", "decompress", "photograph: compress", "decompress"], rows) + "\n"
    print(out)
    if not arguments.dry:
        put_between_marks(tools.ROOT / "docs/results.md", "bench memory", out, "Memory")
