"""Which values of a config give the very same run on one data version: the smallest of them is the canonical one."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field

from .base import ContractModel, Range
from .config import SHORTEST, TrainingArguments

MOST_VALIDATIONS = 10
"""A run validates at most this often after its first step, the last time after its last step."""


class Known(ContractModel):
    """What is known of a run before it starts, as far as it says which fields of its config have an effect.

    `examples` are those of an epoch, `steps` those of the run. `longest` is the size in tokens of the longest example
    of any split, None where it was not measured or may grow. `ranges` are the challenge's, by name.
    """

    examples: Annotated[int, Field(ge=0)]
    steps: Annotated[int, Field(ge=0)]
    longest: Annotated[int, Field(ge=1)] | None = None
    ranges: dict[str, Range] = {}


def warm_up(share: float, steps: int) -> int:
    """Steps of warm-up of a run of `steps` steps."""
    return math.ceil(share * steps)


def without_idle(training: TrainingArguments, known: Known) -> TrainingArguments:
    """The same training with each number at the smallest value that gives the very same run and that the challenge
    allows. Nothing becomes larger, so what a batch costs still fits. Idempotent.

    A batch holds at most all examples, a step at most all batches. A patience of as many validations as there are
    could only end the run at its last step: it means that the best checkpoint is kept. A length at or above that of the
    longest example cuts nothing. Shares that round up to as many steps of warm-up are equal.
    """
    least = {
        "per_device_train_batch_size": max(1, known.examples),
        "early_stopping_patience": max(1, min(MOST_VALIDATIONS, known.steps)),
    }
    if known.longest is not None:
        least["max_length"] = max(SHORTEST, known.longest)
    batch = _lowered(training, known, "per_device_train_batch_size", least["per_device_train_batch_size"])
    least["gradient_accumulation_steps"] = max(1, math.ceil(known.examples / batch))
    lowered = {name: _lowered(training, known, name, value) for name, value in least.items()}
    lowered |= _keeping_best(training, lowered["early_stopping_patience"], least["early_stopping_patience"], known)
    return training.model_copy(update=lowered | {"warmup_steps": _same_warm_up(training.warmup_steps, known)})


def _keeping_best(training: TrainingArguments, patience: int, idle: int, known: Known) -> dict[str, int]:
    """The same best checkpoint is kept by a patience that never ends the run, and by `load_best_model_at_end`."""
    if patience >= idle and _floor(known, "early_stopping_patience") <= 0:
        return {"early_stopping_patience": 0, "load_best_model_at_end": True}
    return {}


def _lowered(training: TrainingArguments, known: Known, name: str, least: int) -> int:
    value: int = getattr(training, name)
    return min(value, max(least, math.ceil(_floor(known, name))))


def _same_warm_up(share: float, known: Known) -> float:
    steps, floor = warm_up(share, known.steps), _floor(known, "warmup_steps")
    shares = (percent / 100 for percent in range(101))
    return next((other for other in shares if floor <= other < share and warm_up(other, known.steps) == steps), share)


def _floor(known: Known, name: str) -> float:
    allowed = known.ranges.get(f"training.{name}")
    return allowed.min if allowed else 0.0
