"""A megabyte of every domain: bytes beside zpaq, and how fast lmc is at the default level."""
import datetime
import pathlib
import tempfile

import corpus
import tools
from report import put_between_marks, table

SIZE_BYTES = 1_000_000
REPEATS = 3  # the machine's speed drifts: the middle one of three


def run(arguments):
    threads = arguments.threads or 2
    ours = tools.lmc_tool(5, threads)
    zpaq = next(tool for tool in tools.PEERS if tool.name == "zpaq -m5")
    rows = []
    with tempfile.TemporaryDirectory(prefix="lmc-bench-") as name:
        path = pathlib.Path(name) / "raw"
        for domain in corpus.DOMAINS:
            path.write_bytes(corpus.joined(domain, arguments.data, SIZE_BYTES))
            size = path.stat().st_size
            runs = [tools.measure(ours, path) for _ in range(REPEATS)]
            pack = sorted(m.compress_seconds for m in runs)[REPEATS // 2]
            unpack = sorted(m.decompress_seconds for m in runs)[REPEATS // 2]
            peer = tools.measure(zpaq, path).size_bytes
            rows.append([domain, str(peer), str(runs[0].size_bytes), f"{runs[0].size_bytes / peer:.3f}",
                         f"{size / 1000 / pack:.0f}", f"{size / 1000 / unpack:.0f}",
                         f"{max(m.decompress_memory_bytes for m in runs) / 2**20:.0f}"])
    text = (f"Printed by `bench/run --kind large` on {datetime.date.today()}, commit {tools.commit_line()}; "
            f"{tools.machine_line()}. The first {SIZE_BYTES:,} bytes of each domain's development files put together; "
            f"lmc -5 with {threads} threads, the middle one of {REPEATS} times, starting the program included; the bytes "
            "came back.\n\n" +
            table(["1 MB of", "zpaq -m5", "lmc -5", "of zpaq", "compress KB/s", "decompress KB/s", "MiB"], rows) + "\n")
    print(text)
    if not arguments.dry:
        put_between_marks(tools.ROOT / "docs/results.md", "bench large", text, "Larger inputs")
