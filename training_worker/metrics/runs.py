"""Masks as runs of equal pixels (`contract.tasks.pictures`), and as arrays of class numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..contract.base import JSON
from .base import IntArray

MOST_PIXELS = 25_000_000
Pixels = npt.NDArray[np.int32]
"""(height, width) class numbers."""


@dataclass(frozen=True, repr=False, eq=False)
class Mask:
    """`counts` (r,) pixels of each run, `classes` (r,) the number of its class; rows from the top on."""

    height: int
    width: int
    counts: IntArray
    classes: IntArray

    @property
    def pixels(self) -> Pixels:
        return np.repeat(self.classes, self.counts).reshape(self.height, self.width).astype(np.int32)

    def resized(self, height: int, width: int) -> Pixels:
        """Each pixel the nearest one's class."""
        pixels = self.pixels
        return pixels if pixels.shape == (height, width) else nearest(pixels, height, width)

    @classmethod
    def of(cls, pixels: npt.NDArray[Any]) -> Mask:
        flat = pixels.ravel()
        starts = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1])
        counts = np.diff(np.concatenate([starts, [len(flat)]]))
        height, width = pixels.shape
        return cls(height, width, counts.astype(np.intp), flat[starts].astype(np.intp))

    def reduced(self, most: int) -> Mask:
        """The same mask, of half the size as often as it takes to have at most so many runs."""
        mask = self
        while len(mask.counts) > most:
            mask = Mask.of(nearest(mask.pixels, max(1, mask.height // 2), max(1, mask.width // 2)))
        return mask

    def written(self, labels: Sequence[str]) -> dict[str, Any]:
        """As JSON."""
        return {
            "size": [self.height, self.width],
            "counts": self.counts.tolist(),
            "labels": [labels[number] for number in self.classes.tolist()],
        }


def nearest(pixels: npt.NDArray[Any], height: int, width: int) -> Pixels:
    """Of another size: each pixel is the one in whose place its centre falls."""
    rows = (np.arange(height) + 0.5) * pixels.shape[0] / height
    columns = (np.arange(width) + 0.5) * pixels.shape[1] / width
    found: Pixels = pixels[rows.astype(np.intp)[:, None], columns.astype(np.intp)[None, :]].astype(np.int32)
    return found


def read_mask(value: JSON, numbers: dict[str, int]) -> Mask | str:
    """The mask, or what is wrong with it. `numbers` are those of the labels."""
    if not isinstance(value, dict) or value.keys() != {"size", "counts", "labels"}:
        return "not masks"
    size, counts, labels = value["size"], value["counts"], value["labels"]
    if not _are_whole(size) or len(size) != 2 or not 1 <= size[0] * size[1] <= MOST_PIXELS:
        return "not masks"
    if not _are_whole(counts) or not isinstance(labels, list) or len(counts) != len(labels):
        return "not masks"
    if sum(counts) != size[0] * size[1]:
        return "runs that do not add up"
    if not all(isinstance(label, str) and label in numbers for label in labels):
        return "unknown labels"
    classes = np.array([numbers[label] for label in labels], dtype=np.intp)
    return Mask(size[0], size[1], np.array(counts, dtype=np.intp), classes)


def _are_whole(value: JSON) -> bool:
    """Is it a list of whole numbers above 0?"""
    return isinstance(value, list) and all(
        isinstance(one, int) and not isinstance(one, bool) and 1 <= one <= MOST_PIXELS for one in value
    )
