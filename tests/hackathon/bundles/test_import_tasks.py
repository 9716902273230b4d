"""Importing bundles of other tasks than text classification: what is stored of tags, numbers and images, and where."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import Storage
from django.db import connection

from hackathon.bundles.problems import ProblemsFound
from hackathon.errors import Conflict
from hackathon.models import BaseModel, Challenge, ChallengeData, Hackathon, Phase
from hackathon.services import import_challenge as service
from hackathon.services import store_data
from hackathon.services.data_files import KILOPIXELS_PER_IMAGE, DataFiles
from hackathon.services.import_challenge import import_challenge
from tests.factories import BaseModelFactory, HackathonFactory
from tests.hackathon.bundles.pictures import FACTS, TEST, edit, picture, pictures, read_rows, write_rows
from tests.hackathon.bundles.test_import import all_files, lines, stored
from tests.hackathon.bundles.test_targets import numbers, replace, tags

__all__ = ["numbers", "pictures", "tags"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def hackathon() -> Hackathon:
    BaseModelFactory(slug="all-minilm-l6-v2")
    BaseModelFactory(slug="tiny-vision", facts=FACTS)
    return HackathonFactory()


def members(data: ChallengeData, split: str) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(stored("datasets", f"{data.prefix}/{split}.tar")), mode="r:") as tar:
        found = {}
        for member in tar:
            file = tar.extractfile(member)
            assert file is not None
            assert (member.mtime, member.uid, member.uname, member.isreg()) == (0, 0, "", True)
            found[member.name] = file.read()
    return found


def problems_of(folder: Path, hackathon: Hackathon) -> list[str]:
    with pytest.raises(ProblemsFound) as caught:
        import_challenge(folder=folder, hackathon=hackathon)
    assert not ChallengeData.objects.exists()
    return [str(problem) for problem in caught.value.problems]


# --- tags and numbers ---------------------------------------------------------------------------------------------


def test_tags_are_stored_as_lists_and_split_without_strata(tags: Path, hackathon: Hackathon) -> None:
    data = import_challenge(folder=tags, hackathon=hackathon).data
    assert data.dataset_manifest.labels == ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
    assert lines("datasets", f"{data.prefix}/train.jsonl")[0]["ner_tags"][:2] == ["B-PER", "I-PER"]
    assert {frozenset(row) for row in lines("datasets", f"{data.prefix}/test.jsonl")} == {frozenset({"id", "tokens"})}
    labels = {row["id"]: row["ner_tags"] for row in lines("labels", f"{data.prefix}/test_labels.jsonl")}
    assert labels == {row["id"]: row["ner_tags"] for row in read_rows(tags / "test_labels.jsonl")}
    assert (data.public_count, data.private_count) == (3, 7)
    assert [entry["name"] for entry in data.files] == ["train.jsonl", "validation.jsonl", "test.jsonl"]
    words = [len(row["tokens"]) for row in read_rows(tags / "train.jsonl")]
    assert data.mean_cost == pytest.approx(sum(words) / len(words) * 1.3 + 2, rel=0.3)


def test_numbers_have_no_labels_and_a_step_of_their_own(numbers: Path, hackathon: Hackathon) -> None:
    data = import_challenge(folder=numbers, hackathon=hackathon).data
    assert data.dataset_manifest.labels == ()
    assert lines("datasets", f"{data.prefix}/train.jsonl")[1]["label"] == 1.2
    split = json.loads(stored("labels", f"{data.prefix}/split.json"))
    values = {row["id"]: row["label"] for row in read_rows(numbers / "test_labels.jsonl")}
    fifths = {name: place // 2 for place, name in enumerate(sorted(values, key=lambda name: values[name]))}
    assert len(split["public"]) == 3
    assert len({fifths[name] for name in split["public"]}) == 3
    assert Phase.objects.get().display_step in (0.05, 0.1, 0.2, 0.5)


def test_a_step_of_squared_euros_is_accepted(numbers: Path, hackathon: Hackathon) -> None:
    replace(numbers / "challenge.yaml", "precision: fp32", "precision: fp32\n    display_step: 5e6")
    import_challenge(folder=numbers, hackathon=hackathon)
    phase = Phase.objects.get()
    phase.clean_fields()
    assert phase.display_step == 5e6


# --- images -------------------------------------------------------------------------------------------------------


def test_a_worker_gets_an_archive_of_each_split(pictures: Path, hackathon: Hackathon) -> None:
    data = import_challenge(folder=pictures, hackathon=hackathon).data
    names = [entry["name"] for entry in data.files]
    assert names == ["train.jsonl", "train.tar", "validation.jsonl", "validation.tar", "test.jsonl", "test.tar"]
    for entry in data.files:
        assert len(stored("datasets", f"{data.prefix}/{entry['name']}")) == entry["size"]
    for split in ("train", "validation", "test"):
        found = members(data, split)
        assert list(found) == sorted(found)
        assert found.keys() == {row["image"] for row in lines("datasets", f"{data.prefix}/{split}.jsonl")}
    original = {path.name: path.read_bytes() for path in (pictures / "files").iterdir()}
    for split in ("train", "validation"):
        for name, body in members(data, split).items():
            assert body == original[name] == stored("datasets", data.shown_file_key(name))
    assert data.mean_cost == round(KILOPIXELS_PER_IMAGE, 1)


def test_test_images_are_in_the_archive_alone_under_names_that_tell_nothing(
    pictures: Path, hackathon: Hackathon
) -> None:
    data = import_challenge(folder=pictures, hackathon=hackathon).data
    given = {row["id"]: row["image"] for row in read_rows(pictures / "test.jsonl")}
    found = members(data, "test")
    assert len(found) == TEST
    for row in lines("datasets", f"{data.prefix}/test.jsonl"):
        assert row["image"] == row["id"] + Path(given[row["id"]]).suffix
        assert found[row["image"]] == (pictures / "files" / given[row["id"]]).read_bytes()
    test_files = [name for name in all_files("datasets") if not name.startswith("t")]
    assert not set(test_files) & set(given.values())
    for name in ("test.jsonl", "test.tar"):
        body = stored("datasets", f"{data.prefix}/{name}")
        assert b"night" not in body
        assert b"day" not in body


def test_the_content_address_covers_every_byte_of_a_file(pictures: Path, hackathon: Hackathon) -> None:
    first = import_challenge(folder=pictures, hackathon=hackathon)
    assert import_challenge(folder=pictures, hackathon=hackathon).data == first.data
    for split, version in (("train", 2), ("test", 3)):
        name = read_rows(pictures / f"{split}.jsonl")[1]["image"]
        (pictures / "files" / name).write_bytes(picture("png", shade=7, size=(5, version)))
        assert import_challenge(folder=pictures, hackathon=hackathon).data.version == version


def test_another_name_of_a_test_image_changes_nothing(pictures: Path, hackathon: Hackathon) -> None:
    first = import_challenge(folder=pictures, hackathon=hackathon)
    name = read_rows(pictures / "test.jsonl")[0]["image"]
    (pictures / "files" / name).rename(pictures / "files" / "renamed.JPG")
    edit(pictures / "test.jsonl", 1, image="renamed.JPG")
    assert import_challenge(folder=pictures, hackathon=hackathon).data == first.data


def test_ids_as_long_as_they_may_be(pictures: Path, hackathon: Hackathon) -> None:
    long = {f"test-{n}": f"{n}:{'x' * 98}" for n in range(TEST)}
    for name in ("test.jsonl", "test_labels.jsonl"):
        write_rows(pictures / name, (row | {"id": long[row["id"]]} for row in read_rows(pictures / name)))
    data = import_challenge(folder=pictures, hackathon=hackathon).data
    assert sorted(Path(name).stem for name in members(data, "test")) == sorted(long.values())


def test_an_image_that_changes_after_it_was_checked_stops_the_import(
    pictures: Path, hackathon: Hackathon, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = service.data_files

    def changed(*args: Any, **options: Any) -> DataFiles:
        next((pictures / "files").iterdir()).write_bytes(b"<script>")
        return real(*args, **options)

    monkeypatch.setattr(service, "data_files", changed)
    with pytest.raises(Conflict, match="changed while it was copied"):
        import_challenge(folder=pictures, hackathon=hackathon)
    assert all_files("datasets") + all_files("labels") == []


def test_a_full_disk_leaves_nothing_of_many_files(
    pictures: Path, hackathon: Hackathon, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = store_data.storage

    class Full:
        def __init__(self, alias: str) -> None:
            self.store: Storage = real(alias)

        def save(self, key: str, body: Any) -> str:
            if "files/" in key and len(all_files("datasets")) > 8:
                raise OSError("disk full")
            return self.store.save(key, body)

        def delete(self, key: str) -> None:
            self.store.delete(key)

    monkeypatch.setattr(store_data, "storage", Full)
    with pytest.raises(OSError, match="disk full"):
        import_challenge(folder=pictures, hackathon=hackathon)
    assert all_files("datasets") + all_files("labels") == []
    assert not Challenge.objects.exists()


def test_no_lock_is_held_while_files_are_written(
    pictures: Path, hackathon: Hackathon, monkeypatch: pytest.MonkeyPatch
) -> None:
    depths, real = [], store_data.storage

    def watched(alias: str) -> Storage:
        depths.append(len(connection.savepoint_ids))
        return real(alias)

    monkeypatch.setattr(store_data, "storage", watched)
    import_challenge(folder=pictures, hackathon=hackathon)
    assert set(depths) == {0}


def test_two_imports_at_once_make_one_version(
    tags: Path, hackathon: Hackathon, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = service.stored

    @contextmanager
    def overtaken(files: DataFiles, prefix: str) -> Iterator[None]:
        with real(files, prefix):
            monkeypatch.setattr(service, "stored", real)
            import_challenge(folder=tags, hackathon=hackathon)
            yield

    monkeypatch.setattr(service, "stored", overtaken)
    with pytest.raises(Conflict, match="at the same time"):
        import_challenge(folder=tags, hackathon=hackathon)
    data = ChallengeData.objects.get()
    assert len(all_files("datasets")) == 3 + 4
    assert stored("datasets", f"{data.prefix}/train.jsonl")
    assert not import_challenge(folder=tags, hackathon=hackathon).is_new_version


# --- what fits what -----------------------------------------------------------------------------------------------


def test_a_model_that_cannot_do_the_task_is_a_problem(tags: Path, hackathon: Hackathon) -> None:
    replace(tags / "challenge.yaml", "[all-minilm-l6-v2]", "\n    - all-minilm-l6-v2\n    - tiny-vision")
    assert problems_of(tags, hackathon) == [
        "challenge.yaml:18: tiny-vision: This base model (vision) cannot do the task token-classification."
    ]


def test_methods_and_techniques_that_fit_no_model_are_problems(pictures: Path, hackathon: Hackathon) -> None:
    path = pictures / "challenge.yaml"
    replace(path, "  - head\n  - full\n", "  - head\n  - lora\n  techniques:\n  - noise_injection\n  - fgm\n")
    where = path.read_text().splitlines().index("  - lora") + 1
    assert problems_of(pictures, hackathon) == [
        f"challenge.yaml:{where}: lora: This base model has no layers of this kind to adapt.",
        f"challenge.yaml:{where + 2}: noise_injection: This technique does not fit the inputs of the task pictures.",
        f"challenge.yaml:{where + 3}: fgm: This technique does not fit a base model of the kind vision.",
    ]


def test_a_technique_without_effect_in_every_method_is_a_problem(tags: Path, hackathon: Hackathon) -> None:
    replace(tags / "challenge.yaml", "[head, lora, full]", "[head]")
    (found,) = problems_of(tags, hackathon)
    assert found.endswith("fgm: This technique has no effect with the method head: its backbone does not train.")


def test_one_model_with_layers_is_enough(tags: Path, hackathon: Hackathon) -> None:
    facts = BaseModel.objects.get(slug="all-minilm-l6-v2").facts | {"layers": []}
    BaseModelFactory(slug="bare", facts=facts)
    replace(tags / "challenge.yaml", "[all-minilm-l6-v2]", "[bare]")
    assert problems_of(tags, hackathon) == [
        "challenge.yaml:17: lora: This base model has no layers of this kind to adapt."
    ]
    replace(tags / "challenge.yaml", "[bare]", "[bare, all-minilm-l6-v2]")
    assert import_challenge(folder=tags, hackathon=hackathon).is_new_version


def test_a_model_that_cannot_read_the_shortest_allowed_text_is_a_problem(tags: Path, hackathon: Hackathon) -> None:
    facts = BaseModel.objects.get(slug="all-minilm-l6-v2").facts | {"max_positions": 64}
    BaseModelFactory(slug="short", facts=facts)
    replace(tags / "challenge.yaml", "[all-minilm-l6-v2]", "[all-minilm-l6-v2, short]")
    replace(tags / "challenge.yaml", "  budget:", "  ranges: {training.max_length: {min: 65, max: 128}}\n  budget:")
    assert problems_of(tags, hackathon) == [
        "challenge.yaml:16: short: training.max_length: This base model reads at most 64 tokens."
    ]
    replace(tags / "challenge.yaml", "min: 65", "min: 64")
    assert import_challenge(folder=tags, hackathon=hackathon).is_new_version
