"""Whose full weights are kept, and for how long."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from evaluation.services.weights import KEPT_FOR, remove_old_weights, weights_kept_until
from evaluation.services.withdraw import withdraw_submission
from hackathon.clock import db_now
from hackathon.files.storage import storage
from submissions.models import Artifact, Job
from teams.models import Team
from tests.evaluation.scored import make_result
from tests.factories import TeamFactory, World
from training_worker.contract.wire import MODEL_CARD, WEIGHT_FILE

pytestmark = pytest.mark.django_db


def run_with_weights(world: World, public: float, *, age: int, team: Team | None = None) -> Job:
    """A scored run that ended so many days ago, with its weights and its model card in the store."""
    ended = db_now() - timedelta(days=age)
    job = make_result(world, team=team or world.team, public=public, received_at=ended, finished_at=ended).job
    for name in (WEIGHT_FILE, MODEL_CARD):
        key = storage("artifacts").save(f"attempts/{job.pk}/{name}", ContentFile(b"x"))
        Artifact.objects.create(job=job, name=name, key=key, sha256=sha256(b"x").hexdigest(), size=1)
    return job


def has_weights(job: Job) -> bool:
    row = job.artifacts.filter(name=WEIGHT_FILE).exists()
    assert row == storage("artifacts").exists(f"attempts/{job.pk}/{WEIGHT_FILE}")
    return row


@pytest.fixture
def runs(world: World) -> list[Job]:
    """From the oldest: 0.9, 0.5, 0.7, 0.8, 0.6; the last one three days old."""
    ages = {0.9: 40, 0.5: 30, 0.7: 20, 0.8: 10, 0.6: 3}
    return [run_with_weights(world, public, age=age) for public, age in ages.items()]


def test_a_week_later_the_best_three_and_the_latest_are_left(
    runs: list[Job], world: World, django_capture_on_commit_callbacks: object
) -> None:
    other = run_with_weights(world, 0.4, age=40, team=TeamFactory(hackathon=world.hackathon))
    assert clear(django_capture_on_commit_callbacks) == 1
    assert [has_weights(job) for job in runs] == [True, False, True, True, True]
    assert has_weights(other)
    gone = Job.objects.get(pk=runs[1].pk)
    assert gone.weights_removed_at is not None
    assert [file.name for file in gone.artifacts.all()] == [MODEL_CARD]
    assert clear(django_capture_on_commit_callbacks) == 0


def test_one_that_is_neither_best_nor_latest_goes_when_its_week_is_over(
    runs: list[Job], world: World, django_capture_on_commit_callbacks: object
) -> None:
    run_with_weights(world, 0.3, age=0)
    ended = runs[-1].finished_at
    assert ended is not None
    assert weights_kept_until(runs[-1]) == ended + KEPT_FOR
    assert [weights_kept_until(job) for job in (runs[0], runs[2], runs[3])] == [None] * 3
    assert clear(django_capture_on_commit_callbacks) == 1  # 0.5
    assert clear(django_capture_on_commit_callbacks, ended + KEPT_FOR) == 0
    assert clear(django_capture_on_commit_callbacks, ended + KEPT_FOR + timedelta(seconds=1)) == 1
    assert not has_weights(runs[-1])


def test_what_is_withdrawn_is_not_of_the_best(
    runs: list[Job], world: World, django_capture_on_commit_callbacks: object
) -> None:
    assert runs[0].submission is not None
    withdraw_submission(submission=runs[0].submission, user=world.captain)
    assert clear(django_capture_on_commit_callbacks) == 2
    assert [has_weights(job) for job in runs] == [False, False, True, True, True]


def test_its_page_and_the_api_say_so(
    runs: list[Job], world: World, client: Client, django_capture_on_commit_callbacks: object
) -> None:
    client.force_login(world.captain)
    run_with_weights(world, 0.3, age=0)
    page, file, model = f"/s/{runs[-1].submission_id}/", "files/model.safetensors/", "model.zip"
    assert "Weights kept until" in client.get(page).text
    assert "Weights kept until" not in client.get(f"/s/{runs[0].submission_id}/").text
    ended = runs[-1].finished_at
    assert ended is not None
    clear(django_capture_on_commit_callbacks, ended + KEPT_FOR + timedelta(seconds=1))
    shown = client.get(page).text
    assert "The weights were removed on" in shown
    assert "Download model" not in shown
    assert [client.get(page + name).status_code for name in (file, model)] == [404, 404]
    answer = client.get(f"/api/submissions/{runs[-1].submission_id}/").json()
    assert answer["weights_removed_at"] is not None
    assert [item["name"] for item in answer["artifacts"]] == [MODEL_CARD]


def clear(on_commit: object, now: datetime | None = None) -> int:
    with on_commit(execute=True):  # type: ignore[operator]  # pytest-django's fixture
        return remove_old_weights(now)
