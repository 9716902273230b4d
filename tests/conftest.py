"""Fixtures that every test folder shares."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.utils import timezone, translation
from hypothesis import settings
from playwright.sync_api import Browser

from tests.browser.chromium import find_chromium, running_chromium
from tests.factories import CONFIG, World, make_world

if TYPE_CHECKING:
    from tests.s3 import S3Server

settings.register_profile("any machine", settings.default, deadline=None)
settings.load_profile("any machine")  # a busy machine may take long over an example

OUTBOX = "hackathon.mail.backend.OutboxBackend"
CHROMIUM = find_chromium()
NO_CHROMIUM = "NO CHROMIUM ON PATH: THE BROWSER TESTS DID NOT RUN (apt-get install chromium)"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database-only", action="store_true", help="only the tests that may use the database")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--database-only"):
        using = [item for item in items if uses_database(item)]
        config.hook.pytest_deselected(items=[item for item in items if not uses_database(item)])
        items[:] = using


def uses_database(item: pytest.Item) -> bool:
    """pytest-django refuses the database to every other test."""
    fixtures = getattr(item, "fixturenames", ())
    return item.get_closest_marker("django_db") is not None or not {"db", "transactional_db"}.isdisjoint(fixtures)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if CHROMIUM is None:
        terminalreporter.write_line(f"*** {NO_CHROMIUM} ***", red=True)


@pytest.fixture(autouse=True)
def _own_files(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """Every test that uses the database gets empty storages and an empty cache, and no language or time zone that a
    request of the test before it has left in the thread."""
    if not uses_database(request.node):
        yield
        return
    site: LazySettings = request.getfixturevalue("settings")
    site.STORAGES = {
        alias: {**entry, "OPTIONS": {"location": str(tmp_path / "files" / alias)}}
        if entry["BACKEND"] == "hackathon.files.storage.PrivateFolder"
        else entry
        for alias, entry in site.STORAGES.items()
    }
    site.EMAIL_BACKEND = OUTBOX  # pytest-django has set Django's own for tests
    cache.clear()
    translation.deactivate()
    timezone.deactivate()
    shared = json.dumps(CONFIG)
    yield
    cache.clear()
    assert json.dumps(CONFIG) == shared, "this test has changed the config that others start from"


@pytest.fixture
def world(db: None) -> World:
    """A running hackathon with an open phase, stored data, a model, an organizer, a judge and two teams."""
    return make_world()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of a process."""
    if CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)
    with running_chromium(CHROMIUM) as browser:
        yield browser


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    """An S3 store over HTTP, without a bucket."""
    from tests.s3 import S3Server  # only its tests pay for moto

    with S3Server.running() as server:
        yield server


@pytest.fixture
def files_in_s3(settings: LazySettings, s3: S3Server) -> S3Server:
    """Every alias is in the store; the labels in a bucket of their own, as a site with HACKTUNE_S3_* has them."""
    shared, labels = s3.make_bucket(), s3.make_bucket()
    settings.STORAGES = settings.STORAGES | {
        alias: {
            "BACKEND": "hackathon.files.bucket.PrivateBucket",
            "OPTIONS": s3.options(labels if alias == "labels" else shared, alias),
        }
        for alias in ("default", "datasets", "models", "artifacts", "labels")
    }
    return s3
