"""The challenge "Is the tumour benign?": ten measures of cell nuclei, a data set that scikit-learn ships.

python -m evaluation.demo.datasets.tumours FOLDER
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

from sklearn.datasets import load_breast_cancer

from evaluation.demo.base_model import MINILM
from evaluation.demo.configs import BASELINE_NOTE, LORA, config, linear_head
from evaluation.demo.people import MODEL
from evaluation.demo.recipe import Recipe

from .bundle import Row, Sizes, run, write_rows

SIZES = Sizes(train=250, validation=100, test=219)
MEASURES = 10
"""The means; the data set has their standard errors and largest values, too."""
MAX_STEPS, MAX_SECONDS = 1000, 300.0

CHALLENGE_YAML: dict[str, Any] = {
    "slug": "tumours",
    "title": "Is the tumour benign?",
    "summary": "Predict from ten measures of cell nuclei whether a tumour is malignant.",
    "description": f"""Each item is a row of a table: means of ten measures of the cell nuclei in the picture of a fine
needle aspirate of a breast mass. Predict `benign` or `malignant`. The score is the area under the ROC curve of
`malignant`.

**Data.** {SIZES.train} rows to train on, {SIZES.validation} to validate, {SIZES.test} hidden test rows, of which 30 %
make the public score.

**What you submit** is a config: a base model, a fine-tuning method and its hyper-parameters. The platform trains,
predicts and scores; a run may take {MAX_STEPS:,} steps or {MAX_SECONDS:g} seconds. The language model reads a row as
text; the organizer's reference is gradient boosting on the numbers.
""",
    "task": "tabular-classification",
    "labels": ["benign", "malignant"],
    "primary_metric": "roc_auc",
    "limits": {
        "base_models": [MODEL],
        "methods": ["head", "lora", "full"],
        "techniques": ["fgm"],
        "ranges": {"training.max_length": {"min": 32, "max": 128}},
        "budget": {"max_steps": MAX_STEPS, "max_seconds": MAX_SECONDS, "max_memory_mb": 4096},
    },
    "phases": [{"name": "Main", "precision": "fp32"}],
    "license": "CC-BY-4.0",
    "source": "W. Wolberg, O. Mangasarian, N. Street, W. Street: Breast Cancer Wisconsin (Diagnostic), UCI Machine "
    "Learning Repository 1993, as scikit-learn ships it.",
}


def read_rows() -> list[Row]:
    """In an order of their own; numbers with four significant digits."""
    data = load_breast_cancer()
    names = [str(name) for name in data.feature_names[:MEASURES]]
    rows = []
    for values, target in zip(data.data[:, :MEASURES].tolist(), data.target.tolist(), strict=True):
        features = {name: float(f"{value:.4g}") for name, value in zip(names, values, strict=True)}
        key = hashlib.sha256(f"tumours {values}".encode()).hexdigest()
        rows.append({"id": f"t{key[:12]}", "features": features, "label": ("malignant", "benign")[target]})
    return sorted(rows, key=lambda row: str(row["id"]))


def make(folder: Path) -> None:
    """Write the bundle."""
    write_rows(folder, CHALLENGE_YAML, read_rows(), target="label", sizes=SIZES)


RECIPE = Recipe(
    challenge=CHALLENGE_YAML,
    model=MINILM,
    make=make,
    configs=(
        linear_head(MODEL, 1e-2, 20),
        config(MODEL, LORA, 3e-3, 8),
        config(MODEL, "full", 2e-4, 10),
    ),
    baseline=linear_head(MODEL),
    baseline_note=BASELINE_NOTE,
)


if __name__ == "__main__":
    sys.exit(run(make))
