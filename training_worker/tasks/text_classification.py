"""`text-classification`: one text or a pair of texts, one of the dataset's labels."""

from __future__ import annotations

import inspect
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, AutoTokenizer, PreTrainedTokenizerBase

Batch = dict[str, Tensor]
"""Keyword arguments of a model's forward."""


@dataclass(frozen=True)
class TokenSplit:
    """One split, tokenised once. `tokens[i]` and `type_ids[i]` are the unpadded ids of example i; `labels` is (N,)
    int64 or None for test inputs."""

    ids: tuple[str, ...]
    tokens: list[list[int]]
    type_ids: list[list[int]] | None
    labels: Tensor | None
    pad_id: int

    @property
    def lengths(self) -> list[int]:
        return [len(tokens) for tokens in self.tokens]

    def collate(self, indices: Sequence[int]) -> Batch:
        """Pad to the longest of these examples: ids and mask of shape (B, L); no mask where nothing is padded."""
        rows = [self.tokens[index] for index in indices]
        longest = max(map(len, rows))
        batch = {"input_ids": _padded(rows, longest, self.pad_id)}
        if any(len(row) < longest for row in rows):
            batch["attention_mask"] = _padded([[1] * len(row) for row in rows], longest, 0)
        if self.type_ids is not None:
            batch["token_type_ids"] = _padded([self.type_ids[index] for index in indices], longest, 0)
        return batch


@dataclass(frozen=True)
class FeatureSplit:
    """One split as frozen pooled features (N, H): what `head` trains on instead of tokens."""

    ids: tuple[str, ...]
    features: Tensor
    labels: Tensor | None

    @property
    def lengths(self) -> list[int]:
        return [1] * len(self.ids)

    def collate(self, indices: Sequence[int]) -> Batch:
        return {"features": self.features[list(indices)]}


Split = TokenSplit | FeatureSplit


class Head(nn.Module):
    """Dropout and one linear layer: pooled features (B, H) → logits (B, C)."""

    def __init__(self, width: int, n_labels: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(width, n_labels)

    def forward(self, features: Tensor) -> Tensor:
        logits: Tensor = self.linear(self.dropout(features))
        return logits


class Classifier(nn.Module):
    """A pretrained encoder, its own pooling (masked mean or first token), and a linear head.

    The stock `AutoModelForSequenceClassification` would add a new random pooler to a sentence encoder; with this one
    the untrained model already is the base score's.
    """

    def __init__(self, backbone: nn.Module, pooling: str, n_labels: int) -> None:
        super().__init__()
        config: Any = backbone.config
        dropout = getattr(config, "classifier_dropout", None)
        self.backbone = backbone
        self.pooling = pooling
        self.head = Head(
            config.hidden_size, n_labels, getattr(config, "hidden_dropout_prob", 0.1) if dropout is None else dropout
        )

    def features(self, **batch: Tensor) -> Tensor:
        """Pooled features (B, H) in float32."""
        hidden: Tensor = self.backbone(**batch).last_hidden_state
        if self.pooling == "cls":
            return hidden[:, 0].float()
        mask = batch.get("attention_mask")
        if mask is None:
            return hidden.float().mean(dim=1)
        weights = mask.unsqueeze(-1).to(hidden.dtype)
        return ((hidden * weights).sum(dim=1) / weights.sum(dim=1)).float()

    def forward(self, **batch: Tensor) -> Tensor:
        logits: Tensor = self.head(self.features(**batch))
        return logits


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False, use_fast=True
    )
    return tokenizer


def load_model(folder: Path, pooling: str, n_labels: int) -> Classifier:
    """The base model in float32 from a safetensors folder, without the pooler that our pooling does not use."""
    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    options: dict[str, Any] = {}
    architecture: Any = AutoModel._model_mapping[type(config)]
    if "add_pooling_layer" in inspect.signature(architecture).parameters:
        options["add_pooling_layer"] = False
    backbone = AutoModel.from_pretrained(
        folder,
        config=config,
        dtype=torch.float32,
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=True,
        **options,
    )
    return Classifier(backbone, pooling, n_labels)


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a `.jsonl` split: `id`, `text`, and `text_pair` and `label` where there are."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def encode(
    rows: Sequence[dict[str, str]], tokenizer: PreTrainedTokenizerBase, max_length: int, labels: Sequence[str]
) -> TokenSplit:
    """Tokenise a split, in one call, cut at `max_length`."""
    has_pair = any(row.get("text_pair") for row in rows)
    pairs = [row.get("text_pair") or "" for row in rows] if has_pair else None
    encoded = tokenizer(
        [row["text"] for row in rows], pairs, truncation=True, max_length=max_length, return_attention_mask=False
    )
    number = {label: index for index, label in enumerate(labels)}
    labelled = bool(rows) and "label" in rows[0]
    tokens: list[list[int]] = encoded["input_ids"]
    return TokenSplit(
        ids=tuple(row["id"] for row in rows),
        tokens=tokens,
        type_ids=encoded.get("token_type_ids") if has_pair else None,
        labels=torch.tensor([number[row["label"]] for row in rows]) if labelled else None,
        pad_id=tokenizer.pad_token_id or 0,
    )


def loss(logits: Tensor, labels: Tensor, label_smoothing: float) -> Tensor:
    """Mean cross-entropy of (B, C) logits in float32."""
    return nn.functional.cross_entropy(logits.float(), labels, label_smoothing=label_smoothing)


def metrics(logits: Tensor, labels: Tensor) -> dict[str, float]:
    """Accuracy and macro-F1 over all labels, as scikit-learn's with `zero_division=0` (tested against it)."""
    n = logits.shape[1]
    confusion = torch.bincount(labels * n + logits.argmax(dim=1), minlength=n * n).reshape(n, n).double()
    hits = confusion.diagonal()
    f1 = 2 * hits / (confusion.sum(dim=0) + confusion.sum(dim=1)).clamp(min=1)
    return {"accuracy": float(hits.sum() / confusion.sum().clamp(min=1)), "f1_macro": float(f1.mean())}


def prediction_lines(ids: Sequence[str], logits: Tensor) -> list[str]:
    """JSON lines of shape `{"id", "probabilities"}`, probabilities rounded to 6 digits, in the order given."""
    probabilities = logits.double().softmax(dim=1).tolist()
    return [
        json.dumps({"id": id_, "probabilities": [round(value, 6) for value in row]}, ensure_ascii=False)
        for id_, row in zip(ids, probabilities, strict=True)
    ]


def _padded(rows: Sequence[Sequence[int]], longest: int, fill: int) -> Tensor:
    return torch.tensor([[*row, *[fill] * (longest - len(row))] for row in rows], dtype=torch.long)
