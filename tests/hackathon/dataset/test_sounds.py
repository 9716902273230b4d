"""Sounds of a data version: a player on the data tab, files by type and by range, and nothing of the test set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from hackathon.models import ChallengeData
from hackathon.services.import_challenge import import_challenge
from tests.factories import BaseModelFactory, World
from tests.hackathon.bundles.sounds import sounds
from tests.pages import browser_of, html, page

__all__ = ["sounds"]
pytestmark = pytest.mark.django_db
TYPES = {"wav": "audio/wav", "flac": "audio/flac", "ogg": "audio/ogg", "mp3": "audio/mpeg"}


@pytest.fixture
def data(world: World, sounds: Path) -> ChallengeData:
    """Sounds in the world's hackathon, whose phase has opened."""
    BaseModelFactory(slug="tiny-speech", facts={"family": "speech", "tasks": ["audio-classification"], "layers": []})
    return import_challenge(folder=sounds, hackathon=world.hackathon, publish=True).data


def address(name: str) -> str:
    return reverse("challenges:data_file", args=["sounds", 1, name])


def test_the_data_tab_has_a_player_of_each_sound_and_their_seconds(world: World, data: ChallengeData) -> None:
    text = html(page(world, "captain", "/c/sounds/data/"))
    assert f'<audio controls preload="none" src="{address("train-0.wav")}" aria-label="Sound of item train-0"' in text
    assert text.count("<audio") == 6
    assert "longest (s)" in text
    assert "Share of examples by how long they last (%)" in text


@pytest.mark.parametrize("number", range(4))
def test_a_sound_is_served_by_its_type_and_in_parts(
    world: World, data: ChallengeData, sounds: Path, number: int
) -> None:
    ending = list(TYPES)[number]
    name = f"train-{number}.{ending}"
    body = (sounds / "files" / name).read_bytes()
    client = browser_of(world, "captain")
    whole: Any = client.get(address(name))
    assert (whole.status_code, whole["Content-Type"]) == (200, TYPES[ending])
    assert b"".join(whole) == body
    part: Any = client.get(address(name), HTTP_RANGE="bytes=10-19")
    assert (part.status_code, b"".join(part)) == (206, body[10:20])


def test_nobody_hears_a_sound_of_the_test_set(world: World, data: ChallengeData) -> None:
    for who in ("captain", "organizer"):
        assert browser_of(world, who).get(address("test-0.wav")).status_code == 404
