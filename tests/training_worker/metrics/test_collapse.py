"""A model that gives every validation item the same answer is told from one that does not, for every kind of answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from training_worker.contract.report import Collapse
from training_worker.metrics import output_of
from training_worker.metrics.base import FloatArray, IntArray

LABELS = ("negative", "positive")
NAN = float("nan")


def of(kind: Any, truth: Any, answers: Any, labels: tuple[str, ...] = ()) -> Collapse | None:
    output = output_of(kind)
    rows = [{"id": f"val-{n}", "text": "", "tokens": []} for n in range(len(truth))]
    return output.report(rows, [], truth, answers, None, labels, output.metrics).collapse


def classes(*counts: int) -> IntArray:
    return np.repeat(np.arange(len(counts)), counts)


def probabilities(predicted: IntArray) -> FloatArray:
    """0.9 for the class that is predicted; a negative one is no answer."""
    rows = np.where(predicted[:, None] == np.arange(2), 0.9, 0.1)
    rows[predicted < 0] = NAN
    return rows


@pytest.mark.parametrize(
    ("truth", "predicted", "share"),
    [
        ((50, 50), (0, 100), 1.0),
        ((50, 50), (4, 96), 0.96),
        ((50, 50), (5, 95), None),
        ((5, 95), (0, 100), 1.0),
        ((5, 95), (1, 99), None),  # it finds some of the few
        ((50, 50), (50, 50), None),
        ((0, 100), (0, 100), None),  # there is nothing else to predict
    ],
)
def test_one_class_for_nearly_everything(
    truth: tuple[int, int], predicted: tuple[int, int], share: float | None
) -> None:
    found = of("class", classes(*truth), probabilities(classes(*predicted)), LABELS)
    assert found == (None if share is None else Collapse(answer="positive", share=share))


def test_no_answer_is_no_answer_to_collapse_to() -> None:
    assert of("class", classes(50, 50), probabilities(np.full(100, -1)), LABELS) is None
    mostly = np.concatenate([np.full(5, -1), np.ones(95, dtype=int)])
    assert of("class", classes(50, 50), probabilities(mostly), LABELS) is None
    assert of("number", np.arange(9.0), np.full(9, NAN)) is None


def test_one_tag_for_every_word() -> None:
    labels = ("O", "B-PER", "I-PER")
    truth = [["O", "B-PER", "O", "O"]] * 10
    nothing = [["O"] * 4] * 10
    assert of("tags", truth, nothing, labels) == Collapse(answer="O", share=1.0)
    assert of("tags", truth, [*nothing[:9], truth[9]], labels) is None
    assert of("tags", nothing, nothing, labels) is None
    assert of("tags", truth, [*nothing[:8], [], []], labels) is None


def test_one_number_for_everything() -> None:
    truth = np.linspace(0, 10, 101)
    assert of("number", truth, np.full(101, 3.14159)) == Collapse(answer=3.142, share=1.0)
    noisy = 5 + 0.01 * truth
    assert of("number", truth, noisy) == Collapse(answer=5.05, share=1.0)
    assert of("number", truth, 5 + 0.1 * truth) is None
    assert of("number", truth, truth) is None
    assert of("number", np.full(9, 2.0), np.full(9, 2.0)) is None
