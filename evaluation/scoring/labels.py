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
from training_worker.contract.json_lines import read_rows
from training_worker.contract.tasks import TASKS, TaskSpec
from training_worker.contract.tasks.spec import TEST_LABELS
from training_worker.metrics import output_of
from training_worker.metrics.base import IntArray, Output, Truth

SPLIT = "split.json"


class LabelsUnreadable(Exception):
    """The label store does not hold what a data version needs. The message holds no label and no id."""


@dataclass(frozen=True, repr=False, eq=False)
class LabelSet:
    """Right answers of one data version, in file order. It has no repr: a traceback must not show one."""

    spec: TaskSpec
    ids: tuple[str, ...]
    labels: tuple[str, ...]
    """The data's labels in their order, () where there are none."""
    truth: Truth
    """Of n items, in the shape of `output`."""
    is_public: npt.NDArray[np.bool_]
    """(n,) True for the public part of the split."""
    groups: IntArray | None
    """(n,) group of each item, an item without one being its own; None where no item has one. Of a task that groups
    its items itself (`TaskSpec.grouped_by`), those groups."""

    @property
    def output(self) -> Output:
        return output_of(self.spec.output)


def read_labels(data: ChallengeData) -> LabelSet:
    """Labels and split of a data version, kept in the process: a version never changes.

    Raises `LabelsUnreadable`, and `InvalidStorageError` in a process that must not know the label store.
    """
    manifest = data.dataset_manifest
    return _read(data.prefix, manifest.task, manifest.labels)


@lru_cache(maxsize=8)
def _read(prefix: str, task: str, labels: tuple[str, ...]) -> LabelSet:
    spec = TASKS[task]
    try:
        entries = read_rows(_open(f"{prefix}/{TEST_LABELS}"))
    except ValueError as error:
        raise LabelsUnreadable(str(error)) from None
    ids = tuple(str(entry["id"]) for entry in entries)
    if len(set(ids)) != len(ids):
        raise LabelsUnreadable(f"{len(ids) - len(set(ids))} ids are doubled")
    try:
        truth = output_of(spec.output).read_truth([spec.truth_of(entry) for entry in entries], labels)
    except ValueError as error:
        raise LabelsUnreadable(str(error)) from None
    is_public, groups = _read_split(prefix, ids), _group_indices(entries, spec.grouped_by or "group")
    for array in (truth, is_public, groups):
        if isinstance(array, np.ndarray):
            array.setflags(write=False)
    return LabelSet(spec=spec, ids=ids, labels=labels, truth=truth, is_public=is_public, groups=groups)


def _read_split(prefix: str, ids: Sequence[str]) -> npt.NDArray[np.bool_]:
    split = json.loads(_open(f"{prefix}/{SPLIT}"))
    public, private = set(split["public"]), set(split["private"])
    if public & private or public | private != set(ids) or not public or not private:
        raise LabelsUnreadable("the split is not a partition of the test items into two parts")
    return np.array([item in public for item in ids], dtype=np.bool_)


def _group_indices(entries: list[dict[str, Any]], column: str) -> IntArray | None:
    if not any(entry.get(column) is not None for entry in entries):
        return None
    keys = [
        ("item", str(entry["id"])) if entry.get(column) is None else ("group", str(entry[column])) for entry in entries
    ]
    index = {key: position for position, key in enumerate(dict.fromkeys(keys))}
    return np.array([index[key] for key in keys], dtype=np.intp)


def _open(name: str) -> bytes:
    with storage("labels").open(name, "rb") as file:
        content: bytes = file.read()
    return content
