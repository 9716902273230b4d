"""Files of imports that never came to their end: no row speaks of them, and after a day none will."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime

from hackathon.clock import db_now
from hackathon.files.storage import PrivateStorage, delete_unused, old_files, storage
from hackathon.models import BaseModel, ChallengeData

DATA = re.compile(r"[a-z0-9_-]+/[0-9a-f]{32}")
MODEL = re.compile(r"[0-9a-f]{64}")


def clear_orphan_imports(now: datetime | None = None) -> int:
    """Delete files, over a day old, of data versions and models that no row refers to. Needs the label store.

    Returns their number. Safe to run twice, and while imports go on. A database without any row of a kind is taken for
    the wrong one: nothing of that kind is deleted.
    """
    now = now or db_now()
    count = 0
    for alias in ("datasets", "labels"):
        store = storage(alias)
        found = [f"{slug}/{name}" for slug in _folders(store, "") for name in _folders(store, slug)]
        prefixes = _unknown(found, DATA, lambda: set(ChallengeData.objects.values_list("prefix", flat=True)))
        count += sum(delete_unused(store, old_files(store, prefix, now)) for prefix in prefixes)
    models = storage("models")
    found = list(_folders(models, ""))
    addresses = _unknown(found, MODEL, lambda: set(BaseModel.objects.values_list("sha256", flat=True)))
    return count + sum(delete_unused(models, old_files(models, address, now)) for address in addresses)


def _unknown(found: list[str], pattern: re.Pattern[str], read: Callable[[], set[str]]) -> list[str]:
    """Folders of our kind without a row. `read` is called now, after the folders were listed."""
    known = read()
    return [name for name in found if pattern.fullmatch(name) and name not in known] if known else []


def _folders(store: PrivateStorage, path: str) -> Iterator[str]:
    try:
        yield from sorted(store.listdir(path)[0])
    except FileNotFoundError:
        return
