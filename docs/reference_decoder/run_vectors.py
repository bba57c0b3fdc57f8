"""run_vectors.py GOOD_FOLDER [--most-bytes N] [--models FOLDER]: decodes golden archives and compares their contents.

The manifest is ../manifest.txt of the folder: a line for each archive with its name, its size, the SHA-256 of the
archive and that of its content. Archives with more than N bytes to be modelled (stored bytes are free) are left out, and
so are those that need what the reference decoder does not have yet; both are counted.
"""

import argparse
import hashlib
import os
import pathlib
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from basics import DamagedFile, MissingModel, NotYet, Reader  # noqa: E402
from decode import DEFAULT_MODELS  # noqa: E402
from frame import decode_file, FrameHeader, make_tail, not_yet, read_tiny_frame, TINY_MAGIC  # noqa: E402
from model_file import Models  # noqa: E402


def blocks(data):
    """Codec, raw size and payload of each block of a sound file."""
    reader = Reader(data)
    while reader.remaining():
        if data[reader.position] >= TINY_MAGIC:
            codec, _, size, _, _, payload = read_tiny_frame(reader)
            yield codec, size, payload
            continue
        header = FrameHeader(reader)
        sizes = []
        while data[reader.position] != 255:
            block = reader.take(16, "block header")
            sizes.append((int.from_bytes(block[2:6], "little"), int.from_bytes(block[6:10], "little")))
            yield block[0], sizes[-1][0], reader.take(sizes[-1][1], "payload")
        reader.take(len(make_tail(header.size, sizes, b"")), "tail")


def why_left_out(data, most_bytes):
    """None if the file is to be decoded."""
    for codec, _, payload in blocks(data):
        lacking = not_yet(codec, payload)
        if lacking:
            return NotYet(lacking)
    size = sum(raw_size for codec, raw_size, _ in blocks(data) if codec)
    return f"{size} bytes to be modelled" if size > most_bytes else None


def check(path, expected, models):
    start = time.monotonic()
    try:
        content = decode_file(path.read_bytes(), models)
    except (DamagedFile, MissingModel) as error:
        print(f"FAIL  {path.stem}: {error}", flush=True)
        return False
    same = hashlib.sha256(content).hexdigest() == expected
    seconds = time.monotonic() - start
    print(f"{'ok  ' if same else 'FAIL'}  {path.stem}: {len(content)} bytes, {seconds:.1f} s", flush=True)
    return same


def main():
    parser = argparse.ArgumentParser(description="Checks the reference decoder against golden archives.")
    parser.add_argument("good", type=pathlib.Path)
    parser.add_argument("--most-bytes", type=int, default=10000, metavar="N")
    parser.add_argument("--models", type=pathlib.Path, default=DEFAULT_MODELS, metavar="FOLDER")
    arguments = parser.parse_args()
    models = Models(arguments.models)
    passed, failed, large, lacking = 0, 0, 0, 0
    for line in (arguments.good.parent / "manifest.txt").read_text().splitlines():
        if line.startswith("#") or not line:
            continue
        name, _, _, content_sha256 = line.split()
        path = arguments.good / (name + ".lmc")
        reason = why_left_out(path.read_bytes(), arguments.most_bytes)
        if reason:
            print(f"skip  {name}: {reason}", flush=True)
            lacking += isinstance(reason, NotYet)
            large += not isinstance(reason, NotYet)
        elif check(path, content_sha256, models):
            passed += 1
        else:
            failed += 1
    print(f"{passed} equal, {failed} not; left out: {large} too large, {lacking} not in the reference decoder yet")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
