"""Images of a data version, one by one: train and validation for who takes part, test images for nobody."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hackathon.clock import db_now
from hackathon.enums import Visibility
from hackathon.files.storage import storage
from hackathon.models import ChallengeData, Hackathon, Phase
from hackathon.services.import_challenge import import_challenge
from hackathon.web.caching import FROZEN
from tests.factories import BaseModelFactory, UserFactory, World
from tests.hackathon.bundles.pictures import FACTS, pictures, read_rows
from tests.pages import EVERYBODY, browser_of
from tests.s3 import S3Server

__all__ = ["pictures"]
TAKES_PART = {"captain", "teammate", "rival", "organizer", "judge"}


@pytest.fixture
def data(world: World, pictures: Path) -> ChallengeData:
    """Images in the world's hackathon, whose phase has opened."""
    BaseModelFactory(slug="tiny-vision", facts=FACTS)
    return import_challenge(folder=pictures, hackathon=world.hackathon, publish=True).data


def fetch(client: Client, path: str) -> tuple[HttpResponse, bytes]:
    """The answer and the whole of its body, which closes the file."""
    response: Any = client.get(path)
    return response, b"".join(response)


def status(world: World, who: str, path: str) -> int:
    return fetch(browser_of(world, who), path)[0].status_code


def address(name: str, version: int = 1) -> str:
    return reverse("challenges:data_file", args=["pictures", version, name])


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize("split", ["train", "validation"])
def test_who_takes_part_sees_train_and_validation_images(
    world: World, data: ChallengeData, pictures: Path, who: str, split: str
) -> None:
    for row in read_rows(pictures / f"{split}.jsonl")[:2]:
        response, body = fetch(browser_of(world, who), address(row["image"]))
        if who not in TAKES_PART:
            assert response.status_code == 404
            continue
        assert response.status_code == 200
        assert body == (pictures / "files" / row["image"]).read_bytes()
        assert response["Content-Type"] == ("image/png" if row["image"].endswith("png") else "image/jpeg")
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Cache-Control"] == FROZEN
        assert "attachment" not in response.get("Content-Disposition", "")


@pytest.mark.parametrize("who", ["captain", "organizer"])
def test_nobody_sees_a_test_image_under_either_name(
    world: World, data: ChallengeData, pictures: Path, who: str
) -> None:
    for row in read_rows(pictures / "test.jsonl"):
        for name in (row["image"], f"{row['id']}{Path(row['image']).suffix}"):
            assert status(world, who, address(name)) == 404


@pytest.mark.parametrize(
    "path",
    ["..%2Ftest.tar", "%2E%2E%2Ftrain.jsonl", "test.tar", "test.jsonl", "train.jsonl", "..",
     "%00.png", "x.png", "a%5Cb.png",
     "../../../../../etc/passwd", "%2Fetc%2Fpasswd", "..%2F..%2Fmodels%2Fx.png"],
)  # fmt: skip
def test_nothing_else_is_reached(world: World, data: ChallengeData, path: str) -> None:
    assert status(world, "organizer", address("x.png").removesuffix("x.png") + path) == 404


@pytest.mark.parametrize("version", [0, 2, 10**30])
def test_another_version_has_no_such_file(world: World, data: ChallengeData, pictures: Path, version: int) -> None:
    name = read_rows(pictures / "train.jsonl")[0]["image"]
    assert status(world, "organizer", address(name, version)) == 404


def test_only_organizers_see_the_data_of_a_phase_to_come(world: World, data: ChallengeData, pictures: Path) -> None:
    name = read_rows(pictures / "train.jsonl")[0]["image"]
    Phase.objects.filter(data=data).update(opens_at=db_now() + timedelta(minutes=1))
    assert status(world, "captain", address(name)) == 404
    assert status(world, "organizer", address(name)) == 200


def test_drafts_and_hidden_challenges_show_nothing(world: World, data: ChallengeData, pictures: Path) -> None:
    name = read_rows(pictures / "train.jsonl")[0]["image"]
    Hackathon.objects.update(visibility=Visibility.DRAFT)
    assert status(world, "captain", address(name)) == 404
    Hackathon.objects.update(visibility=Visibility.PUBLIC)
    data.challenge.is_published = False
    data.challenge.save()
    assert status(world, "captain", address(name)) == 404
    assert status(world, "organizer", address(name)) == 200


def test_a_superuser_organizes_everything(data: ChallengeData, pictures: Path) -> None:
    client = Client()
    client.force_login(UserFactory(is_superuser=True))
    assert fetch(client, address(read_rows(pictures / "train.jsonl")[0]["image"]))[0].status_code == 200


def test_a_store_that_is_away_says_so(
    world: World, data: ChallengeData, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(name: str, mode: str) -> object:
        raise OSError("no answer")

    monkeypatch.setattr(storage("datasets"), "open", away)
    assert status(world, "captain", address(read_rows(pictures / "train.jsonl")[0]["image"])) == 503


def test_images_in_a_bucket(files_in_s3: S3Server, world: World, data: ChallengeData, pictures: Path) -> None:
    name = read_rows(pictures / "train.jsonl")[0]["image"]
    response, body = fetch(browser_of(world, "captain"), address(name))
    assert (response.status_code, body) == (200, (pictures / "files" / name).read_bytes())
    assert status(world, "captain", address("day-99.png")) == 404


def test_an_image_costs_few_queries(world: World, data: ChallengeData, pictures: Path) -> None:
    browser, name = browser_of(world, "captain"), read_rows(pictures / "train.jsonl")[0]["image"]
    fetch(browser, address(name))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        fetch(browser, address(name))
    assert len(queries) <= 4
