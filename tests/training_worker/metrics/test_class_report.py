"""The report of classes, against a matrix counted by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, classification_report, confusion_matrix

from training_worker.contract.report import (
    LONGEST_TEXT,
    MOST_EXAMPLES,
    ClassRow,
    Confusion,
    ExampleKind,
    ValidationReport,
)
from training_worker.metrics import output_of
from training_worker.metrics.base import FloatArray, IntArray
from training_worker.metrics.confusion import NO_ANSWER, predicted_classes

OUTPUT = output_of("class")
LABELS = ("bird", "cat", "dog")
NAN = float("nan")
TRUTH = np.array([1, 1, 1, 2, 2, 2, 0, 0])
TUNED = np.array(
    [
        [0.05, 0.9, 0.05],
        [0.3, 0.5, 0.2],
        [0.1, 0.1, 0.8],
        [0.1, 0.2, 0.7],
        [0.2, 0.6, 0.2],
        [0.02, 0.03, 0.95],
        [0.4, 0.3, 0.3],
        [NAN, NAN, NAN],
    ]
)
"""cat, cat, dog, dog, cat, dog, bird and nothing."""
BASE = np.array(
    [
        [0.1, 0.1, 0.8],
        [0.1, 0.1, 0.8],
        [0.1, 0.8, 0.1],
        [0.1, 0.1, 0.8],
        [0.8, 0.1, 0.1],
        [0.1, 0.8, 0.1],
        [0.8, 0.1, 0.1],
        [0.8, 0.1, 0.1],
    ]
)
"""dog, dog, cat, dog, bird, cat, bird, bird."""


def report(
    truth: IntArray = TRUTH,
    answers: FloatArray = TUNED,
    base: FloatArray | None = BASE,
    labels: tuple[str, ...] = LABELS,
) -> ValidationReport:
    rows = [{"id": f"val-{n}", "text": f"text {n}", "label": "hidden"} for n in range(len(truth))]
    return OUTPUT.report(rows, ["text", "text_pair"], truth, answers, base, labels, OUTPUT.metrics)


def shown(made: ValidationReport) -> dict[ExampleKind, tuple[list[str], int]]:
    return {group.kind: ([example.id for example in group.examples], group.count) for group in made.groups}


def test_the_matrix_counted_by_hand() -> None:
    made = report()
    assert (made.items, made.labels) == (8, LABELS)
    assert made.confusion == ((1, 0, 0, 1), (0, 2, 1, 0), (0, 1, 2, 0))
    assert made.confusions == (
        Confusion(target="cat", predicted="dog", count=1),
        Confusion(target="dog", predicted="cat", count=1),
    )


def test_classes_by_hand() -> None:
    rows = {row.label: row for row in report().classes}
    bird, cat = rows["bird"], rows["cat"]
    assert (bird.precision, bird.recall, bird.f1, bird.support) == pytest.approx((1.0, 0.5, 2 / 3, 2))
    assert (cat.precision, cat.recall, cat.f1, cat.support) == pytest.approx((2 / 3, 2 / 3, 2 / 3, 3))
    assert (bird.base_f1, cat.base_f1) == pytest.approx((2 * 2 / (2 * 2 + 1), 2 * 1 / (2 * 1 + 1 + 2)))


def test_metrics_by_hand() -> None:
    accuracy, f1 = report().metrics[:2]
    assert (accuracy.name, accuracy.value, accuracy.base) == ("accuracy", 0.625, 0.5)
    assert accuracy.se == pytest.approx((0.625 * 0.375 / 7) ** 0.5)
    assert (f1.name, f1.value) == ("f1_macro", pytest.approx(2 / 3))
    assert f1.se == OUTPUT.estimate("f1_macro", TRUTH, TUNED, LABELS).se


def test_examples_by_hand() -> None:
    assert shown(report()) == {
        ExampleKind.ERROR: (["val-2", "val-4", "val-7"], 3),
        ExampleKind.UNCERTAIN: (["val-6", "val-1"], 2),
        ExampleKind.CONFIDENT: (["val-5", "val-0", "val-3"], 3),
        ExampleKind.IMPROVED: (["val-5", "val-0", "val-1"], 3),
        ExampleKind.REGRESSED: (["val-2", "val-7"], 2),
    }


def test_an_example_says_what_was_asked_and_answered() -> None:
    errors = report().groups[0].examples
    assert errors[0].model_dump() == {
        "id": "val-2",
        "inputs": {"text": "text 2"},
        "target": "cat",
        "predicted": "dog",
        "base_predicted": "cat",
        "confidence": 0.8,
        "target_confidence": 0.1,
        "error": None,
    }
    unanswered = errors[2]
    assert (unanswered.id, unanswered.target, unanswered.base_predicted) == ("val-7", "bird", "bird")
    assert (unanswered.predicted, unanswered.confidence, unanswered.target_confidence) == (None, None, None)


def test_long_inputs_are_cut_and_empty_ones_left_out() -> None:
    rows = [{"id": "a", "text": "é" * 9000, "text_pair": "", "label": "cat"}]
    made = OUTPUT.report(rows, ["text", "text_pair"], TRUTH[:1], TUNED[:1], None, LABELS, ["accuracy"])
    (example,) = made.groups[2].examples
    assert example.inputs == {"text": "é" * LONGEST_TEXT}


def test_without_the_base_model_nothing_is_compared() -> None:
    alone = report(base=None)
    assert not alone.has_base
    assert [row.base_f1 for row in alone.classes] == [None] * 3
    assert shown(alone).keys() == {ExampleKind.ERROR, ExampleKind.UNCERTAIN, ExampleKind.CONFIDENT}
    assert all(example.base_predicted is None for group in alone.groups for example in group.examples)


def test_only_the_metrics_that_are_asked_for() -> None:
    rows = [{"id": str(n), "text": "x"} for n in range(8)]
    made = OUTPUT.report(rows, ["text"], TRUTH, TUNED, BASE, LABELS, ["f1_macro"])
    assert [row.name for row in made.metrics] == ["f1_macro"]


def test_it_survives_json() -> None:
    made = report()
    assert ValidationReport.model_validate_json(made.model_dump_json()) == made


@pytest.mark.parametrize("classes", [2, 7, 20])
def test_it_is_scikit_learns(classes: int) -> None:
    generator = np.random.default_rng(classes)
    labels = tuple(f"class {k}" for k in range(classes))
    truth = generator.integers(classes, size=300)
    answers = generator.dirichlet(np.ones(classes), size=300)
    answers[:150] = (answers[:150] + 2 * np.eye(classes)[truth[:150]]) / 3
    answers[generator.random(300) < 0.05] = np.nan
    predicted = predicted_classes(answers)
    made = report(truth, answers, None, labels)
    expected = classification_report(
        truth, predicted, labels=range(classes), target_names=labels, output_dict=True, zero_division=0
    )
    for row in made.classes:
        theirs = expected[row.label]
        assert (row.precision, row.recall, row.f1, row.support) == pytest.approx(
            (theirs["precision"], theirs["recall"], theirs["f1-score"], theirs["support"])
        )
    accuracy, f1 = made.metrics[:2]
    assert accuracy.value == pytest.approx(accuracy_score(truth, predicted))
    assert f1.value == pytest.approx(expected["macro avg"]["f1-score"])
    matrix = np.array(made.confusion)
    assert matrix.tolist() == confusion_matrix(truth, predicted, labels=[*range(classes), NO_ANSWER])[:classes].tolist()
    assert matrix[:, -1].sum() == (predicted == NO_ANSWER).sum() > 0
    most = [row.count for row in made.confusions]
    off_diagonal = matrix[:, :-1][~np.eye(classes, dtype=bool)]
    assert most == sorted(off_diagonal[off_diagonal > 0], reverse=True)[:10]


def test_right_answers_are_split_in_halves_and_errors_are_the_surest() -> None:
    generator = np.random.default_rng(0)
    truth = generator.integers(3, size=301)
    answers = generator.dirichlet(np.ones(3), size=301)
    predicted = answers.argmax(axis=1)
    right, confidence = predicted == truth, answers.max(axis=1)
    kinds = {group.kind: group for group in report(truth, answers, None).groups}
    errors, uncertain, confident = (kinds[kind] for kind in list(ExampleKind)[:3])
    assert (errors.count, uncertain.count + confident.count) == ((~right).sum(), right.sum())
    assert confident.count - uncertain.count in {0, 1}
    assert [example.confidence for example in errors.examples] == sorted(confidence[~right])[::-1][:MOST_EXAMPLES]
    assert [example.confidence for example in uncertain.examples] == sorted(confidence[right])[:MOST_EXAMPLES]
    assert [example.confidence for example in confident.examples] == sorted(confidence[right])[::-1][:MOST_EXAMPLES]


def test_a_single_right_answer_is_shown_once() -> None:
    made = report(TRUTH[:1], TUNED[:1], None)
    assert shown(made) == {
        ExampleKind.ERROR: ([], 0),
        ExampleKind.UNCERTAIN: ([], 0),
        ExampleKind.CONFIDENT: (["val-0"], 1),
    }


def test_a_class_that_is_neither_asked_nor_answered_counts_nothing() -> None:
    answers = np.array([[0.9, 0.1, 0], [0.2, 0.8, 0], [NAN] * 3])
    made = report(np.array([0, 0, 1]), answers, None, ("a", "b", "c"))
    assert made.classes == (
        ClassRow(label="a", precision=1.0, recall=0.5, f1=2 / 3, support=2),
        ClassRow(label="b", precision=0.0, recall=0.0, f1=0.0, support=1),
        ClassRow(label="c", precision=0.0, recall=0.0, f1=0.0, support=0),
    )
    assert made.metrics[1].value == pytest.approx(2 / 9)
