"""An imported language model beside the built-in one, on the first bytes of a development file of every group."""
import datetime
import pathlib
import re
import subprocess
import sys
import tempfile

import corpus
import tools
from report import put_between_marks, table

FIRST_BYTES = 20000
# Rows of lmc-ablate: the network's own code length, then with its learning head, then all mixed.
ALONE, WITH_HEAD = 13, 14


def long_files(group, data, limit):
    """`limit` files that have FIRST_BYTES, spread evenly over the sorted list."""
    files = [p for p in corpus.group_files(group, data, 0) if p.stat().st_size >= FIRST_BYTES]
    return [files[i * len(files) // limit] for i in range(min(limit, len(files)))]


def model_tool(model, level, threads):
    flags = ("-q", f"-T{threads}")
    return tools.Tool(f"{model} -{level}", (tools.LMC, *flags, f"-{level}", "--model", model, "-o", "packed", "in"),
                      (tools.LMC, *flags, "-d", "-o", "out", "packed"))


def alone(path, model_file, case):
    program = tools.ROOT / "build/release/tools/ablate/lmc-ablate"
    said = subprocess.run([program, model_file, path, "--case", str(case)], capture_output=True, text=True, check=True)
    return int(re.search(r"\| the language model [^|]*\| (\d+) \|", said.stdout)[1])


def run(arguments):
    model, threads = arguments.model, arguments.threads or 2
    info = subprocess.run([tools.LMC, "model", "info", model], capture_output=True, text=True)
    if info.returncode != 0:
        sys.exit(f"bench: {info.stderr}scripts/get-model smollm2 brings a model")
    fields = dict(line.split(None, 1) for line in info.stdout.splitlines())
    rows = []
    with tempfile.TemporaryDirectory(prefix="lmc-bench-") as name:
        path = pathlib.Path(name) / "raw"
        for group in (arguments.groups or ",".join(corpus.GROUPS)).split(","):
            for file in long_files(group, arguments.data, arguments.limit or 1):
                path.write_bytes(file.read_bytes()[:FIRST_BYTES])
                usual, best = (tools.measure(tools.lmc_tool(level, threads), path).size_bytes for level in (5, 9))
                ours = tools.measure(model_tool(model, 9, threads), path)
                rows.append(["/".join(file.parts[-2:]), str(usual), str(best), str(ours.size_bytes),
                             f"{ours.size_bytes / usual:.3f}", str(alone(path, fields["file"], ALONE)),
                             str(alone(path, fields["file"], WITH_HEAD)), f"{ours.compress_seconds:.0f}",
                             f"{ours.decompress_seconds:.0f}", f"{ours.decompress_memory_bytes / 2**20:.0f}"])
                print(" | ".join(rows[-1]), file=sys.stderr, flush=True)
    text = (f"Printed by `bench/run {' '.join(sys.argv[1:])}` on {datetime.date.today()}, commit {tools.commit_line()}; "
            f"{tools.machine_line()}; {threads} threads. Model: {model}, SHA-256 {fields['sha256'][:16]}... The first {FIRST_BYTES:,} bytes "
            "of each file; archives whole, with the 32 bytes that name the model; the bytes came back. *Alone*: code length of the "
            "network, nothing adapts; *head*: its output layer learns. Seconds and MiB of the archive that the model made.\n\n" +
            table(["file", "lmc -5", "lmc -9", f"-9 --model {model}", "of lmc -5", "alone", "head", "s in", "s out", "MiB"],
                  rows) + "\n")
    print(text)
    if not arguments.dry:
        put_between_marks(tools.ROOT / "docs/results.md", "bench bigmodels", text, "Imported language models")
