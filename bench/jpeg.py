"""JPEG files through lmc and the programs that pack them without loss; every byte of the file comes back."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

import image
import raster
import tools
from report import put_between_marks, table

SETTINGS = {  # name: how cjpeg makes them
    "quality 75": ("-quality", "75", "-sample", "2x2"),
    "quality 90": ("-quality", "90", "-sample", "2x2"),
    "quality 95": ("-quality", "95", "-sample", "2x2"),
    "quality 90, progressive": ("-quality", "90", "-sample", "2x2", "-progressive"),
}
CJXL = tools.Tool("cjxl -e 9", ("cjxl", "--quiet", "--lossless_jpeg=1", "-e", "9", "in", "packed.jxl"),
                  ("djxl", "--quiet", "packed.jxl", "out.jpg"), packed="packed.jxl", out="out.jpg",
                  version=("cjxl", "--version"))
PEERS = [
    CJXL,
    tools.Tool("lepton", ("lepton", "in", "packed.lep"), ("lepton", "packed.lep", "out"), packed="packed.lep",
               version=("lepton", "-version")),
    tools.Tool("brunsli", ("cbrunsli", "in", "packed"), ("dbrunsli", "packed", "out"), version=("cbrunsli",)),
]


def made_files(arguments, folder):
    """{setting: files}, made of the development photographs"""
    if not shutil.which("cjpeg"):
        print("jpeg: skipped, cjpeg is missing; scripts/install-deps.sh --bench installs it, or name a folder with --jpegs",
              file=sys.stderr)
        return {}
    if not image.can_convert():
        return {}
    photos = image.load_groups(arguments, ("photo",)).get("photo", [])
    out = {}
    for place, (setting, flags) in enumerate(SETTINGS.items()):
        out[setting] = []
        for photo in photos:
            path = folder / f"{photo.name}_{place}.jpg"
            path.write_bytes(subprocess.run(["cjpeg", *flags], input=raster.write(photo.picture), check=True,
                                            capture_output=True).stdout)
            out[setting].append(path)
    return {setting: files for setting, files in out.items() if files}


def given_files(folder, limit):
    files = sorted(p for p in pathlib.Path(folder).rglob("*") if p.suffix.lower() in (".jpg", ".jpeg"))
    if not files:
        sys.exit(f"bench: no .jpg or .jpeg in {folder}")
    if limit and len(files) > limit:
        files = [files[i * len(files) // limit] for i in range(limit)]
    return {pathlib.Path(folder).resolve().name: files}


def rows_of(setting, files, programs):
    raw = sum(path.stat().st_size for path in files)
    rows = [[f"{setting}: {len(files)} files", str(raw), "1.000", "", "", ""]]
    for tool in programs:
        measured = [tools.measure(tool, path) for path in files]
        size = sum(m.size_bytes for m in measured)
        memory = max(max(m.compress_memory_bytes, m.decompress_memory_bytes) for m in measured)
        rows.append([f"{setting}, {tool.name}", str(size), f"{size / raw:.3f}",
                     f"{raw / 1000 / sum(m.compress_seconds for m in measured):.0f}",
                     f"{raw / 1000 / sum(m.decompress_seconds for m in measured):.0f}", f"{memory / 2**20:.0f}"])
        print(f"{setting:24} {tool.name:12} {size:9} bytes", file=sys.stderr, flush=True)
    return rows


def run(arguments):
    levels = [int(level) for level in arguments.levels.split(",")]
    programs, missing = tools.present([tools.lmc_tool(level, arguments.threads) for level in levels] + PEERS +
                                      tools.paq8px_tools(arguments.paq8px))
    with tempfile.TemporaryDirectory(prefix="lmc-bench-") as name:
        sets = given_files(arguments.jpegs, arguments.limit) if arguments.jpegs else made_files(arguments, pathlib.Path(name))
        rows = [row for setting, files in sets.items() for row in rows_of(setting, files, programs)]
    if not rows:
        return
    how = ("Each file alone, in a process of its own; the seconds include starting the program; KB/s of JPEG; every byte came "
           f"back. No peak memory below {tools.own_memory_mib()} MiB can be seen.")
    if not arguments.jpegs:
        version = tools.version_line(tools.Tool("cjpeg", (), (), version=("cjpeg", "-version")))
        how += (f" The files are the development photographs (8-bit RGB), written by cjpeg ({version}), chroma halved both "
                "ways, baseline unless it says progressive.")
    text = "\n".join([*image.header(programs, missing, arguments, how),
                      table(["JPEG files", "bytes", "of the files", "compress KB/s", "decompress KB/s", "MiB"], rows)]) + "\n"
    print(text)
    if not arguments.dry:
        put_between_marks(tools.ROOT / "docs/results.md", "bench jpeg", text, "JPEG files")
