"""`python -m bench.slow_clients`: what probes and a node notice of clients that wait and sockets that never finish.

Starts a site on PostgreSQL and Valkey as the tests do (lease 6 s), has a node report progress twice a second, opens 10
sockets with half a request each and 20 clients with `?wait=20&until=ended`. Printed: p50 and p95 of the probes in
milliseconds, before and during it; progress posts without an answer, leases lost (target: 0).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30.0)
    asked, _others = parser.parse_known_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django

    django.setup()
    from tests.services.conftest import event_on
    from tests.services.crowd import Siege, besiege

    def milliseconds(siege: Siege) -> dict[str, dict[str, float]]:
        return {path: percentiles(seconds) for path, seconds in siege.probes.items()}

    with tempfile.TemporaryDirectory(prefix="hacktune-bench-") as folder, event_on(Path(folder)) as event:
        calm = besiege(event, seconds=asked.seconds / 3, waiting=0, slow=0)
        siege = besiege(event, seconds=asked.seconds)
    figures = {
        "probes_ms_calm": milliseconds(calm),
        "probes_ms_besieged": milliseconds(siege),
        "failed_probes": siege.failed_probes,
        "progress_posts": siege.posts,
        "progress_unanswered": siege.unanswered,
        "lost_leases": siege.lost_leases,
    }
    print(json.dumps(figures, indent=1))
    return 0


def percentiles(seconds: list[float]) -> dict[str, float]:
    """p50 and p95 in milliseconds."""
    cuts = statistics.quantiles(seconds, n=20)
    return {"p50": round(1000 * cuts[9], 1), "p95": round(1000 * cuts[18], 1), "asked": len(seconds)}


if __name__ == "__main__":
    sys.exit(main())
