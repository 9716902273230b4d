"""Files that nobody will ask for again are removed after a day: uploads that no result named, and those of a job that
was cancelled, has failed or was quarantined (a job that runs again uploads again)."""

from __future__ import annotations

from datetime import datetime

from hackathon.clock import db_now
from hackathon.files.storage import UNUSED_FOR, delete_unused, old_files, storage
from submissions.enums import JobState
from submissions.models import Artifact, Job

ROOT = "attempts"
WITHOUT_USE = (JobState.CANCELLED, JobState.FAILED, JobState.QUARANTINED)


def clear_orphans(now: datetime | None = None) -> int:
    """Delete files under `attempts/` that are over a day old and neither an artifact nor of an attempt that runs.

    Artifacts of jobs that ended without a score go with them, a day after they were handed in. Returns the number of
    files. Safe to run twice, and while uploads go on.
    """
    now = now or db_now()
    Artifact.objects.filter(job__state__in=WITHOUT_USE, created_at__lt=now - UNUSED_FOR).delete()
    store = storage("artifacts")
    old = old_files(store, ROOT, now)
    running = Job.objects.filter(state=JobState.RUNNING).exclude(attempt_folder=None)
    current = {f"{ROOT}/{folder}" for folder in running.values_list("attempt_folder", flat=True)}
    kept = set(Artifact.objects.values_list("key", flat=True))
    return delete_unused(store, [key for key in old if _folder(key) not in current], kept=kept)


def _folder(key: str) -> str:
    """`attempts/<folder>/<name>` → `attempts/<folder>`."""
    return key.rpartition("/")[0]
