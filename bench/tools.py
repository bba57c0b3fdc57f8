"""The programs that are measured against each other, and how one of them is run on one file.

Every run is a child process of its own in a temporary folder: seconds are wall clock, memory is the peak of the child,
and the restored bytes are compared with the original, so a size is never reported for a file that did not come back.
"""
import os
import pathlib
import platform
import re
import resource
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parent.parent
LMC = os.environ.get("LMC_PROGRAM", str(ROOT / "build/lmc"))


@dataclass(frozen=True)
class Tool:
    name: str
    compress: tuple  # reads "in", writes "packed"
    decompress: tuple  # reads "packed", writes "out"
    packed: str = "packed"  # some insist on a suffix
    out: str = "out"
    version: tuple = ()

    @property
    def program(self):
        return self.compress[0]


def filter_tool(name, program, *flags):
    """A program that reads standard input and writes standard output."""
    return Tool(name, (program, *flags), (program, "-d", *[f for f in flags if f.startswith("--long")], "-c"),
                version=(program, "--version"))


PEERS = [
    filter_tool("gzip -9", "gzip", "-9", "-c"),
    filter_tool("bzip2 -9", "bzip2", "-9", "-c"),
    filter_tool("xz -9e", "xz", "-9e", "-c"),
    filter_tool("zstd -22", "zstd", "-q", "--ultra", "-22", "--long=27", "-c"),
    filter_tool("brotli -11", "brotli", "-q", "11", "-w", "24", "-c"),
    Tool("7z PPMd", ("7z", "a", "-t7z", "-mx=9", "-m0=PPMd:o=16:mem=256m", "packed.7z", "in"),
         ("7z", "x", "-y", "-ounpacked", "packed.7z"), packed="packed.7z", out="unpacked/in", version=("7z",)),
    Tool("zpaq -m5", ("zpaq", "a", "packed.zpaq", "in", "-m5"), ("zpaq", "x", "packed.zpaq", "in", "-to", "out"),
         packed="packed.zpaq", version=("zpaq",)),
]


def paq8px_tools(program):
    """paq8px, which Debian does not package: built from its source elsewhere, named with --paq8px."""
    if not program:
        return []
    return [Tool("paq8px -9", (program, "-9", "in", "packed"), (program, "-d", "packed", "out"), version=(program,))]


def lmc_tool(level, threads):
    flags = ("-q", f"-T{threads}")
    return Tool(f"lmc -{level}", (LMC, *flags, f"-{level}", "-o", "packed", "in"),
                (LMC, *flags, "-d", "-o", "out", "packed"), version=(LMC, "--version"))


@dataclass
class Measured:
    size_bytes: int
    compress_seconds: float
    decompress_seconds: float
    compress_memory_bytes: int
    decompress_memory_bytes: int


def run_child(command, folder, stdin=None, stdout=None):
    """Runs to the end; returns seconds and peak memory. Raises with what the program said if it failed."""
    with open(folder / "messages", "wb") as messages:
        begin = time.monotonic()
        child = subprocess.Popen(command, cwd=folder, stdin=stdin or subprocess.DEVNULL, stdout=stdout or messages,
                                 stderr=messages)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.monotonic() - begin
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        said = (folder / "messages").read_text(errors="replace")[-500:]
        raise RuntimeError(f"{' '.join(map(str, command))}: exit code {child.returncode}: {said}")
    return seconds, usage.ru_maxrss * 1024


def measure(tool, path):
    """Compresses and restores the file at path; raises unless it comes back."""
    with tempfile.TemporaryDirectory(prefix="lmc-bench-") as name:
        folder = pathlib.Path(name)
        shutil.copyfile(path, folder / "in")
        if tool.compress[-1] == "-c":
            with open(folder / "in", "rb") as source, open(folder / "packed", "wb") as sink:
                compress = run_child(tool.compress, folder, source, sink)
            with open(folder / "packed", "rb") as source, open(folder / "out", "wb") as sink:
                decompress = run_child(tool.decompress, folder, source, sink)
        else:
            compress = run_child(tool.compress, folder)
            decompress = run_child(tool.decompress, folder)
        if (folder / tool.out).read_bytes() != (folder / "in").read_bytes():
            raise RuntimeError(f"{tool.name}: {path} did not come back")
        return Measured((folder / tool.packed).stat().st_size, compress[0], decompress[0], compress[1], decompress[1])


def present(tools):
    """Splits into those that are installed and the names of those that are not."""
    have = [tool for tool in tools if shutil.which(tool.program)]
    return have, [tool.name for tool in tools if tool not in have]


def version_line(tool):
    said = subprocess.run(tool.version, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    lines = (said.stdout + said.stderr).strip().splitlines() or ["?"]
    return next((line for line in lines if re.search(r"\d\.\d", line)), lines[0]).strip(" *")


def machine_line():
    model = "unknown CPU"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB memory, {platform.system()} {platform.release()}"


def own_memory_mib():
    """The peak of this Python; a child's peak counts what it was born with, so none is below."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def commit_line():
    def git(*arguments):
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    changed = git("status", "--porcelain", "--untracked-files=no", "--", "lmc", "tools", "models")
    return (git("rev-parse", "--short=12", "HEAD") or "unknown") + (" with local changes" if changed else "")


def model_line():
    """What `lmc model info` says about the default model, with the size of its file."""
    said = subprocess.run([LMC, "model", "info"], capture_output=True, text=True)
    if said.returncode != 0:
        return "none"
    fields = dict(line.split(None, 1) for line in said.stdout.splitlines() if len(line.split(None, 1)) == 2)
    path = pathlib.Path(fields["file"])
    return f"{fields['name']}, {path.stat().st_size} bytes, SHA-256 {fields['sha256'][:16]}..."
