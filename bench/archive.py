"""Tars: of everything (some small files of every group, two programs, noise), and of photographs with a few texts."""
import datetime
import hashlib
import io
import pathlib
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile

import corpus
import image
import raster
import tools
from report import put_between_marks, table

FILES, MOST_BYTES, NOISE_BYTES = 6, 50_000, 70_000  # of each group, the largest, and of noise
ALBUM_PHOTOS, ALBUM_TEXTS = 30, 6
PROGRAMS = ("/usr/bin/gzip", "/usr/bin/cut")


def members(data):
    """[(name, content)], in the order of the groups."""
    out = [(path, pathlib.Path(path).read_bytes()) for path in PROGRAMS if pathlib.Path(path).exists()]
    for group in corpus.GROUPS:
        small = [p for p in corpus.group_files(group, data, 0) if 1000 <= p.stat().st_size <= MOST_BYTES]
        out += [(f"{group}/{p.parts[-2]}/{p.name}", p.read_bytes()) for p in small[::max(1, len(small) // FILES)][:FILES]]
    return out + [("noise", random.Random(7).randbytes(NOISE_BYTES))]


def album_members(arguments):
    """[(name, content)]: development photographs as JPEG, PNG and PPM files, and some texts about as long as captions."""
    if not image.can_convert() or not all(map(shutil.which, ("cjpeg", "pnmtopng"))):
        sys.exit("bench: kind album needs cjpeg, pnmtopng and dwebp; scripts/install-deps.sh --bench installs them")
    photos = image.load_groups(arguments, ("photo",))["photo"][:ALBUM_PHOTOS]
    makers = [(".jpg", ["cjpeg", "-quality", "85"]), (".jpg", ["cjpeg", "-quality", "92"]), (".jpg", ["cjpeg", "-quality", "85", "-progressive"]),
              (".png", ["pnmtopng"]), (".ppm", ["cat"])]
    out = []
    for i, photo in enumerate(photos):
        suffix, command = makers[i % len(makers)]
        content = subprocess.run(command, input=raster.write(photo.picture), check=True, capture_output=True).stdout
        out.append((f"album/{photo.name}{suffix}", content))
    texts = [p for p in corpus.group_files("prose", arguments.data, 0) if p.stat().st_size > 2000]
    return out + [(f"album/{path.name}", path.read_bytes()[:2000]) for path in texts[:ALBUM_TEXTS]]


def make_archive(members):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in members:
            entry = tarfile.TarInfo(name.lstrip("/")[-99:])
            entry.size = len(content)
            entry.mtime = 1_600_000_000 + len(name)
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def measure(archive, what, mark, title, arguments):
    levels = [int(level) for level in arguments.levels.split(",")]
    programs, _ = tools.present(tools.PEERS + [tools.lmc_tool(level, arguments.threads or 2) for level in levels])
    rows = []
    with tempfile.TemporaryDirectory(prefix="lmc-bench-") as name:
        path = pathlib.Path(name) / "raw.tar"
        path.write_bytes(archive)
        for tool in programs:
            m = tools.measure(tool, path)
            rows.append([tool.name, str(m.size_bytes), f"{m.size_bytes / len(archive):.3f}",
                         f"{len(archive) / 1000 / m.compress_seconds:.0f}", f"{len(archive) / 1000 / m.decompress_seconds:.0f}",
                         f"{max(m.compress_memory_bytes, m.decompress_memory_bytes) / 2**20:.0f}"])
            print(rows[-1], file=sys.stderr, flush=True)
    text = (f"Printed by `bench/run {' '.join(sys.argv[1:])}` on {datetime.date.today()}, commit {tools.commit_line()}; "
            f"{tools.machine_line()}. {what}: {len(archive):,} bytes, SHA-256 {hashlib.sha256(archive).hexdigest()[:16]}...; "
            "the bytes came back.\n\n" +
            table(["program", "bytes", "of the archive", "compress KB/s", "decompress KB/s", "MiB"], rows) + "\n")
    print(text)
    if not arguments.dry:
        put_between_marks(tools.ROOT / "docs/results.md", mark, text, title)


def run(arguments):
    what = f"{FILES} files of up to {MOST_BYTES:,} bytes of each group, two programs and {NOISE_BYTES:,} bytes of noise"
    measure(make_archive(members(arguments.data)), what, "bench archive", "A tar of everything", arguments)


def run_album(arguments):
    what = (f"{ALBUM_PHOTOS} development photographs, of five each three as JPEG files (quality 85, 92, and 85 progressive), one as PNG "
            f"and one as PPM, and {ALBUM_TEXTS} texts of 2,000 bytes")
    measure(make_archive(album_members(arguments)), what, "bench album", "A tar of photographs", arguments)
