"""Reading `predictions.jsonl`: strictly, in any order, and without repeating a word of it in an error.

Web processes read predictions too: no numbers library here.
"""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from math import inf
from typing import Any

Row = Sequence[float]
"""k probabilities of one item; empty where there is no answer."""

NO_ANSWER = -1
"""The class of an item without an answer."""


class InvalidPredictions(Exception):
    """The file is not one answer per test item. The message holds kinds of problems and their counts, no data."""

    def __init__(self, problems: Counter[str]) -> None:
        super().__init__("; ".join(f"{kind}: {count}" for kind, count in sorted(problems.items())))
        self.problems = problems


def parse_predictions(content: bytes, *, ids: Sequence[str], classes: int) -> list[Row]:
    """`parse_lines` of a whole file."""
    return parse_lines(_lines(content), ids=ids, classes=classes)


def parse_lines(lines: Iterable[bytes], *, ids: Sequence[str], classes: int) -> list[Row]:
    """n rows of k doubles in the order of `ids`; an empty list in the file ("no answer") is an empty row.

    One line is `{"id": str, "probabilities": [k numbers in 0…1] or []}`. Raises `InvalidPredictions` with every kind
    of problem: lines that are not that, missing, doubled and unknown ids, wrong lengths, numbers outside 0…1.
    """
    position = {item: index for index, item in enumerate(ids)}
    rows: list[Row] = [()] * len(ids)
    seen: Counter[str] = Counter()
    problems: Counter[str] = Counter()
    for line in lines:
        entry = _read_line(line)
        if entry is None:
            problems["not a prediction"] += 1
            continue
        item, values = entry
        seen[item] += 1
        problem = _problem(values, classes)
        if problem:
            problems[problem] += 1
        elif values and item in position:
            rows[position[item]] = array("d", values)
    problems["missing ids"] = len(position.keys() - seen.keys())
    problems["unknown ids"] = len(seen.keys() - position.keys())
    problems["doubled ids"] = sum(times > 1 for times in seen.values())
    problems = +problems
    if problems:
        raise InvalidPredictions(problems)
    return rows


def predicted_classes(rows: Iterable[Row]) -> list[int]:
    """The class of the highest probability in each row, ties to the lowest index; `NO_ANSWER` for an empty one."""
    return [row.index(max(row)) if row else NO_ANSWER for row in rows]


def _lines(content: bytes) -> list[bytes]:
    """Lines of the file; its last line may end with a newline or not."""
    return content.removesuffix(b"\n").split(b"\n") if content else []


def _read_line(line: bytes) -> tuple[str, list[Any]] | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict) or entry.keys() != {"id", "probabilities"}:
        return None
    item, values = entry["id"], entry["probabilities"]
    return (item, values) if isinstance(item, str) and isinstance(values, list) else None


def _problem(values: list[Any], classes: int) -> str:
    """What is wrong with one line's probabilities; "" where nothing is."""
    if len(values) == classes and _are_probabilities(values):
        return ""
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in values):
        return "not numbers"
    if len(values) not in {0, classes}:
        return "wrong length"
    if any(value != value or value in {inf, -inf} for value in values):
        return "not finite"
    if any(not 0 <= value <= 1 for value in values):
        return "outside 0…1"
    return ""


def _are_probabilities(values: list[Any]) -> bool:
    """The quick way for nearly every line. A NaN passes `min` and `max`, but not the sum."""
    return set(map(type, values)) <= {float, int} and min(values) >= 0 and max(values) <= 1 and sum(values) >= 0
