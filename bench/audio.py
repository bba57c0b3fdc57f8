"""Development sounds as WAV files through lmc and the lossless audio programs, and as FLAC files of several encoders
through lmc; every byte of the file comes back."""
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

import image
import tools
from report import put_between_marks, table

GROUPS = ("speech", "music", "env")  # how the names of the files begin
PEERS = [
    tools.Tool("flac -8", ("flac", "-s", "-8", "--no-padding", "--keep-foreign-metadata", "-o", "packed.flac", "in.wav"),
               ("flac", "-s", "-d", "--keep-foreign-metadata", "-o", "out.wav", "packed.flac"),
               packed="packed.flac", out="out.wav", version=("flac", "--version")),
    tools.Tool("wavpack -hhx6", ("wavpack", "-q", "-hhx6", "in.wav", "-o", "packed.wv"),
               ("wvunpack", "-q", "packed.wv", "-o", "out.wav"), packed="packed.wv", out="out.wav",
               version=("wavpack", "--version")),
]


def sac_tools(program):
    """sac, which Debian does not package: built from its source elsewhere, named with --sac."""
    if not program:
        return []
    return [tools.Tool("sac --normal", (program, "--encode", "--normal", "in.wav", "packed.sac"), (program, "--decode", "packed.sac", "out.wav"),
                       packed="packed.sac", out="out.wav", version=(program,))]


ENCODERS = [  # of FLAC files
    ("flac -0", ("flac", "-s", "-f", "-0", "in.wav", "-o", "out.flac")),
    ("flac -5", ("flac", "-s", "-f", "-5", "in.wav", "-o", "out.flac")),
    ("flac -8", ("flac", "-s", "-f", "-8", "in.wav", "-o", "out.flac")),
    ("ffmpeg -compression_level 5", ("ffmpeg", "-v", "error", "-y", "-i", "in.wav", "-compression_level", "5", "out.flac")),
    ("ffmpeg -compression_level 12", ("ffmpeg", "-v", "error", "-y", "-i", "in.wav", "-compression_level", "12", "out.flac")),
]


def development_files(data, folder, limit):
    """{group: WAV files}, decoded from the FLAC files of the tars."""
    for name in GROUPS:
        archive = pathlib.Path(data) / "audio" / f"{name}.tar"
        if not archive.exists():
            sys.exit(f"bench: {archive} is missing; name the sounds with --data or LMC_DATA")
        with tarfile.open(archive) as tar:
            tar.extractall(folder, [member for member in tar if "dev/" in member.name and member.isfile()], filter="data")
    out = {}
    for group in GROUPS:
        packed = sorted(path for path in folder.rglob(f"{group}*.flac"))
        if limit and len(packed) > limit:
            packed = [packed[i * len(packed) // limit] for i in range(limit)]
        out[group] = []
        for path in packed:
            wav = folder / f"{path.stem}.wav"
            subprocess.run(["flac", "-s", "-f", "-d", "-o", wav, path], check=True)
            out[group].append(wav)
    return out


def samples_of(path):
    """How many samples of all channels a plain WAV file holds."""
    head = path.read_bytes()[:44]
    return (path.stat().st_size - 44) // (int.from_bytes(head[34:36], "little") // 8)


def with_suffix(tool):
    """lmc reads a file of any name; here all programs read the same one."""
    return tools.Tool(tool.name, tuple("in.wav" if word == "in" else word for word in tool.compress), tool.decompress,
                      version=tool.version)


def measure(tool, path):
    with tempfile.TemporaryDirectory(prefix="lmc-bench-") as name:
        folder = pathlib.Path(name)
        shutil.copyfile(path, folder / "in.wav")
        compress = tools.run_child(tool.compress, folder)
        decompress = tools.run_child(tool.decompress, folder)
        if (folder / tool.out).read_bytes() != path.read_bytes():
            raise RuntimeError(f"{tool.name}: {path} did not come back")
        return tools.Measured((folder / tool.packed).stat().st_size, compress[0], decompress[0], compress[1], decompress[1])


def flac_rows(groups, tool):
    """What lmc makes of the FLAC files of each encoder, and how many bytes more than of the WAV file."""
    def size(path, name):
        with tempfile.TemporaryDirectory(prefix="lmc-bench-") as folder:
            folder = pathlib.Path(folder)
            shutil.copyfile(path, folder / name)
            tools.run_child(tuple(name if word == "in" else word for word in tool.compress), folder)
            tools.run_child(tool.decompress, folder)
            if (folder / tool.out).read_bytes() != path.read_bytes():
                raise RuntimeError(f"{tool.name}: {path} did not come back")
            return (folder / tool.packed).stat().st_size

    rows = []
    for group, files in groups.items():
        plain = sum(size(path, "in.wav") for path in files)
        for name, command in ENCODERS:
            if not shutil.which(command[0]):
                continue
            packed = ours = 0
            for path in files:
                with tempfile.TemporaryDirectory(prefix="lmc-bench-") as folder:
                    shutil.copyfile(path, pathlib.Path(folder) / "in.wav")
                    subprocess.run(command, cwd=folder, check=True)
                    flac = pathlib.Path(folder) / "out.flac"
                    packed += flac.stat().st_size
                    ours += size(flac, "in.flac")
            rows.append([f"{group}, {name}", str(packed), str(ours), f"{ours / packed:.3f}", f"{100 * (ours - plain) / packed:.2f} %"])
            print(f"{group:8} {name:30} {packed:9} {ours:9} {rows[-1][3]} {rows[-1][4]}", file=sys.stderr, flush=True)
    return rows


def run(arguments):
    if not shutil.which("flac"):
        print("audio: skipped, flac is missing; apt-get install flac wavpack", file=sys.stderr)
        return
    levels = [int(level) for level in arguments.levels.split(",")]
    lmc = [with_suffix(tools.lmc_tool(level, arguments.threads)) for level in levels]
    programs, missing = tools.present(PEERS + sac_tools(arguments.sac) + lmc)
    rows = []
    with tempfile.TemporaryDirectory(prefix="lmc-bench-") as name:
        groups = development_files(arguments.data, pathlib.Path(name), arguments.limit)
        for group, files in groups.items():
            raw = sum(path.stat().st_size for path in files)
            samples = sum(samples_of(path) for path in files)
            rows.append([f"{group}: {len(files)} files", str(raw), "", "", "", ""])
            base = 0
            for tool in programs:
                measured = [measure(tool, path) for path in files]
                size = sum(m.size_bytes for m in measured)
                base = base or size
                memory = max(max(m.compress_memory_bytes, m.decompress_memory_bytes) for m in measured)
                rows.append([f"{group}, {tool.name}", str(size), f"{size / base:.3f}",
                             f"{samples / 1000 / sum(m.compress_seconds for m in measured):.0f}",
                             f"{samples / 1000 / sum(m.decompress_seconds for m in measured):.0f}", f"{memory / 2**20:.0f}"])
                print(f"{group:8} {tool.name:14} {size:9} bytes {rows[-1][3]:>6} {rows[-1][4]:>6} k samples/s", file=sys.stderr,
                      flush=True)
        of_flac = flac_rows(groups, tools.lmc_tool(5, arguments.threads))
    how = ("Each clip alone, as a WAV file, in a process of its own; the seconds include starting the program; thousands of samples a "
           "second, all channels (44.1 kHz stereo in real time: 88); every byte came back.")
    text = "\n".join([*image.header(programs, missing, arguments, how),
                      table(["sounds", "bytes", "of flac -8", "compress", "decompress", "MiB"], rows), "",
                      "FLAC files as their encoders write them, at level 5; the last column is what is more than of the WAV file (what the "
                      "encoder chose, metadata, padding), of the .flac.", "",
                      table(["FLAC files", "bytes", "lmc -5", "of the .flac", "more than of the WAV"], of_flac)]) + "\n"
    print(text)
    if not arguments.dry:
        put_between_marks(tools.ROOT / "docs/results.md", "bench audio", text, "Sound")
