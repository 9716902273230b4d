"""The demo over the REST API: submitting, watching the runs, reporting the board."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from evaluation.demo import summary
from evaluation.demo import watch as watching
from evaluation.demo.client import ApiError, Client
from evaluation.demo.datasets.film_critics import RECIPE
from evaluation.demo.options import HOST
from submissions.models import Submission
from tests.factories import CONFIG, make_world

# --- the REST API -----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_config_is_submitted_once_however_often_it_is_sent(live_server: LiveServer) -> None:
    world = make_world()
    client = Client(live_server.url, world.tokens["captain"])
    first = client.submit(phase=str(world.phase.pk), config=CONFIG, name="demo")
    again = client.submit(phase=str(world.phase.pk), config=CONFIG, name="demo")
    assert (first["state"], again["id"]) == ("queued", first["id"])
    assert (
        watching.describe(client.get(f"/api/submissions/{first['id']}/")) == "queued, place 2"
    )  # after the base score
    assert Submission.objects.count() == 1
    with pytest.raises(ApiError, match=r"out_of_range.*training.learning_rate.*above 0") as refused:
        client.submit(phase=str(world.phase.pk), config=CONFIG | {"training": {"learning_rate": 7.0}}, name="demo")
    assert refused.value.status == 400
    with pytest.raises(ApiError) as unknown:
        Client(live_server.url, "htu_guessed").get("/api/me/")
    assert unknown.value.status == 401


def test_a_site_that_is_not_there_has_status_0() -> None:
    with pytest.raises(ApiError) as missing:
        Client(f"http://{HOST}:9").get("/api/me/")
    assert missing.value.status == 0


# --- watching and reporting -------------------------------------------------------------------------------------


def answer(state: str, **more: Any) -> dict[str, Any]:
    return {"state": state, "stage": "", "step": 0, "total_steps": 0, "queue": None, "failure": None} | more


SCORED = answer("succeeded", scores={"public": {"text": "0.82 ± 0.02"}, "base": {"text": "0.76 ± 0.02"}})


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (answer("queued", queue={"position": 2}), "queued, place 2"),
        (answer("queued"), "queued"),
        (answer("running", stage="prepare"), "preparing"),
        (answer("running", stage="train", step=3, total_steps=9), "training, step 3/9"),
        (answer("running", stage="predict", step=9, total_steps=9), "predicting"),
        (answer("scoring"), "scoring"),
        (SCORED, "scored 0.82 ± 0.02 (untrained: 0.76 ± 0.02)"),
        (
            answer("failed", failure={"code": "diverged", "message": "Not finite.", "hint": "Lower the rate."}),
            "failed: diverged: Not finite. Lower the rate.",
        ),
        (answer("cancelled"), "cancelled"),
    ],
)
def test_where_a_run_stands_in_words(given: dict[str, Any], text: str) -> None:
    assert watching.describe(given) == text


class Scripted(Client):
    """Answers from a list, the last one for ever; counts the questions."""

    def __init__(self, answers: list[dict[str, Any]]) -> None:
        object.__setattr__(self, "answers", answers)
        object.__setattr__(self, "asked", 0)

    answers: list[dict[str, Any]]
    asked: int

    def get(self, path: str) -> Any:
        object.__setattr__(self, "asked", self.asked + 1)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def test_the_watch_tells_each_change_once_and_when_the_score_stood() -> None:
    steps = [answer("running", stage="train", step=step, total_steps=9) for step in (1, 2, 3, 4)]
    client = Scripted([answer("queued"), answer("queued"), *steps, SCORED])
    said: list[str] = []
    now = [0.0]
    watch = watching.Watch([watching.WatchedSubmission(RECIPE.entries[0], client, "id")], lambda: now[0], said.append)
    while not watch.is_over:
        watch.look()
        now[0] += watching.STEP_SECONDS / 2
    asked = client.asked
    watch.look()
    assert client.asked == asked
    assert [line.split(": ", 1)[1] for line in said] == [
        "queued",
        "training, step 1/9",
        "training, step 3/9",
        "scored 0.82 ± 0.02 (untrained: 0.76 ± 0.02)",
    ]
    assert watch.scored_at == [6 * watching.STEP_SECONDS / 2]


def shown(value: float) -> dict[str, Any]:
    return {"value": value, "se": 0.01, "text": f"{value} ± 0.01"}


def board(scores: Mapping[str, float], base: float | None = 0.76, *, sign: int = 1) -> dict[str, Any]:
    """As the API answers; `sign` is -1 for a metric where lower is better."""
    rows = [
        {
            "place": place,
            "name": entry.team.name,
            "method": entry.method,
            "score": shown(scores[entry.method]),
            "base_score": None if base is None else shown(base),
            "gain": None if base is None else round(sign * (scores[entry.method] - base), 3),
            "compute_seconds": 12.34,
        }
        for place, entry in enumerate(RECIPE.entries, start=1)
        if entry.method in scores
    ]
    reference = dict(rows[0]) | {"place": None, "name": "tf-idf", "method": "", "base_score": None, "gain": None}
    return {"rows": rows, "unranked": [reference | {"compute_seconds": None}]}


GOOD = {"head": 0.77, "lora": 0.8, "full": 0.82}


def test_the_promise_is_kept_only_by_three_scores_and_two_gains() -> None:
    assert summary.shortfalls(board(GOOD), RECIPE) == []
    assert summary.shortfalls(board(GOOD | {"head": 0.7}), RECIPE) == []
    assert "did not beat" in summary.shortfalls(board(GOOD | {"lora": 0.76}), RECIPE)[0]
    assert "did not beat" in summary.shortfalls(board(GOOD | {"full": 0.5}), RECIPE)[0]
    assert "has no score" in summary.shortfalls(board({"head": 0.77, "full": 0.82}), RECIPE)[0]
    assert len(summary.shortfalls(board(GOOD, base=None), RECIPE)) == 3


def test_a_model_that_was_never_pretrained_promises_no_gain() -> None:
    mechanics = replace(RECIPE, kind="mechanics")
    assert summary.shortfalls(board(GOOD | {"full": 0.5}), mechanics) == []
    assert "has no score" in summary.shortfalls(board({"head": 0.77, "full": 0.82}), mechanics)[0]


def test_an_error_that_came_down_is_a_gain() -> None:
    errors = {"head": 0.7, "lora": 0.6, "full": 0.5}
    assert summary.shortfalls(board(errors, sign=-1), RECIPE) == []
    assert "did not beat" in summary.shortfalls(board(errors | {"lora": 0.8}, sign=-1), RECIPE)[0]


def test_the_last_line_is_one_json_object() -> None:
    line = summary.result_line(board(GOOD), [31.26, 60.0, 90.04], teams=3)
    assert "\n" not in line
    result = json.loads(line)
    assert (result["scored"], result["seconds_to_first_score"], result["seconds_to_all"]) == (3, 31.3, 90.0)
    assert result["rows"][2] == {
        "team": "Full Tilt", "method": "full", "score": 0.82, "base_score": 0.76, "gain": 0.06, "place": 3,
        "compute_seconds": 12.34,
    }  # fmt: skip
    partly = json.loads(summary.result_line(board({"head": 0.77}), [31.26], teams=3))
    assert (partly["scored"], partly["seconds_to_all"]) == (1, None)
    assert json.loads(summary.result_line({"rows": [], "unranked": []}, [], teams=3))["seconds_to_first_score"] is None


def test_the_table_has_ranked_and_unranked_rows() -> None:
    table = summary.board_table(board(GOOD)).splitlines()
    assert table[0].split() == list(summary.HEAD)
    assert table[4].startswith("3")
    assert "+0.060" in table[4]
    assert table[-1].startswith("–")
    assert "tf-idf" in table[-1]
