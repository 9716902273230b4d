"""`recommendation`: how a user will rate an item, from the item's text, what the user liked and disliked, and two
numbers: how much the user's other ratings, and everybody's of the item, are above the mean (`rated_before`)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..contract.sentences import RATING_RIDGE
from ..contract.tasks.recommendation import SPEC
from ..metrics.base import FloatArray
from .base import Context, PublicForm, TaskModel
from .number_output import NumberHead, NumberTask
from .rated_before import LONGEST, MOST_NAMED, NOTHING, PRIOR, RatedBefore
from .split import Batch, Row, Split
from .text_encoder import TextModel, load_encoder, width_and_dropout
from .text_form import text_form
from .text_task import TextTask, TokenSplit

OFFSETS = 2
USAGE = f"""\
def mean(values):
    return sum(values) / len(values)

def offset(ratings, middle):
    return sum(rating - middle for rating in ratings) / (len(ratings) + {PRIOR})

def tastes(others):
    middle = mean([row["rating"] for row in others]) if others else 0.0
    said = [(row["rating"], (row.get("text") or row["item"])[:{LONGEST}]) for row in others]
    liked = [text for rating, text in said if rating > middle][:{MOST_NAMED}]
    disliked = [text for rating, text in reversed(said) if rating < middle][:{MOST_NAMED}]
    alike = [] if liked else [text for rating, text in said][:{MOST_NAMED}]
    sides = [("liked: ", liked), ("disliked: ", disliked), ("rated alike: ", alike)]
    return ". ".join(name + "; ".join(texts) for name, texts in sides if texts) or "{NOTHING}"

@torch.inference_mode()
def predict(rows, user, item, text=None):  # rows: those of train.jsonl
    ordered = sorted(rows, key=lambda row: -row["rating"])
    own = [row for row in ordered if row["user"] == user and row["item"] != item]
    of_item = [row["rating"] for row in rows if row["item"] == item and row["user"] != user]
    middle = mean([row["rating"] for row in rows])
    offsets = torch.tensor([[offset([row["rating"] for row in own], middle), offset(of_item, middle)]])
    inputs = processor(text or item, tastes(own), truncation=True, max_length={{max_length}}, return_tensors="pt")
    hidden = model(**inputs).last_hidden_state
    outputs = torch.cat([{{pooled}}, offsets], dim=-1) @ head["weight"].T + head["bias"]
    return {{answer}}
"""


@dataclass(frozen=True)
class RatedSplit(TokenSplit):
    """Texts with the two `offsets` (N, 2) of each, in units of the target's standard deviation."""

    offsets: Tensor

    def collate(self, indices: Sequence[int]) -> Batch:
        return super().collate(indices) | {"offsets": self.offsets[list(indices)]}


class RatingModel(TextModel):
    """A text encoder: its vector of item and tastes, and the two offsets behind it."""

    def features(self, **inputs: Tensor) -> Tensor:
        """(B, H + 2)"""
        offsets = inputs.pop("offsets")
        return torch.cat([super().features(**inputs), offsets.float()], dim=-1)


class Recommendation(NumberTask, TextTask):
    """An answer is never outside of the training ratings."""

    spec = SPEC

    def __init__(self, context: Context, rows: Sequence[Row] = ()) -> None:
        super().__init__(context, rows)
        self.before = RatedBefore(rows)
        ratings = [one.rating for one in self.before.ratings]
        self.low, self.high = (min(ratings), max(ratings)) if ratings else (-math.inf, math.inf)

    def texts_of(self, row: Row) -> tuple[str, str]:
        return row.get("text") or row["item"], self.before.tastes(row)

    def encode(self, rows: Sequence[Row], split: str, max_length: int) -> RatedSplit:
        texts = super().encode(rows, split, max_length)
        offsets = torch.tensor([self.before.offsets(row) for row in rows]).reshape(len(rows), OFFSETS)
        return RatedSplit(texts.ids, texts.values, texts.tokenize, offsets / self.scale)

    def build_model(self) -> RatingModel:
        encoder = load_encoder(self.context, has_dropout=False)
        width, dropout = width_and_dropout(encoder)
        model = RatingModel(encoder, NumberHead(width + OFFSETS, 1, dropout), self.context.pooling or "mean")
        self.standardise(model.top)
        return model

    @property
    def base_method(self) -> str:
        return RATING_RIDGE(count=self._examples)

    def public_form(self, model: TaskModel, max_length: int) -> PublicForm:
        """The exported head takes offsets in the unit of the ratings."""
        assert isinstance(model, TextModel)
        answer = f"min(max(outputs.item(), {self.low!r}), {self.high!r})"
        return text_form(model, max_length, answer=answer, usage=USAGE)

    def exported_top(self, top: torch.nn.Module) -> dict[str, Tensor]:
        """`weight` (1, H + 2), its last two for offsets that are not divided by the standard deviation."""
        tensors = super().exported_top(top)
        weight = tensors["weight"].clone()
        weight[:, -OFFSETS:] /= self.scale
        return tensors | {"weight": weight}

    def decode(self, outputs: Sequence[Tensor], split: Split) -> FloatArray:
        numbers: FloatArray = np.clip(super().decode(outputs, split), self.low, self.high)
        return numbers


TASK = Recommendation
