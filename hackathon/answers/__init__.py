"""One module per kind of answer (`contract.tasks.spec.OutputKind`): what the site checks, counts and shows of it.

The worker's and the scorer's side of each is `training_worker/metrics/`.
"""

from __future__ import annotations

from training_worker.contract.tasks.spec import OutputKind

from .base import AnswerKind
from .boxes import BoxesAnswer
from .choices import ChoiceAnswer
from .classes import ClassAnswer
from .label_sets import LabelSetAnswer
from .masks import MaskAnswer
from .numbers import NumberAnswer
from .rankings import RankingAnswer
from .ratings import RatingAnswer
from .spans import SpanAnswer
from .tags import TagsAnswer
from .texts import TextAnswer
from .words import WordsAnswer

ANSWERS: dict[OutputKind, AnswerKind] = {
    "class": ClassAnswer(),
    "tags": TagsAnswer(),
    "number": NumberAnswer(),
    "text": TextAnswer(),
    "labels": LabelSetAnswer(),
    "choice": ChoiceAnswer(),
    "span": SpanAnswer(),
    "boxes": BoxesAnswer(),
    "mask": MaskAnswer(),
    "ranking": RankingAnswer(),
    "rating": RatingAnswer(),
    "words": WordsAnswer(),
}


def answers_of(output: OutputKind) -> AnswerKind:
    return ANSWERS[output]
