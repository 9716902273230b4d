"""Frozen features kept on the node: a base model's features of one split never change, so they are computed once.

They serve the base score, the validation before training, and all of a run whose backbone is frozen. The key names
everything the numbers depend on, and the whole split is computed in one fixed order, so a run's outcome is the same
with a cold and a warm cache. Examples that the base score is made from are not computed again with their split.

Beside the numbers stands how long they took: a run that finds them costs its team as much as one that does not.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..contract.wire import RECIPE
from ..tasks.split import Batch, FeatureSplit, Split, inputs_of

SECONDS = "seconds"


class FeatureCache:
    """Features by key in a folder that the supervisor keeps small. `context` is what all keys of a job share; `threads`
    compute what is missing."""

    def __init__(self, folder: Path, context: tuple[str, ...], threads: int) -> None:
        self._folder = folder
        self._context = (*context, RECIPE, torch.__version__, str(threads))

    def get(
        self, split: Split, key: tuple[str, ...], compute: Callable[[], FeatureSplit]
    ) -> tuple[FeatureSplit, float]:
        """The features of `split`, from disk or computed, and the seconds that finding them saved: what computing them
        took then, 0 where they are computed now. A damaged or foreign file is computed anew.
        """
        name = hashlib.sha256("\x1f".join([*self._context, *key]).encode()).hexdigest()
        path = self._folder / name
        found = _read(path, split)
        if found is not None:
            path.touch()
            return found
        began = time.monotonic()
        computed = compute()
        took = time.monotonic() - began
        tensors = {"features": computed.features.contiguous()}
        if computed.offsets is not None:
            tensors["offsets"] = computed.offsets
        draft = path.with_suffix(".part")
        save_file(tensors, draft, {SECONDS: str(took)})
        draft.replace(path)
        return computed, 0.0


def shared_features(split: Split, done: FeatureSplit) -> dict[int, Tensor]:
    """Of the examples of `split` that a model reads exactly as it read those of `done`: their features, by index."""
    places = {name: place for place, name in enumerate(done.ids)}
    pairs = [(index, places[name]) for index, name in enumerate(split.ids) if name in places]
    return {
        index: done.features_of(place)
        for index, place in pairs
        if _are_equal(inputs_of(split.collate([index])), inputs_of(done.source.collate([place])))
    }


def _are_equal(one: Batch, other: Batch) -> bool:
    return one.keys() == other.keys() and all(value.equal(other[name]) for name, value in one.items())


def _read(path: Path, split: Split) -> tuple[FeatureSplit, float] | None:
    try:
        with safe_open(path, "pt") as file:
            seconds = float(file.metadata()[SECONDS])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # it is no dict
        features, offsets = tensors["features"], tensors.get("offsets")
    except (OSError, SafetensorError, KeyError, TypeError, ValueError):
        return None
    count = len(features) if offsets is None else len(offsets) - 1
    if count != len(split.ids) or not bool(features.isfinite().all()):
        return None
    return FeatureSplit(split, features, offsets), seconds
