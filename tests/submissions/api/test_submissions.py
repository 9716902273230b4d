"""Submissions over HTTP: validate, create, read, follow, cancel, download."""

from __future__ import annotations

import uuid
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hackathon.files.storage import storage
from hackathon.serving.held import held_thread
from hackathon.serving.programs import SITE_THREADS
from submissions.api import waiting
from submissions.models import Artifact, Job, Quota, Submission
from tests.api import EVERYBODY, client_of, config, errors, get, post, submit
from tests.factories import ChallengeFactory, PhaseFactory, World
from tests.submissions.worker_api.node_http import claim_run, enrol
from training_worker.contract.wire import MODEL_CARD, PREDICTIONS

pytestmark = pytest.mark.django_db

MAY_SEE = {"captain", "teammate", "organizer"}


def preview(world: World, who: str = "captain", **training: Any) -> Any:
    return post(world, who, "submissions/validate/", {"phase": str(world.phase.pk), "config": config(**training)})


def test_validate_gives_the_canonical_config_and_takes_nothing(world: World) -> None:
    answer = preview(world, learning_rate=0.012345).json()
    assert answer["config"]["training"]["learning_rate"] == 0.012
    assert answer["config"]["training"]["optim"] == "adamw"
    assert answer["estimate"] == {"steps": 1, "seconds": None, "memory_mb": None}
    cost = answer["cost"]
    assert (cost["submissions"], cost["compute_seconds"]) == (1, 60.0)
    assert (cost["quota"]["used_total"], cost["quota"]["cap_total"]) == (0, 100)
    assert answer["same_as"] is None
    assert (Submission.objects.count(), Job.objects.count(), Quota.objects.count()) == (0, 0, 0)


def test_validate_and_submit_name_each_value_that_is_trained_otherwise(world: World) -> None:
    given = {"learning_rate": 0.00234, "weight_decay": 0.02, "lr_scheduler_type": "constant", "warmup_steps": 0.3}
    adjusted = [
        {"field": "training.learning_rate", "given": 0.00234, "used": 0.0025, "reason": "rounded"},
        {"field": "training.warmup_steps", "given": 0.3, "used": 0.0, "reason": "no_effect"},
    ]
    assert preview(world, **given).json()["adjusted"] == adjusted
    created, again = submit(world, **given), submit(world, **given)
    assert (created.status_code, created.json()["adjusted"]) == (201, adjusted)
    assert (again.status_code, again.json()["adjusted"]) == (200, adjusted)
    assert preview(world).json()["adjusted"] == []


def test_validate_names_the_same_run(world: World) -> None:
    first = submit(world).json()
    answer = preview(world, "teammate").json()
    assert answer["same_as"] == first["id"]
    assert (answer["cost"]["submissions"], answer["cost"]["compute_seconds"]) == (0, 0.0)
    assert preview(world, "rival").json()["same_as"] is None


@pytest.mark.parametrize("who", ["outsider", "organizer"])
def test_validate_is_for_those_without_a_team_too(world: World, who: str) -> None:
    assert preview(world, who).json()["cost"]["quota"] is None


def test_create_makes_a_run_once(world: World) -> None:
    first = submit(world)
    assert first.status_code == 201
    body = first.json()
    assert body["was_created"] is True
    assert (body["state"], body["number"], body["team"]["name"]) == ("queued", 1, "Otters")
    assert body["queue"] == {"position": 2, "wait_seconds": None, "own_running": 0}  # the base score goes first
    assert first["Location"] == f"/api/submissions/{body['id']}/"
    again = submit(world, "teammate")
    assert (again.status_code, again.json()["was_created"], again.json()["id"]) == (200, False, body["id"])
    other = submit(world, "rival")
    assert (other.status_code, other.json()["number"]) == (201, 2)
    assert Quota.objects.get(team=world.team).used_total == 1


def test_a_config_that_differs_by_less_than_the_grid_is_the_same_run(world: World) -> None:
    first = submit(world, learning_rate=0.01)
    again = submit(world, learning_rate=0.01000001)
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])


@pytest.mark.parametrize(
    ("who", "status", "code"),
    [
        ("outsider", 403, "no_team"),
        ("organizer", 403, "no_team"),
        ("judge", 403, "no_team"),
        ("anonymous", 401, "not_authenticated"),
    ],
)
def test_who_is_in_no_team_cannot_submit(world: World, who: str, status: int, code: str) -> None:
    response = submit(world, who)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert not Submission.objects.exists()


def test_an_unknown_phase_is_a_wrong_field(world: World) -> None:
    response = submit(world, body={"phase": str(uuid.uuid4()), "config": config()})
    assert (response.status_code, errors(response)) == (400, [("not_found", "phase")])


DETAIL_PATHS = ("", "curve/", "log/", f"artifacts/{MODEL_CARD}/")


def finish(world: World) -> str:
    """A submission of the captain whose worker has handed in; its id."""
    submission: str = submit(world).json()["id"]
    attempt = claim_run(enrol())
    points = [{"step": 1, "name": "train_loss", "value": 0.7}]
    lines = [{"at": "2026-01-01T00:00:00Z", "id": "predicting", "values": {"examples": 2000}}]
    assert attempt.progress(1, step=1, total_steps=2, points=points, lines=lines).status_code == 200
    assert attempt.progress(2, step=2, total_steps=2, points=points).status_code == 200
    card = attempt.upload(MODEL_CARD, b"# A model")
    assert attempt.post("result", attempt.result(card)).status_code == 200
    return submission


@pytest.mark.parametrize("who", EVERYBODY)
def test_a_submission_is_for_its_team_and_the_organizers(world: World, who: str) -> None:
    submission = finish(world)
    for path in DETAIL_PATHS:
        response = get(world, who, f"submissions/{submission}/{path}")
        random = get(world, who, f"submissions/{uuid.uuid4()}/{path}")
        if who in MAY_SEE:
            assert (response.status_code, random.status_code) == (200, 404)
        else:
            assert response.status_code == (401 if who == "anonymous" else 404)
            assert (response.status_code, response.json()) == (random.status_code, random.json())


@pytest.mark.parametrize("who", EVERYBODY)
def test_the_list_holds_what_one_may_see(world: World, who: str) -> None:
    submit(world)
    submit(world, "rival")
    response = get(world, who, "submissions/")
    if who == "anonymous":
        assert response.status_code == 401
        return
    teams = {row["team"]["name"] for row in response.json()["results"]}
    mine = {"captain": {"Otters"}, "teammate": {"Otters"}, "rival": {"Rivals"}, "organizer": {"Otters", "Rivals"}}
    assert teams == mine.get(who, set())


def test_the_list_is_filtered_and_ordered(world: World) -> None:
    old, new = submit(world).json()["id"], submit(world, learning_rate=0.02).json()["id"]
    post(world, "captain", f"submissions/{old}/cancel/")
    submit(world, "rival")

    def listed(who: str = "captain", **query: Any) -> list[str]:
        return [row["id"] for row in get(world, who, "submissions/", **query).json()["results"]]

    assert listed() == [new, old]
    assert listed(ordering="received_at") == [old, new]
    assert listed(state="cancelled") == [old]
    assert listed(phase=str(world.phase.pk)) == [new, old]
    assert listed(phase=str(uuid.uuid4())) == []
    assert listed(team=str(world.rivals.pk)) == []
    assert listed("organizer", team=str(world.team.pk)) == [new, old]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"state": "done"}, "state"),
        ({"phase": "17"}, "phase"),
        ({"team": "x"}, "team"),
        ({"page_size": "0"}, "page_size"),
    ],
)
def test_a_bad_filter_is_refused(world: World, query: dict[str, str], field: str) -> None:
    response = get(world, "captain", "submissions/", **query)
    assert (response.status_code, [name for _code, name in errors(response)]) == (400, [field])


@pytest.mark.parametrize("who", ["captain", "organizer"])
def test_the_list_takes_as_many_queries_for_30_rows_as_for_2(world: World, who: str) -> None:
    world.phase.queued = world.phase.per_day = 30
    world.phase.save()
    get(world, who, "submissions/")  # notes the token's last use
    for rows, new in ((2, range(2)), (30, range(2, 30))):
        for number in new:
            assert submit(world, learning_rate=0.001 * 1.2**number).status_code == 201
        with CaptureQueriesContext(connection) as captured:
            assert get(world, who, "submissions/").json()["count"] == rows
        assert (
            len(captured) == 10
        )  # clock, token, own teams, count, keys, submissions, tags, withdrawals, jobs, results


def test_the_detail_tells_how_the_run_went(world: World) -> None:
    shown = get(world, "teammate", f"submissions/{finish(world)}/").json()
    assert (shown["state"], shown["is_final"], shown["step"], shown["total_steps"]) == ("scoring", False, 2, 2)
    assert (shown["attempt"], shown["losses"], shown["compute_seconds"]) == (1, 0, 5.0)
    assert shown["stopped_by"] == "epochs"
    assert shown["telemetry"]["seconds"] == {"train": 5.0}
    assert [event["to_state"] for event in shown["events"]] == ["queued", "running", "scoring"]
    assert [artifact["name"] for artifact in shown["artifacts"]] == [MODEL_CARD]
    assert (shown["queue"], shown["failure"], shown["scores"]) == (None, None, None)
    assert shown["config"]["method"] == {"name": "head"}
    assert world.captain.email not in str(shown)


def test_a_failure_has_class_message_hint_and_fault(world: World) -> None:
    submission = submit(world).json()["id"]
    attempt = claim_run(enrol())
    body = {"code": "diverged", "message": "The loss is not finite.", "hint": "Lower it.", "compute_seconds": 3.0}
    assert attempt.post("failure", body).status_code == 200
    shown = get(world, "captain", f"submissions/{submission}/").json()
    assert (shown["state"], shown["is_final"]) == ("failed", True)
    assert shown["failure"] == {
        "code": "diverged",
        "message": "The loss is not finite.",
        "hint": "Lower it.",
        "fault": "own",
    }


def test_a_quarantined_run_says_that_nothing_was_charged(world: World) -> None:
    submission = submit(world).json()["id"]
    Job.objects.filter(submission=submission).update(state="quarantined", losses=5, fault="platform")
    shown = get(world, "captain", f"submissions/{submission}/").json()
    assert (shown["failure"]["code"], shown["failure"]["fault"]) == ("quarantined", "platform")


def test_curve_and_log_come_in_pieces(world: World) -> None:
    submission = finish(world)
    curve = get(world, "captain", f"submissions/{submission}/curve/").json()
    assert (curve["last"], curve["attempt"], len(curve["points"])) == (2, 1, 2)
    rest = get(world, "captain", f"submissions/{submission}/curve/", after=1, attempt=1).json()
    assert (rest["last"], len(rest["points"])) == (2, 1)
    anew = get(world, "captain", f"submissions/{submission}/curve/", after=2, attempt=0).json()
    assert len(anew["points"]) == 2
    log = get(world, "captain", f"submissions/{submission}/log/").json()
    assert (log["last"], [line["text"] for line in log["lines"]]) == (2, ["Predicting: 2,000 test inputs."])
    assert (log["lines"][0]["id"], log["lines"][0]["values"]) == ("predicting", {"examples": 2000})
    assert get(world, "captain", f"submissions/{submission}/log/", after=2).json()["lines"] == []


@pytest.mark.parametrize("after", ["-1", "x", "1.5", str(2**40)])
def test_a_bad_position_is_refused(world: World, after: str) -> None:
    submission = submit(world).json()["id"]
    response = get(world, "captain", f"submissions/{submission}/curve/", after=after)
    assert (response.status_code, [field for _code, field in errors(response)]) == (400, ["after"])


def test_an_artifact_is_a_download(world: World) -> None:
    submission = finish(world)
    response = get(world, "captain", f"submissions/{submission}/artifacts/{MODEL_CARD}/")
    assert response.file == b"# A model"  # type: ignore[attr-defined]
    assert response["Content-Disposition"] == f'attachment; filename="1-{MODEL_CARD}"'
    assert response["Content-Type"] == "application/octet-stream"
    assert response["X-Content-Type-Options"] == "nosniff"
    asked = client_of(world, "captain").get(
        f"/api/submissions/{submission}/artifacts/{MODEL_CARD}/", headers={"Accept": "application/octet-stream"}
    )
    assert (asked.status_code, b"".join(asked.streaming_content)) == (200, b"# A model")


@pytest.mark.parametrize("who", ["captain", "organizer"])
def test_predictions_and_other_names_are_not_served(world: World, who: str) -> None:
    submission = finish(world)
    assert Artifact.objects.filter(job__submission=submission, name=PREDICTIONS).exists()
    for name in (PREDICTIONS, "no.such", "..%2f..%2fdb.sqlite3", "%00", "weights.safetensors"):
        assert get(world, who, f"submissions/{submission}/artifacts/{name}/").status_code == 404


def test_a_file_that_is_gone_is_not_found(world: World) -> None:
    submission = finish(world)
    storage("artifacts").delete(Artifact.objects.get(name=MODEL_CARD).key)
    assert get(world, "captain", f"submissions/{submission}/artifacts/{MODEL_CARD}/").status_code == 404


@pytest.mark.parametrize("who", EVERYBODY)
def test_cancelling_is_for_the_team_and_the_organizers(world: World, who: str) -> None:
    submission = submit(world).json()["id"]
    response = post(world, who, f"submissions/{submission}/cancel/")
    if who in MAY_SEE:
        assert (response.status_code, response.json()["state"]) == (200, "cancelled")
        assert Quota.objects.get(team=world.team).used_total == 0
    else:
        assert response.status_code == (401 if who == "anonymous" else 404)
        assert Job.objects.get(submission=submission).state == "queued"


def test_cancelling_twice_is_a_conflict(world: World) -> None:
    submission = submit(world).json()["id"]
    post(world, "captain", f"submissions/{submission}/cancel/")
    response = post(world, "captain", f"submissions/{submission}/cancel/")
    assert (response.status_code, response.json()["code"]) == (409, "already_ended")


def test_waiting_ends_with_the_first_news(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    submission = submit(world).json()["id"]
    pauses = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            Job.objects.filter(submission=submission).update(stage="train", progress_seq=1)

    monkeypatch.setattr(waiting.STOPPING, "wait", pause)
    shown = get(world, "captain", f"submissions/{submission}/", wait=30).json()
    assert (shown["stage"], pauses) == ("train", [0.25, 0.25, 0.25])


def test_waiting_ends_in_time_and_not_at_all_for_a_final_state(world: World) -> None:
    submission = submit(world).json()["id"]
    assert get(world, "captain", f"submissions/{submission}/", wait=1).json()["state"] == "queued"
    post(world, "captain", f"submissions/{submission}/cancel/")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waiting.STOPPING, "wait", lambda _seconds: pytest.fail("It waits for a run that has ended."))
        assert get(world, "captain", f"submissions/{submission}/", wait=30).json()["state"] == "cancelled"


def test_waiting_until_the_end_passes_over_all_other_news(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    submission = submit(world).json()["id"]
    news = [{"state": "running", "stage": "train"}, {"progress_seq": 1}, {"state": "scoring"}, {"state": "succeeded"}]

    def pause(_seconds: float) -> None:
        Job.objects.filter(submission=submission).update(**news.pop(0))

    monkeypatch.setattr(waiting.STOPPING, "wait", pause)
    shown = get(world, "captain", f"submissions/{submission}/", wait=30, until="ended").json()
    assert (shown["state"], news) == ("succeeded", [])


def test_waiting_until_the_end_gives_up_in_time(world: World) -> None:
    submission = submit(world).json()["id"]
    response = get(world, "captain", f"submissions/{submission}/", wait=1, until="ended")
    assert (response.json()["state"], response.get("Retry-After")) == ("queued", None)


def test_where_half_of_the_threads_wait_the_others_are_told_at_once_and_when_to_ask_again(world: World) -> None:
    submission = submit(world).json()["id"]
    with ExitStack() as waiters:
        assert all(waiters.enter_context(held_thread()) for _ in range(SITE_THREADS // 2))
        response = get(world, "captain", f"submissions/{submission}/", wait=30)
        assert (response.json()["state"], response["Retry-After"]) == ("queued", "3")
    assert get(world, "captain", f"submissions/{submission}/", wait=1).get("Retry-After") is None


def test_a_process_that_is_to_end_keeps_nobody_waiting(world: World) -> None:
    submission = submit(world).json()["id"]
    waiting.STOPPING.set()
    try:
        assert get(world, "captain", f"submissions/{submission}/", wait=30).json()["state"] == "queued"
    finally:
        waiting.STOPPING.clear()


@pytest.mark.parametrize("until", ["", "END", "1", "started"])
def test_a_bad_until_is_refused(world: World, until: str) -> None:
    submission = submit(world).json()["id"]
    response = get(world, "captain", f"submissions/{submission}/", wait=1, until=until)
    assert (response.status_code, [field for _code, field in errors(response)]) == (400, ["until"])


def test_who_loses_access_while_waiting_gets_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    submission = submit(world).json()["id"]

    def pause(_seconds: float) -> None:
        world.team.memberships.filter(user=world.teammate).delete()
        Job.objects.filter(submission=submission).update(stage="train")

    monkeypatch.setattr(waiting.STOPPING, "wait", pause)
    assert get(world, "teammate", f"submissions/{submission}/", wait=30).status_code == 404


@pytest.mark.parametrize("wait", ["31", "-1", "x", "1.5", "1e9"])
def test_a_bad_wait_is_refused(world: World, wait: str) -> None:
    submission = submit(world).json()["id"]
    response = get(world, "captain", f"submissions/{submission}/", wait=wait)
    assert (response.status_code, [field for _code, field in errors(response)]) == (400, ["wait"])


def test_a_phase_of_an_unpublished_challenge_takes_nothing(world: World) -> None:
    hidden = PhaseFactory(challenge=ChallengeFactory(hackathon=world.hackathon, is_published=False))
    response = submit(world, body={"phase": str(hidden.pk), "config": config()})
    assert (response.status_code, errors(response)) == (400, [("not_found", "phase")])
