"""Loads what scoring needs when the scorer starts, so that the first score does not wait for it."""

from __future__ import annotations

from celery.signals import worker_init

from training_worker.contract.base import JSON
from training_worker.contract.tasks.spec import OutputKind

ITEMS: dict[OutputKind, tuple[list[JSON], tuple[str, ...]]] = {
    "class": (["a", "b", "b"], ("a", "b")),
    "tags": ([["O"], ["B-a"], ["O", "B-a"]], ("O", "B-a")),
    "ranking": ([[0, 1], [1, 0, 2], [1]], ()),
    "number": ([0.0, 1.0, 1.0], ()),
    "words": (["a", "b", "b"], ()),
    "rating": ([["a", 1.0], ["a", 2.0], ["b", 2.0]], ()),
    "boxes": ([[], [{"label": "a", "bbox": [0, 0, 2, 2]}], []], ("a",)),
    "mask": ([{"size": [1, 2], "counts": [1, 1], "labels": ["a", "b"]}] * 3, ("a", "b")),
}
"""Right answers of three items, and the labels of their data."""


@worker_init.connect
def warm_up(**_signal: object) -> None:
    """Import NumPy, seqeval and pycocotools and score three items of every kind once: some load on first use."""
    from training_worker.metrics import output_of

    from . import scorer as score  # noqa: F401  imported for what it loads itself

    for kind, (values, labels) in ITEMS.items():
        output = output_of(kind)
        truth = output.read_truth(values, labels)
        for metric in output.metrics:
            output.estimate(metric, truth, output.dummy(truth, labels), labels)
