"""Gradient boosting on rows of a table: numbers, categories, missing values, and the reference on the board."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation.scoring.references import score_reference
from evaluation.scoring.tables import MOST_CATEGORIES, boosted_probabilities, boosted_values, tables_of
from tests.evaluation.scoring.tasks import change_task
from tests.factories import World

TOWNS = [{"town": ("oslo", "rome")[n % 2], "size": n % 7, "new": n % 3 == 0} for n in range(80)]


def test_a_table_has_numbers_categories_and_gaps() -> None:
    train = [{"town": "oslo", "size": 1, "new": True}, {"town": "rome", "size": None, "new": False}]
    table, test, is_category = tables_of(train, [{"town": "bern", "size": 2.5}, {"town": None, "size": "?"}])
    assert is_category == [True, False, False]
    assert table[0].tolist() == [0.0, 1.0, 1.0]
    assert np.isnan(table[1]).tolist() == [False, True, False]
    assert np.isnan(test).tolist() == [[True, False, True], [True, True, True]]


def test_many_categories_are_cut_to_the_most_frequent() -> None:
    rows = [{"town": str(number)} for number in range(MOST_CATEGORIES + 10)]
    table, _test, _is_category = tables_of(rows, [])
    assert np.nanmax(table) == MOST_CATEGORIES - 1
    assert np.isnan(table).sum() == 10


def test_answers_follow_the_telling_column() -> None:
    targets = np.array([2 * (row["town"] == "rome") for row in TOWNS])
    probabilities = boosted_probabilities(TOWNS, targets, TOWNS[:2], 3)
    assert probabilities.argmax(axis=1).tolist() == [0, 2]
    assert probabilities[:, 1].tolist() == [0.0, 0.0]
    values = boosted_values(TOWNS, targets * 50.0, TOWNS[:2], 0)
    assert values == pytest.approx([0, 100], abs=5)
    assert boosted_values(TOWNS, targets * 50.0, TOWNS[:2], 0).tolist() == values.tolist()


def test_a_table_is_compared_with_gradient_boosting(world: World) -> None:
    change_task(
        world,
        "tabular-regression",
        labels=(),
        inputs=lambda i: {"features": {"size": i % 5, "town": "oslo", "gap": None}},
        target=lambda i: i % 5,
    )
    reference = score_reference(data=world.data)
    assert (reference.name, reference.metric) == ("gradient boosting", "rmse")
    assert reference.public_score < 2.5
