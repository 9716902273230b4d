"""The organizers' dashboard, the workers' page and what home says to do next: who may, what is counted, the cost."""

from __future__ import annotations

import pickle
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.utils import timezone, translation

from hackathon.enums import Role
from hackathon.models import Participation, User
from submissions.enums import Fault, JobState
from submissions.models import Job, Node
from submissions.pages.next_steps import HackathonStatus, hackathon_statuses
from submissions.services.attempts import lose_attempt, report_progress
from submissions.watch.dashboard import Dashboard, read_dashboard
from submissions.watch.timeline import days_between, hour_names, hours_between
from submissions.watch.workers import node_status, read_workers
from teams.services.invitations import create_invitation
from tests.evaluation.scored import base_job, submit
from tests.factories import HackathonFactory, MembershipFactory, ParticipationFactory, TeamFactory, World, make_node
from tests.pages import EVERYBODY, browser_of, html, page, poll
from tests.submissions.play import claim, finish_training
from training_worker.contract.wire import JobKind, NodeLoad, Progress, Stage

pytestmark = pytest.mark.django_db


def dashboard_path(world: World) -> str:
    return f"/h/{world.hackathon.slug}/dashboard/"


def read(world: World) -> Dashboard:
    return read_dashboard(world.organizer, world.hackathon, now=timezone.now())


def fail(job: Job, code: str, fault: Fault = Fault.OWN) -> Job:
    Job.objects.filter(pk=job.pk).update(
        state=JobState.FAILED, failure_code=code, failure_message="too much", fault=fault, finished_at=timezone.now()
    )
    return job


def run_next(node: Node) -> str:
    """The node claims a team's run; its key."""
    attempt = claim(node, kinds=(JobKind.RUN,))
    assert attempt is not None
    return attempt.spec.job_id


# --- who may ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", EVERYBODY)
def test_dashboard_and_workers_are_for_organizers(world: World, who: str) -> None:
    expected = {"organizer": 200, "anonymous": 302}.get(who, 404)
    for path in (dashboard_path(world), "/workers/"):
        assert page(world, who, path).status_code == expected
    shown = html(page(world, who, "/")) + html(page(world, who, f"/h/{world.hackathon.slug}/"))
    assert (dashboard_path(world) in shown) is (who == "organizer")


def test_an_organizer_opens_no_other_dashboard(world: World) -> None:
    other = HackathonFactory()
    assert page(world, "organizer", f"/h/{other.slug}/dashboard/").status_code == 404


def test_staff_see_the_workers_with_the_permission_alone(world: World) -> None:
    world.outsider.is_staff = True
    world.outsider.save()
    assert page(world, "outsider", "/workers/").status_code == 404
    world.outsider.user_permissions.add(Permission.objects.get(codename="view_node"))
    assert "create_enrolment_token" in html(page(world, "outsider", "/workers/"))
    assert "/workers/" in html(page(world, "outsider", "/"))
    assert page(world, "outsider", dashboard_path(world)).status_code == 404


# --- what is counted --------------------------------------------------------------------------------------------------


def test_an_empty_event_says_what_to_do(world: World) -> None:
    text = html(page(world, "organizer", dashboard_path(world)))
    assert "No worker is online: nothing runs." in text
    assert "The queue is empty." in text
    assert "No failures." in text
    empty = HackathonFactory(time_zone="Nowhere/Land")
    ParticipationFactory(user=world.organizer, hackathon=empty, role=Role.ORGANIZER)
    text = html(page(world, "organizer", f"/h/{empty.slug}/dashboard/"))
    assert "Charts appear here" in text
    assert "There is no challenge with a phase yet." in text
    assert "/admin/" not in text  # this organizer is no staff: no link that would not open


def test_figures_counted_by_hand(world: World) -> None:
    """Otters: one running, one queued. Rivals: one failed. Quiet: nothing. One person without a team."""
    quiet = TeamFactory(hackathon=world.hackathon, name="Quiet")
    ParticipationFactory(hackathon=world.hackathon)
    node, _token = make_node()
    first, second = submit(world, rate=0.01), submit(world, rate=0.02)
    fail(submit(world, team=world.rivals), "config_oom")
    assert run_next(node) == str(first.pk)
    figures = (found := read(world)).figures
    assert (figures.signups, figures.in_team, figures.without_team) == (4, 3, 1)
    assert (figures.teams, figures.teams_without_submission) == (3, 1)
    assert (figures.submissions, figures.running, figures.failed, figures.scored) == (3, 1, 1, 0)
    assert [team.pk for team in found.idle_teams] == [quiet.pk]
    assert found.running[0].url.endswith(f"/s/{first.submission_id}/")
    assert [line.job.name for line in found.queued if line.job.team] == [str(second.submission)]
    assert [line.position for line in found.queued] == list(range(1, figures.queued + 1))
    assert [(job.code, job.team) for job in found.failures] == [("config_oom", "Rivals")]
    assert figures.compute_granted == 3 * world.phase.compute_seconds
    assert figures.compute_used == 3 * 60.0  # a run reserves its budget
    assert (found.workers.alive, found.workers.late, found.workers.dead) == (1, 0, 0)


def test_another_event_counts_for_nothing_but_the_queue(world: World) -> None:
    job = submit(world)
    other = HackathonFactory()
    found = read_dashboard(world.organizer, other, now=timezone.now())
    assert (found.figures.submissions, found.figures.queued, found.charts) == (0, 0, [])
    assert job.state == JobState.QUEUED


def test_charts_hold_the_counts(world: World) -> None:
    world.hackathon.time_zone = "Asia/Kolkata"
    world.hackathon.save()
    now = datetime(2026, 11, 22, 12, 10, tzinfo=UTC)
    jobs = [submit(world, rate=0.01 * n) for n in (1, 2)] + [submit(world, team=world.rivals)]
    for job, minutes in zip(jobs, (15, 25, 45), strict=True):  # 17:25, 17:15, 16:55 in Kolkata
        Job.objects.filter(pk=job.pk).update(queued_at=now - timedelta(minutes=minutes))
    fail(jobs[0], "diverged")
    world.hackathon.starts_at, world.hackathon.ends_at = now - timedelta(hours=2), now + timedelta(hours=9)
    charts = dict(read_dashboard(world.organizer, world.hackathon, now=now).charts)
    rows = {name: cells for name, cells in charts["submissions-by-hour"].rows if any(cell != "0" for cell in cells)}
    assert rows == {"11-22 16:00": ["0", "1", "0", "0"], "11-22 17:00": ["0", "1", "1", "0"]}
    assert charts["failures-by-class"].rows == [("diverged", ["1", "0"])]
    assert charts["compute-by-team"].rows == [("Otters", ["2"]), ("Rivals", ["1"])]
    assert sum(int(cells[0]) for _name, cells in charts["sign-ups"].rows) == 3


def test_sign_ups_of_weeks_are_counted_by_day(world: World) -> None:
    old = Participation.objects.get(user=world.rival)
    Participation.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=9))
    rows = dict(read(world).charts)["sign-ups"].rows
    assert [cells[0] for _day, cells in (rows[0], rows[-1])] == ["1", "2"]
    assert len(rows) == 10


def test_quarantined_jobs_lead_to_the_admin(world: World) -> None:
    job = base_job(world)
    Job.objects.filter(pk=job.pk).update(state=JobState.QUARANTINED, losses=5)
    text = html(page(world, "organizer", dashboard_path(world)))
    assert "1 job is quarantined." in text
    assert "ask an operator" in text
    world.organizer.is_staff = True
    world.organizer.save()
    assert f"/admin/submissions/job/{job.pk}/change/" in html(page(world, "organizer", dashboard_path(world)))


def test_a_poll_without_news_answers_nothing(world: World) -> None:
    path = dashboard_path(world)
    version = read(world).version
    assert poll(world, "organizer", f"{path}?version={version}").status_code == 204
    submit(world)
    changed = poll(world, "organizer", f"{path}?version={version}")
    assert changed.status_code == 200
    assert "<html" not in html(changed)
    world.hackathon.ends_at = timezone.now() - timedelta(minutes=1)
    world.hackathon.save()
    Job.objects.update(state=JobState.CANCELLED)
    assert poll(world, "organizer", path).status_code == 286


def test_only_the_counts_of_a_large_event_may_be_old(
    world: World, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr("submissions.watch.dashboard.EXACT", 1)
    submit(world)
    assert read(world).figures.submissions == 1
    submit(world, team=world.rivals)
    third = TeamFactory(hackathon=world.hackathon)
    assert read(world).figures.submissions == 2
    submit(world, team=third)
    later = read(world)
    assert (later.figures.submissions, len(later.queued), [team.name for team in later.idle_teams]) == (
        2,
        4,
        [third.name],
    )
    client = browser_of(world, "organizer")
    with django_assert_num_queries(17):
        assert client.get(dashboard_path(world)).status_code == 200
    with translation.override("zh-hans"):
        assert read(world).figures.submissions == 3  # its charts are named in another language
    cache.clear()
    assert read(world).figures.submissions == 3
    assert read_dashboard(world.organizer, HackathonFactory(), now=timezone.now()).figures.submissions == 0


def test_what_is_kept_survives_the_way_into_a_shared_cache(world: World) -> None:
    fail(submit(world), "diverged")
    shown = read(world)
    assert pickle.loads(pickle.dumps((shown.figures, shown.idle_teams, shown.charts)))[0] == shown.figures


def test_the_dashboard_needs_no_cache(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    class Away:
        def get(self, *_arguments: object) -> object:
            raise ConnectionError

        set = get

    monkeypatch.setattr("submissions.watch.dashboard.EXACT", 0)
    monkeypatch.setattr("hackathon.web.kept.cache", Away())
    for team in (world.team, world.rivals):
        submit(world, team=team)
        assert page(world, "organizer", dashboard_path(world)).status_code == 200
    assert read(world).figures.submissions == 2


@pytest.mark.parametrize("rows", [2, 30])
def test_queries_do_not_grow(world: World, rows: int, django_assert_num_queries: Any) -> None:
    for n in range(rows):
        team = TeamFactory(hackathon=world.hackathon)
        MembershipFactory(team=team)
        TeamFactory(hackathon=world.hackathon)
        fail(submit(world, team=team, rate=0.01), "diverged")
        submit(world, team=team, rate=0.02)
        node, _token = make_node(f"node-{n}")
        job = Job.objects.get(pk=run_next(node))
        lose_attempt(job, now=timezone.now(), reason="it died", actor="sweeper")
        Job.objects.filter(pk=job.pk).update(not_before=None)
        run_next(node)
        submit(world, team=TeamFactory(hackathon=world.hackathon))
    Participation.objects.filter(user=world.rival).update(created_at=timezone.now() - timedelta(days=9))
    client = browser_of(world, "organizer")
    with django_assert_num_queries(32):
        assert client.get(dashboard_path(world)).status_code == 200
    with django_assert_num_queries(14):
        assert client.get("/workers/").status_code == 200


# --- hours and days ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "hours", "doubled"), [((2026, 10, 25), 25, ["02:00 CEST", "02:00 CET"]), ((2026, 3, 29), 23, [])]
)
def test_a_change_of_the_clocks(day: tuple[int, int, int], hours: int, doubled: list[str]) -> None:
    zone = ZoneInfo("Europe/Berlin")
    first = datetime(*day, tzinfo=zone)
    last = datetime(*day, 23, 59, tzinfo=zone)
    names = hour_names(found := hours_between(first, last, zone, most=48), zone)
    assert len(set(names)) == len(found) == hours
    assert [name[6:] for name in names if name[-1].isalpha()] == doubled
    assert (names[0][6:], names[-1][6:]) == ("00:00", "23:00")


def test_both_hours_of_the_same_name_are_counted(world: World) -> None:
    world.hackathon.time_zone = "Europe/Berlin"
    world.hackathon.starts_at = datetime(2026, 10, 24, 22, 0, tzinfo=UTC)
    world.hackathon.ends_at = datetime(2026, 10, 25, 20, 0, tzinfo=UTC)
    for n, hour in enumerate((0, 1, 1)):  # 02:30 CEST, then twice 02:30 CET
        job = submit(world, team=TeamFactory(hackathon=world.hackathon), rate=0.01 * (n + 1))
        Job.objects.filter(pk=job.pk).update(queued_at=datetime(2026, 10, 25, hour, 30, tzinfo=UTC))
    now = datetime(2026, 10, 25, 3, 0, tzinfo=UTC)
    chart = dict(read_dashboard(world.organizer, world.hackathon, now=now).charts)["submissions-by-hour"]
    counts = {name: cells[1] for name, cells in chart.rows}
    assert counts["10-25 02:00 CEST"] == "1"
    assert counts["10-25 02:00 CET"] == "2"


def test_only_the_last_of_a_long_time_are_shown() -> None:
    now = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
    hours = hours_between(now - timedelta(days=9), now, ZoneInfo("UTC"), most=48)
    assert (len(hours), hours[-1]) == (48, datetime(2026, 11, 22, 12, tzinfo=UTC))
    assert len(days_between(now.date() - timedelta(days=99), now.date(), most=60)) == 60


# --- workers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "status"), [(5, "alive"), (61, "late"), (301, "dead")])
def test_a_node_is_judged_by_its_last_word(seconds: float, status: str) -> None:
    now = timezone.now()
    assert node_status(now - timedelta(seconds=seconds), None, now=now) == status
    assert node_status(None, None, now=now) == "dead"
    assert node_status(now, now, now=now) == "revoked"


def test_progress_is_a_heartbeat_and_brings_the_load(world: World) -> None:
    node, _token = make_node()
    submit(world)
    attempt = claim(node, memory_used_mb=100)
    assert attempt is not None
    Node.objects.update(seen_at=timezone.now() - timedelta(minutes=9))
    load = NodeLoad(memory_used_mb=4321, disk_free_mb=99)
    progress = Progress(seq=1, stage=Stage.TRAIN, step=3, total_steps=10, load=load)
    report_progress(job_id=attempt.spec.job_id, attempt=1, progress=progress)
    row = read_workers(world.organizer, now=timezone.now())[0]
    assert (row.status, row.memory_used_mb, row.memory_mb, row.disk_free_mb) == ("alive", 4321, 8192, 99)
    assert row.job is not None
    assert (row.job.step, row.job.total_steps) == (3, 10)


def test_attempts_are_counted_at_the_node_that_made_them(world: World) -> None:
    """One done, one lost (which a sweeper noticed, so the job names no node any more)."""
    node, _token = make_node()
    other, _token = make_node("node-2")
    submit(world, rate=0.01)
    done = claim(node)
    assert done is not None
    finish_training(Job.objects.get(pk=done.spec.job_id))
    base_job(world)
    lost = claim(node)
    assert lost is not None
    lose_attempt(
        Job.objects.get(pk=lost.spec.job_id), now=timezone.now(), reason="the node stopped responding", actor="sweeper"
    )
    first, second = read_workers(world.organizer, now=timezone.now())
    assert (first.done, first.failed, first.lost) == (1, 0, 1)
    assert first.failure is not None
    assert first.failure.text == "the node stopped responding"
    assert (second.name, second.done, second.lost, second.failure) == (other.name, 0, 0, None)


def test_an_organizer_elsewhere_sees_that_a_node_is_busy_and_not_with_what(world: World) -> None:
    node, _token = make_node()
    submit(world)
    run_next(node)
    ParticipationFactory(user=world.outsider, hackathon=HackathonFactory(), role=Role.ORGANIZER)
    text = html(page(world, "outsider", "/workers/"))
    assert "a job of another hackathon" in text
    Node.objects.filter(pk=node.pk).update(report=node.report | {"last_error": "OSError: of another hackathon's run"})
    assert "OSError" not in html(page(world, "outsider", "/workers/"))
    User.objects.filter(pk=world.judge.pk).update(is_superuser=True)
    assert "OSError" in html(page(world, "judge", "/workers/"))
    assert "Otters" not in text
    assert "Otters" in html(page(world, "organizer", "/workers/"))


def test_no_worker_yet_says_how_to_add_one(world: World) -> None:
    assert "Ask the operator of this site" in html(page(world, "organizer", "/workers/"))
    world.organizer.is_superuser = True
    world.organizer.save()
    assert "python -m training_worker --site http" in html(page(world, "organizer", "/workers/"))


# --- what to do next --------------------------------------------------------------------------------------------------


def status(world: World, viewer: User) -> HackathonStatus:
    return hackathon_statuses(viewer, [world.hackathon], now=timezone.now())[0]


def test_an_invitation_waits(world: World) -> None:
    ParticipationFactory(user=world.outsider, hackathon=world.hackathon)
    create_invitation(team=world.team, user=world.captain, email=world.outsider.email.upper())
    assert status(world, world.outsider).step.text.startswith("Otters has invited you")
    assert "invited" not in status(world, ParticipationFactory(hackathon=world.hackathon).user).step.text


def test_after_a_run_the_next_one_begins_from_it(world: World) -> None:
    job = submit(world)
    Job.objects.filter(pk=job.pk).update(state=JobState.SUCCEEDED)
    step = status(world, world.captain).step
    assert step.url == f"/c/{world.challenge.slug}/submit/?copy={job.submission_id}"
    assert page(world, "captain", step.url).status_code == 200
    fail(job, "diverged")
    step = status(world, world.captain).step
    assert (step.text, step.url) == ("Submission #1 failed: diverged.", f"/s/{job.submission_id}/")
    text = html(page(world, "captain", "/"))
    assert f"/s/{job.submission_id}/" in text
    assert f"/s/{job.submission_id}/" not in html(page(world, "rival", "/"))


def test_a_phase_that_closes_soon_is_urgent(world: World) -> None:
    assert not status(world, world.captain).step.is_urgent
    world.phase.closes_at = timezone.now() + timedelta(hours=2, minutes=59)
    world.phase.save()
    assert status(world, world.captain).step.is_urgent
    assert re.search(r"<bdi>Main</bdi>:\s+ends in 2", html(page(world, "captain", "/")))


def test_an_organizer_is_told_what_is_missing(world: World) -> None:
    assert status(world, world.organizer).step.text == "No worker is online: nothing runs."
    make_node()
    step = status(world, world.organizer).step
    assert (step.text, step.url) == ("You organize this.", dashboard_path(world))
    world.phase.closes_at = timezone.now() - timedelta(minutes=1)
    world.phase.save()
    assert status(world, world.organizer).step.text == "No phase is open now."
    world.challenge.is_published = False
    world.challenge.save()
    assert status(world, world.organizer).step.text.endswith("is not published yet.")
