"""`python -m bench.recovery [--kills 40]`: how long a job of a killed node waits for its next attempt.

Starts a site on PostgreSQL and Valkey with the timings of production (lease 40 s, sweep every 3 s). Nodes claim a run
each, report progress every 5 s, and fall silent at a random moment, as one does that lost its power. Another node is
idle as ours is: it claims when the broker rings, and every 15 s ± 20 %. Printed: seconds from the last moment a node
lived to the claim of its job's second attempt, p50 and p99 (target: at most 45).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import queue
import random
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from training_worker.contract.wire import (
    IDLE_POLL_SECONDS,
    PROGRESS_SECONDS,
    WORKER_QUEUE,
    Claim,
    ClaimRequest,
    FailureCode,
    JobFailure,
    JobKind,
    Progress,
    Stage,
)

PRODUCTION = {"HACKTUNE_LEASE_SECONDS": "40", "HACKTUNE_SWEEP_SECONDS": "3"}
LIFE_SECONDS = 30.0
PATIENCE_SECONDS = 120.0
GIVE_UP = JobFailure(code=FailureCode.DIVERGED, message="Nothing is trained.", hint="It is a bench.", compute_seconds=0)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=40)
    asked, _others = parser.parse_known_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django

    django.setup()
    from tests.services.conftest import event_on

    with (
        tempfile.TemporaryDirectory(prefix="hacktune-bench-") as folder,
        event_on(Path(folder), enrolment_tokens=asked.kills + 1, **PRODUCTION) as event,
    ):
        waits = kill(event, asked.kills)
    cuts = statistics.quantiles(waits, n=100, method="inclusive")
    print(json.dumps({"kills": asked.kills, "p50_s": round(cuts[49], 1), "p99_s": round(cuts[98], 1)}))
    return 0


def kill(event: Any, kills: int) -> list[float]:
    """Seconds that each of so many jobs waited. Raises AssertionError where one found no second node in two minutes."""
    from tests.services.crowd import PlayedNode

    event.sql("UPDATE hackathon_phase SET at_once = 1000, queued = 1000, per_day = 1000, total = 1000")
    event.sql("UPDATE hackathon_phase SET compute_seconds = 1000000")
    for number in range(kills):
        event.submit(rank=1 + number % 16, epochs=1 + number // 16)
    nodes = [PlayedNode.joined(event.stack.url, token) for token in event.enrolment_tokens]
    claims = [node.site.claim(node.worker_token, request_of(1)) for node in nodes[:-1]]
    assert all(isinstance(claim, Claim) for claim in claims), claims
    died: dict[str, float] = {}
    victims = [
        threading.Thread(target=live, args=(node, claim, died)) for node, claim in zip(nodes[:-1], claims, strict=True)
    ]
    for victim in victims:
        victim.start()
    came = rescue(nodes[-1], event.stack.valkey.broker_url, kills)
    return [came[job] - died[job] for job in died]


def request_of(number: int) -> ClaimRequest:
    from tests.factories import node_report

    return ClaimRequest(number=number, node=node_report(kinds=(JobKind.RUN,)))


def live(node: Any, claim: Claim, died: dict[str, float]) -> None:
    """Report progress, and never again from a random moment on."""
    attempt = node.site.attempt(claim)
    end = time.monotonic() + random.uniform(PROGRESS_SECONDS, LIFE_SECONDS)
    for seq in range(1, 100):
        attempt.progress(Progress(seq=seq, stage=Stage.TRAIN))
        left = end - time.monotonic()
        time.sleep(max(0.0, min(left, PROGRESS_SECONDS)))
        if left <= PROGRESS_SECONDS:
            break
    died[claim.spec.job_id] = time.monotonic()


def rescue(node: Any, broker: str, jobs: int) -> dict[str, float]:
    """The moment at which an idle node was given each job; it ends each at once and claims the next."""
    import kombu

    came: dict[str, float] = {}
    began, number, pause = time.monotonic(), 1, 0.0
    with kombu.Connection(broker) as connection:
        bell = connection.SimpleQueue(WORKER_QUEUE)
        while len(came) < jobs:
            assert time.monotonic() - began < PATIENCE_SECONDS, f"{jobs - len(came)} jobs are still lost"
            with contextlib.suppress(queue.Empty, TimeoutError):
                bell.get(timeout=max(0.01, pause)).ack()
            claim = node.site.claim(node.worker_token, request_of(number))
            number += 1
            if isinstance(claim, Claim):
                came[claim.spec.job_id] = time.monotonic()
                node.site.attempt(claim).failure(GIVE_UP)
                pause = 0.0
            else:
                due = (
                    IDLE_POLL_SECONDS if claim.ask_again is None else min(IDLE_POLL_SECONDS, max(claim.ask_again, 0.2))
                )
                pause = due * random.uniform(0.8, 1.2)
    return came


if __name__ == "__main__":
    sys.exit(main())
