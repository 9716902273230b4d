"""Tags of the IOB2 scheme as spans over words. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from training_worker.contract.base import JSON

OUTSIDE = "O"


class Span(NamedTuple):
    """Words `start` up to, not including, `end`; `label` is "" outside of every entity."""

    start: int
    end: int
    label: str


@dataclass(frozen=True)
class Segment:
    """Neighbouring words that belong together. `is_matched`: the other answer has the very same span."""

    text: str
    label: str
    is_matched: bool


def spans(tags: Sequence[str]) -> list[Span]:
    """All of the tags in order: `B-X` begins an entity, as does an `I-X` that continues none; a tag without `B-` or
    `I-` is one by itself; neighbours outside of entities are one span."""
    found: list[Span] = []
    for position, tag in enumerate(map(str, tags)):
        prefix, dash, kind = tag.partition("-")
        is_entity = bool(dash) and prefix in {"B", "I"}
        label = "" if tag == OUTSIDE else kind if is_entity else tag
        goes_on = tag == OUTSIDE or (is_entity and prefix == "I")
        if found and goes_on and found[-1].label == label:
            found[-1] = found[-1]._replace(end=position + 1)
        else:
            found.append(Span(position, position + 1, label))
    return found


def segments(words: Sequence[str], answer: JSON, *, other: JSON) -> tuple[Segment, ...]:
    """The words with the spans of one answer, compared with those of another; () where the answer is no list of tags.

    Words without a tag are outside; tags without a word are dropped.
    """
    if not words or not isinstance(answer, list):
        return ()
    there = set(spans(other)) if isinstance(other, list) else set()
    tags = [*answer, *[OUTSIDE] * (len(words) - len(answer))][: len(words)]
    return tuple(
        Segment(" ".join(map(str, words[span.start : span.end])), span.label, not span.label or span in there)
        for span in spans(tags)
    )
