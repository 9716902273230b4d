"""`python -m training_worker.node.health`: exit code 0 if the node in HACKTUNE_WORKER_DATA has joined a site and runs.

For container health checks. Whether it still talks to the site is for the site to say (`hacktune_nodes_live`).
"""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path


def problem(folder: Path) -> str:
    """What is wrong with the node of that folder; "" if nothing is.

    Order matters: a node that has just been started takes the lock before it joins, so a lock is only ever tried in a
    folder that already has an identity, and shared, for an instant.
    """
    if not (folder / "node.json").is_file():
        return "this node has not joined a site"
    try:
        with (folder / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return "this node has never been started"
    except BlockingIOError:
        return ""  # its worker holds it
    return "no worker runs in this folder"


def main() -> int:
    found = problem(Path(os.environ.get("HACKTUNE_WORKER_DATA", "worker-data")))
    print(found or "ok")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
