"""`python -m hackathon.serving.probe PORT PATH`: exit code 0 if the site on this machine answers 200 there.

The site answers its probes under whichever name they ask. For container health checks; no Django.
"""

from __future__ import annotations

import http.client
import sys

TIMEOUT_SECONDS = 5.0


def probe(port: int, path: str) -> int:
    """The HTTP status of the answer. Raises OSError or HTTPException where there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def main() -> int:
    port, path = sys.argv[1:]
    try:
        status = probe(int(port), path)
    except (OSError, http.client.HTTPException) as error:
        print(f"{path}: {type(error).__name__}", file=sys.stderr)
        return 1
    print(f"{path}: {status}")
    return 0 if status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
