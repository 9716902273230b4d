"""What an organizer is told to look at, and imports all the same: one sentence a kind, with its count and its line."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from hackathon.bundles.reading import inspect_bundle
from hackathon.clock import db_now
from hackathon.models import Hackathon
from hackathon.services.import_challenge import import_challenge
from tests.factories import BaseModelFactory, HackathonFactory
from tests.hackathon.bundles.test_reading import EXAMPLE, bundle, edit, problems_of

__all__ = ["bundle"]
LIMIT = "max_steps: 500"
QUOTA = "per_day: 20, total: 60"


@pytest.fixture
def hackathon(db: None) -> Hackathon:
    BaseModelFactory(slug="all-minilm-l6-v2")
    return HackathonFactory()


def warnings_of(folder: Path) -> list[str]:
    inspection = inspect_bundle(folder)
    assert problems_of(folder) == []
    return list(map(str, inspection.problems.warnings()))


def text_of(folder: Path, name: str, line: int) -> str:
    text: str = json.loads((folder / name).read_text().splitlines()[line - 1])["text"]
    return text


def test_the_example_has_none() -> None:
    assert warnings_of(EXAMPLE) == []


def test_labels_of_one_example(bundle: Path) -> None:
    yaml = bundle / "challenge.yaml"
    yaml.write_text(yaml.read_text().replace("labels: [negative, positive]", "labels: [negative, odd, positive, rare]"))
    edit(bundle / "train.jsonl", 4, label="rare")
    edit(bundle / "train.jsonl", 9, label="odd")
    assert warnings_of(bundle) == [
        "train.jsonl:4: Labels with only one example: 2, such as “rare” here. That is too few to learn from."
    ]
    edit(bundle / "train.jsonl", 10, label="odd")
    edit(bundle / "train.jsonl", 11, label="rare")
    assert warnings_of(bundle) == []


def test_one_input_with_two_labels(bundle: Path) -> None:
    for line, first in ((3, 1), (6, 2)):
        edit(bundle / "train.jsonl", first, label="positive")
        edit(bundle / "train.jsonl", line, text=text_of(bundle, "train.jsonl", first).upper(), label="negative")
    assert warnings_of(bundle) == [
        "train.jsonl:3: Inputs with two different labels: 2, such as this one and train.jsonl:1. Only one can be right."
    ]
    for line in (3, 6):
        edit(bundle / "train.jsonl", line, label="positive")
    assert warnings_of(bundle) == []


def test_one_input_with_one_label_in_train_and_another_in_validation(bundle: Path) -> None:
    edit(bundle / "train.jsonl", 1, label="positive")
    edit(bundle / "validation.jsonl", 5, text=text_of(bundle, "train.jsonl", 1), label="negative")
    contradiction, leak = warnings_of(bundle)
    assert leak.startswith(
        "validation.jsonl:5: Validation inputs that are in training too: 1, such as this one at train.jsonl:1"
    )
    assert contradiction == (
        "validation.jsonl:5: Inputs with two different labels: 1, such as this one and train.jsonl:1. Only one can be "
        "right."
    )


def test_test_inputs_that_repeat_an_earlier_one(bundle: Path) -> None:
    for line in (7, 8):
        edit(bundle / "test.jsonl", line, text=text_of(bundle, "test.jsonl", 2) + " ")
    assert warnings_of(bundle) == [
        "test.jsonl:7: Test inputs that repeat an earlier one: 2, this one line 2. Each copy counts in the score."
    ]


def notes_of(folder: Path, hackathon: Hackathon) -> list[str]:
    return [note for note in import_challenge(folder=folder, hackathon=hackathon).notes if "challenge.yaml" in note]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (QUOTA, "per_day: 60, total: 60", None),
        (
            QUOTA,
            "per_day: 61, total: 60",
            "61 submissions a day are more than the 60 in total, which end first.",
        ),
        (QUOTA, "total: 5", None),  # the default of a day is nobody's choice
        (LIMIT, "max_steps: 10", None),
    ],
)
def test_what_the_numbers_of_challenge_yaml_come_to(
    bundle: Path, hackathon: Hackathon, old: str, new: str, expected: str | None
) -> None:
    yaml = bundle / "challenge.yaml"
    text = yaml.read_text()
    assert old in text
    yaml.write_text(text.replace(old, new))
    line = next(number for number, each in enumerate(text.splitlines(), start=1) if old in each)
    assert notes_of(bundle, hackathon) == ([f"challenge.yaml:{line}: {expected}"] if expected else [])


def test_one_step_a_run(bundle: Path, hackathon: Hackathon) -> None:
    yaml = bundle / "challenge.yaml"
    yaml.write_text(yaml.read_text().replace(LIMIT, "max_steps: 1"))
    [note] = notes_of(bundle, hackathon)
    assert note.endswith(": The step limit of a run is 1: it learns next to nothing.")


def test_a_phase_in_the_past_is_told_once(bundle: Path, hackathon: Hackathon) -> None:
    hackathon.starts_at = db_now() - timedelta(days=3)
    hackathon.save()
    closes_at = (db_now() - timedelta(days=1)).isoformat()
    yaml = bundle / "challenge.yaml"
    yaml.write_text(yaml.read_text().replace("precision: fp32", f"precision: fp32\n    closes_at: {closes_at}"))
    [note] = notes_of(bundle, hackathon)
    assert note.endswith(": The phase “Main” lies in the past: nobody can submit to it.")
    assert not [note for note in notes_of(bundle, hackathon) if "lies in the past" in note]
