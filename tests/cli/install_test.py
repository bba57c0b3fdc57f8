"""What make install puts where, and that it works there without the tree it was built in:
install_test.py CMAKE BUILD_FOLDER C_COMPILER CXX_COMPILER [FLAGS...]"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

CMAKE, BUILD, COMPILER, CXX, *FLAGS = sys.argv[1:]
del sys.argv[1:]
ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXT = b"The committee will meet on Tuesday to discuss the annual report and the budget of the coming year. " * 3

def installed(folder, **environment):
    """Installs below folder, moves all to another place and returns the prefix there."""
    prefix = "/usr/local" if "DESTDIR" in environment else folder / "prefix"
    subprocess.run([CMAKE, "--install", BUILD, "--prefix", prefix], check=True, stdout=subprocess.DEVNULL,
                   env={**os.environ, **environment})
    before = folder / "destination/usr/local" if "DESTDIR" in environment else prefix
    shutil.move(before, folder / "moved")
    return folder / "moved"


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="lmc-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.prefix = installed(cls.folder, DESTDIR=str(cls.folder / "destination"))
        cls.environment = {name: value for name, value in os.environ.items() if not name.startswith(("LMC_", "PKG_CONFIG"))}
        cls.environment["XDG_DATA_HOME"] = "/nonexistent"  # whatever models the user has added

    def run_in(self, words, stdin=b"", **environment):
        done = subprocess.run(words, cwd=self.folder, input=stdin, capture_output=True,
                              env={**self.environment, **environment})
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done

    def only(self, pattern):
        found = [path for path in self.prefix.rglob(pattern)]
        self.assertEqual(len(found), 1, pattern)
        return found[0]

    def test_all_is_there(self):
        for path in ("bin/lmc", "share/man/man1/lmc.1", "share/bash-completion/completions/lmc", "include/lmc/lmc.h",
                     "share/lmc/models/text-base.lmcm"):
            self.assertTrue((self.prefix / path).is_file(), path)
        self.only("lmc.pc")
        self.only("liblmc.so")

    def test_the_program_takes_the_models_of_its_own_prefix(self):
        program = self.prefix / "bin/lmc"
        listed = self.run_in([program, "model", "list"]).stdout.decode()
        self.assertNotIn(str(ROOT), listed)
        for line in listed.splitlines():
            if "missing: scripts/get-model" not in line:  # one that is only known by name
                self.assertIn(f" {self.prefix}/share/lmc/models/", line)
        done = self.run_in([program, "-v"], TEXT)
        self.assertIn(b"model text-base", done.stderr)
        self.assertEqual(self.run_in([program, "-d"], done.stdout).stdout, TEXT)
        os.symlink(program, self.folder / "by-a-link")
        self.assertEqual(self.run_in([self.folder / "by-a-link", "-d"], done.stdout).stdout, TEXT)

    def test_a_missing_model_is_not_looked_for_in_the_build(self):
        shutil.copytree(self.prefix / "bin", self.folder / "alone/bin")
        done = subprocess.run([self.folder / "alone/bin/lmc", "--model", "no-such-model"], input=TEXT, capture_output=True,
                              env=self.environment)
        self.assertEqual(done.returncode, 2)
        self.assertIn(f"{self.folder}/alone/share/lmc/models".encode(), done.stderr)
        self.assertNotIn(str(ROOT).encode(), done.stderr)

    def test_no_path_of_the_build_is_compiled_in(self):
        for file in (self.prefix / "bin/lmc", self.only("liblmc.so"), self.only("lmc.pc")):
            for path in (f"{ROOT}/models", f"{BUILD}/share"):
                self.assertNotIn(path.encode(), file.read_bytes())

    def run_examples(self, folder):
        """pipe and records, built in the folder, do what they say."""
        libraries = {"LD_LIBRARY_PATH": str(self.only("liblmc.so").parent)}
        packed = self.run_in([folder / "pipe"], TEXT * 100, **libraries).stdout
        self.assertLess(len(packed), len(TEXT))
        self.assertEqual(self.run_in([folder / "pipe", "-d"], packed, **libraries).stdout, TEXT * 100)
        self.assertEqual(self.run_in([self.prefix / "bin/lmc", "-d"], packed).stdout, TEXT * 100)
        damaged = subprocess.run([folder / "pipe", "-d"], input=packed[:-3], capture_output=True, env={**self.environment, **libraries})
        self.assertEqual(damaged.returncode, 3, damaged.stderr)
        shown = self.run_in([folder / "records"], **libraries).stdout.decode()
        self.assertRegex(shown, r"^83 bytes as a message of [1-3]?\d\n")  # by text-base, which must be found

    def test_the_examples_build_by_pkg_config(self):
        if not shutil.which("pkg-config"):
            self.skipTest("pkg-config is missing")
        path = {"PKG_CONFIG_PATH": str(self.only("lmc.pc").parent)}
        said = self.run_in(["pkg-config", "--cflags", "--libs", "lmc"], **path).stdout.decode().split()
        folder = self.folder / "by-pkg-config"
        folder.mkdir()
        self.run_in([COMPILER, *FLAGS, "-Wall", "-Wextra", "-Werror", ROOT / "examples/pipe.c", *said, "-o", folder / "pipe"])
        self.run_in([CXX, *FLAGS, "-std=c++20", "-Wall", "-Wextra", "-Werror", ROOT / "examples/records.cc", *said, "-o", folder / "records"])
        self.run_examples(folder)
        version = self.run_in(["pkg-config", "--modversion", "lmc"], **path).stdout.decode().strip()
        self.assertIn(version, self.run_in([self.prefix / "bin/lmc", "--version"]).stdout.decode())

    def test_the_examples_build_by_cmake(self):
        folder = self.folder / "by-cmake"
        self.run_in([CMAKE, "-S", ROOT / "examples", "-B", folder, f"-DCMAKE_PREFIX_PATH={self.prefix}", f"-DCMAKE_C_COMPILER={COMPILER}",
                     f"-DCMAKE_CXX_COMPILER={CXX}", f"-DCMAKE_C_FLAGS={' '.join(FLAGS)}", f"-DCMAKE_CXX_FLAGS={' '.join(FLAGS)}"])
        self.run_in([CMAKE, "--build", folder])
        self.run_examples(folder)

    def test_another_prefix(self):
        with tempfile.TemporaryDirectory(prefix="lmc-prefix-") as folder:
            prefix = installed(pathlib.Path(folder))
            done = self.run_in([prefix / "bin/lmc", "-v"], TEXT)
            self.assertIn(b"model text-base", done.stderr)
            if not shutil.which("pkg-config"):
                self.skipTest("pkg-config is missing")
            includes = self.run_in(["pkg-config", "--cflags", "lmc"],
                                   PKG_CONFIG_PATH=str(next(prefix.rglob("lmc.pc")).parent)).stdout.decode().split()[0]
            self.assertTrue(os.path.isfile(includes.removeprefix("-I") + "/lmc/lmc.h"))


if __name__ == "__main__":
    unittest.main()
