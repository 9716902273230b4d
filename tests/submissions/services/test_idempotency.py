"""The same request twice: one submission, and the first answer again."""

from __future__ import annotations

import pytest

from submissions.models import Quota, Submission
from submissions.services.idempotency import RequestKey
from tests.api import errors, submit
from tests.factories import World
from tests.submissions.services.attempted import assert_nothing_happened, body_of

pytestmark = pytest.mark.django_db


def test_the_same_key_and_body_get_the_first_answer_again(world: World) -> None:
    first, again = submit(world, key="k-1"), submit(world, key="k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json()["id"] == first.json()["id"]
    assert again.json()["was_created"] is True
    assert (Submission.objects.count(), Quota.objects.get().used_total) == (1, 1)
    found = submit(world, key="k-2")
    assert (found.status_code, submit(world, key="k-2").status_code) == (200, 200)


def test_the_same_key_with_another_body_is_a_conflict(world: World) -> None:
    submit(world, key="k")
    response = submit(world, key="k", learning_rate=0.5)
    assert (response.status_code, response.json()["code"]) == (409, "idempotency_mismatch")
    noted = submit(world, key="k", body=body_of(world, note="other"))
    assert noted.status_code == 409
    assert Submission.objects.count() == 1


def test_a_key_that_another_request_has_just_used_is_a_conflict(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    submit(world, key="k")
    monkeypatch.setattr(RequestKey, "first_answer", lambda _key: None)  # as the faster request had not committed
    response = submit(world, key="k", learning_rate=0.5)
    assert (response.status_code, response.json()["code"]) == (409, "idempotency_mismatch")
    assert (Submission.objects.count(), Quota.objects.get().used_total) == (1, 1)


def test_a_repeated_request_gets_its_answer_when_its_config_is_no_longer_allowed(world: World) -> None:
    first = submit(world, key="k").json()["id"]
    world.model.is_enabled = False
    world.model.save()
    again = submit(world, key="k")
    assert (again.status_code, again.json()["id"]) == (201, first)
    assert submit(world).status_code == 400


def test_a_key_is_its_owners_alone(world: World) -> None:
    mine = submit(world, key="k").json()["id"]
    theirs = submit(world, "rival", key="k")
    assert theirs.status_code == 201
    assert theirs.json()["id"] != mine


def test_a_refused_request_does_not_use_its_key_up(world: World) -> None:
    assert submit(world, key="k", learning_rate=9).status_code == 400
    assert submit(world, key="k").status_code == 201


@pytest.mark.parametrize("key", ["x" * 101, "a\tb", "ключ"])
def test_a_key_that_cannot_be_used_is_refused(world: World, key: str) -> None:
    response = submit(world, key=key)
    assert (response.status_code, errors(response)) == (400, [("out_of_range", "Idempotency-Key")])
    assert_nothing_happened()
