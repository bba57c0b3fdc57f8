"""The manners of lmc, tested from outside: cli_test.py PROGRAM [unittest options]

What the user relies on: names, pipes, exit codes, nothing overwritten, nothing left behind, sources untouched.
"""
import gzip
import json
import lzma
import os
import random
import re
import resource
import signal
import stat
import struct
import subprocess
import unittest
import zlib

from cli_case import BAD_INPUT, BLOCK, ENVIRONMENT, LMC, ROOT, TEXT, USAGE, Case, noise


class Files(Case):
    def test_compress_keeps_the_source_and_decompress_restores_it(self):
        self.write("a")
        self.lmc("-1", "a")
        self.assertEqual(self.names(), ["a", "a.lmc"])
        os.remove(self.folder / "a")
        self.lmc("-d", "a.lmc")
        self.assertEqual(self.names(), ["a", "a.lmc"])
        self.assertEqual(self.read("a"), TEXT)

    def test_rm_removes_only_after_success(self):
        self.write("a")
        self.lmc("-1", "--rm", "a")
        self.assertEqual(self.names(), ["a.lmc"])
        self.lmc("-d", "--rm", "a.lmc")
        self.assertEqual(self.names(), ["a"])
        self.write("bad.lmc", b"no frame")
        self.lmc("-d", "--rm", "bad.lmc", code=BAD_INPUT)
        self.assertEqual(self.names(), ["a", "bad.lmc"])

    def test_the_last_of_rm_and_keep_wins(self):
        self.write("a")
        self.lmc("-1", "--rm", "-k", "a")
        self.assertEqual(self.names(), ["a", "a.lmc"])

    def test_nothing_is_overwritten_without_force(self):
        self.write("a")
        self.write("a.lmc", b"precious")
        done = self.lmc("-1", "a", code=USAGE)
        self.assertIn(b"-f", done.stderr)
        self.assertEqual(self.read("a.lmc"), b"precious")
        self.lmc("-1", "-f", "a")
        self.write("a", b"changed")
        self.lmc("-d", "a.lmc", code=USAGE)
        self.assertEqual(self.read("a"), b"changed")
        self.lmc("-df", "a.lmc")
        self.assertEqual(self.read("a"), TEXT)

    def test_output_option(self):
        self.write("a")
        self.lmc("-1", "a", "-o", "b")
        self.lmc("-d", "b", "-o", "c")
        self.assertEqual(self.read("c"), TEXT)
        self.lmc("-1", "a", "c", "-o", "d", code=USAGE)
        self.assertNotIn("d", self.names())

    def test_mode_and_time_are_kept(self):
        self.write("a")
        os.chmod(self.folder / "a", 0o640)
        os.utime(self.folder / "a", (1_000_000_000, 1_234_567_890))
        self.lmc("-1", "--rm", "a")
        for name, arguments in (("a.lmc", None), ("a", ("-d", "a.lmc"))):
            if arguments:
                self.lmc(*arguments)
            info = os.stat(self.folder / name)
            self.assertEqual(stat.S_IMODE(info.st_mode), 0o640)
            self.assertEqual(int(info.st_mtime), 1_234_567_890)

    def test_several_files_go_on_after_an_error_and_return_the_worst(self):
        self.write("a")
        self.write("b")
        done = self.lmc("-1", "a", "missing", self.folder, "b", code=ENVIRONMENT)
        self.assertIn(b"missing", done.stderr)
        self.assertIn(b"folder", done.stderr)
        self.assertIn("a.lmc", self.names())
        self.assertIn("b.lmc", self.names())
        self.write("bad.lmc", b"junk")
        self.lmc("-t", "a.lmc", "bad.lmc", "missing", "b.lmc", code=BAD_INPUT)

    def test_lmc_files_are_not_compressed_again_unless_forced(self):
        self.write("a.lmc", TEXT)
        done = self.lmc("-1", "a.lmc")
        self.assertIn(b"skipped", done.stderr)
        self.assertEqual(self.names(), ["a.lmc"])
        self.lmc("-1", "-f", "a.lmc")
        self.assertEqual(self.names(), ["a.lmc", "a.lmc.lmc"])

    def test_names_that_do_not_end_in_lmc(self):
        self.write("a")
        self.lmc("-1", "a", "-o", "packed")
        done = self.lmc("-d", "packed", code=USAGE)
        self.assertIn(b"-o", done.stderr)

    def test_double_dash_and_odd_names(self):
        for name in ("-d", "a b", "-", "ü\n"):
            if name == "-":
                continue
            self.write(name)
            self.lmc("-1", "--", name)
            os.remove(self.folder / name)
            self.lmc("-d", "--", name + ".lmc")
            self.assertEqual(self.read(name), TEXT)

    def test_folders_and_unknown_formats_are_explained(self):
        done = self.lmc("-1", ".", code=USAGE)
        self.assertIn(b"tar", done.stderr)
        self.write("x.lmc", b"PK\x03\x04 and so on")
        done = self.lmc("-d", "x.lmc", code=BAD_INPUT)
        self.assertIn(b"not a .lmc file", done.stderr)
        self.write("empty.lmc", b"")
        self.lmc("-d", "empty.lmc", code=BAD_INPUT)
        self.assertEqual(self.names(), ["empty.lmc", "x.lmc"])

    def test_every_level_and_setting_brings_the_bytes_back(self):
        data = TEXT[:20000] + noise(2000) + TEXT[:3000]
        self.write("a", data)
        for options in (["-0"], ["-1"], ["-3"], ["-5"], ["-9"], ["-T1"], ["-T", "2"], ["-T0", "-2"],
                        ["--block-size", "128K"], ["--block-size=1MiB", "-1"], ["--isa", "scalar", "-2"]):
            self.lmc("-f", *options, "a")
            self.assertEqual(self.lmc("-dc", "a.lmc").stdout, data, options)

    def test_empty_input(self):
        self.write("a", b"")
        self.lmc("a")
        self.assertEqual(len(self.read("a.lmc")), 5)
        self.lmc("-df", "a.lmc")
        self.assertEqual(self.read("a"), b"")

    def test_random_bytes_grow_by_a_thousandth_and_16_bytes_at_most(self):
        for size in (1, 100, 65535, 65536, 70000, 1 << 20):
            self.write("a", noise(size))
            self.lmc("-f", "-2", "a")
            self.assertLessEqual(len(self.read("a.lmc")), size + size // 1000 + 16)


class Pipes(Case):
    def test_stdin_to_stdout_and_back(self):
        for data in (b"", b"x", TEXT, noise(BLOCK * 2 + 1)):
            packed = self.lmc("-1", "--block-size", "128K", stdin=data).stdout
            self.assertEqual(self.lmc("-d", stdin=packed).stdout, data)
            self.assertEqual(self.lmc("-d", "-", "-c", stdin=packed).stdout, data)

    def test_stdin_to_a_file(self):
        self.lmc("-1", "-o", "a.lmc", stdin=TEXT)
        self.lmc("-d", "-o", "-", "a.lmc")
        self.assertEqual(self.lmc("-d", "-c", "a.lmc").stdout, TEXT)

    def test_several_files_to_stdout_join(self):
        self.write("a", TEXT)
        self.write("b", b"tiny")
        joined = self.lmc("-1", "-c", "a", "b", "b").stdout
        self.assertEqual(self.lmc("-d", stdin=joined).stdout, TEXT + b"tinytiny")

    def test_solid_makes_one_content_of_several_files(self):
        contents = [TEXT, b"", TEXT, noise(40000), TEXT[::-1]]
        names = [self.write(f"f{i}", content) for i, content in enumerate(contents)]
        self.lmc("-1", "--solid", "-o", "all.lmc", *names)
        self.assertEqual(self.lmc("-dc", "all.lmc").stdout, b"".join(contents))
        self.assertIn(b" 1 ", self.lmc("-l", "all.lmc").stdout)
        piped = self.lmc("-1", "--solid", "-c", *names).stdout
        self.assertEqual(piped, self.read("all.lmc"))
        frames = lambda packed: json.loads(self.lmc("-l", "--json", stdin=packed).stdout)["frames"]
        self.assertEqual((frames(piped), frames(self.lmc("-1", "-c", *names).stdout)), (1, len(names)))
        self.lmc("-1", "--solid", *names)  # without -o or -c each file has its own output
        self.assertIn("f3.lmc", self.names())
        before = self.names()
        self.lmc("-1", "--solid", "-o", "other.lmc", "f0", "missing", code=ENVIRONMENT)
        self.lmc("-1", "--solid", "--rm", "-o", "other.lmc", "f0", "f1", code=USAGE)
        self.lmc("-d", "--solid", "all.lmc", code=USAGE)
        self.lmc("-1", "-o", "other.lmc", "f0", "f1", code=USAGE)
        self.assertEqual(self.names(), before)

    def test_quiet_by_itself_in_a_pipe(self):
        self.assertEqual(self.lmc("-1", stdin=TEXT).stderr, b"")

    def test_closed_pipe_ends_without_noise(self):
        self.write("a", noise(1 << 22))
        done = subprocess.run(["bash", "-c", f"'{LMC}' -0 -c a | head -c 10 >/dev/null; exit ${{PIPESTATUS[0]}}"],
                              cwd=self.folder, capture_output=True)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(self.names(), ["a"])


class Terminal(Case):
    def test_compressed_bytes_do_not_go_to_a_terminal(self):
        code, shown = self.on_terminal("-1", stdin=TEXT)
        self.assertEqual(code, USAGE)
        self.assertIn(b"terminal", shown)
        self.assertEqual(self.on_terminal("-1", "-f", stdin=b"abc")[0], 0)
        self.assertEqual(self.on_terminal("-1", "-c", stdin=b"abc")[0], 0)


class Refusals(Case):
    def test_wrong_usage(self):
        self.write("a")
        for arguments in (["--no-such-option"], ["-T", "many", "a"], ["--block-size", "3M", "a"],
                          ["--block-size", "64K", "a"], ["--block-size", "1X", "a"], ["--isa", "mmx", "a"],
                          ["--salvage", "a"], ["--json", "a"], ["--range", "1", "-d", "a"], ["--rm", "-c", "a"],
                          ["-c", "-o", "b", "a"], ["model", "nonsense"]):
            done = self.lmc(*arguments, code=USAGE)
            self.assertNotEqual(done.stderr, b"", arguments)
        self.assertEqual(self.names(), ["a"])

    def test_missing_model_says_which_and_where(self):
        self.write("a")
        (self.folder / "models").mkdir()
        done = self.lmc("--model", "no-such-model", "--models", "models", "a", code=ENVIRONMENT)
        for part in (b"no-such-model", b"models", b"--models"):
            self.assertIn(part, done.stderr)

    def test_missing_folder_of_models_is_an_error(self):
        self.write("a")
        self.lmc("-1", "--models", self.folder, "a")
        for folders, answer in (("none", b"none: No such"), (f"{self.folder}:none", b"none: No such"),
                                ("a", b"a is no folder")):
            for words in (["-f", "a"], ["-d", "-f", "a.lmc"], ["model", "list"]):
                done = self.lmc(*words, "--models", folders, code=ENVIRONMENT)
                self.assertIn(b"--models: " + answer, done.stderr)

    def test_store_of_models(self):
        with_store = {"env": dict(os.environ, XDG_DATA_HOME=str(self.folder / "share"))}
        model = ROOT / "models/text-small.lmcm"
        self.write("mine.lmcm", model.read_bytes())
        store = self.folder / "share/lmcompress/models"
        for _ in range(2):  # the same once more is no error
            done = self.lmc("model", "add", "mine.lmcm", **with_store)
            self.assertIn(str(store / "mine.lmcm").encode(), done.stdout)
        self.assertEqual((store / "mine.lmcm").read_bytes(), model.read_bytes())
        self.assertIn(b"mine", self.lmc("model", "list", **with_store).stdout)
        self.assertIn(str(store).encode(), self.lmc("model", "info", "mine", **with_store).stdout)
        self.write("mine.lmcm", (ROOT / "models/pixels.lmcm").read_bytes())
        self.assertIn(b"of that name is there", self.lmc("model", "add", "mine.lmcm", code=ENVIRONMENT, **with_store).stderr)
        self.write("mine.lmcm", b"LMCM")
        self.lmc("model", "add", "mine.lmcm", code=BAD_INPUT, **with_store)
        self.assertEqual((store / "mine.lmcm").read_bytes(), model.read_bytes())
        self.lmc("model", "remove", "mine", **with_store)
        self.assertEqual(os.listdir(store), [])
        self.assertIn(b"mine.lmcm", self.lmc("model", "remove", "mine", code=ENVIRONMENT, **with_store).stderr)

    def test_known_models_say_how_they_come(self):
        self.write("a")
        done = self.lmc("--model", "smollm2", "a", code=ENVIRONMENT, env=dict(os.environ, XDG_DATA_HOME="/nonexistent"))
        self.assertIn(b"scripts/get-model smollm2", done.stderr)

    def test_import_says_what_is_wrong(self):
        self.write("a.gguf", b"GGUF\3\0\0\0" + bytes(16))
        done = self.lmc("model", "import", "a.gguf", "-o", "a.lmcm", code=BAD_INPUT)
        self.assertIn(b"general.architecture", done.stderr)
        self.write("b.gguf", b"no GGUF")
        self.assertIn(b"begin with GGUF", self.lmc("model", "import", "b.gguf", "-o", "a.lmcm", code=BAD_INPUT).stderr)
        self.lmc("model", "import", "missing.gguf", "-o", "a.lmcm", code=ENVIRONMENT)
        self.lmc("model", "import", "a.gguf", code=USAGE)
        self.lmc("model", "import", "a.gguf", "-o", "b.gguf", code=ENVIRONMENT)  # it is there
        self.assertEqual(self.names(), ["a.gguf", "b.gguf"])

    def test_full_device(self):
        self.write("a")
        done = subprocess.run([LMC, "-1", "-f", "a", "-o", "/dev/full"], cwd=self.folder, capture_output=True)
        self.assertEqual(done.returncode, ENVIRONMENT)
        self.assertIn(b"No space", done.stderr)

    def test_full_disk_leaves_nothing(self):
        disk = self.folder / "disk"
        disk.mkdir()
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk],
                                               capture_output=True).returncode != 0:
            self.skipTest("a small tmpfs cannot be mounted here")
        try:
            self.write("a", noise(200000))
            self.lmc("-1", "a", "-o", "disk/a.lmc", code=ENVIRONMENT)
            self.assertEqual(os.listdir(disk), [])
            self.assertEqual(len(self.read("a")), 200000)
        finally:
            subprocess.run(["umount", disk], check=True)

    def test_file_size_limit_leaves_nothing(self):
        self.write("a", noise(200000))

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_FSIZE, (50000, 50000))
        self.lmc("-1", "--rm", "a", code=ENVIRONMENT, preexec_fn=limit)
        self.assertEqual(self.names(), ["a"])

    def test_read_only_folder(self):
        self.write("a")
        os.chmod(self.folder, 0o555)
        self.addCleanup(os.chmod, self.folder, 0o755)
        as_nobody = (lambda: os.setuid(65534)) if os.geteuid() == 0 else None  # root may write everywhere
        self.lmc("-1", "a", code=ENVIRONMENT, preexec_fn=as_nobody)


class Damage(Case):
    def test_damage_is_named_and_the_output_removed(self):
        data = noise(3 * BLOCK)
        self.write("a", data)
        self.lmc("-0", "--block-size", "128K", "a")
        os.remove(self.folder / "a")
        bad = bytearray(self.read("a.lmc"))
        bad[BLOCK + 1000] ^= 1
        self.write("a.lmc", bytes(bad))
        done = self.lmc("-d", "a.lmc", code=BAD_INPUT)
        self.assertIn(b"block 1 (content bytes 131072 to 262144", done.stderr)
        self.assertEqual(self.names(), ["a.lmc"])
        self.lmc("-t", "a.lmc", code=BAD_INPUT)
        done = self.lmc("-d", "--salvage", "a.lmc", code=BAD_INPUT)
        self.assertIn(b"block 1", done.stderr)
        self.assertEqual(self.read("a"), data[:BLOCK] + bytes(BLOCK) + data[2 * BLOCK:])

    def test_salvage_of_an_intact_file(self):
        self.write("a")
        self.lmc("-1", "a")
        self.assertEqual(self.lmc("-dc", "--salvage", "a.lmc").stdout, TEXT)

    def test_cut_short_at_every_byte(self):
        self.write("a", TEXT[:600])
        self.lmc("-1", "a")
        whole = self.read("a.lmc")
        for size in range(0, len(whole), max(1, len(whole) // 40)):
            self.lmc("-d", stdin=whole[:size], code=BAD_INPUT)

    def test_range(self):
        data = noise(3 * BLOCK)
        self.write("a", data)
        self.lmc("-0", "--block-size", "128K", "a")
        part = self.lmc("-dc", "--range", f"{BLOCK - 5}:10", "a.lmc").stdout
        self.assertEqual(part, data[BLOCK - 5:BLOCK + 5])


class FormatExamples(Case):
    def examples(self):
        """The hex of each code block of docs/format.md, section 9."""
        section = (ROOT / "docs/format.md").read_text().split("## 9.")[1].split("## 10.")[0]
        for block in section.split("```")[1::2]:
            lines = [re.match(r"((?:[0-9A-F]{2} {0,2})*)", line).group(1) for line in block.strip().splitlines()]
            yield bytes.fromhex(" ".join(lines))

    def test_the_worked_examples_are_what_lmc_writes(self):
        empty, tiny, full = self.examples()
        self.assertEqual(self.lmc("-0", stdin=b"").stdout, empty)
        self.assertEqual(self.lmc("-0", stdin=b"hello").stdout, tiny)
        self.write("hello", b"hello")
        two = self.lmc("-0", "-c", "hello", "hello").stdout
        self.assertEqual(two, tiny + tiny)
        self.assertEqual(self.lmc("-d", stdin=full).stdout, b"hello")
        self.assertEqual(self.lmc("-d", stdin=tiny + full + empty + tiny).stdout, b"hello" * 3)

    def test_appending_and_joining_work_as_with_gzip(self):
        with open(self.folder / "log.lmc", "wb") as log:
            for line in (b"first\n", b"second\n", TEXT):
                log.write(self.lmc("-3", stdin=line).stdout)
                log.flush()
        self.assertEqual(self.lmc("-d", "-c", "log.lmc").stdout, b"first\nsecond\n" + TEXT)
        self.assertEqual(self.lmc("-d", "-c", "--salvage", "log.lmc").stdout, b"first\nsecond\n" + TEXT)
        self.assertEqual(self.lmc("-d", "-c", "--range", "6:10", "log.lmc").stdout, b"second\n" + TEXT[:3])
        self.lmc("-t", "log.lmc")

    def test_damage_of_one_tiny_frame_leaves_the_others(self):
        frames = [self.lmc("-1", stdin=b"line %d " % i * 20).stdout for i in range(3)]
        broken = bytearray(frames[1])
        broken[-1] ^= 4
        self.write("log.lmc", frames[0] + bytes(broken) + frames[2])
        self.lmc("-t", "log.lmc", code=BAD_INPUT)
        saved = self.lmc("-d", "-c", "--salvage", "log.lmc", code=BAD_INPUT).stdout
        self.assertEqual(saved, b"line 0 " * 20 + b"line 2 " * 20)

    def test_every_flipped_bit_of_a_tiny_frame_is_bad_input(self):
        good = self.lmc("-3", stdin=b"to be or not to be, that is the question, that is the answer").stdout
        for bit in range(40):
            bad = bytearray(good)
            bad[bit // 8] ^= 1 << bit % 8
            self.lmc("-d", "-c", stdin=bytes(bad), code=BAD_INPUT)


def ppm(width, height):
    pixels = bytes(value for y in range(height) for x in range(width) for value in (x * 3 % 256, y * 2 % 256, (x + y) % 256))
    return b"P6\n%d %d\n255\n" % (width, height) + pixels, pixels


def png(width, height, rows):
    """A grey PNG. rows: filtered."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) +
            chunk(b"tEXt", b"Title\0waves") + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Images(Case):
    def test_files_come_back_and_pixels_come_out(self):
        data, pixels = ppm(90, 70)
        self.write("a.ppm", data)
        self.lmc("-1", "a.ppm")
        self.assertIn(b"PNM 90x70, 3 channels of 8 bits", self.lmc("-l", "-v", "a.ppm.lmc").stdout)
        self.assertLess(len(self.read("a.ppm.lmc")), len(data) // 10)
        self.assertEqual(self.lmc("-d", "-c", "a.ppm.lmc").stdout, data)
        self.assertEqual(self.lmc("-d", "-c", "--as", "pnm", "a.ppm.lmc").stdout, data)
        part = self.lmc("-d", "-c", "--as", "pnm", "--region", "10,20,30,5", "a.ppm.lmc").stdout
        rows = b"".join(pixels[(y * 90 + 10) * 3:(y * 90 + 40) * 3] for y in range(20, 25))
        self.assertEqual(part, b"P6\n30 5\n255\n" + rows)
        self.lmc("-d", "--as", "png", "a.ppm.lmc")  # not under the name of the file it was
        self.assertEqual(self.names(), ["a.ppm", "a.ppm.lmc", "a.ppm.png"])
        os.rename(self.folder / "a.ppm.png", self.folder / "b.png")
        self.lmc("-1", "b.png")
        self.assertEqual(self.lmc("-d", "-c", "--as", "pnm", "b.png.lmc").stdout, data)
        self.assertEqual(self.lmc("-d", "-c", "b.png.lmc").stdout, self.read("b.png"))

    def test_a_decoded_jpeg_file_is_like_other_pictures(self):
        packed = (ROOT / "tests/vectors/good/decoded_jpeg.ppm.level5.lmc").read_bytes()
        self.write("a.ppm.lmc", packed)
        self.assertIn(b"PNM 108x91, 3 channels of 8 bits", self.lmc("-l", "-v", "a.ppm.lmc").stdout)
        data = self.lmc("-d", "-c", "a.ppm.lmc").stdout
        self.assertEqual(self.lmc("-d", "-c", "--as", "pnm", "a.ppm.lmc").stdout, data)
        pixels = data[-108 * 91 * 3:]
        part = self.lmc("-d", "-c", "--as", "pnm", "--region", "10,20,30,5", "a.ppm.lmc").stdout
        rows = b"".join(pixels[(y * 108 + 10) * 3:(y * 108 + 40) * 3] for y in range(20, 25))
        self.assertEqual(part, b"P6\n30 5\n255\n" + rows)
        self.lmc("-d", "--as", "png", "a.ppm.lmc")
        os.rename(self.folder / "a.ppm.png", self.folder / "b.png")
        for level in ("-1", "-7"):
            self.lmc("-f", level, "b.png")
            self.assertLess(len(self.read("b.png.lmc")), len(packed) + 200)
            self.assertEqual(self.lmc("-d", "-c", "b.png.lmc").stdout, self.read("b.png"))

    def test_sound_as_wav(self):
        self.write("a.flac", (ROOT / "lmc/media/audio/testdata/thirds.flac").read_bytes())
        self.lmc("-1", "a.flac")
        self.lmc("-d", "--as", "wav", "a.flac.lmc")
        data = self.read("a.flac.wav")
        self.assertEqual(data[:4] + data[8:16], b"RIFFWAVEfmt ")
        self.assertEqual(len(data), 44 + 1500 * 4)
        self.lmc("-d", "-c", "--as", "wav", "--region", "1,1,4,1", "a.flac.lmc", code=USAGE)
        self.write("b")
        self.lmc("-1", "b")
        self.lmc("-d", "-c", "--as", "wav", "b.lmc", code=BAD_INPUT)

    def test_what_is_no_image_is_refused(self):
        self.write("a")
        self.lmc("-1", "a")
        self.assertIn(b"no image", self.lmc("-d", "-c", "--as", "png", "a.lmc", code=BAD_INPUT).stderr)
        self.write("b.pgm", b"P5\n4 4\n255\n" + bytes(16))
        self.lmc("-1", "b.pgm")
        self.lmc("-d", "-c", "--as", "png", "--region", "1,1,4,1", "b.pgm.lmc", code=USAGE)
        self.lmc("-d", "-c", "--as", "jpeg", "b.pgm.lmc", code=USAGE)
        self.lmc("-d", "-c", "--region", "0,0,1,1", "b.pgm.lmc", code=USAGE)

    def test_what_is_compressed_and_not_opened_is_said(self):
        self.write("a.xz", lzma.compress(b"a text " * 50))
        self.assertIn(b"compressed by xz, which is not opened", self.lmc("-1", "-v", "a.xz").stderr)
        self.assertNotIn(b"not opened", self.lmc("-1", "-f", "a.xz").stderr)
        for name, start in (("MP3", b"ID3\4\0"), ("AAC", b"\xff\xf1\x50\x80"), ("Opus", b"OggS" + bytes(24) + b"OpusHead"),
                            ("Vorbis", b"OggS" + bytes(24) + b"\1vorbis")):
            self.write("a.snd", start + os.urandom(2000))
            told = self.lmc("-1", "-v", "-f", "a.snd").stderr
            self.assertIn(b"compressed by " + name.encode() + b", which is not opened", told)
        self.write("b.gz", gzip.compress(b"a text, and another one; " * 50))
        self.assertNotIn(b"not opened", self.lmc("-1", "-v", "b.gz").stderr)

    def test_damaged_png(self):
        rows = b"".join(b"\0" + bytes((x * x // 40 + y * y // 50) % 256 for x in range(120)) for y in range(100))
        data = png(120, 100, rows)
        self.write("a.png", data)
        self.lmc("-1", "a.png")
        exact = len(self.read("a.png.lmc"))
        wrong_crc = data[:-1] + bytes([data[-1] ^ 1])
        wrong_adler = data[:-17] + bytes([data[-17] ^ 1]) + data[-16:]
        for damaged in (wrong_crc, wrong_adler, data[:-12], data[:-20], data + b"more", data[:len(data) // 2 + 100]):
            self.write("b.png", damaged)
            said = self.lmc("-1", "-f", "-v", "b.png").stderr
            self.assertNotIn(b"not taken apart", said)
            self.assertLess(len(self.read("b.png.lmc")), exact + 40)
            self.assertEqual(self.lmc("-d", "-c", "b.png.lmc").stdout, damaged)

    def test_what_is_not_taken_apart_is_said(self):
        data = png(60, 50, b"\7" * 61 * 50)  # no such filter
        self.write("a.png", data)
        self.assertIn(b"not taken apart", self.lmc("-1", "-v", "a.png").stderr)
        self.assertEqual(self.lmc("-d", "-c", "a.png.lmc").stdout, data)
        self.assertIn(b"not taken apart: ", self.lmc("-l", "-v", "a.png.lmc").stdout)

    def test_jpeg(self):
        data = (ROOT / "lmc/media/jpeg/testdata/baseline_420.jpg").read_bytes()
        self.write("a.jpg", data)
        self.lmc("a.jpg")
        self.assertLess(len(self.read("a.jpg.lmc")), len(data))
        self.assertIn(b"jpeg", self.lmc("-l", "a.jpg.lmc").stdout)
        self.assertEqual(self.lmc("-d", "-c", "a.jpg.lmc").stdout, data)

    def test_cut_short_and_strange_images_come_back(self):
        data, _ = ppm(50, 40)
        jpeg = (ROOT / "lmc/media/jpeg/testdata/grey.jpg").read_bytes()
        for content in (data[:-7], data[:9], data + b"more", b"P6\n4294967295 4294967295\n255\n" + bytes(99), jpeg[:-5],
                        jpeg[:200], jpeg + data, b"\x89PNG\r\n\x1a\n" + bytes(60), b"BM" + bytes(70), b"GIF89a" + bytes(9)):
            self.assertEqual(self.lmc("-d", stdin=self.lmc("-1", stdin=content).stdout).stdout, content)

    def test_explain(self):
        self.write("a.ppm", ppm(40, 30)[0])
        self.assertIn(b"bits a pixel", self.lmc("explain", "a.ppm", "-o", "heat.png", "-1").stdout)
        self.assertEqual(self.read("heat.png")[:8], b"\x89PNG\r\n\x1a\n")
        self.write("a.flac", (ROOT / "lmc/media/audio/testdata/seek-points.flac").read_bytes())
        self.assertIn(b"bits a sample", self.lmc("explain", "a.flac", "-o", "sound.png", "-1").stdout)
        self.assertEqual(struct.unpack(">II", self.read("sound.png")[16:24]), (1200, 592))
        self.lmc("explain", "heat.txt", code=ENVIRONMENT)
        self.lmc("explain", code=USAGE)


class Words(Case):
    def test_list(self):
        self.write("a", noise(3 * BLOCK))
        self.lmc("-0", "--block-size", "128K", "a")
        self.write("b", b"tiny")
        self.lmc("-0", "b")
        shown = self.lmc("-l", "a.lmc", "b.lmc").stdout.decode().splitlines()
        self.assertEqual(len(shown), 3)
        self.assertIn("stored", shown[1])
        rows = [json.loads(line) for line in self.lmc("-l", "--json", "a.lmc", "b.lmc").stdout.splitlines()]
        self.assertEqual(rows[0]["blocks"], 3)
        self.assertEqual(rows[0]["content_bytes"], 3 * BLOCK)
        self.assertEqual(rows[0]["compressed_bytes"], len(self.read("a.lmc")))
        self.assertTrue(rows[1]["tiny"])
        self.lmc("-l", "a", code=BAD_INPUT)

    def test_test_mode_writes_nothing(self):
        self.write("a")
        self.lmc("-1", "a")
        done = self.lmc("-t", "a.lmc")
        self.assertIn(b"intact", done.stderr)
        self.assertEqual(done.stdout, b"")
        self.assertEqual(self.names(), ["a", "a.lmc"])

    def test_help_version_and_quiet(self):
        short, full = self.lmc("-h").stdout, self.lmc("--help").stdout
        self.assertLess(len(short), len(full))
        self.assertRegex(self.lmc("--version").stdout, rb"^lmc \d+\.\d+\.\d+\n$")
        self.write("a")
        self.assertEqual(self.lmc("-1", "-q", "a").stderr, b"")
        self.assertIn(b"peak memory", self.lmc("-1", "-v", "-f", "a").stderr)
        self.lmc("model", "list")
        self.lmc("model", "--help")

    def test_help_manual_and_completion_say_the_same(self):
        self.assertEqual(self.lmc("--print-man-page").stdout, (ROOT / "docs/lmc.1").read_bytes())
        completion = self.lmc("--print-completion").stdout
        self.assertEqual(completion, (ROOT / "scripts/lmc.bash").read_bytes())
        for option in (b"--salvage", b"--block-size", b"-T", b"--rm"):
            self.assertIn(option, self.lmc("--help").stdout)
            self.assertIn(option, completion)

    def test_completion_completes(self):
        script = (f"source '{ROOT}/scripts/lmc.bash'; COMP_WORDS=(lmc --sal); COMP_CWORD=1; _lmc; echo ${{COMPREPLY[@]}};"
                  "COMP_WORDS=(lmc --isa avx); COMP_CWORD=2; _lmc; echo ${COMPREPLY[@]}")
        done = subprocess.run(["bash", "-c", script], capture_output=True, check=True)
        self.assertEqual(done.stdout, b"--salvage\navx2 avxvnni avx512\n")


if __name__ == "__main__":
    unittest.main()
