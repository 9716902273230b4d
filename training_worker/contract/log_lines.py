"""The log of a run: each line is the id of a message with named values. Its English is here; the site says it in the
reader's language (`hackathon/web/translation.py`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import Field, StringConstraints

from .base import ContractModel
from .bounds import EARLIEST, LATEST, MOST_BYTES, Figure, Moment, Name, Word, clipped, word

MOST_VALUES = 20
LogId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
LogValue = Annotated[int, Field(ge=-MOST_BYTES, le=MOST_BYTES)] | Figure | Word


class Log(StrEnum):
    """What a node of this version says. A newer one may say more."""

    ATTEMPT_STARTED = "attempt_started"
    READING_DATA = "reading_data"
    CARD_CAP = "card_cap"
    EXAMPLES = "examples"
    TOKENS = "tokens"
    MASKED = "masked"
    WINDOWS = "windows"
    IMAGES = "images"
    SOUNDS = "sounds"
    COMPUTING_FEATURES = "computing_features"
    METHOD = "method"
    NOTHING_TO_TRAIN = "nothing_to_train"
    TRAINING = "training"
    VALIDATED_BEFORE = "validated_before"
    VALIDATED = "validated"
    ENDED_EPOCHS = "ended_epochs"
    ENDED_EARLY_STOPPING = "ended_early_stopping"
    ENDED_STEPS = "ended_steps"
    ENDED_SECONDS = "ended_seconds"
    PREDICTING = "predicting"
    UPLOADING = "uploading"


_ENDED = "Training ended after %(steps)s of %(planned)s steps in %(seconds).1f s: "
LOG_TEMPLATES: dict[str, str] = {
    Log.ATTEMPT_STARTED: "Attempt %(attempt)s started.",
    Log.READING_DATA: "Reading data version %(version)s.",
    Log.CARD_CAP: "This run may use %(megabytes)s MB of the GPU's memory.",
    Log.EXAMPLES: "Examples: %(train)s training, %(validation)s validation, %(test)s test.",
    Log.TOKENS: (
        "Encoded the training examples: %(mean).1f tokens on average, %(cut).0f %% reach max_length %(length)s."
    ),
    Log.MASKED: (
        "Encoded the training examples: %(mean).1f tokens on average, %(cut).0f %% reach max_length %(length)s; "
        "%(known).1f %% of the answers are one token of the model, the others teach nothing."
    ),
    Log.WINDOWS: (
        "Encoded the training examples: %(mean).1f tokens on average, %(windowed).0f %% are read in several windows of "
        "%(length)s tokens, %(cut).0f %% are cut."
    ),
    Log.IMAGES: "Encoded the training examples: images of %(width)s × %(height)s pixels.",
    Log.SOUNDS: "Encoded the training examples: %(mean).1f s on average, %(cut).0f %% are cut at %(longest)s s.",
    Log.COMPUTING_FEATURES: "Computing frozen features: %(examples)s examples.",
    Log.METHOD: (
        "Method: %(method)s on %(model)s. Trainable parameters: %(trained)s of %(total)s (%(share).2f %%). "
        "Head initialization: %(head_init)s."
    ),
    Log.NOTHING_TO_TRAIN: "Nothing to train: this job scores the untrained model.",
    Log.TRAINING: (
        "Training: %(steps)s steps, batch size %(batch)s, optimizer %(optimizer)s, learning rate %(rate)g "
        "(%(schedule)s), validation every %(every)s steps."
    ),
    Log.VALIDATED_BEFORE: "Before training: validation %(metrics)s, loss %(loss).3f.",
    Log.VALIDATED: "Step %(step)s: validation %(metrics)s, loss %(loss).3f.",
    Log.ENDED_EPOCHS: _ENDED + "all epochs are done.",
    Log.ENDED_EARLY_STOPPING: _ENDED + "no improvement on validation. Kept: the weights of step %(best)s.",
    Log.ENDED_STEPS: _ENDED + "step limit reached.",
    Log.ENDED_SECONDS: _ENDED + "time limit reached.",
    Log.PREDICTING: "Predicting: %(examples)s test inputs.",
    Log.UPLOADING: "Uploading predictions and artifacts.",
}
"""By id. A float needs a format of its own (`%(loss).3f`); whole numbers and texts have `%(name)s`."""


class LogMessage(NamedTuple):
    """What is to be said; its values need not be within the bounds yet."""

    id: Log
    values: Mapping[str, int | float | str] = {}


class LogLine(ContractModel):
    at: Moment
    id: LogId
    values: Annotated[dict[Name, LogValue], Field(max_length=MOST_VALUES)] = {}

    @classmethod
    def said(cls, message: LogMessage) -> LogLine:
        """What is said now, whatever its values are, and even where this machine's clock is far off."""
        values = {name: _bounded(value) for name, value in message.values.items()}
        return cls(at=min(max(datetime.now(UTC), EARLIEST), LATEST), id=message.id.value, values=values)

    @property
    def text(self) -> str:
        return log_text(self.id, self.values, LOG_TEMPLATES.get(self.id, ""))


def _bounded(value: float | str) -> int | float | str:
    if isinstance(value, int):
        return min(max(value, -MOST_BYTES), MOST_BYTES)
    if isinstance(value, float) and math.isfinite(value):
        return clipped(value)
    return word(str(value))


def log_text(message_id: str, values: Mapping[str, object], template: str) -> str:
    """The template with the values, thousands grouped. Without a template that takes them: the id and the values."""
    shown = {name: f"{value:,}" if isinstance(value, int) else value for name, value in values.items()}
    try:
        if template:
            return template % shown
    except (KeyError, TypeError, ValueError):
        pass
    return " ".join([message_id, *(f"{name}={value}" for name, value in shown.items())])
