"""Scored runs with validation data and predictions in the storages, as a node would have left them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.files.base import ContentFile

from hackathon.files.storage import storage
from hackathon.models import ChallengeData
from submissions.models import Artifact, Job, Submission
from tests.evaluation.scored import make_result, store_output
from tests.factories import World, jsonl
from tests.submissions.play import job_result
from training_worker.contract.wire import VALIDATION_PREDICTIONS, JobKind

LABELS = ("bird", "cat", "dog")
GOLD = ["cat", "cat", "cat", "dog", "dog", "dog", "bird", "bird"]
TUNED: list[list[float]] = [
    [0.05, 0.9, 0.05],
    [0.3, 0.5, 0.2],
    [0.1, 0.1, 0.8],
    [0.1, 0.2, 0.7],
    [0.2, 0.6, 0.2],
    [0.02, 0.03, 0.95],
    [0.4, 0.3, 0.3],
    [],
]
"""What the run answers: cat, cat, dog, dog, cat, dog, bird and nothing."""
BASE: list[list[float]] = [
    [0.1, 0.1, 0.8],
    [0.1, 0.1, 0.8],
    [0.1, 0.8, 0.1],
    [0.1, 0.1, 0.8],
    [0.8, 0.1, 0.1],
    [0.1, 0.8, 0.1],
    [0.8, 0.1, 0.1],
    [0.8, 0.1, 0.1],
]
"""What the untrained model answers: dog, dog, cat, dog, bird, cat, bird, bird."""


def store_items(data: ChallengeData, rows: Sequence[Mapping[str, Any]], labels: Sequence[str] = LABELS) -> None:
    """Give a data version that validation set."""
    body = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    storage("datasets").delete(f"{data.prefix}/validation.jsonl")
    storage("datasets").save(f"{data.prefix}/validation.jsonl", ContentFile(body))
    entry = {"name": "validation.jsonl", "sha256": hashlib.sha256(body).hexdigest(), "size": len(body)}
    data.files = [*(file for file in data.files if file["name"] != "validation.jsonl"), entry]
    data.manifest = data.manifest | {"labels": list(labels)}
    data.save()


def items(gold: Sequence[str] = GOLD) -> list[dict[str, Any]]:
    return [{"id": f"val-{n}", "text": f"text {n}", "label": label} for n, label in enumerate(gold)]


def answer(job: Job, probabilities: Sequence[list[float]]) -> Artifact:
    """The job's predictions for items val-0, val-1, …"""
    return store_answers(job, jsonl({"id": f"val-{n}", "probabilities": row} for n, row in enumerate(probabilities)))


def store_answers(job: Job, body: bytes) -> Artifact:
    return store_output(job, VALIDATION_PREDICTIONS, body)


def scored_run(world: World) -> Submission:
    """A scored submission of the captain's team without files."""
    result = make_result(world, team=world.team, public=0.8123, private=0.6543)
    Job.objects.filter(pk=result.job_id).update(result=job_result().model_dump(mode="json"))
    return result.submission


def base_run(world: World) -> Job:
    return make_result(world, team=None, public=0.5, kind=JobKind.BASE_SCORE).job


def validated(world: World, *, base: bool = True) -> Submission:
    """A scored submission of the captain's team with `TUNED`, beside the untrained model with `BASE`."""
    store_items(world.data, items())
    if base:
        answer(base_run(world), BASE)
    submission = scored_run(world)
    answer(submission.jobs.get(), TUNED)
    return submission
