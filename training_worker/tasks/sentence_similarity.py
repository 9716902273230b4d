"""`sentence-similarity`: how alike two sentences are, as the cosine of their two vectors (Reimers & Gurevych 2019)."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from ..contract.log_lines import LogMessage
from ..contract.tasks.sentence_similarity import SPEC
from ..metrics.base import FloatArray
from .base import Context, Outputs, PublicForm, TaskModel
from .cosine import CosineScale, CosineTask, encoder_form
from .loss import PLAIN, LossOptions
from .split import TARGETS, Batch, Row, Split
from .text_encoder import TextModel, load_encoder
from .text_task import TokenSplit, describe_lengths

USAGE = """\
@torch.inference_mode()
def predict(sentence1, sentence2):
    both = [sentence1, sentence2]
    inputs = processor(both, padding=True, truncation=True, max_length={max_length}, return_tensors="pt")
    hidden, mask = model(**inputs).last_hidden_state, inputs["attention_mask"].unsqueeze(-1)
    one, other = {pooled}
    return (head["bias"] + head["weight"] * torch.cosine_similarity(one, other, dim=-1)).item()
"""


class SimilarityModel(TextModel):
    """A sentence encoder that reads both sentences of a pair, the first ones of a batch before the second ones."""

    def forward(self, **inputs: Tensor) -> Outputs:
        one, other = self.features(**inputs).chunk(2)
        return self.top(features=nn.functional.cosine_similarity(one, other, dim=-1))


@dataclass(frozen=True)
class PairSplit:
    """Pairs of texts as the two halves of one batch; `values` (N,) are the targets, None where they are not known."""

    ids: tuple[str, ...]
    values: Tensor | None
    both: TokenSplit
    """The first sentences of all pairs, then the second ones."""

    @cached_property
    def costs(self) -> list[int]:
        """In tokens: both are padded to the longer one."""
        count = len(self.ids)
        costs = self.both.costs
        return [2 * max(costs[index], costs[index + count]) for index in range(count)]

    @property
    def has_targets(self) -> bool:
        return self.values is not None

    def collate(self, indices: Sequence[int]) -> Batch:
        batch = self.both.collate([*indices, *(index + len(self.ids) for index in indices)])
        return batch | {TARGETS: self.targets(indices)} if self.has_targets else batch

    def targets(self, indices: Sequence[int]) -> Tensor:
        assert self.values is not None
        return self.values[list(indices)]

    def unpack(self, values: Tensor, indices: Sequence[int]) -> list[Tensor]:
        return list(values)


class SentenceSimilarity(CosineTask):
    """The cosine is trained as a regression: 0 is the smallest score of the training data, 1 the largest."""

    spec = SPEC

    def __init__(self, context: Context, rows: Sequence[Row] = ()) -> None:
        super().__init__(context, rows)
        scores = [float(row["score"]) for row in rows] or [0.0, 1.0]
        self.low, self.high = min(scores), max(scores)
        self.scale = statistics.pstdev(scores) or 1.0

    def encode(self, rows: Sequence[Row], split: str, max_length: int) -> PairSplit:
        ids = tuple(row["id"] for row in rows)
        texts = [row[name] for name in ("sentence1", "sentence2") for row in rows]
        has_targets = bool(rows) and "score" in rows[0]
        values = torch.tensor([float(row["score"]) for row in rows]) if has_targets else None
        return PairSplit(ids, values, TokenSplit((*ids, *ids), None, lambda: self.tokenize(texts, max_length)))

    def describe(self, split: Split, max_length: int) -> LogMessage:
        assert isinstance(split, PairSplit)
        return describe_lengths(split.both.costs, max_length)

    def longest(self, split: Split) -> int:
        assert isinstance(split, PairSplit)
        return max(split.both.costs)

    def build_model(self) -> SimilarityModel:
        encoder = load_encoder(self.context)
        return SimilarityModel(encoder, CosineScale(self.low, self.high), self.context.pooling or "mean")

    def loss(self, outputs: Outputs, batch: Batch, options: LossOptions = PLAIN) -> Tensor:
        """Mean squared error in units of the target's variance: 1 for one who always says the mean."""
        return nn.functional.mse_loss(outputs.float() / self.scale, batch[TARGETS] / self.scale)

    def chance_loss(self) -> float:
        """That of one who says the farther end of the range: an untrained cosine may be nearly as far off."""
        return max(1.0, ((self.high - self.low) / self.scale) ** 2)

    def public_form(self, model: TaskModel, max_length: int) -> PublicForm:
        return encoder_form(model, USAGE, max_length, pipeline_tag="sentence-similarity")

    def decode(self, outputs: Sequence[Tensor], split: Split) -> FloatArray:
        """(N,)"""
        numbers: FloatArray = torch.stack(list(outputs)).double().numpy()
        return numbers


TASK = SentenceSimilarity
