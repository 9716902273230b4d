"""The files of a data version as they are stored: normalised, shuffled where order could tell, with their address."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from hackathon.answers import answers_of
from hackathon.bundles.images import Images
from hackathon.bundles.reading import Bundle
from hackathon.bundles.rows import Row
from hackathon.bundles.split import TestItem, shuffled, split_test
from hackathon.dataset.facts import DataFacts, tokens_of
from hackathon.dataset.index import index_data
from hackathon.files.storage import sha256_of
from training_worker.contract.tasks import TaskSpec
from training_worker.contract.tasks.spec import TEST, TEST_LABELS, TRAIN, VALIDATION

from .archives import write_archive

SPLIT = "split.json"
KILOPIXELS_PER_IMAGE = 224 * 224 / 1000
"""What most image models resize every image to, whatever its size in the bundle."""


@dataclass(frozen=True)
class DataFiles:
    """`shared` and `archives` go to the `datasets` storage, `secret` to the `labels` storage, by file name."""

    shared: dict[str, bytes]
    archives: dict[str, Path]
    """Uncompressed tars of the images of a split, on this machine's disk: they may be large."""
    secret: dict[str, bytes]
    sha256: str
    """Content address: equal for equal data in the same event. Holds the labels as an HMAC only, so that nobody can
    test a guess of the labels of a small test set against it."""
    listing: list[dict[str, Any]]
    """[{"name", "sha256", "size"}] of what a worker gets, in the order of the task's `data_files`."""
    public_targets: tuple[Any, ...]
    private_targets: tuple[Any, ...]
    mean_cost: float
    facts: DataFacts
    index: dict[str, bytes]
    """Files that only the site reads, in the `datasets` storage."""

    @property
    def public_count(self) -> int:
        return len(self.public_targets)

    @property
    def private_count(self) -> int:
        return len(self.private_targets)

    @property
    def shown(self) -> list[Path]:
        """Archives whose members a page may show."""
        return [path for name, path in self.archives.items() if name != _archive(TEST)]


def data_files(bundle: Bundle, *, secret: bytes, folder: Path) -> DataFiles:
    """Test rows come in an order that only the event's secret knows. Archives are written into `folder`.

    Raises `Conflict` where an image has changed since it was checked.
    """
    task, by_id = bundle.task, {row.id: row for row in bundle.test}
    test, test_images = _neutral(task, [by_id[name] for name in shuffled(by_id, secret)], bundle.images)
    images = {name: _images(task, rows, bundle.images) for name, rows in _labelled(bundle).items()} | {
        TEST: test_images
    }
    inputs = ["id", *(column.name for column in task.inputs)]
    shared = {name: _json_lines(rows, [*inputs, task.target.name, "slice"]) for name, rows in _labelled(bundle).items()}
    shared[TEST] = _json_lines(test, inputs)
    archives = {_archive(name): folder / _archive(name) for name in images if task.file_columns}
    for name, found in images.items():
        if task.file_columns:
            write_archive(archives[_archive(name)], found)
    hidden, public, private = _hidden(bundle, secret)
    facts, index = index_data(task, bundle.labels, shared)
    listing = [_entry(name, shared, archives) for name in task.data_files]
    return DataFiles(
        shared=shared,
        archives=archives,
        secret=hidden,
        sha256=_address(bundle, listing, hidden, secret),
        listing=listing,
        public_targets=public,
        private_targets=private,
        mean_cost=_mean_cost(bundle),
        facts=facts,
        index=index,
    )


def _labelled(bundle: Bundle) -> dict[str, list[Row]]:
    return {TRAIN: bundle.train, VALIDATION: bundle.validation}


def _archive(rows_name: str) -> str:
    return PurePath(rows_name).with_suffix(".tar").name


def _images(task: TaskSpec, rows: Iterable[Row], images: Images) -> Images:
    names = {row.values[column.name] for row in rows for column in task.file_columns if column.name in row.values}
    return {name: images[name] for name in names}


def _neutral(task: TaskSpec, rows: list[Row], images: Images) -> tuple[list[Row], Images]:
    """Test rows and their images under names that tell nothing: the row's id (with the column's name if there are
    several) and the ending."""
    renamed, found = [], {}
    for row in rows:
        values = dict(row.values)
        for column in task.file_columns:
            if column.name in values:
                stem = row.id if len(task.file_columns) == 1 else f"{row.id}.{column.name}"
                name = stem + PurePath(values[column.name]).suffix.lower()
                found[name] = images[values[column.name]]
                values[column.name] = name
        renamed.append(Row(row.line, values))
    return renamed, found


def _hidden(bundle: Bundle, secret: bytes) -> tuple[dict[str, bytes], tuple[Any, ...], tuple[Any, ...]]:
    """The label store's files, the targets of the public items, and those of the private ones."""
    target, by_id = bundle.task.target.name, {row.id: row for row in bundle.test_labels}
    strata = answers_of(bundle.task.output).strata([row.values[target] for row in bundle.test_labels])
    rows = zip(bundle.test_labels, strata, strict=True)
    items = [TestItem(row.id, stratum, row.values.get("group", "")) for row, stratum in rows]
    split = split_test(items, secret=secret)
    labels = _json_lines((by_id[name] for name in shuffled(by_id, secret)), ["id", target, "group", "slice"])
    files = {TEST_LABELS: labels, SPLIT: json.dumps({"public": split.public, "private": split.private}).encode()}
    public, private = (tuple(by_id[name].values[target] for name in part) for part in (split.public, split.private))
    return files, public, private


def _json_lines(rows: Iterable[Row], columns: Iterable[str]) -> bytes:
    wanted = list(columns)
    lines = ({name: row.values[name] for name in wanted if name in row.values} for row in rows)
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


def _entry(name: str, shared: dict[str, bytes], archives: dict[str, Path]) -> dict[str, Any]:
    if name in shared:
        return {"name": name, "sha256": hashlib.sha256(shared[name]).hexdigest(), "size": len(shared[name])}
    with archives[name].open("rb") as file:
        sha256, size = sha256_of(file)
    return {"name": name, "sha256": sha256, "size": size}


def _address(bundle: Bundle, listing: list[dict[str, Any]], hidden: dict[str, bytes], secret: bytes) -> str:
    parts = [bundle.challenge.task, *bundle.labels]
    parts += [f"{entry['sha256']}  {entry['name']}" for entry in sorted(listing, key=lambda entry: str(entry["name"]))]
    parts += [f"{hmac.new(secret, body, hashlib.sha256).hexdigest()}  {name}" for name, body in sorted(hidden.items())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def image_cost(task: TaskSpec) -> float:
    """Of the images of one input, in kilopixels."""
    return round(KILOPIXELS_PER_IMAGE * len(task.file_columns), 1)


def _mean_cost(bundle: Bundle) -> float:
    """Of a training input, in the task's unit."""
    if bundle.task.unit == "kilopixels":
        return image_cost(bundle.task)
    columns = [column.name for column in bundle.task.inputs if column.kind in ("string", "strings", "record")]
    costs = [tokens_of([row.values[name] for name in columns if name in row.values]) for row in bundle.train]
    return round(sum(costs) / len(costs), 1)
