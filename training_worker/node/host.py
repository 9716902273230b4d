"""How many nodes share this machine: each holds a lock on a file of its own in one folder of the system's temporary
directory, for as long as its process lives. Containers that do not share that folder do not see each other.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import tempfile
import time
from pathlib import Path
from typing import IO

STALE_SECONDS = 60.0
"""A file that nobody holds goes after so long: before, its node may be about to lock it."""


def processors() -> int:
    """That this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class HostNodes:
    """This node among those of the machine. Where the folder cannot be used, the node counts itself alone."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path(tempfile.gettempdir()) / "hacktune-nodes"
        self._path = self._folder / f"{os.getpid()}-{secrets.token_hex(8)}"
        self._lock: IO[str] | None = None

    def join(self) -> None:
        with contextlib.suppress(OSError):
            self._folder.mkdir(exist_ok=True)
            with contextlib.suppress(PermissionError):
                self._folder.chmod(0o1777)  # nodes of other users too; only the folder's owner may say so
            self._lock = self._path.open("x")
            fcntl.flock(self._lock, fcntl.LOCK_EX)

    def leave(self) -> None:
        if self._lock is not None:
            self._path.unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    def count(self) -> int:
        """Nodes that run on this machine now, this one included."""
        try:
            others = [path for path in self._folder.iterdir() if path != self._path]
        except OSError:
            return 1
        return 1 + sum(map(_is_held, others))

    def threads(self) -> int:
        """This node's share of the processors, at least one."""
        return max(1, processors() // self.count())


def waited_seconds(pid: int | None, root: Path = Path("/proc")) -> float:
    """How long a process was ready to run while others had the processors: the longest of its threads. 0 where the
    system does not tell."""
    waited = 0.0
    with contextlib.suppress(OSError, ValueError, IndexError):
        for file in (root / str(pid) / "task").glob("*/schedstat"):
            waited = max(waited, int(file.read_text().split()[1]) / 1e9)
    return waited


def _is_held(path: Path) -> bool:
    try:
        # whoever may write to the folder may have put a pipe or a link there
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if time.time() - os.fstat(file.fileno()).st_mtime > STALE_SECONDS:
                path.unlink(missing_ok=True)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False
