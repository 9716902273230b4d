"""Submits before and after a phase, and beyond a quota, over HTTP: nothing may have changed afterwards."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse

from hackathon.clock import db_now
from submissions.models import Quota, Submission
from submissions.services import submit as submit_service
from tests.api import submit
from tests.factories import World
from tests.submissions.services.attempted import assert_nothing_happened

pytestmark = pytest.mark.django_db


@pytest.fixture
def at(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Sets the database's clock as the submit reads it under the quota's lock."""

    def set_clock(now: datetime) -> None:
        monkeypatch.setattr(submit_service, "db_now", lambda: now)

    return set_clock


MICROSECOND = timedelta(microseconds=1)


@pytest.mark.parametrize(("offset", "status"), [(-MICROSECOND, 201), (timedelta(0), 403), (MICROSECOND, 403)])
def test_a_phase_takes_submissions_up_to_its_end(world: World, at: Any, offset: timedelta, status: int) -> None:
    at(world.phase.closes_at + offset)
    response = submit(world)
    assert response.status_code == status
    if status == 403:
        assert response.json()["code"] == "phase_closed"
        assert world.phase.closes_at.isoformat() in response.json()["hint"]
        assert_nothing_happened()


@pytest.mark.parametrize(("offset", "status"), [(-MICROSECOND, 403), (timedelta(0), 201)])
def test_a_phase_takes_submissions_from_its_opening(world: World, at: Any, offset: timedelta, status: int) -> None:
    at(world.phase.opens_at + offset)
    assert submit(world).status_code == status


def test_a_full_day_says_when_there_is_more(world: World) -> None:
    world.hackathon.time_zone = "Asia/Shanghai"
    world.hackathon.save()
    world.phase.per_day = 1
    world.phase.save()
    assert submit(world).status_code == 201
    response = submit(world, "teammate", learning_rate=0.5)
    assert (response.status_code, response.json()["code"]) == (429, "quota_exceeded")
    reset = datetime.fromisoformat(response.json()["reset_at"])
    assert (reset.hour, reset.minute, reset.utcoffset()) == (0, 0, timedelta(hours=8))
    assert timedelta(0) < reset - db_now() <= timedelta(days=1)
    assert submit(world).status_code == 200  # the same run costs nothing
    assert submit(world, "rival").status_code == 201
    assert Submission.objects.count() == 2


@pytest.mark.parametrize(
    ("caps", "word"),
    [
        ({"total": 1}, "Submission limit of this phase reached"),
        ({"queued": 1}, "Queue limit reached (1 of 1)"),
        ({"compute_seconds": 119}, "Compute limit reached"),
    ],
)
def test_every_cap_holds(world: World, caps: dict[str, int], word: str) -> None:
    type(world.phase).objects.filter(pk=world.phase.pk).update(**caps)
    assert submit(world).status_code == 201
    response = submit(world, learning_rate=0.5)
    assert (response.status_code, response.json()["reset_at"]) == (429, None)
    assert word in response.json()["message"]
    assert Submission.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_free_slot_takes_one_of_many_parallel_submits(transactional_db: None, world: World) -> None:
    world.phase.total = 1
    world.phase.save()
    answers: list[HttpResponse] = []
    gate = threading.Barrier(10)

    def run(number: int) -> None:
        gate.wait()
        try:
            answers.append(submit(world, learning_rate=round(0.1 + number * 0.05, 2)))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [201, *[429] * 9]
    assert (Submission.objects.count(), Quota.objects.get(team=world.team).used_total) == (1, 1)
