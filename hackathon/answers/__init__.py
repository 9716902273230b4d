"""One module per kind of answer (`contract.tasks.spec.OutputKind`): what the site checks, counts and shows of it.

The worker's and the scorer's side of each is `training_worker/metrics/`.
"""

from __future__ import annotations

from training_worker.contract.tasks.spec import OutputKind

from .base import AnswerKind
from .classes import ClassAnswer
from .numbers import NumberAnswer
from .rankings import RankingAnswer
from .tags import TagsAnswer

ANSWERS: dict[OutputKind, AnswerKind] = {
    "class": ClassAnswer(),
    "tags": TagsAnswer(),
    "number": NumberAnswer(),
    "ranking": RankingAnswer(),
}


def answers_of(output: OutputKind) -> AnswerKind:
    return ANSWERS[output]
