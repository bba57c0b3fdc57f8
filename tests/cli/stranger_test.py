"""What a stranger does to lmc, and what it must not do then: stranger_test.py PROGRAM [unittest options]

Sources that must stay, files that are no regular ones, outputs that are inputs, names of any bytes, signals at any time.
"""
import contextlib
import json
import os
import re
import resource
import shutil
import signal
import socket
import stat
import subprocess
import threading
import unittest

from cli_case import BAD_INPUT, ENVIRONMENT, LMC, ROOT, TEXT, USAGE, Case, noise

class Sources(Case):
    """--rm: the source goes only after a regular file was written."""

    def test_devices_pipes_and_open_descriptors_are_no_place_to_move_a_source_to(self):
        self.write("a")
        self.lmc("-1", "-q", "a")
        os.mkfifo(self.folder / "pipe")
        for name, mode in (("a", "-1"), ("a.lmc", "-d")):
            before = self.read(name)
            for output in ("/dev/null", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "/dev/stderr"):
                done = self.lmc(mode, "--rm", "-o", output, name)
                self.assertIn(b"not removed", done.stderr)
            reader = threading.Thread(target=lambda: self.read("pipe"))
            reader.start()
            self.assertIn(b"not removed", self.lmc(mode, "--rm", "-f", "-o", "pipe", name).stderr)
            reader.join()
            for options in (["-c"], ["-o", "-"]):
                self.assertIn(b"--rm", self.lmc(mode, "--rm", *options, name, code=USAGE).stderr)
            self.assertEqual(self.read(name), before)
        for mode in ("-t", "-l"):
            self.assertIn(b"--rm", self.lmc(mode, "--rm", "a.lmc").stderr)
        self.lmc("--rm", "-o", "/dev/full", "a", code=ENVIRONMENT)
        self.assertEqual(self.names(), ["a", "a.lmc", "pipe"])

    def test_a_link_given_as_output_stays_and_leads_to_the_output(self):
        for folder in ("there", "links"):
            (self.folder / folder).mkdir()
        self.write("there/old", b"old")
        for name, target in (("short", "long"), ("long", self.folder / "links/up"), ("links/up", "../there/old"),
                             ("new", "there/new")):
            os.symlink(target, self.folder / name)
        self.assertIn(b"exists", self.lmc("-o", "short", self.write("a"), code=USAGE).stderr)
        self.assertEqual(self.read("there/old"), b"old")
        self.assertIn(b"there/old", self.lmc("-f", "-o", "short", "a").stderr)
        self.lmc("-o", "new", "a")
        for name in ("short", "new"):
            self.assertTrue(os.path.islink(self.folder / name))
            self.assertEqual(self.lmc("-dc", name).stdout, TEXT)
        self.assertEqual(sorted(os.listdir(self.folder / "there")), ["new", "old"])
        self.assertIn(b"the same file", self.lmc("-f", "-o", "short", "there/old", code=USAGE).stderr)
        os.symlink("loop", self.folder / "loop")
        self.lmc("-f", "-o", "loop", "a", code=ENVIRONMENT)

    def test_a_link_in_place_of_a_name_that_lmc_makes_is_replaced(self):
        self.write("other", b"other")
        os.symlink("other", self.folder / "a.lmc")
        self.lmc(self.write("a"), code=USAGE)
        self.lmc("-f", "a")
        self.assertFalse(os.path.islink(self.folder / "a.lmc"))
        self.assertEqual(self.read("other"), b"other")

    def test_a_link_to_a_device_is_one(self):
        self.write("a")
        os.symlink("/dev/null", self.folder / "nowhere")
        self.lmc("-1", "-f", "--rm", "-o", "nowhere", "a")
        self.assertEqual(self.names(), ["a", "nowhere"])
        self.assertTrue(os.path.islink(self.folder / "nowhere"))

    def test_standard_output_that_is_a_file_is_written_not_replaced(self):
        self.write("a")
        for output in ("/dev/stdout", "/dev/fd/1"):
            with open(self.folder / "out", "wb") as out:
                out.write(b"before")
                out.flush()
                self.lmc("-1", "-f", "--rm", "-o", output, "a", stdout=out)
                out.write(b"after")
            whole = self.read("out")
            self.assertTrue(whole.startswith(b"before") and whole.endswith(b"after"))
            self.assertEqual(self.lmc("-d", stdin=whole[6:-5]).stdout, TEXT)
        self.assertEqual(self.names(), ["a", "out"])
        self.assertTrue(os.path.exists("/dev/stdout"))

    def test_the_last_of_rm_and_keep_counts(self):
        for options, names in ((["--rm", "-k"], ["a", "a.lmc"]), (["-k", "--rm"], ["a.lmc"]), (["--rm", "-kq"], ["a", "a.lmc"]),
                               (["-k", "--rm", "--keep"], ["a", "a.lmc"]), (["--keep", "-k", "--rm"], ["a.lmc"])):
            self.write("a")
            self.lmc("-1", "-f", *options, "a")
            self.assertEqual(self.names(), names, options)
            os.remove(self.folder / "a.lmc")
        self.assertIn(b"the last one counts", self.lmc("--print-man-page").stdout)
        self.lmc("-1", "--rm=false", "a", code=USAGE)

    def test_what_changed_while_it_was_read_stays(self):
        self.write("a", noise(1 << 26))
        program = subprocess.Popen([LMC, "-0", "--rm", "a"], cwd=self.folder, stderr=subprocess.PIPE)
        while program.poll() is None and not self.has_open(program, "#") and not self.has_open(program, "a.lmc"):
            pass
        program.send_signal(signal.SIGSTOP)
        self.write("newer", b"not compressed yet")
        in_time = os.path.exists(self.folder / "a") and not os.path.exists(self.folder / "a.lmc")
        os.rename(self.folder / "newer", self.folder / "a")
        program.send_signal(signal.SIGCONT)
        said = program.communicate()[1]
        self.assertEqual(self.read("a"), b"not compressed yet")
        if not in_time:
            self.skipTest("the program was faster than the test")
        self.assertIn(b"changed", said)
        self.assertEqual(program.returncode, ENVIRONMENT)

    def test_several_with_a_bad_one_in_the_middle(self):
        for name in "abc":
            self.write(name)
        self.write("b.lmc", b"precious")
        self.lmc("-1", "--rm", "a", "b", "c", "missing", code=ENVIRONMENT)
        self.assertEqual(self.names(), ["a.lmc", "b", "b.lmc", "c.lmc"])
        os.remove(self.folder / "b")
        self.lmc("-d", "--rm", "a.lmc", "b.lmc", "c.lmc", code=BAD_INPUT)
        self.assertEqual(self.names(), ["a", "b.lmc", "c"])
        self.assertEqual(self.read("b.lmc"), b"precious")


class SpecialFiles(Case):
    def test_they_are_skipped_with_a_word(self):
        os.mkfifo(self.folder / "pipe")
        os.mkfifo(self.folder / "pipe.lmc")
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(str(self.folder / "socket"))
        os.symlink("/dev/zero", self.folder / "link")
        self.write("a")
        before = self.names()
        for name in ("pipe", "socket", "link", "/dev/null", "/dev/zero", "/dev/full"):
            for options in ([], ["--rm"], ["-f"], ["--rm", "-f"]):
                done = self.lmc("-1", *options, name, code=USAGE, timeout=10)
                self.assertIn(b"skipped", done.stderr)
        self.assertIn(b"skipped", self.lmc("-d", "--rm", "pipe.lmc", code=USAGE, timeout=10).stderr)
        self.assertEqual(self.names(), before)
        self.assertFalse(os.path.exists("/dev/null.lmc"))
        self.lmc("-1", "pipe", "a", "/dev/null", code=USAGE, timeout=10)
        self.assertEqual(self.names(), sorted(before + ["a.lmc"]))

    def test_a_device_node_stays(self):
        if os.geteuid() != 0:
            self.skipTest("only root makes device nodes")
        try:
            os.mknod(self.folder / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
            open(self.folder / "null", "rb").close()
        except OSError as error:
            self.skipTest(f"no device nodes here: {error}")
        self.lmc("-1", "--rm", "null", code=USAGE)
        self.lmc("-1", "--rm", "-o", "out", "null")
        self.assertEqual(self.names(), ["null", "out"])

    def test_they_are_read_where_the_output_is_named(self):
        os.mkfifo(self.folder / "pipe")

        def feed(data):
            writer = threading.Thread(target=lambda: (self.folder / "pipe").write_bytes(data))
            writer.start()
            return writer
        writer = feed(TEXT)
        packed = self.lmc("-1", "-c", "pipe").stdout
        writer.join()
        self.assertEqual(self.lmc("-d", stdin=packed).stdout, TEXT)
        writer = feed(packed)
        self.lmc("-d", "-o", "out", "--rm", "pipe")
        writer.join()
        self.assertEqual(self.read("out"), TEXT)
        for mode in ("-t", "-l"):
            writer = feed(packed)
            self.lmc(mode, "pipe")
            writer.join()
        self.assertEqual(self.lmc("-d", stdin=self.lmc("-1", "-c", "/dev/null").stdout).stdout, b"")
        self.assertEqual(self.names(), ["out", "pipe"])

    def test_one_with_the_name_of_the_output(self):
        self.write("a")
        os.mkfifo(self.folder / "a.lmc")
        self.assertIn(b"no regular file", self.lmc("-1", "a", code=USAGE, timeout=10).stderr)
        self.lmc("-1", "-f", "a", code=USAGE, timeout=10)
        self.assertTrue(stat.S_ISFIFO(os.stat(self.folder / "a.lmc").st_mode))


class SameFile(Case):
    def test_an_output_that_is_an_input_is_refused(self):
        self.write("a")
        self.lmc("-1", "a", "-o", "p.lmc")
        packed = self.read("p.lmc")
        self.write("b")
        for name in ("a", "p.lmc"):
            os.link(self.folder / name, self.folder / f"hard-{name}")
            os.symlink(name, self.folder / f"soft-{name}")
            os.symlink(self.folder / name, self.folder / f"full-{name}")
        before = self.names()
        for name, mode in (("a", ["-1"]), ("p.lmc", ["-d"])):
            for output in (name, f"hard-{name}", f"soft-{name}", f"full-{name}", f"./{name}",
                           f"../{self.folder.name}/{name}", str(self.folder / name), f".//{name}"):
                for options in (["-f"], ["-f", "--rm"], ["-f", "-T2", "-v"]):
                    done = self.lmc(*mode, *options, "-o", output, name, code=USAGE)
                    self.assertIn(b"same file", done.stderr)
                with open(self.folder / name, "rb") as stdin:
                    self.assertIn(b"same file", self.lmc(*mode, "-f", "-o", output, stdin=stdin, code=USAGE).stderr)
        for output in ("a", "b", "hard-a", "soft-a"):
            done = self.lmc("-1", "-f", "--solid", "-o", output, "b", "a", code=USAGE)
            self.assertIn(b"same file", done.stderr)
        self.assertEqual(self.names(), before)
        self.assertEqual((self.read("a"), self.read("b"), self.read("p.lmc")), (TEXT, TEXT, packed))

    def test_standard_output_that_is_an_input(self):
        for name, mode in (("a", "-1"), ("p.lmc", "-d")):
            self.write(name, TEXT if name == "a" else self.lmc("-1", stdin=TEXT).stdout)
            before = self.read(name)
            with open(self.folder / name, "ab") as out, open(self.folder / name, "rb") as again:
                self.assertIn(b"same file", self.lmc(mode, "-c", name, stdout=out, code=USAGE, timeout=20).stderr)
                self.assertIn(b"same file", self.lmc(mode, stdin=again, stdout=out, code=USAGE, timeout=20).stderr)
            self.assertEqual(self.read(name), before)

    def test_explain_does_not_write_over_its_image(self):
        image = b"P5\n20 10\n255\n" + bytes(range(200))
        self.write("a.pgm", image)
        os.link(self.folder / "a.pgm", self.folder / "b.pgm")
        for output in ("a.pgm", "b.pgm", "./a.pgm"):
            for options in ([], ["-f"]):
                self.assertIn(b"same file", self.lmc("explain", "a.pgm", *options, "-o", output, code=USAGE).stderr)
        self.write("heat.png", b"precious")
        self.lmc("explain", "a.pgm", "-1", "-o", "heat.png", code=USAGE)
        self.assertEqual(self.read("heat.png"), b"precious")
        self.lmc("explain", "a.pgm", "-1", "-f", "-o", "heat.png")
        self.assertEqual(self.read("heat.png")[1:4], b"PNG")
        self.assertEqual(self.read("a.pgm"), image)


class Levels(Case):
    def test_digits_together_are_one_number(self):
        self.write("a")
        for words in (["-10"], ["-19"], ["-50"], ["-00"], ["-05"], ["-99"], ["-100"], ["-d10"], ["-qv19"], ["-f10k"],
                      ["-T", "2", "-10"], ["-T2", "-10"], ["-1", "-10"], ["--level", "5"], ["--level=5"], ["--level=19"],
                      ["--best"], ["--fast"], ["--fast=3"], ["--ultra", "-22"]):
            done = self.lmc(*words, "a", code=USAGE)
            self.assertIn(b"levels are 0 to 9", done.stderr, words)
        self.assertEqual(self.names(), ["a"])

    def test_digits_elsewhere_are_no_levels(self):
        self.write("a")
        self.write("-10")
        self.lmc("-1", "-T10", "-o10", "a")
        self.lmc("-1f", "-T", "10", "-o", "10", "a")
        self.lmc("-1", "--threads", "12", "--output", "12", "--block-size=1024K", "a")
        self.lmc("-1", "-o", "-10.lmc", "--", "-10")
        self.assertEqual(self.names(), ["-10", "-10.lmc", "10", "12", "a"])
        self.lmc("-d", "-o", "b", "10")
        self.assertEqual(self.read("b"), TEXT)
        self.assertEqual(self.lmc("-1", "-9", "-0", stdin=TEXT).stdout, self.lmc("-0", stdin=TEXT).stdout)


class OddNames(Case):
    NAMES = [b"\xff\xfe.lmc", b"a\x1b[31m\n.lmc", "ü € \U0001f600.lmc".encode(), b"\xed\xa0\x80.lmc", b"\xc0\xaf.lmc",
             b"tab\tquote\"back\\slash.lmc", b"\x7f\xc2\x9b31m.lmc", "\u202egnp.lmc".encode(), b"cut \xe2\x82.lmc",
             b"\xf4\x90\x80\x80.lmc", b"\x01\x02\r.lmc"]

    def assertHarmless(self, text):
        shown = text.decode("utf-8")  # raises where it is none
        self.assertIsNone(re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e]", shown), repr(shown))

    def test_json_is_json_and_gives_the_name_back(self):
        packed = self.lmc("-1", stdin=TEXT).stdout
        for name in self.NAMES:
            with open(os.fsencode(self.folder) + b"/" + name, "wb") as file:
                file.write(packed)
        lines = self.lmc("-l", "--json", "--", *self.NAMES).stdout
        self.assertHarmless(lines)
        rows = [json.loads(line) for line in lines.decode("utf-8").splitlines()]
        self.assertEqual(len(rows), len(self.NAMES))
        for name, row in zip(self.NAMES, rows):
            text = row["file"].encode("utf-8")  # no lone surrogates
            self.assertEqual(bytes.fromhex(row["file_hex"]) if "file_hex" in row else text, name)
            self.assertEqual("file_hex" in row, "\ufffd" in row["file"])
        self.assertIn(b"file_hex", self.lmc("--help").stdout)

    def test_nothing_in_a_name_reaches_the_terminal(self):
        for name in self.NAMES:
            source, packed = b"s-" + name[:-4], b"s-" + name
            with open(os.fsencode(self.folder) + b"/" + source, "wb") as file:
                file.write(b"some text")
            shown = b""
            for arguments, code in (([b"-1", source], 0), ([b"-1", source], USAGE), ([b"-d", packed], USAGE),
                                    ([b"-d", b"-f", packed], 0), ([b"-t", packed], 0), ([b"-l", packed], 0),
                                    ([b"-l", b"-v", packed], 0), ([b"-1", packed], 0), ([b"-1", b"no-" + source], ENVIRONMENT),
                                    ([b"-d", source], USAGE), ([b"-t", source], BAD_INPUT), ([b"-l", source], BAD_INPUT),
                                    ([b"-1", b"-f", b"-o", source, source], USAGE), ([b"-1", b"-v", b"-o", b"o-" + name, source], 0),
                                    ([b"--no-" + name], USAGE), ([b"--as", name, b"-d", packed], USAGE),
                                    ([b"explain", source], BAD_INPUT), ([b"--model", name, source], ENVIRONMENT),
                                    ([b"-1", b"-o", name + b"/x", source], ENVIRONMENT)):
                done = self.lmc(*arguments, code=code)
                shown += done.stdout + done.stderr
            self.assertHarmless(shown)
        os.mkdir(os.fsencode(self.folder) + b"/folder\x1b[31m")
        self.assertHarmless(self.lmc(b"-1", b"folder\x1b[31m", code=USAGE).stderr)

    def test_a_name_cannot_forge_a_line(self):
        self.write("a\nlmc: all is well")
        shown = self.lmc("-1", "a\nlmc: all is well").stderr
        self.assertEqual(shown.count(b"\n"), 1)
        self.assertIn(b"a\\nlmc: all is well", shown)

    def test_names_that_cannot_be(self):
        self.write("a")
        self.lmc("-1", "-o", "", "a", code=USAGE)
        self.lmc("-1", "", code=ENVIRONMENT)
        self.lmc("-1", "-o", "x" * 300, "a", code=ENVIRONMENT)
        self.lmc("-1", "-o", "b/", "a", code=USAGE)
        self.lmc("-1", "-o", "a/b", "a", code=ENVIRONMENT)
        self.lmc("-1", "-o", "no/such", "a", code=ENVIRONMENT)
        long = "y" * 251
        self.write(long)
        for _ in range(2):  # the second time over what is there
            self.lmc("-1", "-f", long)
        self.write(".lmc", self.read(long + ".lmc"))
        self.lmc("-d", "./.lmc", code=USAGE)
        self.lmc("-d", ".lmc", code=USAGE)
        self.assertEqual(self.names(), sorted([".lmc", "a", long, long + ".lmc"]))


class Streams(Case):
    def test_closed_descriptors_are_not_written_into_the_output(self):
        self.write("a")
        for closed in (">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"):
            subprocess.run(["bash", "-c", f"'{LMC}' -1 -f a {closed}"], cwd=self.folder, check=True, capture_output=True)
            self.assertEqual(self.lmc("-dc", "a.lmc").stdout, TEXT)
        for command in ("-1 -c a >&-", "-1 <&-", "-dc a.lmc >&-"):
            done = subprocess.run(["bash", "-c", f"'{LMC}' {command}"], cwd=self.folder, capture_output=True)
            self.assertEqual(done.returncode, ENVIRONMENT, command)

    def test_a_full_disk_behind_what_is_printed(self):
        self.write("a")
        self.lmc("-1", "a")
        for words in (["-l", "a.lmc"], ["-l", "--json", "a.lmc"], ["-h"], ["--version"], ["model", "list"], ["-1", "-c", "a"],
                      ["-dc", "a.lmc"]):
            with open("/dev/full", "wb") as full:
                self.assertIn(b"No space", self.lmc(*words, code=ENVIRONMENT, stdout=full).stderr)

    def test_help_wins_over_what_follows(self):
        self.assertEqual(self.lmc("-h", "-d").stdout, self.lmc("-h").stdout)
        self.assertEqual(self.lmc("-d", "--help", "-1").stdout, self.lmc("--help").stdout)


class Inputs(Case):
    def test_files_that_tell_wrong_sizes(self):
        for path in ("/proc/version", "/sys/class/net/lo/address"):
            if not os.path.exists(path):
                self.skipTest(f"no {path} here")
            with open(path, "rb") as file:
                content = file.read()
            self.lmc("-1", "-f", "-o", "out", path)
            self.assertEqual(self.lmc("-dc", "out").stdout, content)

    def test_a_file_that_grows_is_taken_as_it_was_at_first(self):
        data = noise(1 << 25)
        for options in ([], ["--rm"]):
            self.write("log", data)
            program = subprocess.Popen([LMC, "-0", "-f", *options, "log"], cwd=self.folder, stderr=subprocess.PIPE)
            while program.poll() is None and not self.has_open(program, "#"):
                pass
            with open(self.folder / "log", "ab") as log:
                log.write(b"one line more\n")
            said = program.communicate()[1]
            self.assertEqual(self.lmc("-dc", "log.lmc").stdout, data)
            if program.returncode == 0 and b"grew" not in said:
                self.skipTest("the program was faster than the test")
            self.assertIn(b"changed" if options else b"grew", said)
            self.assertEqual(self.read("log"), data + b"one line more\n")

    def test_a_file_that_is_cut_short_ends_with_an_error(self):
        self.write("a", noise(1 << 25))
        self.lmc("-0", "a")
        os.remove(self.folder / "a")
        program = subprocess.Popen([LMC, "-d", "--salvage", "a.lmc"], cwd=self.folder, stderr=subprocess.PIPE)
        while program.poll() is None and not self.has_open(program, "#"):
            pass
        os.truncate(self.folder / "a.lmc", 1000)
        said = program.communicate()[1]
        if program.returncode == 0:
            self.skipTest("the program was faster than the test")
        self.assertEqual(program.returncode, ENVIRONMENT)
        self.assertIn(b"cut short", said)
        self.assertEqual(self.names(), ["a.lmc"])

    def test_more_files_than_may_be_open_at_first(self):
        names = [self.write(f"f{i}", b"%d" % i) for i in range(200)]

        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (64, 1000))
        self.lmc("-1", "--solid", "-o", "all.lmc", *names, preexec_fn=limit)
        self.assertEqual(self.lmc("-dc", "all.lmc").stdout, b"".join(b"%d" % i for i in range(200)))

    def test_unknown_and_incomplete_options(self):
        for words, answer in ((["-r", "."], b"tar c"), (["--recursive", "."], b"tar c"), (["-x"], b"./-x"), (["-1x"], b"-x"),
                              (["--no-such"], b"unknown option --no-such"), (["-o"], b"wants FILE"), (["-T"], b"wants N"),
                              (["--rm=no", "a"], b"--rm takes no argument"), (["-T", "x"], b"whole number")):
            self.assertIn(answer, self.lmc(*words, code=USAGE).stderr)
        self.assertEqual(self.names(), [])


class Terminal(Case):
    def test_compressed_bytes_are_not_read_from_a_terminal(self):
        for mode in ("-d", "-t", "-l"):
            master, slave = os.openpty()
            with os.fdopen(slave, "rb") as terminal:
                self.assertIn(b"terminal", self.lmc(mode, stdin=terminal, code=USAGE, timeout=10).stderr)
            os.close(master)

    def shown_at(self, columns, *arguments):
        code, shown = self.on_terminal(*arguments, columns=columns)
        self.assertEqual(code, 0)
        parts = shown.split(b"\r\x1b[K")[1:-1]
        self.assertTrue(parts, "no progress was shown")
        return [part.decode() for part in parts]

    def test_a_signal_erases_the_progress(self):
        master, slave = os.openpty()
        program = subprocess.Popen([LMC, "-9", "-T1", "-o", "/dev/null"], cwd=self.folder, stdin=subprocess.PIPE,
                                   stdout=slave, stderr=slave)
        program.stdin.write(noise(1 << 18).hex().encode())
        program.stdin.close()
        os.close(slave)
        shown = os.read(master, 4096)
        program.send_signal(signal.SIGINT)
        self.assertEqual(program.wait(), -signal.SIGINT)
        with contextlib.suppress(OSError):  # the terminal's other end is closed
            while part := os.read(master, 4096):
                shown += part
        os.close(master)
        self.assertIn(b"B/s", shown)
        self.assertTrue(shown.endswith(b"\r\x1b[K"), shown)

    def test_progress_fits_into_the_terminal(self):
        name = "a long name of a file, in which ü and € stand.txt"
        words = noise(1 << 18).hex().encode()  # seconds of work: less than half a one shows no progress
        self.write(name, b" ".join(words[i:i + 5] for i in range(0, len(words), 5)))
        for columns in (1, 12, 20, 40, 80):
            for line in self.shown_at(columns, "-3", "-f", "-T1", "--block-size", "128K", name):
                self.assertLess(len(line), columns)
                self.assertNotIn("\n", line)
                if columns >= 20:
                    self.assertIn("%", line)
                if columns >= 40:
                    self.assertIn(".txt: ", line)


class ManualPage(Case):
    def test_troff_reads_it_without_a_warning_and_loses_nothing(self):
        groff = shutil.which("groff")
        if not groff:
            self.skipTest("groff is missing")
        page = self.lmc("--print-man-page").stdout
        done = subprocess.run([groff, "-man", "-Tascii", "-ww", "-P-c", "-P-bou", "-rLL=500n"], input=page, capture_output=True)
        self.assertEqual(done.stderr, b"")
        text = " ".join(done.stdout.decode().split())
        self.assertIn("lmc train ...", text)
        for line in self.lmc("--help").stdout.decode().splitlines():
            if line.startswith("  -"):
                for part in re.split(r" {2,}", line.strip()):
                    self.assertIn(" ".join(part.split()), text)
        for line in page.decode().splitlines():
            self.assertRegex(line, r"^(\.(TH|SH|TP|B|BR|br)\b|\.\\\"|[^.'])")
        self.assertEqual(page, (ROOT / "docs/lmc.1").read_bytes())


class Sparse(Case):
    """Zeros that are restored become holes where the output is a file."""
    CONTENT = noise(5000) + bytes(3000000) + noise(70000, 2) + bytes(2000000)

    def blocks(self, name):
        return os.stat(self.folder / name).st_blocks * 512

    def setUp(self):
        super().setUp()
        with open(self.folder / "probe", "wb") as probe:
            probe.truncate(1 << 20)
        if self.blocks("probe") > 0:
            self.skipTest("this file system has no holes")
        self.write("disk", self.CONTENT)
        self.lmc("-q", "-1", "disk")

    def test_files_get_their_holes(self):
        for name, *more in (("a",), ("b", "--sparse"), ("c", "--range", "1000:5000000"), ("d", "--salvage")):
            self.lmc("-q", "-d", "-o", name, *more, "disk.lmc")
            begin = 1000 if "--range" in more else 0
            self.assertEqual(self.read(name), self.CONTENT[begin:][:5000000 if begin else None])
            self.assertLess(self.blocks(name), 300000)

    def test_unless_they_are_not_wanted(self):
        self.lmc("-q", "-d", "--no-sparse", "-o", "a", "disk.lmc")
        self.assertEqual(self.read("a"), self.CONTENT)
        self.assertGreaterEqual(self.blocks("a"), len(self.CONTENT))

    def test_standard_output_only_if_it_is_asked_for(self):
        for options, dense in (([], True), (["--sparse"], False)):
            with open(self.folder / "a", "wb") as out:
                self.lmc("-q", "-d", "-c", *options, "disk.lmc", stdout=out)
            self.assertEqual(self.read("a"), self.CONTENT)
            self.assertEqual(self.blocks("a") >= len(self.CONTENT), dense)

    def test_nothing_is_lost_where_holes_cannot_be(self):
        self.assertEqual(self.lmc("-q", "-d", "-c", "--sparse", "disk.lmc").stdout, self.CONTENT)  # a pipe
        self.write("a", b"before")
        with open(self.folder / "a", "ab") as out:
            self.lmc("-q", "-d", "-c", "--sparse", "disk.lmc", stdout=out)
        self.assertEqual(self.read("a"), b"before" + self.CONTENT)
        self.write("a", b"x" * 6000000)
        with open(self.folder / "a", "r+b") as out:
            self.lmc("-q", "-d", "-c", "--sparse", "disk.lmc", stdout=out)
        self.assertEqual(self.read("a"), self.CONTENT + b"x" * (6000000 - len(self.CONTENT)))

    def test_holes_at_the_edges_of_pieces(self):
        for size in (0, 1, 4096, 32767, 32768, 32769, 1 << 20):
            self.write("z", bytes(size))
            self.lmc("-q", "-f", "-1", "z")
            self.lmc("-q", "-f", "-d", "z.lmc")
            self.assertEqual(self.read("z"), bytes(size))


class Slow(Case):
    """What took seconds without a gain."""

    def size_of(self, data, *options):
        packed = self.lmc("-q", "-c", *options, stdin=data).stdout
        self.assertEqual(self.lmc("-q", "-d", "-c", stdin=packed).stdout, data)
        return len(packed)

    def test_zeros_and_repeats_are_copied(self):
        self.assertLess(self.size_of(bytes(20 << 20)), 400)
        once = noise(100000)
        self.assertLess(self.size_of(once + once), 100200)
        self.assertLess(self.size_of(once + bytes(1 << 20) + b"text " * 3 + once + bytes(50000)), 100300)

    def test_noise_between_headers(self):
        def header(i):
            return b"PK\3\4\24\0\0\0\10\0" + bytes(12) + b"word/media/image%d.bin" % i + bytes(10)
        parts = b"".join(header(i) + noise(50000, i) for i in range(20))
        directory = b"".join(header(i) for i in range(20))
        self.assertLess(self.size_of(parts + directory), 20 * 50000 + 1000)

    def test_little_to_gain_is_not_lost(self):
        skewed = bytes(byte & 31 if i % 5 == 0 else byte for i, byte in enumerate(noise(100000)))
        self.assertLess(self.size_of(skewed, "-1"), 0.985 * len(skewed))


if __name__ == "__main__":
    unittest.main()
