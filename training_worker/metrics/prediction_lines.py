"""Reading prediction lines: strictly, in any order, and without repeating a word of them in an error."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from ..contract.base import JSON
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


def split_lines(content: bytes) -> list[bytes]:
    """Lines of a whole file; its last line may end with a newline or not."""
    return content.removesuffix(b"\n").split(b"\n") if content else []


def _read_line(line: bytes, key: str) -> tuple[str, JSON] | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict) or entry.keys() != {"id", key}:
        return None
    return (entry["id"], entry[key]) if isinstance(entry["id"], str) else None
