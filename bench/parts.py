"""What each part of the predictors is worth: lmc-ablate on one development file of every group."""
import datetime
import pathlib
import subprocess
import tempfile

import corpus
import image
import tools
from report import put_between_marks


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
