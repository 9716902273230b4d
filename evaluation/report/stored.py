"""The validation report of a scored run, and all of its items, as the worker wrote them. The site counts nothing.

Files never change under their key, so what came out of one is kept in the process.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from functools import lru_cache
from types import UnionType
from typing import TypeVar

import structlog

from hackathon.answers import answers_of
from hackathon.bundles.values import is_file_name
from hackathon.files.storage import storage
from submissions.enums import JobState
from submissions.models import Artifact, Job
from training_worker.contract.json_lines import split_lines
from training_worker.contract.metrics import METRICS
from training_worker.contract.report import Example, KeptExample, ValidationReport, Value
from training_worker.contract.tasks import TASKS, Column, TaskSpec
from training_worker.contract.tasks.spec import FILE_KINDS, ColumnKind
from training_worker.contract.wire import EXAMPLES, REPORT

logger = structlog.get_logger(__name__)


class ReportUnreadable(ValueError):
    """A stored file is not the one that was handed in, or not a report."""


def read_validation_report(job: Job, files: Iterable[Artifact], *, task: str) -> ValidationReport | None:
    """From the job's files. None for a run that is not scored or left no report, and where the file is gone or not
    what it should be (which is logged)."""
    return _read_file(job, files, REPORT, task, _report)


def read_examples(job: Job, files: Iterable[Artifact], *, task: str) -> tuple[KeptExample, ...] | None:
    """Every validation item that the run has kept, errors first. None as for the report."""
    return _read_file(job, files, EXAMPLES, task, _examples)


Read = TypeVar("Read")


def _read_file(
    job: Job, files: Iterable[Artifact], name: str, task: str, read: Callable[[str, str, str], Read]
) -> Read | None:
    file = next((file for file in files if file.name == name), None)
    if file is None or job.state != JobState.SUCCEEDED:
        return None
    try:
        return read(file.key, file.sha256, task)
    except (OSError, ValueError) as error:
        logger.warning("validation_report_unreadable", job=str(job.pk), file=name, error=type(error).__name__)
        return None


@lru_cache(maxsize=32)
def _report(key: str, sha256: str, task: str) -> ValidationReport:
    return parse_report(_content(key, sha256), TASKS[task])


@lru_cache(maxsize=4)
def _examples(key: str, sha256: str, task: str) -> tuple[KeptExample, ...]:
    return parse_examples(_content(key, sha256), TASKS[task])


def _content(key: str, sha256: str) -> bytes:
    with storage("artifacts").open(key, "rb") as opened:
        content: bytes = opened.read()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ReportUnreadable("it has another sha256")
    return content


def parse_examples(content: bytes, task: TaskSpec) -> tuple[KeptExample, ...]:
    """What the lines say, where all of them can be shown. Raises ValueError."""
    examples = tuple(KeptExample.model_validate_json(line) for line in split_lines(content))
    for example in examples:
        _require_fit(example, task)
    return examples


def parse_report(content: bytes, task: TaskSpec) -> ValidationReport:
    """What the bytes say, where all of it can be shown. Raises ValueError."""
    report = ValidationReport.model_validate_json(content)
    if not METRICS.keys() >= {row.name for row in report.metrics}:
        raise ReportUnreadable("it has a metric that nobody knows")
    width = len(report.labels)
    if report.confusion and [len(row) for row in report.confusion] != [width + 1] * width:
        raise ReportUnreadable("the confusion matrix does not fit the labels")
    for group in report.groups:
        for example in group.examples:
            _require_fit(example, task)
    return report


def _require_fit(example: Example, task: TaskSpec) -> None:
    """Raises `ReportUnreadable` unless an example has the task's columns and answers, without which it has no look."""
    for column in task.inputs:
        value = example.inputs.get(column.name)
        if (value is None and column.required) or (value is not None and not _holds(column, value)):
            raise ReportUnreadable(f"an example has no {column.name} of the right kind")
    kind = answers_of(task.output)
    for answer in (example.target, example.predicted, example.base_predicted):
        if answer is not None and not kind.holds(answer):
            raise ReportUnreadable("an answer is not of the right kind")


_VALUES: dict[ColumnKind, type | UnionType] = {
    "string": str,
    "masked": str,
    "name": str,
    "numbers": list,
    "record": dict,
    "image": str,
    "audio": str,
    "span": dict,
    "integer": int,
    "number": int | float,
    "boxes": list,
    "mask": dict,
    "messages": list,
}


def _holds(column: Column, value: Value) -> bool:
    if column.kind in FILE_KINDS and not is_file_name(column.kind, value):
        return False  # it becomes an address
    if column.kind == "strings":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if column.kind == "messages" and not (isinstance(value, list) and all(map(_is_message, value))):
        return False
    return isinstance(value, _VALUES[column.kind])


def _is_message(value: object) -> bool:
    """A report may cut one, but not of its parts."""
    return isinstance(value, dict) and all(isinstance(value.get(name), str) for name in ("role", "content"))
