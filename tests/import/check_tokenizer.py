#!/usr/bin/env python3
"""Compares the tokens that lmc makes with those of the package tokenizers, file by file. Exits 1 if any differ. Characters
with bytes that the vocabulary lacks are left out: the reference drops such bytes, lmc has tokens for them.

  check_tokenizer.py LMC MODEL.lmcm MODEL.gguf FILE...
"""
import subprocess
import sys
import tempfile

from gguf_reference import Gguf, reference_tokenizer


def alphabet():
    prints = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in prints]
    return {chr(b): b for b in prints} | {chr(256 + i): b for i, b in enumerate(others)}


def main():
    program, model, gguf, *paths = sys.argv[1:]
    tokenizer, byte_of = reference_tokenizer(Gguf(gguf)), alphabet()
    lacking = {byte for character, byte in byte_of.items() if tokenizer.token_to_id(character) is None}
    different = 0
    for path in paths:
        with open(path, "rb") as file:
            text = file.read().decode()
        text = "".join(c for c in text if not lacking.intersection(c.encode()))
        raw = text.encode()
        wanted = [bytes(byte_of[c] for c in t) for t in tokenizer.encode(text, add_special_tokens=False).tokens]
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
