"""The numbers of the validation report, against a matrix counted by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, classification_report, confusion_matrix

from evaluation.report.validation import (
    EXAMPLES,
    Answers,
    Confusion,
    Kind,
    class_rows,
    metric_rows,
    pick_examples,
    top_confusions,
)
from evaluation.scoring.predictions import NO_ANSWER, predicted_classes
from tests.evaluation.report.validated import BASE, GOLD, LABELS, TUNED


def answers(*, base: bool = True) -> Answers:
    gold = [LABELS.index(label) for label in GOLD]
    return Answers(LABELS, gold, TUNED, predicted_classes(BASE) if base else None)


def test_the_matrix_counted_by_hand() -> None:
    assert answers().counts == [[1, 0, 0, 1], [0, 2, 1, 0], [0, 1, 2, 0]]
    assert top_confusions(LABELS, answers().counts) == [
        Confusion("cat", "dog", 1),
        Confusion("dog", "cat", 1),
    ]


def test_classes_by_hand() -> None:
    rows = {row.label: row for row in class_rows(answers())}
    bird, cat = rows["bird"], rows["cat"]
    assert (bird.precision, bird.recall, bird.f1, bird.support) == pytest.approx((1.0, 0.5, 2 / 3, 2))
    assert (cat.precision, cat.recall, cat.f1, cat.support) == pytest.approx((2 / 3, 2 / 3, 2 / 3, 3))
    assert (bird.base_f1, cat.base_f1) == pytest.approx((2 * 2 / (2 * 2 + 1), 2 * 1 / (2 * 1 + 1 + 2)))


def test_base_and_tuned_by_hand() -> None:
    accuracy, f1 = metric_rows(answers())
    assert (accuracy.name, accuracy.value, accuracy.base, accuracy.gain) == ("accuracy", 0.625, 0.5, 0.125)
    assert (f1.name, f1.value) == ("f1_macro", pytest.approx(2 / 3))


def test_examples_by_hand() -> None:
    picked = {kind: (one.positions, one.count) for kind, one in pick_examples(answers()).items()}
    assert picked == {
        Kind.WRONG_SURE: ((2, 4, 7), 3),
        Kind.RIGHT_UNSURE: ((6, 1, 3, 0, 5), 5),
        Kind.RIGHT_SURE: ((5, 0, 3, 1, 6), 5),
        Kind.FIXED: ((5, 0, 1), 3),
        Kind.BROKEN: ((2, 7), 2),
    }


def test_without_the_base_model_nothing_is_compared() -> None:
    alone = answers(base=False)
    assert [row.base_f1 for row in class_rows(alone)] == [None] * 3
    assert [(row.base, row.gain) for row in metric_rows(alone)] == [(None, None)] * 2
    assert pick_examples(alone).keys() == {Kind.WRONG_SURE, Kind.RIGHT_UNSURE, Kind.RIGHT_SURE}


@pytest.mark.parametrize("classes", [2, 7, 20])
def test_classes_are_scikit_learns(classes: int) -> None:
    generator = np.random.default_rng(classes)
    labels = tuple(f"class {k}" for k in range(classes))
    gold = generator.integers(classes, size=300)
    probabilities = generator.dirichlet(np.ones(classes), size=300)
    probabilities[:150, :] += 2 * np.eye(classes)[gold[:150]]
    is_answered = generator.random(300) > 0.05
    rows = [row if answered else [] for row, answered in zip(probabilities.tolist(), is_answered, strict=True)]
    made = Answers(labels, gold.tolist(), rows, None)
    expected = classification_report(
        gold, made.predicted, labels=range(classes), target_names=labels, output_dict=True, zero_division=0
    )
    for row in class_rows(made):
        theirs = expected[row.label]
        assert (row.precision, row.recall, row.f1, row.support) == pytest.approx(
            (theirs["precision"], theirs["recall"], theirs["f1-score"], theirs["support"])
        )
    accuracy, f1 = metric_rows(made)
    assert accuracy.value == pytest.approx(accuracy_score(gold, made.predicted))
    assert f1.value == pytest.approx(expected["macro avg"]["f1-score"])
    index = [*range(classes), NO_ANSWER]
    assert made.counts == confusion_matrix(gold, made.predicted, labels=index)[:classes].tolist()
    assert sum(row[-1] for row in made.counts) == (~is_answered).sum() > 0
    wrong = pick_examples(made)[Kind.WRONG_SURE]
    assert (len(wrong.positions), wrong.count) == (EXAMPLES, (gold != made.predicted).sum())


def test_a_class_that_is_neither_asked_nor_answered_counts_nothing() -> None:
    made = Answers(("a", "b", "c"), [0, 0, 1], [[0.9, 0.1, 0], [0.2, 0.8, 0], []], None)
    assert [(row.precision, row.recall, row.f1, row.support) for row in class_rows(made)] == [
        (1.0, 0.5, pytest.approx(2 / 3), 2),
        (0.0, 0.0, 0.0, 1),
        (0.0, 0.0, 0.0, 0),
    ]
    assert metric_rows(made)[1].value == pytest.approx(2 / 9)
