"""`python -m hackathon.serving.healthcheck COMMAND...`: a container's health check that also ends what stays ill.

Compose marks a container as unhealthy and leaves it running; it starts again only what has ended. So where the command
fails three times in a row, the first process of the container is asked to end, and after a while made to. No Django.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

TRIES = 3
PAUSE_SECONDS = 10.0
TRY_SECONDS = 30.0
GRACE_SECONDS = 30.0
INIT = 1


def is_healthy(command: list[str]) -> bool:
    for number in range(TRIES):
        if number:
            time.sleep(PAUSE_SECONDS)
        try:
            if subprocess.run(command, timeout=TRY_SECONDS, check=False).returncode == 0:
                return True
        except subprocess.TimeoutExpired:
            print(f"no answer within {TRY_SECONDS:g} s", file=sys.stderr)
    return False


def end(pid: int) -> None:
    """SIGTERM, which init passes on to the program; what ignores it is killed, and init ends with it."""
    print("unhealthy: this container is told to end, and starts again", file=sys.stderr, flush=True)
    os.kill(pid, signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        if int(child) != os.getpid():
            os.kill(int(child), signal.SIGKILL)


def main() -> int:
    if is_healthy(sys.argv[1:]):
        return 0
    end(INIT)
    return 1


if __name__ == "__main__":
    sys.exit(main())
