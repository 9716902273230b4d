"""`python -m bench.overhead`: what a job costs beside training and predicting, and what the processes weigh.

Starts the demo's own processes in a folder of its own, submits one `full` run of about a minute over REST and reads
what the site recorded about it. Printed: the share of the job that is neither training nor predicting (target: 3 %),
the seconds from the posted predictions to the result row (target: 0.3), resident memory of a site process (target:
200 MB) and of an idle worker with its forkserver (target: 600 MB). All times are of one run: compare ratios.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

from evaluation.demo.client import Client
from evaluation.demo.demo import Demo
from evaluation.demo.options import HOST, REPOSITORY, Options
from evaluation.demo.processes import STOP_ORDER, Processes
from hackathon.serving.supervisor import Supervisor, port_is_free

MEGABYTE = 2**20


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=REPOSITORY / ".data" / "bench")
    parser.add_argument("--epochs", type=int, default=3, help="of the one run; 3 are about a minute on two cores")
    asked, _others = parser.parse_known_args()
    port = next(port for port in range(8900, 9000) if port_is_free(HOST, port))
    options = Options(port=port, data=asked.data.resolve(), is_once=True, is_reset=False)
    with Supervisor(options.data, lock_timeout=5.0) as supervisor:
        processes = Processes(options, os.environ)
        demo = Demo(options, supervisor, processes, time.monotonic())
        try:
            figures = measure(demo, processes, epochs=asked.epochs)
        finally:
            supervisor.stop(STOP_ORDER)
    print(json.dumps(figures, indent=1))
    return 0


def measure(demo: Demo, processes: Processes, *, epochs: int) -> dict[str, Any]:
    credentials = demo.bring_up()
    demo.supervisor.start(processes.scorer())
    demo.supervisor.start(processes.scheduler())
    recipe = demo.options.recipe
    entry = next(entry for entry in recipe.entries if entry.method == "full")
    client = Client(demo.options.url, credentials.tokens[entry.team.people[0].email])
    phase = client.get(f"/api/challenges/{recipe.slug}/")["phases"][0]["id"]
    config = copy.deepcopy(dict(entry.config))
    config["training"]["num_train_epochs"] = epochs
    config["training"]["learning_rate"] = unused_rate(client)
    run = wait(client, client.submit(phase=phase, config=config, name="bench")["id"])
    figures = figures_of(run)
    wait_for_idle(client)
    figures["site_process_mb"] = max(resident(demo.supervisor, "site").values())
    figures["idle_worker_mb"] = round(sum(resident(demo.supervisor, "worker").values()), 1)
    return figures


def unused_rate(client: Client) -> float:
    """A learning rate that was not submitted before: the same config would be answered at once."""
    count: int = client.get("/api/submissions/")["count"]
    return round(1e-4 + 1e-5 * (count % 9), 6)


def wait(client: Client, submission: str) -> dict[str, Any]:
    """The submission once it is scored. Raises RuntimeError where it ends otherwise."""
    while True:
        shown: dict[str, Any] = client.get(f"/api/submissions/{submission}/?wait=20")
        if shown["state"] == "succeeded":
            return shown
        if shown["state"] in {"failed", "cancelled", "quarantined"}:
            raise RuntimeError(f"The run ended as {shown['state']}: {shown['failure']}")


def wait_for_idle(client: Client) -> None:
    """Until the base score's and the baseline's jobs are over, too: the worker is idle then."""
    time.sleep(20)


def figures_of(run: dict[str, Any]) -> dict[str, Any]:
    """Seconds of one run by what they went into."""
    at = {event["to_state"]: datetime.fromisoformat(event["at"]) for event in run["events"]}
    whole = (at["succeeded"] - at["running"]).total_seconds()
    seconds = run["telemetry"]["seconds"]
    useful = seconds["train"] + seconds["predict"]
    return {
        "job_seconds": round(whole, 2),
        "train_and_predict_seconds": round(useful, 2),
        "by_stage": seconds,
        "overhead_share": round((whole - useful) / whole, 4),
        "posted_to_row_seconds": round((at["succeeded"] - at["scoring"]).total_seconds(), 3),
    }


def resident(supervisor: Supervisor, name: str) -> dict[int, float]:
    """Proportional set size in MB by process id of everything below one child's guard (shared pages count once)."""
    processes = psutil.Process(supervisor.pids[name]).children(recursive=True)
    return {process.pid: round(process.memory_full_info().pss / MEGABYTE, 1) for process in processes}


if __name__ == "__main__":
    sys.exit(main())
