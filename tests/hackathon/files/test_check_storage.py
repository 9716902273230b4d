"""`manage.py check_storage`: what an operator runs before the day of the event."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from hackathon.files.storage import storage
from tests.s3 import S3Server

pytestmark = pytest.mark.django_db
ALIASES = ("artifacts", "datasets", "default", "labels", "models")


@pytest.fixture
def store(files_in_s3: S3Server) -> Iterator[S3Server]:
    yield files_in_s3
    files_in_s3.is_open = False


def assert_nothing_is_left() -> None:
    assert [name for alias in ALIASES for name, _ in storage(alias).walk("check")] == []


def test_folders_work(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check_storage")
    assert capsys.readouterr().out.splitlines() == [f"{alias}: works" for alias in ALIASES]
    assert_nothing_is_left()


def test_buckets_work(store: S3Server, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check_storage")
    assert capsys.readouterr().out.splitlines() == [f"{alias}: works" for alias in ALIASES]
    assert_nothing_is_left()


def test_one_wrong_alias_is_named(store: S3Server, settings: LazySettings, capsys: pytest.CaptureFixture[str]) -> None:
    wrong: dict[str, Any] = settings.STORAGES["models"]  # type: ignore[index]
    secret = wrong["OPTIONS"]["secret_key"]
    options = wrong["OPTIONS"] | {"secret_key": secret[::-1]}
    settings.STORAGES = settings.STORAGES | {"models": wrong | {"OPTIONS": options}}  # type: ignore[operator]
    with pytest.raises(CommandError, match="Not every storage works"):
        call_command("check_storage")
    told = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())
    assert "403" in told.pop("models")
    assert set(told.values()) == {"works"}
    assert secret[::-1] not in str(told)


def test_an_address_that_nodes_cannot_use_is_told(
    store: S3Server, settings: LazySettings, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong: dict[str, Any] = settings.STORAGES["models"]  # type: ignore[index]
    options = wrong["OPTIONS"] | {"public_endpoint": "http://127.0.0.1:1"}
    settings.STORAGES = settings.STORAGES | {"models": wrong | {"OPTIONS": options}}  # type: ignore[operator]
    with pytest.raises(CommandError):
        call_command("check_storage")
    assert "models: NewConnectionError" in capsys.readouterr().out
    assert_nothing_is_left()


def test_a_bucket_that_everybody_may_read_is_told(store: S3Server, capsys: pytest.CaptureFixture[str]) -> None:
    store.is_open = True
    with pytest.raises(CommandError):
        call_command("check_storage")
    assert capsys.readouterr().out.count("everybody may read the bucket") == len(ALIASES)
