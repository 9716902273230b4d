"""Looking through the validation items of a run: search, filters, order. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from hackathon.answers.base import AnswerKind
from hackathon.presentation.values import texts_in
from training_worker.contract.report import ExampleKind, KeptExample

EVERYTHING, ANY = "all", "*"
HIGHEST, LOWEST = "highest", "lowest"


@dataclass(frozen=True)
class ExampleQuery:
    """`kind` is one of `ExampleKind` or `EVERYTHING`; "" is the first kind that there is: the errors. `target` and
    `predicted` are labels or types of entities, None for any. `order` is by confidence, by error where there is none;
    "" begins with the most telling."""

    q: str = ""
    kind: str = ""
    target: str | None = None
    predicted: str | None = None
    order: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> ExampleQuery:
        """Of an address; a label that is `ANY` says nothing."""
        known = {name: query[name][:200] for name in cls.__dataclass_fields__ if name in query}
        return cls(**{name: value for name, value in known.items() if name in {"q", "kind"} or value != ANY})

    @property
    def encoded(self) -> str:
        return urlencode({name: value for name, value in vars(self).items() if value is not None})


def find_examples(examples: Sequence[KeptExample], query: ExampleQuery, answers: AnswerKind) -> list[KeptExample]:
    kind, words = query.kind or first_kind(examples), query.q.casefold().split()
    found = [
        example
        for example in examples
        if (kind == EVERYTHING or kind in example.kinds)
        and (query.target is None or query.target in answers.filters_of(example.target))
        and (query.predicted is None or query.predicted in answers.filters_of(example.predicted))
        and _has_words(example, words)
    ]
    if query.order in {HIGHEST, LOWEST}:
        found.sort(key=_size, reverse=query.order == HIGHEST)
    return found


def first_kind(examples: Sequence[KeptExample]) -> str:
    return next((kind for example in examples[:1] for kind in example.kinds), EVERYTHING)


def kinds_in(examples: Iterable[KeptExample]) -> list[ExampleKind]:
    """In their usual order."""
    found = {kind for example in examples for kind in example.kinds}
    return [kind for kind in ExampleKind if kind in found]


def _size(example: KeptExample) -> float:
    size = example.error if example.confidence is None else example.confidence
    return 0.0 if size is None else size


def _has_words(example: KeptExample, words: Sequence[str]) -> bool:
    """All of them, in any case, anywhere in the inputs or the id."""
    if not words:
        return True
    whole = " ".join([example.id, *texts_in(example.inputs)]).casefold()
    return all(word in whole for word in words)
