"""Beside a description the admin shows what a page will make of it; what no page could show is refused."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.test import Client

from hackathon.models import Challenge, Hackathon, User
from hackathon.services.organizers import make_organizer
from tests.factories import World
from tests.pages import browser_of, html, page

pytestmark = pytest.mark.django_db
KINDS = pytest.mark.parametrize("kind", ["hackathon", "challenge"])
DEEP = "> " * 20 + "a"


@pytest.fixture
def organizer(world: World) -> Client:
    make_organizer(user=world.organizer)
    return browser_of(world, "organizer")


@KINDS
def test_a_preview_is_what_the_page_will_show(world: World, organizer: Client, kind: str) -> None:
    text = "# Rules\n\n<label> $x^2$ ~~no~~"
    shown = html(organizer.post(f"/admin/hackathon/{kind}/preview/", {"text": text})).strip()
    assert shown.startswith('<h3 id="user-content-rules">Rules</h3>\n<p>&lt;label&gt; <math display="inline">')
    for model in (Hackathon, Challenge):
        model.objects.update(description=text)
    path = {"hackathon": f"/h/{world.hackathon.slug}/", "challenge": f"/c/{world.challenge.slug}/"}[kind]
    assert shown in html(page(world, "captain", path))


@KINDS
def test_a_preview_says_why_a_text_is_refused_and_that_nothing_is_there(organizer: Client, kind: str) -> None:
    path = f"/admin/hackathon/{kind}/preview/"
    said = '<p class="errornote">Lists or quotes are nested too deeply.</p>'
    assert html(organizer.post(path, {"text": DEEP})).strip() == said
    assert html(organizer.post(path)).strip() == "<p>Nothing to show yet.</p>"


@KINDS
def test_only_who_may_write_such_a_row_gets_one(world: World, organizer: Client, kind: str) -> None:
    path = f"/admin/hackathon/{kind}/preview/"
    assert organizer.get(path).status_code == 405
    for who in ("captain", "outsider", "anonymous"):
        assert browser_of(world, who).post(path, {"text": "a"}).status_code == 302  # to the log-in
    User.objects.filter(pk=world.judge.pk).update(is_staff=True)
    world.judge.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    assert browser_of(world, "judge").post(path, {"text": "a"}).status_code == 403
    assert browser_of(world, "organizer", enforce_csrf_checks=True).post(path, {"text": "a"}).status_code == 403


def test_every_field_in_markdown_has_its_button_and_no_other_list_has_the_page(world: World, organizer: Client) -> None:
    for kind, row in (("hackathon", world.hackathon), ("challenge", world.challenge)):
        form = html(organizer.get(f"/admin/hackathon/{kind}/{row.pk}/change/"))
        assert f'data-preview="/admin/hackathon/{kind}/preview/" aria-controls="id_description_preview"' in form
        assert "hackathon/markdown-preview.js" in form
    assert organizer.post("/admin/hackathon/phase/preview/", {"text": "a"}).status_code != 200


@KINDS
def test_a_text_that_could_not_be_shown_is_not_saved(world: World, organizer: Client, kind: str) -> None:
    row = {"hackathon": world.hackathon, "challenge": world.challenge}[kind]
    answer = organizer.post(f"/admin/hackathon/{kind}/{row.pk}/change/", {"description": DEEP})
    assert answer.context["adminform"].form.errors["description"] == ["Lists or quotes are nested too deeply."]
    row.description = DEEP
    with pytest.raises(ValidationError, match="nested too deeply"):
        row.full_clean()
