"""The pages in chromium: a silent console, no request off the site, moving by themselves, usable without scripts."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page

from submissions.enums import JobState
from submissions.models import Job, ProgressChunk, Submission
from submissions.services.transitions import move
from tests.browser.watched import Watched
from tests.evaluation.scored import make_result, submit
from tests.factories import PASSWORD, World, make_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


def running(world: World) -> Submission:
    job, now = submit(world), timezone.now()
    assert move(job, JobState.RUNNING, now=now, reason="claimed", attempt=1, started_at=now, stage="train")
    Job.objects.filter(pk=job.pk).update(step=40, total_steps=100, stage="train", progress_seq=1)
    report(job, seq=1, step=40)
    assert job.submission is not None
    return job.submission


def report(job: Job, *, seq: int, step: int) -> None:
    points = [{"step": s, "name": "train_loss", "value": 1 / (s + 1)} for s in range(step - 40, step + 1, 10)]
    points += [{"step": step, "name": "validation_accuracy", "value": 0.75}]
    lines = [{"at": "2030-01-01T00:00:00Z", "id": "attempt_started", "values": {"attempt": step}}]
    ProgressChunk.objects.create(job=job, attempt=1, seq=seq, points=points, lines=lines)
    Job.objects.filter(pk=job.pk).update(progress_seq=seq, step=step)


def test_a_running_submission_moves_by_itself_and_keeps_what_is_open(world: World, watched: Watched) -> None:
    submission = running(world)
    page = watched.open(f"/s/{submission.pk}/", user=world.captain)
    page.wait_for_selector("#curve-1[data-drawn]")
    page.evaluate("document.querySelector('#curve-1 canvas').dataset.same = 'yes'")
    page.click("#curve-1 summary")
    report(submission.jobs.get(), seq=2, step=80)
    page.wait_for_selector("progress[value='80']", timeout=15_000)
    assert page.locator("#curve-1 table").is_visible()
    assert page.locator("#curve-1 canvas[data-same]").is_visible()  # redrawn in place: nothing flickers
    assert not page.locator("#curve-2 table").is_visible()
    assert "Attempt 80 started." in page.inner_text(".log")
    assert move(submission.jobs.get(), JobState.CANCELLED, now=timezone.now(), reason="cancelled")
    page.wait_for_selector(".state-cancelled", timeout=15_000)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(4500)
    assert asked == []


def test_a_refresh_leaves_focus_and_scroll_where_they_are(world: World, watched: Watched) -> None:
    submission = running(world)
    report(submission.jobs.get(), seq=2, step=85)
    page = watched.open(f"/s/{submission.pk}/", user=world.captain, width=390)
    page.wait_for_selector("#curve-1[data-drawn]")
    page.click("#curve-1 summary")
    page.evaluate("document.querySelector('#curve-1 .scroll').scrollTop = 20")
    assert page.evaluate("document.querySelector('#curve-1 .scroll').scrollTop") == 20
    page.focus("#cancel summary")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    report(submission.jobs.get(), seq=3, step=98)
    page.wait_for_selector("progress[value='98']", timeout=15_000)
    assert page.evaluate("document.activeElement.matches('#cancel[open] button')")
    assert page.evaluate("document.querySelector('#curve-1 .scroll').scrollTop") == 20


def test_a_message_can_be_put_away_and_goes_when_the_run_has_moved_on(world: World, watched: Watched) -> None:
    submission = running(world)
    page = watched.open(f"/s/{submission.pk}/", user=world.captain)
    edit(page, "rate 1")
    page.get_by_role("button", name="Dismiss").click()
    assert page.locator(".message").count() == 0
    assert page.evaluate("document.activeElement.id") == "main"
    edit(page, "rate 2")
    report(submission.jobs.get(), seq=2, step=80)
    page.wait_for_selector("progress[value='80']", timeout=15_000)
    assert page.locator(".message").is_visible()
    assert move(submission.jobs.get(), JobState.CANCELLED, now=timezone.now(), reason="cancelled")
    page.wait_for_selector(".state-cancelled", timeout=15_000)
    assert page.locator(".message").count() == 0


def edit(page: Page, note: str) -> None:
    page.get_by_role("link", name="Edit note and tags").click()
    page.get_by_label("note").fill(note)
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector(".message:has-text('are saved')")


def test_a_refresh_waits_for_a_pressed_pointer_and_for_marked_text(world: World, watched: Watched) -> None:
    submission = running(world)
    page = watched.open(f"/s/{submission.pk}/", user=world.captain)
    page.wait_for_selector("#curve-1[data-drawn]")
    page.mouse.move(*middle(page, "#live h1"))
    page.mouse.down()
    report(submission.jobs.get(), seq=2, step=80)
    page.wait_for_timeout(3000)
    assert page.locator("progress[value='40']").count() == 1
    page.mouse.up()
    page.wait_for_selector("progress[value='80']", timeout=15_000)
    page.dblclick("#live h1")
    marked = page.evaluate("String(getSelection())")
    report(submission.jobs.get(), seq=3, step=90)
    page.wait_for_timeout(3000)
    assert marked
    assert page.evaluate("String(getSelection())") == marked
    page.evaluate("getSelection().removeAllRanges()")
    page.wait_for_selector("progress[value='90']", timeout=15_000)


def middle(page: Page, selector: str) -> tuple[float, float]:
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_the_board_moves_by_itself(world: World, watched: Watched) -> None:
    page = watched.open(f"/c/{world.challenge.slug}/leaderboard/", user=world.rival)
    assert "No team has a score yet." in page.inner_text("#board")
    make_result(world, team=world.team, public=0.8)
    page.wait_for_selector("td:has-text('0.80 ± 0.02')", timeout=20_000)


@pytest.mark.skipif(not settings.STATICFILES_DIRS, reason="NO ECHARTS: npm ci did not run")
def test_the_boards_chart_stands_while_the_board_moves(world: World, watched: Watched) -> None:
    make_result(world, team=world.team, public=0.7)
    page = watched.open(f"/c/{world.challenge.slug}/leaderboard/", user=world.rival)
    page.wait_for_selector("#compute-plot canvas")
    page.evaluate("document.querySelector('#compute-plot canvas').dataset.first = 'yes'")
    make_result(world, team=world.rivals, public=0.8)
    page.wait_for_selector("td:has-text('0.80 ± 0.02')", timeout=20_000)
    assert page.locator("#compute-plot canvas").get_attribute("data-first") == "yes"
    marks = "echarts.getInstanceByDom(document.getElementById('compute-plot')).getOption().series"
    assert page.evaluate(f"{marks}.flatMap((s) => s.data).map((d) => d.name).filter(Boolean)") == ["Otters", "Rivals"]


def test_the_board_needs_no_sideways_scrolling_on_a_phone(world: World, watched: Watched) -> None:
    world.team.name = "The Gradient Descenders of Lower Saxony"
    world.team.save()
    for n in range(3):
        make_result(world, team=world.team, public=0.7 + n / 100)
    page = watched.open(f"/c/{world.challenge.slug}/leaderboard/", user=world.captain, width=390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert (
        page.evaluate(
            "(() => { const s = document.querySelector('#board .scroll'); return s.scrollWidth - s.clientWidth })()"
        )
        == 0
    )
    assert page.locator(".extra .sparkline").first.is_visible()
    assert "3 entries · just now" in page.inner_text("#board tbody")


def test_log_in_cancel_and_log_out_by_hand(world: World, watched: Watched) -> None:
    submission = running(world)
    page = watched.open(f"/s/{submission.pk}/")
    page.get_by_label("E-mail").fill(world.captain.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Log in").click()
    page.click("#cancel summary")
    page.click("#cancel button")
    page.wait_for_selector("text=is cancelled.")
    assert first_state(submission) == JobState.CANCELLED
    page.click("#account-menu summary")
    page.get_by_role("button", name="Log out").click()
    page.wait_for_selector("text=Log in to join.")


def first_state(submission: Submission) -> str:
    return submission.jobs.get(replicate=0).state


def test_reading_and_cancelling_work_without_scripts(world: World, watched: Watched) -> None:
    submission = running(world)
    page = watched.open(f"/s/{submission.pk}/", user=world.captain, java_script_enabled=False)
    assert [page.locator(f"#curve-{n} table").is_visible() for n in (1, 2)] == [True, True]
    assert page.locator("noscript").count() == 1
    page.click("#cancel summary")
    page.click("#cancel button")
    page.wait_for_selector("text=is cancelled.")


def test_a_command_can_be_copied(world: World, watched: Watched) -> None:
    page = watched.open(
        f"/c/{world.challenge.slug}/", user=world.captain, permissions=["clipboard-read", "clipboard-write"]
    )
    page.click("#by-curl summary")
    page.click("button[data-copy=curl]")
    page.wait_for_selector("text=Copied")
    assert str(world.phase.pk) in page.evaluate("navigator.clipboard.readText()")
