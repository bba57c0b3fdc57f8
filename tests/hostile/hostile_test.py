"""No size that a file can lie about: what is made in made.py, and golden archives with bytes changed, is decoded within
the memory and the seconds that docs/format.md, section 8, states; flat images are compressed within that memory.

  hostile_test.py PROGRAM

Memory, exit codes and processor time are judged, not how long a busy machine takes.
"""
import os
import pathlib
import random
import re
import resource
import subprocess
import sys
import tempfile
import unittest

import made

LMC = os.path.abspath(sys.argv.pop(1))
GOOD = pathlib.Path(__file__).resolve().parents[1] / "vectors/good"
MIB = 1 << 20
ENVIRONMENT, BAD_INPUT = 2, 3
DONE = (0, ENVIRONMENT, BAD_INPUT)

LARGEST_VECTOR = 16 << 10
LEAST_MIB = 64  # that compressing the smallest of the flat images is to do with
CHANGED, SECONDS_MADE, SECONDS_CHANGED = 100, 60, 20


def allowed_bytes(file_bytes, limit_bytes):
    """The rule of docs/format.md, section 8, for one thread."""
    return 96 * MIB + 8 * file_bytes + limit_bytes


def allowed_seconds(file_bytes, raw_bytes, samples):
    """The same for its seconds."""
    return 2 + 1e-6 * file_bytes + 5e-4 * raw_bytes + 2e-4 * samples


def declared(path):
    """What a file, or what can be read of it, says: raw bytes, samples of pictures that are blocks of their own."""
    listing = subprocess.run([LMC, "-l", "-v", path], capture_output=True, text=True, errors="replace").stdout
    raw = sum(int(size) for size in re.findall(r"content from \d+, (\d+) =>", listing))
    return raw, sum(int(w) * int(h) * int(c) for w, h, c in re.findall(r"(\d+)x(\d+), (\d) channel", listing))


class Run:
    """A run of lmc with a limit on its seconds, and far above what is allowed on its memory."""

    def __init__(self, arguments, allowed, seconds, stdin=None):
        def limits():
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            resource.setrlimit(resource.RLIMIT_AS, (allowed + 2048 * MIB,) * 2)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        with tempfile.TemporaryFile() as err:
            process = subprocess.Popen([LMC, *map(str, arguments)], stdin=stdin or subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=err, preexec_fn=limits)
            self.out_bytes = 0
            while piece := process.stdout.read(MIB):
                self.out_bytes += len(piece)
            process.stdout.close()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = self.code = os.waitstatus_to_exitcode(status)
            err.seek(0)
            self.message = err.read().decode(errors="replace")
        self.peak_bytes = usage.ru_maxrss * 1024
        self.seconds = usage.ru_utime + usage.ru_stime
        self.timed_out = self.code in (-9, -24) and self.seconds > seconds - 1


class Hostile(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="lmc-hostile-")
        self.addCleanup(self.folder.cleanup)

    def write(self, name, data):
        path = pathlib.Path(self.folder.name) / name
        path.write_bytes(data)
        return path

    def decode(self, name, data, options=(), limit_mib=256, seconds=SECONDS_MADE):
        allowed = allowed_bytes(len(data), limit_mib * MIB)
        run = Run(["-q", "-d", "-c", "-T1", "-M", f"{limit_mib}M", *options, self.write("file.lmc", data)], allowed, seconds)
        self.assertLessEqual(run.peak_bytes, allowed, f"{name}: {run.peak_bytes >> 20} MiB; {run.message}")
        return run

    def test_sizes_that_are_not_paid_for(self):
        for name, data in made.archives().items():
            run = self.decode(name, data)
            self.assertIn(run.code, (ENVIRONMENT, BAD_INPUT), f"{name}: {run.message}")
            paid = (0, 0) if run.code == ENVIRONMENT else declared(self.write("file.lmc", data))
            self.assertLess(run.seconds, allowed_seconds(len(data), *paid), f"{name}: {run.message}")

    def test_lost_blocks_do_not_fill_the_disk(self):
        for name, data in made.lost_blocks().items():
            run = self.decode(name, data, ["--salvage"])
            self.assertEqual(run.code, BAD_INPUT, f"{name}: {run.message}")
            self.assertLess(run.out_bytes, 64 * MIB, name)

    def test_many_frames_are_listed(self):
        run = Run(["-l", self.write("many.lmc", made.archives()["empty-frames"])], 256 * MIB, SECONDS_MADE)
        self.assertEqual(run.code, 0, run.message)

    def test_images_that_lie_are_not_taken_apart_at_any_cost(self):
        for name, data in made.images().items():
            run = Run(["explain", self.write(name, data)] if name.endswith(".tif") else
                      ["-q", "-1", "-c", "-T1", self.write(name, data)], 512 * MIB, SECONDS_MADE)
            self.assertIn(run.code, DONE, f"{name}: {run.message}")
            self.assertLess(run.peak_bytes, 384 * MIB, name)

    def test_compressing_stays_below_the_limit_too(self):
        for name, data in made.flat_images().items():
            path, packed = self.write(name, data), self.write("packed.lmc", b"")
            for limit_mib in (LEAST_MIB if len(data) < 32 << 10 else 512, 4096):
                allowed = allowed_bytes(len(data), limit_mib * MIB)
                run = Run(["-q", "-1", "-T1", "-f", "-M", f"{limit_mib}M", "-o", packed, path], allowed, SECONDS_MADE)
                self.assertEqual(run.code, 0, f"{name}: {run.message}")
                self.assertLessEqual(run.peak_bytes, allowed, f"{name} within {limit_mib} MiB: {run.peak_bytes >> 20}")
                back = self.write("back", b"")
                self.assertEqual(Run(["-q", "-d", "-f", "-T1", "-o", back, packed], allowed, SECONDS_MADE).code, 0, name)
                self.assertEqual(back.read_bytes(), data, f"{name} within {limit_mib} MiB")

    def test_compressing_says_what_it_needs(self):
        path = self.write("flat.webp", made.flat_webp())
        arguments = ["-q", "-1", "-T1", "-c", path, "-M"]
        run = Run([*arguments, "16M"], 96 * MIB, SECONDS_MADE)
        self.assertEqual(run.code, ENVIRONMENT, run.message)
        self.assertIn("-M ", run.message)
        self.assertLess(run.peak_bytes, 64 * MIB, "refused before it is taken")
        enough = run.message.split("-M ")[1].split()[0]
        self.assertEqual(Run([*arguments, enough], 256 * MIB, SECONDS_MADE).code, 0, enough)

    def test_a_stream_that_begins_like_an_image_is_not_kept(self):
        noise = random.Random(3).randbytes(MIB)  # no more: what this process has counts in the peak of those it starts
        for start in (b"BM", b"P1 ", b"GIF89a", b"\xff\xd8\xff\xe0\0\x10JFIF"):
            path = self.write("stream", start)
            with path.open("ab") as stream:
                for _ in range(64):
                    stream.write(noise)
            with path.open("rb") as stream:
                run = Run(["-q", "-1", "-c", "-T1"], 512 * MIB, SECONDS_MADE, stream)
            self.assertEqual(run.code, 0, run.message)
            self.assertLess(run.peak_bytes, 80 * MIB, start)

    def test_the_limit_says_what_is_needed(self):
        data = (GOOD / "table.level5.lmc").read_bytes()
        run = self.decode("table", data, limit_mib=1)
        self.assertEqual(run.code, ENVIRONMENT, run.message)
        self.assertIn("-M ", run.message)
        enough = run.message.split("-M ")[1].split()[0]
        self.assertEqual(self.decode("table", data, limit_mib=int(enough.rstrip("M"))).code, 0)

    def test_changed_archives_stay_below_the_limit(self):
        chance = random.Random(19)
        vectors = [path for path in sorted(GOOD.iterdir()) if path.stat().st_size <= LARGEST_VECTOR]
        self.assertGreater(len(vectors), 20)
        for number in range(CHANGED):
            path = vectors[number % len(vectors)]
            data = changed(path.read_bytes(), chance)
            limit_mib = chance.choice((16, 64, 256))
            run = self.decode(f"{path.name}, change {number}", data, limit_mib=limit_mib, seconds=SECONDS_CHANGED)
            paid = map(max, declared(path), declared(self.write("file.lmc", data)))
            self.assertLess(run.seconds, allowed_seconds(len(data), *paid), f"{path.name}, change {number}")
            if not run.timed_out:
                self.assertIn(run.code, DONE, f"{path.name}, change {number}: {run.message}")


def changed(data, chance):
    """A few bytes are others: mostly near the start of a payload, where sizes stand, and then often large ones."""
    data = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 3))):
        at = chance.randrange(min(len(data), chance.choice((80, 80, len(data)))))
        way = chance.randrange(4)
        if way == 0:
            data[at] = chance.choice((0, 127, 128, 255))
        elif way == 1:
            data[at] ^= 1 << chance.randrange(8)
        elif way == 2:  # a number of more digits
            data[at:at + 1] = bytes([data[at] | 128]) + bytes([chance.randrange(1, 128)])
        else:
            data[at:at + 1] = b"\xff\xff" + bytes([chance.randrange(1, 128)])
    return bytes(data)


if __name__ == "__main__":
    unittest.main()
