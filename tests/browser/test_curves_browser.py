"""Curves in chromium: smoothing, zoom by mouse and button, what a refresh keeps."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page

from submissions.models import Job, ProgressChunk, Submission
from tests.browser.test_pages_browser import running, world
from tests.browser.watched import Watched
from tests.factories import World

__all__ = ["world"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not settings.STATICFILES_DIRS, reason="NO ECHARTS: npm ci did not run"),
]


def noisy(world: World) -> Submission:
    """At step 100 of 100, its loss 1 and 3 in turn."""
    submission = running(world)
    points = [{"step": step, "name": "train_loss", "value": 1.0 + 2 * (step % 2)} for step in range(101)]
    points += [{"step": step, "name": "validation_accuracy", "value": step / 100} for step in (0, 50, 100)]
    ProgressChunk.objects.filter(job__submission=submission).update(points=points)
    return submission


def option(page: Page, number: int) -> Any:
    return page.evaluate(f"echarts.getInstanceByDom(document.getElementById('curve-{number}-plot')).getOption()")


def shown_range(page: Page, number: int) -> tuple[float, float]:
    low, high = page.evaluate(
        f"echarts.getInstanceByDom(document.getElementById('curve-{number}-plot'))"
        ".getModel().getComponent('xAxis').axis.scale.getExtent()"
    )
    return low, high


def open_curves(world: World, watched: Watched, submission: Submission, **options: Any) -> Page:
    page = watched.open(f"/s/{submission.pk}/", user=world.captain, **options)
    page.wait_for_selector("#curve-2[data-drawn]")
    return page


def test_a_noisy_curve_is_smoothed_and_stays_so(world: World, watched: Watched) -> None:
    submission = noisy(world)
    page = open_curves(world, watched, submission)
    assert [line["name"] for line in option(page, 1)["series"]] == ["training loss"]
    page.locator("#curve-tools input").fill("0.5")
    raw, mean = option(page, 1)["series"]
    assert (mean["name"], raw["lineStyle"]["opacity"]) == ("training loss, smoothed", 0.3)
    # weights 1/2, 1/4, …, divided by their sum
    assert [y for _x, y in mean["data"][:3]] == pytest.approx([1, 7 / 3, 11 / 7])
    assert [y for _x, y in raw["data"][:3]] == [1, 3, 1]
    assert len(option(page, 2)["series"]) == 1
    Job.objects.filter(submission=submission).update(progress_seq=2, step=80)
    page.wait_for_selector("progress[value='80']", timeout=15_000)
    assert page.locator("#curve-tools input").input_value() == "0.5"
    assert len(option(page, 1)["series"]) == 2


def test_dragging_zooms_all_curves_and_a_double_click_resets(world: World, watched: Watched) -> None:
    page = open_curves(world, watched, noisy(world))
    assert shown_range(page, 2) == (0, 100)
    canvas = page.locator("#curve-1 canvas").first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, y, steps=5)
    page.mouse.up()
    low, high = shown_range(page, 1)
    assert 30 < low < 60 < high < 85
    assert shown_range(page, 2) == (low, high)
    page.mouse.dblclick(box["x"] + box["width"] / 2, y)
    assert [shown_range(page, number) for number in (1, 2)] == [(0, 100), (0, 100)]


def test_buttons_zoom_where_there_is_no_mouse(world: World, watched: Watched) -> None:
    submission = noisy(world)
    page = open_curves(world, watched, submission, width=390)
    page.get_by_role("button", name="Zoom to the last half").press("Enter")
    assert [shown_range(page, number) for number in (1, 2)] == [(50, 100), (50, 100)]
    Job.objects.filter(submission=submission).update(progress_seq=2, step=80)
    page.wait_for_selector("progress[value='80']", timeout=15_000)
    assert shown_range(page, 1) == (50, 100)
    page.get_by_role("button", name="Reset zoom").press("Enter")
    assert shown_range(page, 1) == (0, 100)
