"""Scores to compare with that no team made. Runs where labels may be read: the command line or the scorer."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from evaluation.models import Reference
from hackathon.errors import Conflict
from hackathon.files.storage import storage
from hackathon.models import ChallengeData
from training_worker.contract.json_lines import read_rows
from training_worker.contract.tasks import TaskSpec
from training_worker.contract.tasks.spec import TEST, TRAIN
from training_worker.metrics.base import Answers

from .labels import LabelSet, read_labels
from .score_sheet import score_answers
from .tfidf import ClassicModel, classic_model


def score_reference(*, data: ChallengeData) -> Reference:
    """Score the task's classic model on a data version; done once per version and metric, then returned.

    Raises `Conflict` where the task has none.
    """
    model = classic_model(data.challenge.task_spec)
    if model is None:
        raise Conflict(
            _(
                "There is no classic model for this task: its inputs are not texts, or its answers neither classes nor "
                "numbers."
            ),
            hint=_("Submit a baseline from the organizers' own team instead."),
            code="no_reference",
        )
    metric = data.challenge.primary_metric
    existing = Reference.objects.filter(data=data, name=model.name, metric=metric).first()
    if existing is not None:
        return existing
    labels = read_labels(data)
    sheet = score_answers(labels, _answers(model, data, labels))
    public, private = sheet.public.metrics[metric], sheet.private.metrics[metric]
    with transaction.atomic():
        reference, _created = Reference.objects.update_or_create(
            data=data,
            name=model.name,
            defaults={
                "description": model.description,
                "metric": metric,
                "public_score": public.value,
                "public_se": public.se,
                "private_score": private.value,
                "private_se": private.se,
            },
        )
    return reference


def _answers(model: ClassicModel, data: ChallengeData, labels: LabelSet) -> Answers:
    """To the test items in the order of `labels.ids`."""
    train = _read_jsonl(data, TRAIN)
    test = {str(row["id"]): _input(labels.spec, row) for row in _read_jsonl(data, TEST)}
    return model.answer(
        [_input(labels.spec, row) for row in train],
        labels.output.read_truth([labels.spec.truth_of(row) for row in train], labels.labels),
        [test[item] for item in labels.ids],
        len(labels.labels),
    )


def _read_jsonl(data: ChallengeData, name: str) -> list[dict[str, Any]]:
    with storage("datasets").open(f"{data.prefix}/{name}", "rb") as file:
        content: bytes = file.read()
    return read_rows(content)


def _input(spec: TaskSpec, row: dict[str, Any]) -> Any:
    """The record of a row, its names, or all of its texts in one."""
    if names := [row[column.name] for column in spec.inputs if column.kind == "name"]:
        return names
    record = next((column.name for column in spec.inputs if column.kind == "record"), None)
    if record is not None:
        return row[record]
    return " ".join(row[column.name] for column in spec.inputs if row.get(column.name))
