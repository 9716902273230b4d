"""Tasks whose inputs are a text or a pair of texts: tokenised once, when a model is to read them, and padded batch by
batch."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from ..contract.log_lines import Log, LogMessage
from .base import Task
from .split import TARGETS, Batch, Row, Split
from .text_encoder import load_tokenizer, max_positions


@dataclass(frozen=True)
class Tokens:
    """`ids[i]` and `type_ids[i]` are the unpadded ids of example i."""

    ids: list[list[int]]
    type_ids: list[list[int]] | None
    pad_id: int


@dataclass(frozen=True)
class TokenSplit:
    """A split whose tokens are made once, when they are first asked for: nobody asks for those of a split whose frozen
    features are at hand. `values` (N,) are the targets, None where they are not known."""

    ids: tuple[str, ...]
    values: Tensor | None
    tokenize: Callable[[], Tokens]

    @cached_property
    def tokens(self) -> Tokens:
        return self.tokenize()

    @cached_property
    def costs(self) -> list[int]:
        """In tokens."""
        return [max(1, len(ids)) for ids in self.tokens.ids]

    @property
    def has_targets(self) -> bool:
        return self.values is not None

    def collate(self, indices: Sequence[int]) -> Batch:
        """Pad to the longest of these examples: ids and mask (B, L); no mask where nothing is padded."""
        tokens = self.tokens
        rows = [tokens.ids[index] for index in indices]
        longest = max(map(len, rows))
        batch = {"input_ids": padded(rows, longest, tokens.pad_id)}
        if any(len(row) < longest for row in rows):
            batch["attention_mask"] = padded([[1] * len(row) for row in rows], longest, 0)
        if tokens.type_ids is not None:
            batch["token_type_ids"] = padded([tokens.type_ids[index] for index in indices], longest, 0)
        if self.values is not None:
            batch[TARGETS] = self.targets(indices)
        return batch

    def targets(self, indices: Sequence[int]) -> Tensor:
        assert self.values is not None
        return self.values[list(indices)]

    def unpack(self, values: Tensor, indices: Sequence[int]) -> list[Tensor]:
        return list(values)


class TextTask(Task):
    """The input side of such a task; `read_targets` is the output's."""

    def load_processor(self, folder: Path) -> PreTrainedTokenizerBase:
        return load_tokenizer(folder)

    @abstractmethod
    def read_targets(self, rows: Sequence[Row]) -> Tensor | None:
        """(N,) as `loss` wants them; None where the rows have no target."""

    def texts_of(self, row: Row) -> tuple[str, str]:
        """The text and its partner, "" for none."""
        return row["text"], row.get("text_pair") or ""

    def encode(self, rows: Sequence[Row], split: str, max_length: int) -> TokenSplit:
        ids = tuple(row["id"] for row in rows)
        return TokenSplit(ids, self.read_targets(rows), lambda: self._tokenize(rows, max_length))

    def _tokenize(self, rows: Sequence[Row], max_length: int) -> Tokens:
        """In one call of the tokenizer; cut at the model's own bound, too."""
        texts = [self.texts_of(row) for row in rows]
        has_pair = any(pair for _text, pair in texts)
        encoded = self.processor(
            [text for text, _pair in texts],
            [pair for _text, pair in texts] if has_pair else None,
            truncation=True,
            max_length=min(max_length, max_positions(self.context.folder)),
            return_attention_mask=False,
        )
        type_ids = encoded.get("token_type_ids") if has_pair else None
        return Tokens(encoded["input_ids"], type_ids, self.processor.pad_token_id or 0)

    def describe(self, split: Split, max_length: int) -> LogMessage:
        return describe_lengths(split.costs, max_length)


def describe_lengths(lengths: Sequence[int], max_length: int) -> LogMessage:
    """`lengths` are the tokens of each example."""
    count = max(1, len(lengths))
    cut = sum(length >= max_length for length in lengths) / count
    return LogMessage(Log.TOKENS, {"mean": sum(lengths) / count, "cut": 100 * cut, "length": max_length})


def padded(rows: Sequence[Sequence[int]], longest: int, fill: int) -> Tensor:
    return torch.tensor([[*row, *[fill] * (longest - len(row))] for row in rows], dtype=torch.long)
