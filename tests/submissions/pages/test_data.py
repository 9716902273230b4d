"""The data tab: who sees train and validation and when, what is said of them and handed out. Never a test item."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from hackathon.clock import db_now
from hackathon.dataset.index import index_data
from hackathon.files.storage import storage
from hackathon.models import ChallengeData, Phase
from hackathon.services.import_challenge import import_challenge
from tests.factories import BaseModelFactory, ParticipationFactory, UserFactory, World, jsonl, store_data
from tests.hackathon.bundles.pictures import FACTS, pictures, read_rows
from tests.pages import EVERYBODY, HOSTILE, browser_of, html, live_markup, page

__all__ = ["pictures"]
pytestmark = pytest.mark.django_db
ACCEPTED = {"captain", "teammate", "rival", "judge", "organizer"}


def tab(world: World, who: str, query: str = "") -> Any:
    return page(world, who, f"/c/{world.challenge.slug}/data/{query}")


def download(world: World, who: str, name: str, version: int = 0, **headers: str) -> Any:
    args = [world.challenge.slug, version or world.data.version, name]
    response: Any = browser_of(world, who).get(reverse("challenges:data_download", args=args), headers=headers)
    response.file = b"".join(response) if response.streaming else b""
    return response


def items(text: str) -> list[str]:
    """Ids of the rows on a page."""
    return re.findall(r"<dt>Item</dt><dd><code>([^<]+)</code>", text)


def write_rows(data: ChallengeData, rows: list[dict[str, Any]]) -> None:
    """New rows of train and validation, under another prefix."""
    data.prefix = f"rows/{len(rows)}"
    bodies = {name: jsonl(rows) for name in ("train.jsonl", "validation.jsonl")}
    facts, index = index_data(data.challenge.task_spec, data.manifest["labels"], bodies)
    for name, body in (bodies | index).items():
        storage("datasets").save(f"{data.prefix}/{name}", ContentFile(body))
    data.facts = facts.model_dump(mode="json")
    data.save()


@pytest.mark.parametrize("who", EVERYBODY)
def test_who_was_accepted_browses_and_downloads(world: World, who: str) -> None:
    response, file = tab(world, who), download(world, who, "train.jsonl")
    if who == "anonymous":
        assert (response.status_code, file.status_code) == (302, 302)
        assert response["Location"].startswith("/login/")
    elif who in ACCEPTED:
        assert items(html(response)) == [f"train-{n}" for n in range(20)]
        assert file.file.startswith(b'{"id": "train-0", "text": "text 0"')
    else:
        assert (response.status_code, file.status_code) == (404, 404)


@pytest.mark.parametrize("who", EVERYBODY)
def test_the_tab_is_there_for_who_may_open_it(world: World, who: str) -> None:
    link = f'href="/c/{world.challenge.slug}/data/"'
    assert (link in html(page(world, who, f"/c/{world.challenge.slug}/"))) == (who in ACCEPTED)


def test_a_mentor_has_a_part_and_staff_alone_has_none(world: World) -> None:
    mentor, staff = UserFactory(), UserFactory(is_staff=True)
    ParticipationFactory(user=mentor, hackathon=world.hackathon, role="mentor")
    client = browser_of(world, "anonymous")
    for user, status in ((mentor, 200), (staff, 404), (UserFactory(is_superuser=True), 200)):
        client.force_login(user)
        assert client.get(f"/c/{world.challenge.slug}/data/").status_code == status


def test_judges_get_no_submit_tab(world: World) -> None:
    for address in ("", "data/"):
        text = html(page(world, "judge", f"/c/{world.challenge.slug}/{address}"))
        tabs = text[text.index('<nav class="tabs"') :].partition("</nav>")[0]
        assert "Data" in tabs
        assert "Submit" not in tabs
        assert "Your submissions" not in tabs
    assert "Submit" in html(page(world, "captain", f"/c/{world.challenge.slug}/data/"))


@pytest.mark.parametrize("who", sorted(ACCEPTED))
def test_before_a_phase_opens_only_organizers_see_the_data(world: World, who: str) -> None:
    Phase.objects.update(opens_at=db_now() + timedelta(hours=1))
    response, file = tab(world, who), download(world, who, "train.jsonl")
    if who == "organizer":
        assert items(html(response))
        assert file.status_code == 200
    else:
        assert response.status_code == 200
        assert items(html(response)) == []
        assert "The data is shown when the phase" in html(response)
        assert file.status_code == 404


@pytest.mark.parametrize("who", sorted(ACCEPTED))
def test_a_challenge_that_does_not_show_its_data(world: World, who: str) -> None:
    world.challenge.shows_data = False
    world.challenge.save()
    text, file = html(tab(world, who)), download(world, who, "validation.jsonl")
    if who == "organizer":
        assert items(text)
        assert "Only organizers see the data" in text
        assert file.status_code == 200
    else:
        assert items(text) == []
        assert "The organizers do not show the data" in text
        assert "train-0" not in text
        assert file.status_code == 404


@pytest.mark.parametrize("who", ["captain", "organizer"])
@pytest.mark.parametrize(
    "name",
    ["test.jsonl", "test_labels.jsonl", "split.json", "train.search", "train.offsets", "test.tar", "..", "x.jsonl"],
)
def test_nothing_else_is_downloaded(world: World, who: str, name: str) -> None:
    assert download(world, who, name).status_code == 404
    assert download(world, who, "train.jsonl", version=world.data.version + 1).status_code == 404


def test_no_page_of_the_tab_has_a_test_item(world: World) -> None:
    for query in ("", "?split=test", "?search=hidden", "?split=test&search=hidden", "?split=validation"):
        text = html(tab(world, "organizer", query))
        assert "hidden item" not in text
        assert "item-1<" not in text


def test_a_file_is_saved_under_its_name_and_given_in_parts(world: World) -> None:
    whole = download(world, "captain", "train.jsonl")
    name = f"{world.challenge.slug}-{world.data.version}-train.jsonl"
    assert whole["Content-Disposition"] == f'attachment; filename="{name}"'
    assert whole["Accept-Ranges"] == "bytes"
    part = download(world, "captain", "train.jsonl", range="bytes=5-14")
    assert (part.status_code, part.file) == (206, whole.file[5:15])
    assert part["Content-Range"] == f"bytes 5-14/{len(whole.file)}"
    assert download(world, "captain", "train.jsonl", range="bytes=999999-").status_code == 416


def test_pages_search_and_labels(world: World) -> None:
    rows = [{"id": f"r{n}", "text": f"word {n}", "label": world.data.manifest["labels"][n % 2]} for n in range(60)]
    write_rows(world.data, rows)
    label = world.data.manifest["labels"][1]
    assert items(html(tab(world, "captain", "?page=3"))) == [f"r{n}" for n in range(50, 60)]
    assert items(html(tab(world, "captain", "?page=99"))) == [f"r{n}" for n in range(50, 60)]
    assert items(html(tab(world, "captain", "?search=WORD+5"))) == ["r5", *(f"r{n}" for n in range(50, 60))]
    text = html(tab(world, "captain", f"?label={label}&search=word+5&split=validation"))
    assert items(text) == ["r5", "r51", "r53", "r55", "r57", "r59"]
    assert "6 examples found." in text
    assert f'<option value="{label}" selected>{label} (30)</option>' in text
    text = html(tab(world, "captain", f"?label={label}"))
    assert f"label={label}&amp;page=2" in text.replace("&amp;amp;", "&amp;")


def test_a_search_without_a_result_offers_to_clear_it(world: World) -> None:
    text = html(tab(world, "captain", "?split=validation&search=no+such+text"))
    assert "No example has what you search for." in text
    assert f'href="?version={world.data.version}&amp;split=validation#rows"' in text
    assert tab(world, "captain", "?label=no+such+label").status_code == 404


def test_facts_licence_and_origin(world: World) -> None:
    world.data.license, world.data.source = "CC-BY-4.0", "See https://example.org/corpus for more."
    world.data.save()
    text = html(tab(world, "captain"))
    assert "CC-BY-4.0" in text
    assert '<a href="https://example.org/corpus"' in text
    assert 'id="data-1"' in text
    assert "Share of examples by label (%)" in text
    assert "Share of examples by length (%)" in text


def test_the_current_phases_version_is_shown_and_others_by_their_number(world: World) -> None:
    newer = store_data(world.challenge)
    assert "Data versions" not in html(tab(world, "captain"))
    text = html(tab(world, "organizer"))
    assert f'<a class="button" href="?version={world.data.version}" aria-current="page">' in text
    assert f'href="?version={newer.version}"' in text
    assert tab(world, "organizer", f"?version={newer.version}").status_code == 200
    assert tab(world, "captain", f"?version={newer.version}").status_code == 404
    assert tab(world, "captain", "?version=x").status_code == 404


def test_a_challenge_without_data_and_a_version_without_facts(world: World) -> None:
    world.data.facts = {}
    world.data.save()
    assert "cannot be shown" in html(tab(world, "captain"))
    Phase.objects.all().delete()
    ChallengeData.objects.all().delete()
    assert "There is no data yet." in html(tab(world, "captain"))


def test_hostile_texts_are_text(world: World) -> None:
    world.data.source = HOSTILE
    write_rows(world.data, [{"id": "r1", "text": HOSTILE, "label": world.data.manifest["labels"][0]}])
    response = browser_of(world, "captain").get(f"/c/{world.challenge.slug}/data/", {"search": "alert(1)"})
    assert items(html(response)) == ["r1"]
    assert live_markup(html(response)) == []


def test_images_are_shown_and_downloaded(world: World, pictures: Path) -> None:
    BaseModelFactory(slug="tiny-vision", facts=FACTS)
    data = import_challenge(folder=pictures, hackathon=world.hackathon, publish=True).data
    world.challenge, world.data = data.challenge, data
    text, row = html(tab(world, "captain")), read_rows(pictures / "train.jsonl")[0]
    assert f'<img class="picture" src="/c/pictures/data/1/files/{row["image"]}"' in text
    assert download(world, "captain", "train.tar").file == stored(data, "train.tar")
    assert download(world, "organizer", "test.tar").status_code == 404


def stored(data: ChallengeData, name: str) -> bytes:
    with storage("datasets").open(f"{data.prefix}/{name}", "rb") as file:
        body: bytes = file.read()
    return body


def test_where_the_data_is_not_shown_reports_still_show_validation_images(world: World, pictures: Path) -> None:
    BaseModelFactory(slug="tiny-vision", facts=FACTS)
    data = import_challenge(folder=pictures, hackathon=world.hackathon, publish=True).data
    data.challenge.shows_data = False
    data.challenge.save()
    found = {}
    for who in ("captain", "organizer", "outsider"):
        for split in ("train", "validation"):
            name = read_rows(pictures / f"{split}.jsonl")[0]["image"]
            response: Any = page(world, who, reverse("challenges:data_file", args=["pictures", 1, name]))
            found[who, split] = response.status_code
            b"".join(response)
    assert found == {
        ("captain", "train"): 404,
        ("captain", "validation"): 200,
        ("organizer", "train"): 200,
        ("organizer", "validation"): 200,
        ("outsider", "train"): 404,
        ("outsider", "validation"): 404,
    }


@pytest.mark.parametrize("rows", [3, 30])
def test_queries_of_the_page(world: World, rows: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    write_rows(
        world.data,
        [{"id": f"r{n}", "text": "word", "label": world.data.manifest["labels"][0]} for n in range(rows)],
    )
    browser = browser_of(world, "captain")
    with django_assert_num_queries(9):
        browser.get(f"/c/{world.challenge.slug}/data/?search=word")
