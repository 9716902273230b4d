"""Scores and the board over HTTP: what each viewer is shown, and in how many queries."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evaluation.models import Result
from evaluation.scoring import scorer as score
from evaluation.scoring.scorer import score_pending
from evaluation.services.board_visibility import set_board_visibility
from hackathon.clock import db_now
from hackathon.enums import ScoreVisibility
from submissions.models import Job
from submissions.services.attempts import lose_attempt
from tests.api import EVERYBODY, get, submit
from tests.evaluation.scored import make_result, minutes_ago, reserved_team
from tests.factories import MembershipFactory, TeamFactory, World
from tests.submissions.worker_api.node_http import claim, claim_run, enrol
from training_worker.contract.tasks.spec import CLASS_METRICS
from training_worker.contract.wire import JobKind

pytestmark = pytest.mark.django_db


def board(world: World, who: str = "captain") -> Any:
    response = get(world, who, f"leaderboard/{world.phase.pk}/")
    assert response.status_code == 200
    return response.json()


def test_a_run_over_http_ends_on_the_board(world: World) -> None:
    submission = submit(world).json()["id"]
    node = enrol()
    for _ in range(2):  # the base score and the run
        attempt = claim(node)
        assert attempt is not None
        assert attempt.post("result", attempt.result()).status_code == 200
    assert score_pending() == 2
    shown = get(world, "captain", f"submissions/{submission}/").json()
    assert (shown["state"], shown["is_final"]) == ("succeeded", True)
    scores = shown["scores"]
    assert scores["public"]["value"] == 0.5  # the node says "positive" of every item, and every other one is
    assert (scores["private"], scores["gain"]) == (None, 0.0)
    assert scores["base"]["value"] == 0.5
    assert scores["dummy"]["value"] == 0.5
    assert set(scores["metrics"]) == set(CLASS_METRICS)
    assert {entry["label"] for entry in scores["per_class_f1"]} == {"negative", "positive"}
    assert scores["validation"] == {"accuracy": 0.8}
    listed = get(world, "captain", "submissions/").json()["results"][0]
    assert listed["score"] == scores["public"]
    (row,) = board(world)["rows"]
    assert (row["place"], row["name"], row["submission"], row["is_own"]) == (1, "Otters", submission, True)
    assert row["score"] == scores["public"]
    assert [unranked["base_model"] for unranked in board(world)["unranked"]] == ["tiny-bert"]


@pytest.mark.parametrize("who", EVERYBODY)
def test_the_board_opens_submissions_only_to_those_who_may_see_them(world: World, who: str) -> None:
    own = make_result(world, team=world.team, public=0.8).job.submission_id
    make_result(world, team=world.rivals, public=0.7)
    rows = {row["name"]: row for row in board(world, who)["rows"]}
    assert rows["Otters"]["submission"] == (str(own) if who in {"captain", "teammate", "organizer"} else None)
    assert rows["Otters"]["is_own"] == (who in {"captain", "teammate"})
    assert (rows["Otters"]["place"], rows["Rivals"]["place"]) == (1, 2)


def test_scores_come_on_the_phases_step(world: World) -> None:
    made = make_result(world, team=world.team, public=0.8765).job.submission_id
    shown = get(world, "captain", f"submissions/{made}/").json()["scores"]
    assert shown["public"] == {"value": 0.88, "se": 0.02, "text": "0.88 ± 0.02"}
    assert board(world)["rows"][0]["score"] == shown["public"]
    assert board(world)["step"] == 0.01


def test_a_frozen_board_stands_still_for_all_but_the_organizers(world: World) -> None:
    make_result(world, team=world.team, public=0.6, finished_at=minutes_ago(5))
    set_board_visibility(phase=world.phase, visibility=ScoreVisibility.FROZEN)
    make_result(world, team=world.rivals, public=0.9, finished_at=minutes_ago(-5))
    for who in EVERYBODY:
        shown = board(world, who)
        names = [row["name"] for row in shown["rows"]]
        assert names == (["Rivals", "Otters"] if who == "organizer" else ["Otters"])
        assert shown["is_frozen"] == (who != "organizer")


def test_the_private_scores_show_once_they_are_released(world: World) -> None:
    made = make_result(world, team=world.team, public=0.8, private=0.31).job.submission_id
    make_result(world, team=world.rivals, public=0.7, private=0.42)
    assert [row["name"] for row in board(world)["rows"]] == ["Otters", "Rivals"]
    set_board_visibility(phase=world.phase, visibility=ScoreVisibility.RELEASED)
    released = board(world, "anonymous")
    assert released["is_final"] is True
    assert [(row["name"], row["score"]["value"]) for row in released["rows"]] == [("Rivals", 0.42), ("Otters", 0.31)]
    scores = get(world, "captain", f"submissions/{made}/").json()["scores"]
    assert (scores["public"]["value"], scores["private"]["value"]) == (0.8, 0.31)


@pytest.mark.parametrize(("who", "queries"), [("anonymous", 6), ("captain", 10), ("organizer", 10)])
def test_the_board_takes_as_many_queries_for_30_rows_as_for_2(world: World, who: str, queries: int) -> None:
    make_result(world, team=None, public=0.5, kind=JobKind.BASE_SCORE)
    make_result(world, team=reserved_team(world), public=0.6, kind=JobKind.BASELINE)
    make_result(world, team=world.team, public=0.8)
    make_result(world, team=world.rivals, public=0.7)
    board(world, who)  # notes the token's last use
    for rows in (2, 30):
        with CaptureQueriesContext(connection) as captured:
            assert len(board(world, who)["rows"]) == rows
        assert len(captured) == queries
        for _ in range(28):
            team = MembershipFactory(team=TeamFactory(hackathon=world.hackathon)).team
            make_result(world, team=team, public=0.7)


@pytest.mark.parametrize("who", EVERYBODY)
def test_a_phase_that_is_not_there_has_no_board(world: World, who: str) -> None:
    assert get(world, who, f"leaderboard/{uuid.uuid4()}/").status_code == 404


def test_an_exception_that_holds_a_label_shows_its_class_only(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    submission = submit(world).json()["id"]
    attempt = claim_run(enrol())
    assert attempt.post("result", attempt.result()).status_code == 200

    def explode(_job: Job) -> None:
        raise ValueError("item-17 is labelled MAGIC-LABEL")

    monkeypatch.setattr(score, "_compute", explode)
    score_pending()
    shown = get(world, "captain", f"submissions/{submission}/")
    assert (shown.json()["state"], shown.json()["losses"]) == ("scoring", 1)
    assert "MAGIC-LABEL" not in shown.content.decode()
    job = Job.objects.get(submission=submission)
    Job.objects.filter(pk=job.pk).update(losses=4)
    job.refresh_from_db()
    lose_attempt(job, now=db_now(), reason="ValueError", actor="scorer")
    last = get(world, "captain", f"submissions/{submission}/").json()
    assert (last["state"], last["failure"]["code"]) == ("quarantined", "quarantined")
    assert "ValueError" in last["events"][-1]["reason"]


@pytest.mark.parametrize("change", ["missing", "extra", "doubled", "nan", "sum", "garbage"])
def test_predictions_that_cannot_be_are_the_platforms_fault(world: World, change: str) -> None:
    submission = submit(world).json()["id"]
    attempt = claim_run(enrol())
    lines = [f'{{"id": "item-{i}", "probabilities": [0.25, 0.75]}}' for i in range(100)]
    lines = {
        "missing": lines[1:],
        "extra": [*lines, lines[0].replace("item-0", "item-100")],
        "doubled": [*lines, lines[0]],
        "nan": [lines[0].replace("0.25", "NaN"), *lines[1:]],
        "sum": [lines[0].replace("0.25", "1e999"), *lines[1:]],
        "garbage": ["\x00" * 10],
    }[change]
    ref = attempt.upload("predictions.jsonl", "\n".join(lines).encode())
    body = attempt.result() | {"outputs": [ref.model_dump(mode="json")]}
    assert attempt.post("result", body).status_code == 200
    score_pending()
    shown = get(world, "captain", f"submissions/{submission}/").json()
    assert (shown["state"], shown["failure"]["code"], shown["failure"]["fault"]) == (
        "failed",
        "invalid_result",
        "platform",
    )
    assert not Result.objects.exists()
    quota = get(world, "captain", "submissions/").json()["results"][0]
    assert quota["score"] is None
