"""What a killed import leaves in the storages goes after a day; what rows speak of stays."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from hackathon.clock import db_now
from hackathon.files.storage import storage
from hackathon.models import ChallengeData, Hackathon
from hackathon.models.challenge import new_prefix
from hackathon.services.clean import clear_orphan_imports
from hackathon.services.import_challenge import import_challenge
from hackathon.tasks import clear_imports
from tests.factories import BaseModelFactory, World
from tests.hackathon.bundles.test_import import bundle, hackathon

__all__ = ["bundle", "hackathon"]
pytestmark = pytest.mark.django_db


def names(alias: str) -> set[str]:
    """Of all files."""
    store = storage(alias)
    return {name for folder in store.listdir("")[0] for name, _modified in store.walk(folder)}


def kill_an_import(data: ChallengeData, slug: str) -> str:
    """Leave what an import has written of such a version when it is killed; the folder that it is in."""
    prefix = f"{slug}/{new_prefix()}"
    for alias in ("datasets", "labels"):
        for name in names(alias):
            if name.startswith(f"{data.prefix}/"):
                storage(alias).save(prefix + name.removeprefix(data.prefix), ContentFile(b"left"))
    storage("datasets").save(f"{prefix}/files/a.png", ContentFile(b"left"))
    storage("datasets").save(f"{prefix}/test.tar.{new_prefix()}.part", ContentFile(b"le"))
    return prefix


def check(hackathon: Hackathon, folder: Path) -> None:
    data = import_challenge(folder=folder, hackathon=hackathon).data
    storage("labels").save("results/0.npz", ContentFile(b"values"))
    storage("models").save(f"{'a' * 64}/model.safetensors", ContentFile(b"left"))
    kept = {alias: names(alias) for alias in ("datasets", "labels")}
    for slug in (data.challenge.slug, "never-came-to-be", "results"):
        kill_an_import(data, slug)
    left = {alias: names(alias) for alias in kept}
    assert clear_orphan_imports() == 0
    assert clear_orphan_imports(db_now() + timedelta(hours=23)) == 0
    assert {alias: names(alias) for alias in kept} == left
    assert clear_orphan_imports(db_now() + timedelta(hours=25)) == 3 * (3 + 4 + 2 + 2) + 1
    assert {alias: names(alias) for alias in kept} == kept
    assert clear_orphan_imports(db_now() + timedelta(hours=25)) == 0
    assert not import_challenge(folder=folder, hackathon=hackathon).is_new_version


def test_what_a_killed_import_left_goes_after_a_day(bundle: Path, hackathon: Hackathon) -> None:
    check(hackathon, bundle)


def test_in_an_s3_store_too(files_in_s3: object, bundle: Path, hackathon: Hackathon) -> None:
    check(hackathon, bundle)


def test_registered_models_and_data_stay(world: World) -> None:
    BaseModelFactory()
    before = {alias: names(alias) for alias in ("datasets", "labels", "models")}
    assert clear_orphan_imports(db_now() + timedelta(days=9)) == 0
    assert {alias: names(alias) for alias in before} == before
    assert len(before["models"]) == 1


def test_an_empty_database_deletes_nothing() -> None:
    storage("datasets").save(f"a/{new_prefix()}/train.jsonl", ContentFile(b"x"))
    storage("models").save(f"{'a' * 64}/config.json", ContentFile(b"x"))
    assert clear_orphan_imports(db_now() + timedelta(days=9)) == 0


def test_the_task_runs_where_nothing_was_ever_stored() -> None:
    clear_imports()
