"""256 KiB and a megabyte of every domain: bytes beside zpaq, and how fast lmc is at the default level."""
import datetime
import pathlib
import tempfile

import corpus
import tools
from report import put_between_marks, table

REPEATS = 3  # the machine's speed drifts: the middle one of three


def run(arguments):
    for size_bytes in map(int, arguments.sizes.split(",")):
        run_size(arguments, size_bytes)


def run_size(arguments, size_bytes):
    threads = arguments.threads or 2
    ours = tools.lmc_tool(5, threads)
    zpaq = next(tool for tool in tools.PEERS if tool.name == "zpaq -m5")
    rows = []
    with tempfile.TemporaryDirectory(prefix="lmc-bench-") as name:
        path = pathlib.Path(name) / "raw"
        for domain in corpus.DOMAINS:
            path.write_bytes(corpus.joined(domain, arguments.data, size_bytes))
            size = path.stat().st_size
            runs = [tools.measure(ours, path) for _ in range(REPEATS)]
            pack = sorted(m.compress_seconds for m in runs)[REPEATS // 2]
            unpack = sorted(m.decompress_seconds for m in runs)[REPEATS // 2]
            peer = tools.measure(zpaq, path).size_bytes
            rows.append([domain, str(peer), str(runs[0].size_bytes), f"{runs[0].size_bytes / peer:.3f}",
                         f"{size / 1000 / pack:.0f}", f"{size / 1000 / unpack:.0f}",
                         f"{max(m.decompress_memory_bytes for m in runs) / 2**20:.0f}"])
    text = (f"Printed by `bench/run --kind large --sizes {size_bytes}` on {datetime.date.today()}, commit {tools.commit_line()}; "
            f"{tools.machine_line()}. The first {size_bytes:,} bytes of each domain's development files put together; "
            f"lmc -5 with {threads} threads, the middle one of {REPEATS} times, starting the program included; the bytes "
            "came back.\n\n" +
            table([f"{size_bytes:,} of", "zpaq -m5", "lmc -5", "of zpaq", "compress KB/s", "decompress KB/s", "MiB"], rows) + "\n")
    print(text)
    if not arguments.dry:
        put_between_marks(tools.ROOT / "docs/results.md", f"bench large {size_bytes}", text,
                          f"Inputs of {size_bytes:,} bytes")
