"""What is drawn over an image: boxes and masks, as numbers of an SVG in pixels of the image. Pure.

What a node sent may be anything: what is no box or mask is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from zlib import crc32

from training_worker.contract.base import JSON
from training_worker.contract.tasks.pictures import MOST_BOXES, MOST_RUNS

SHOWN_WIDTH = 320
"""Pixels of a page that a picture is wide at most; letters are sized for it."""
LETTER = 13
LEAST_OVERLAP = 0.5
TONES = 8
LARGEST = 30_000
"""Pixels of a side."""
MOST_PIECES = 2000
"""Of all areas of an image: with more of them only some rows are looked at, and drawn higher."""


@dataclass(frozen=True)
class Shape:
    """`path` is an SVG path, `x` and `y` where its name stands. A `kind` is a `box`, one that is `missed` or `wrong`,
    or the `area` of a mask; `tone` is one of `TONES` colours of areas."""

    kind: str
    label: str
    path: str
    x: float
    y: float
    tone: int = 0
    score: float | None = None

    @property
    def text(self) -> str:
        """Its name, how sure it is, and, beside its colour, a mark where it is wrong or missed."""
        score = "" if self.score is None else f" {self.score:.2f}"
        return f"{self.label}{score}{ {'wrong': ' ×', 'missed': ' ?'}.get(self.kind, '') }"


@dataclass(frozen=True)
class Overlay:
    """Shapes over an image of `width` × `height` pixels, `letter` pixels of it high."""

    width: int
    height: int
    shapes: tuple[Shape, ...]

    @property
    def letter(self) -> float:
        return round(max(self.width, self.height) * LETTER / SHOWN_WIDTH, 2)

    @property
    def halo(self) -> float:
        """Width of the line around a letter."""
        return round(self.letter / 4, 2)


@dataclass(frozen=True)
class Box:
    label: str
    x: float
    y: float
    width: float
    height: float
    score: float | None = None


def size_of(inputs: Mapping[str, JSON]) -> tuple[int, int]:
    """(width, height) of the image of an example; 0 where they are not known."""
    width, height = inputs.get("width"), inputs.get("height")
    if isinstance(width, int) and isinstance(height, int) and 0 < width <= LARGEST and 0 < height <= LARGEST:
        return width, height
    return 0, 0


# --- boxes ------------------------------------------------------------------------------------------------------------


def boxes_of(value: JSON) -> list[Box]:
    """The boxes in an answer, at most `MOST_BOXES`."""
    found = (_box(one) for one in value[:MOST_BOXES]) if isinstance(value, list) else ()
    return [box for box in found if box is not None]


def _box(one: JSON) -> Box | None:
    if not isinstance(one, dict) or not isinstance(one.get("label"), str):
        return None
    bbox, score = one.get("bbox"), one.get("score")
    if not isinstance(bbox, list) or len(bbox) != 4 or not all(isinstance(part, int | float) for part in bbox):
        return None
    x, y, width, height = bbox
    return Box(one["label"], x, y, width, height, score if isinstance(score, int | float) else None)


def matched(boxes: Sequence[Box], others: Sequence[Box]) -> list[bool]:
    """Of each box: is there one of the others in its place, of its label? Pairs that overlap most come first."""
    pairs = sorted(
        ((overlap(box, other), i, j) for i, box in enumerate(boxes) for j, other in enumerate(others)), reverse=True
    )
    left, right = set[int](), set[int]()
    for share, i, j in pairs:
        if share >= LEAST_OVERLAP and i not in left and j not in right and boxes[i].label == others[j].label:
            left.add(i)
            right.add(j)
    return [i in left for i in range(len(boxes))]


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    if width <= 0 or height <= 0:
        return 0.0
    inner = width * height
    return inner / (one.width * one.height + other.width * other.height - inner)


def box_overlay(size: tuple[int, int], value: JSON, other: JSON) -> Overlay:
    boxes = boxes_of(value)
    flags = matched(boxes, boxes_of(other)) if other is not value else [True] * len(boxes)
    shapes = (_box_shape(box, flag, *size) for box, flag in zip(boxes, flags, strict=True))
    return Overlay(*size, shapes=tuple(shapes))


def _box_shape(box: Box, is_matched: bool, width: int, height: int) -> Shape:
    """Its name stands above it, or inside of it where there is no room above. Only a predicted box has a score."""
    letter = Overlay(width, height, ()).letter
    x, y = _short(box.x), _short(box.y)
    path = f"M{x} {y}h{_short(box.width)}v{_short(box.height)}h{_short(-box.width)}z"
    above = box.y - 0.3 * letter
    return Shape(
        kind="box" if is_matched else "missed" if box.score is None else "wrong",
        label=box.label,
        path=path,
        x=max(0.0, x),
        y=_short(above if above > letter else box.y + letter),
        score=box.score,
    )


# --- masks ------------------------------------------------------------------------------------------------------------


def mask_overlay(size: tuple[int, int], value: JSON, labels: Collection[str] = ()) -> Overlay | None:
    """A shape for each label of the mask; `labels` are those that are to have colours of their own beside its own. None
    where it is no mask."""
    read = _mask(value)
    if read is None:
        return None
    (height, width), runs = read
    across, down = size[0] / width, size[1] / height
    pieces = _rows(runs, width)
    step = -(-len(pieces) // MOST_PIECES)
    rows: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for label, row, start, end in pieces:
        if row % step == 0:
            rows[label].append((row, start, end))
    tones = tones_of({*labels, *rows})
    shapes = (_mask_shape(name, rows[name], across, (down, step * down), tones[name]) for name in sorted(rows))
    return Overlay(*size, shapes=tuple(shapes))


def tones_of(labels: Collection[str]) -> dict[str, int]:
    """A colour for each label, the same on every page where no other label wants it; equal ones only where there are
    more labels than colours."""
    tones: dict[str, int] = {}
    for label in sorted(labels):
        wanted = crc32(label.encode()) % TONES
        near = ((wanted + step) % TONES for step in range(TONES))
        tones[label] = next((tone for tone in near if tone not in tones.values()), wanted)
    return tones


def _mask(value: JSON) -> tuple[tuple[int, int], list[tuple[int, str]]] | None:
    if not isinstance(value, dict):
        return None
    parts: list[Any] = [value.get(name) for name in ("size", "counts", "labels")]
    if not all(isinstance(part, list) for part in parts) or len(parts[0]) != 2:
        return None
    size, counts, labels = parts
    if len(counts) != len(labels) or len(counts) > MOST_RUNS * 50 or not all(map(_is_count, [*size, *counts])):
        return None
    if max(size) > LARGEST or not all(isinstance(label, str) for label in labels) or sum(counts) != size[0] * size[1]:
        return None
    return (size[0], size[1]), list(zip(counts, labels, strict=True))


def _is_count(value: JSON) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST * LARGEST


def _rows(runs: Sequence[tuple[int, str]], width: int) -> list[tuple[str, int, int, int]]:
    """(label, row, first column, column behind the last) of each run, cut at the ends of rows."""
    found, at = [], 0
    for count, label in runs:
        end = at + count
        edges = sorted({at, end, *range((at // width + 1) * width, end, width)})
        found += [
            (label, start // width, start % width, start % width + stop - start) for start, stop in pairwise(edges)
        ]
        at = end
    return found


def _mask_shape(
    label: str, rows: list[tuple[int, int, int]], across: float, heights: tuple[float, float], tone: int
) -> Shape:
    """Its name stands in its widest row. `heights` are those of a row and of what is drawn of it."""
    down, high = heights
    path = "".join(
        f"M{_short(start * across)} {_short(row * down)}h{_short((end - start) * across)}v{_short(high)}"
        f"h{_short((start - end) * across)}z"
        for row, start, end in rows
    )
    widest = max(end - start for _, start, end in rows)
    wide = [(row, start, end) for row, start, end in rows if end - start == widest]
    row, start, end = wide[len(wide) // 2]
    return Shape(
        kind="area",
        label=label,
        path=path,
        x=_short((start + end) / 2 * across),
        y=_short((row + 0.5) * down),
        tone=tone,
    )


def _short(value: float) -> float:
    return round(float(value), 2)
