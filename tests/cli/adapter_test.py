"""Adapters on the command line, with one of PEFT's made here. adapter_test.py PROGRAM [unittest options]"""
import json
import os
import random
import struct
import unittest

from cli_case import ENVIRONMENT, BAD_INPUT, ROOT, USAGE, Case

WIDTH, QUERIES, RANK = 256, 256, 4  # of text-base's q_proj
TEXT = (ROOT / "bench/samples/beryl-coronet.md").read_bytes()[:6000]


def safetensors(tensors):
    header, data = {}, b""
    for name, (shape, values) in tensors.items():
        packed = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


class Adapters(Case):
    def setUp(self):
        super().setUp()
        self.store = {"env": dict(os.environ, XDG_DATA_HOME=str(self.folder / "share"))}
        values = random.Random(1)
        stem = "base_model.model.model.layers.1.self_attn.q_proj.lora_"
        tensors = {f"{stem}A.weight": ([RANK, WIDTH], [values.gauss(0, 0.05) for _ in range(RANK * WIDTH)]),
                   f"{stem}B.weight": ([QUERIES, RANK], [values.gauss(0, 0.05) for _ in range(QUERIES * RANK)])}
        (self.folder / "peft").mkdir()
        self.write("peft/adapter_model.safetensors", safetensors(tensors))
        self.configure()

    def configure(self, **more):
        config = {"peft_type": "LORA", "r": RANK, "lora_alpha": 8, "bias": "none", **more}
        self.write("peft/adapter_config.json", json.dumps(config).encode())

    def imported(self):
        self.lmc("model", "import", "peft", "--base", "text-base", "-o", "domain.lmca", **self.store)

    def test_from_peft_to_an_archive_and_back(self):
        self.imported()
        self.lmc("model", "add", "domain.lmca", **self.store)
        self.assertIn(b"of text-base", self.lmc("model", "list", **self.store).stdout)
        self.assertIn(b"changes   text-base", self.lmc("model", "info", "domain", **self.store).stdout)
        self.write("a", TEXT)
        self.lmc("-5", "a", "-o", "plain.lmc", **self.store)
        self.lmc("-5", "--adapter", "domain", "a", "-o", "named.lmc", **self.store)
        self.lmc("-5", "--adapter", "domain", "--embed-adapter", "--verify", "a", "-o", "brought.lmc", **self.store)
        self.lmc("-5", "--adapter", "domain.lmca", "a", "-o", "by-path.lmc", **self.store)
        self.assertEqual(self.read("named.lmc"), self.read("by-path.lmc"))
        sizes = [len(self.read(f"{name}.lmc")) for name in ("plain", "named", "brought")]
        self.assertNotEqual(self.read("plain.lmc")[20:], self.read("named.lmc")[20:])
        self.assertLess(sizes[1], sizes[0] + 200)  # a random change does little harm
        self.assertGreater(sizes[2], sizes[1] + 2 * RANK * 256)
        for name in ("named", "brought"):
            self.assertEqual(self.lmc("-dc", f"{name}.lmc", **self.store).stdout, TEXT)
        self.assertIn(b"adapter inside", self.lmc("-l", "brought.lmc", **self.store).stdout)
        self.lmc("model", "remove", "domain", **self.store)
        missing = self.lmc("-dc", "named.lmc", code=ENVIRONMENT, **self.store).stderr
        self.assertIn(b"lmc model add", missing)
        self.assertEqual(self.lmc("-dc", "brought.lmc", **self.store).stdout, TEXT)
        self.lmc("-dc", "named.lmc", "--models", ".", **self.store)

    def test_many_inputs_as_one_bring_it_once(self):
        self.imported()
        for name in ("a", "b"):
            self.write(name, TEXT + name.encode())
        self.lmc("-5", "--solid", "--adapter", "domain.lmca", "--embed-adapter", "a", "b", "-o", "both.lmc", **self.store)
        self.assertEqual(self.lmc("-dc", "both.lmc", **self.store).stdout, TEXT + b"a" + TEXT + b"b")

    def test_what_does_not_go_together(self):
        self.imported()
        self.write("a", TEXT)
        for words in (("--adapter", "domain.lmca", "--model", "text-small", "a"), ("--embed-adapter", "a"),
                      ("-d", "--adapter", "domain.lmca", "a")):
            self.lmc(*words, code=USAGE, **self.store)
        self.assertIn(b"--model takes it", self.lmc("--adapter", "text-base", "a", code=USAGE, **self.store).stderr)
        self.assertIn(b"--base", self.lmc("model", "import", "peft", "-o", "x.lmca", code=USAGE, **self.store).stderr)
        self.configure(use_dora=True)
        done = self.lmc("model", "import", "peft", "--base", "text-base", "-o", "x.lmca", code=BAD_INPUT, **self.store)
        self.assertIn(b"use_dora", done.stderr)
        self.configure()
        done = self.lmc("model", "import", "peft", "--base", "text-small", "-o", "x.lmca", code=BAD_INPUT, **self.store)
        self.assertIn(b"another model", done.stderr)

    def test_training_needs_the_trainer_or_texts(self):
        done = self.lmc("adapt", "--base", "text-base", "--data", "nothing", "-o", "y.lmca", code=ENVIRONMENT, **self.store)
        self.assertTrue(b"lmc-train" in done.stderr or b"nothing" in done.stderr, done.stderr)


if __name__ == "__main__":
    unittest.main()
