"""decode.py FILE.lmc [--models FOLDER] > CONTENT: the reference decoder of the .lmc format, version 1."""

import argparse
import os
import pathlib
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the products are small

from basics import DamagedFile, MissingModel, NotYet  # noqa: E402
from frame import decode_file  # noqa: E402
from model_file import Models  # noqa: E402

DEFAULT_MODELS = pathlib.Path(__file__).resolve().parents[2] / "models"


def main():
    parser = argparse.ArgumentParser(description="Decodes an .lmc file to standard output.")
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--models", type=pathlib.Path, default=DEFAULT_MODELS, metavar="FOLDER",
                        help="where the .lmcm files and builtin.txt lie (default: %(default)s)")
    arguments = parser.parse_args()
    try:
        content = decode_file(arguments.file.read_bytes(), Models(arguments.models))
    except DamagedFile as error:
        print(f"{arguments.file}: {error}; the file is damaged or of a later version", file=sys.stderr)
        return 3
    except (MissingModel, NotYet, OSError) as error:
        print(f"{arguments.file}: {error}", file=sys.stderr)
        return 2
    sys.stdout.buffer.write(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
