"""Live pages: a poll gets a fragment, 204 when nothing changed, 286 at the end; queries do not grow with rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from submissions.enums import JobState
from submissions.models import Job, ProgressChunk, Submission
from submissions.services.transitions import move
from tests.evaluation.report.validated import set_task
from tests.evaluation.scored import make_result, reserved_team, submit
from tests.factories import ChallengeFactory, HackathonFactory, MembershipFactory, PhaseFactory, TeamFactory, World
from tests.pages import browser_of, html, page, poll
from tests.submissions.play import job_result

STOP_POLLING = 286


def start(job: Job, *, step: int = 40) -> Job:
    now = timezone.now()
    assert move(job, JobState.RUNNING, now=now, reason="claimed", attempt=1, started_at=now, stage="train")
    Job.objects.filter(pk=job.pk).update(step=step, total_steps=100, stage="train", progress_seq=1)
    points = [{"step": s, "name": "train_loss", "value": 1 / (s + 1)} for s in range(0, step, 10)]
    points += [{"step": 0, "name": "validation_accuracy", "value": 0.75}]
    lines = [{"at": "2030-01-01T00:00:00Z", "id": "attempt_started", "values": {"attempt": n}} for n in range(50)]
    ProgressChunk.objects.create(job=job, attempt=1, seq=1, points=points, lines=lines)
    job.refresh_from_db()
    return job


def version_of(response: Any) -> str:
    return str(response["ETag"]).removeprefix('W/"').removesuffix('"')


def test_a_queued_submission_shows_its_place(world: World) -> None:
    first, second = submit(world), submit(world, team=world.rivals)
    text = html(page(world, "rival", f"/s/{second.submission_id}/"))
    assert "Place 3 in the queue." in text  # behind the first run and the base score that it brought
    assert str(first.submission_id) not in text


def test_a_running_submission_shows_stage_progress_curve_and_log(world: World) -> None:
    job = start(submit(world))
    text = html(page(world, "captain", f"/s/{job.submission_id}/"))
    assert '<li class="current" aria-current="step">train</li>' in text
    assert '<progress max="100" value="40"' in text
    assert text.count('<figure class="chart"') == 2
    assert '<th scope="row"><bdi>30</bdi></th><td class="num">0.03226</td>' in text  # the curve's table
    assert "Attempt 49 started." in text
    assert "Attempt 9 started." not in text
    assert "10 earlier lines are not shown." in text


def test_polls_of_a_submission(world: World) -> None:
    job = start(submit(world))
    path = f"/s/{job.submission_id}/"
    whole = page(world, "captain", path)
    assert "<html" in html(whole)
    assert f'hx-get="{path}?version={version_of(whole)}"' in html(whole)
    fragment = poll(world, "captain", path)
    assert (fragment.status_code, "<html" in html(fragment), 'id="live"' in html(fragment)) == (200, False, True)
    assert "HX-Request" in fragment["Vary"]
    same = poll(world, "captain", f"{path}?version={version_of(whole)}")
    assert (same.status_code, same.content) == (204, b"")
    Job.objects.filter(pk=job.pk).update(progress_seq=2, step=60)
    changed = poll(world, "captain", f"{path}?version={version_of(whole)}")
    assert (changed.status_code, 'value="60"' in html(changed)) == (200, True)


def test_the_end_is_told_once_and_ends_the_polling(world: World) -> None:
    job = start(submit(world))
    path = f"/s/{job.submission_id}/"
    before = version_of(page(world, "captain", path))
    assert move(job, JobState.CANCELLED, now=timezone.now(), reason="cancelled")
    last = poll(world, "captain", f"{path}?version={before}")
    assert last.status_code == STOP_POLLING
    assert "Cancelled after it had started." in html(last)
    assert "hx-get" not in html(last)
    assert "hx-get" not in html(page(world, "captain", path))


def test_polls_of_a_board(world: World) -> None:
    path = f"/c/{world.challenge.slug}/leaderboard/"
    empty = page(world, "rival", path)
    assert "No team has a score yet." in html(empty)
    version = version_of(empty)
    assert poll(world, "rival", f"{path}?version={version}").status_code == 204
    make_result(world, team=world.team, public=0.8)
    changed = poll(world, "rival", f"{path}?version={version}")
    assert (changed.status_code, "0.80 ± 0.02" in html(changed), "<html" in html(changed)) == (200, True, False)
    world.phase.opens_at, world.phase.closes_at = (timezone.now() - timedelta(hours=h) for h in (3, 1))
    world.phase.save()
    assert poll(world, "rival", f"{path}?version={version_of(changed)}").status_code == STOP_POLLING


def test_a_board_keeps_moving_while_something_of_it_runs(world: World) -> None:
    submit(world)
    world.phase.opens_at, world.phase.closes_at = (timezone.now() - timedelta(hours=h) for h in (3, 1))
    world.phase.save()
    assert "hx-get" in html(page(world, "rival", f"/c/{world.challenge.slug}/leaderboard/"))


def test_another_phase_has_its_own_board(world: World) -> None:
    later = PhaseFactory(
        challenge=world.challenge,
        name="Finals",
        data=world.data,
        opens_at=timezone.now() + timedelta(hours=41),
        closes_at=timezone.now() + timedelta(hours=50),
    )
    make_result(world, team=world.team, public=0.8)
    path = f"/c/{world.challenge.slug}/leaderboard/"
    assert "0.80 ± 0.02" in html(page(world, "rival", path))
    assert "0.80 ± 0.02" not in html(page(world, "rival", f"{path}?phase={later.pk}"))
    assert "0.80 ± 0.02" in html(page(world, "rival", f"{path}?phase=nonsense"))


def test_a_scored_submission_shows_its_report(world: World) -> None:
    make_result(world, team=None, public=0.75)
    base = Job.objects.get()
    Job.objects.filter(pk=base.pk).update(kind="base_score")
    result = make_result(world, team=world.team, public=0.8123)
    Job.objects.filter(pk=result.job_id).update(result=job_result().model_dump(mode="json"), stopped_by="epochs")
    text = html(page(world, "captain", f"/s/{result.job.submission_id}/"))
    for shown in (
        "0.81 ± 0.02",
        "+0.06",
        "<dt>base</dt>",
        "0.75 ± 0.02",
        '<div class="score">',
        "dummy baseline",
        "majority class",
        "all epochs done",
        "10 of 1k",
        "positive",
    ):
        assert shown in text


@pytest.mark.parametrize(
    ("patience", "best", "words"),
    [
        (0, 10, "the last, step 10"),
        (2, 7, "the best by validation, step 7"),
        (2, 0, "of the untrained model: no step was better"),
    ],
)
def test_the_page_says_which_weights_were_kept_and_what_share_was_trained(
    world: World, patience: int, best: int, words: str
) -> None:
    made = job_result().model_dump(mode="json")
    made["telemetry"] |= {"best_step": best, "parameters_trained": 22_600_000, "parameters_total": 22_600_000}
    result = make_result(world, team=world.team, public=0.8123)
    Job.objects.filter(pk=result.job_id).update(result=made)
    submission = result.job.submission
    assert submission
    submission.config["training"]["early_stopping_patience"] = patience
    Submission.objects.filter(pk=submission.pk).update(config=submission.config)
    text = " ".join(html(page(world, "captain", f"/s/{result.job.submission_id}/")).split())
    assert f"<dt>weights kept</dt> <dd> {words} </dd>" in text
    assert '22.6M of 22.6M <span class="muted">(100 %)</span>' in text


def test_the_page_says_who_multiplied(world: World) -> None:
    made = job_result().model_dump(mode="json")
    made["telemetry"] |= {"versions": {"matmul": "MKL, float32"}}
    result = make_result(world, team=world.team, public=0.8123)
    Job.objects.filter(pk=result.job_id).update(result=made)
    text = html(page(world, "captain", f"/s/{result.job.submission_id}/"))
    assert "<dt>matrix products</dt><dd>MKL, float32</dd>" in text


def test_a_result_of_another_time_is_left_out(world: World) -> None:
    result = make_result(world, team=world.team, public=0.8123)
    Job.objects.filter(pk=result.job_id).update(result={"validation": {"accuracy": 0.8}, "steps": "many"})
    text = html(page(world, "captain", f"/s/{result.job.submission_id}/"))
    assert ("0.81 ± 0.02" in text, "weights kept" in text) == (True, False)


def test_every_validation_metric_has_its_curve_the_primary_one_first(world: World) -> None:
    set_task(world, "text-regression")
    job = start(submit(world))
    names = ("validation_spearman", "validation_mse", "validation_magic")
    points = [{"step": step, "name": name, "value": 0.5} for name in names for step in (0, 10)]
    ProgressChunk.objects.create(job=job, attempt=1, seq=2, points=points, lines=[])
    titles = re.findall(r"<figcaption>([^<]*)<", html(page(world, "captain", f"/s/{job.submission_id}/")))
    assert titles == ["Loss", "Validation mse (lower is better)", "Validation spearman"]


# --- queries ------------------------------------------------------------------------------------------------------


def _teams(world: World, count: int) -> None:
    organizers = reserved_team(world)
    for _n in range(count):
        team = TeamFactory(hackathon=world.hackathon)
        MembershipFactory(team=team)
        make_result(world, team=team, public=0.8)
        make_result(world, team=organizers, public=0.7)


def _challenges(world: World, count: int) -> None:
    for _n in range(count):
        PhaseFactory(challenge=ChallengeFactory(hackathon=world.hackathon))


def _hackathons(world: World, count: int) -> None:
    for _n in range(count):
        PhaseFactory(challenge=ChallengeFactory(hackathon=HackathonFactory()))


def _own(world: World, count: int) -> None:
    for _n in range(count):
        make_result(world, team=world.team, public=0.8)


@pytest.mark.parametrize("rows", [2, 30])
@pytest.mark.parametrize(
    ("path", "make", "queries"),
    [
        ("/", _hackathons, 13),
        ("/h/{h}/", _teams, 18),
        ("/h/{h}/", _challenges, 18),
        ("/c/{c}/", _own, 14),
        ("/c/{c}/leaderboard/", _teams, 14),
        ("/c/{c}/leaderboard.csv", _teams, 12),
        ("/submissions/", _own, 14),
    ],
)
def test_queries_do_not_grow_with_rows(
    world: World,
    rows: int,
    path: str,
    make: Callable[[World, int], None],
    queries: int,
    django_assert_num_queries: Any,
) -> None:
    make(world, rows)
    client: Client = browser_of(world, "captain")
    with django_assert_num_queries(queries):
        client.get(path.format(h=world.hackathon.slug, c=world.challenge.slug))


def test_a_poll_without_news_is_cheap(world: World, django_assert_num_queries: Any) -> None:
    job = start(submit(world))
    path = f"/s/{job.submission_id}/"
    client = browser_of(world, "captain")
    version = version_of(client.get(path))
    with django_assert_num_queries(6):  # session, person, clock, own teams, submission, job
        client.get(f"{path}?version={version}", headers={"HX-Request": "true"})
