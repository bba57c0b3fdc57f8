"""Development clips as Y4M files through lmc and the lossless video encoders of FFmpeg; every frame comes back."""
import hashlib
import pathlib
import shutil
import subprocess
import sys
import tempfile

import image
import tools
from report import put_between_marks, table

STILL = ("akiyo", "ciscovt2people", "news", "wavingtrees", "webcam")  # how the names of clips from a fixed camera begin


def encoder(name, suffix, *options):
    return tools.Tool(name, ("ffmpeg", "-v", "error", "-y", "-i", "in.y4m", *options, f"packed.{suffix}"),
                      ("ffmpeg", "-v", "error", "-y", "-i", f"packed.{suffix}", "-f", "yuv4mpegpipe", "-strict", "-1", "out.y4m"),
                      packed=f"packed.{suffix}", out="out.y4m", version=("ffmpeg", "-version"))


FFV1 = ("-c:v", "ffv1", "-level", "3", "-coder", "1", "-context", "1")
PEERS = [
    encoder("ffv1 -g 1", "nut", *FFV1, "-g", "1"),
    encoder("ffv1 long", "nut", *FFV1, "-g", "600"),
    encoder("x264 -qp 0 veryslow", "h264", "-c:v", "libx264", "-qp", "0", "-preset", "veryslow"),
    encoder("x265 lossless slower", "hevc", "-c:v", "libx265", "-preset", "slower", "-x265-params", "lossless=1:log-level=none"),
    encoder("vp9 lossless", "ivf", "-c:v", "libvpx-vp9", "-lossless", "1", "-deadline", "good", "-cpu-used", "0"),
    encoder("av1 lossless", "ivf", "-c:v", "libaom-av1", "-aom-params", "lossless=1", "-crf", "0", "-cpu-used", "3"),
]


def development_clips(data, folder, limit):
    clips = sorted((pathlib.Path(data) / "video" / "dev").glob("*.mkv"))
    if not clips:
        sys.exit(f"bench: {pathlib.Path(data) / 'video' / 'dev'} holds no clips; name the data with --data or LMC_DATA")
    out = []
    for path in clips[:limit or None]:
        y4m = folder / f"{path.stem}.y4m"
        subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-f", "yuv4mpegpipe", "-strict", "-1", y4m], check=True)
        out.append(y4m)
    return out


def frames_digest(path):
    """(bytes of the frames, their MD5), whatever the headers say."""
    head, _, rest = path.read_bytes().partition(b"\n")
    words = {word[:1]: word[1:] for word in head.split()[1:]}
    width, height, kind = int(words[b"W"]), int(words[b"H"]), words.get(b"C", b"420").decode()
    chroma = {"420": (2, 2), "422": (2, 1), "444": (1, 1)}.get(kind[:3])
    size = width * height + (2 * -(-width // chroma[0]) * -(-height // chroma[1]) if chroma else 0)
    size *= 2 if "p1" in kind or "p9" in kind or kind.startswith("mono1") else 1
    digest, total, at = hashlib.md5(), 0, 0
    while at < len(rest):
        at = rest.index(b"\n", at) + 1
        digest.update(rest[at:at + size])
        total, at = total + size, at + size
    return total, digest.hexdigest()


def measure(tool, path):
    with tempfile.TemporaryDirectory(prefix="lmc-bench-") as name:
        folder = pathlib.Path(name)
        shutil.copyfile(path, folder / "in.y4m")
        compress = tools.run_child(tool.compress, folder)
        decompress = tools.run_child(tool.decompress, folder)
        is_lmc = tool.out != "out.y4m"
        out = folder / tool.out
        same = out.read_bytes() == path.read_bytes() if is_lmc else frames_digest(out) == frames_digest(path)
        if not same:
            raise RuntimeError(f"{tool.name}: {path} did not come back")
        return tools.Measured((folder / tool.packed).stat().st_size, compress[0], decompress[0], compress[1], decompress[1])


def with_suffix(tool):
    return tools.Tool(tool.name, tuple("in.y4m" if word == "in" else word for word in tool.compress), tool.decompress,
                      version=tool.version)


def run(arguments):
    if not shutil.which("ffmpeg"):
        print("video: skipped, ffmpeg is missing; apt-get install ffmpeg", file=sys.stderr)
        return
    levels = [int(level) for level in arguments.levels.split(",")]
    programs, missing = tools.present(PEERS + [with_suffix(tools.lmc_tool(level, arguments.threads)) for level in levels])
    rows, totals, raw_total, clips = [], {}, 0, 0
    with tempfile.TemporaryDirectory(prefix="lmc-bench-") as name:
        for path in development_clips(arguments.data, pathlib.Path(name), arguments.limit):
            kind = "still camera" if path.stem.startswith(STILL) else "moving"
            raw = frames_digest(path)[0]
            raw_total, clips = raw_total + raw, clips + 1
            rows.append([f"{path.stem} ({kind})", str(raw), "", "", "", ""])
            best = None  # of the peers
            for tool in programs:
                try:
                    m = measure(tool, path)
                except (RuntimeError, subprocess.CalledProcessError) as error:
                    print(f"{path.stem}: {tool.name}: {error}", file=sys.stderr)
                    rows.append([f"{path.stem}, {tool.name}", "not lossless here, or failed", "", "", "", ""])
                    continue
                is_peer = tool in PEERS
                totals.setdefault(tool.name, []).append(m)
                if is_peer:
                    best = min(best or m.size_bytes, m.size_bytes)
                memory = max(m.compress_memory_bytes, m.decompress_memory_bytes)
                rows.append([f"{path.stem}, {tool.name}", str(m.size_bytes), "" if is_peer or not best else f"{m.size_bytes / best:.3f}",
                             f"{raw / 1000 / m.compress_seconds:.0f}", f"{raw / 1000 / m.decompress_seconds:.0f}",
                             f"{memory / 2**20:.0f}"])
                print(f"{path.stem:30} {tool.name:22} {m.size_bytes:9} {rows[-1][2]:6} {rows[-1][3]:>6} KB/s", file=sys.stderr, flush=True)
    rows.append([f"all: {clips} clips", str(raw_total), "", "", "", ""])
    sums = {name: sum(m.size_bytes for m in every) for name, every in totals.items() if len(every) == clips}
    best = min((size for name, size in sums.items() if not name.startswith("lmc")), default=None)
    for name, size in sums.items():
        every = totals[name]
        rows.append([f"all, {name}", str(size), f"{size / best:.3f}" if best and name.startswith("lmc") else "",
                     f"{raw_total / 1000 / sum(m.compress_seconds for m in every):.0f}",
                     f"{raw_total / 1000 / sum(m.decompress_seconds for m in every):.0f}",
                     f"{max(max(m.compress_memory_bytes, m.decompress_memory_bytes) for m in every) / 2**20:.0f}"])
    how = ("Each clip alone, as a Y4M file, in a process of its own; raw bytes are those of the frames, speeds in thousands of them "
           "a second; every frame came back, of lmc every byte of the file.")
    text = "\n".join([*image.header(programs, missing, arguments, how),
                      table(["clips", "bytes", "of the best other", "compress", "decompress", "MiB"], rows)]) + "\n"
    print(text)
    if not arguments.dry:
        put_between_marks(tools.ROOT / "docs/results.md", "bench video", text, "Video")
