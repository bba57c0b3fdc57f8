"""The integer products beside a bare loop of the machine's dot instruction, on one core."""
import datetime
import json
import os
import subprocess

import tools
from report import put_between_marks, table


def run(arguments):
    build = tools.ROOT / "build/bench"
    for command in (["cmake", "-G", "Ninja", "-S", tools.ROOT, "-B", build, "-DCMAKE_BUILD_TYPE=Release", "-DLMC_BENCH=ON",
                     "-DLMC_TESTS=OFF"], ["ninja", "-C", build, "matmul_bench"]):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    said = subprocess.run([build / "bench/kernels/matmul_bench", "--benchmark_format=json", "--benchmark_repetitions=3",
                           "--benchmark_min_time=0.05", "--benchmark_filter=bare|/8/|/16/"],
                          capture_output=True, text=True, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"}).stdout
    best = {}
    for entry in json.loads(said)["benchmarks"]:
        if entry.get("run_type") != "aggregate":
            best[entry["run_name"]] = max(best.get(entry["run_name"], 0), entry["MAC/s"])
    bare = best.get("bare_vpdpbusd")
    rows = []
    for name, rate in best.items():
        if name.startswith("product/"):
            _, isa, count, rows_out, columns = name.split("/")
            share = f"{100 * rate / bare:.0f} %" if bare and isa == "avx512" else "-"
            rows.append([isa, f"{rows_out}x{columns}", count, f"{rate / 1e9:.0f}", share])
    text = (f"Printed by `bench/run --kind products` on {datetime.date.today()}, commit {tools.commit_line()}; "
            f"{tools.machine_line()}. One thread, the best of three; a bare loop of vpdpbusd: " +
            (f"{bare / 1e9:.0f} G multiply-adds/s" if bare else "this machine has none") + ".\n\n" +
            table(["kernel", "weights", "rows at once", "G multiply-adds/s", "of the bare loop"], rows) + "\n")
    print(text)
    if not arguments.dry:
        put_between_marks(tools.ROOT / "docs/results.md", "bench products", text, "Integer products")
