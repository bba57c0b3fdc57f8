"""What each part of the predictors is worth: lmc-ablate on one development file of every group, lmc-ablate-deflate on PNGs."""
import datetime
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import corpus
import image
import png_encoders
import tools
from report import put_between_marks, table


def chosen_file(group, data):
    """The first file of the group with 30 to 90 KB, else the largest below."""
    files = corpus.group_files(group, data, 0)
    middle = [p for p in files if 30_000 <= p.stat().st_size <= 90_000]
    return middle[0] if middle else max((p for p in files if p.stat().st_size < 90_000), key=lambda p: p.stat().st_size)


def deep_files(data):
    """What deep mixing is for: a table, a log, a program."""
    logs = [p for p in corpus.group_files("logs and tables", data, 0) if p.parts[-2].startswith("loghub-")]
    return [chosen_file("logs and tables", data), logs[0], chosen_file(corpus.BINARIES, data)]


def ablation(files, *options, model="text-base"):
    program = tools.ROOT / "build/release/tools/ablate/lmc-ablate"
    said = subprocess.run([program, tools.ROOT / f"models/{model}.lmcm", *files, *options], capture_output=True, text=True,
                          check=True).stdout
    return "Files, each one block: " + ", ".join("/".join(p.parts[-2:]) for p in files) + ".\n\n" + said


def image_files(data, folder):
    """Two photographs and one image of each other kind, as raw samples."""
    return image.raw_files(data, folder, {"photo": 2})


def run(arguments):
    text = (f"Printed by `bench/run --kind parts` on {datetime.date.today()}, commit {tools.commit_line()}. Of the text "
            "predictor. " + ablation([chosen_file(group, arguments.data) for group in corpus.GROUPS]) +
            "\nOf deep mixing. " + ablation(deep_files(arguments.data), "--deep"))
    print(text)
    if not arguments.dry:
        put_between_marks(tools.ROOT / "docs/results.md", "bench parts", text, "What each part is worth")


def run_images(arguments):
    with tempfile.TemporaryDirectory(prefix="lmc-parts-") as name:
        files = image_files(arguments.data, pathlib.Path(name))
        text = (f"Printed by `bench/run --kind image-parts` on {datetime.date.today()}, commit {tools.commit_line()}. Two "
                "photographs and one image of each other kind. " + ablation(files, "--images", model="pixels"))
    print(text)
    if not arguments.dry:
        put_between_marks(tools.ROOT / "docs/results.md", "bench image parts", text, "What each part of the pixel codec is worth")


CHOSEN_ENCODERS = ("libdeflate -6", "zlib-ng -6", "miniz -6", "lodepng", "stb_image_write -8", "igzip -3", "Go's image/png, default",
                   "libdeflate -12", "7-Zip -mx9", "pigz -11 (zopfli)", "zopflipng", "oxipng -o4", "ect -6")


def streams_by(encoder, pictures, folder):
    paths = []
    for i, picture in enumerate(pictures):
        paths.append(folder / f"{i}.zlib")
        paths[-1].write_bytes(b"".join(data for kind, data in png_encoders.chunks(encoder.write(picture.png)) if kind == b"IDAT"))
    return paths


def rows_printed(said):
    """The cells of a Markdown table's rows."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in said.splitlines() if line.startswith("| ")][1:]


def run_choices(arguments):
    """One row for each part, one column for each encoder: bytes, as percent of its streams; and seconds over all."""
    groups = image.load_groups(arguments, ("graphics", "screenshot", "photo"))
    pictures = [picture for images in groups.values() for picture in images]
    have, _ = png_encoders.present()
    program = tools.ROOT / "build/release/tools/ablate/lmc-ablate-deflate"
    columns = {}
    with tempfile.TemporaryDirectory(prefix="lmc-parts-") as name:
        for encoder in (encoder for encoder in have if encoder.name in CHOSEN_ENCODERS):
            paths = streams_by(encoder, pictures, pathlib.Path(name))
            said = subprocess.run([program, *paths], capture_output=True, text=True, check=True).stdout
            columns[encoder.name] = rows_printed(said)
            print(encoder.name, said, sep="\n", flush=True)
    names = list(columns)
    rows = []
    for i, (part, *_) in enumerate(next(iter(columns.values()))):
        ratio = statistics.geometric_mean(int(columns[name][i][1]) / int(columns[name][0][1]) for name in names)
        seconds = sum(float(columns[name][i][3]) for name in names)
        rows.append([part, f"{100 * (ratio - 1):+.1f} %", f"{seconds:.1f}", *(columns[name][i][2] for name in names)])
    of = ", ".join(f"{len(images)} {group}" for group, images in groups.items())
    head = (f"Printed by `bench/run {' '.join(sys.argv[1:])}` on {datetime.date.today()}, commit {tools.commit_line()}. PNG files of {of} by each of "
            f"{len(names)} encoders, their streams each alone: bytes of the choices against everything, the geometric mean over the encoders; seconds to "
            f"write the choices on one core (load of the machine {os.getloadavg()[1]:.1f})")
    every = head + ("; and of each encoder, in percent of its streams.\n\n" +
                    table(["choices", "against everything", "seconds", *names], rows) + "\n")
    short = head + ".\n\n" + table(["choices", "against everything", "seconds"], [row[:3] for row in rows]) + "\n"
    print(every)
    if not arguments.dry:
        heading = "What each part of the model of deflate choices is worth"
        put_between_marks(tools.ROOT / "docs/results.md", "bench choices", every, heading)
        put_between_marks(tools.ROOT / "docs/decisions/013-deflate-by-anyone.md", "bench choices", short, heading)
