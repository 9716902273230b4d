"""A `challenge.yaml` to begin with: what follows from the data is filled in, what an organizer decides says TODO."""

from __future__ import annotations

from collections.abc import Sequence

from hackathon.bundles.yaml import dump
from training_worker.contract.methods import METHODS
from training_worker.contract.tasks import TaskSpec

TODO = "TODO"


def skeleton(task: TaskSpec, *, slug: str, labels: Sequence[str], license: str, sources: Sequence[str]) -> str:
    """It is accepted as it stands, but for the base model, which no site has."""
    kinds = [task.of(family) for family in task.families]
    methods = [name for name, method in METHODS.items() if all(map(method.fits, kinds))]
    others = ", ".join(task.metrics[1:])
    lines = [
        f"# Made by manage.py make_bundle from {', '.join(sources)}. What says TODO is yours to decide; the format is",
        "# explained in docs/examples/README.md.",
        _line("slug", slug, "TODO: the challenge's address, /c/<slug>/"),
        _line("title", f"{TODO}: a title"),
        _line("summary", f"{TODO}: one sentence"),
        _line("description", f"{TODO}: what is to be predicted and why, what the data is, how it was made.\n"),
        _line("task", task.id),
        _line("primary_metric", task.metrics[0], f"TODO: or {others}" if others else ""),
        *([_line("labels", list(labels))] if labels else ()),
        "",
        "limits:",
        "  base_models: [todo]          # TODO: slugs of registered models",
        f"  methods: [{', '.join(methods)}]",
        "  budget: {max_steps: 1000, max_seconds: 600, max_memory_mb: 4096}   # TODO: of one run",
        "",
        "phases:",
        "  - name: Main                 # TODO: opens_at and closes_at; without them it lasts as long as the hackathon",
        "    quota: {per_day: 20, total: 100, at_once: 2, queued: 10, compute_seconds: 36000}   # TODO: of a team",
        "    precision: fp32",
        "",
        _line("license", license or TODO, "TODO: what people may do with the data"),
        _line("source", f"{TODO}: where the data is from ({', '.join(sources)})"),
    ]
    return "".join(f"{line}\n" for line in lines)


def _line(key: str, value: str | list[str], comment: str = "") -> str:
    text = dump({key: value}).rstrip("\n")
    return f"{text}   # {comment}" if comment else text
