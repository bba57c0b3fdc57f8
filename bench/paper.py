"""The published ways of compressing with large models beside lmc: text by the language model alone, with and without an adapter;
sound as ASCII characters through the language model; pictures through image-GPT, or what its 512 colours leave of a picture."""
import collections
import datetime
import json
import math
import pathlib
import shutil
import subprocess
import sys
import tempfile
import wave
import zlib

import audio
import bigmodels
import image
import tools
from report import put_between_marks, table

TEXT_GROUPS = ("medicine", "law")
SOUND_GROUPS = ("speech", "music")
SAMPLES = 6000  # of a clip: each is a character, and about a token
KEPT_BITS = 7  # of a sample: what a character of ASCII holds
SIDE = 256  # of the middle of a photograph
TILE = 32  # of image-GPT
COLOURS = 512  # of image-GPT
PEERS = [tools.filter_tool("bzip2 -9", "bzip2", "-9", "-c"), tools.filter_tool("brotli -11", "brotli", "-q", "11", "-w", "24", "-c"),
         next(tool for tool in tools.PEERS if tool.name.startswith("zpaq"))]


def lmc(name, threads, *flags, adapter=None):
    quiet = ("-q", f"-T{threads}")
    with_adapter = ("--adapter", adapter) if adapter else ()
    found = ("--models", str(pathlib.Path(adapter).parent)) if adapter else ()
    return tools.Tool(name, (tools.LMC, *quiet, *flags, *with_adapter, "-o", "packed", "in"),
                      (tools.LMC, *quiet, "-d", *found, "-o", "out", "packed"))


def zlib_bytes(path):
    raw = path.read_bytes()
    packed = zlib.compress(raw, 9)
    assert zlib.decompress(packed) == raw
    return len(packed)


def size_of(tool, path):
    size = tools.measure(tool, path).size_bytes
    print(f"{path.name} {tool.name}: {size}", file=sys.stderr, flush=True)
    return size


def show(name, sizes, raw):
    return [name, *(str(size) for size in sizes), f"{8 * sum(sizes) / raw:.3f}"]


# Text: sums over the first bytes of some files of each group.

def adapters_of(said):
    """law=FILE,law=OTHER,... as {group: [FILE, OTHER]}"""
    out = collections.defaultdict(list)
    for pair in filter(None, (said or "").split(",")):
        group, path = pair.split("=", 1)
        out[group].append(str(pathlib.Path(path).resolve()))
    return out


def text_rows(arguments, folder, threads):
    model, adapters = arguments.model, adapters_of(arguments.adapters)
    ways = {"text-base alone (--no-mix)": ("-9", "--no-mix", "--model", "text-base"),
            f"{model} alone (--no-mix)": ("-9", "--no-mix", "--model", model),
            "lmc -5": ("-5",), "lmc -9": ("-9",), f"lmc -9 --model {model}": ("-9", "--model", model)}
    sizes, raw = collections.defaultdict(list), []
    for group in TEXT_GROUPS:
        paths = []
        for file in bigmodels.long_files(group, arguments.data, arguments.limit or 1):
            path = folder / f"{group}-{file.stem}"
            path.write_bytes(file.read_bytes()[:bigmodels.FIRST_BYTES])
            paths.append(path)
        raw.append(len(paths) * bigmodels.FIRST_BYTES)
        sizes["zlib -9"].append(sum(map(zlib_bytes, paths)))
        for tool in tools.present(PEERS)[0]:
            sizes[tool.name].append(sum(size_of(tool, path) for path in paths))
        for name, flags in ways.items():
            sizes[name].append(sum(size_of(lmc(name, threads, *flags), path) for path in paths))
        for adapter in adapters[group]:
            for name, flags in (("alone (--no-mix)", ("--no-mix",)), ("mixed", ())):
                tool = lmc(f"{pathlib.Path(adapter).stem} {name}", threads, "-9", *flags, adapter=adapter)
                sizes[f"with its adapter {tool.name}"].append(sum(size_of(tool, path) for path in paths))
    rows = [["raw", *map(str, raw), "8.000"]]
    for name, found in sizes.items():
        if len(found) == len(TEXT_GROUPS):
            rows.append(show(name, found, sum(raw)))
        else:  # an adapter is of one group
            at = next(i for i, group in enumerate(TEXT_GROUPS) if any(pathlib.Path(a).stem in name for a in adapters[group]))
            cells = ["–"] * len(TEXT_GROUPS)
            cells[at] = str(found[0])
            rows.append([name, *cells, f"{8 * found[0] / raw[at]:.3f}"])
    return rows


# Sound: the upper bits of each sample as a character, the lower ones apart.

def pack_bits(values, bits):
    """Numbers of so many bits each, one behind the other, the highest bit first."""
    total = 0
    for value in values:
        total = total << bits | value
    return (total << -len(values) * bits % 8).to_bytes((len(values) * bits + 7) // 8, "big")


def unpack_bits(packed, bits, count):
    total = int.from_bytes(packed, "big") >> -count * bits % 8
    return [total >> bits * (count - 1 - i) & (1 << bits) - 1 for i in range(count)]


def write_wav(path, samples, sample_bits, rate):
    """samples: from 0 up; a WAV file of 16 bits has signs."""
    with wave.open(str(path), "wb") as out:
        out.setparams((1, sample_bits // 8, rate, 0, "NONE", ""))
        out.writeframes(bytes(samples) if sample_bits == 8 else b"".join((s - 32768).to_bytes(2, "little", signed=True) for s in samples))


def lower_bits(samples, sample_bits, characters, path, tool):
    """Bytes of what the characters leave, packed, or as it is; with the characters it makes the samples."""
    lower = sample_bits - KEPT_BITS
    path.write_bytes(pack_bits([s & (1 << lower) - 1 for s in samples], lower))
    back = unpack_bits(path.read_bytes(), lower, len(samples))
    assert [c << lower | low for c, low in zip(characters, back)] == samples
    return min(size_of(tool, path), path.stat().st_size)


def sound_rows(arguments, folder, threads):
    alone = lmc(f"{arguments.model} --no-mix", threads, "-9", "--no-mix", "--model", arguments.model)
    rest_tool, ours = lmc("lmc -5", threads, "-5"), audio.with_suffix(tools.lmc_tool(5, threads))
    rows = []
    groups = audio.development_files(arguments.data, folder, arguments.limit or 1)
    for group in SOUND_GROUPS:
        for clip in groups[group][:arguments.limit or 1]:
            with wave.open(str(clip)) as source:
                channels, rate = source.getnchannels(), source.getframerate()
                if source.getsampwidth() != 2:
                    continue
                source.setpos(source.getnframes() // 2)
                frames = source.readframes(SAMPLES)
            step = 2 * channels
            wide = [int.from_bytes(frames[i:i + 2], "little", signed=True) + 32768 for i in range(0, len(frames), step)]
            text = folder / f"{clip.stem}.ascii"
            text.write_bytes(bytes(s >> 16 - KEPT_BITS for s in wide))
            characters = size_of(alone, text)
            for bits, samples in ((8, [s >> 8 for s in wide]), (16, wide)):
                path = folder / f"{clip.stem}-{bits}.wav"
                write_wav(path, samples, bits, rate)
                rest = lower_bits(samples, bits, text.read_bytes(), folder / f"{clip.stem}-{bits}.rest", rest_tool)
                flac, codec = (audio.measure(tool, path).size_bytes for tool in (audio.PEERS[0], ours))
                rows.append([f"{clip.stem}, {bits} bits", str(len(samples) * bits // 8), str(characters), str(rest), str(characters + rest),
                             str(flac), str(codec), f"{codec / (characters + rest):.3f}"])
                print(" | ".join(rows[-1]), file=sys.stderr, flush=True)
    return rows


# Pictures: the colours by median cut, and what is left of each sample.

def nearest_boxes(pixels, colours):
    """The box of each pixel, and the middle colour of each box: the longest side of the box with most to tell is cut in halves."""
    boxes = [sorted(collections.Counter(pixels).items())]

    def spread(box):
        sides = [max(p[c] for p, _ in box) - min(p[c] for p, _ in box) for c in range(3)]
        return max(sides), sides.index(max(sides))

    ready = [(spread(boxes[0])[0] * len(boxes[0]), boxes[0])]
    while len(ready) < colours and max(weight for weight, _ in ready) > 0:
        at = max(range(len(ready)), key=lambda i: ready[i][0])
        _, box = ready.pop(at)
        side = spread(box)[1]
        box = sorted(box, key=lambda entry: entry[0][side])
        half, seen = sum(count for _, count in box) / 2, 0
        cut = len(box) // 2
        for i, (_, count) in enumerate(box):
            seen += count
            if seen >= half:
                cut = min(max(i + 1, 1), len(box) - 1)
                break
        for part in (box[:cut], box[cut:]):
            ready.append((spread(part)[0] * sum(count for _, count in part), part))
    index, middles = {}, []
    for number, (_, box) in enumerate(ready):
        total = sum(count for _, count in box)
        middles.append(tuple(round(sum(p[c] * count for p, count in box) / total) for c in range(3)))
        for pixel, _ in box:
            index[pixel] = number
    return index, middles


def entropy_bytes(pairs):
    """Of what comes second, given the first: order 0, the counts for nothing."""
    joint, first = collections.Counter(pairs), collections.Counter(a for a, _ in pairs)
    return sum(count * math.log2(first[a] / count) for (a, _), count in joint.items()) / 8


def photographs(arguments, folder):
    """Name, samples and pixels of the middle of each."""
    for name in image.group_paths("photo", image.development_folder(arguments.data, folder), arguments.limit or 1):
        picture = image.load(name).picture
        if picture.depth != 3 or picture.maxval != 255 or min(picture.width, picture.height) < SIDE:
            continue
        left, top = (picture.width - SIDE) // 2, (picture.height - SIDE) // 2
        samples = b"".join(picture.samples[3 * ((top + y) * picture.width + left):][:3 * SIDE] for y in range(SIDE))
        yield name.stem, samples, [tuple(samples[i:i + 3]) for i in range(0, len(samples), 3)]


def write_picture(path, samples):
    path.write_bytes(f"P6\n{SIDE} {SIDE}\n255\n".encode() + samples)
    return path


def residual(pixels, index, middles, path):
    """What each pixel is more than its colour, as a picture; with the colours it makes the pixels."""
    left_over = [tuple((p - m) & 255 for p, m in zip(pixel, middles[index[pixel]])) for pixel in pixels]
    made = [tuple((m + d) & 255 for m, d in zip(middles[index[pixel]], rest)) for pixel, rest in zip(pixels, left_over)]
    assert made == pixels
    write_picture(path, bytes((d + 128) & 255 for pixel in left_over for d in pixel))
    return left_over


def clusters_of(model):
    """The colours of an imported image-GPT, where samples go from 0 to 255."""
    data = pathlib.Path(model).read_bytes()
    header = json.loads(data[16:16 + int.from_bytes(data[8:16], "little")])
    clusters = header.get("training", {}).get("clusters")
    if clusters is None:
        sys.exit(f"bench: {model} has no colours: import it from a folder with preprocessor_config.json")
    return [tuple(127.5 * (part + 1) for part in colour) for colour in clusters]


def in_tiles(values):
    """Of pixels row by row: tile by tile, each row by row."""
    return [values[(top + y) * SIDE + left + x] for top in range(0, SIDE, TILE) for left in range(0, SIDE, TILE) for y in range(TILE)
            for x in range(TILE)]


def image_gpt_rows(arguments, folder, threads):
    """The published way for pictures: nearest colours, tile by tile through the model alone, and the residual."""
    model = str(pathlib.Path(arguments.image_gpt).resolve())
    clusters = clusters_of(model)
    middles = [tuple(min(max(round(part), 0), 255) for part in colour) for colour in clusters]
    alone = tools.Tool("image-GPT", (tools.LMC, "-q", f"-T{threads}", "-9", "--no-mix", "--model", model, "-o", "packed", "in"),
                       (tools.LMC, "-q", f"-T{threads}", "-d", "--models", str(pathlib.Path(model).parent), "-o", "out", "packed"))
    rows = []
    for name, samples, pixels in photographs(arguments, folder):
        index = {pixel: min(range(len(clusters)), key=lambda i: sum((a - b) ** 2 for a, b in zip(pixel, clusters[i]))) for pixel in set(pixels)}
        colours = folder / f"{name}.colours"
        colours.write_bytes(b"".join(index[pixel].to_bytes(2, "big") for pixel in in_tiles(pixels)))
        through = size_of(alone, colours)
        residual(pixels, index, middles, folder / f"{name}-left.ppm")
        rest = size_of(lmc("lmc -9 of the residual", threads, "-9"), folder / f"{name}-left.ppm")
        five, nine = (size_of(lmc(f"lmc -{level}", threads, f"-{level}"), write_picture(folder / f"{name}.ppm", samples)) for level in (5, 9))
        rows.append([name, str(len(samples)), str(through), f"{8 * through / len(pixels):.2f}", str(rest), str(through + rest), str(five),
                     str(nine), f"{nine / (through + rest):.3f}"])
        print(" | ".join(rows[-1]), file=sys.stderr, flush=True)
    return rows


def picture_rows(arguments, folder, threads):
    rows = []
    for name, samples, pixels in photographs(arguments, folder):
        index, middles = nearest_boxes(pixels, COLOURS)
        whole, rest = write_picture(folder / f"{name}.ppm", samples), folder / f"{name}-rest.ppm"
        left_over = residual(pixels, index, middles, rest)
        coded = size_of(lmc("lmc -9 of the residual", threads, "-9"), rest)
        ideal = entropy_bytes(list(zip((index[pixel] for pixel in pixels), left_over)))
        five, nine = (size_of(lmc(f"lmc -{level}", threads, f"-{level}"), whole) for level in (5, 9))
        rows.append([name, str(len(samples)), str(coded), f"{ideal:.0f}", str(five), str(nine), f"{nine / min(coded, ideal):.3f}"])
        print(" | ".join(rows[-1]), file=sys.stderr, flush=True)
    return rows


def run(arguments):
    threads = arguments.threads or 2
    info = subprocess.run([tools.LMC, "model", "info", arguments.model], capture_output=True, text=True)
    if info.returncode != 0:
        sys.exit(f"bench: {info.stderr}scripts/get-model smollm2 brings a model")
    sha256 = dict(line.split(None, 1) for line in info.stdout.splitlines())["sha256"]
    parts = [f"Printed by `bench/run {' '.join(sys.argv[1:])}` on {datetime.date.today()}, commit {tools.commit_line()}; {tools.machine_line()}; "
             f"{threads} threads. Model: {arguments.model}, SHA-256 {sha256[:16]}... Bytes; what is coded by a program came back."]
    with tempfile.TemporaryDirectory(prefix="lmc-bench-") as name:
        folder = pathlib.Path(name)
        parts += [f"Text: the first {bigmodels.FIRST_BYTES:,} bytes of {arguments.limit or 1} development files of each group, each alone; bits a byte of both (of an adapter: of its group). *Alone* is the "
                  "published way: the language model and an arithmetic coder.",
                  table(["text", *TEXT_GROUPS, "bits/byte"], text_rows(arguments, folder, threads))]
        if shutil.which("flac"):
            parts += [f"Sound: {SAMPLES:,} samples from the middle of a clip, one channel. The published way: the upper {KEPT_BITS} bits of a sample are an ASCII character, the "
                      "characters go through the language model alone, the bits that are lost are kept apart (here: lmc -5, or as they are). The published "
                      "figures are of 8 bits a sample; 16 are the clip as it is.",
                      table(["sound", "raw", "characters", "lower bits", "published way", "flac -8", "lmc -5", "of the published way"],
                            sound_rows(arguments, folder, threads))]
        if image.can_convert() and arguments.image_gpt:
            parts += [f"Pictures: the middle {SIDE} x {SIDE} pixels of a photograph through {pathlib.Path(arguments.image_gpt).name}. The published way: each pixel becomes the nearest of the model's "
                      f"colours; the model alone codes these, in tiles of {TILE} x {TILE}, row by row; what a pixel is more than its colour is coded as a picture by lmc -9.",
                      table(["picture", "raw", "colours", "bits a pixel", "residual", "published way", "lmc -5", "lmc -9", "-9 of the published way"],
                            image_gpt_rows(arguments, folder, threads))]
        elif image.can_convert():
            parts += [f"Pictures: the middle {SIDE} x {SIDE} pixels of a photograph. No weights of image-GPT were to be had here, so only what its {COLOURS} colours leave: here "
                      "the colours are the picture's own (median cut) and cost nothing, and the model is taken to cost nothing. *Residual*: difference to the colour, "
                      "coded as a picture by lmc -9; *ideal*: its order-0 entropy given the colour, counts for nothing. The smaller one is what the published way takes at the "
                      "least with these colours and such a coder of the residual, before image-GPT has coded a single colour.",
                      table(["picture", "raw", "residual", "ideal", "lmc -5", "lmc -9", "-9 of that least"], picture_rows(arguments, folder, threads))]
    text = "\n\n".join(parts) + "\n"
    print(text)
    if not arguments.dry:
        put_between_marks(tools.ROOT / "docs/results.md", "bench paper", text, "The published ways")
