"""Per-item values of scorings that were begun and never written: the scorer died, or another was faster."""

from __future__ import annotations

from datetime import datetime

from evaluation.models import Result
from hackathon.clock import db_now
from hackathon.files.storage import delete_unused, old_files, storage

ROOT = "results"


def clear_items(now: datetime | None = None) -> int:
    """Delete files under `results/` of the labels' storage that no result names and that are over a day old.

    Returns their number. Safe to run twice, and while scoring goes on.
    """
    store = storage("labels")
    old = old_files(store, ROOT, now or db_now())
    return delete_unused(store, old, kept=set(Result.objects.values_list("items_key", flat=True)))
