"""256 KiB and a megabyte of every group: bytes beside zpaq and others, and how fast lmc is."""
import datetime
import pathlib
import sys
import tempfile

import corpus
import tools
from report import put_between_marks, table


def middle_speed(size_bytes, seconds):
    return f"{size_bytes / 1000 / sorted(seconds)[len(seconds) // 2]:.0f}"


def run(arguments):
    for size_bytes in map(int, arguments.sizes.split(",")):
        run_size(arguments, size_bytes)


def run_size(arguments, size_bytes):
    threads = arguments.threads or 2
    levels = [int(level) for level in arguments.levels.split(",") if int(level) > 0]
    peers = [tool for tool in tools.PEERS if tool.name == "zpaq -m5"] + tools.paq8px_tools(arguments.paq8px)
    rows = []
    with tempfile.TemporaryDirectory(prefix="lmc-bench-") as name:
        path = pathlib.Path(name) / "raw"
        for group in (arguments.groups or ",".join([*corpus.GROUPS, corpus.BINARIES])).split(","):
            path.write_bytes(corpus.joined(group, arguments.data, size_bytes))
            size = path.stat().st_size
            other = {tool.name: tools.measure(tool, path) for tool in peers}
            for level in levels:
                runs = [tools.measure(tools.lmc_tool(level, threads), path) for _ in range(arguments.repeats)]
                ours = runs[0].size_bytes
                rows.append([f"{group}, lmc -{level}", str(ours)] +
                            [f"{ours / m.size_bytes:.3f} ({m.size_bytes})" for m in other.values()] +
                            [middle_speed(size, [m.compress_seconds for m in runs]),
                             middle_speed(size, [m.decompress_seconds for m in runs])] +
                            [middle_speed(size, [m.decompress_seconds]) for name, m in other.items() if name != "zpaq -m5"] +
                            [f"{max(m.decompress_memory_bytes for m in runs) / 2**20:.0f}"])
    slow = [f"{tool.name} KB/s" for tool in peers if tool.name != "zpaq -m5"]
    command = " ".join(sys.argv[1:])
    text = (f"Printed by `bench/run {command}` on {datetime.date.today()}, commit {tools.commit_line()}; "
            f"{tools.machine_line()}. The first {size_bytes:,} bytes (where there are as many) of each group's files put together; "
            f"{threads} threads, the middle one of {arguments.repeats} times, starting the program included; the bytes came back.\n\n" +
            table([f"{size_bytes:,} of", "bytes"] + [f"of {tool.name}" for tool in peers] +
                  ["compress KB/s", "decompress KB/s"] + slow + ["MiB"], rows) + "\n")
    print(text)
    if not arguments.dry:
        put_between_marks(tools.ROOT / "docs/results.md", f"bench large {size_bytes}", text,
                          f"Inputs of {size_bytes:,} bytes")
