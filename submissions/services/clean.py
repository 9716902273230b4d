"""Uploads that no committed row refers to are removed after a day."""

from __future__ import annotations

from datetime import datetime, timedelta

from hackathon.clock import db_now
from hackathon.files.storage import storage
from submissions.models import Artifact, Job

KEEP = timedelta(hours=24)
ROOT = "attempts"


def clear_orphans(now: datetime | None = None) -> int:
    """Delete files under `attempts/` that are no artifact, belong to no current attempt and are over a day old.

    Returns their number. Safe to run twice, and while uploads go on.
    """
    now = now or db_now()
    store = storage("artifacts")
    old = [key for key, modified_at in store.walk(ROOT) if now - modified_at > KEEP]
    current = {
        f"{ROOT}/{job.attempt_folder}" for job in Job.objects.exclude(attempt_folder=None).only("attempt_folder")
    }
    kept = set(Artifact.objects.values_list("key", flat=True))
    current -= set(map(_folder, kept))  # its result has named what it keeps
    orphans = [key for key in old if key not in kept and _folder(key) not in current]
    for key in orphans:
        store.delete(key)
    return len(orphans)


def _folder(key: str) -> str:
    """`attempts/<folder>/<name>` → `attempts/<folder>`."""
    return key.rpartition("/")[0]
