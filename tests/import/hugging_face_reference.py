#!/usr/bin/env python3
"""Logits of small Hugging Face folders, computed by transformers in binary32: golden data of hugging_face_test.cc.

  hugging_face_reference.py DIR TO     DIR/NAME/{config.json,model.safetensors} -> TO/NAME.logits

Tensors that transformers misses or does not know are errors. Wants torch and transformers.
"""
import json
import pathlib
import sys

import torch
from transformers import AutoModelForCausalLM, ImageGPTForCausalImageModeling

TOKENS = [0, 85, 260, 117, 33, 259, 11, 200, 261, 33, 33, 97]  # as in golden_test_support.h
BEGINS_PICTURE = 261


def main():
    source, target = map(pathlib.Path, sys.argv[1:])
    for folder in sorted(f for f in source.iterdir() if f.is_dir()):
        of_pictures = json.loads((folder / "config.json").read_text())["model_type"] == "imagegpt"
        model, info = (ImageGPTForCausalImageModeling if of_pictures else AutoModelForCausalLM).from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
        wrong = {key: names for key, names in info.items() if names and key != "error_msgs"}
        if wrong:
            raise SystemExit(f"{folder}: {wrong}")
        with torch.no_grad():
            logits = model.eval()(torch.tensor([[BEGINS_PICTURE if of_pictures else TOKENS[0], *TOKENS[1:]]])).logits[0]
        with open(target / f"{folder.name}.logits", "w") as out:
            for row in logits.tolist():
                out.write(" ".join(f"{z:.4f}" for z in row) + "\n")
        print(f"{folder.name}: {type(model).__name__}")


if __name__ == "__main__":
    main()
