"""Reading prediction lines: strictly, in any order, and without repeating a word of them in an error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from ..contract.base import JSON
from ..contract.json_lines import LineInvalid, read_line
from .base import InvalidPredictions

NOT_A_PREDICTION = "not a prediction"

Store = Callable[[int | None, JSON], str]
"""Checks one item's answer and keeps it under its position; None is the position of an unknown id, whose answer is
checked only. Returns what is wrong with it, "" where nothing is."""


def read_lines(lines: Iterable[bytes], ids: Sequence[str], key: str, store: Store) -> None:
    """Pass the answer of each line `{"id": str, key: answer}` to `store`.

    Raises `InvalidPredictions` with every kind of problem: those of `store`, lines that are not that, missing, doubled
    and unknown ids. The order of lines does not matter; a line may end with a newline or not.
    """
    position = {item: index for index, item in enumerate(ids)}
    seen: Counter[str] = Counter()
    problems: Counter[str] = Counter()
    for line in lines:
        entry = _read_line(line, key)
        problem = store(position.get(entry[0]), entry[1]) if entry else NOT_A_PREDICTION
        if entry and problem != NOT_A_PREDICTION:
            seen[entry[0]] += 1
        if problem:
            problems[problem] += 1
    problems["missing ids"] = len(position.keys() - seen.keys())
    problems["unknown ids"] = len(seen.keys() - position.keys())
    problems["doubled ids"] = sum(times > 1 for times in seen.values())
    problems = +problems
    if problems:
        raise InvalidPredictions(problems)


def _read_line(line: bytes, key: str) -> tuple[str, JSON] | None:
    try:
        entry = read_line(line, is_finite=False)
    except LineInvalid:
        return None
    if not isinstance(entry, dict) or entry.keys() != {"id", key}:
        return None
    return (entry["id"], entry[key]) if isinstance(entry["id"], str) else None
