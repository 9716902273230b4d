"""The command line of each of our processes, in one place: for the demo, the tests and whoever runs them elsewhere.

Each is a plain list of arguments that starts from the repository's root; the environment decides everything else.
"""

from __future__ import annotations

import sys

from training_worker.contract.wire import SITE_QUEUE

SITE_THREADS = 8
"""Of each web process, for people."""


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
    """Scorer, sweeper and mail (role `scorer`): never behind a training, as it has a queue of its own."""
    return [
        *(sys.executable, "-m", "celery", "--app", "hackathon.celery", "worker"),
        *("--queues", SITE_QUEUE, "--pool", "threads", "--concurrency", "2", "--loglevel", "INFO"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]


def beat() -> list[str]:
    """The clock that rings the sweeper; exactly one of it, with no state of its own."""
    return [
        *(sys.executable, "-m", "celery", "--app", "hackathon.celery", "beat"),
        *("--scheduler", "celery.beat:Scheduler", "--pidfile", "", "--loglevel", "WARNING"),
    ]


def worker(*, site_url: str, name: str, data_dir: str, broker_url: str = "") -> list[str]:
    """A GPU node. Its one-time enrolment token, if it needs one, goes into HACKTUNE_ENROL_TOKEN, and a broker's URL
    with a password into HACKTUNE_BROKER_URL: argv is public."""
    return [
        *(sys.executable, "-m", "training_worker"),
        *("--site", site_url, "--name", name, "--data", data_dir),
        *(("--broker", broker_url) if broker_url else ()),
    ]
