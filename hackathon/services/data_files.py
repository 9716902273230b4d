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
from hackathon.bundles.media import MediaFiles
from hackathon.bundles.reading import Bundle
from hackathon.bundles.rows import Row
from hackathon.bundles.split import TestItem, shuffled, split_test
from hackathon.dataset.facts import TEXT_KINDS, DataFacts, tokens_of
from hackathon.dataset.index import index_data
from hackathon.files.storage import sha256_of
from training_worker.contract.tasks import TaskSpec
from training_worker.contract.tasks.spec import MOST_SECONDS, TEST, TEST_LABELS, TRAIN, VALIDATION

from .archives import write_archive

SPLIT = "split.json"
KILOPIXELS_PER_IMAGE = 224 * 224 / 1000
"""What most image models resize every image to, whatever its size in the bundle."""


@dataclass(frozen=True)
class DataFiles:
    """`shared` and `archives` go to the `datasets` storage, `secret` to the `labels` storage, by file name."""

    shared: dict[str, bytes]
    archives: dict[str, Path]
    """Uncompressed tars of the files of a split, on this machine's disk: they may be large."""
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

    Raises `Conflict` where a file has changed since it was checked.
    """
    task, by_id = bundle.task, {row.id: row for row in bundle.test}
    test, test_media = _neutral(task, [by_id[name] for name in shuffled(by_id, secret)], bundle.media)
    media = {name: _media(task, rows, bundle.media) for name, rows in _labelled(bundle).items()} | {TEST: test_media}
    inputs = ["id", *(column.name for column in task.inputs)]
    shared = {name: _json_lines(rows, [*inputs, task.target.name, "slice"]) for name, rows in _labelled(bundle).items()}
    shared[TEST] = _json_lines(test, inputs)
    archives = {_archive(name): folder / _archive(name) for name in media if task.file_columns}
    for name, found in media.items():
        if task.file_columns:
            write_archive(archives[_archive(name)], found)
    hidden, public, private = _hidden(bundle, secret)
    seconds = {name: file.seconds for name, file in bundle.media.items() if file.seconds}
    facts, index = index_data(task, bundle.labels, shared, seconds)
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


def _media(task: TaskSpec, rows: Iterable[Row], media: MediaFiles) -> MediaFiles:
    names = {row.values[column.name] for row in rows for column in task.file_columns if column.name in row.values}
    return {name: media[name] for name in names}


def _neutral(task: TaskSpec, rows: list[Row], media: MediaFiles) -> tuple[list[Row], MediaFiles]:
    """Test rows and their files under names that tell nothing: the row's id (with the column's name if there are
    several) and the ending."""
    renamed, found = [], {}
    for row in rows:
        values = dict(row.values)
        for column in task.file_columns:
            if column.name in values:
                stem = row.id if len(task.file_columns) == 1 else f"{row.id}.{column.name}"
                name = stem + PurePath(values[column.name]).suffix.lower()
                found[name] = media[values[column.name]]
                values[column.name] = name
        renamed.append(Row(row.line, values))
    return renamed, found


def _hidden(bundle: Bundle, secret: bytes) -> tuple[dict[str, bytes], tuple[Any, ...], tuple[Any, ...]]:
    """The label store's files, the targets of the public items, and those of the private ones."""
    target, group = bundle.task.target.name, bundle.task.grouped_by
    by_id = {row.id: row for row in bundle.test_labels}
    if group:  # the scorer reads the labels alone
        by_id = {row.id: Row(row.line, {**by_id[row.id].values, group: row.values[group]}) for row in bundle.test}
    strata = answers_of(bundle.task.output).strata([row.values[target] for row in by_id.values()])
    rows = zip(by_id.values(), strata, strict=True)
    items = [TestItem(row.id, stratum, row.values.get(group or "group", "")) for row, stratum in rows]
    split = split_test(items, secret=secret)
    labels = _json_lines((by_id[name] for name in shuffled(by_id, secret)), ["id", group or "group", target, "slice"])
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
    if bundle.challenge.max_new_tokens is not None:
        parts.append(f"max_new_tokens {bundle.challenge.max_new_tokens}")
    parts += [f"{entry['sha256']}  {entry['name']}" for entry in sorted(listing, key=lambda entry: str(entry["name"]))]
    parts += [f"{hmac.new(secret, body, hashlib.sha256).hexdigest()}  {name}" for name, body in sorted(hidden.items())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def least_cost(task: TaskSpec) -> float:
    """Of any input whose files nobody has looked into, in the task's unit: images have one size, a sound may be
    short."""
    return round(KILOPIXELS_PER_IMAGE * len(task.file_columns), 1) if task.unit == "kilopixels" else 1.0


def _seconds(bundle: Bundle, row: Row) -> float:
    return sum(bundle.media[row.values[column.name]].seconds for column in bundle.task.file_columns)


def _mean_cost(bundle: Bundle) -> float:
    """Of a training input, in the task's unit."""
    if bundle.task.unit == "kilopixels":
        return least_cost(bundle.task)
    if bundle.task.unit == "deciseconds":
        seconds = [min(_seconds(bundle, row), MOST_SECONDS) for row in bundle.train]
        return max(1.0, round(10 * sum(seconds) / len(seconds), 1))
    columns = [column.name for column in bundle.task.inputs if column.kind in TEXT_KINDS]
    costs = [tokens_of([row.values[name] for name in columns if name in row.values]) for row in bundle.train]
    return round(sum(costs) / len(costs), 1)
