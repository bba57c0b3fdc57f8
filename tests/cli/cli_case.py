"""What the tests of the program share: a folder of their own, running lmc in it, terminals. The first argument of the
test program is the path of lmc."""
import fcntl
import os
import pathlib
import pty
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import unittest

LMC = os.path.abspath(sys.argv.pop(1))
ROOT = pathlib.Path(__file__).resolve().parents[2]
USAGE, ENVIRONMENT, BAD_INPUT = 1, 2, 3
TEXT = b"".join(b"line %d of a text that repeats itself, more or less\n" % (i * i % 97) for i in range(300))
BLOCK = 1 << 17


def noise(size, seed=1):
    return random.Random(seed).randbytes(size)


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lmc-cli-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def lmc(self, *arguments, code=0, stdin=b"", **more):
        """stdin: bytes, or something open for reading."""
        words = [a if isinstance(a, bytes) else str(a) for a in arguments]
        more.setdefault("stdout", subprocess.PIPE)
        more["input" if isinstance(stdin, bytes) else "stdin"] = stdin
        done = subprocess.run([LMC, *words], cwd=self.folder, stderr=subprocess.PIPE, **more)
        self.assertEqual(done.returncode, code, f"lmc {words}: {done.stderr.decode(errors='replace')}")
        return done

    def write(self, name, data=TEXT):
        (self.folder / name).write_bytes(data)
        return name

    def read(self, name):
        return (self.folder / name).read_bytes()

    def names(self):
        return sorted(os.listdir(self.folder))

    def has_open(self, program, beginning):
        """Whether it has a file of this folder open; one without a name is called #NUMBER."""
        for number in os.listdir(f"/proc/{program.pid}/fd"):
            try:
                if os.readlink(f"/proc/{program.pid}/fd/{number}").startswith(f"{self.folder}/{beginning}"):
                    return True
            except OSError:
                pass
        return False

    def on_terminal(self, *arguments, stdin=b"", columns=None):
        """Runs with standard output and error on a terminal; returns the exit code and what appeared."""
        master, slave = pty.openpty()
        if columns is not None:
            fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 25, columns, 0, 0))
        program = subprocess.Popen([LMC, *arguments], cwd=self.folder, stdin=subprocess.PIPE, stdout=slave, stderr=slave)
        os.close(slave)
        try:
            program.stdin.write(stdin)
            program.stdin.close()
        except BrokenPipeError:  # it has refused already
            pass
        shown = b""
        while True:
            try:
                part = os.read(master, 4096)
            except OSError:
                break
            if not part:
                break
            shown += part
        os.close(master)
        return program.wait(), shown
