"""Names that ECharts would take for its own templates stand in labels and tooltips as they are."""

from __future__ import annotations

import pytest
from django.conf import settings
from playwright.sync_api import Page

from submissions.models import Job, Quota
from teams.models import Team
from tests.browser.test_pages_browser import running
from tests.browser.watched import Watched
from tests.evaluation.scored import make_result
from tests.factories import TeamFactory, World, make_world

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not settings.STATICFILES_DIRS, reason="NO ECHARTS: npm ci did not run"),
]
NAMES = ["{b}", "{c} {a}", "{a|x}", "}{", "<b>{@1}", "לוטרות {b}"]

DRAWN = """() => {
  window.drawn = [];
  const fillText = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
    window.drawn.push(text);
    return fillText.call(this, text, ...rest);
  };
}"""
TIP = """([id, series, index]) => {
  const chart = echarts.getInstanceByDom(document.querySelector(id));
  chart.dispatchAction({ type: "showTip", seriesIndex: series, dataIndex: index });
  return document.querySelector(`${id} .tip`).innerText;
}"""
SHOWN = """(id) => echarts.getInstanceByDom(document.querySelector(id)).getZr().storage.getDisplayList(true)
    .filter((part) => part.type === "tspan" && part.style.text.startsWith("Team "))
    .map((part) => {
      const box = part.getBoundingRect().clone();
      box.applyTransform(part.getComputedTransform() || [1, 0, 0, 1, 0, 0]);
      return [part.style.text, box.x, box.y, box.x + box.width, box.y + box.height];
    })"""
SERIES = "(id) => echarts.getInstanceByDom(document.querySelector(id)).getOption().series"


@pytest.fixture
def world(transactional_db: None) -> World:
    world = make_world()
    teams = [world.team, world.rivals, *(TeamFactory.create(hackathon=world.hackathon) for _name in NAMES[2:])]
    for number, (team, name) in enumerate(zip(teams, NAMES, strict=True)):
        Team.objects.filter(pk=team.pk).update(name=name)
        result = make_result(world, team=team, public=0.5 + 0.05 * number)
        Job.objects.filter(pk=result.job_id).update(compute_seconds=10.0 + number)
        Quota.objects.filter(team=team).update(compute_used=60.0 * (number + 1))
    return world


def drawn(page: Page) -> set[str]:
    """Every text of the page's plots, which the other colours have drawn anew."""
    page.evaluate(DRAWN)
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(1000)
    return set(page.evaluate("drawn"))


def test_the_boards_chart(world: World, watched: Watched) -> None:
    page = watched.open(f"/c/{world.challenge.slug}/leaderboard/", user=world.rival)
    page.wait_for_selector("#compute-plot canvas")
    assert set(NAMES) <= drawn(page)
    shown = [
        page.evaluate(TIP, ["#compute-plot", place, index]).split("\n")[0]
        for place, series in enumerate(page.evaluate(SERIES, "#compute-plot"))
        if series["type"] == "scatter"
        for index in range(len(series["data"]))
    ]
    assert sorted(shown) == sorted(NAMES)


def test_the_dashboards_chart(world: World, watched: Watched) -> None:
    page = watched.open(f"/h/{world.hackathon.slug}/dashboard/", user=world.organizer)
    page.wait_for_selector("#compute-by-team-plot canvas")
    assert set(NAMES) <= drawn(page)
    shown = [page.evaluate(TIP, ["#compute-by-team-plot", 0, index]).split("\n") for index in range(len(NAMES))]
    assert [line[0] for line in shown] == NAMES[::-1]
    assert [line for line in shown[0] if line] == [NAMES[-1], "minutes used or reserved", "6"]


def test_a_curve_says_its_values_under_the_pointer(world: World, watched: Watched) -> None:
    page = watched.open(f"/s/{running(world).pk}/", user=world.captain)
    page.wait_for_selector("#curve-1-plot canvas")
    shown = page.evaluate(TIP, ["#curve-1-plot", 0, 1])
    assert [line for line in shown.split("\n") if line] == ["step 10", "training loss", "0.09091"]


@pytest.mark.parametrize(("width", "least"), [(1280, 12), (390, 3)])
def test_no_name_covers_another_and_ones_own_is_shown(
    transactional_db: None, watched: Watched, width: int, least: int
) -> None:
    """Forty teams, all of them on the front: there is no room for all names."""
    world = make_world()
    Team.objects.filter(pk=world.team.pk).update(name="Team Own")
    for number in range(40):
        team = world.team if number == 25 else TeamFactory(hackathon=world.hackathon, name=f"Team {number}")
        result = make_result(world, team=team, public=0.5 + number / 100)
        Job.objects.filter(pk=result.job_id).update(compute_seconds=20.0 + number)
    page = watched.open(f"/c/{world.challenge.slug}/leaderboard/", user=world.captain, width=width)
    page.wait_for_selector("#compute-plot canvas")
    page.wait_for_timeout(500)
    shown = page.evaluate(SHOWN, "#compute-plot")
    assert "Team Own" in [name for name, *_box in shown]
    assert least <= len(shown) < 40
    for number, (_name, left, top, right, bottom) in enumerate(shown):
        assert left >= 0
        for _other, x, y, x_end, y_end in shown[:number]:
            assert min(right, x_end) - max(left, x) < 1 or min(bottom, y_end) - max(top, y) < 1


LINES = """(id) => {
  const chart = echarts.getInstanceByDom(document.querySelector(id));
  const at = (point) => chart.convertToPixel({ gridIndex: 0 }, point);
  const series = chart.getOption().series;
  const steps = series.filter((one) => one.type === "line").flatMap(({ data }) => data.slice(1).map((end, number) => {
    const [x, y] = at(data[number]), [x_end, y_end] = at(end);
    return [Math.min(x, x_end), Math.min(y, y_end), Math.max(x, x_end), Math.max(y, y_end)];
  }));
  const dots = series.filter((one) => one.type === "scatter").flatMap(({ data }) => data.map(({ value }) => at(value)));
  return [...steps, ...dots.map(([x, y]) => [x - 3, y - 3, x + 3, y + 3])];
}"""


@pytest.mark.parametrize("width", [1280, 390])
def test_no_name_lies_on_a_line_or_a_mark(transactional_db: None, watched: Watched, width: int) -> None:
    """One's own mark right under the front, as it goes on to the dearest run, and the mark of another right of it."""
    world = make_world()
    placed = [("Team Own Long Name", 53.0, 0.835), ("Team Front", 40.0, 0.845), ("Team Low", 19.0, 0.765)]
    placed += [("Team Just Over", 18.0, 0.755), ("Team Dearest", 56.0, 0.8)]
    for number, (name, seconds, score) in enumerate(placed):
        team = world.team if number == 0 else TeamFactory(hackathon=world.hackathon)
        Team.objects.filter(pk=team.pk).update(name=name)
        result = make_result(world, team=team, public=score)
        Job.objects.filter(pk=result.job_id).update(compute_seconds=seconds)
    page = watched.open(f"/c/{world.challenge.slug}/leaderboard/", user=world.captain, width=width)
    page.wait_for_selector("#compute-plot canvas")
    page.wait_for_timeout(500)
    shown = page.evaluate(SHOWN, "#compute-plot")
    assert len(shown) >= 3
    for name, left, top, right, bottom in shown:
        for x, y, x_end, y_end in page.evaluate(LINES, "#compute-plot"):
            assert min(right, x_end) < max(left, x) or min(bottom, y_end) < max(top, y), name
