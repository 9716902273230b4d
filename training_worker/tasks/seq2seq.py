"""Tasks of encoder-decoder models: a source text in, an answer text out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoConfig, AutoModelForSeq2SeqLM

from .base import PublicForm, TaskModel
from .generated import GeneratedTask, GeneratingModel, ignored_beyond
from .loss import IGNORED
from .split import TARGETS, Batch, Row
from .text_task import Tokens, TokenSplit

USAGE = """
@torch.inference_mode()
def predict(text):
    inputs = processor(text, truncation=True, max_length={max_length}, return_token_type_ids=False, return_tensors="pt")
    return processor.decode(model.generate(**inputs, generation_config=generation)[0], skip_special_tokens=True).strip()
"""


@dataclass(frozen=True)
class SourceSplit:
    """Sources and, where they are known, the tokens of their answers. `start` is what the decoder begins with;
    `usual` is the cost of an answer that is not written yet."""

    text: TokenSplit
    answers: list[list[int]] | None
    start: int
    pad: int
    usual: int

    @property
    def ids(self) -> Sequence[str]:
        return self.text.ids

    @property
    def lengths(self) -> list[int]:
        return self.text.costs

    @property
    def costs(self) -> list[int]:
        """In tokens of source and answer."""
        written = map(len, self.answers) if self.answers is not None else [self.usual] * len(self.ids)
        return [source + answer for source, answer in zip(self.text.costs, written, strict=True)]

    @property
    def has_targets(self) -> bool:
        return self.answers is not None

    def collate(self, indices: Sequence[int]) -> Batch:
        """Sources (B, L) with their mask, and what the decoder reads (B, T): each answer one place to the right."""
        batch = self.text.collate(indices)
        batch.setdefault("attention_mask", torch.ones_like(batch["input_ids"]))
        if self.answers is None:
            return batch
        targets = self.targets(indices)
        read = targets.masked_fill(targets == IGNORED, self.pad).roll(1, dims=1)
        read[:, 0] = self.start
        return batch | {"decoder_input_ids": read, TARGETS: targets}

    def targets(self, indices: Sequence[int]) -> Tensor:
        assert self.answers is not None
        return ignored_beyond([self.answers[index] for index in indices])

    def unpack(self, values: Tensor, indices: Sequence[int]) -> list[Tensor]:
        return list(values)


class Seq2SeqModel(GeneratingModel):
    def write(self, batch: Batch) -> Tensor:
        backbone: Any = self.backbone
        inputs = {name: batch[name] for name in ("input_ids", "attention_mask")}
        written: Tensor = backbone.generate(**inputs)
        return written[:, 1:]


class Seq2SeqTask(GeneratedTask):
    """The first input column is the source."""

    def encode(self, rows: Sequence[Row], split: str, max_length: int) -> SourceSplit:
        config = read_config(self.context.folder)
        source, target = self.spec.inputs[0].name, self.spec.target.name
        encoded = self.processor(
            [row[source] for row in rows],
            truncation=True,
            max_length=min(max_length, positions(config, "encoder")),
            return_attention_mask=False,
        )
        tokens = Tokens(encoded["input_ids"], type_ids=None, pad_id=self.pad_id)
        is_known = bool(rows) and target in rows[0]
        longest = min(self.max_new_tokens, positions(config, "decoder") - 1)
        answers = [ids[:longest] for ids in self.answer_tokens([row[target] for row in rows])] if is_known else None
        return SourceSplit(
            text=TokenSplit(tuple(row["id"] for row in rows), values=None, tokenize=lambda: tokens),
            answers=answers,
            start=start_of(config),
            pad=self.pad_id,
            usual=self.usual_tokens,
        )

    @property
    def pad_id(self) -> int:
        return self.processor.pad_token_id or 0

    def build_model(self) -> Seq2SeqModel:
        """Raises ValueError where its config names no token to begin with."""
        model: Any = AutoModelForSeq2SeqLM.from_pretrained(
            self.context.folder,
            dtype=torch.float32,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
        )
        start_of(model.config)
        self.set_greedy(model)
        return Seq2SeqModel(model)

    def public_form(self, model: TaskModel, max_length: int) -> PublicForm:
        return self.generated_form("AutoModelForSeq2SeqLM", USAGE, max_length=max_length)


def read_config(folder: Path) -> Any:
    return AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)


def positions(config: Any, side: str) -> int:
    """Tokens that the encoder or decoder takes at most; very many where nothing bounds them."""
    rows = getattr(getattr(config, side, config), "max_position_embeddings", None)
    return rows if isinstance(rows, int) and rows > 0 else 2**31


def start_of(config: Any) -> int:
    """The token that the decoder begins with."""
    start = getattr(config, "decoder_start_token_id", None)
    if start is None:
        raise ValueError("its config has no decoder_start_token_id")
    return int(start)
