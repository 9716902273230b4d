"""A body of very many mistakes gets a short answer: the first, and how many more."""

from __future__ import annotations

from typing import Any

import pytest

from hackathon.bundles.problems import Problem, ProblemsFound
from hackathon.errors import MAX_LISTED, Invalid
from tests.api import post
from tests.factories import CONFIG, World
from training_worker.contract.base import FieldError

MANY = {f"k{number:05d}": 0 for number in range(60_000)}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "counted"),
    [
        (MANY, len(MANY)),
        ({"config": MANY}, None),
        ({"config": CONFIG | {f"k{number:05d}": 0 for number in range(3000)}}, 3000),
        ({"config": CONFIG | {"techniques": [{}] * 3000}}, 3000),
        ({"config": CONFIG, "tags": [[]] * 60_000}, None),
    ],
)
def test_an_answer_is_short_whatever_the_body(world: World, body: dict[str, Any], counted: int | None) -> None:
    known = {} if body is MANY else {"phase": str(world.phase.pk)}
    for path in ("submissions/", "submissions/validate/"):
        response = post(world, "captain", path, known | body)
        assert response.status_code == 400
        assert len(response.content) < 20_000
        fields = response.json()["fields"]
        assert 1 <= len(fields) <= MAX_LISTED + 1
        if counted:
            assert fields[-1]["code"] == "too_many"
            assert fields[-1]["message"] == f"… and {counted - MAX_LISTED} more problems."


@pytest.mark.django_db
def test_a_nodes_body_of_many_mistakes_gets_a_short_answer(world: World) -> None:
    response = post(world, "anonymous", "worker/enrol/", MANY)
    assert response.status_code == 400
    assert len(response.json()["fields"]) == MAX_LISTED + 1


@pytest.mark.parametrize(("given", "listed"), [(0, 0), (1, 1), (50, 50), (51, 51), (1000, 51)])
def test_an_error_lists_the_first_problems_and_counts_the_others(given: int, listed: int) -> None:
    error = Invalid("x", fields=(FieldError(code="c", field=str(n), message="m") for n in range(given)))
    assert [field.field for field in error.fields[:MAX_LISTED]] == [str(n) for n in range(min(given, MAX_LISTED))]
    assert len(error.fields) == listed
    assert len(error.as_json()["fields"]) == listed


def test_a_bundle_of_many_problems_lists_the_first_to_the_web_and_all_to_the_command_line() -> None:
    found = ProblemsFound([Problem("train.jsonl", line, "wrong") for line in range(1, 101)])
    assert len(found.fields) == MAX_LISTED + 1
    assert str(found).count("train.jsonl:") == 100
