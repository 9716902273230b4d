"""An import counts and indexes train and validation; versions of before get the same by a migration."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.apps import apps

import hackathon.migrations as migrations
from hackathon.dataset.rows import facts_of, find_rows
from hackathon.files.storage import storage
from hackathon.models import ChallengeData, Hackathon
from hackathon.services.import_challenge import import_challenge
from tests.factories import ChallengeDataFactory
from tests.hackathon.bundles.test_import import bundle, hackathon
from tests.hackathon.test_name_migrations import migration

__all__ = ["bundle", "hackathon"]
pytestmark = pytest.mark.django_db
MADE = [f"{split}.{ending}" for split in ("train", "validation") for ending in ("offsets", "search")]


def bodies(data: ChallengeData) -> list[bytes]:
    found = []
    for name in MADE:
        with storage("datasets").open(f"{data.prefix}/{name}", "rb") as file:
            found.append(file.read())
    return found


def test_an_import_leaves_facts_and_an_index(bundle: Path, hackathon: Hackathon) -> None:
    data = import_challenge(folder=bundle, hackathon=hackathon).data
    facts = facts_of(data)
    assert facts is not None
    assert (facts.train.examples, facts.validation.examples) == (20, 8)
    assert facts.train.labels == {"negative": 10, "positive": 10}
    assert facts.train.lengths is not None
    assert [row["id"] for row in find_rows(data, "train", search="villain")] == ["train-10"]


def test_the_migration_makes_what_an_import_makes(bundle: Path, hackathon: Hackathon) -> None:
    data = import_challenge(folder=bundle, hackathon=hackathon).data
    lost = ChallengeDataFactory()
    facts, made = data.facts, bodies(data)
    ChallengeData.objects.update(facts={})
    for name in MADE:
        storage("datasets").delete(f"{data.prefix}/{name}")
    for _again in range(2):
        migration(migrations, "_data_tab").index_versions(apps, None)
        data.refresh_from_db()
        assert (data.facts, bodies(data)) == (facts, made)
    lost.refresh_from_db()
    assert lost.facts == {}
