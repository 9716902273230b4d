"""Gradient boosting on the table itself: what rows of a table are compared with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from training_worker.metrics.base import FloatArray, IntArray

MOST_CATEGORIES = 254
"""Of one column: the most frequent ones; others count as missing."""
Records = Sequence[Mapping[str, Any]]


def boosted_probabilities(records: Records, targets: IntArray, tests: Records, classes: int) -> FloatArray:
    """(m, k) probabilities; a class without a training row gets 0. Needs at least two classes."""
    table, test_table, is_category = _telling(*tables_of(records, tests))
    model = HistGradientBoostingClassifier(categorical_features=is_category, random_state=0).fit(table, targets)
    probabilities = np.zeros((len(tests), classes))
    probabilities[:, model.classes_] = model.predict_proba(test_table)
    return probabilities


def boosted_values(records: Records, targets: FloatArray, tests: Records, _labels: int) -> FloatArray:
    """(m,) numbers."""
    table, test_table, is_category = _telling(*tables_of(records, tests))
    model = HistGradientBoostingRegressor(categorical_features=is_category, random_state=0).fit(table, targets)
    values: FloatArray = model.predict(test_table)
    return values


def tables_of(records: Records, tests: Records) -> tuple[FloatArray, FloatArray, list[bool]]:
    """(n, f) and (m, f) numbers, NaN for what is missing, and which columns are categories: those with a text."""
    columns: list[list[float]] = []
    test_columns: list[list[float]] = []
    is_category: list[bool] = []
    for name in records[0]:
        values, test_values = ([record.get(name) for record in rows] for rows in (records, tests))
        is_category.append(any(isinstance(value, str) for value in values))
        numbers = _category_numbers(values) if is_category[-1] else {}
        for column, of in ((columns, values), (test_columns, test_values)):
            column.append([_number(value, numbers, is_category=is_category[-1]) for value in of])
    return np.array(columns, dtype=np.float64).T, np.array(test_columns, dtype=np.float64).T, is_category


def _telling(
    table: FloatArray, tests: FloatArray, is_category: list[bool]
) -> tuple[FloatArray, FloatArray, list[bool]]:
    """The columns with at least two values: the trees cannot bin others. One of zeros and ones where there is none."""
    kept = [place for place, column in enumerate(table.T) if len(np.unique(column[~np.isnan(column)])) > 1]
    if not kept:
        ones: FloatArray = np.arange(len(table), dtype=np.float64)[:, None] % 2.0
        return ones, np.zeros((len(tests), 1)), [False]
    return table[:, kept], tests[:, kept], [is_category[place] for place in kept]


def _category_numbers(values: Sequence[Any]) -> dict[str, int]:
    counts = Counter(str(value) for value in values if value is not None)
    return {name: number for number, (name, _count) in enumerate(counts.most_common(MOST_CATEGORIES))}


def _number(value: Any, numbers: Mapping[str, int], *, is_category: bool) -> float:
    if is_category:
        return float(numbers.get(str(value), np.nan))
    return np.nan if value is None or isinstance(value, str) else float(value)
