"""`python -m bench.breadth` (`make bench-breadth TASKS=1`): every task that has a recipe, trained for real.

Each recipe of `evaluation/demo/datasets/` goes through the worker's own code, in children of a node's template: the
untrained base model, then the last of the recipe's configs, both scored on the hidden labels. Printed: a table, and
last one JSON line. `tuned` has to beat `base` by more than two standard errors wherever the base model is a real one,
and a prediction has to be four times as fast as one item after the other; what does not is marked, and the exit code is
1. A recipe that was trained before in the same version is not trained again (`--again` does); one that fails costs its
row alone.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evaluation.demo.recipe import Recipe
from evaluation.demo.recipes import all_recipes
from training_worker.contract.metrics import METRICS
from training_worker.node.template import Template

from .recipe_jobs import batching_ratio, compare, make_job, prepare, run_child

DATA = Path(".data/bench-breadth")
LEAST_ERRORS, LEAST_RATIO = 2.0, 4.0
HEAD = (
    "task",
    "challenge",
    "model",
    "method",
    "metric",
    "base",
    "tuned",
    "gain / SE",
    "seconds",
    "batching",
    "kind",
    "",
)


@dataclass(frozen=True)
class Row:
    """`errors` is the gain in its standard errors, `seconds` what the tuned job took, `ratio` that of
    `one_by_one`."""

    task: str
    challenge: str
    model: str
    method: str
    metric: str
    base: float
    tuned: float
    errors: float
    seconds: float
    ratio: float
    kind: str
    version: int

    @property
    def mark(self) -> str:
        """What is missing from the promise; "" where it is kept."""
        found = ["NOT BETTER"] if self.kind == "real" and self.errors <= LEAST_ERRORS else []
        return ", ".join(found + (["SLOW"] if self.ratio < LEAST_RATIO else []))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.breadth", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help="where bundles, models and results are kept")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="a task or a challenge's slug")
    parser.add_argument("--again", action="store_true", help="train what was trained before, too")
    asked = parser.parse_args(arguments)
    recipes = [one for one in all_recipes() if not asked.only or {one.task, one.slug} & {*asked.only}]
    rows, failed = train_all(recipes, asked.data.resolve(), again=asked.again)
    print("\n" + table(rows) + "\n")
    for message in failed:
        print(f"FAILED {message}")
    print(json.dumps({"rows": [asdict(row) for row in rows]}))
    return 1 if failed or any(row.mark for row in rows) else 0


def train_all(recipes: Sequence[Recipe], data: Path, *, again: bool) -> tuple[list[Row], list[str]]:
    """A row for each recipe, or a message of how it failed."""
    rows, failed, template = [], [], None
    for recipe in recipes:
        kept = data / recipe.slug / f"result-v{recipe.version}.json"
        if kept.exists() and not again:
            rows.append(Row(**json.loads(kept.read_bytes())))
            continue
        template = template or started_template()
        began = time.monotonic()
        try:
            row = train(recipe, data, template)
        except Exception as error:  # whatever a recipe of somebody else raises: the others go on
            failed.append(f"{recipe.task} ({recipe.slug}): {type(error).__name__}: {error}")
            continue
        kept.write_text(json.dumps(asdict(row)))
        rows.append(row)
        print(f"{recipe.slug}: {row.base:.4g} → {row.tuned:.4g} in {time.monotonic() - began:.0f} s", flush=True)
    return rows, failed


def started_template() -> Template:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    os.environ.update(
        OMP_NUM_THREADS="1", OMP_WAIT_POLICY="PASSIVE", HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false",
        TRANSFORMERS_VERBOSITY="error", HF_HUB_DISABLE_PROGRESS_BARS="1",
    )  # fmt: skip
    template = Template()
    template.start()
    import django

    django.setup()  # the site judges the bundles; after the template, which is forked
    return template


def train(recipe: Recipe, data: Path, template: Template) -> Row:
    folder = data / recipe.slug
    folder.mkdir(parents=True, exist_ok=True)
    prepared = prepare(recipe, folder, data / "models")
    untrained, tuned = make_job(prepared, "base", None), make_job(prepared, "tuned", recipe.tuned)
    ratio = batching_ratio(template, untrained)
    run_child(template, untrained)
    seconds = run_child(template, tuned)
    found, metric = compare(prepared, untrained, tuned), METRICS[untrained.spec.primary_metric]
    return Row(
        task=recipe.task,
        challenge=recipe.slug,
        model=recipe.model.slug,
        method=str(recipe.tuned["method"]["name"]),
        metric=metric.name,
        base=round(found.base, 5),
        tuned=round(found.tuned, 5),
        errors=round(found.gain / max(found.se, 1e-9), 2),
        seconds=round(seconds, 1),
        ratio=round(ratio, 2),
        kind=recipe.kind,
        version=recipe.version,
    )


def table(rows: Sequence[Row]) -> str:
    cells = [HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEAD))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells)


def _cells(row: Row) -> tuple[str, ...]:
    shown: list[Any] = [
        row.task,
        row.challenge,
        row.model,
        row.method,
        row.metric,
        f"{row.base:.4g}",
        f"{row.tuned:.4g}",
    ]
    shown += [f"{row.errors:+.1f}", f"{row.seconds:.0f}", f"{row.ratio:.1f}x", row.kind, row.mark]
    return tuple(map(str, shown))


if __name__ == "__main__":
    sys.exit(main())
