"""Which example is in which split, where the source does not say: by fractions, groups whole, labels in proportion."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from hackathon.answers import answers_of
from hackathon.bundles.split import TestItem, split_test
from training_worker.contract.tasks import TaskSpec
from training_worker.contract.text import normal_form

FEW = 3
"""A label with fewer examples stays in train, which must have every label."""


@dataclass(frozen=True)
class Fractions:
    """Of what the source does not split itself; they make 1 in all."""

    train: Fraction
    validation: Fraction
    test: Fraction


@dataclass(frozen=True)
class Example:
    """One row of the bundle to be. `file` and `line` are its place in the source, `split` "" until it has one."""

    file: str
    line: int
    split: str
    values: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.values["id"])


def split_examples(task: TaskSpec, examples: Sequence[Example], fractions: Fractions, seed: int) -> list[Example]:
    """Everyone with a split. Validation and test, where no example is in them, are drawn from the others by `seed`.

    Examples of one group, or of one input, stay together; the order of the examples does not matter.
    """
    given = {example.split for example in examples}
    pool = [example for example in examples if example.split in ("", "train")]
    rest = [example for example in examples if example.split not in ("", "train")]
    groups = _groups(task, pool)
    strata = dict(zip((one.id for one in pool), _strata(task, pool), strict=True))
    shares = {"test": fractions.test, "validation": fractions.validation}
    missing = {name: share for name, share in shares.items() if name not in given}
    total = fractions.train + sum(missing.values())
    for name, share in missing.items():
        drawn = _drawn(pool, groups, strata, share / total, f"{seed} {name}")
        rest += [replace(example, split=name) for example in pool if example.id in drawn]
        pool = [example for example in pool if example.id not in drawn]
        total -= share
    found = [*(replace(example, split="train") for example in pool), *rest]
    return sorted(found, key=lambda example: hashlib.sha256(f"{seed} {example.id}".encode()).digest())


def _strata(task: TaskSpec, examples: Sequence[Example]) -> list[str]:
    return answers_of(task.output).strata([example.values[task.target.name] for example in examples])


def _drawn(
    pool: Sequence[Example], groups: dict[str, str], strata: dict[str, str], share: Fraction, secret: str
) -> set[str]:
    """Ids of about `share` of the pool."""
    counts = Counter(strata[example.id] for example in pool)
    items = [
        TestItem(id=example.id, stratum=strata[example.id], group=groups[example.id])
        for example in pool
        if counts[strata[example.id]] >= FEW
    ]
    return set(split_test(items, secret=secret.encode(), share=share).public)


def _groups(task: TaskSpec, examples: Sequence[Example]) -> dict[str, str]:
    """By id, a name of what an example must stay with: a `group`, or the same inputs, or both in a chain."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for example in examples:
        inputs = [example.values.get(column.name) for column in task.inputs]
        texts = sorted(normal_form(json.dumps(value, ensure_ascii=False)) for value in inputs)
        key = root("input " + hashlib.sha256("\x1f".join(texts).encode()).hexdigest())
        if group := example.values.get("group"):
            parent[root(f"group {group}")] = key
        parent[root(f"id {example.id}")] = root(key)
    return {example.id: root(f"id {example.id}") for example in examples}
