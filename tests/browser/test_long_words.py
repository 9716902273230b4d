"""Words without a place to break, as long as their columns take: no page is wider than a phone."""

from __future__ import annotations

import pytest
from django.db.models import CharField, Model, TextField
from playwright.sync_api import Page

from hackathon.models import BaseModel, Challenge, Hackathon, Organization, Phase, User
from submissions.models import Job, Node, ProgressChunk, Submission
from submissions.services.annotate import annotate_submission
from teams.models import Team
from tests.browser.test_pages_browser import running
from tests.browser.watched import Watched
from tests.evaluation.report.made_up import class_report
from tests.evaluation.report.validated import validated
from tests.evaluation.scored import make_result, reserved_team, submit
from tests.factories import World, make_node, make_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = 390
LONGEST = 300
WRITTEN: dict[type[Model], tuple[str, ...]] = {
    Hackathon: ("name", "tagline", "description"),
    Challenge: ("title", "summary", "description"),
    Phase: ("name",),
    Team: ("name",),
    User: ("name",),
    Organization: ("name",),
    BaseModel: ("name",),
    Submission: ("note",),
    Node: ("name",),
}
"""Every column of text that people write and pages show."""
SIDEWAYS = """(screens) => [...document.querySelectorAll("main .scroll")]
    .filter((part) => part.scrollWidth > Math.max(1, screens * part.clientWidth))
    .map((part) => `${part.getAttribute("aria-label")}: ${part.scrollWidth} of ${part.clientWidth}`)"""


def word(letter: str, length: int = LONGEST) -> str:
    return letter * length


def lengthen(model: type[Model]) -> None:
    """Make every text of the model's rows one word, as long as the column takes and another for each row."""
    for number, row in enumerate(model._default_manager.all()):
        for name in WRITTEN[model]:
            field = model._meta.get_field(name)
            assert isinstance(field, CharField | TextField)
            setattr(row, name, word("abcdefghijklm"[number], min(LONGEST, field.max_length or LONGEST)))
        row.save()


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


def written(world: World) -> dict[str, str]:
    """Pages by what they show, everything on them written in one word."""
    report = class_report().model_dump_json()
    for number, label in enumerate(("bird", "cat", "dog")):
        report = report.replace(f'"{label}"', f'"{word("bcd"[number], 100)}"')
    done = validated(world, report.replace("the text of ", word("t")).encode())
    make_result(world, team=world.rivals, public=0.83)
    make_result(world, team=reserved_team(world), public=0.7)
    moving, failed = running(world), submit(world, rate=0.1)
    Job.objects.filter(pk=failed.pk).update(
        state="failed", failure_code="diverged", failure_message=word("m"), failure_hint=word("h"), fault="own"
    )
    lines = [{"at": "2030-01-01T00:00:00Z", "text": word("l")}]
    ProgressChunk.objects.update(lines=lines)
    make_node()
    annotate_submission(submission=done, user=world.captain, tags=[word(letter, 30) for letter in "uvwxyz"])
    for model in WRITTEN:
        lengthen(model)
    hackathon, challenge = f"/h/{world.hackathon.slug}/", f"/c/{world.challenge.slug}/"
    return {
        "list": "/submissions/",
        "board": f"{challenge}leaderboard/",
        "scored": f"/s/{done.pk}/",
        "running": f"/s/{moving.pk}/",
        "failed": f"/s/{failed.submission_id}/",
        "edit": f"/s/{done.pk}/edit/",
        "home": "/",
        "hackathon": hackathon,
        "challenge": challenge,
        "form": f"{challenge}submit/?method=lora&from={done.pk}",
        "yaml": f"{challenge}submit/?tab=yaml&from={done.pk}",
        "team": f"/t/{world.team.pk}/",
        "profile": "/account/",
        "tokens": "/account/tokens/",
    }


def too_wide(page: Page, *, screens: float) -> list[str]:
    """The page where it is wider than the phone, and its tables of more than so many screens to the side."""
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    width = page.evaluate("document.documentElement.scrollWidth")
    return [*([f"page: {width}"] if width > PHONE else []), *page.evaluate(SIDEWAYS, screens)]


def test_a_long_word_makes_no_page_wider(world: World, watched: Watched) -> None:
    found = {}
    for name, path in written(world).items():
        page = watched.open(path, user=world.captain, width=PHONE)
        assert page.locator("h1").count() == 1
        if wide := too_wide(page, screens=2):
            found[name] = wide
        page.context.close()
    for path, user in (("dashboard", world.organizer), ("join", world.outsider)):
        page = watched.open(f"/h/{world.hackathon.slug}/{path}/", user=user, width=PHONE)
        if wide := too_wide(page, screens=2):
            found[path] = wide
    assert found == {}


def test_lists_with_long_words_are_read_without_scrolling_sideways(world: World, watched: Watched) -> None:
    written(world)
    for user in (world.captain, world.organizer):
        page = watched.open("/submissions/", user=user, width=PHONE)
        assert page.locator("#submissions tbody tr").count() >= 3
        assert too_wide(page, screens=1) == []
