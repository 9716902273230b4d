"""`python -m hackathon.serving.probe PORT PATH`: exit code 0 if the site on this machine answers 200 there.

It asks as the proxy would, with the public host name and scheme (HACKTUNE_SITE_URL), so that neither ALLOWED_HOSTS nor
the redirect to https stands in its way. For container health checks; no Django.
"""

from __future__ import annotations

import http.client
import os
import sys
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 5.0


def probe(port: int, path: str, site_url: str) -> int:
    """The HTTP status of the answer. Raises OSError or HTTPException where there is none."""
    site = urlsplit(site_url)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path, headers={"Host": site.netloc, "X-Forwarded-Proto": site.scheme})
        return connection.getresponse().status
    finally:
        connection.close()


def main() -> int:
    port, path = sys.argv[1:]
    try:
        status = probe(int(port), path, os.environ.get("HACKTUNE_SITE_URL", f"http://127.0.0.1:{port}"))
    except (OSError, http.client.HTTPException) as error:
        print(f"{path}: {type(error).__name__}", file=sys.stderr)
        return 1
    print(f"{path}: {status}")
    return 0 if status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
