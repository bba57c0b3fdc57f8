"""Every development file through every program, each alone."""
import datetime
import pathlib
import sys

import corpus
import plot
import tools
from report import cost_table, put_between_marks, table

DEFAULT_LEVEL = 5


def measure_group(group, files, programs):
    """{program name: [Measured for each file]}"""
    out = {}
    for tool in programs:
        out[tool.name] = [tools.measure(tool, path) for path in files]
        size = sum(m.size_bytes for m in out[tool.name])
        print(f"{group:16} {tool.name:12} {size:9} bytes", file=sys.stderr, flush=True)
    return out


def size_table(results, names):
    rows = []
    for group, (files, measured) in results.items():
        raw = sum(p.stat().st_size for p in files)
        sizes = {name: sum(m.size_bytes for m in measured[name]) for name in names}
        rows.append([group, str(len(files)), str(raw)] + [str(sizes[name]) for name in names])
    return table(["group", "files", "bytes"] + names, rows)


def ratio_table(results, names, base):
    """Sizes relative to those of one program."""
    rows = []
    for group, (_, measured) in results.items():
        size = sum(m.size_bytes for m in measured[base])
        rows.append([group] + [f"{sum(m.size_bytes for m in measured[name]) / size:.3f}" for name in names])
    return table([f"{base} = 1"] + names, rows)


def costs(results, names):
    return cost_table({name: [(p.stat().st_size, m) for files, measured in results.values()
                              for p, m in zip(files, measured[name])] for name in names})


def losses(results, ours, theirs):
    """Files that our program does not make smaller than theirs."""
    lines = []
    for group, (files, measured) in results.items():
        for path, a, b in zip(files, measured[ours], measured[theirs]):
            if a.size_bytes >= b.size_bytes:
                lines.append(f"* {group}: {'/'.join(path.parts[-2:])}: {a.size_bytes} against {b.size_bytes} bytes")
    return "\n".join(lines) or "none"


def report(results, programs, missing, arguments):
    names = [tool.name for tool in programs]
    default = f"lmc -{DEFAULT_LEVEL}" if f"lmc -{DEFAULT_LEVEL}" in names else names[-1]
    command = "bench/run " + " ".join(sys.argv[1:])
    lines = [f"Printed by `{command}` on {datetime.date.today()}, commit {tools.commit_line()}.",
             f"Machine: {tools.machine_line()}. Model: {tools.model_line()}.",
             "Each file alone, in a process of its own; sizes are sums, framing included; the seconds include starting "
             "the program; every file came back; binaries: " + ", ".join(corpus.BINARY_FILES) + "; no peak memory below about 16 MiB can be seen, which is that of the Python "
             "that starts the program. lmc used " +
             (f"{arguments.threads} threads." if arguments.threads else "a thread for each core, as it does by itself.")]
    if missing:
        lines.append("Not installed: " + ", ".join(missing) + ".")
    lines += ["", "Versions and flags:", ""]
    lines += [f"* {tool.name}: {tools.version_line(tool)}; `{' '.join([pathlib.Path(tool.program).name, *tool.compress[1:]])}`"
              for tool in programs]
    lines += ["", "Bytes:", "", size_table(results, names), ""]
    for base in ("zpaq -m5", "xz -9e"):
        if base in names:
            lines += [f"Relative to {base}:", "", ratio_table(results, names, base), ""]
    lines += ["Cost, over all groups:", "", costs(results, names), ""]
    if "xz -9e" in names:
        lines += [f"Files that {default} does not make smaller than xz -9e: ", "", losses(results, default, "xz -9e")]
    return "\n".join(lines) + "\n"


def run(arguments):
    levels = [int(level) for level in arguments.levels.split(",")]
    programs, missing = tools.present(tools.PEERS + [tools.lmc_tool(level, arguments.threads) for level in levels])
    results = {}
    for group in (arguments.groups or ",".join([*corpus.GROUPS, corpus.BINARIES])).split(","):
        files = corpus.group_files(group, arguments.data, arguments.limit)
        results[group] = (files, measure_group(group, files, programs))
    text = report(results, programs, missing, arguments)
    print(text)
    if not arguments.dry:
        put_between_marks(tools.ROOT / "docs/results.md", "bench text", text, "Text against other programs")
        plot.write(tools.ROOT / "docs/results.svg", plot_points(results, [tool.name for tool in programs]))


def plot_points(results, names):
    """{program: (KB/s there and back, bytes relative to zpaq -m5: the mean over the groups)}"""
    base = "zpaq -m5" if "zpaq -m5" in names else names[0]
    points = {}
    for name in names:
        raw = seconds = ratios = 0
        for files, measured in results.values():
            raw += sum(path.stat().st_size for path in files)
            seconds += sum(m.compress_seconds + m.decompress_seconds for m in measured[name])
            ratios += sum(m.size_bytes for m in measured[name]) / sum(m.size_bytes for m in measured[base])
        points[name] = (raw / 1000 / seconds, ratios / len(results))
    return points
