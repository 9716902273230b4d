"""What no run could do is said at import, and so is what the metric or the labels make odd."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hackathon.answers import answers_of
from hackathon.bundles import feasible
from hackathon.bundles.feasible import check_predictions
from hackathon.bundles.labels import in_order
from hackathon.bundles.problems import Problems, ProblemsFound
from hackathon.bundles.reading import inspect_bundle
from hackathon.bundles.rows import Row
from hackathon.models import BaseModel, Challenge, Hackathon
from hackathon.services.import_challenge import import_challenge
from tests.hackathon.bundles.test_import import bundle, hackathon
from tests.hackathon.bundles.test_import_again import edit
from tests.hackathon.bundles.test_reading import problems_of
from training_worker.contract.tasks import TASKS
from training_worker.contract.tasks.spec import TEST, VALIDATION
from training_worker.metrics import output_of

__all__ = ["bundle", "hackathon"]
LABELS = [f"label {number}" for number in range(1000)]


def change_labels(folder: Path, how: Callable[[int, str], Any]) -> None:
    """Other labels for the rows of all files, by number of the row; challenge.yaml lists none."""
    for name in ("train.jsonl", "validation.jsonl", "test_labels.jsonl"):
        rows = [json.loads(line) for line in (folder / name).read_text().splitlines()]
        rows = [row | {"label": how(index, row["label"])} for index, row in enumerate(rows)]
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    yaml = folder / "challenge.yaml"
    yaml.write_text(yaml.read_text().replace("labels: [negative, positive]\n", ""))


# --- predictions that are too large -----------------------------------------------------------------------------------


def rows_of(count: int) -> list[Row]:
    return [Row(index + 1, {"id": f"test-{index:05}", "text": "x"}) for index in range(count)]


def found_in(count: int, labels: list[str], split: str = TEST) -> list[str]:
    problems = Problems()
    rows = {TEST: [], VALIDATION: []} | {split: rows_of(count)}
    check_predictions(TASKS["text-classification"], labels, rows, problems)
    return [str(problem) for problem in problems.all()]


def test_a_test_set_whose_predictions_no_run_may_upload_is_a_problem() -> None:
    assert found_in(6_800, LABELS) == [
        "test.jsonl: The answers to its 6800 items have up to 66 MiB, and a run may hand in 64 MiB: take fewer items,"
        " or fewer labels."
    ]
    assert found_in(6_800, LABELS, VALIDATION)[0].startswith("validation.jsonl: The answers to its 6800 items")
    assert found_in(6_500, LABELS) == found_in(6_800, LABELS[:900]) == []


@pytest.mark.parametrize("task", ["text-classification", "text-regression", "token-classification"])
def test_no_line_of_predictions_is_larger_than_it_is_said_to_be(task: str) -> None:
    spec = TASKS[task]
    output = output_of(spec.output)
    labels = ["O", 'B-a"b\\c', "I-ä"] if task == "token-classification" else LABELS[:7]
    words = ["one"] * 9
    answers: Any = {
        "class": np.random.default_rng(0).dirichlet([0.01] * len(labels), 200),
        "number": np.array([-1.23456789e-300, -1e30, 0.1, -123456789.125] * 50),
        "tags": [[labels[1]] * 9] * 200,
    }[spec.output]
    rows = [Row(1, {"id": f"i{index}", "tokens": words}) for index in range(200)]
    for row, line in zip(rows, output.lines([row.id for row in rows], answers, labels), strict=True):
        assert len(line.encode()) + 1 <= answers_of(spec.output).largest_line(row, spec, labels)


def test_a_bundle_is_judged_by_it(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(feasible.OUTPUTS, "predictions.jsonl", 500)
    (found,) = problems_of(bundle)
    assert found.startswith("test.jsonl: The answers to its 24 items have up to 1 MiB")


# --- a test set that takes too long -----------------------------------------------------------------------------------


def measure(units_per_second: float) -> None:
    speed = {
        "train_units_per_second": 1.0,
        "frozen_units_per_second": units_per_second,
        "megabytes_fixed": 100.0,
        "megabytes_per_thousand_units": 1.0,
        "frozen_megabytes": 50.0,
    }
    BaseModel.objects.update(speed={"text-classification": speed})


@pytest.mark.django_db
def test_a_test_set_that_no_run_gets_through_is_a_problem(bundle: Path, hackathon: Hackathon) -> None:
    measure(2.0)
    with pytest.raises(ProblemsFound) as caught:
        import_challenge(folder=bundle, hackathon=hackathon)
    (problem,) = map(str, caught.value.problems)
    assert problem.startswith("challenge.yaml:15: all-minilm-l6-v2: answering the 32 test and validation items takes")
    assert "a run is stopped after 150 s" in problem
    assert not Challenge.objects.exists()
    measure(200.0)
    import_challenge(folder=bundle, hackathon=hackathon)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ranges", "steps", "batch"),
    [
        ("training.per_device_train_batch_size: {min: 1, max: 4}", 5, 4),
        ("training.num_train_epochs: {min: 9, max: 9}", 9, 256),
        ("training.max_length: {min: 512, max: 512}", 10, 2),
    ],
)
def test_a_budget_of_steps_that_allows_no_config_is_a_problem(
    bundle: Path, hackathon: Hackathon, ranges: str, steps: int, batch: int
) -> None:
    """Of 20 examples."""
    whole = "training.gradient_accumulation_steps: {min: 1, max: 1}"
    edit(bundle, ("  ranges:", f"  max_batch_cost: 1024\n  ranges:\n    {whole}\n    {ranges}"))
    if "max_length" not in ranges:
        edit(bundle, ("max_batch_cost: 1024", "max_batch_cost: 32768"))
    edit(bundle, ("max_steps: 500", f"max_steps: {steps - 1}"))
    with pytest.raises(ProblemsFound) as caught:
        import_challenge(folder=bundle, hackathon=hackathon)
    (problem,) = map(str, caught.value.problems)
    assert problem == (
        f"challenge.yaml:23: The shortest training that is allowed, 20 examples in batches of {batch}, takes {steps} "
        "steps: no config could be submitted."
    )
    edit(bundle, (f"max_steps: {steps - 1}", f"max_steps: {steps}"))
    import_challenge(folder=bundle, hackathon=hackathon)


# --- labels -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ("Positive", "These labels differ in case or spaces only: “Positive”, “positive”."),
        ("posi\u200btive", "These labels differ in case or spaces only: “positive”, “posi\\u200btive”."),
        ("\uff50ositive", "These labels differ in case or spaces only: “positive”, “\uff50ositive”."),
        ("positive ", "The label “positive ” begins or ends with a space"),
        ("posi\ntive", "The label “posi\\u000ative” has a line break"),
        ("posi\u2028tive", "The label “posi\\u2028tive” has a line break"),
        ("posi\x85tive", "The label “posi\\u0085tive” has a line break"),
        ("posi\ttive", "The label “posi\\u0009tive” has a line break"),
        ("\u200b", "has nothing to see"),
        ("x" * 65, "is too long"),
    ],
)
def test_labels_that_people_read_as_the_same_or_not_at_all(bundle: Path, other: str, said: str) -> None:
    change_labels(bundle, lambda index, label: other if index in (0, 4) and label == "positive" else label)
    found = [problem for problem in problems_of(bundle) if said in problem]
    assert len(found) == 1
    assert found[0].startswith("train.jsonl: ")


@pytest.mark.parametrize("other", ["positive ", '"posi\\ntive"', '"posi\\u2028tive"', '" "', '""', "x" * 65])
def test_listed_labels_are_sound_too(bundle: Path, other: str) -> None:
    quoted = other if other.startswith('"') else f'"{other}"'
    edit(bundle, ("[negative, positive]", f"[negative, {quoted}]"))
    assert any(problem.startswith("challenge.yaml:12: labels.1: The label") for problem in problems_of(bundle))


def test_labels_that_differ_in_case_may_be_listed(bundle: Path) -> None:
    change_labels(bundle, lambda index, label: label.title() if index % 3 == 0 else label)
    assert len(problems_of(bundle)) == 2
    edit(bundle, ("limits:", "labels: [negative, Negative, positive, Positive]\nlimits:"))
    assert problems_of(bundle) == []


def test_labels_that_are_numbers_come_by_value(bundle: Path) -> None:
    change_labels(bundle, lambda index, label: [10, 2, -1, "0.5"][index % 4])
    found = inspect_bundle(bundle).bundle
    assert found is not None
    assert found.labels == ("-1", "0.5", "2", "10")


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"10", "2", "1"}, ("1", "2", "10")),
        ({"10", "9", "b"}, ("10", "9", "b")),
        ({"1.5", "-2", "01"}, ("-2", "01", "1.5")),
        ({"٣", "2"}, ("2", "٣")),
        (set(), ()),
    ],
)
def test_order_of_labels(labels: set[str], expected: tuple[str, ...]) -> None:
    assert in_order(labels) == expected


@pytest.mark.django_db
def test_a_label_that_a_part_of_the_test_set_lacks_is_said_where_macro_f1_ranks(
    bundle: Path, hackathon: Hackathon
) -> None:
    change_labels(bundle, lambda index, label: "rare" if index == 0 else label)
    assert not any("macro F1" in note for note in import_challenge(folder=bundle, hackathon=hackathon).notes)
    Challenge.objects.update(slug="other")
    edit(bundle, ("primary_metric: accuracy", "primary_metric: f1_macro"))
    notes = [note for note in import_challenge(folder=bundle, hackathon=hackathon).notes if "macro F1" in note]
    assert len(notes) == 1
    assert notes[0].startswith("1 of 3 labels have no item in the ")
    assert "rare" not in notes[0]
