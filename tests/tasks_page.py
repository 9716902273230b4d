"""`python -m tests.tasks_page` writes docs/tasks.md: what runs, read from the registries of site, worker and demo."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
PAGE = REPOSITORY / "docs" / "tasks.md"
EXAMPLES = REPOSITORY / "docs" / "examples"
HEAD = """# What runs

Every task that a challenge can have. Written from the registries by `python -m tests.tasks_page`, and held by a test: a
task that is added brings its lines.
"""
TIMES = 1000
KNOWS_ONE_LABEL = {"model_type": "detr", "id2label": {"0": "a"}}
"""Config of a model for the families whose base score depends on theirs."""


def page() -> str:
    """The whole of docs/tasks.md. Imports torch and needs Django's settings."""
    from training_worker.contract.tasks import TASKS

    tables = [
        ("Data and scores", ("task", "inputs", "target", "one answer is", "metrics (the usual one first)"), _data),
        ("Models and training", ("task", "families", "Auto class", "methods", "techniques", "base score"), _training),
        ("Try it", ("task", "shown as", "example bundle", "real data: `make demo TASK=…`", "base model"), _examples),
    ]
    parts = [HEAD]
    for title, head, cells in tables:
        lines = [_line(head), _line(["---"] * len(head)), *(_line(cells(spec)) for spec in TASKS.values())]
        parts.append(f"## {title}\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts) + FOOT


FOOT = """
↑: higher is better, ↓: lower is better; the range is in square brackets. Base scores are described for two labels: of
many labels fewer examples each are used. *mechanics*: the base model was never pretrained, so its scores show that the
code works and say nothing of quality. `make bench-breadth TASKS=1` trains all of the real data.
"""


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _data(spec: Any) -> Iterator[str]:
    from hackathon.answers import answers_of

    doc = (sys.modules[type(answers_of(spec.output)).__module__].__doc__ or "").strip().splitlines()[0]
    yield f"`{spec.id}`"
    yield ", ".join(_column(column) for column in spec.inputs)
    yield _column(spec.target)
    yield doc.partition(": ")[2].rstrip(".") or doc
    yield ", ".join(_metric(name) for name in spec.metrics)


def _column(column: Any) -> str:
    return f"{'' if column.required else 'optional '}`{column.name}` ({column.kind})"


def _metric(name: str) -> str:
    from training_worker.contract.metrics import METRICS

    spec = METRICS[name]
    low, high = ("…" if bound is None else f"{bound:g}" for bound in spec.bounds)
    return f"`{name}` {'↑' if spec.direction == 'higher' else '↓'} [{low}, {high}]"


def _training(spec: Any) -> Iterator[str]:
    from training_worker.contract.methods import METHODS
    from training_worker.contract.techniques import TECHNIQUES
    from training_worker.convert.facts import auto_class_of

    autos = dict.fromkeys(auto_class_of(spec, family) for family in spec.families)
    yield f"`{spec.id}`"
    yield ", ".join(spec.families)
    yield ", ".join(f"`{_auto_class(name)}`" if name else "any of the families" for name in autos)
    yield _methods(METHODS, spec)
    yield ", ".join(f"`{name}`" for name, technique in TECHNIQUES.items() if technique.fits(spec)) or "–"
    yield _base_method(spec)


def _methods(methods: Any, spec: Any) -> str:
    """Those of the first family; of a variant where they are others."""
    by_family = {
        family: ", ".join(f"`{name}`" for name, method in methods.items() if method.fits(spec.of(family)))
        for family in (None, *spec.variants)
    }
    others = [f"{family}: {names}" for family, names in by_family.items() if names != by_family[None]]
    return "; ".join([by_family[None], *others])


def _auto_class(name: str) -> str:
    """The Auto class that loads the architectures of transformers' list of that name."""
    from transformers.models.auto import modeling_auto

    wanted = getattr(modeling_auto, f"MODEL_FOR_{name}_MAPPING")
    classes = (value for value in vars(modeling_auto).values() if isinstance(value, type))
    return next(found.__name__ for found in classes if getattr(found, "_model_mapping", None) is wanted)


def _base_method(spec: Any) -> str:
    """In the task's own words, for a bundle that is a thousand times its example."""
    from training_worker.contract.json_lines import read_rows
    from training_worker.contract.sentences import UNTRAINED_LETTERS, ZERO_SHOT_LETTERS
    from training_worker.tasks import load_task
    from training_worker.tasks.base import Context

    if spec.generates:
        letters = (
            f"; speech-encoder: {ZERO_SHOT_LETTERS()}, or where it has none, {UNTRAINED_LETTERS(count='the data’s')}"
        )
        return "zero-shot: the untrained model, greedy decoding" + letters * ("speech-encoder" in spec.variants)
    rows = [row for name in _bundles(spec)[:1] for row in read_rows((EXAMPLES / name / "train.jsonl").read_bytes())]
    with TemporaryDirectory() as folder:
        Path(folder, "config.json").write_text(json.dumps(KNOWS_ONE_LABEL))
        context = Context(folder=Path(folder), labels=("a", "b") if spec.has_labels else ())
        variants = [f"{name}: {load_task(spec.id, name)(context).base_method}" for name in spec.variants]
        return "; ".join([str(load_task(spec.id)(context, rows * TIMES).base_method), *variants])


def _bundles(spec: Any) -> list[str]:
    """Names of the example bundles of a task."""
    from hackathon.bundles.yaml import load

    found = {path.parent.name: load(path.read_bytes()) for path in sorted(EXAMPLES.glob("*/challenge.yaml"))}
    return [name for name, challenge in found.items() if isinstance(challenge, dict) and challenge["task"] == spec.id]


def _examples(spec: Any) -> Iterator[str]:
    from evaluation.demo.recipes import all_recipes

    recipes = [recipe for recipe in all_recipes() if recipe.task == spec.id]
    yield f"`{spec.id}`"
    yield spec.presentation
    yield ", ".join(f"[{name}](examples/{name}/README.md)" for name in _bundles(spec)) or "–"
    yield ", ".join(f"`{one.slug}`: {one.challenge['title']}" for one in recipes) or "–"
    yield ", ".join(f"{one.model.name}{' (*mechanics*)' if one.kind == 'mechanics' else ''}" for one in recipes) or "–"


def main() -> int:
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    PAGE.write_text(page(), "utf-8")
    print(PAGE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
