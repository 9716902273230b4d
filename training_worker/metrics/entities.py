"""Counting right and wrong entities; shapes as in `tags`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from seqeval.scheme import IOB2, Tokens

from .base import FloatArray

Tags = list[list[str]]
Span = tuple[str, int, int]
"""Type of an entity, its first word, and the word after its last one."""


def entities_of(tags: Sequence[str]) -> frozenset[Span]:
    """The entities of one item. An `I-` tag that does not go on with an entity of its type is part of none."""
    return _entities(tuple(tags))


@lru_cache(maxsize=2**15)
def _entities(tags: tuple[str, ...]) -> frozenset[Span]:
    """Kept, as the truth is asked for again by every metric and after every epoch."""
    return frozenset((entity.tag, entity.start, entity.end) for entity in Tokens(list(tags), IOB2).entities)


def entity_types(labels: Sequence[str]) -> tuple[str, ...]:
    """The types in the order in which the labels first name them."""
    return tuple(dict.fromkeys(IOB2(label).tag for label in labels if label != "O"))


def item_counts(truth: Tags, answers: Tags) -> FloatArray:
    """(n, 5) each item's right, wrong and missed entities, its words with the right tag, and its words."""
    counts = np.zeros((len(truth), 5))
    for row, right, answer in zip(counts, truth, answers, strict=True):
        asked = entities_of(right)
        if not answer:
            row[:] = (0, len(right), len(asked), 0, len(right))
            continue
        found = entities_of(answer)
        tp = len(asked & found)
        hits = len(right) - wrong_tags(right, answer)
        row[:] = (tp, len(found) - tp, len(asked) - tp, hits, len(right))
    return counts


def type_counts(truth: Tags, answers: Tags, types: Sequence[str]) -> FloatArray:
    """(3, k) right, wrong and missed entities of each type. The wrong ones of an item without an answer have none."""
    index = {name: position for position, name in enumerate(types)}
    counts = np.zeros((3, len(types)))
    for right, answer in zip(truth, answers, strict=True):
        asked, found = entities_of(right), entities_of(answer)
        for row, spans in zip(counts, (asked & found, found - asked, asked - found), strict=True):
            for name, _start, _end in spans:
                row[index[name]] += 1
    return counts


def wrong_tags(truth: Sequence[str], answer: Sequence[str]) -> int:
    """Words of one item whose tag is wrong: all of them where there is no answer."""
    if not answer:
        return len(truth)
    return sum(right != tag for right, tag in zip(truth, answer, strict=True))
