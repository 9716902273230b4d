"""Shared by the tests of this folder: jobs that wait for their score, and results as the scorer would write them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile

from evaluation.models import Result
from evaluation.services.leaderboard import upsert_entry
from hackathon.clock import db_now
from hackathon.files.storage import storage
from hackathon.models import BaseModel, Phase
from submissions.enums import PRIORITY, JobState
from submissions.models import Artifact, Job, Submission
from submissions.selectors import first_job
from submissions.services.jobs import ensure_base_score
from submissions.services.submit import submit_config
from teams.models import Team
from tests.factories import CONFIG, LABELS, TeamFactory, World, jsonl
from training_worker.contract.wire import PREDICTIONS, JobKind

Answer = Callable[[int], list[float]]
"""Probabilities for test item i, whose true label is LABELS[i % 2]."""


def right(i: int) -> list[float]:
    return [0.9, 0.1] if i % 2 == 0 else [0.2, 0.8]


def wrong(i: int) -> list[float]:
    return right(i + 1)


def predictions(answer: Answer, items: Iterable[int]) -> bytes:
    return jsonl({"id": f"item-{i}", "probabilities": answer(i)} for i in items)


def submit(world: World, *, team: Team | None = None, rate: float = 0.01) -> Job:
    """A queued run of the team, charged to its quota."""
    config = CONFIG | {"training": CONFIG["training"] | {"learning_rate": rate}}
    return first_job(submit_config(author=None, team=team or world.team, phase=world.phase, config=config).submission)


def base_job(world: World) -> Job:
    return ensure_base_score(phase=world.phase, model=world.model, now=db_now())


def store_output(job: Job, name: str, content: bytes, *, sha256: str = "") -> Artifact:
    """A file of the job, as uploading it leaves it; with `sha256` one that is not what it was announced to be."""
    digest = sha256 or hashlib.sha256(content).hexdigest()
    key = storage("artifacts").save(f"attempts/{job.pk}/{digest}-{name}", ContentFile(content))
    return Artifact.objects.create(job=job, name=name, key=key, sha256=digest, size=len(content))


def hand_in(job: Job, content: bytes, *, sha256: str = "", **result: Any) -> Job:
    """Bring a job to SCORING with that predictions file, as if a node had run it."""
    store_output(job, PREDICTIONS, content, sha256=sha256)
    now = db_now()
    Job.objects.filter(pk=job.pk).update(
        state=JobState.SCORING,
        attempt=1,
        started_at=now,
        trained_at=now,
        compute_seconds=7.5,
        result={"validation": {"accuracy": 0.75}, "base_method": ""} | result,
    )
    job.refresh_from_db()
    return job


def make_result(
    world: World,
    *,
    team: Team | None,
    public: float,
    private: float = 0.123456,
    received_at: datetime | None = None,
    finished_at: datetime | None = None,
    kind: JobKind = JobKind.RUN,
    replicate: int = 0,
    phase: Phase | None = None,
    model: BaseModel | None = None,
    note: str = "",
    se: float = 0.021,
    rebuild: bool = True,
) -> Result:
    """A scored job with those scores, and its team's row unless `rebuild` is False. Without a team: a base score.

    The scores are of the challenge's primary metric; every other metric has the same, its error 0.001 more.
    """
    phase, model = phase or world.phase, model or world.model
    metric = phase.challenge.primary_metric
    metrics = (metric, *(name for name in phase.challenge.task_spec.metrics if name != metric))
    now = received_at or db_now()
    number = Job.objects.count() + 1
    submission = None
    if team is not None:
        submission = Submission.objects.create(
            number=number,
            phase=phase,
            team=team,
            base_model=model,
            config=deepcopy(CONFIG),
            config_hash="0" * 64,
            run_key=f"{number:064d}",
            note=note,
            received_at=now,
        )
    job = Job.objects.create(
        kind=kind,
        submission=submission,
        team=team,
        phase=phase,
        data=phase.data,
        base_model=model,
        replicate=replicate,
        key=f"{number:064d}",
        priority=PRIORITY[kind],
        budget={},
        memory_mb=1,
        seed=1,
        state=JobState.SUCCEEDED,
        queued_at=now,
        finished_at=finished_at or now,
        compute_seconds=7.5,
        result={"validation": {"accuracy": 0.75}, "base_method": "class prototypes"},
    )
    result = Result.objects.create(
        job=job,
        data=phase.data,
        metric=metric,
        public_score=public,
        public_se=se,
        private_score=private,
        private_se=0.0123456,
        public_metrics=part_scores(public, se=se, metrics=metrics),
        private_metrics=part_scores(private, se=0.0123456, metrics=metrics),
        dummy_score=0.5,
        items_key="results/none.npz",
        predictions_sha256="0" * 64,
    )
    if rebuild:
        upsert_entry(result=result)
    return result


def part_scores(score: float, *, se: float, metrics: Sequence[str] = ("accuracy", "f1_macro")) -> dict[str, Any]:
    """What `Result.public_metrics` holds where every score of the part is the same; `metrics` has the primary first,
    the errors of the others are 0.001 more."""
    return {
        "metrics": {name: {"value": score, "se": se if name == metrics[0] else se + 0.001} for name in metrics},
        "dummy": {name: {"value": 0.5, "se": 0.03} for name in metrics},
        "per_class_f1": dict.fromkeys(LABELS, score),
    }


def reserved_team(world: World) -> Team:
    return TeamFactory(hackathon=world.hackathon, name="Organizers", is_reserved=True)


def minutes_ago(minutes: float) -> datetime:
    return db_now() - timedelta(minutes=minutes)
