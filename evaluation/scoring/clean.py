"""Per-item values of scorings that were begun and never written: the scorer died, or another was faster."""

from __future__ import annotations

from datetime import datetime, timedelta

from evaluation.models import Result
from hackathon.clock import db_now
from hackathon.files.storage import storage

KEEP = timedelta(hours=24)
ROOT = "results"


def clear_items(now: datetime | None = None) -> int:
    """Delete files under `results/` of the labels' storage that no result names and that are over a day old.

    Returns their number. Safe to run twice, and while scoring goes on.
    """
    now = now or db_now()
    store = storage("labels")
    old = [key for key, modified_at in store.walk(ROOT) if now - modified_at > KEEP]
    kept = set(Result.objects.values_list("items_key", flat=True))
    orphans = [key for key in old if key not in kept]
    for key in orphans:
        store.delete(key)
    return len(orphans)
