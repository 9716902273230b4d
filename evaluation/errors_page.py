"""The page on which a team looks through the validation items of one run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.utils.translation import gettext as _

from hackathon.answers import answers_of
from hackathon.answers.base import AnswerKind
from hackathon.presentation.shown import ShownExample, data_file_url, presentation_of
from submissions.models import Job, Submission
from submissions.selectors import files_of
from training_worker.contract.report import KeptExample, Value

from .report.browse import (
    ANY,
    EVERYTHING,
    HIGHEST,
    LOWEST,
    ExampleQuery,
    find_examples,
    first_kind,
    kinds_in,
)
from .report.examples import kind_title, shown_example
from .report.stored import read_examples, read_validation_report

PAGE_SIZE = 20


@dataclass(frozen=True)
class Option:
    value: str
    text: str
    is_chosen: bool


@dataclass(frozen=True)
class Select:
    name: str
    label: str
    options: list[Option]


@dataclass(frozen=True)
class ErrorsPage:
    """`kept` validation items of `items` can be looked through; `selects` are the filters that say something."""

    submission: Submission
    query: ExampleQuery
    selects: list[Select]
    kept: int
    items: int
    page: Page[KeptExample]
    examples: list[ShownExample]
    presentation: str


def read_errors_page(submission: Submission, job: Job, query: ExampleQuery, *, page: str | None) -> ErrorsPage | None:
    """None where the run has kept no items: it is not scored, or of a time when none were kept."""
    challenge = submission.phase.challenge
    files, spec = list(files_of(job)), challenge.task_spec
    examples = read_examples(job, files, task=challenge.task)
    report = read_validation_report(job, files, task=challenge.task)
    if examples is None or report is None:
        return None
    answers = answers_of(spec.output)
    found = Paginator(find_examples(examples, query, answers), PAGE_SIZE).get_page(page)
    file_url = data_file_url(challenge, job.data)
    return ErrorsPage(
        submission=submission,
        query=query,
        selects=_selects(examples, query, answers),
        kept=len(examples),
        items=report.items,
        page=found,
        examples=[shown_example(example, spec, file_url, report.has_base) for example in found],
        presentation=presentation_of(spec),
    )


def _selects(examples: Sequence[KeptExample], query: ExampleQuery, answers: AnswerKind) -> list[Select]:
    kinds = {EVERYTHING: _("all items")} | {str(kind): kind_title(kind) for kind in kinds_in(examples)}
    size = _("confidence") if answers.has_probability else _("error")
    orders = {
        "": _("most relevant first"),
        HIGHEST: _("highest %(size)s first") % {"size": size},
        LOWEST: _("lowest %(size)s first") % {"size": size},
    }
    targets, predictions = (
        _labels(map(of, examples), answers) for of in (lambda one: one.target, lambda one: one.predicted)
    )
    return [
        _select("kind", _("Show"), kinds, query.kind or first_kind(examples)),
        *([_select("target", _("True label"), targets, query.target)] if len(targets) > 2 else []),
        *([_select("predicted", _("Prediction"), predictions, query.predicted)] if len(predictions) > 2 else []),
        _select("order", _("Order"), orders, query.order),
    ]


def _labels(values: Iterable[Value], answers: AnswerKind) -> dict[str, str]:
    labels = sorted(frozenset[str]().union(*map(answers.filters_of, values)))
    return {ANY: _("any")} | {label: label or _("no answer") for label in labels}


def _select(name: str, label: str, options: dict[str, str], chosen: str | None) -> Select:
    value = ANY if chosen is None else chosen
    return Select(name, label, [Option(key, text, is_chosen=key == value) for key, text in options.items()])
