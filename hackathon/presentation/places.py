"""Parts of a text that are marked in it, by their characters. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from training_worker.contract.base import JSON
from training_worker.contract.words import MASK

AROUND = 300
"""Characters that are shown before the first and after the last marked part."""
CUT = "…"

Place = tuple[int, int]
"""From a character up to, not including, another."""


@dataclass(frozen=True)
class Mark:
    """A part of a text: what it is, and how it looks (`truth`, `prediction`, `base`, `entity`)."""

    start: int
    end: int
    name: str
    tone: str


@dataclass(frozen=True)
class Piece:
    """Characters that the same marks are on; `ends` names the marks that end behind them."""

    text: str
    tones: str = ""
    ends: str = ""


def place_of(text: str, starts: Sequence[int], whole: str) -> Place | None:
    """Where `text` is in `whole`: at one of `starts`, else as near to the first of them as it is. None where it is
    nowhere, or nothing."""
    if not text:
        return None
    found = next((start for start in starts if start >= 0 and whole.startswith(text, start)), None)
    if found is None:
        near = max(0, starts[0]) if starts else 0
        there = [place for place in (whole.find(text, near), whole.rfind(text, 0, near + len(text))) if place >= 0]
        if not there:
            return None
        found = min(there, key=lambda place: abs(place - near))
    return found, found + len(text)


def span_of(value: JSON) -> Place | None:
    """Of an object with `start` and `end`; None for anything else."""
    start, end = (value.get("start"), value.get("end")) if isinstance(value, dict) else (None, None)
    return (start, end) if isinstance(start, int) and isinstance(end, int) else None


def mask_in(text: str) -> Place | None:
    """Of the hidden word."""
    return place_of(MASK, [], text)


def marked(whole: str, marks: Sequence[Mark]) -> tuple[Piece, ...]:
    """The text with its marks, which may overlap, in pieces; what is far from all of them is cut. () without marks."""
    sound = [mark for mark in marks if 0 <= mark.start < mark.end <= len(whole)]
    if not sound:
        return ()
    first = max(0, min(mark.start for mark in sound) - AROUND)
    last = min(len(whole), max(mark.end for mark in sound) + AROUND)
    bounds = sorted({first, last, *(place for mark in sound for place in (mark.start, mark.end))})
    pieces = [_piece(whole, start, end, sound) for start, end in pairwise(bounds)]
    return (*([Piece(CUT)] if first else []), *pieces, *([Piece(CUT)] if last < len(whole) else []))


def _piece(whole: str, start: int, end: int, marks: Sequence[Mark]) -> Piece:
    there = [mark for mark in marks if mark.start <= start and end <= mark.end]
    ends = [mark.name for mark in there if mark.end == end and mark.name]
    return Piece(whole[start:end], " ".join(dict.fromkeys(mark.tone for mark in there)), ", ".join(ends))
