"""One module per kind of answer (`contract.tasks.spec.OutputKind`): what the site checks, counts and shows of it.

The worker's and the scorer's side of each is `training_worker/metrics/`.
"""

from __future__ import annotations

from training_worker.contract.tasks.spec import OutputKind

from .base import AnswerKind
from .boxes import BoxesAnswer
from .classes import ClassAnswer
from .masks import MaskAnswer
from .numbers import NumberAnswer
from .tags import TagsAnswer

ANSWERS: dict[OutputKind, AnswerKind] = {
    "class": ClassAnswer(),
    "tags": TagsAnswer(),
    "number": NumberAnswer(),
    "boxes": BoxesAnswer(),
    "mask": MaskAnswer(),
}


def answers_of(output: OutputKind) -> AnswerKind:
    return ANSWERS[output]
