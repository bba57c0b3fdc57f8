#!/usr/bin/env python3
"""Compares the tokens that lmc makes with those of the package tokenizers (or sentencepiece), file by file. Exits 1 if any differ. Characters
with bytes that the vocabulary lacks are left out: the reference drops such bytes, lmc has tokens for them.

  check_tokenizer.py LMC MODEL.lmcm MODEL.gguf|FOLDER FILE...        FOLDER: with a tokenizer.json
"""
import json
import os
import subprocess
import sys
import tempfile

from gguf_reference import ByteLevel, Gguf, reference_tokenizer


class OfCharacters:
    """Characters, and bytes to fall back on; spaces are U+2581."""

    def __init__(self, model):
        self.model = model

    def tokens(self, text):
        tokens = self.model.encode(text, add_special_tokens=False).tokens
        return [bytes([int(t[3:5], 16)]) if len(t) == 6 and t.startswith("<0x") else t.replace("\u2581", " ").encode()
                for t in tokens]

    def lacking(self):
        return set()


def of_folder(folder):
    from tokenizers import Tokenizer
    path = os.path.join(folder, "tokenizer.json")
    model = Tokenizer.from_file(path)
    with open(path) as file:
        of_characters = json.load(file)["model"].get("byte_fallback")
    return OfCharacters(model) if of_characters else ByteLevel(model)


def main():
    program, model, gguf, *paths = sys.argv[1:]
    tokenizer = of_folder(gguf) if os.path.isdir(gguf) else reference_tokenizer(Gguf(gguf))
    lacking = tokenizer.lacking()
    different = 0
    for path in paths:
        with open(path, "rb") as file:
            text = file.read().decode()
        text = "".join(c for c in text if not lacking.intersection(c.encode()))
        raw = text.encode()
        wanted = tokenizer.tokens(text)
        with tempfile.NamedTemporaryFile() as copy:
            copy.write(raw)
            copy.flush()
            printed = subprocess.run([program, "model", "tokens", model, copy.name], check=True, capture_output=True,
                                     text=True)
        found = [bytes.fromhex(line) for line in printed.stdout.split("\n")[:-1]]
        assert b"".join(found) == raw, path
        if found != wanted:
            different += 1
            at = next((i for i, (a, b) in enumerate(zip(found, wanted)) if a != b), min(len(found), len(wanted)))
            print(f"{path}: token {at} differs: {found[at:at + 3]}, reference {wanted[at:at + 3]}")
    print(f"{len(paths)} files, {different} differ")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
