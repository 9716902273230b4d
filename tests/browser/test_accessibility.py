"""Every kind of page at both widths and in both themes: sound, readable, usable without a mouse."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
from playwright.sync_api import Page

from hackathon.models import User
from submissions.models import Job
from teams.services.invitations import create_invitation
from tests.browser.inspection import inspect, inspect_in_both_themes
from tests.browser.test_pages_browser import running
from tests.browser.watched import Watched
from tests.evaluation.report.made_up import class_report
from tests.evaluation.report.test_browse import CLASSES, store
from tests.evaluation.report.validated import store_report
from tests.evaluation.scored import make_result, reserved_team, submit
from tests.factories import UserFactory, World, make_world
from tests.submissions.play import job_result

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = pytest.mark.parametrize("width", [1280, 390])


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


def runs(world: World) -> dict[str, str]:
    """A submission's page in every state."""
    world.phase.at_once = 10
    world.phase.save()
    done = make_result(world, team=world.team, public=0.8123, note="first")
    Job.objects.filter(pk=done.job_id).update(result=job_result().model_dump(mode="json"), stopped_by="epochs")
    store_report(done.job, class_report())
    store(done.submission, CLASSES)
    make_result(world, team=world.rivals, public=0.83)
    make_result(world, team=reserved_team(world), public=0.7, note="tf-idf")
    failed, cancelled = submit(world, rate=0.1), submit(world, rate=0.2)
    Job.objects.filter(pk=failed.pk).update(
        state="failed", failure_code="diverged", failure_message="No number.", failure_hint="Lower it.", fault="own"
    )
    Job.objects.filter(pk=cancelled.pk).update(state="cancelled", fault="")
    moving, waiting = running(world), submit(world, rate=0.3)
    return {
        "done": f"/s/{done.job.submission_id}/",
        "errors": f"/s/{done.job.submission_id}/errors/",
        "failed": f"/s/{failed.submission_id}/",
        "cancelled": f"/s/{cancelled.submission_id}/",
        "running": f"/s/{moving.pk}/",
        "queued": f"/s/{waiting.submission_id}/",
        "list": "/submissions/",
        "board": f"/c/{world.challenge.slug}/leaderboard/",
        "data": f"/c/{world.challenge.slug}/data/",
        "data without a result": f"/c/{world.challenge.slug}/data/?search=nothing",
    }


def faults(watched: Watched, paths: dict[str, str], *, user: User | None, width: int) -> dict[str, list[str]]:
    found = {}
    for name, path in paths.items():
        page = watched.open(path, user=user, width=width)
        if problems := inspect_in_both_themes(page):
            found[name] = problems
        page.context.close()
    return found


@WIDTHS
def test_scored_things_are_sound(world: World, watched: Watched, width: int) -> None:
    assert faults(watched, runs(world), user=world.captain, width=width) == {}


@WIDTHS
def test_pages_of_a_member_are_sound(world: World, watched: Watched, width: int) -> None:
    hackathon, challenge = f"/h/{world.hackathon.slug}/", f"/c/{world.challenge.slug}/"
    paths = {
        "home": "/",
        "hackathon": hackathon,
        "challenge": challenge,
        "form": f"{challenge}submit/?method=lora",
        "yaml": f"{challenge}submit/?tab=yaml",
        "team": f"/t/{world.team.pk}/",
        "organization": f"{hackathon}organization/",
        "profile": "/account/",
        "tokens": "/account/tokens/",
        "empty list": "/submissions/",
        "empty board": f"{challenge}leaderboard/",
    }
    assert faults(watched, paths, user=world.captain, width=width) == {}


@WIDTHS
def test_pages_of_a_newcomer_are_sound(world: World, watched: Watched, width: int) -> None:
    hackathon = f"/h/{world.hackathon.slug}/"
    assert faults(watched, {"join": f"{hackathon}join/"}, user=world.outsider, width=width) == {}
    assert faults(watched, {"new team": f"{hackathon}new-team/"}, user=teamless(world), width=width) == {}
    invitation = create_invitation(team=world.team, user=world.captain)[1].partition("/i/")[2]
    paths = {"home": "/", "challenge": f"/c/{world.challenge.slug}/", "invitation": f"/i/{invitation}"}
    assert faults(watched, paths, user=None, width=width) == {}
    paths = {"log-in": "/login/", "sign-up": "/signup/", "reset": "/account/reset/"}
    assert faults(watched, paths, user=None, width=width) == {}


def teamless(world: World) -> User:
    world.rivals.memberships.all().delete()
    return world.rival


@WIDTHS
def test_a_form_with_errors_is_sound(world: World, watched: Watched, width: int) -> None:
    path = f"/c/{world.challenge.slug}/submit/"
    page = watched.open(f"{path}?method=lora", user=world.captain, width=width)
    page.get_by_label("learning_rate").fill("70")
    page.locator("form.config-form").evaluate("form => { form.noValidate = true; }")
    page.locator(".actions button[name=preview]").click()
    page.wait_for_selector(".problem")
    assert inspect_in_both_themes(page) == []
    page = watched.open("/login/", width=width)
    page.fill("[name=login]", "nobody@example.org")
    page.fill("[name=password]", "wrong")
    page.locator("main button.primary").click()
    page.wait_for_selector("[role=alert]")
    assert inspect_in_both_themes(page) == []


@WIDTHS
def test_the_style_guide_is_sound(world: World, watched: Watched, settings: Any, width: int) -> None:
    settings.DEBUG = True
    page = watched.open("/styleguide/", width=width)
    assert inspect_in_both_themes(page) == []


@WIDTHS
def test_error_pages_are_sound_and_lead_on(world: World, watched: Watched, width: int) -> None:
    lost = watched.open("/nothing/", width=width)
    assert inspect_in_both_themes(lost) == []
    refused = watched.open("/", user=world.captain, width=width)
    watched.contexts[-1].clear_cookies()
    refused.click("#account-menu summary")
    refused.get_by_role("button", name="Log out").click()
    assert "403" in refused.inner_text("main")
    assert inspect_in_both_themes(refused) == []
    with patch("evaluation.views.read_home_page", side_effect=RuntimeError("broken")):
        broken = watched.open("/", width=width)
    assert inspect_in_both_themes(broken) == []
    for page in (lost, refused, broken):
        assert page.locator("main code").count() == 1  # the reference
    expect_refusals(watched, "404", "403", "500")


def expect_refusals(watched: Watched, *statuses: str) -> None:
    """Chromium itself says on the console that a page was refused: that, once each, and nothing else."""
    told = [problem for problem in watched.problems if "Failed to load resource" in problem]
    assert len(told) == len(statuses)
    assert all(f"status of {status} " in text for status, text in zip(statuses, told, strict=True))
    watched.problems[:] = [problem for problem in watched.problems if problem not in told]


@WIDTHS
def test_the_admins_index_is_sound(world: World, watched: Watched, width: int) -> None:
    admin = UserFactory(is_staff=True, is_superuser=True)
    assert faults(watched, {"index": "/admin/"}, user=admin, width=width) == {}


def spoil(page: Page) -> None:
    page.evaluate("""() => {
        const bad = document.createElement("p");
        bad.id = "main";
        bad.append("pale", ...["input", "button", "h1"].map((name) => document.createElement(name)));
        document.querySelector("main").append(bad);
        bad.style.setProperty("color", "#bbb");
        bad.style.setProperty("width", "3000px");
        bad.querySelector("input").setAttribute("aria-describedby", "nowhere");
    }""")


def test_the_inspection_finds_what_is_wrong(world: World, watched: Watched) -> None:
    page = watched.open("/")
    assert inspect(page) == []
    spoil(page)
    problems = " ".join(inspect(page))
    ours = ("id twice: main", "not one h1", "scrolls sideways", "described by nothing")
    for expected in (*ours, "color-contrast:", "label:", "button-name:"):
        assert expected in problems
