"""The scorer: predictions in, result and board out. It alone reads labels, and nothing it says repeats one."""

from __future__ import annotations

import hashlib
import io
import uuid
from dataclasses import dataclass
from typing import Any

import numpy as np
import structlog
from django.core.files.base import ContentFile
from django.db import transaction

from evaluation.models import Result
from evaluation.services.leaderboard import upsert_entry
from hackathon.files.storage import storage
from submissions.enums import JobState
from submissions.models import Job
from submissions.services.scoring_lease import claim_scoring, finish_scoring, held_lease, lose_scoring, reject_result
from training_worker.contract.json_lines import split_lines
from training_worker.contract.wire import PREDICTIONS
from training_worker.metrics.base import Answers, InvalidPredictions

from .labels import LabelSet, read_labels
from .score_sheet import ScoreSheet, score_answers

logger = structlog.get_logger(__name__)


class PredictionsChanged(Exception):
    """The stored file is not the one that the worker handed in."""


@dataclass(frozen=True, repr=False)
class Scored:
    """What is to be written for one job."""

    sheet: ScoreSheet
    items_key: str
    predictions_sha256: str


def score_pending() -> int:
    """Score every job that waits for it; safe to run twice and by several processes. Returns how many were scored."""
    count = 0
    while (job := claim_scoring()) is not None:
        count += score_job(job)
    return count


def score_job(job: Job) -> bool:
    """Score one claimed job. False where its predictions were refused, scoring failed, or another scorer has taken it.

    An exception's text may hold a label: its class name alone leaves this function, and it is dropped before
    anything else happens, so that it is nobody's context either.
    """
    problem = failure = ""
    fence = job.scoring_attempt
    try:
        with held_lease(job):
            scored = _compute(job)
        return _write(job, scored)
    except InvalidPredictions as invalid:
        problem = str(invalid)
    except Exception as error:
        failure = type(error).__name__
    still_ours = Job.objects.filter(pk=job.pk, state=JobState.SCORING, scoring_attempt=fence).first()
    if problem and still_ours:
        reject_result(still_ours, message=problem)
    elif still_ours:
        logger.error("scoring_failed", job=str(job.pk), error=failure)
        lose_scoring(still_ours, reason=failure)
    return False


def _compute(job: Job) -> Scored:
    """All that takes time, outside of the transaction; per-item values are stored (an orphan of them does no harm)."""
    labels = read_labels(job.data)
    content, sha256 = _read_predictions(job)
    answers = labels.output.read_answers(split_lines(content), labels.ids, labels.truth, labels.labels)
    return Scored(
        sheet=score_answers(labels, answers),
        items_key=_store_items(labels, answers),
        predictions_sha256=sha256,
    )


def _read_predictions(job: Job) -> tuple[bytes, str]:
    artifact = job.artifacts.get(name=PREDICTIONS)
    with storage("artifacts").open(artifact.key, "rb") as file:
        content: bytes = file.read()
    if hashlib.sha256(content).hexdigest() != artifact.sha256:
        raise PredictionsChanged
    return content, artifact.sha256


def _store_items(labels: LabelSet, answers: Answers) -> str:
    """Keep each item's own statistic, in the label file's order, next to the labels."""
    buffer = io.BytesIO()
    arrays: dict[str, Any] = dict(labels.output.items(labels.truth, answers, labels.labels))
    np.savez_compressed(buffer, **arrays)
    return storage("labels").save(f"results/{uuid.uuid4()}.npz", ContentFile(buffer.getvalue()))


def _write(job: Job, scored: Scored) -> bool:
    """State, result and board in one transaction. The fence goes first: a scorer that lost it writes nothing."""
    metric = job.phase.challenge.primary_metric
    public, private = scored.sheet.public, scored.sheet.private
    with transaction.atomic():
        if not finish_scoring(job):
            return False
        result = Result.objects.create(
            job=job,
            data=job.data,
            metric=metric,
            public_score=public.metrics[metric].value,
            public_se=public.metrics[metric].se,
            private_score=private.metrics[metric].value,
            private_se=private.metrics[metric].se,
            public_metrics=public.as_json(),
            private_metrics=private.as_json(),
            dummy_score=public.dummy[metric].value,
            items_key=scored.items_key,
            predictions_sha256=scored.predictions_sha256,
        )
        upsert_entry(result=result)
    return True
