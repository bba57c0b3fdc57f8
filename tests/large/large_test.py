"""Files beyond the counters' widths: large_test.py PROGRAM. Runs only with LMC_LARGE_TESTS set (CI does): it takes about a
minute, and 9 GB of disk. Exit code 77: not run.

One file is above 4 GiB (sparse, stored); one has repeats further apart than 2^24 bytes, in a block that holds both.
"""
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

SKIP = 77
NEEDED_BYTES = 12 << 30


def run(*words):
    return subprocess.run([str(word) for word in words], check=True, stdout=subprocess.PIPE).stdout


def above_four_gib(program, folder):
    size, edge = (1 << 32) + (64 << 20) + 5, 1 << 32
    marks = {0: b"first", edge - 3: b"around", size - 4: b"last"}
    source, packed = folder / "sparse", folder / "sparse.lmc"
    with open(source, "wb") as file:
        file.truncate(size)
        for place, mark in marks.items():
            file.seek(place)
            file.write(mark)
    run(program, "-q", "-0", "--block-size", "64M", source, "-o", packed)
    run(program, "-q", "-t", packed)
    assert str(size).encode() in run(program, "-l", "--json", packed)
    for place, mark in marks.items():
        part = run(program, "-q", "-d", "-c", "--range", f"{place}:{len(mark)}", packed)
        assert part == mark, (place, part)
    around = run(program, "-q", "-d", "-c", "--range", f"{edge - 5}:10", packed)
    assert around == b"\0\0around\0\0", around
    print(f"{size} bytes: written, tested, read in parts")


def beyond_the_horizon(program, folder):
    """Repeats of 2^24 - 9 bytes ago, and of 2^24 + 70000 ago; between them cheap bytes, with something to find."""
    chance = random.Random(3)
    near, far = chance.randbytes(3000), chance.randbytes(3000)
    cheap = b"".join(b"%07d and so on\n" % (i % 1000) for i in range(4000))

    def filled(size):
        return (cheap * (size // len(cheap) + 1))[:size]

    content = far + filled(70000) + near
    content += filled((1 << 24) - 9 - len(near)) + near + filled(9) + far + filled(100000) + near + far
    source, packed, back = folder / "repeats", folder / "repeats.lmc", folder / "back"
    source.write_bytes(content)
    run(program, "-q", "-1", "--block-size", "32M", source, "-o", packed)
    run(program, "-q", "-d", packed, "-o", back)
    assert back.read_bytes() == content, "another content came back"
    print(f"{len(content)} bytes with repeats beyond 2^24: {packed.stat().st_size} bytes, and back")


def main():
    if not os.environ.get("LMC_LARGE_TESTS"):
        print("skipped: LMC_LARGE_TESTS is not set")
        return SKIP
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lmc-large-"))
    try:
        beyond_the_horizon(sys.argv[1], folder)
        if shutil.disk_usage(folder).free < NEEDED_BYTES:
            print(f"skipped: less than {NEEDED_BYTES >> 30} GiB of disk are free")
            return SKIP
        above_four_gib(sys.argv[1], folder)
    finally:
        shutil.rmtree(folder)
    return 0


sys.exit(main())
