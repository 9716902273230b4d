"""Scenes for detection and segmentation: things pasted onto a grey canvas, none over another."""

from __future__ import annotations

import hashlib
import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

SIDE = 64
TRIES = 50
INK = 40
"""Greys above this are the thing, the others its ground."""


@dataclass(frozen=True)
class Thing:
    """`picture` is its greys on black."""

    picture: Image.Image
    label: str


@dataclass(frozen=True)
class Placed:
    label: str
    x: int
    y: int
    ink: Image.Image
    """A mask, as large as what was pasted: 255 where the thing is."""

    @property
    def bbox(self) -> list[int]:
        """Around its ink: x, y, width, height."""
        left, top, right, bottom = self.ink.getbbox() or (0, 0, *self.ink.size)
        return [self.x + left, self.y + top, right - left, bottom - top]


@dataclass(frozen=True)
class Scene:
    image: Image.Image
    placed: tuple[Placed, ...]

    @property
    def png(self) -> bytes:
        file = io.BytesIO()
        self.image.save(file, "PNG")
        return file.getvalue()

    @property
    def key(self) -> str:
        return hashlib.sha256(b"scene " + self.png).hexdigest()[:12]

    @property
    def objects(self) -> list[dict[str, Any]]:
        return [{"label": one.label, "bbox": one.bbox} for one in self.placed]

    def mask(self, background: str) -> dict[str, Any]:
        """Runs of labels (`training_worker.contract.tasks.pictures`)."""
        labels = [background, *dict.fromkeys(one.label for one in self.placed)]
        numbers = Image.new("L", self.image.size, 0)
        for one in self.placed:
            numbers.paste(labels.index(one.label), (one.x, one.y), one.ink)
        counts: list[int] = []
        named: list[str] = []
        for number in numbers.tobytes():
            if named and named[-1] == labels[number]:
                counts[-1] += 1
            else:
                counts.append(1)
                named.append(labels[number])
        return {"size": [SIDE, SIDE], "counts": counts, "labels": named}


def scenes(
    things: Sequence[Thing], count: int, rng: random.Random, *, sides: tuple[int, int], most: int
) -> Iterator[Scene]:
    """`count` scenes of 1 to `most` things, each drawn to a side between `sides`."""
    for _ in range(count):
        ground = rng.randrange(0, 70)
        image = Image.frombytes("L", (SIDE, SIDE), bytes(ground + rng.randrange(16) for _ in range(SIDE * SIDE)))
        placed: list[Placed] = []
        for _ in range(rng.randint(1, most)):
            _paste(image, placed, rng.choice(things), rng, sides)
        yield Scene(image, tuple(placed))


def _paste(image: Image.Image, placed: list[Placed], thing: Thing, rng: random.Random, sides: tuple[int, int]) -> None:
    """Where there is room, else nowhere."""
    side = rng.randint(*sides)
    picture = thing.picture.resize((side, side), Image.Resampling.BICUBIC)
    ink = picture.point(lambda grey: 255 if grey > INK else 0)
    for _ in range(TRIES):
        x, y = rng.randint(0, SIDE - side), rng.randint(0, SIDE - side)
        if all(
            abs(one.x - x) >= max(side, one.ink.width) or abs(one.y - y) >= max(side, one.ink.height) for one in placed
        ):
            image.paste(picture, (x, y), ink)
            placed.append(Placed(thing.label, x, y, ink))
            return
