"""Outputs appear whole or not at all: signals, kills, file systems that can do less, bad disks.
temporary_test.py PROGRAM [unittest options]"""
import atexit
import os
import resource
import shutil
import signal
import stat
import subprocess
import tempfile
import time
import unittest

from cli_case import BLOCK, LMC, TEXT, USAGE, Case, noise

# Makes the system calls fail that not every file system has.
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static int open_by(const char* name, const char* path, int flags, mode_t mode) {
  if ((flags & O_TMPFILE) == O_TMPFILE && getenv("NO_TMPFILE")) { errno = EOPNOTSUPP; return -1; }
  return ((int (*)(const char*, int, ...))dlsym(RTLD_NEXT, name))(path, flags, mode);
}
#define OPEN(name) int name(const char* path, int flags, ...) { \
  va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest); \
  return open_by(#name, path, flags, mode); }
OPEN(open)
OPEN(open64)
ssize_t write(int file, const void* bytes, size_t size) {
  ssize_t (*real)(int, const void*, size_t) = (ssize_t (*)(int, const void*, size_t))dlsym(RTLD_NEXT, "write");
  if (!getenv("BAD_DISK") || file < 3 || size == 0) return real(file, bytes, size);
  char* changed = malloc(size);
  memcpy(changed, bytes, size);
  changed[size / 2] ^= 1;
  ssize_t done = real(file, changed, size);
  free(changed);
  return done;
}
int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) {
  if (getenv("NO_LINKAT")) { errno = EPERM; return -1; }
  return ((int (*)(int, const char*, int, const char*, int))dlsym(RTLD_NEXT, "linkat"))(from_folder, from, to_folder, to, flags);
}
"""


class Shimmed(Case):
    def shim(self):
        if not hasattr(Shimmed, "library"):
            compiler = shutil.which("cc") or shutil.which("gcc")
            if not compiler:
                self.skipTest("no C compiler to make the shim with")
            folder = tempfile.mkdtemp(prefix="lmc-shim-")
            atexit.register(shutil.rmtree, folder)
            source = os.path.join(folder, "shim.c")
            with open(source, "w") as file:
                file.write(SHIM)
            Shimmed.library = os.path.join(folder, "shim.so")
            subprocess.run([compiler, "-shared", "-fPIC", "-o", Shimmed.library, source, "-ldl"], check=True)
        return Shimmed.library

    def without(self, *calls):
        """An environment in which these calls fail."""
        return {**os.environ, "LD_PRELOAD": self.shim(), "ASAN_OPTIONS": "verify_asan_link_order=0",
                **{name: "1" for name in calls}}


class Temporaries(Shimmed):
    def in_the_middle(self, *arguments, **more):
        """A program that has written a part and waits for more."""
        program = subprocess.Popen([LMC, "-0", "--block-size", "128K", "-o", "out.lmc", *arguments], cwd=self.folder,
                                   stdin=subprocess.PIPE, stderr=subprocess.PIPE, **more)
        program.stdin.write(noise(4 * BLOCK))
        program.stdin.flush()
        for _ in range(1000):
            if self.has_open(program, "#") or self.has_open(program, "out.lmc.tmp-"):
                return program
            time.sleep(0.01)
        self.fail("no temporary file was opened")

    def end(self, program, number=None):
        if number is not None:
            program.send_signal(number)
            program.wait(timeout=10)
            self.assertEqual(program.returncode, -number)
        try:
            program.stdin.close()
        except BrokenPipeError:
            pass
        said = program.stderr.read()
        program.stderr.close()
        program.wait(timeout=20)
        return said

    def test_signals_leave_nothing_behind(self):
        for environment in (None, self.without("NO_TMPFILE")):
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE, signal.SIGXCPU):
                program = self.in_the_middle(env=environment, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)))
                self.end(program, number)
                self.assertEqual(self.names(), [], number)

    def test_a_kill_leaves_nothing_behind(self):
        self.end(self.in_the_middle(), signal.SIGKILL)
        self.assertEqual(self.names(), [])
        self.write("out.lmc", b"precious")
        self.end(self.in_the_middle("-f"), signal.SIGKILL)
        self.assertEqual(self.names(), ["out.lmc"])
        self.assertEqual(self.read("out.lmc"), b"precious")

    def test_without_unnamed_files_the_next_run_sweeps(self):
        environment = self.without("NO_TMPFILE")
        self.end(self.in_the_middle(env=environment), signal.SIGKILL)
        self.assertEqual(self.names(), ["out.lmc.tmp-lmc-0"])
        for other in ("out.lmc.tmp-AbCdEf", "out.lmc.tmp-lmc-9x", "other.lmc.tmp-lmc-0"):
            self.write(other, b"the user's")
        self.lmc("-1", "-o", "out.lmc", stdin=TEXT, env=environment)
        self.assertEqual(self.names(), ["other.lmc.tmp-lmc-0", "out.lmc", "out.lmc.tmp-AbCdEf", "out.lmc.tmp-lmc-9x"])

    def test_two_at_once_do_not_sweep_each_other(self):
        environment = self.without("NO_TMPFILE")
        first = self.in_the_middle(env=environment)
        second = self.in_the_middle(env=environment)
        for _ in range(500):
            if len(self.names()) == 2:
                break
            time.sleep(0.01)
        self.assertEqual(self.names(), ["out.lmc.tmp-lmc-0", "out.lmc.tmp-lmc-1"])
        self.end(second)
        self.assertEqual(second.returncode, 0)
        self.assertIn(b"exists", self.end(first))
        self.assertEqual(first.returncode, USAGE)
        self.assertEqual(self.names(), ["out.lmc"])
        self.assertEqual(self.lmc("-dc", "out.lmc").stdout, noise(4 * BLOCK))

    def test_every_way_to_a_name_gives_the_same_file(self):
        self.write("a")
        os.chmod(self.folder / "a", 0o640)
        for environment in (None, self.without("NO_TMPFILE"), self.without("NO_LINKAT")):
            for options in ([], ["-f"]):
                self.lmc("-1", *options, "a", env=environment)
                self.assertEqual(stat.S_IMODE(os.stat(self.folder / "a.lmc").st_mode), 0o640)
                self.assertEqual(self.lmc("-dc", "a.lmc").stdout, TEXT)
                self.assertEqual(self.names(), ["a", "a.lmc"])
            self.lmc("-1", "a", code=USAGE, env=environment)
            os.remove(self.folder / "a.lmc")


class Verify(Shimmed):
    def test_what_can_be_decoded_is_kept(self):
        for size in (0, 1, 5000, 3 * BLOCK):
            self.write("a", (TEXT * 40)[:size])
            self.lmc("-1", "-f", "--block-size", "128K", "--verify", "--rm", "a")
            self.assertEqual(self.names(), ["a.lmc"])
            self.assertEqual(self.lmc("-dc", "a.lmc").stdout, (TEXT * 40)[:size])
        self.lmc("-1", "--verify", "-o", "out", stdin=TEXT)
        self.assertEqual(self.lmc("-dc", "out").stdout, TEXT)
        self.lmc("-1", "--solid", "--verify", "-o", "two", "out", "a.lmc")
        self.assertEqual(self.lmc("-dc", "two").stdout, self.read("out") + self.read("a.lmc"))

    def test_what_a_bad_disk_changed_is_not(self):
        for calls in (["BAD_DISK"], ["BAD_DISK", "NO_TMPFILE"]):
            for data in (b"abc", TEXT, noise(3 * BLOCK)):
                self.write("a", data)
                done = self.lmc("-1", "--verify", "--rm", "a", code=4, env=self.without(*calls))
                self.assertIn(b"does not decode", done.stderr)
                self.assertEqual(self.names(), ["a"])
                self.assertEqual(self.read("a"), data)

    def test_it_wants_a_file(self):
        self.write("a")
        for words in (["-c", "a"], ["-o", "-", "a"], ["-o", "/dev/null", "a"], ["-d", "a"], ["-t", "a"], ["-o", "/dev/stdout", "a"],
                      []):
            self.assertIn(b"--verify", self.lmc("-1", "--verify", *words, code=USAGE).stderr)
        self.assertEqual(self.names(), ["a"])


if __name__ == "__main__":
    unittest.main()
