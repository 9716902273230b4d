"""What the recipes of this folder share: where fetched data is kept, and writing the files of a bundle."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.demo.pip_download import FetchFailed
from hackathon.bundles.yaml import dump

FETCHED = Path(__file__).resolve().parents[3] / ".data" / "datasets"
"""Nothing is downloaded twice."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Sizes:
    """Rows in each split."""

    train: int
    validation: int
    test: int


def write_rows(folder: Path, challenge: dict[str, Any], rows: Sequence[Row], *, target: str, sizes: Sizes) -> None:
    """Write the five files of a bundle into `folder`: the first rows train, the next validate, the next test.

    Raises ValueError where there are too few.
    """
    first, last = sizes.train + sizes.validation, sizes.train + sizes.validation + sizes.test
    if len(rows) < last:
        raise ValueError(f"There are only {len(rows)} rows, {last} are needed.")
    test = rows[first:last]
    files = {
        "train.jsonl": rows[: sizes.train],
        "validation.jsonl": rows[sizes.train : first],
        "test.jsonl": [{name: value for name, value in row.items() if name != target} for row in test],
        "test_labels.jsonl": [{"id": row["id"], target: row[target]} for row in test],
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "challenge.yaml").write_text(dump(challenge))
    for name, found in files.items():
        (folder / name).write_text(_json_lines(found))


def _json_lines(rows: Iterable[Row]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def run(make: Callable[[Path], None]) -> int:
    """`python -m … FOLDER`: make the bundle there; the exit code."""
    if len(sys.argv) != 2:
        print(f"usage: {sys.argv[0]} FOLDER", file=sys.stderr)
        return 2
    return write_or_say(make, Path(sys.argv[1]))


def write_or_say(make: Callable[[Path], None], folder: Path) -> int:
    """Make the bundle, or print why there is none; the exit code."""
    try:
        make(folder)
    except (FetchFailed, subprocess.TimeoutExpired, OSError) as error:
        print(f"The data could not be fetched: {error}", file=sys.stderr)
        return 1
    return 0
