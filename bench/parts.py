"""What each part of the text predictor is worth: lmc-ablate on one development file of every group."""
import datetime
import subprocess

import corpus
import tools
from report import put_between_marks


def chosen_file(group, data):
    """The first file of the group with 30 to 80 KB, else the largest below."""
    files = corpus.group_files(group, data, 0)
    middle = [p for p in files if 30_000 <= p.stat().st_size <= 80_000]
    return middle[0] if middle else max((p for p in files if p.stat().st_size < 80_000), key=lambda p: p.stat().st_size)


def run(arguments):
    files = [chosen_file(group, arguments.data) for group in corpus.GROUPS]
    program = tools.ROOT / "build/release/tools/ablate/lmc-ablate"
    said = subprocess.run([program, tools.ROOT / "models/text-base.lmcm", *files], capture_output=True, text=True,
                          check=True).stdout
    listed = ", ".join("/".join(p.parts[-2:]) for p in files)
    text = (f"Printed by `bench/run --kind parts` on {datetime.date.today()}, commit {tools.commit_line()}. Files, each one "
            f"block: {listed}.\n\n{said}")
    print(text)
    if not arguments.dry:
        put_between_marks(tools.ROOT / "docs/results.md", "bench parts", text, "What each part is worth")
