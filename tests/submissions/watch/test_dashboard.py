"""The organizers' dashboard: who may see it and the workers' page, what is counted, the cost."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.utils import timezone, translation

from hackathon.enums import Role
from hackathon.models import Participation
from submissions.enums import JobState
from submissions.models import Job
from submissions.services.attempts import lose_attempt
from submissions.watch.dashboard import Dashboard, read_dashboard
from tests.evaluation.scored import base_job, submit
from tests.factories import HackathonFactory, MembershipFactory, ParticipationFactory, TeamFactory, World, make_node
from tests.pages import EVERYBODY, browser_of, html, page, poll
from tests.submissions.watch.made import dashboard_path, fail, run_next

pytestmark = pytest.mark.django_db


def read(world: World) -> Dashboard:
    return read_dashboard(world.organizer, world.hackathon, now=timezone.now())


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
