"""One row in the table of codecs is enough: the toy codec alone, in a group, in a tar, in the tiny and the full frame.

  toy_codec_test.py LMC_WITH_TOY LMC
"""
import io
import json
import random
import subprocess
import sys
import tarfile
import unittest

TOY, PLAIN = sys.argv[1:3]
START = b"A toy file; what follows is this many bytes, each xor 1:"


def toy(size):
    body = random.Random(size).randbytes(size)
    return START + size.to_bytes(4, "little") + body


def run(program, *arguments, stdin, code=0):
    done = subprocess.run([program, "-q", *arguments], input=stdin, capture_output=True)
    assert done.returncode == code, (done.returncode, done.stderr)
    return done.stdout


class ToyCodec(unittest.TestCase):
    def round_trip(self, data, *codecs):
        for level in ("-1", "-5"):
            packed = run(TOY, level, "-c", stdin=data)
            self.assertEqual(run(TOY, "-d", stdin=packed), data)
            listed = json.loads(run(TOY, "-l", "--json", stdin=packed))
            self.assertEqual(listed["codecs"], list(codecs))
        return packed, listed

    def test_alone_in_the_tiny_frame(self):
        packed, listed = self.round_trip(toy(1000), "toy")
        self.assertTrue(listed["tiny"])
        self.assertIn(b"toy: toy of 1000 bytes", run(TOY, "-l", "-v", stdin=packed))

    def test_alone_in_the_full_frame(self):
        _, listed = self.round_trip(toy(100000), "toy")
        self.assertFalse(listed["tiny"])

    def test_in_a_group(self):
        text = b"".join(b"line %d of some text\n" % i for i in range(2000))
        packed, _ = self.round_trip(text + toy(5000) + text, "grouped")
        self.assertIn(b"toy 1", run(TOY, "-l", "-v", stdin=packed))

    def test_in_a_tar(self):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for name, content in {"a.toy": toy(3000), "b.txt": b"text " * 400, "c.toy": toy(70000)}.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        packed, _ = self.round_trip(out.getvalue(), "grouped")
        self.assertIn(b"toy 2", run(TOY, "-l", "-v", stdin=packed))

    def test_not_one_where_its_size_is_wrong(self):
        packed = run(TOY, "-1", "-c", stdin=toy(1000)[:-1])
        self.assertNotIn("toy", json.loads(run(TOY, "-l", "--json", stdin=packed))["codecs"])

    def test_a_program_without_the_row_says_so(self):
        packed = run(TOY, "-1", "-c", stdin=toy(1000))
        self.assertEqual(json.loads(run(PLAIN, "-l", "--json", stdin=packed))["codecs"], ["codec-77"])
        run(PLAIN, "-d", "-c", stdin=packed, code=3)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
