"""What make install puts where, and that it works there without the tree it was built in:
install_test.py CMAKE BUILD_FOLDER C_COMPILER [C_FLAGS...]"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

CMAKE, BUILD, COMPILER, *FLAGS = sys.argv[1:]
del sys.argv[1:]
ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXT = b"The committee will meet on Tuesday to discuss the annual report and the budget of the coming year. " * 3

PROGRAM = r"""
#include <lmc/lmc.h>
#include <stdio.h>
#include <string.h>
int main(void) {
  static const char kText[] = "The committee will meet on Tuesday to discuss the annual report and the budget.";
  lmc_context* context = lmc_context_new(NULL);
  lmc_buffer packed = {NULL, 0}, back = {NULL, 0};
  lmc_error error;
  lmc_options options;
  lmc_options_init(&options);
  options.model = "text-base"; /* must be found */
  if (lmc_compress(context, kText, sizeof kText, &options, &packed, &error) != LMC_OK ||
      lmc_decompress(context, packed.data, packed.size, NULL, &back, &error) != LMC_OK) {
    fprintf(stderr, "%s\n", error.message);
    return 1;
  }
  printf("%s %d\n", lmc_version(), back.size == sizeof kText && memcmp(back.data, kText, sizeof kText) == 0);
  lmc_buffer_free(&packed);
  lmc_buffer_free(&back);
  lmc_context_free(context);
  return 0;
}
"""


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

    def test_a_c_program_builds_by_pkg_config_and_finds_the_models(self):
        if not shutil.which("pkg-config"):
            self.skipTest("pkg-config is missing")
        folder = self.only("lmc.pc").parent
        said = self.run_in(["pkg-config", "--cflags", "--libs", "lmc"], PKG_CONFIG_PATH=str(folder)).stdout.decode().split()
        (self.folder / "program.c").write_text(PROGRAM)
        self.run_in([COMPILER, *FLAGS, "-Wall", "-Werror", "program.c", *said, "-o", "program"])
        shown = self.run_in([self.folder / "program"], LD_LIBRARY_PATH=str(self.only("liblmc.so").parent)).stdout.decode()
        version = self.run_in(["pkg-config", "--modversion", "lmc"], PKG_CONFIG_PATH=str(folder)).stdout.decode().strip()
        self.assertEqual(shown, f"{version} 1\n")

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
