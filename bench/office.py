"""A folder of office files made by common tools of development texts, tables and images, through lmc, before and after it
opened containers, and general compressors: each file alone, and all in one tar."""
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import replace

import corpus
import deflate
import image
import png_encoders
import tools
from report import cost_table, put_between_marks, table

TEXTS, TEXT_BYTES = 11, 60_000
BEFORE = os.environ.get("LMC_BEFORE")  # the program as it was before containers were opened
PACKAGES = ("python-docx", "openpyxl", "odfpy", "reportlab")


def write_sources(arguments, folder):
    text = corpus.joined("prose", arguments.data, TEXTS * TEXT_BYTES)
    for i in range(TEXTS):
        (folder / f"{i:02}.txt").write_bytes(text[i * TEXT_BYTES:(i + 1) * TEXT_BYTES])
    tables = [path for path in corpus.group_files("logs and tables", arguments.data, 0) if path.suffix == ".csv"]
    for i, path in enumerate(tables[:3]):
        shutil.copyfile(path, folder / f"{i}.csv")
    arguments.limit = arguments.limit or 1
    groups = image.load_groups(arguments, deflate.GROUPS)
    for group, pictures in groups.items():
        for picture in pictures:
            if group != "photo":
                (folder / f"{picture.name}.png").write_bytes(png_encoders.by_zlib(picture.png))
                continue
            jpeg = subprocess.run(["cjpeg", "-quality", "90"], input=picture.raw, capture_output=True, check=True).stdout
            (folder / f"{picture.name}.jpg").write_bytes(jpeg)


def before_tool(level, threads):
    """lmc of an older tree, and the commit of that tree."""
    now = tools.lmc_tool(level, threads)
    commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=pathlib.Path(BEFORE).parent, capture_output=True,
                            text=True).stdout.strip()
    return replace(now, name=f"lmc -{level} at {commit}", compress=(BEFORE, *now.compress[1:]),
                   decompress=(BEFORE, *now.decompress[1:]), version=(BEFORE, "--version"))


def versions():
    ask = f"import importlib.metadata as m; print(', '.join(f'{{n}} {{m.version(n)}}' for n in {PACKAGES}))"
    return subprocess.run([png_encoders.PYTHON, "-c", ask], capture_output=True, text=True).stdout.strip()


def run(arguments):
    if not image.can_convert():
        return
    level = int(arguments.levels.split(",")[0])
    programs, missing = deflate.peers([level], arguments)
    if BEFORE:
        programs.insert(len(programs) - 1, before_tool(level, arguments.threads or 2))
    else:
        missing.append("lmc as it was before (LMC_BEFORE)")
    rows, costs = [], {tool.name: [] for tool in programs}
    with tempfile.TemporaryDirectory(prefix="lmc-office-") as name:
        sources, folder = pathlib.Path(name) / "sources", pathlib.Path(name) / "office"
        sources.mkdir()
        write_sources(arguments, sources)
        subprocess.run([png_encoders.PYTHON, png_encoders.SOURCES / "office_files.py", sources, folder], check=True)
        kinds = {}
        for path in sorted(folder.iterdir()):
            kinds.setdefault(path.suffix[1:], []).append(path)
        whole = pathlib.Path(name) / "office.tar"
        with tarfile.open(whole, "w") as tar:
            tar.add(folder, "office")
        kinds["all of them in a tar"] = [whole]
        for kind, paths in kinds.items():
            sizes = []
            for tool in programs:
                measured = [tools.measure(tool, path) for path in paths]
                costs[tool.name] += [(path.stat().st_size, m) for path, m in zip(paths, measured)]
                sizes.append(sum(m.size_bytes for m in measured))
            rows.append([kind, len(paths), sum(path.stat().st_size for path in paths), *sizes])
            print(rows[-1], file=sys.stderr, flush=True)
    each = rows[:-1]
    rows.insert(-1, ["each of them alone", *(sum(column) for column in zip(*(row[1:] for row in each)))])
    rows = [[row[0], *map(str, row[1:])] for row in rows]
    how = ("Sums of files, each in a process of its own; every byte came back. The files: " + versions() + ", zipfile; of "
           f"{TEXTS} texts of {TEXT_BYTES} bytes, three tables, pictures as PNG and JPEG (`bench/encoders/office_files.py`). "
           f"Load of the machine over the last 15 minutes: {os.getloadavg()[2]:.1f}; above 2 others had a part of it.")
    text = "\n".join([*image.header(programs, missing, arguments, how), table(["files", "number", "bytes", *costs], rows), "",
                      "Cost, KB/s of the files:", "", cost_table(costs)]) + "\n"
    print(text)
    if not arguments.dry:
        put_between_marks(tools.ROOT / "docs/results.md", "bench office", text, "A folder of office files")
