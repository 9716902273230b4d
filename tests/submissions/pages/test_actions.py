"""What a person does on pages of this room: cancelling, fetching files; and what the pages tell them to do next."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from hackathon.enums import Role
from hackathon.files.storage import storage
from hackathon.models import Participation
from submissions.enums import JobState
from submissions.models import Artifact, Job
from submissions.pages.next_steps import hackathon_statuses
from submissions.pages.stages import stage_steps
from submissions.selectors import first_job
from submissions.services.submit import submit_config
from tests.factories import CONFIG, World
from tests.pages import EVERYBODY, browser_of, html, page

TEAM = {"captain", "teammate", "organizer"}


def submit(world: World) -> Job:
    submitted = submit_config(author=world.captain, team=world.team, phase=world.phase, config=CONFIG)
    return first_job(submitted.submission)


@pytest.mark.parametrize("who", EVERYBODY)
def test_who_may_cancel(world: World, who: str) -> None:
    job = submit(world)
    response = browser_of(world, who).post(f"/s/{job.submission_id}/cancel/")
    job.refresh_from_db()
    assert (job.state == JobState.CANCELLED) is (who in TEAM)
    if who == "anonymous":
        assert response["Location"].startswith("/login/")
    else:
        assert response.status_code == (302 if who in TEAM else 404)


def test_cancelling_says_so_and_costs_nothing_before_the_start(world: World) -> None:
    job = submit(world)
    response = browser_of(world, "captain").post(f"/s/{job.submission_id}/cancel/", follow=True)
    assert "Submission #1 is cancelled." in html(response)
    assert "Cancelled; nothing was charged." in html(response)
    assert 'name="csrfmiddlewaretoken"' in html(response)
    assert f"/s/{job.submission_id}/cancel/" not in html(response)


def test_what_has_ended_cannot_be_cancelled(world: World) -> None:
    job = submit(world)
    Job.objects.filter(pk=job.pk).update(state=JobState.FAILED, failure_code="diverged", fault="own")
    response = browser_of(world, "captain").post(f"/s/{job.submission_id}/cancel/")
    assert response.status_code == 409
    assert "already ended" in html(response)


def test_cancelling_needs_a_post_with_its_token(world: World) -> None:
    job = submit(world)
    path = f"/s/{job.submission_id}/cancel/"
    assert browser_of(world, "captain").get(path).status_code == 405
    assert browser_of(world, "captain", enforce_csrf_checks=True).post(path).status_code == 403
    job.refresh_from_db()
    assert job.state == JobState.QUEUED


def keep(job: Job, name: str, body: bytes, *, is_stored: bool = True) -> None:
    key = f"attempts/{uuid.uuid4()}/{name}"
    if is_stored:
        storage("artifacts").save(key, ContentFile(body))
    Artifact.objects.create(job=job, name=name, key=key, sha256="0" * 64, size=len(body))


@pytest.mark.parametrize("who", EVERYBODY)
def test_who_may_fetch_a_file(world: World, who: str) -> None:
    job = submit(world)
    keep(job, "weights.safetensors", b"weights")
    response: Any = page(world, who, f"/s/{job.submission_id}/files/weights.safetensors")
    if who in TEAM:
        assert b"".join(response.streaming_content) == b"weights"
        assert response["Content-Disposition"] == 'attachment; filename="1-weights.safetensors"'
        assert response["X-Content-Type-Options"] == "nosniff"
    else:
        assert response.status_code == (302 if who == "anonymous" else 404)


def test_test_predictions_are_nobodys(world: World) -> None:
    job = submit(world)
    keep(job, "predictions.jsonl", b"{}")
    keep(job, "gone.json", b"{}", is_stored=False)
    for name in ("predictions.jsonl", "gone.json", "other.json", "..%2f..%2fdb.sqlite3"):
        assert page(world, "captain", f"/s/{job.submission_id}/files/{name}").status_code == 404
    assert "predictions.jsonl" not in html(page(world, "captain", f"/s/{job.submission_id}/"))


# --- pages that say what to do next ---------------------------------------------------------------------------------


def next_of(world: World, who: str) -> str:
    viewer = getattr(world, who)
    return hackathon_statuses(viewer, [world.hackathon], now=timezone.now())[0].step.text


def test_next_steps_of_everybody(world: World) -> None:
    assert next_of(world, "captain") == "Your team has not submitted anything yet."
    assert next_of(world, "organizer") == "No worker is online: nothing runs."
    assert next_of(world, "judge") == "You are judge here."
    assert next_of(world, "outsider").startswith("You have not joined")
    Participation.objects.create(user=world.outsider, hackathon=world.hackathon, role=Role.PARTICIPANT)
    assert next_of(world, "outsider").startswith("You are in no team yet")
    assert "Log in to join." in html(page(world, "anonymous", "/"))


def test_next_steps_follow_the_run(world: World) -> None:
    job = submit(world)
    assert next_of(world, "teammate") == "Submission #1 is queued."
    Job.objects.filter(pk=job.pk).update(state=JobState.SUCCEEDED)
    assert next_of(world, "teammate") == "Submission #1 is scored; nothing is running."


def test_next_steps_follow_the_phase(world: World) -> None:
    now = timezone.now()
    world.phase.opens_at, world.phase.closes_at = now + timedelta(hours=1), now + timedelta(hours=2)
    world.phase.save()
    assert next_of(world, "captain") == "The phase “Main” has not opened yet."
    world.phase.opens_at, world.phase.closes_at = now - timedelta(hours=2), now - timedelta(hours=1)
    world.phase.save()
    assert next_of(world, "captain") == "The phase “Main” is closed."
    world.hackathon.ends_at = now - timedelta(minutes=1)
    world.hackathon.save()
    assert next_of(world, "captain") == "The hackathon has ended."


def test_members_names_are_for_those_who_take_part(world: World) -> None:
    path = f"/h/{world.hackathon.slug}/"
    assert world.rival.name in html(page(world, "captain", path))
    public = html(page(world, "outsider", path))
    assert world.rivals.name in public
    assert world.rival.organization.name in public
    people = f"<bdi>{world.captain.name}</bdi>, <bdi>{world.teammate.name}</bdi>"
    assert people not in public
    assert people in html(page(world, "judge", path))


def test_the_challenge_page_shows_ones_own_quota_and_a_command(world: World) -> None:
    path = f"/c/{world.challenge.slug}/"
    submit(world)
    own = html(page(world, "captain", path))
    assert "Quota of <bdi>Otters</bdi>" in own
    assert f"&quot;phase&quot;: &quot;{world.phase.pk}&quot;" in own
    assert "Otters" not in html(page(world, "rival", path))
    assert "Quota of" not in html(page(world, "anonymous", path))


@pytest.mark.parametrize(
    ("state", "stage", "current", "done"),
    [
        ("queued", "", "queue", 0),
        ("running", "", "prepare", 1),
        ("running", "train", "train", 2),
        ("running", "upload", "upload", 4),
        ("scoring", "", "score", 5),
        ("succeeded", "", None, 6),
    ],
)
def test_stage_steps(state: str, stage: str, current: str | None, done: int) -> None:
    steps = stage_steps(state, stage)
    assert [str(step.name) for step in steps if step.status == "current"] == ([current] if current else [])
    assert sum(step.status == "done" for step in steps) == done


@pytest.mark.parametrize("state", ["failed", "cancelled", "quarantined"])
def test_a_run_that_ended_without_a_score_has_no_steps(state: str) -> None:
    assert stage_steps(state, "") == []
