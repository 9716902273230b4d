"""Tasks whose inputs are a text or a pair of texts: tokenised once, padded batch by batch."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from .base import Task
from .split import TARGETS, Batch, Row, Split
from .text_encoder import load_tokenizer, max_positions


@dataclass(frozen=True)
class TokenSplit:
    """A split, tokenised once. `tokens[i]` and `type_ids[i]` are the unpadded ids of example i; `values` (N,) are the
    targets, None where they are not known."""

    ids: tuple[str, ...]
    tokens: list[list[int]]
    type_ids: list[list[int]] | None
    values: Tensor | None
    pad_id: int

    @property
    def costs(self) -> list[int]:
        """In tokens."""
        return [max(1, len(tokens)) for tokens in self.tokens]

    @property
    def has_targets(self) -> bool:
        return self.values is not None

    def collate(self, indices: Sequence[int]) -> Batch:
        """Pad to the longest of these examples: ids and mask (B, L); no mask where nothing is padded."""
        rows = [self.tokens[index] for index in indices]
        longest = max(map(len, rows))
        batch = {"input_ids": padded(rows, longest, self.pad_id)}
        if any(len(row) < longest for row in rows):
            batch["attention_mask"] = padded([[1] * len(row) for row in rows], longest, 0)
        if self.type_ids is not None:
            batch["token_type_ids"] = padded([self.type_ids[index] for index in indices], longest, 0)
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

    def encode(self, rows: Sequence[Row], split: str, max_length: int) -> TokenSplit:
        """In one call of the tokenizer; cut at the model's own bound, too."""
        has_pair = any(row.get("text_pair") for row in rows)
        encoded = self.processor(
            [row["text"] for row in rows],
            [row.get("text_pair") or "" for row in rows] if has_pair else None,
            truncation=True,
            max_length=min(max_length, max_positions(self.context.folder)),
            return_attention_mask=False,
        )
        return TokenSplit(
            ids=tuple(row["id"] for row in rows),
            tokens=encoded["input_ids"],
            type_ids=encoded.get("token_type_ids") if has_pair else None,
            values=self.read_targets(rows),
            pad_id=self.processor.pad_token_id or 0,
        )

    def describe(self, split: Split, max_length: int) -> str:
        return describe_lengths(split.costs, max_length)


def describe_lengths(lengths: Sequence[int], max_length: int) -> str:
    """`lengths` are the tokens of each example."""
    count = max(1, len(lengths))
    cut = sum(length >= max_length for length in lengths) / count
    return f"{sum(lengths) / count:.1f} tokens on average, {cut:.0%} reach max_length {max_length}"


def padded(rows: Sequence[Sequence[int]], longest: int, fill: int) -> Tensor:
    return torch.tensor([[*row, *[fill] * (longest - len(row))] for row in rows], dtype=torch.long)
