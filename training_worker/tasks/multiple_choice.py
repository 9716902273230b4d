"""`multiple-choice`: which of an item's choices is right. Decoders do it in `choice_likelihood`.

The question is read with each choice as a pair of texts, one vector of each pair is made by the model's own pooling,
and one linear output scores it, as `AutoModelForMultipleChoice` does with its pooler: an item's choices share one
softmax.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import PreTrainedTokenizerBase

from ..contract.log_lines import LogMessage
from ..contract.sentences import CHOICE_RIDGE
from ..contract.tasks.multiple_choice import SPEC
from ..metrics.base import FloatArray
from .base import Context, FeatureTask, Outputs, PublicForm, TaskModel
from .choice_likelihood import ChoiceLikelihood
from .heads import LinearHead
from .loss import IGNORED, PLAIN, LossOptions
from .ridge import ridge_head
from .split import TARGETS, Batch, FeatureSplit, Row, Split
from .text_encoder import TextModel, load_encoder, load_tokenizer, max_positions, width_and_dropout
from .text_form import text_form
from .text_task import Tokens, TokenSplit, describe_lengths, padded

MOST_EXAMPLES = 1024
"""That the base score is made from."""
USAGE = """\
@torch.inference_mode()
def predict(question, choices):
    scores = []
    for choice in choices:
        inputs = processor(question, choice, truncation=True, max_length={max_length}, return_tensors="pt")
        hidden = model(**inputs).last_hidden_state
        outputs = {pooled} @ head["weight"].T + head["bias"]
        scores.append(outputs.item())
    return {answer}
"""


@dataclass(frozen=True)
class ChoiceSplit:
    """Items with their choices. `pairs` has the tokens of every choice, one item's after the other's; item i has those
    from `firsts[i]` to `firsts[i + 1]`. `right` are the numbers of the right choices, None where not known."""

    ids: Sequence[str]
    pairs: TokenSplit
    firsts: list[int]
    right: list[int] | None

    def places(self, index: int) -> range:
        return range(self.firsts[index], self.firsts[index + 1])

    @cached_property
    def costs(self) -> list[int]:
        """In tokens, those of all choices, each as long as the longest."""
        costs = self.pairs.costs
        return [
            len(self.places(index)) * max(costs[place] for place in self.places(index))
            for index in range(len(self.ids))
        ]

    @property
    def has_targets(self) -> bool:
        return self.right is not None

    def collate(self, indices: Sequence[int]) -> Batch:
        """All pairs of these items (P, L), and where those of each are (B, C), -1 where it has fewer."""
        batch = self.pairs.collate([place for index in indices for place in self.places(index)])
        rows, count = [], 0
        for index in indices:
            rows.append([*range(count, count + len(self.places(index)))])
            count += len(rows[-1])
        batch["at"] = padded(rows, max(map(len, rows)), -1)
        return batch | {TARGETS: self.targets(indices)} if self.has_targets else batch

    def targets(self, indices: Sequence[int]) -> Tensor:
        """(B, C): 1 for the right choice, 0 for the others."""
        assert self.right is not None
        rows = [[int(n == self.right[index]) for n in range(len(self.places(index)))] for index in indices]
        return padded(rows, max(map(len, rows)), IGNORED)

    def unpack(self, values: Tensor, indices: Sequence[int]) -> list[Tensor]:
        return [row[: len(self.places(index))] for row, index in zip(values, indices, strict=True)]


class ChoiceModel(TextModel):
    """A text encoder: one vector of each choice."""

    def features(self, **inputs: Tensor) -> Tensor:
        """(B, C, H) of what `ChoiceSplit.collate` makes, zeros where an item has fewer choices."""
        at = inputs.pop("at")
        vectors = super().features(**inputs)[at.clamp(min=0)]
        return vectors * (at >= 0).unsqueeze(-1)


class ChoiceHead(LinearHead):
    """Features (B, C, H) → scores (B, C)."""

    def forward(self, features: Tensor) -> Tensor:
        return super().forward(features).squeeze(-1)


class MultipleChoice(FeatureTask):
    spec = SPEC

    def __init__(self, context: Context, rows: Sequence[Row] = ()) -> None:
        super().__init__(context, rows)
        self._choices = statistics.fmean(len(row["choices"]) for row in rows) if rows else 2.0
        self._examples = min(len(rows), MOST_EXAMPLES)

    def load_processor(self, folder: Path) -> PreTrainedTokenizerBase:
        return load_tokenizer(folder)

    def encode(self, rows: Sequence[Row], split: str, max_length: int) -> ChoiceSplit:
        column, firsts = self.spec.target.name, [0]
        for row in rows:
            firsts.append(firsts[-1] + len(row["choices"]))
        return ChoiceSplit(
            ids=tuple(row["id"] for row in rows),
            pairs=TokenSplit(tuple(map(str, range(firsts[-1]))), None, lambda: self._tokenize(rows, max_length)),
            firsts=firsts,
            right=[row[column] for row in rows] if rows and column in rows[0] else None,
        )

    def _tokenize(self, rows: Sequence[Row], max_length: int) -> Tokens:
        """The question is cut where both do not fit: choices are what differs."""
        encoded = self.processor(
            [row["question"] for row in rows for _ in row["choices"]],
            [choice for row in rows for choice in row["choices"]],
            truncation=True,
            max_length=min(max_length, max_positions(self.context.folder)),
            return_attention_mask=False,
        )
        return Tokens(encoded["input_ids"], encoded.get("token_type_ids"), self.processor.pad_token_id or 0)

    def describe(self, split: Split, max_length: int) -> LogMessage:
        assert isinstance(split, ChoiceSplit)
        return describe_lengths(split.pairs.costs, max_length)

    def build_model(self) -> ChoiceModel:
        encoder = load_encoder(self.context)
        width, dropout = width_and_dropout(encoder)
        return ChoiceModel(encoder, ChoiceHead(width, 1, dropout), self.context.pooling or "mean")

    def public_form(self, model: TaskModel, max_length: int) -> PublicForm:
        assert isinstance(model, ChoiceModel)
        return text_form(model, max_length, answer="scores", usage=USAGE)

    def choose_examples(self, rows: Sequence[Row]) -> list[int]:
        """The first of one seeded shuffle, sorted."""
        generator = torch.Generator().manual_seed(self.context.base_seed)
        return sorted(torch.randperm(len(rows), generator=generator)[:MOST_EXAMPLES].tolist())

    def start_at_base(self, top: nn.Module, examples: FeatureSplit) -> None:
        """Ridge regression of "is the right one" on features less the mean of their item's: what tells an item's
        choices from each other; scores with standard deviation 1."""
        assert isinstance(top, LinearHead)
        rights = examples.targets(range(len(examples.ids)))
        features, targets = [], []
        for index, right in enumerate(rights):
            found = examples.features_of(index)
            known = right[right != IGNORED].double()
            features.append(found - found.mean(dim=0))
            targets.append(known - known.mean())
        x = torch.cat(features)
        weight, _bias = ridge_head(x, torch.cat(targets))
        spread = float((x @ weight.T).std())
        top.set(weight / spread if spread > 1e-12 else weight, torch.zeros(1))

    def start_at_random(self, top: nn.Module) -> None:
        assert isinstance(top, LinearHead)
        top.draw()

    @property
    def base_method(self) -> str:
        return CHOICE_RIDGE(count=self._examples)

    def loss(self, outputs: Outputs, batch: Batch, options: LossOptions = PLAIN) -> Tensor:
        """Cross-entropy over each item's choices."""
        targets = batch[TARGETS]
        scores = outputs.float().masked_fill(targets == IGNORED, -math.inf)
        return nn.functional.cross_entropy(scores, targets.argmax(dim=1))

    def chance_loss(self) -> float:
        return math.log(max(2.0, self._choices))

    def decode(self, outputs: Sequence[Tensor], split: Split) -> list[FloatArray]:
        """The scores of each item's choices."""
        return [scores.double().numpy() for scores in outputs]


TASK = MultipleChoice
VARIANTS = {"decoder": ChoiceLikelihood}
