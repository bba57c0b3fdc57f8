"""A tar of everything: some small files of every group, two programs and noise in one archive."""
import datetime
import hashlib
import io
import pathlib
import random
import sys
import tarfile
import tempfile

import corpus
import tools
from report import put_between_marks, table

FILES, MOST_BYTES, NOISE_BYTES = 6, 50_000, 70_000  # of each group, the largest, and of noise
PROGRAMS = ("/usr/bin/gzip", "/usr/bin/cut")


def members(data):
    """[(name, content)], in the order of the groups."""
    out = [(path, pathlib.Path(path).read_bytes()) for path in PROGRAMS if pathlib.Path(path).exists()]
    for group in corpus.GROUPS:
        small = [p for p in corpus.group_files(group, data, 0) if 1000 <= p.stat().st_size <= MOST_BYTES]
        out += [(f"{group}/{p.parts[-2]}/{p.name}", p.read_bytes()) for p in small[::max(1, len(small) // FILES)][:FILES]]
    return out + [("noise", random.Random(7).randbytes(NOISE_BYTES))]


def make_archive(data):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in members(data):
            entry = tarfile.TarInfo(name.lstrip("/")[-99:])
            entry.size = len(content)
            entry.mtime = 1_600_000_000 + len(name)
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def run(arguments):
    levels = [int(level) for level in arguments.levels.split(",")]
    programs, _ = tools.present(tools.PEERS + [tools.lmc_tool(level, arguments.threads or 2) for level in levels])
    archive = make_archive(arguments.data)
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
            f"{tools.machine_line()}. {FILES} files of up to {MOST_BYTES:,} bytes of each group, two programs and "
            f"{NOISE_BYTES:,} bytes of noise: {len(archive):,} bytes, SHA-256 {hashlib.sha256(archive).hexdigest()[:16]}...; "
            "the bytes came back.\n\n" +
            table(["program", "bytes", "of the archive", "compress KB/s", "decompress KB/s", "MiB"], rows) + "\n")
    print(text)
    if not arguments.dry:
        put_between_marks(tools.ROOT / "docs/results.md", "bench archive", text, "A tar of everything")
