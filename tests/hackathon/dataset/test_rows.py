"""Pages of rows and searches, against reading the whole file."""

from __future__ import annotations

import io
import random
from typing import Any

import pytest
from django.core.files.base import ContentFile

from hackathon.dataset.index import BETWEEN_LABELS, index_data, label_needle, matching_lines
from hackathon.dataset.rows import find_rows, labels_in
from hackathon.errors import NotFound, Unavailable
from hackathon.files import storage as files
from hackathon.files.storage import storage
from hackathon.models import ChallengeData
from tests.factories import ChallengeDataFactory, ChallengeFactory, World, jsonl
from tests.s3 import S3Server
from training_worker.contract.tasks import TASKS

pytestmark = pytest.mark.django_db

WORDS = ("Straße", "river", "Ünï", "東京 タワー", "ﬁne", "a\nb", "100 %", "\\n", "x" * 3000)


def stored(
    train: list[dict[str, Any]], *, task: str = "text-classification", labels: tuple[str, ...] = ("a", "b")
) -> ChallengeData:
    """A data version with these rows of train, and the first of them as validation."""
    data: ChallengeData = ChallengeDataFactory(challenge=ChallengeFactory(task=task))
    data.manifest |= {"task": task, "labels": list(labels)}
    bodies = {"train.jsonl": jsonl(train), "validation.jsonl": jsonl(train[:1])}
    facts, index = index_data(TASKS[task], labels, bodies)
    for name, body in (bodies | index).items():
        storage("datasets").save(f"{data.prefix}/{name}", ContentFile(body))
    data.facts = facts.model_dump(mode="json")
    data.save()
    return data


def texts(count: int, seed: int = 0) -> list[dict[str, Any]]:
    draw = random.Random(seed)
    return [
        {"id": f"r{n}", "text": " ".join(draw.choices(WORDS, k=draw.randint(1, 6))), "label": draw.choice("ab")}
        for n in range(count)
    ]


def test_any_page_has_its_own_rows() -> None:
    rows = texts(120)
    found = find_rows(stored(rows), "train")
    assert len(found) == 120
    for start, end in ((0, 25), (25, 50), (100, 125), (119, 120), (120, 130)):
        assert found[start:end] == rows[start:end]
    assert found[7] == rows[7]


def test_a_page_reads_a_part_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    data = stored(texts(2000))
    read = 0

    class Counted:
        def __init__(self, file: Any) -> None:
            self.file = file

        def __getattr__(self, name: str) -> Any:
            return getattr(self.file, name)

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_about: object) -> None:
            self.file.close()

        def read(self, size: int = -1) -> bytes:
            nonlocal read
            body: bytes = self.file.read(size)
            read += len(body)
            return body

    opened = storage("datasets").open
    monkeypatch.setattr(storage("datasets"), "open", lambda name, mode: Counted(opened(name, mode)))
    page = find_rows(data, "train")[1000:1025]
    assert read < 4 * 26 + sum(len(jsonl([row])) for row in page) + 1


@pytest.mark.parametrize(
    ("search", "plain"),
    [
        ("strasse", "Straße"), ("STRASSE", "Straße"), ("rIvEr", "river"), ("ünï", "Ünï"), ("タワー", "タワー"),
        ("fine", "ﬁne"), ("a b", "a\nb"), ("100 %", "100 %"), ("\\n", "\\n"), ("  river  ", "river"),
    ],
)  # fmt: skip
def test_a_search_finds_what_people_read_as_the_same(search: str, plain: str) -> None:
    rows = texts(300, seed=1)
    found = find_rows(stored(rows), "train", search=search)
    expected = [row for row in rows if plain in row["text"]]
    assert 0 < len(expected) < 300
    assert found[:] == expected


def test_a_label_and_a_text_narrow_together_across_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "CHUNK", 700)  # shorter than the longest line
    rows = texts(400, seed=2)
    data = stored(rows)
    both = find_rows(data, "train", search="river", label="b")[:]
    assert both == [row for row in rows if row["label"] == "b" and "river" in row["text"]]
    assert find_rows(data, "train", label="a")[:] == [row for row in rows if row["label"] == "a"]
    assert find_rows(data, "train", label="a")[-1:] == [row for row in rows if row["label"] == "a"][-1:]


def test_an_id_is_found_and_a_label_is_no_text() -> None:
    data = stored([{"id": "r-17", "text": "river", "label": "a"}, {"id": "r-18", "text": "sea", "label": "b"}])
    assert [row["id"] for row in find_rows(data, "train", search="R-17")] == ["r-17"]
    assert len(find_rows(data, "train", search="b")) == 0
    assert len(find_rows(data, "train", search="r-17river")) == len(find_rows(data, "train", search="17 river")) == 0


def test_a_pair_of_texts_is_searched_one_by_one() -> None:
    data = stored([{"id": "x", "text": "one", "text_pair": "two", "label": "a"}])
    assert len(find_rows(data, "train", search="two")) == 1
    assert len(find_rows(data, "train", search="one two")) == 0


def test_tags_are_filtered_by_the_type_of_entity() -> None:
    rows = [
        {"id": "1", "tokens": ["Ada", "in", "Rome"], "ner_tags": ["B-PER", "O", "B-LOC"]},
        {"id": "2", "tokens": ["nobody"], "ner_tags": ["O"]},
        {"id": "3", "tokens": ["in", "New", "Rome"], "ner_tags": ["O", "B-LOC", "I-LOC"]},
    ]
    data = stored(rows, task="token-classification", labels=("O", "B-PER", "I-PER", "B-LOC", "I-LOC"))
    assert labels_in(data) == ["PER", "LOC"]
    assert [row["id"] for row in find_rows(data, "train", label="LOC")] == ["1", "3"]
    assert [row["id"] for row in find_rows(data, "train", label="PER")] == ["1"]
    assert [row["id"] for row in find_rows(data, "train", label="LOC", search="new rome")] == ["3"]


def test_labels_with_many_digits_do_not_match_each_other() -> None:
    labels = tuple(f"l{n}" for n in range(600))
    data = stored([{"id": f"r{n}", "text": "t", "label": label} for n, label in enumerate(labels)], labels=labels)
    for n in (0, 1, 7, 8, 9, 63, 64, 512, 599):
        assert [row["id"] for row in find_rows(data, "train", label=f"l{n}")] == [f"r{n}"]
    assert set(label_needle(599)) & set("0123456789abc") == set()
    assert label_needle(8) != label_needle(1) + label_needle(0)[1:]
    assert label_needle(3).startswith(BETWEEN_LABELS)


def test_lines_are_found_whatever_the_place_of_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    body = b"ab\nb\n\naab\nab ab\nc\nab\n"
    for chunk in range(1, len(body) + 2):
        monkeypatch.setattr(files, "CHUNK", chunk)
        assert list(matching_lines(io.BytesIO(body), [b"ab"])) == [0, 3, 4, 6]
        assert list(matching_lines(io.BytesIO(body), [b"a", b"b "])) == [4]


def test_what_is_not_there_is_not_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotFound):
        find_rows(world.data, "train", label="no such label")
    world.data.facts = {}
    with pytest.raises(NotFound):
        find_rows(world.data, "train")


def test_a_store_that_is_away_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(name: str, mode: str) -> object:
        raise OSError("no answer")

    monkeypatch.setattr(storage("datasets"), "open", away)
    with pytest.raises(Unavailable):
        find_rows(world.data, "train", search="text")


def test_in_a_bucket(files_in_s3: S3Server) -> None:
    rows = texts(60, seed=3)
    data = stored(rows)
    assert find_rows(data, "train")[50:55] == rows[50:55]
    assert find_rows(data, "train", search="river")[:] == [row for row in rows if "river" in row["text"]]
