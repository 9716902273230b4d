"""Connectionist temporal classification (Graves et al. 2006): a letter or a blank at each frame of a sound.

A text is what is left of the frames' letters when repeats are one and blanks are dropped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor, nn
from transformers import AutoTokenizer, Wav2Vec2CTCTokenizer

from ..contract.wire import WEIGHT_FILE
from .loss import IGNORED
from .sounds import load_feature_extractor

VOCABULARY = "vocab.json"
HEAD = "lm_head"
"""The linear layer of letters in every class of `AutoModelForCTC` whose models hear samples."""
BLANK, UNKNOWN, BETWEEN_WORDS = "[PAD]", "[UNK]", "|"
"""Of a vocabulary that is made of texts, as in transformers' recipe for wav2vec 2.0."""


@dataclass(frozen=True)
class CtcProcessor:
    """Feature extractor and letters. `blank` is the tokenizer's padding."""

    extractor: Any
    tokenizer: Any

    @classmethod
    def load(cls, folder: Path, texts: Iterable[str]) -> CtcProcessor:
        """The letters of a model with a trained head, else those of `texts`."""
        tokenizer = load_letters(folder) if has_trained_head(folder) else letters_of(texts)
        return cls(load_feature_extractor(folder), tokenizer)

    def save_pretrained(self, folder: Path) -> None:
        self.extractor.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)

    @property
    def blank(self) -> int:
        return int(self.tokenizer.pad_token_id)

    @cached_property
    def known(self) -> dict[str, int]:
        """Numbers of the letters that the head has a row for, without special tokens."""
        special = set(self.tokenizer.all_special_tokens) - {self.tokenizer.word_delimiter_token}
        return {letter: int(n) for letter, n in self.tokenizer.encoder.items() if letter not in special}

    def encode(self, text: str) -> list[int]:
        """Numbers of its letters; one that the model lacks is read in its other case, else as unknown, else left
        out."""
        between = self.tokenizer.word_delimiter_token
        unknown = self.tokenizer.encoder.get(self.tokenizer.unk_token)
        found = []
        for letter in " ".join(text.split()).replace(" ", between):
            cases = (self.known.get(form) for form in (letter, letter.upper(), letter.lower()))
            found.append(next((number for number in cases if number is not None), unknown))
        return [number for number in found if number is not None and number != self.blank]

    def decode(self, ids: list[int]) -> str:
        """The text of numbers that are neither repeats nor blanks."""
        text = str(self.tokenizer.decode(ids, group_tokens=False, skip_special_tokens=True))
        return " ".join(text.split())


def has_trained_head(folder: Path) -> bool:
    """Are there both a layer of letters and their names?"""
    if not (folder / VOCABULARY).is_file():
        return False
    with safe_open(folder / WEIGHT_FILE, "pt") as file:
        return f"{HEAD}.weight" in file.keys()  # noqa: SIM118  # it is no dict


def read_head(folder: Path) -> tuple[Tensor, Tensor]:
    """Weight (V, H) and bias (V,) of the trained layer of letters, in float32."""
    with safe_open(folder / WEIGHT_FILE, "pt") as file:
        return file.get_tensor(f"{HEAD}.weight").float(), file.get_tensor(f"{HEAD}.bias").float()


def load_letters(folder: Path) -> Wav2Vec2CTCTokenizer:
    """Raises ValueError for a tokenizer of another kind."""
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    if not isinstance(tokenizer, Wav2Vec2CTCTokenizer):
        raise ValueError(f"its tokenizer {type(tokenizer).__name__} has no letters for CTC")
    return tokenizer


def letters_of(texts: Iterable[str]) -> Wav2Vec2CTCTokenizer:
    """All letters of the texts in the order of Unicode, then "unknown" and the blank."""
    letters = {letter for text in texts for letter in text if not letter.isspace()} | {BETWEEN_WORDS}
    numbers = {letter: number for number, letter in enumerate([*sorted(letters), UNKNOWN, BLANK])}
    with TemporaryDirectory() as folder:
        path = Path(folder, VOCABULARY)
        path.write_text(json.dumps(numbers, ensure_ascii=False), "utf-8")
        make: Any = Wav2Vec2CTCTokenizer
        tokenizer: Wav2Vec2CTCTokenizer = make(
            str(path),
            unk_token=UNKNOWN,
            pad_token=BLANK,
            word_delimiter_token=BETWEEN_WORDS,
            bos_token=None,
            eos_token=None,
        )
    return tokenizer


def ctc_loss(logits: Tensor, targets: Tensor, blank: int, label_smoothing: float) -> Tensor:
    """Mean over letters of −log p(text), in float32.

    `logits` are (B, T, V); `targets` (B, 1 + L) have the number of frames that are sound, then letters, padded with
    `IGNORED`. A text that has more letters than its frames can say costs nothing (transformers' `ctc_zero_infinity`).
    Smoothing mixes in the frames' mean cross-entropy to the uniform distribution (Kim et al. 2018, times the letters).
    """
    log_probabilities = logits.float().log_softmax(dim=-1)
    frames, letters = targets[:, 0], targets[:, 1:]
    each = nn.functional.ctc_loss(
        log_probabilities.transpose(0, 1),
        letters.clamp(min=0),
        frames,
        (letters != IGNORED).sum(dim=1),
        blank=blank,
        reduction="none",
        zero_infinity=True,
    )
    loss = each.sum() / ctc_weight(targets)
    if not label_smoothing:
        return loss
    is_sound = torch.arange(logits.shape[1], device=logits.device) < frames.unsqueeze(1)
    uniform = -(log_probabilities.mean(dim=-1) * is_sound).sum() / is_sound.sum()
    return (1 - label_smoothing) * loss + label_smoothing * uniform


def ctc_weight(targets: Tensor) -> int:
    """How many letters there are to say; an empty text counts as one."""
    return int((targets[:, 1:] != IGNORED).sum(dim=1).clamp(min=1).sum())


def best_path(logits: Tensor) -> Tensor:
    """The likeliest number of each frame (B, T) of (B, T, V), as floats: NaN where a logit is not finite."""
    return logits.argmax(dim=-1).float().masked_fill(~logits.isfinite().all(dim=-1), torch.nan)


def collapse(path: Sequence[int], blank: int) -> list[int]:
    """A path without repeats, then without blanks."""
    return [one for place, one in enumerate(path) if one != blank and (place == 0 or path[place - 1] != one)]
