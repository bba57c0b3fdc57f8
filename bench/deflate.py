"""PNG files by many encoders, and gzip, zip and PDF-like containers, through lmc and general compressors, byte for byte.

The PNG files are made of development images; every deflate encoder writes the same filtered rows, optimisers their own. A
file counts against what lmc makes of the same picture written by zlib, and against JPEG XL, which keeps the pixels only.
"""
import io
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib

import corpus
import image
import tools
from report import put_between_marks, table

GROUPS = ("graphics", "screenshot", "photo")
PEERS = [tool for tool in tools.PEERS if tool.name in ("xz -9e", "zpaq -m5")]
TEXT_BYTES = 1_000_000
USUAL = "zlib -6"


def chunks(png):
    at = 8
    while at < len(png):
        size = struct.unpack(">I", png[at:at + 4])[0]
        yield png[at + 4:at + 8], png[at + 8:at + 8 + size]
        at += 12 + size


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def rows_of(png):
    return zlib.decompress(b"".join(data for kind, data in chunks(png) if kind == b"IDAT"))


def with_stream(png, stream):
    head = [chunk(kind, data) for kind, data in chunks(png) if kind == b"IHDR" or kind in (b"PLTE", b"tRNS")]
    return png[:8] + b"".join(head) + chunk(b"IDAT", stream) + chunk(b"IEND", b"")


def run(command, data=None, folder=None):
    return subprocess.run(command, input=data, capture_output=True, check=True, cwd=folder).stdout


def deflate_of_gzip(member):
    at = 10
    if member[3] & 8:
        at = member.index(0, at) + 1
    return member[at:-8]


def by_gzip(*command):
    """A program that writes gzip, its deflate stream put into zlib's wrapping."""
    def write(data):
        return b"\x78\xda" + deflate_of_gzip(run(command, data)) + struct.pack(">I", zlib.adler32(data))
    return command[0], write


def by_7zip(data):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "in").write_bytes(data)
        run(["7z", "a", "-tgzip", "-mx=9", "out.gz", "in"], folder=folder)
        return b"\x78\xda" + deflate_of_gzip((folder / "out.gz").read_bytes()) + struct.pack(">I", zlib.adler32(data))


# name: (program, function from filtered rows to a zlib stream)
STREAMS = {
    "zlib -1": ("python3", lambda data: zlib.compress(data, 1)),
    USUAL: ("python3", lambda data: zlib.compress(data, 6)),
    "zlib -9": ("python3", lambda data: zlib.compress(data, 9)),
    "libdeflate -1": by_gzip("libdeflate-gzip", "-1", "-c"),
    "libdeflate -6": by_gzip("libdeflate-gzip", "-6", "-c"),
    "libdeflate -12": by_gzip("libdeflate-gzip", "-12", "-c"),
    "7-Zip -mx9": ("7z", by_7zip),
    "pigz -11 (zopfli)": by_gzip("pigz", "-11", "-c"),
}


def rewritten(*command):
    """A program that writes another PNG: its last two arguments are the files."""
    def write(png):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "in.png").write_bytes(png)
            run(command, folder=folder)
            return (folder / "out.png").read_bytes()
    return command[0], write


# name: (program, function from PNG to PNG)
OPTIMISERS = {
    "optipng -o2": rewritten("optipng", "-quiet", "-o2", "-out", "out.png", "in.png"),
    "pngcrush": rewritten("pngcrush", "-q", "in.png", "out.png"),
    "zopflipng": rewritten("zopflipng", "-y", "--iterations=5", "in.png", "out.png"),
    "netpbm": ("pamtopng", lambda png: run(["pamtopng"], run(["pngtopam", "-alphapam"], png))),
}


def present(encoders):
    return {name: write for name, (program, write) in encoders.items() if shutil.which(program)}


def png_rows(arguments, folder, programs, missing):
    pictures = [picture for group in image.load_groups(arguments, GROUPS).values() for picture in group]
    streams, optimisers = present(STREAMS), present(OPTIMISERS)
    missing += [name for name in [*STREAMS, *OPTIMISERS] if name not in streams and name not in optimisers]
    files = {}
    for place, picture in enumerate(pictures):
        base = picture.png
        made = {name: with_stream(base, write(rows_of(base))) for name, write in streams.items()}
        made |= {name: write(base) for name, write in optimisers.items()}
        for name, png in made.items():
            path = folder / f"{place}-{name.replace(' ', '_')}.png"
            path.write_bytes(png)
            files.setdefault(name, []).append(path)
    usual = None
    rows = []
    for name, paths in files.items():
        raw = sum(path.stat().st_size for path in paths)
        cells = [name, str(raw)]
        for tool in programs:
            measured = [tools.measure(tool, path) for path in paths]
            size = sum(m.size_bytes for m in measured)
            cells.append(str(size))
            if tool.name.startswith("lmc"):
                usual = size if name == USUAL else usual
                speed = [raw / 1000 / sum(getattr(m, f"{way}_seconds") for m in measured) for way in ("compress", "decompress")]
                memory = max(max(m.compress_memory_bytes, m.decompress_memory_bytes) for m in measured) / 2**20
                mine = (size, raw, [f"{speed[0]:.0f}", f"{speed[1]:.0f}", f"{memory:.0f}"])
        rows.append((cells, mine))
        print(cells, file=sys.stderr, flush=True)
    return [cells + [f"{100 * (size - usual) / raw:+.2f} %", *costs] for cells, (size, raw, costs) in rows]


def container_rows(arguments, folder, programs):
    text = corpus.joined("prose", arguments.data, TEXT_BYTES)
    plain = folder / "text"
    plain.write_bytes(text)
    made = {"the text itself": text}
    for name, (program, *flags) in {"gzip -6": ("gzip", "-6", "-n", "-c"), "gzip -1": ("gzip", "-1", "-n", "-c"),
                                    "pigz -11": ("pigz", "-11", "-n", "-c"),
                                    "libdeflate-gzip -12": ("libdeflate-gzip", "-12", "-c")}.items():
        if shutil.which(program):
            made[name] = run([program, *flags], text)
    parts = [text[at:at + 40000] for at in range(0, len(text), 40000)]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for i, part in enumerate(parts):
            archive.writestr(zipfile.ZipInfo(f"word/part{i}.xml"), part, zipfile.ZIP_DEFLATED)
    made["zip of 40 KB pieces"] = buffer.getvalue()
    made["PDF-like, pieces of 4 KB"] = b"%PDF-1.4\n" + b"".join(
        b"%d 0 obj\n<</Length %d/Filter/FlateDecode>>\nstream\n%s\nendstream\nendobj\n" % (i, len(stream), stream)
        for i, stream in enumerate(zlib.compress(text[at:at + 4000]) for at in range(0, len(text), 4000)))
    rows = []
    for name, data in made.items():
        path = folder / "container"
        path.write_bytes(data)
        measured = {tool.name: tools.measure(tool, path) for tool in programs}
        mine = [m for tool, m in measured.items() if tool.startswith("lmc")][-1]
        rows.append([name, str(len(data))] + [str(m.size_bytes) for m in measured.values()] +
                    [f"{len(text) / 1000 / mine.compress_seconds:.0f}", f"{len(text) / 1000 / mine.decompress_seconds:.0f}",
                     f"{max(mine.compress_memory_bytes, mine.decompress_memory_bytes) / 2**20:.0f}"])
        print(rows[-1], file=sys.stderr, flush=True)
    return rows


def bench(arguments):
    if not image.can_convert():
        return
    levels = [int(level) for level in arguments.levels.split(",")]
    programs, missing = tools.present(PEERS + [tools.lmc_tool(level, arguments.threads or 2) for level in levels])
    with tempfile.TemporaryDirectory(prefix="lmc-bench-") as name:
        folder = pathlib.Path(name)
        png = png_rows(arguments, folder, programs, missing)
        containers = container_rows(arguments, folder, programs)
    names = [tool.name for tool in programs]
    how = ("Each file alone, in a process of its own; the seconds include starting the program; every byte came back. KB/s of PNG, "
           "and of the text in containers; of the last level.")
    text = "\n".join([*image.header(programs, missing, arguments, how),
                      table(["PNG files by", "bytes", *names, "beyond zlib's, of the PNG", "compress KB/s", "decompress KB/s", "MiB"], png),
                      "", table(["container", "bytes", *names, "compress KB/s", "decompress KB/s", "MiB"], containers)]) + "\n"
    print(text)
    if not arguments.dry:
        put_between_marks(tools.ROOT / "docs/results.md", "bench deflate", text, "Deflate by other encoders, containers")
