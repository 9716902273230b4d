"""Who may open which page; what a page must never hold."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest

from evaluation.services.board_visibility import set_board_visibility
from hackathon.enums import ScoreVisibility, Visibility
from submissions.models import Job, ProgressChunk, Submission
from teams.models import Team
from tests.evaluation.scored import make_result, reserved_team, submit
from tests.factories import World, make_world
from tests.pages import EVERYBODY, HOSTILE, html, live_markup, page, poll, without_noise
from tests.submissions.play import job_result

TEAM = {"captain", "teammate", "organizer"}
PUBLIC, PRIVATE = 0.8123, 0.6543


def paths(world: World) -> list[str]:
    return [
        "/",
        f"/h/{world.hackathon.slug}/",
        f"/c/{world.challenge.slug}/",
        f"/c/{world.challenge.slug}/leaderboard/",
    ]


def scored(world: World, *, team: Team | None = None, note: str = "") -> Submission:
    """A scored submission of the captain's team, or `team`, with a full worker's report."""
    result = make_result(world, team=team or world.team, public=PUBLIC, private=PRIVATE, note=note)
    Job.objects.filter(pk=result.job_id).update(result=job_result().model_dump(mode="json"))
    assert result.job.submission is not None
    return result.job.submission


@pytest.mark.parametrize("who", EVERYBODY)
def test_a_public_hackathon_is_open_to_everybody(world: World, who: str) -> None:
    assert [page(world, who, path).status_code for path in paths(world)] == [200] * 4


@pytest.mark.parametrize("who", EVERYBODY)
def test_a_private_hackathon_is_not_there_for_outsiders(db: None, who: str) -> None:
    world = make_world(visibility=Visibility.PRIVATE)
    expected = 404 if who in {"outsider", "anonymous"} else 200
    home, *others = paths(world)
    assert [page(world, who, path).status_code for path in others] == [expected] * 3
    assert (world.hackathon.name in html(page(world, who, home))) is (expected == 200)


@pytest.mark.parametrize("who", EVERYBODY)
def test_an_unpublished_challenge_is_for_organizers(world: World, who: str) -> None:
    world.challenge.is_published = False
    world.challenge.save()
    expected = 200 if who == "organizer" else 404
    assert [page(world, who, path).status_code for path in paths(world)[2:]] == [expected] * 2


@pytest.mark.parametrize("who", EVERYBODY)
def test_a_submission_is_its_teams_and_the_organizers(world: World, who: str) -> None:
    submission = scored(world)
    response = page(world, who, f"/s/{submission.pk}/")
    if who == "anonymous":
        assert response["Location"].startswith("/login/?next=")
    else:
        assert response.status_code == (200 if who in TEAM else 404)


@pytest.mark.parametrize("who", ["rival", "outsider", "judge"])
def test_a_foreign_submission_looks_like_one_that_never_was(world: World, who: str) -> None:
    submission, random = scored(world), uuid.uuid4()
    found, missing = page(world, who, f"/s/{submission.pk}/"), page(world, who, f"/s/{random}/")
    assert found.status_code == missing.status_code == 404
    assert without_noise(html(found), submission.pk) == without_noise(html(missing), random)


def test_a_removed_member_sees_nothing_of_the_team(world: World) -> None:
    submission = scored(world)
    world.team.memberships.filter(user=world.teammate).update(left_at=submission.received_at)
    assert page(world, "teammate", f"/s/{submission.pk}/").status_code == 404
    assert str(submission.pk) not in html(page(world, "teammate", "/submissions/"))


@pytest.mark.parametrize("who", EVERYBODY)
def test_the_list_holds_ones_own(world: World, who: str) -> None:
    submission = scored(world)
    response = page(world, who, "/submissions/")
    if who == "anonymous":
        assert response.status_code == 302
    else:
        assert (f"/s/{submission.pk}/" in html(response)) is (who in TEAM)


@pytest.mark.parametrize("who", EVERYBODY)
def test_no_private_or_exact_score_before_its_release(world: World, who: str) -> None:
    """Neither on the page nor in a poll nor in a header; the board shows the rounded public score to everybody."""
    submission = scored(world)
    baseline = scored(world, team=reserved_team(world))
    for path in [*paths(world), f"/s/{submission.pk}/", "/submissions/", f"/s/{baseline.pk}/"]:
        for response in (page(world, who, path), poll(world, who, path)):
            text = html(response) + str(dict(response.headers))
            assert re.findall(r"0\.65|0\.812|0\.6543|\.0123", text) == []
    assert "0.81 ± 0.02" in html(page(world, who, paths(world)[3]))


@pytest.mark.parametrize("who", EVERYBODY)
def test_released_scores_are_for_everybody(world: World, who: str) -> None:
    scored(world)
    set_board_visibility(phase=world.phase, visibility=ScoreVisibility.RELEASED)
    text = html(page(world, who, paths(world)[3]))
    assert "0.65 ± 0.01" in text
    assert "Final: these are the private scores." in text


def test_a_frozen_board_says_so_and_hides_what_came_later(world: World) -> None:
    set_board_visibility(phase=world.phase, visibility=ScoreVisibility.FROZEN)
    submission = scored(world)
    submission.jobs.update(finished_at=submission.received_at + timedelta(minutes=1))
    text = html(page(world, "rival", paths(world)[3]))
    assert "The board is frozen" in text
    assert "0.81" not in text
    assert "0.81" in html(page(world, "organizer", paths(world)[3]))


def test_only_ones_own_row_is_marked_and_opens_the_submission(world: World) -> None:
    submission = scored(world)
    own, other = html(page(world, "captain", paths(world)[3])), html(page(world, "rival", paths(world)[3]))
    assert f"/s/{submission.pk}/" in own
    assert 'class="own"' in own
    assert str(submission.pk) not in other
    assert 'class="own"' not in other


def test_hostile_text_is_inert_on_every_page(world: World) -> None:
    submission = scored(world, note=HOSTILE[:300])
    running = submit(world)
    Job.objects.filter(pk=running.pk).update(
        state="failed", failure_code="diverged", failure_message=HOSTILE, failure_hint=HOSTILE, fault="own", attempt=1
    )
    ProgressChunk.objects.create(
        job=running,
        attempt=1,
        seq=1,
        points=[{"step": 1, "name": "train_loss", "value": 0.5}],
        lines=[{"at": "2030-01-01T00:00:00Z", "id": "reading_data", "values": {"version": HOSTILE}}],
    )
    for row, fields in {
        world.hackathon: ("name", "tagline", "description"),
        world.challenge: ("title", "summary", "description"),
        world.phase: ("name",),
        world.data: ("source", "license"),
        world.model: ("name", "license", "architecture"),
        world.team: ("name",),
        world.captain: ("name",),
    }.items():
        for field in fields:
            limit = row._meta.get_field(field).max_length
            setattr(row, field, HOSTILE[:limit] if limit else HOSTILE)
        row.save()
    world.captain.organization.name = HOSTILE[:200]
    world.captain.organization.save()
    for path in [*paths(world), "/submissions/", f"/s/{submission.pk}/", f"/s/{running.submission_id}/"]:
        response = page(world, "captain", path)
        assert response.status_code == 200
        assert "alert(1)" in html(response), path
        assert live_markup(html(response)) == [], path
