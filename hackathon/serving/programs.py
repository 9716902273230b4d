"""The command line of each of our processes, in one place: for the demo, the tests and whoever runs them elsewhere.

Each is a plain list of arguments that starts from the repository's root; the environment decides everything else.
"""

from __future__ import annotations

import sys

from training_worker.contract.wire import SCORING_QUEUE, SITE_QUEUE

SITE_THREADS = 8
"""Of each web process, for people."""
BEAT = "HACKTUNE_BEAT"
"""In the environment of the one Celery worker that also rings the periodic tasks."""
SCHEDULER_ENV = {"HACKTUNE_ROLE": "site", BEAT: "true"}
"""What makes a Celery worker of ours the scheduler."""


def site(*, host: str, port: int, nodes_port: int | None = None, workers: int = 1) -> list[str]:
    """Web processes (role `site`), each with so many threads for people; probes and nodes have others.

    Both ports answer the same; the second has connections of its own, for probes and nodes that can reach it.
    """
    return [
        *(sys.executable, "-m", "gunicorn", "hackathon.wsgi"),
        *("--bind", f"{host}:{port}"),
        *(("--bind", f"{host}:{nodes_port}") if nodes_port is not None else ()),
        *("--worker-class", "hackathon.serving.web_worker.WebWorker"),
        *("--workers", str(workers), "--threads", str(SITE_THREADS)),
        *("--graceful-timeout", "5", "--timeout", "60", "--no-control-socket"),
    ]


def scorer() -> list[str]:
    """Computes scores (role `scorer`: it alone may read labels), and nothing else: however slow a metric is, neither
    the sweeper nor mail waits for it."""
    return _celery(SCORING_QUEUE)


def scheduler() -> list[str]:
    """Rings the periodic tasks and does them: sweeper, mail, cleaning (role `site`). Exactly one of it, with
    SCHEDULER_ENV, and with no state of its own."""
    return _celery(SITE_QUEUE)


def _celery(queue: str) -> list[str]:
    return [
        *(sys.executable, "-m", "celery", "--app", "hackathon.celery", "worker"),
        *("--queues", queue, "--hostname", f"{queue}@hacktune", "--pool", "threads", "--concurrency", "2"),
        *("--loglevel", "INFO", "--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]


def worker(*, site_url: str, name: str, data_dir: str, broker_url: str = "") -> list[str]:
    """A GPU node. Its one-time enrolment token, if it needs one, goes into HACKTUNE_ENROL_TOKEN, and a broker's URL
    with a password into HACKTUNE_BROKER_URL: argv is public."""
    return [
        *(sys.executable, "-m", "training_worker"),
        *("--site", site_url, "--name", name, "--data", data_dir),
        *(("--broker", broker_url) if broker_url else ()),
    ]
