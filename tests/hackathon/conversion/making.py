"""Bundles made of files that a test writes."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from hackathon.conversion.bundle import Made, NothingWritten, Request, make_bundle
from hackathon.conversion.reading import Source
from hackathon.conversion.splitting import Fractions
from training_worker.contract.tasks import TASKS

FRACTIONS = Fractions(Fraction(8, 10), Fraction(1, 10), Fraction(1, 10))


def make(into: Path, *sources: Path | Source, task: str = "text-classification", **more: Any) -> Made:
    found = [source if isinstance(source, Source) else Source(source) for source in sources]
    fields = {"told": {}, "fractions": FRACTIONS} | more
    return make_bundle(Request(task=TASKS[task], sources=found, into=into, **fields))


def problems(into: Path, *sources: Path | Source, **more: Any) -> list[str]:
    """What keeps the bundle from being made; nothing is left of it."""
    before = set(into.parent.iterdir())
    with pytest.raises(NothingWritten) as refused:
        make(into, *sources, **more)
    assert set(into.parent.iterdir()) == before
    return [str(problem) for problem in refused.value.problems]


def rows(into: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (into / f"{name}.jsonl").read_text("utf-8").splitlines()]


def all_rows(into: Path) -> list[dict[str, Any]]:
    """Of every split, the test items with their answers."""
    answers = {row["id"]: row for row in rows(into, "test_labels")}
    test = [row | answers[row["id"]] for row in rows(into, "test")]
    return [*rows(into, "train"), *rows(into, "validation"), *test]


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def csv_of(count: int, header: str = "text,label") -> str:
    lines = (f"Film number {n} was fine.,{('good', 'bad')[n % 2]}" for n in range(count))
    return "\n".join([header, *lines, ""])
