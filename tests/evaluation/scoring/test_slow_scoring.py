"""A metric that takes longer than a lease loses nothing, and what an interrupted scoring leaves is cleared."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.base import ContentFile
from django.db import connections

from evaluation.models import Result
from evaluation.scoring import scorer
from evaluation.scoring.clean import clear_items
from evaluation.scoring.scorer import score_job, score_pending
from hackathon.clock import db_now
from hackathon.files.storage import storage
from submissions.enums import JobState
from submissions.models import Job
from submissions.services.scoring_lease import claim_scoring
from submissions.services.sweep import sweep
from tests.evaluation.scored import hand_in, predictions, right, submit
from tests.factories import World


@pytest.mark.django_db(transaction=True)
def test_a_slow_metric_keeps_its_lease(world: World, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scoring waits until its lease has been renewed three times over; the sweeper finds nothing to take."""
    settings.LEASE_SECONDS = 2.0
    job = hand_in(submit(world), predictions(right, range(100)))
    claimed = claim_scoring()
    assert claimed is not None
    first, renewed = claimed.lease_until, threading.Event()
    compute = scorer._compute

    def slow(job: Job) -> Any:
        assert renewed.wait(60)
        return compute(job)

    monkeypatch.setattr(scorer, "_compute", slow)
    done: list[bool] = []

    def score() -> None:
        done.append(score_job(claimed))
        connections.close_all()

    thread = threading.Thread(target=score)
    thread.start()
    try:
        for _time in range(600):
            assert sweep() == 0
            job.refresh_from_db()
            if job.lease_until and first and job.lease_until > first + timedelta(seconds=2.5):
                break
            threading.Event().wait(0.1)
    finally:
        renewed.set()
        thread.join()
    job.refresh_from_db()
    assert (done, job.state, job.losses, job.scoring_attempt) == ([True], JobState.SUCCEEDED, 0, 1)


@pytest.mark.django_db
def test_per_item_values_without_a_result_are_cleared_a_day_later(world: World) -> None:
    hand_in(submit(world), predictions(right, range(100)))
    assert score_pending() == 1
    orphan = storage("labels").save("results/interrupted.npz", ContentFile(b"x"))
    assert clear_items() == 0
    assert clear_items(db_now() + timedelta(hours=25)) == 1
    assert not storage("labels").exists(orphan)
    assert storage("labels").exists(Result.objects.get().items_key)
