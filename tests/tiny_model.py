"""`python -m tests.tiny_model FOLDER`: a BERT of 20,000 parameters with a word list of its own, as a hub would ship it.

Random weights: what runs on it exercises the real loading and training code, in milliseconds a step.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

WORDS = ("text", "hidden", "item", "train", "val", "good", "bad", "film", "the", "a", "-", "v")
"""Those of the tests' bundles; what else is said is spelled."""


def save_tiny_model(folder: Path, *, words: Sequence[str] = WORDS, masked: bool = False) -> Path:
    """`masked`: with a head for masked words."""
    import torch
    from transformers import BertConfig, BertForMaskedLM, BertModel, BertTokenizerFast

    folder.mkdir(parents=True, exist_ok=True)
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)] + [str(digit) for digit in range(10)]
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = list(dict.fromkeys([*special, *words, *letters, *(f"##{letter}" for letter in letters)]))
    (folder / "vocab.txt").write_text("".join(f"{word}\n" for word in vocabulary))
    BertTokenizerFast(vocab=str(folder / "vocab.txt"), model_max_length=64).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    (BertForMaskedLM if masked else BertModel)(config).save_pretrained(folder, safe_serialization=True)
    return folder


if __name__ == "__main__":
    save_tiny_model(Path(sys.argv[1]))
