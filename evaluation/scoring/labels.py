"""The hidden labels: the one module that reads the `labels` storage. Web processes do not even know that storage."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from hackathon.files.storage import storage
from hackathon.models import ChallengeData

from .metrics import IntArray

TEST_LABELS = "test_labels.jsonl"
SPLIT = "split.json"


class LabelsUnreadable(Exception):
    """The label store does not hold what a data version needs. The message holds no label and no id."""


@dataclass(frozen=True, repr=False, eq=False)
class LabelSet:
    """Labels of one data version, in file order. It has no repr: a traceback must not show one."""

    ids: tuple[str, ...]
    label_names: tuple[str, ...]
    gold: IntArray
    """(n,) index into `label_names`."""
    is_public: npt.NDArray[np.bool_]
    """(n,) True for the public part of the split."""
    groups: IntArray | None
    """(n,) group of each item, an item without one being its own; None where no item has one."""

    @property
    def classes(self) -> int:
        return len(self.label_names)


def read_labels(data: ChallengeData) -> LabelSet:
    """Labels and split of a data version, kept in the process: a version never changes.

    Raises `LabelsUnreadable`, and `InvalidStorageError` in a process that must not know the label store.
    """
    return _read(data.prefix, data.dataset_manifest.labels)


@lru_cache(maxsize=8)
def _read(prefix: str, label_names: tuple[str, ...]) -> LabelSet:
    entries = [json.loads(line) for line in _open(f"{prefix}/{TEST_LABELS}").split(b"\n") if line.strip()]
    ids = tuple(str(entry["id"]) for entry in entries)
    index = {name: position for position, name in enumerate(label_names)}
    unknown = sum(entry["label"] not in index for entry in entries)
    if unknown or len(set(ids)) != len(ids):
        raise LabelsUnreadable(f"{unknown} labels are unknown, {len(ids) - len(set(ids))} ids are doubled")
    gold = np.array([index[entry["label"]] for entry in entries], dtype=np.intp)
    is_public = _read_split(prefix, ids)
    groups = _group_indices(entries)
    for array in (gold, is_public, groups):
        if array is not None:
            array.setflags(write=False)
    return LabelSet(ids=ids, label_names=label_names, gold=gold, is_public=is_public, groups=groups)


def _read_split(prefix: str, ids: Sequence[str]) -> npt.NDArray[np.bool_]:
    split = json.loads(_open(f"{prefix}/{SPLIT}"))
    public, private = set(split["public"]), set(split["private"])
    if public & private or public | private != set(ids) or not public or not private:
        raise LabelsUnreadable("the split is not a partition of the test items into two parts")
    return np.array([item in public for item in ids], dtype=np.bool_)


def _group_indices(entries: list[dict[str, Any]]) -> IntArray | None:
    if not any(entry.get("group") is not None for entry in entries):
        return None
    keys = [
        ("item", str(entry["id"])) if entry.get("group") is None else ("group", str(entry["group"]))
        for entry in entries
    ]
    index = {key: position for position, key in enumerate(dict.fromkeys(keys))}
    return np.array([index[key] for key in keys], dtype=np.intp)


def _open(name: str) -> bytes:
    with storage("labels").open(name, "rb") as file:
        content: bytes = file.read()
    return content
