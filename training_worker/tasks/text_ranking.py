"""`text-ranking`: candidates of a query in the order of the cosine of their vectors with the query's, trained by the
listwise softmax of ListNet (Cao et al. 2007)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from ..contract.log_lines import LogMessage
from ..contract.tasks.text_ranking import SPEC
from ..metrics.rankings import Lists
from .base import Context, Outputs, PublicForm, TaskModel
from .cosine import CosineScale, CosineTask, encoder_form
from .loss import PLAIN, LossOptions
from .split import TARGETS, Batch, Row, Split
from .text_encoder import TextModel, load_encoder
from .text_task import TokenSplit, describe_lengths

SHARPNESS = 20.0
"""What a cosine is multiplied with before the softmax, as sentence encoders are usually trained."""
PADDING = -1.0
"""Relevance of a candidate that there is not."""
USAGE = """\
@torch.inference_mode()
def predict(query, candidates):
    texts = [query, *candidates]
    inputs = processor(texts, padding=True, truncation=True, max_length={max_length}, return_tensors="pt")
    hidden, mask = model(**inputs).last_hidden_state, inputs["attention_mask"].unsqueeze(-1)
    vectors = {pooled}
    cosines = torch.cosine_similarity(vectors[:1], vectors[1:], dim=-1)
    return (head["bias"] + head["weight"] * cosines).tolist()
"""


class RankingModel(TextModel):
    """A sentence encoder that reads the queries of a batch and then, one list after the other, their candidates."""

    def forward(self, **inputs: Tensor) -> Outputs:
        """`sizes` (B,) are the lengths of the lists; scores (B, longest), of what is padding any number."""
        sizes = inputs.pop("sizes")
        vectors = self.features(**inputs)
        queries, candidates = vectors[: len(sizes)], vectors[len(sizes) :]
        scores = nn.functional.cosine_similarity(queries.repeat_interleave(sizes, dim=0), candidates, dim=-1)
        return self.top(features=pad_sequence(list(torch.split(scores, sizes.tolist())), batch_first=True))


@dataclass(frozen=True)
class ListSplit:
    """Queries with their lists. `values` are the relevances of each, None where they are not known."""

    ids: tuple[str, ...]
    sizes: tuple[int, ...]
    values: list[Tensor] | None
    texts: TokenSplit
    """All queries, then the candidates of all lists."""

    @cached_property
    def starts(self) -> list[int]:
        """Where in `texts` each list begins."""
        return [len(self.ids) + end for end in accumulate(self.sizes, initial=0)]

    @cached_property
    def costs(self) -> list[int]:
        """In tokens: all texts of an example are padded to its longest."""
        return [
            len(places) * max(self.texts.costs[place] for place in places) for places in map(self._all, self._range)
        ]

    @property
    def has_targets(self) -> bool:
        return self.values is not None

    def collate(self, indices: Sequence[int]) -> Batch:
        lists = [place for index in indices for place in self._list(index)]
        batch = self.texts.collate([*indices, *lists])
        batch["sizes"] = torch.tensor([self.sizes[index] for index in indices])
        return batch | {TARGETS: self.targets(indices)} if self.has_targets else batch

    def targets(self, indices: Sequence[int]) -> Tensor:
        """(B, longest), `PADDING` after the end of a list."""
        assert self.values is not None
        return pad_sequence([self.values[index] for index in indices], batch_first=True, padding_value=PADDING)

    def unpack(self, values: Tensor, indices: Sequence[int]) -> list[Tensor]:
        return [scores[: self.sizes[index]] for scores, index in zip(values, indices, strict=True)]

    @property
    def _range(self) -> range:
        return range(len(self.ids))

    def _list(self, index: int) -> range:
        return range(self.starts[index], self.starts[index + 1])

    def _all(self, index: int) -> list[int]:
        return [index, *self._list(index)]


class TextRanking(CosineTask):
    spec = SPEC

    def __init__(self, context: Context, rows: Sequence[Row] = ()) -> None:
        super().__init__(context, rows)
        sizes = [len(row["candidates"]) for row in rows] or [2]
        self._guessing = math.log(max(2.0, sum(sizes) / len(sizes)))

    def encode(self, rows: Sequence[Row], split: str, max_length: int) -> ListSplit:
        ids, sizes = tuple(row["id"] for row in rows), tuple(len(row["candidates"]) for row in rows)
        texts = [row["query"] for row in rows] + [text for row in rows for text in row["candidates"]]
        has_targets = bool(rows) and "relevances" in rows[0]
        values = [torch.tensor(row["relevances"], dtype=torch.float32) for row in rows] if has_targets else None
        names = tuple(map(str, range(len(texts))))
        return ListSplit(ids, sizes, values, TokenSplit(names, None, lambda: self.tokenize(texts, max_length)))

    def describe(self, split: Split, max_length: int) -> LogMessage:
        assert isinstance(split, ListSplit)
        return describe_lengths(split.texts.costs, max_length)

    def longest(self, split: Split) -> int:
        assert isinstance(split, ListSplit)
        return max(split.texts.costs)

    def build_model(self) -> RankingModel:
        encoder = load_encoder(self.context)
        return RankingModel(encoder, CosineScale(0.0, SHARPNESS), self.context.pooling or "mean")

    def loss(self, outputs: Outputs, batch: Batch, options: LossOptions = PLAIN) -> Tensor:
        """Cross-entropy of the softmax of a list's scores with its relevances as shares of their sum."""
        relevances = batch[TARGETS]
        shares = relevances.clamp(min=0.0)
        shares = shares / shares.sum(dim=1, keepdim=True).clamp(min=1e-9)
        scores = outputs.float().masked_fill(relevances == PADDING, -1e4)
        losses: Tensor = -(shares * scores.log_softmax(dim=1)).sum(dim=1)
        return losses.mean()

    def chance_loss(self) -> float:
        """That of a list of mean length, each candidate as likely."""
        return SHARPNESS / 2 + self._guessing

    def public_form(self, model: TaskModel, max_length: int) -> PublicForm:
        return encoder_form(model, USAGE, max_length, pipeline_tag="text-ranking")

    def decode(self, outputs: Sequence[Tensor], split: Split) -> Lists:
        return [scores.double().numpy() for scores in outputs]


TASK = TextRanking
