"""Notes and tags: what a tag is, who writes them, by form and by API; they touch neither the run nor its cost."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.core.files.storage import Storage
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hackathon.errors import Invalid
from hackathon.files.storage import storage
from submissions.models import Artifact, Quota, Submission, Tag
from submissions.selectors import first_job
from submissions.services.submit import submit_config
from submissions.tags import read_tags, split_tags
from tests import api
from tests.factories import CONFIG, World
from tests.pages import EVERYBODY, HOSTILE, browser_of, html, page

OWNERS = {"captain", "teammate"}


def submitted(world: World, *, tags: tuple[str, ...] = (), note: str = "") -> Submission:
    return submit_config(
        author=world.captain, team=world.team, phase=world.phase, config=CONFIG, tags=tags, note=note
    ).submission


def tags_of(submission: Submission) -> list[str]:
    return [tag.name for tag in Tag.objects.filter(submission=submission)]


# --- what a tag is ----------------------------------------------------------------------------------------------------


def test_a_line_of_tags() -> None:
    assert split_tags(" lora, sweep-2  r_8.1，基线、中文 ,, ") == ["lora", "sweep-2", "r_8.1", "基线", "中文"]
    assert split_tags("") == []


def test_tags_are_kept_as_written_once_each() -> None:
    assert read_tags([" LoRA ", "lora", "ＬＯＲＡ", "Straße", "STRASSE", "v1.0"]) == ["LoRA", "Straße", "v1.0"]
    assert read_tags(["x" * 30]) == ["x" * 30]
    assert read_tags([f"tag-{n}" for n in range(8)] + ["TAG-0"]) == [f"tag-{n}" for n in range(8)]


@pytest.mark.parametrize("bad", ["", "  ", "two words", "x" * 31, "a,b", "<b>", "a\0b", "a\nb", "🚀", "a/b", "ﷺ" * 3])
def test_what_is_no_tag(bad: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_tags(["good", bad])
    assert [(field.code, field.field) for field in refused.value.fields] == [("invalid_tag", "tags")]


def test_nine_tags_are_too_many() -> None:
    with pytest.raises(Invalid) as refused:
        read_tags([f"tag-{n}" for n in range(9)])
    assert [field.code for field in refused.value.fields] == ["out_of_range"]


# --- at submit ----------------------------------------------------------------------------------------------------


def test_the_form_takes_tags_and_keeps_them_between_the_tabs(world: World) -> None:
    form = {"tab": "form", "base_model": "tiny-bert", "method.name": "head", "tags": "First, sweep-2", "note": "try"}
    path, browser = f"/c/{world.challenge.slug}/submit/", browser_of(world, "captain")
    as_yaml = html(browser.post(path, form | {"to": "yaml"}))
    assert 'value="First, sweep-2"' in as_yaml
    assert 'value="First, sweep-2"' in html(browser.post(path, form | {"show": "lora"}))
    assert browser.post(path, form | {"submit": "1"}).status_code == 302
    submission = Submission.objects.get()
    assert (tags_of(submission), submission.note) == (["First", "sweep-2"], "try")


def test_the_form_says_what_is_wrong_with_a_tag_and_submits_nothing(world: World) -> None:
    form = {"tab": "form", "base_model": "tiny-bert", "method.name": "head", "tags": "good <bad>", "submit": "1"}
    text = html(browser_of(world, "captain").post(f"/c/{world.challenge.slug}/submit/", form))
    assert 'id="id_tags_error"' in text
    assert "“&lt;bad&gt;” is not a tag" in text
    assert not Submission.objects.exists()


def test_the_api_takes_tags(world: World) -> None:
    body = {"phase": str(world.phase.pk), "config": CONFIG, "tags": ["Sweep", "sweep", "r8"]}
    answer = api.post(world, "captain", "submissions/", body)
    assert (answer.status_code, answer.json()["tags"], answer.json()["withdrawn_at"]) == (201, ["Sweep", "r8"], None)
    assert api.get(world, "organizer", "submissions/").json()["results"][0]["tags"] == ["Sweep", "r8"]


@pytest.mark.parametrize("tags", [["two words"], [f"t{n}" for n in range(9)], "text", [["x"]], ["x" * 101]])
def test_the_api_refuses_bad_tags_and_charges_nothing(world: World, tags: Any) -> None:
    answer = api.post(world, "captain", "submissions/", {"phase": str(world.phase.pk), "config": CONFIG, "tags": tags})
    assert answer.status_code == 400
    assert {name.split(".")[0] for _code, name in api.errors(answer)} == {"tags"}
    assert not Quota.objects.filter(used_total__gt=0).exists()


def test_the_same_run_keeps_its_note_and_tags(world: World) -> None:
    first = submitted(world, tags=("first",), note="the first")
    again = submit_config(
        author=world.teammate, team=world.team, phase=world.phase, config=CONFIG, tags=["second"], note="no"
    )
    assert (again.submission, again.was_created) == (first, False)
    again.submission.refresh_from_db()
    assert (tags_of(first), again.submission.note) == (["first"], "the first")


def test_an_idempotency_key_stands_for_its_tags(world: World) -> None:
    body = {"phase": str(world.phase.pk), "config": CONFIG, "tags": ["a"]}
    first = api.submit(world, key="k", body=body)
    assert api.submit(world, key="k", body=body).json()["id"] == first.json()["id"]
    assert api.submit(world, key="k", body=body | {"tags": ["b"]}).status_code == 409


# --- afterwards ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", EVERYBODY)
def test_who_may_edit_by_form(world: World, who: str) -> None:
    submission = submitted(world, tags=("old",), note="old")
    browser, path = browser_of(world, who), f"/s/{submission.pk}/edit/"
    statuses = {browser.get(path).status_code, browser.post(path, {"note": "new", "tags": "n1 n2"}).status_code}
    expected = {"captain": {200, 302}, "teammate": {200, 302}, "organizer": {403}, "anonymous": {302}}
    assert statuses == expected.get(who, {404})
    submission.refresh_from_db()
    changed = (submission.note, tags_of(submission)) == ("new", ["n1", "n2"])
    assert changed is (who in OWNERS)
    assert changed or (submission.note, tags_of(submission)) == ("old", ["old"])


@pytest.mark.parametrize("who", EVERYBODY)
def test_who_may_edit_by_api(world: World, who: str) -> None:
    submission = submitted(world, tags=("old",))
    client = api.client_of(world, who)
    answer = client.patch(f"/api/submissions/{submission.pk}/", {"tags": ["new"]})
    expected = {"captain": 200, "teammate": 200, "organizer": 403, "anonymous": 401}
    assert answer.status_code == expected.get(who, 404)
    assert tags_of(submission) == (["new"] if who in OWNERS else ["old"])


def test_a_patch_leaves_out_what_it_does_not_name(world: World) -> None:
    submission = submitted(world, tags=("one", "two"), note="note")
    before = (submission.received_at, submission.run_key, Quota.objects.values().get())
    client, path = api.client_of(world, "captain"), f"/api/submissions/{submission.pk}/"
    assert client.patch(path, {"note": ""}).json()["tags"] == ["one", "two"]
    assert client.patch(path, {"tags": []}).json()["tags"] == []
    assert client.patch(path, {}).status_code == 200
    for bad in ({"number": 3}, {"note": "x" * 301}, {"tags": ["a b"]}, {"tags": None}):
        assert client.patch(path, bad).status_code == 400
    submission.refresh_from_db()
    assert (submission.note, tags_of(submission)) == ("", [])
    assert (submission.received_at, submission.run_key, Quota.objects.values().get()) == before


def test_the_edit_page_keeps_what_was_typed_beside_its_problem(world: World) -> None:
    submission = submitted(world, tags=("old",))
    path, browser = f"/s/{submission.pk}/edit/", browser_of(world, "captain")
    assert 'value="old"' in html(browser.get(path))
    text = html(browser.post(path, {"note": HOSTILE[:300], "tags": HOSTILE}))
    assert 'id="id_tags_error"' in text
    assert "alert(1)" in text
    assert not [live for live in ("<script>alert", "<img src=x", "<svg onload", '"onmouseover') if live in text]
    assert tags_of(submission) == ["old"]


def test_the_page_shows_tags_and_offers_editing_to_the_team_alone(world: World) -> None:
    submission = submitted(world, tags=("sweep-2",))
    for who in ("captain", "organizer"):
        text = html(page(world, who, f"/s/{submission.pk}/"))
        assert 'href="/submissions/?tag=sweep-2"><bdi>sweep-2</bdi></a>' in text
        assert (f"/s/{submission.pk}/edit/" in text) is (who == "captain")


def test_who_has_left_edits_no_more(world: World) -> None:
    submission = submitted(world)
    world.team.memberships.filter(user=world.teammate).update(left_at=submission.received_at)
    assert page(world, "teammate", f"/s/{submission.pk}/edit/").status_code == 404


# --- files ----------------------------------------------------------------------------------------------------


def fetch(world: World, kind: str, submission: Submission, name: str) -> Any:
    if kind == "page":
        return page(world, "captain", f"/s/{submission.pk}/files/{name}")
    return api.get(world, "captain", f"submissions/{submission.pk}/artifacts/{name}/")


@pytest.mark.parametrize("kind", ["page", "api"])
def test_a_name_that_no_column_can_hold_is_not_there(world: World, kind: str) -> None:
    submission = submitted(world)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert fetch(world, kind, submission, "a%00b").status_code == 404
    assert not [query for query in queries.captured_queries if "\0" in query["sql"]]


@pytest.mark.parametrize("kind", ["page", "api"])
def test_a_file_that_the_storage_has_lost_is_not_there(
    world: World, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it goes away after somebody looked for it."""
    submission = submitted(world)
    key = f"attempts/{uuid.uuid4()}/gone.json"
    Artifact.objects.create(job=first_job(submission), name="gone.json", key=key, sha256="0" * 64, size=2)
    assert fetch(world, kind, submission, "gone.json").status_code == 404
    monkeypatch.setattr(type(storage("artifacts")), "exists", _always)
    assert fetch(world, kind, submission, "gone.json").status_code == 404


def _always(_storage: Storage, _name: str) -> bool:
    return True
