"""The files of a data version as they are stored: normalised, shuffled where order could tell, with their address."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hackathon.bundles.checks import TEST, TEST_LABELS, TRAIN, VALIDATION
from hackathon.bundles.reading import Bundle
from hackathon.bundles.rows import Row
from hackathon.bundles.split import TestItem, shuffled, split_test

SPLIT = "split.json"
TOKENS_PER_WORD = 1.3
SPECIAL_TOKENS = 2
BYTES_PER_TOKEN = 4


@dataclass(frozen=True)
class DataFiles:
    """`shared` goes to the `datasets` storage, `secret` to the `labels` storage, by file name."""

    shared: dict[str, bytes]
    secret: dict[str, bytes]
    sha256: str
    """Content address: equal for equal data in the same event. Holds the labels as an HMAC only, so that nobody can
    test a guess of the labels of a small test set against it."""
    public_count: int
    private_count: int
    mean_cost: float

    def listing(self) -> list[dict[str, Any]]:
        """[{"name", "sha256", "size"}] of the shared files."""
        return [
            {"name": name, "sha256": hashlib.sha256(body).hexdigest(), "size": len(body)}
            for name, body in self.shared.items()
        ]


def data_files(bundle: Bundle, *, secret: bytes) -> DataFiles:
    """Pure. Test rows come in an order that only the event's secret knows."""
    inputs = ["id", *(column.name for column in bundle.task.inputs)]
    label = bundle.task.target.name
    test = {row.id: row for row in bundle.test}
    shared = {
        TRAIN: _json_lines(bundle.train, [*inputs, label]),
        VALIDATION: _json_lines(bundle.validation, [*inputs, label]),
        TEST: _json_lines((test[name] for name in shuffled(test, secret)), inputs),
    }
    by_id = {row.id: row for row in bundle.test_labels}
    items = [TestItem(row.id, row.values[label], row.values.get("group", "")) for row in bundle.test_labels]
    split = split_test(items, secret=secret)
    labels = _json_lines((by_id[name] for name in shuffled(by_id, secret)), ["id", label, "group", "slice"])
    hidden = {TEST_LABELS: labels, SPLIT: json.dumps({"public": split.public, "private": split.private}).encode()}
    return DataFiles(
        shared=shared,
        secret=hidden,
        sha256=_address(bundle, shared, hidden, secret),
        public_count=len(split.public),
        private_count=len(split.private),
        mean_cost=_mean_cost(bundle),
    )


def _json_lines(rows: Iterable[Row], columns: Iterable[str]) -> bytes:
    wanted = list(columns)
    lines = ({name: row.values[name] for name in wanted if name in row.values} for row in rows)
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


def _address(bundle: Bundle, shared: dict[str, bytes], hidden: dict[str, bytes], secret: bytes) -> str:
    parts = [bundle.challenge.task, *bundle.labels]
    parts += [f"{hashlib.sha256(body).hexdigest()}  {name}" for name, body in sorted(shared.items())]
    parts += [f"{hmac.new(secret, body, hashlib.sha256).hexdigest()}  {name}" for name, body in sorted(hidden.items())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _mean_cost(bundle: Bundle) -> float:
    """Mean tokens of a training input, estimated without a tokenizer: 1.3 a word, or a quarter of its UTF-8 bytes where
    that is more (Chinese has no spaces), plus the two special ones."""
    texts = [
        " ".join(str(row.values[column.name]) for column in bundle.task.inputs if column.name in row.values)
        for row in bundle.train
    ]
    tokens = sum(max(len(text.split()) * TOKENS_PER_WORD, len(text.encode()) / BYTES_PER_TOKEN) for text in texts)
    return round(tokens / len(texts) + SPECIAL_TOKENS, 1)
