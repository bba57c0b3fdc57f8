"""PNG files by many encoders, and gzip, zip and PDF-like containers, through lmc and general compressors, byte for byte.

The PNG files are made of development images (png_encoders.py). A file counts against what lmc makes of the same filtered
rows written by zlib, and against JPEG XL and WebP, which keep the pixels only.
"""
import io
import os
import pathlib
import shutil
import statistics
import sys
import tempfile
import zipfile
import zlib
from dataclasses import dataclass, field

import corpus
import image
import png_encoders
import tools
from png_encoders import run
from report import cost_table, put_between_marks, table

GROUPS = ("graphics", "screenshot", "photo")
PEERS = [tool for tool in tools.PEERS if tool.name in ("xz -9e", "zpaq -m5")]
# It finds deflate streams, describes them (preflate) and compresses what they hold with xz's liblzma; not packaged:
# https://github.com/schnaader/precomp-cpp. Its exit code is 2 if it found no streams.
PRECOMP = tools.Tool("precomp", ("sh", "-c", "precomp -opacked.pcf in || [ $? -eq 2 ]"), ("precomp", "-r", "-oout", "packed.pcf"),
                     packed="packed.pcf", version=("precomp",))
PIXELS_ONLY = (image.CWEBP, image.CJXL)
SLOW = {"zpaq -m5": (png_encoders.USUAL, "libdeflate -6", "libdeflate -12", "pigz -11 (zopfli)", "zopflipng", "the text itself", "gzip -6",
                     "libdeflate-gzip -12", "zip of 40 KB pieces", "PDF-like, pieces of 4 KB")}  # its rows
GOALS = {png_encoders.OPTIMAL: 2.0, png_encoders.LAZY: 4.0, png_encoders.ZLIB: 2.0}  # percent of the PNG
TEXT_BYTES = 1_000_000


@dataclass
class Made:
    """The PNG files of one encoder."""
    encoder: png_encoders.Encoder
    groups: list = field(default_factory=list)  # of each picture
    bytes: list = field(default_factory=list)
    measured: dict = field(default_factory=dict)  # {program: [Measured of each picture]}
    of_zlib: list = field(default_factory=list)  # bytes that lmc makes of the same rows by zlib

    def size(self, program, group=None):
        return sum(m.size_bytes for m, of in zip(self.measured[program], self.groups) if group in (None, of))

    def beyond(self, program, group=None):
        """Percent of the PNG."""
        chosen = [i for i, of in enumerate(self.groups) if group in (None, of)]
        more = sum(self.measured[program][i].size_bytes - self.of_zlib[i] for i in chosen)
        return 100 * more / sum(self.bytes[i] for i in chosen)


def peers(levels, arguments):
    own = [tools.lmc_tool(level, arguments.threads or 2) for level in levels]
    programs, missing = tools.present(PEERS + own)
    if shutil.which("precomp"):
        programs.insert(len(programs) - len(own), PRECOMP)
    else:
        missing.append(PRECOMP.name)
    return programs, missing


def usual_level(levels):
    return f"lmc -{5 if 5 in levels else levels[0]}"


def is_measured(tool, encoder, usual):
    """Slow programs on a few rows, other levels of lmc on the files of optimisers."""
    if tool.name in SLOW:
        return encoder.name in SLOW[tool.name]
    return not tool.name.startswith("lmc") or tool.name == usual or encoder.kind == png_encoders.OPTIMAL


def make(encoder, pictures, programs, usual, path, references):
    """Writes the PNG files one after the other and measures the programs on them. references: sizes that are known."""
    made = Made(encoder)
    mine = next(tool for tool in programs if tool.name == usual)
    for group, picture in pictures:
        png = encoder.write(picture.png)
        made.groups.append(group)
        made.bytes.append(len(png))
        path.write_bytes(png)
        for tool in programs:
            if is_measured(tool, encoder, usual):
                made.measured.setdefault(tool.name, []).append(tools.measure(tool, path))
        plain = png_encoders.by_zlib(png)
        if plain not in references:
            path.write_bytes(plain)
            references[plain] = tools.measure(mine, path).size_bytes
        made.of_zlib.append(references[plain])
    print(f"{encoder.name:22} {sum(made.bytes):9} {made.size(usual):9} {made.beyond(usual):+.2f} %", file=sys.stderr, flush=True)
    return made


def png_table(every, names, usual, groups):
    rows = []
    for made in every:
        sizes = [str(made.size(name)) if name in made.measured else "-" for name in names]
        beyond = [f"{made.beyond(usual, group):+.2f}" for group in (None, *groups)]
        rows.append([made.encoder.name, made.encoder.kind, str(sum(made.bytes)), *sizes, *beyond])
    return table(["PNG files by", "its search", "bytes", *names, "beyond, %", *groups], rows)


def pixel_table(every, pictures, levels):
    """Files of optimisers against what keeps the pixels only."""
    best = [made for made in every if made.encoder.kind == png_encoders.OPTIMAL]
    tools_here, _ = tools.present(PIXELS_ONLY)
    sizes = {tool.name: [image.measure(tool, picture).size_bytes for _, picture in pictures] for tool in tools_here}
    names = [f"lmc -{level}" for level in levels]
    rows = []
    groups = list(dict.fromkeys(group for group, _ in pictures))
    for name, of in [*((group, {group}) for group in groups), ("all but photo", set(groups) - {"photo"}), ("all", set(groups))]:
        chosen = [i for i, (group, _) in enumerate(pictures) if group in of]
        if not chosen:
            continue
        peer = [len(best) * sum(sizes[tool.name][i] for i in chosen) for tool in tools_here]
        mine = [sum(made.measured[each][i].size_bytes for made in best for i in chosen) for each in names]
        raw = len(best) * sum(pictures[i][1].raw_bytes for i in chosen)
        rows.append([name, str(len(best) * len(chosen)), str(raw), str(sum(made.bytes[i] for made in best for i in chosen)),
                     *map(str, peer), *map(str, mine), *(f"{mine[-1 if len(mine) == 1 else names.index(usual_level(levels))] / size:.3f}" for size in peer)])
    return table(["PNG by optimisers", "files", "raw bytes", "bytes", *(tool.name for tool in tools_here), *names,
                  *(f"of {tool.name}" for tool in tools_here)], rows)


def missed(every, usual):
    over = [f"{made.encoder.name} {made.beyond(usual):.2f} %" for made in every if made.beyond(usual) > GOALS[made.encoder.kind]]
    typical = statistics.median(made.beyond(usual) for made in every)
    return (f"Goals: {GOALS[png_encoders.OPTIMAL]:.0f} % for encoders that look for the optimum, {GOALS[png_encoders.LAZY]:.0f} % for the "
            f"others; over: {', '.join(over) or 'none'}. Median: {typical:.2f} %.")


def png_section(arguments, levels, programs, missing, folder):
    usual = usual_level(levels)
    groups = image.load_groups(arguments, GROUPS)
    pictures = [(group, picture) for group, of in groups.items() for picture in of]
    encoders, absent = png_encoders.present()
    missing += absent
    references = {}
    every = [make(encoder, pictures, programs, usual, folder / "png", references) for encoder in encoders]
    names = [tool.name for tool in programs if not tool.name.startswith("lmc")] + [usual]
    costs = {name: [pair for made in every if name in made.measured for pair in zip(made.bytes, made.measured[name])]
             for name in [tool.name for tool in programs]}
    of = ", ".join(f"{len(images)} {group}" for group, images in groups.items())
    return [f"PNG files of {of}. Beyond: what lmc makes of the file, less what it makes of the same filtered rows by {png_encoders.USUAL}, "
            "in % of the PNG; of all pictures and by group.", "", png_table(every, names, usual, groups), "", missed(every, usual), "",
            "Pixels only, and the files of those that look for the optimum:", "", pixel_table(every, pictures, levels), "",
            "Cost, KB/s of PNG:", "", cost_table(costs), ""]


def containers(text):
    """{name: bytes}"""
    made = {"the text itself": text}
    for name, (program, *flags) in {"gzip -6": ("gzip", "-6", "-n", "-c"), "gzip -1": ("gzip", "-1", "-n", "-c"),
                                    "igzip -1": ("igzip", "-1", "-n", "-c"), "pigz -11": ("pigz", "-11", "-n", "-c"),
                                    "libdeflate-gzip -6": ("libdeflate-gzip", "-6", "-c"),
                                    "libdeflate-gzip -12": ("libdeflate-gzip", "-12", "-c")}.items():
        if shutil.which(program):
            made[name] = run([program, *flags], text)
    parts = [text[at:at + 40000] for at in range(0, len(text), 40000)]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for i, part in enumerate(parts):
            archive.writestr(zipfile.ZipInfo(f"word/part{i}.xml"), part, zipfile.ZIP_DEFLATED)
    made["zip of 40 KB pieces"] = buffer.getvalue()
    for name, *command in (("zip by 7-Zip -mx9", "7z", "a", "-tzip", "-mx=9", "out.zip", "word"),
                           ("jar of 40 KB pieces", "jar", "cf", "out.zip", "word")):
        if shutil.which(command[0]):
            made[name] = archive_of(parts, command)
    made["PDF-like, pieces of 4 KB"] = b"%PDF-1.4\n" + b"".join(
        b"%d 0 obj\n<</Length %d/Filter/FlateDecode>>\nstream\n%s\nendstream\nendobj\n" % (i, len(stream), stream)
        for i, stream in enumerate(zlib.compress(text[at:at + 4000]) for at in range(0, len(text), 4000)))
    return made


def archive_of(parts, command):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "word").mkdir()
        for i, part in enumerate(parts):
            (folder / f"word/part{i:02}.xml").write_bytes(part)
        run(command, folder=folder)
        return (folder / "out.zip").read_bytes()


def container_section(arguments, usual, programs, folder):
    programs = [tool for tool in programs if not tool.name.startswith("lmc") or tool.name == usual]
    text = corpus.joined("prose", arguments.data, TEXT_BYTES)
    rows, costs, alone = [], {tool.name: [] for tool in programs}, None
    for name, data in containers(text).items():
        path = folder / "container"
        path.write_bytes(data)
        measured = {tool.name: tools.measure(tool, path) for tool in programs if name in SLOW.get(tool.name, (name,))}
        for tool, m in measured.items():
            costs[tool].append((len(text), m))
        mine = measured[usual].size_bytes
        alone = alone or mine
        rows.append([name, str(len(data)), *(str(measured[tool].size_bytes) if tool in measured else "-" for tool in costs),
                     f"{100 * (mine - alone) / len(data):+.2f}"])
        print(rows[-1], file=sys.stderr, flush=True)
    return [f"Containers of {len(text)} bytes of prose. Beyond: the text's archive, in % of the container (goal: 4 %).", "",
            table(["container", "bytes", *costs, "beyond, %"], rows), "", "Cost, KB/s of the text:", "", cost_table(costs)]


def bench(arguments):
    if not image.can_convert():
        return
    levels = [int(level) for level in arguments.levels.split(",")]
    programs, missing = peers(levels, arguments)
    with tempfile.TemporaryDirectory(prefix="lmc-bench-") as name:
        folder = pathlib.Path(name)
        sections = png_section(arguments, levels, programs, missing, folder)
        sections += container_section(arguments, usual_level(levels), programs, folder)
    how = ("Each file alone, in a process of its own; the seconds include starting the program; every byte came back. Load of the machine "
           f"meanwhile, 1 and 15 minutes: {os.getloadavg()[0]:.1f} and {os.getloadavg()[2]:.1f}; above 2 others had a part of it.")
    shown = programs + [tool for tool in PIXELS_ONLY if shutil.which(tool.program)]
    text = "\n".join([*image.header(shown, missing, arguments, how), png_encoders.versions_line(), "", *sections]) + "\n"
    print(text)
    if not arguments.dry:
        put_between_marks(tools.ROOT / "docs/results.md", "bench deflate", text, "Deflate by other encoders, containers")
