#!/usr/bin/env python3
"""Small vocabularies of the packages sentencepiece (unigram, BPE), tiktoken and tokenizers (unigram), and the tokens that these cut a text into:
golden data of tokenizer_files_test.cc.

  tokenizer_reference.py TO          makes TO/{unigram,bpe}.model, TO/ranks.tiktoken, TO/unigram.json and, of TO/tokenizer.txt,
                                     TO/tokenizer.tokens: a line for each; for unigram.json a second one, where words are not cut apart
"""
import base64
import collections
import pathlib
import sys

from check_tokenizer import LLAMA3, OfCharacters, Pieces, Ranks

SAMPLES = pathlib.Path(__file__).parents[2] / "bench" / "samples"
MERGES = 500
SPELLED = "<unk> <s> </s> <0x41>"  # what the package tokenizers takes for the tokens that are written so


def sample():
    texts = [(SAMPLES / name).read_text() for name in ("beryl-coronet.md", "factbook-portugal.json", "marshalling_test.cc")]
    return "".join(text[:30000] for text in texts)


def train_pieces(kind, path, more):
    import sentencepiece
    lines = [line for line in (sample() + more).split("\n") if line]
    with open(path, "wb") as out:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines), model_writer=out, model_type=kind, vocab_size=700, byte_fallback=True, character_coverage=0.995,
            normalization_rule_name="identity", remove_extra_whitespaces=False, split_digits=True, allow_whitespace_only_pieces=True,
            user_defined_symbols=["<b>", "\n\n", "\u2581\u2581\u2581"], minloglevel=2)


def train_ranks(path, more):
    """The most frequent pair first, as byte pair encoding has it."""
    import regex
    words = collections.Counter(tuple(bytes([b]) for b in word.encode()) for word in regex.findall(LLAMA3, sample() + more))
    tokens = [bytes([b]) for b in range(256)]
    while len(tokens) < 256 + MERGES:
        pairs = collections.Counter()
        for word, count in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += count
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        made = best[0] + best[1]
        if made not in tokens:
            tokens.append(made)
        merged = collections.Counter()
        for word, count in words.items():
            out = []
            for part in word:
                if out and (out[-1], part) == best:
                    out[-1] = made
                else:
                    out.append(part)
            merged[tuple(out)] += count
        words = merged
    with open(path, "w") as out:
        for rank, token in enumerate(tokens):
            out.write(f"{base64.b64encode(token).decode()} {rank}\n")


def make_json(pieces, path):
    """The vocabulary of a unigram tokenizer.model as a tokenizer.json."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    vocab = [(pieces.id_to_piece(i), pieces.get_score(i)) for i in range(pieces.get_piece_size())]
    tokenizer = Tokenizer(models.Unigram(vocab, unk_id=pieces.unk_id(), byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="never")
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    tokenizer.add_tokens([AddedToken(text, special=False, normalized=False) for text in ("<b>", "\n\n", "</table>")])
    tokenizer.save(str(path), pretty=False)


def of_json(path, split):
    from tokenizers import Tokenizer
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.pre_tokenizer.split = split
    return OfCharacters(tokenizer)


def main():
    to = pathlib.Path(sys.argv[1])
    with open(to / "tokenizer.txt", newline="") as file:
        text = file.read()
    for kind in ("unigram", "bpe"):
        train_pieces(kind, to / f"{kind}.model", text)
    train_ranks(to / "ranks.tiktoken", text)
    make_json(Pieces(to / "unigram.model").model, to / "unigram.json")
    json_file = to / "unigram.json"
    with open(to / "tokenizer.tokens", "w") as out:
        for model in (Pieces(to / "unigram.model"), Pieces(to / "bpe.model"), Ranks(to / "ranks.tiktoken"), of_json(json_file, True),
                      of_json(json_file, False)):
            if type(model) is OfCharacters:
                text = text.replace(SPELLED, "")
            ids = (model.model.encode(text) if isinstance(model, Pieces) else model.model.encode_ordinary(text) if isinstance(model, Ranks)
                   else model.model.encode(text, add_special_tokens=False).ids)
            out.write(" ".join(map(str, ids)) + "\n")
            print(f"{type(model).__name__}: {len(text.encode())} bytes, {len(ids)} tokens")


if __name__ == "__main__":
    main()
