"""Bundles whose answers are texts: what they may be, and the limit of new tokens."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from hackathon.answers import answers_of
from hackathon.bundles.rows import Row
from hackathon.models import Hackathon
from hackathon.services.import_challenge import import_challenge
from tests.factories import BaseModelFactory, HackathonFactory
from tests.hackathon.bundles.pictures import edit, read_rows, write_rows
from tests.hackathon.bundles.test_import import lines
from tests.hackathon.bundles.test_reading import problems_of
from tests.hackathon.bundles.test_targets import EXAMPLES, replace
from training_worker.contract.tasks import TASKS
from training_worker.contract.tasks.spec import LONGEST_ANSWER
from training_worker.metrics import output_of

FACTS = {"family": "encoder-decoder", "tasks": ["translation"], "max_positions": 512, "layers": ["attention"]}


@pytest.fixture
def phrases(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLES / "phrase-book", tmp_path / "phrases"))


@pytest.fixture
def hackathon() -> Hackathon:
    BaseModelFactory(slug="minilm-pair", facts=FACTS)
    return HackathonFactory()


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", "The value of “target” is empty."),
        (" \n", "The value of “target” is empty."),
        (7.5, "The value of “target” must be a string: put it in quotation marks."),
        (["Bonjour."], "The value of “target” must be a string."),
        ("x" * (LONGEST_ANSWER + 1), "The answer has more than 4000 characters."),
    ],
)
@pytest.mark.parametrize("name", ["train.jsonl", "test_labels.jsonl"])
def test_an_answer_is_a_text_that_can_be_given(phrases: Path, value: Any, problem: str, name: str) -> None:
    edit(phrases / name, 2, target=value)
    assert problems_of(phrases) == [f"{name}:2: {problem}"]


def test_without_different_answers_there_is_nothing_to_learn(phrases: Path) -> None:
    rows = read_rows(phrases / "train.jsonl")
    write_rows(phrases / "train.jsonl", (row | {"target": "Oui."} for row in rows))
    assert problems_of(phrases) == ["train.jsonl: All examples have the same answer: there is nothing to learn."]


def test_a_limit_of_new_tokens_is_within_bounds(phrases: Path) -> None:
    replace(phrases / "challenge.yaml", "max_new_tokens: 32", "max_new_tokens: 513")
    (found,) = problems_of(phrases)
    assert "max_new_tokens" in found
    assert "512" in found


def test_tasks_without_written_answers_have_no_such_limit(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(EXAMPLES / "film-critics", tmp_path / "films"))
    replace(folder / "challenge.yaml", "primary_metric:", "max_new_tokens: 8\nprimary_metric:")
    (found,) = problems_of(folder)
    assert found.endswith("max_new_tokens: In this task no text is generated.")


@pytest.mark.django_db
def test_the_limit_belongs_to_the_data_version(phrases: Path, hackathon: Hackathon) -> None:
    """Another one changes what models answer: scores of both are not to be compared."""
    first = import_challenge(folder=phrases, hackathon=hackathon).data
    assert first.dataset_manifest.max_new_tokens == 32
    assert first.dataset_manifest.labels == ()
    assert {frozenset(row) for row in lines("datasets", f"{first.prefix}/test.jsonl")} == {frozenset({"id", "source"})}
    assert (first.public_count, first.private_count) == (3, 7)
    replace(phrases / "challenge.yaml", "max_new_tokens: 32", "max_new_tokens: 16")
    second = import_challenge(folder=phrases, hackathon=hackathon).data
    assert (second.version, second.dataset_manifest.max_new_tokens) == (2, 16)


def test_no_answer_takes_more_bytes_than_its_line_may_have() -> None:
    spec, output = TASKS["translation"], output_of("text")
    most = answers_of("text").largest_line(Row(1, {"id": "a"}), spec, ())
    for text in ("\N{GRINNING FACE}" * LONGEST_ANSWER, '"' * LONGEST_ANSWER, "\n\\" * (LONGEST_ANSWER // 2)):
        (line,) = output.lines(["a"], [text], ())
        assert most - 200 < len(line.encode()) + 1 <= most or len(line.encode()) < most


def test_how_answers_are_judged() -> None:
    kind = answers_of("text")
    assert [kind.is_right(value, "yes") for value in ("yes", "no", None)] == [True, None, False]
    assert kind.error_text(0.12345) == "0.12"
    assert (kind.filters_of("yes"), kind.filters_of(None)) == (frozenset(), frozenset({""}))
