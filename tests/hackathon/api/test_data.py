"""Facts, rows and files of train and validation over HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hackathon.clock import db_now
from hackathon.models import Phase
from tests.api import EVERYBODY, get
from tests.factories import World

pytestmark = pytest.mark.django_db
ACCEPTED = {"captain", "teammate", "rival", "judge", "organizer"}


def path_of(world: World, rest: str = "") -> str:
    return f"challenges/{world.challenge.slug}/data/{rest}"


def paths(world: World) -> list[str]:
    version = world.data.version
    return [path_of(world), path_of(world, "train/rows/"), path_of(world, f"{version}/files/validation.jsonl/")]


@pytest.mark.parametrize("who", EVERYBODY)
def test_who_was_accepted_may_read(world: World, who: str) -> None:
    expected = 200 if who in ACCEPTED else 401 if who == "anonymous" else 404
    assert [get(world, who, path).status_code for path in paths(world)] == [expected] * 3


@pytest.mark.parametrize("who", sorted(ACCEPTED))
@pytest.mark.parametrize("closed", ["not opened", "not shown"])
def test_only_organizers_read_what_is_not_open(world: World, who: str, closed: str) -> None:
    if closed == "not opened":
        Phase.objects.update(opens_at=db_now() + timedelta(hours=1))
    else:
        world.challenge.shows_data = False
        world.challenge.save()
    expected = 200 if who == "organizer" else 404
    assert [get(world, who, path).status_code for path in paths(world)] == [expected] * 3


def test_facts(world: World) -> None:
    world.data.license, world.data.source = "CC0-1.0", "Made up."
    world.data.save()
    body = get(world, "captain", path_of(world)).json()
    assert (body["version"], body["versions"]) == (world.data.version, [world.data.version])
    assert (body["license"], body["source"]) == ("CC0-1.0", "Made up.")
    assert body["facts"]["train"]["examples"] == 20
    assert body["facts"]["train"]["labels"] == dict.fromkeys(world.data.manifest["labels"], 10)
    assert sum(body["facts"]["validation"]["lengths"]["counts"]) == 10
    assert set(body["facts"]) == {"train", "validation"}
    assert [file["name"] for file in body["files"]] == ["train.jsonl", "validation.jsonl"]


def test_the_challenge_leads_to_the_data_and_the_data_to_its_files(world: World) -> None:
    url = get(world, "captain", f"challenges/{world.challenge.slug}/").json()["data_url"]
    assert url.endswith(f"/api/{path_of(world)}")
    file = get(world, "captain", path_of(world)).json()["files"][0]
    answer = get(world, "captain", file["url"].partition("/api/")[2])
    assert len(answer.file) == file["size"]
    assert answer["Content-Type"] == "application/jsonl"
    assert "attachment" in answer["Content-Disposition"]


def test_rows(world: World) -> None:
    path = path_of(world, "train/rows/")
    first = get(world, "captain", path, page_size=3).json()
    label = world.data.manifest["labels"][0]
    assert first["count"] == 20
    assert first["results"][0] == {"id": "train-0", "text": "text 0", "label": label}
    assert [row["id"] for row in first["results"]] == ["train-0", "train-1", "train-2"]
    assert "page=2" in first["next"]
    assert first["previous"] is None
    last = get(world, "captain", path, page_size=3, page=7).json()
    assert [row["id"] for row in last["results"]] == ["train-18", "train-19"]
    found = get(world, "captain", path, search="TEXT 1", label=label).json()
    assert [row["id"] for row in found["results"]] == ["train-10", "train-12", "train-14", "train-16", "train-18"]
    validation = get(world, "captain", path_of(world, "validation/rows/"), search="v3").json()
    assert [row["id"] for row in validation["results"]] == ["val-3"]
    assert get(world, "captain", path, search="nothing of the kind").json()["results"] == []


@pytest.mark.parametrize("who", ["captain", "organizer"])
def test_no_address_leads_to_a_test_item(world: World, who: str) -> None:
    version = world.data.version
    for rest in (
        "test/rows/",
        "labels/rows/",
        *(f"{version}/files/{name}/" for name in ("test.jsonl", "train.search")),
    ):
        assert get(world, who, path_of(world, rest)).status_code == 404
    assert get(world, who, path_of(world, "train/rows/"), search="hidden").json()["count"] == 0


def test_what_does_not_exist(world: World) -> None:
    rows = path_of(world, "train/rows/")
    assert get(world, "captain", rows, page=9).status_code == 404
    assert get(world, "captain", rows, label="no such label").status_code == 404
    assert get(world, "captain", rows, version=world.data.version + 1).status_code == 404
    assert get(world, "captain", rows, words="x").status_code == 400
    assert get(world, "captain", rows, search="x" * 201).status_code == 400
