#!/usr/bin/env python3
"""Compares the tokens that lmc makes with those of the package tokenizers (or sentencepiece), file by file. Exits 1 if any differ. Characters
with bytes that the vocabulary lacks are left out: the reference drops such bytes, lmc has tokens for them. So is U+2581 where it stands for spaces:
the reference would give a space back.

  check_tokenizer.py LMC MODEL.lmcm MODEL.gguf|FOLDER FILE...        FOLDER: with tokenizer.json, or with a tokenizer.model of sentencepiece
                                                                     or of tiktoken, cut as LLaMA 3 does
  check_tokenizer.py folder TOKENIZER FOLDER                         makes a folder for a tokenizer.model, with one layer of zeros: to be imported
"""
import json
import os
import shutil
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


class Scored(OfCharacters):
    """A tokenizer.json of unigram."""

    def lacking(self):
        return {"\u2581"}


class Pieces(OfCharacters):
    """Of sentencepiece; no space is put before the text."""

    def __init__(self, path):
        from sentencepiece import SentencePieceProcessor, sentencepiece_model_pb2
        proto = sentencepiece_model_pb2.ModelProto()
        with open(path, "rb") as file:
            proto.ParseFromString(file.read())
        proto.normalizer_spec.add_dummy_prefix = False
        self.model = SentencePieceProcessor(model_proto=proto.SerializeToString())

    def lacking(self):
        return {"\u2581"}

    def tokens(self, text):
        out = []
        for i in self.model.encode(text):
            piece = self.model.id_to_piece(i)
            out.append(bytes([int(piece[3:5], 16)]) if self.model.is_byte(i) else piece.replace("\u2581", " ").encode())
        return out


LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
          r"|\s+(?!\S)|\s+")


def read_ranks(path):
    import base64
    with open(path, "rb") as file:
        return {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in file if line.strip())}


class Ranks(OfCharacters):
    """Of tiktoken."""

    def __init__(self, path):
        import tiktoken
        self.model = tiktoken.Encoding("checked", pat_str=LLAMA3, mergeable_ranks=read_ranks(path), special_tokens={})

    def tokens(self, text):
        return [self.model.decode_single_token_bytes(i) for i in self.model.encode_ordinary(text)]


def is_pieces(path):
    with open(path, "rb") as file:
        return file.read(1) == b"\n"


def of_folder(folder):
    path = os.path.join(folder, "tokenizer.json")
    if not os.path.exists(path):
        path = os.path.join(folder, "tokenizer.model")
        return Pieces(path) if is_pieces(path) else Ranks(path)
    from tokenizers import Tokenizer
    model = Tokenizer.from_file(path)
    with open(path) as file:
        described = json.load(file)["model"]
    of_characters = described.get("byte_fallback")
    if described.get("type") == "Unigram":
        return Scored(model)
    return OfCharacters(model) if of_characters else ByteLevel(model)


def make_folder(tokenizer, folder):
    """A LLaMA of width 8 that knows nothing."""
    if is_pieces(tokenizer):
        from sentencepiece import SentencePieceProcessor
        rows = SentencePieceProcessor(model_file=tokenizer).get_piece_size()
        begin = 1
    else:
        begin = len(read_ranks(tokenizer))
        rows = begin + 1
    layer = "model.layers.0."
    shapes = {"model.embed_tokens.weight": [rows, 8], "model.norm.weight": [8], layer + "input_layernorm.weight": [8],
              layer + "post_attention_layernorm.weight": [8]}
    shapes |= {layer + f"self_attn.{x}_proj.weight": [8, 8] for x in "qkvo"}
    shapes |= {layer + f"mlp.{x}_proj.weight": [8, 8] for x in ("gate", "up", "down")}
    header, at = {}, 0
    for name, shape in shapes.items():
        end = at + 2 * shape[0] * (shape[1] if len(shape) > 1 else 1)
        header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [at, end]}
        at = end
    header = json.dumps(header).encode()
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "model.safetensors"), "wb") as out:
        out.write(len(header).to_bytes(8, "little") + header + bytes(at))
    with open(os.path.join(folder, "config.json"), "w") as out:
        json.dump({"model_type": "llama", "hidden_size": 8, "num_hidden_layers": 1, "intermediate_size": 8,
                   "num_attention_heads": 1, "rms_norm_eps": 1e-5, "tie_word_embeddings": True, "bos_token_id": begin}, out)
    shutil.copy(tokenizer, os.path.join(folder, "tokenizer.model"))


def main():
    if sys.argv[1] == "folder":
        make_folder(*sys.argv[2:])
        return 0
    program, model, gguf, *paths = sys.argv[1:]
    tokenizer = of_folder(gguf) if os.path.isdir(gguf) else reference_tokenizer(Gguf(gguf))
    lacking = tokenizer.lacking()
    different = 0
    for path in paths:
        with open(path, "rb") as file:
            text = file.read().decode()
        text = "".join(c for c in text if c not in lacking and not lacking.intersection(c.encode()))
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
