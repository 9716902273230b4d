"""The list of submissions: filters as links, a poll while something runs, the same queries for any number of rows."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from evaluation.services.withdraw import withdraw_submission
from hackathon.templatetags.display import age
from submissions.enums import JobState
from submissions.models import Job, Submission
from submissions.services.annotate import annotate_submission
from tests import api
from tests.evaluation.scored import make_result, submit
from tests.factories import ChallengeFactory, PhaseFactory, World
from tests.pages import browser_of, html, page, poll

STOP_POLLING = 286


def labelled(world: World, *tags: str, **options: Any) -> Submission:
    submission = make_result(world, team=options.pop("team", world.team), public=0.8, **options).submission
    return annotate_submission(submission=submission, user=world.captain, tags=tags) if tags else submission


def numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r'<th scope="row" class="num"><a href="/s/[^"]+">#(\d+)<', text)]


def listed(world: World, query: str = "", who: str = "captain") -> list[int]:
    response = page(world, who, f"/submissions/?{query}")
    assert response.status_code == 200
    return numbers(html(response))


def test_filters(world: World) -> None:
    other = ChallengeFactory(hackathon=world.hackathon, title="Other")
    first, second = labelled(world, "Sweep", "r8"), labelled(world, "sweep")
    third = labelled(world, phase=PhaseFactory(challenge=other))
    withdraw_submission(submission=second, user=world.captain)
    queued = submit(world).submission
    assert queued is not None
    everything = sorted((row.number for row in (first, second, third, queued)), reverse=True)
    assert sorted(listed(world), reverse=True) == everything
    assert listed(world, "tag=SWEEP") == [second.number, first.number]
    assert listed(world, "tag=SWEEP&state=withdrawn") == [second.number]
    assert listed(world, "tag=r8") == [first.number]
    assert listed(world, f"challenge={other.slug}") == [third.number]
    assert listed(world, "state=queued") == [queued.number]
    assert listed(world, f"hackathon={world.hackathon.slug}&tag=r8&page=1") == [first.number]
    for nothing in ("tag=none", "state=nonsense", "challenge=nowhere"):
        assert listed(world, nothing) == []
    for refused in ("tag=%00", "hackathon=%00x&tag=r%008x"):
        assert page(world, "captain", f"/submissions/?{refused}").status_code == 400
    assert listed(world, "tag=sweep", "rival") == []


def test_the_api_filters_likewise(world: World) -> None:
    first, second = labelled(world, "Sweep"), labelled(world, "sweep", "two")
    withdraw_submission(submission=second, user=world.captain)

    def found(who: str = "captain", **query: str) -> list[str]:
        return [row["id"] for row in api.get(world, who, "submissions/", **query).json()["results"]]

    assert found(tag="SWEEP") == [str(second.pk), str(first.pk)]
    assert found(tag="sweep", state="withdrawn") == [str(second.pk)]
    assert found(challenge=world.challenge.slug, tag="two") == [str(second.pk)]
    assert found("rival", tag="sweep") == []
    assert api.get(world, "captain", "submissions/", state="nonsense").status_code == 400
    row = api.get(world, "captain", "submissions/", state="withdrawn").json()["results"][0]
    assert (row["withdrawn_by"], row["tags"]) == (world.captain.name, ["sweep", "two"])


def test_filters_are_links_that_keep_each_other(world: World) -> None:
    labelled(world, "Sweep")
    text = html(page(world, "captain", f"/submissions/?hackathon={world.hackathon.slug}&tag=Sweep"))
    kept = f"?hackathon={world.hackathon.slug}&amp;state=queued&amp;tag=Sweep"
    assert f'href="{kept}"' in text
    assert re.search(r'<a href="[^"]*tag=sweep" aria-current="true"><bdi>sweep</bdi></a>', text)
    empty = html(page(world, "captain", f"/submissions/?hackathon={world.hackathon.slug}&state=failed"))
    assert "No matching submissions." in empty
    assert f'href="/submissions/?hackathon={world.hackathon.slug}">Show all</a>' in empty
    assert "Submit to" in html(page(world, "rival", "/submissions/"))


def test_pages_keep_the_filters(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluation.listing.table.PAGE_SIZE", 1)
    labelled(world, ["a", "b"][0])
    labelled(world, "a")
    text = html(page(world, "captain", "/submissions/?tag=a"))
    assert 'href="?tag=a&amp;page=2"' in text
    assert 'href="?tag=a&amp;page=1"' in html(page(world, "captain", "/submissions/?tag=a&page=2"))


def test_the_list_refreshes_itself_while_something_runs(world: World) -> None:
    job = submit(world)
    whole = page(world, "captain", "/submissions/?state=")
    text = html(whole)
    found = re.search(r'hx-get="([^"]+)"', text)
    assert found is not None
    path = found[1].replace("&amp;", "&")
    same = poll(world, "captain", path)
    assert (same.status_code, same.content) == (204, b"")
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, step=40, total_steps=100)
    moved = poll(world, "captain", path)
    assert (moved.status_code, "<html" in html(moved)) == (200, False)
    assert '<progress max="100" value="40"' in html(moved)
    Job.objects.filter(pk=job.pk).update(state=JobState.FAILED, failure_code="diverged")
    last = poll(world, "captain", path)
    assert (last.status_code, "hx-get" in html(last)) == (STOP_POLLING, False)
    assert "hx-get" not in html(page(world, "captain", "/submissions/"))


def test_a_row_shows_note_tags_state_and_score(world: World) -> None:
    submission = labelled(world, "sweep", note="try more")
    withdraw_submission(submission=submission, user=world.captain)
    text = html(page(world, "captain", "/submissions/"))
    for shown in ("try more", "<bdi>sweep</bdi></a>", "0.80 ± 0.02", 'class="state state-withdrawn"', "tiny-bert"):
        assert shown in text
    assert '<th scope="col" class="wide">team</th>' not in text
    labelled(world, team=world.rivals)
    assert '<th scope="col" class="wide">team</th>' in html(page(world, "organizer", "/submissions/"))


@pytest.mark.parametrize("rows", [2, 30])
def test_queries_of_a_filtered_list(world: World, rows: int, django_assert_num_queries: Any) -> None:
    for _ in range(rows):
        withdraw_submission(submission=labelled(world, "sweep", "r8"), user=world.captain)
    browser = browser_of(world, "captain")
    with django_assert_num_queries(14):
        browser.get("/submissions/?tag=sweep&state=withdrawn")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "now"),
        (59, "now"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (3600, "1 h ago"),
        (86399, "23 h ago"),
        (200000, "2 d ago"),
    ],
)
def test_ages(seconds: int, text: str) -> None:
    now = timezone.now()
    assert f">{text}<" in age(now - timedelta(seconds=seconds), now)
