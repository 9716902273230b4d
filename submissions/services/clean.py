"""Uploads that no committed row refers to are removed after a day."""

from __future__ import annotations

from datetime import datetime, timedelta

from hackathon.clock import db_now
from hackathon.storage import storage
from submissions.models import Artifact, Job

KEEP = timedelta(hours=24)
ROOT = "attempts"


def clear_orphans(now: datetime | None = None) -> int:
    """Delete files under `attempts/` that are no artifact, belong to no current attempt and are over a day old.

    Returns their number. Safe to run twice, and while uploads go on.
    """
    now = now or db_now()
    store = storage("artifacts")
    if not store.exists(ROOT):
        return 0
    current = {
        str(folder) for folder in Job.objects.exclude(attempt_folder=None).values_list("attempt_folder", flat=True)
    }
    deleted = 0
    for folder in store.listdir(ROOT)[0]:
        kept = set(Artifact.objects.filter(key__startswith=f"{ROOT}/{folder}/").values_list("key", flat=True))
        if folder in current and not kept:
            continue
        for name in store.listdir(f"{ROOT}/{folder}")[1]:
            key = f"{ROOT}/{folder}/{name}"
            if key not in kept and now - store.get_modified_time(key) > KEEP:
                store.delete(key)
                deleted += 1
    return deleted
