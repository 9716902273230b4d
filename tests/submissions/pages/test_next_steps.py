"""What home says to do next."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from hackathon.models import User
from submissions.enums import JobState
from submissions.models import Job
from submissions.pages.next_steps import HackathonStatus, hackathon_statuses
from teams.services.invitations import create_invitation
from tests.evaluation.scored import submit
from tests.factories import ParticipationFactory, World, make_node
from tests.pages import html, page
from tests.submissions.watch.made import dashboard_path, fail

pytestmark = pytest.mark.django_db


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
