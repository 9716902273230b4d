"""Fixtures that every test folder shares."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.cache import cache

from tests.factories import World, make_world

OUTBOX = "hackathon.mail.OutboxBackend"


@pytest.fixture(autouse=True)
def _own_files(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """Every test that uses the database gets empty storages and an empty cache."""
    if not {"db", "transactional_db"} & set(request.fixturenames) and not request.node.get_closest_marker("django_db"):
        yield
        return
    settings: LazySettings = request.getfixturevalue("settings")
    settings.STORAGES = {
        alias: {**entry, "OPTIONS": {"location": str(tmp_path / "files" / alias)}}
        if entry["BACKEND"] == "hackathon.storage.PrivateFolder"
        else entry
        for alias, entry in settings.STORAGES.items()
    }
    settings.EMAIL_BACKEND = OUTBOX  # pytest-django has set Django's own for tests
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def world(db: None) -> World:
    """A running hackathon with an open phase, stored data, a model, an organizer, a judge and two teams."""
    return make_world()
