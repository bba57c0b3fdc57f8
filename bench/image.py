"""Development images as raw samples through lmc and the lossless image formats; the pixels that come back are compared.

Every image is written as PNM or PAM (alpha only where it says something) and as the PNG that pamtopng makes of it; each
program reads the one its commands name: {raw} or {png}, and {back} has the suffix of {raw}.
"""
import datetime
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass

import plot
import raster
import tools
from report import cost_table, put_between_marks, table

GROUPS = ("photo", "graphics", "screenshot", "gray", "sci8", "gray16", "photocd")  # how the names of the files begin
DECODED = "decoded"  # and one more: the photographs through cjpeg at these qualities in turn, and djpeg
QUALITIES = (75, 90, 98)
ARCHIVES = ("photo.tar", "graphics.tar", "gray_sci_16bit.tar")
CONVERTERS = ("dwebp", "pngtopam", "pamtopng", "cjpeg", "djpeg")
BASE = "cjxl -e 9"
SUFFIXES = {1: "pgm", 2: "pam", 3: "ppm", 4: "pam"}


@dataclass(frozen=True)
class ImageTool(tools.Tool):
    exact: str = ""  # the file that must come back byte for byte; without it, the pixels must
    largest_maxval: int = 65535


@dataclass(frozen=True)
class Image:
    name: str
    picture: raster.Raster
    raw: bytes  # the PNM or PAM file
    png: bytes

    @property
    def raw_bytes(self):
        return len(self.picture.samples)

    @property
    def samples(self):
        return self.raw_bytes // self.picture.sample_bytes


def lmc_tool(level, threads, source="{raw}"):
    flags = ("-q", f"-T{threads}")
    return ImageTool(f"lmc -{level}" + (" of the PNG" if source == "{png}" else ""),
                     (tools.LMC, *flags, f"-{level}", "-o", "packed", source), (tools.LMC, *flags, "-d", "-o", "out", "packed"),
                     version=(tools.LMC, "--version"), exact=source)


OPTIPNG = ImageTool("optipng -o5", ("optipng", "-quiet", "-o5", "-out", "packed.png", "{png}"),
                    ("pngtopam", "-alphapam", "packed.png"), packed="packed.png", out="said", version=("optipng", "--version"))
CWEBP = ImageTool("cwebp -z 9", ("cwebp", "-quiet", "-lossless", "-z", "9", "-exact", "-o", "packed.webp", "{png}"),
                  ("dwebp", "-quiet", "-pam", "-o", "out.pam", "packed.webp"), packed="packed.webp", out="out.pam",
                  version=("cwebp", "-version"), largest_maxval=255)
CJXL = ImageTool(BASE, ("cjxl", "--quiet", "-d", "0", "-e", "9", "{raw}", "packed.jxl"),
                 ("djxl", "--quiet", "packed.jxl", "{back}"), packed="packed.jxl", out="{back}", version=("cjxl", "--version"))
PEERS = [
    OPTIPNG,
    CWEBP,
    ImageTool("JPEG 2000", ("opj_compress", "-i", "{raw}", "-o", "packed.j2k"),
              ("opj_decompress", "-i", "packed.j2k", "-o", "out.pnm"), packed="packed.j2k", out="out.pnm",
              version=("opj_compress", "-h")),
    CJXL,
    ImageTool("flif -E100", ("flif", "-e", "-E100", "-K", "{raw}", "packed.flif"), ("flif", "-d", "packed.flif", "{back}"),
              packed="packed.flif", out="{back}", version=("flif", "--version")),
]


def paq8px_tools(program):
    return [ImageTool(tool.name, (program, "-9", "{raw}", "packed"), tool.decompress, version=tool.version, exact="{raw}")
            for tool in tools.paq8px_tools(program)]


def converted(command):
    return subprocess.run(command, check=True, capture_output=True).stdout


def load(path):
    """The image file at path, WebP or PNG, as raw samples and as a PNG."""
    if path.suffix == ".webp":
        data = converted(["dwebp", "-quiet", "-pam", path, "-o", "-"])
    else:
        data = converted(["pngtopam", "-alphapam", path])
    picture = raster.parse(data)
    if picture.depth in (2, 4) and raster.is_opaque(picture):
        picture = raster.with_depth(picture, picture.depth - 1)
    return image_of(path.stem, picture)


def image_of(name, picture):
    raw = raster.write(picture)
    with tempfile.TemporaryDirectory(prefix="lmc-bench-") as folder:
        source = pathlib.Path(folder) / "raw"
        source.write_bytes(raw)
        return Image(name, picture, raw, converted(["pamtopng", source]))


def as_decoded_jpeg(image, quality):
    """What a JPEG file of the image is decoded to (4:2:0, as cjpeg makes it by itself)."""
    jpeg = subprocess.run(["cjpeg", "-quality", str(quality)], input=image.raw, check=True, capture_output=True).stdout
    pixels = subprocess.run(["djpeg"], input=jpeg, check=True, capture_output=True).stdout
    return image_of(f"{image.name}-q{quality}", raster.parse(pixels))


def measure(tool, image):
    """Packs and restores the image; raises unless it comes back. None: the program does not know such samples."""
    if image.picture.maxval > tool.largest_maxval:
        return None
    suffix = SUFFIXES[image.picture.depth]
    names = {"{raw}": f"in.{suffix}", "{png}": "in.png", "{back}": f"out.{suffix}"}
    with tempfile.TemporaryDirectory(prefix="lmc-bench-") as name:
        folder = pathlib.Path(name)
        (folder / names["{raw}"]).write_bytes(image.raw)
        (folder / "in.png").write_bytes(image.png)
        compress = tools.run_child([names.get(word, word) for word in tool.compress], folder)
        with open(folder / "said", "wb") as sink:
            decompress = tools.run_child([names.get(word, word) for word in tool.decompress], folder, stdout=sink)
        back = (folder / names.get(tool.out, tool.out)).read_bytes()
        if tool.exact:
            same = back == (folder / names[tool.exact]).read_bytes()
        else:
            same = raster.same_pixels(image.picture, raster.parse(back))
        if not same:
            raise RuntimeError(f"{tool.name}: {image.name} did not come back")
        return tools.Measured((folder / tool.packed).stat().st_size, compress[0], decompress[0], compress[1], decompress[1])


def development_folder(data, scratch):
    """LMC_IMAGES/dev, unpacked already, or the dev/ parts of the archives, unpacked into scratch."""
    if os.environ.get("LMC_IMAGES"):
        return pathlib.Path(os.environ["LMC_IMAGES"]) / "dev"
    for name in ARCHIVES:
        archive = pathlib.Path(data) / "image" / name
        if not archive.exists():
            sys.exit(f"bench: {archive} is missing; name the images with --data, LMC_DATA or LMC_IMAGES")
        with tarfile.open(archive) as tar:
            for member in tar:
                if member.isfile() and pathlib.PurePath(member.name).parent.name == "dev":
                    (scratch / pathlib.PurePath(member.name).name).write_bytes(tar.extractfile(member).read())
    return scratch


def group_paths(group, folder, limit):
    files = sorted(p for p in folder.iterdir() if p.name.split("_")[0] == group and p.suffix in (".webp", ".png"))
    if limit and len(files) > limit:
        files = [files[i * len(files) // limit] for i in range(limit)]
    return files


def can_convert():
    missing = [name for name in CONVERTERS if not shutil.which(name)]
    if missing:
        print(f"image: skipped, {', '.join(missing)} is missing; scripts/install-deps.sh --bench installs it", file=sys.stderr)
    return not missing


def load_group(group, folder, limit):
    if group != DECODED:
        return [load(path) for path in group_paths(group, folder, limit)]
    photos = [load(path) for path in group_paths("photo", folder, limit)]
    return [as_decoded_jpeg(image, QUALITIES[i % len(QUALITIES)])
            for i, image in enumerate(image for image in photos if image.picture.depth == 3 and image.picture.maxval == 255)]


def load_groups(arguments, known=(*GROUPS, DECODED)):
    """{group: images}, empty groups left out."""
    groups = arguments.groups.split(",") if arguments.groups else known
    unknown = [group for group in groups if group not in known]
    if unknown:
        sys.exit(f"bench: no image group {', '.join(unknown)}; there are {', '.join(known)}")
    with tempfile.TemporaryDirectory(prefix="lmc-bench-") as name:
        folder = development_folder(arguments.data, pathlib.Path(name))
        loaded = {group: load_group(group, folder, arguments.limit) for group in groups}
    return {group: images for group, images in loaded.items() if images}


def raw_files(data, folder, counts):
    """The first images of every group (counts says how many, else one), written to folder as raw samples."""
    out = []
    (folder / "unpacked").mkdir()
    source = development_folder(data, folder / "unpacked")
    for group in GROUPS:
        for path in group_paths(group, source, counts.get(group, 1)):
            image = load(path)
            out.append(folder / f"{image.name}.{SUFFIXES[image.picture.depth]}")
            out[-1].write_bytes(image.raw)
    return out


def measure_group(group, images, programs):
    """{program name: [Measured for each image]}, without programs that do not know such images"""
    out = {}
    for tool in programs:
        rows = [measure(tool, image) for image in images]
        if None not in rows:
            out[tool.name] = rows
            print(f"{group:16} {tool.name:18} {total(rows):9} bytes", file=sys.stderr, flush=True)
    return out


def total(rows):
    return sum(m.size_bytes for m in rows)


def group_table(corner, results, names, cell, columns=None):
    """A row for each group; cell(images, rows of a program) makes what stands in a program's column."""
    columns = columns or {}
    rows = []
    for group, (images, measured) in results.items():
        rows.append([group] + [str(make(images)) for make in columns.values()] +
                    [cell(images, measured[name]) if name in measured else "-" for name in names])
    return table([corner, *columns, *names], rows)


def bits_a_sample(images, rows):
    return f"{8 * total(rows) / sum(image.samples for image in images):.3f}"


def size_tables(results, names):
    columns = {"images": len, "raw bytes": lambda images: sum(i.raw_bytes for i in images),
               "their PNGs": lambda images: sum(len(i.png) for i in images)}
    return ["Bytes:", "", group_table("group", results, names, lambda _, rows: str(total(rows)), columns), "",
            "Bits a sample:", "", group_table("group", results, names, bits_a_sample), ""]


def ratios(results, names):
    """{group: {program: bytes relative to those of cjxl}}"""
    return {group: {name: total(measured[name]) / total(measured[BASE]) for name in names if name in measured}
            for group, (_, measured) in results.items() if BASE in measured}


def ratio_table(results, names):
    rows = [[group] + [f"{of[name]:.3f}" if name in of else "-" for name in names]
            for group, of in ratios(results, names).items()]
    return table([f"{BASE} = 1", *names], rows)


def costs(results, names):
    return cost_table({name: [(image.raw_bytes, m) for images, measured in results.values() if name in measured
                              for image, m in zip(images, measured[name])] for name in names})


def header(programs, missing, arguments, how):
    lines = [f"Printed by `bench/run {' '.join(sys.argv[1:])}` on {datetime.date.today()}, commit {tools.commit_line()}.",
             f"Machine: {tools.machine_line()}. {how} lmc used " +
             (f"{arguments.threads} threads." if arguments.threads else "a thread for each core, as it does by itself.")]
    if missing:
        lines.append("Not installed: " + ", ".join(missing) + ".")
    lines += ["", "Versions and flags:", ""]
    return lines + [f"* {tool.name}: {tools.version_line(tool)}; "
                    f"`{' '.join([pathlib.Path(tool.program).name, *tool.compress[1:]])}`" for tool in programs] + [""]


def run(arguments):
    if not can_convert():
        return
    levels = [int(level) for level in arguments.levels.split(",")]
    middle = 5 if 5 in levels else levels[0]
    programs, missing = tools.present(PEERS + paq8px_tools(arguments.paq8px) +
                                      [lmc_tool(level, arguments.threads) for level in levels] +
                                      [lmc_tool(middle, arguments.threads, "{png}")])
    results = {group: (images, measure_group(group, images, programs))
               for group, images in load_groups(arguments).items()}
    names = [tool.name for tool in programs]
    how = ("Each image alone, in a process of its own; sizes are sums, framing included; the seconds include starting the "
           "program; KB/s of raw samples; the pixels came back, from lmc every byte of the file. {raw} is the image as PNM or "
           "PAM, {png} as pamtopng writes it; a dash: not for 16 bits. No peak memory below "
           f"{tools.own_memory_mib()} MiB can be seen, which is that of the Python that starts the program.")
    lines = header(programs, missing, arguments, how) + size_tables(results, names)
    if BASE in names:
        lines += [f"Relative to {BASE}:", "", ratio_table(results, names), ""]
    text = "\n".join([*lines, "Cost, over all groups:", "", costs(results, names)]) + "\n"
    print(text)
    if not arguments.dry:
        of = f": {', '.join(results)}" if arguments.groups else ""
        put_between_marks(tools.ROOT / "docs/results.md", f"bench image{of}", text, f"Images against other programs{of}")
        if BASE in names and not of:
            plot.write_bars(tools.ROOT / "docs/images.svg", ratios(results, [n for n in names if not n.endswith("PNG")]), BASE)
