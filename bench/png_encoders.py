"""The programs whose PNG files lmc has to describe: encoders of deflate, given the filtered rows of a PNG, and programs
that write a PNG of their own.

Debian's are found on the path, as `ect` is (https://github.com/fhanau/Efficient-Compression-Tool, not packaged). Small ones
around libraries lie in bench/encoders and are built into build/encoders where compilers and libraries are there: Go's and
Java's, the png crate (librust-png-dev), stb_image_write (libstb-dev), lodepng (liblodepng-dev), and miniz, if LMC_MINIZ names
the folder with its sources. Python packages (pyoxipng, zlib-ng, pillow) are those of LMC_BENCH_PYTHON, else of the Python that
runs this.
"""
import functools
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from dataclasses import dataclass
from typing import Callable

import tools

SOURCES = tools.ROOT / "bench/encoders"
BUILT = tools.ROOT / "build/encoders"
PYTHON = os.environ.get("LMC_BENCH_PYTHON", sys.executable)
CRATES = pathlib.Path("/usr/share/cargo/registry")
OPTIMAL, LAZY, ZLIB = "optimal", "lazy, greedy", "zlib"  # how it looks for matches
NOT_TO_BE_HAD = [".NET (neither in Debian nor on PyPI)"]


@dataclass(frozen=True)
class Encoder:
    name: str
    kind: str
    write: Callable[[bytes], bytes]  # another PNG of the same pixels
    present: Callable[[], bool]


def run(command, data=None, folder=None):
    return subprocess.run(command, input=data, capture_output=True, check=True, cwd=folder).stdout


def chunks(png):
    at = 8
    while at < len(png):
        size = struct.unpack(">I", png[at:at + 4])[0]
        yield png[at + 4:at + 8], png[at + 8:at + 8 + size]
        at += 12 + size


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def rows_of(png):
    """The filtered rows."""
    return zlib.decompress(b"".join(data for kind, data in chunks(png) if kind == b"IDAT"))


def with_stream(png, stream):
    """The PNG with its rows in another zlib stream, in one chunk; all else stays."""
    out = [png[:8]]
    for kind, data in chunks(png):
        if kind != b"IDAT":
            out.append(chunk(kind, data))
        elif stream is not None:
            out.append(chunk(kind, stream))
            stream = None
    return b"".join(out)


def by_zlib(png, level=6):
    return with_stream(png, zlib.compress(rows_of(png), level))


def deflate_of_gzip(member):
    at = 10
    if member[3] & 8:
        at = member.index(0, at) + 1
    return member[at:-8]


def as_zlib(deflate, data):
    return b"\x78\xda" + deflate + struct.pack(">I", zlib.adler32(data))


def on_path(program):
    return lambda: shutil.which(program) is not None


def zlib_encoder(level):
    return Encoder(f"zlib -{level}", ZLIB, lambda png: by_zlib(png, level), lambda: True)


def gzip_encoder(name, kind, *command):
    """A program that writes gzip, its deflate stream put into zlib's wrapping."""
    def write(png):
        rows = rows_of(png)
        return with_stream(png, as_zlib(deflate_of_gzip(run(command, rows)), rows))
    return Encoder(name, kind, write, on_path(command[0]))


def archiver_encoder():
    def write(png):
        rows = rows_of(png)
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "in").write_bytes(rows)
            run(["7z", "a", "-tgzip", "-mx=9", "out.gz", "in"], folder=folder)
            return with_stream(png, as_zlib(deflate_of_gzip((folder / "out.gz").read_bytes()), rows))
    return Encoder("7-Zip -mx9", OPTIMAL, write, on_path("7z"))


def file_encoder(name, kind, *command, in_place=False):
    """A program that makes out.png of in.png, or what it will of out.png."""
    def write(png):
        with tempfile.TemporaryDirectory() as folder_name:
            folder = pathlib.Path(folder_name)
            (folder / ("out.png" if in_place else "in.png")).write_bytes(png)
            run(command, folder=folder)
            return (folder / "out.png").read_bytes()
    return Encoder(name, kind, write, on_path(command[0]))


def pipe_encoder(name, kind, *command, build=None):
    """A PNG from standard input to standard output, by a program that build makes."""
    return Encoder(name, kind, lambda png: run(command, png), lambda: build is None or is_built(build))


def stream_encoder(name, kind, *command, build=None):
    """Rows to a zlib stream."""
    return Encoder(name, kind, lambda png: with_stream(png, run(command, rows_of(png))), lambda: build is None or is_built(build))


def python_encoder(name, kind, package, which, level):
    make = stream_encoder if which == "zlib-ng" else pipe_encoder
    return make(name, kind, PYTHON, SOURCES / "by_python.py", which, str(level), build=("python", package))


@functools.cache
def is_built(what):
    """Builds one of the small programs, or looks for a package of Python; False if something for that is missing."""
    BUILT.mkdir(parents=True, exist_ok=True)
    how, name = what
    if how == "python":
        command = [PYTHON, "-c", f"import {name}"]
    elif how == "go":
        command = ["go", "build", "-o", BUILT / "png-by-go", SOURCES / "png.go"]
    elif how == "java":
        command = ["javac", "-d", BUILT, SOURCES / "Png.java"]
    elif how == "rust":
        shutil.copytree(SOURCES / "rust", BUILT / "rust", dirs_exist_ok=True)
        command = ["cargo", "build", "--offline", "--release", "--manifest-path", BUILT / "rust/Cargo.toml",
                   "--config", 'source.crates-io.replace-with="debian"', "--config", f'source.debian.directory="{CRATES}"']
    else:
        folder = os.environ.get("LMC_MINIZ", "")
        more = {"MINIZ": [f"-I{folder}", *sorted(pathlib.Path(folder).glob("miniz*.c"))] if folder else [],
                "LODEPNG": ["-llodepng"]}.get(name, [])
        command = ["c++", "-O2", "-w", f"-DBY_{name}", SOURCES / "stream.cc", *more, "-o", BUILT / f"stream-by-{name}"]
    made = shutil.which(str(command[0])) and subprocess.run(command, capture_output=True).returncode == 0
    return bool(made)


def rust(level):
    return pipe_encoder(f"Rust's png, {level}", LAZY, BUILT / "rust/target/release/png-by-rust", level, build=("rust", ""))


def go(level):
    return pipe_encoder(f"Go's image/png, {level}", LAZY, BUILT / "png-by-go", level, build=("go", ""))


def library(name, library_name, level):
    return stream_encoder(f"{name} {level}".strip(), LAZY, BUILT / f"stream-by-{library_name}", level.strip("-") or "0",
                          build=("c++", library_name))


USUAL = "zlib -6"
ENCODERS = [
    zlib_encoder(1), zlib_encoder(6), zlib_encoder(9),
    file_encoder("optipng -o2", ZLIB, "optipng", "-quiet", "-o2", "-out", "out.png", "in.png"),
    file_encoder("pngcrush", ZLIB, "pngcrush", "-q", "in.png", "out.png"),
    Encoder("netpbm", ZLIB, lambda png: run(["pamtopng"], run(["pngtopam", "-alphapam"], png)), on_path("pamtopng")),
    file_encoder("ImageMagick", ZLIB, "convert-im6.q16", "in.png", "out.png"),
    pipe_encoder("Java's ImageIO", ZLIB, "java", "-cp", BUILT, "Png", build=("java", "")),
    gzip_encoder("libdeflate -1", LAZY, "libdeflate-gzip", "-1", "-c"),
    gzip_encoder("libdeflate -6", LAZY, "libdeflate-gzip", "-6", "-c"),
    python_encoder("zlib-ng -1", LAZY, "zlib_ng", "zlib-ng", 1),
    python_encoder("zlib-ng -6", LAZY, "zlib_ng", "zlib-ng", 6),
    python_encoder("zlib-ng -9", LAZY, "zlib_ng", "zlib-ng", 9),
    python_encoder("Pillow", LAZY, "PIL", "pillow", 6),
    library("miniz", "MINIZ", "-6"), library("miniz", "MINIZ", "-9"),
    library("stb_image_write", "STB", "-8"),
    library("lodepng", "LODEPNG", ""),
    gzip_encoder("igzip -3", LAZY, "igzip", "-3", "-c"),
    go("default"), go("fast"),
    rust("default"), rust("fast"),
    gzip_encoder("libdeflate -12", OPTIMAL, "libdeflate-gzip", "-12", "-c"),
    archiver_encoder(),
    gzip_encoder("pigz -11 (zopfli)", OPTIMAL, "pigz", "-11", "-c"),
    file_encoder("zopflipng", OPTIMAL, "zopflipng", "-y", "--iterations=5", "in.png", "out.png"),
    python_encoder("oxipng -o2", OPTIMAL, "oxipng", "oxipng", 2),
    python_encoder("oxipng -o4", OPTIMAL, "oxipng", "oxipng", 4),
    file_encoder("ect -3", OPTIMAL, "ect", "-3", "--disable-jpg", "out.png", in_place=True),
    file_encoder("ect -6", OPTIMAL, "ect", "-6", "--disable-jpg", "out.png", in_place=True),
]


def present():
    """Those that are there, and the names of those that are not."""
    have = [encoder for encoder in ENCODERS if encoder.present()]
    return have, [encoder.name for encoder in ENCODERS if encoder not in have] + NOT_TO_BE_HAD


def versions_line():
    """Of Debian's packages, Python's, and the programs built elsewhere."""
    packages = ("optipng", "pngcrush", "netpbm", "imagemagick-6.q16", "libdeflate-tools", "p7zip-full", "pigz", "zopfli", "isal", "golang-go",
                "openjdk-17-jre-headless", "librust-png-dev", "libstb-dev", "liblodepng-dev")
    said = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}, ", *packages], capture_output=True, text=True).stdout
    ask = "import importlib.metadata as m; print(', '.join(f'{n} {m.version(n)}' for n in ('pyoxipng', 'zlib-ng', 'pillow')))"
    said += subprocess.run([PYTHON, "-c", ask], capture_output=True, text=True).stdout.strip() or f"zlib {zlib.ZLIB_RUNTIME_VERSION}"
    header = pathlib.Path(os.environ.get("LMC_MINIZ", "/none")) / "miniz.h"
    found = re.search(r'MZ_VERSION\s+"([^"]+)"', header.read_text()) if header.exists() else None
    said += f", miniz {found[1]}" if found else ""
    if shutil.which("ect"):
        shown = subprocess.run(["ect"], capture_output=True, text=True)
        found = re.search(r"Version ([\d.]+)", shown.stdout + shown.stderr)
        said += f", ect {found[1]}" if found else ""
    return f"Encoders: {said}."
