"""The validation report of a scored run, from the files that it and the untrained model left behind.

Validation labels are the teams' own; no file of the test set is opened here. Files never change under their key, so
what came out of them is kept in the process.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import structlog

from evaluation.scoring.predictions import NO_ANSWER, InvalidPredictions, Row, parse_lines, predicted_classes
from hackathon.files.storage import storage
from submissions.enums import JobState
from submissions.models import Artifact, Job, Submission
from training_worker.contract.wire import VALIDATION_PREDICTIONS, JobKind

from .validation import (
    Answers,
    ClassRow,
    Confusion,
    Kind,
    Matrix,
    MetricRow,
    class_rows,
    metric_rows,
    pick_examples,
    top_confusions,
)

logger = structlog.get_logger(__name__)

VALIDATION = "validation.jsonl"
LEAD, LONGEST = 300, 5000
"""Characters of a text that are shown at once, and those that are kept at all."""


@dataclass(frozen=True)
class Passage:
    """One input column of an example. `text` is cut at `LONGEST` characters."""

    name: str
    text: str

    @property
    def lead(self) -> str:
        """What is shown at once: all of it, or up to a space near `LEAD`."""
        if len(self.text) <= LEAD * 4 // 3:
            return self.text
        space = self.text.rfind(" ", LEAD // 2, LEAD)
        return self.text[: space if space > 0 else LEAD]

    @property
    def rest(self) -> str:
        return self.text[len(self.lead) :]


@dataclass(frozen=True)
class Example:
    """`predicted` is "" where there was no answer; `base_predicted` is None where the base model's are not known."""

    id: str
    inputs: tuple[Passage, ...]
    gold: str
    predicted: str
    probability: float | None
    """Of the predicted class."""
    gold_probability: float | None
    base_predicted: str | None


@dataclass(frozen=True)
class ExampleGroup:
    kind: Kind
    count: int
    """Items of this kind, of which `examples` are the most telling."""
    examples: tuple[Example, ...]


@dataclass(frozen=True, eq=False)
class ValidationReport:
    items: int
    labels: tuple[str, ...]
    has_base: bool
    metrics: list[MetricRow]
    classes: list[ClassRow]
    counts: Matrix
    """(k, k + 1), see `confusion_counts`."""
    top: list[Confusion]
    groups: list[ExampleGroup]


@dataclass(frozen=True)
class StoredFile:
    alias: str
    key: str
    sha256: str


@dataclass(frozen=True)
class Source:
    """The files of one report. `columns` are the input columns to show."""

    labels: tuple[str, ...]
    columns: tuple[str, ...]
    items: StoredFile
    tuned: StoredFile
    base: StoredFile | None


class FileChanged(ValueError):
    """A stored file is not the one that was handed in."""


def read_validation(submission: Submission, job: Job) -> ValidationReport | None:
    """None for a run that is not scored, and where a file is gone or not what it should be (which is logged).

    Without the untrained model's file, the report is without comparisons.
    """
    source = _source(submission, job) if job.state == JobState.SUCCEEDED else None
    if source is None:
        return None
    for files in (source, replace(source, base=None)) if source.base else (source,):
        try:
            return _read(files)
        except (OSError, InvalidPredictions, ValueError, KeyError, TypeError) as error:
            logger.warning("validation_report_unreadable", job=str(job.pk), error=type(error).__name__)
    return None


def _source(submission: Submission, job: Job) -> Source | None:
    tuned = job.artifacts.filter(name=VALIDATION_PREDICTIONS).first()
    listed = {entry["name"]: entry["sha256"] for entry in job.data.files}
    if tuned is None or VALIDATION not in listed:
        return None
    base = _base_file(submission, job)
    return Source(
        labels=job.data.dataset_manifest.labels,
        columns=tuple(column.name for column in submission.phase.challenge.task_spec.inputs),
        items=StoredFile("datasets", f"{job.data.prefix}/{VALIDATION}", listed[VALIDATION]),
        tuned=StoredFile("artifacts", tuned.key, tuned.sha256),
        base=None if base is None else StoredFile("artifacts", base.key, base.sha256),
    )


def _base_file(submission: Submission, job: Job) -> Artifact | None:
    """Of the untrained model on the same data, run as this phase runs."""
    files = Artifact.objects.filter(
        name=VALIDATION_PREDICTIONS,
        job__kind=JobKind.BASE_SCORE,
        job__state=JobState.SUCCEEDED,
        job__data=job.data_id,
        job__base_model=job.base_model_id,
        job__phase__precision=submission.phase.precision,
        job__phase__recipe=submission.phase.recipe,
    )
    return files.order_by("job__queued_at").first()


@lru_cache(maxsize=32)
def _read(source: Source) -> ValidationReport:
    ids, gold = _items(source)
    base = predicted_classes(_rows(source.base, ids, len(source.labels))) if source.base else None
    answers = Answers(source.labels, gold, _rows(source.tuned, ids, len(source.labels)), base)
    return ValidationReport(
        items=len(ids),
        labels=source.labels,
        has_base=answers.base is not None,
        metrics=metric_rows(answers),
        classes=class_rows(answers),
        counts=answers.counts,
        top=top_confusions(source.labels, answers.counts),
        groups=_groups(source, answers),
    )


def _items(source: Source) -> tuple[list[str], list[int]]:
    """Ids and classes of the validation items. Their texts stay in the file: it may be large."""
    index = {label: position for position, label in enumerate(source.labels)}
    ids, gold = [], []
    for line in _lines(source.items):
        row = json.loads(line)
        ids.append(str(row["id"]))
        gold.append(index[row["label"]])
    if not ids:
        raise ValueError("There is no validation item.")
    return ids, gold


def _rows(file: StoredFile, ids: list[str], classes: int) -> list[Row]:
    return parse_lines(_lines(file), ids=ids, classes=classes)


def _lines(file: StoredFile) -> Iterator[bytes]:
    """Line by line. Raises `FileChanged` at the end of a file that has another sha256."""
    digest = hashlib.sha256()
    with storage(file.alias).open(file.key, "rb") as opened:
        for line in opened:
            digest.update(line)
            yield line
    if digest.hexdigest() != file.sha256:
        raise FileChanged


def _groups(source: Source, answers: Answers) -> list[ExampleGroup]:
    picked = pick_examples(answers)
    wanted = {position for one in picked.values() for position in one.positions}
    rows = {n: json.loads(line) for n, line in enumerate(_lines(source.items)) if n in wanted}
    made = {n: _example(row, n, source, answers) for n, row in rows.items()}
    return [ExampleGroup(kind, one.count, tuple(made[n] for n in one.positions)) for kind, one in picked.items()]


def _example(row: dict[str, Any], n: int, source: Source, answers: Answers) -> Example:
    gold, predicted, probabilities = answers.gold[n], answers.predicted[n], answers.probabilities[n]
    return Example(
        id=str(row["id"]),
        inputs=tuple(Passage(name, str(row[name])[:LONGEST]) for name in source.columns if row.get(name)),
        gold=source.labels[gold],
        predicted=_label(source.labels, predicted),
        probability=probabilities[predicted] if probabilities else None,
        gold_probability=probabilities[gold] if probabilities else None,
        base_predicted=None if answers.base is None else _label(source.labels, answers.base[n]),
    )


def _label(labels: tuple[str, ...], index: int) -> str:
    return "" if index == NO_ANSWER else labels[index]
