"""Frozen features kept on the node: a base model's pooled features of one split never change, so they are computed
once.

They serve the prototypes, the validation before training, and all of a `head` run. The key names everything the
numbers depend on, and the whole split is computed in one fixed order, so a run's outcome is the same with a cold and
a warm cache.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from ..contract.wire import RECIPE
from ..tasks.text_classification import FeatureSplit, TokenSplit


class FeatureCache:
    """Features by key in a folder that the supervisor keeps small. `context` is what all keys of a job share."""

    def __init__(self, folder: Path, context: tuple[str, ...]) -> None:
        self._folder = folder
        self._context = (*context, RECIPE, torch.__version__, str(torch.get_num_threads()))

    def get(self, split: TokenSplit, key: tuple[str, ...], compute: Callable[[], FeatureSplit]) -> FeatureSplit:
        """The features of `split` (N, H), from disk or computed; a damaged or foreign file is computed anew."""
        name = hashlib.sha256("\x1f".join([*self._context, *key]).encode()).hexdigest()
        path = self._folder / name
        try:
            features = load_file(path)["features"]
            if len(features) == len(split.ids) and bool(features.isfinite().all()):
                path.touch()
                return FeatureSplit(ids=split.ids, features=features, labels=split.labels)
        except (OSError, SafetensorError, KeyError):
            pass
        computed = compute()
        draft = path.with_suffix(".part")
        save_file({"features": computed.features.contiguous()}, draft)
        draft.replace(path)
        return computed
