"""The challenge "Which function is it?": first sentences of docstrings, and the rest of ten functions' texts to find
each one's own among. Read from the packages that the site itself needs.

python -m evaluation.demo.datasets.function_texts FOLDER
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import inspect
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.demo.base_model import MINILM
from evaluation.demo.configs import LORA, config
from evaluation.demo.people import MODEL
from evaluation.demo.recipe import Recipe

from .bundle import Row, Sizes, run, write_rows

SIZES = Sizes(train=600, validation=60, test=400)
MAX_STEPS, MAX_SECONDS = 1000, 300.0
CANDIDATES = 12
LEAST, MOST = 60, 120
"""Characters of a candidate."""
PACKAGES = ("numpy", "scipy", "scikit-learn")
MODULES = """
numpy numpy.fft numpy.linalg numpy.polynomial.polynomial numpy.random scipy.cluster.hierarchy
scipy.constants scipy.fft scipy.integrate scipy.interpolate scipy.io scipy.linalg scipy.ndimage
scipy.optimize scipy.signal scipy.signal.windows scipy.sparse scipy.sparse.linalg
scipy.sparse.csgraph scipy.spatial scipy.spatial.distance scipy.special scipy.stats
scipy.stats.mstats sklearn.cluster sklearn.compose sklearn.covariance sklearn.datasets
sklearn.decomposition sklearn.ensemble sklearn.feature_extraction sklearn.feature_selection
sklearn.impute sklearn.linear_model sklearn.manifold sklearn.metrics sklearn.metrics.pairwise
sklearn.mixture sklearn.model_selection sklearn.naive_bayes sklearn.neighbors sklearn.neural_network
sklearn.pipeline sklearn.preprocessing sklearn.semi_supervised sklearn.svm sklearn.tree
sklearn.utils
"""

CHALLENGE_YAML: dict[str, Any] = {
    "slug": "function-texts",
    "title": "Which function is it?",
    "summary": f"Find the text of a function among {CANDIDATES} by the first sentence of its docstring.",
    "description": f"""Each item is the first sentence of the docstring of a function or class of NumPy, SciPy or
scikit-learn, and {CANDIDATES} texts from further down in docstrings: one is its own. The score is the mean reciprocal
rank.

**Data.** {SIZES.train:,} queries to train on, {SIZES.validation} to validate, {SIZES.test:,} hidden test queries, of
which 30 % make the public score.

**What you submit** is a config: a base model, a fine-tuning method and its hyper-parameters. The platform trains,
predicts and scores; a run may take {MAX_STEPS:,} steps or {MAX_SECONDS:g} seconds.
""",
    "task": "text-ranking",
    "primary_metric": "mrr",
    "limits": {
        "base_models": [MODEL],
        "methods": ["lora", "full"],
        "techniques": ["noise_injection", "fgm"],
        "ranges": {"training.max_length": {"min": 8, "max": 128}},
        "budget": {"max_steps": MAX_STEPS, "max_seconds": MAX_SECONDS, "max_memory_mb": 4096},
    },
    "phases": [{"name": "Main", "precision": "fp32"}],
    "license": "BSD-3-Clause",
    "source": "Docstrings of "
    + ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    + ", each under the BSD 3-clause licence.",
}


@dataclass(frozen=True)
class Documented:
    """A docstring's first sentence, and the paragraph after it."""

    summary: str
    body: str

    @property
    def key(self) -> str:
        return hashlib.sha256(f"docstrings {self.summary}".encode()).hexdigest()


def read_docstrings() -> list[Documented]:
    """Of the public names of `MODULES`, each summary and each body once, in an order of their own."""
    found: dict[str, Documented] = {}
    bodies: set[str] = set()
    for text in _texts():
        one = split_docstring(text)
        if one and one.summary.casefold() not in found and one.body not in bodies:
            found[one.summary.casefold()] = one
            bodies.add(one.body)
    return sorted(found.values(), key=lambda one: one.key)


def _texts() -> Iterator[str]:
    for name in MODULES.split():
        module = importlib.import_module(name)
        for public in sorted(getattr(module, "__all__", dir(module))):
            if not public.startswith("_"):
                yield inspect.getdoc(vars(module).get(public)) or ""


def split_docstring(text: str) -> Documented | None:
    """None where it has no summary or no prose after it of a fitting length."""
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    prose = [part for part in paragraphs[1:] if len(part) >= LEAST and "----" not in part and ">>>" not in part]
    summary = paragraphs[0]
    if not prose or not summary.endswith(".") or not 15 <= len(summary) <= 200:
        return None
    return Documented(summary, prose[0][:MOST])


def list_rows(documented: Sequence[Documented]) -> list[Row]:
    """Each with other bodies beside its own, in an order that tells nothing."""
    return [_row(one, documented) for one in documented]


def _row(one: Documented, documented: Sequence[Documented]) -> Row:
    rng = random.Random(one.key)
    others = [other for other in rng.sample(list(documented), CANDIDATES) if other != one]
    bodies = [one.body, *(other.body for other in others[: CANDIDATES - 1])]
    rng.shuffle(bodies)
    relevances = [int(body == one.body) for body in bodies]
    return {"id": f"d{one.key[:12]}", "query": one.summary, "candidates": bodies, "relevances": relevances}


def write_bundle(folder: Path, documented: Sequence[Documented]) -> None:
    """Write the bundle of the first texts into `folder`. Raises ValueError where there are too few."""
    count = SIZES.train + SIZES.validation + SIZES.test
    rows = [row for part in _parts(documented[:count]) for row in list_rows(part)]
    write_rows(folder, CHALLENGE_YAML, rows, target="relevances", sizes=SIZES)


def _parts(documented: Sequence[Documented]) -> list[Sequence[Documented]]:
    """Those of each split: no candidate is in two."""
    first, last = SIZES.train, SIZES.train + SIZES.validation
    return [documented[:first], documented[first:last], documented[last:]]


def make(folder: Path) -> None:
    """Read the installed packages and write the bundle."""
    write_bundle(folder, read_docstrings())


RECIPE = Recipe(
    challenge=CHALLENGE_YAML,
    model=MINILM,
    make=make,
    configs=(
        config(MODEL, LORA, 1e-3, 2, 8, max_length=64),
        config(MODEL, "full", 1e-4, 1, 8, max_length=64),
    ),
    baseline=config(MODEL, LORA, 2e-4, 1, 8, max_length=64),
    version=3,
)


if __name__ == "__main__":
    sys.exit(run(make))
