"""`python -m bench.head_jobs`: how many `head` jobs a minute one warm worker gets through.

A worker as an operator starts it, against the tests' own site in memory, so that what is measured is the node: claim,
check of its cached files, the child, the uploads. The first job computes the frozen features, all others (one learning
rate each) find them. Printed: seconds of the first, jobs a minute of the others (target: 180), milliseconds by stage.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.train import LABELS, MODEL, demo_data
from tests.training_worker.fake_site import ENROL_TOKEN, FakeJob, FakeSite
from tests.training_worker.tiny import make_spec
from training_worker.contract.models import content_sha256
from training_worker.contract.wire import FileRef
from training_worker.convert.source import find_source

TARGET_A_MINUTE = 180
NO_BROKER = "redis://127.0.0.1:1/0"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--jobs", type=int, default=30)
    asked, _others = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as folder, FakeSite() as site:
        scratch = Path(folder)
        queue = Queue(site, demo_data(scratch / "data"), find_source(MODEL, "")[0])
        with worker(site, scratch / "node"):
            first = queue.run([1e-2])[0]
            jobs = queue.run([1e-3 * (1 + number) for number in range(asked.jobs)])
    report(first, jobs)
    return 0


class Queue:
    """Enqueues jobs on the site and waits for them."""

    def __init__(self, site: FakeSite, data: Path, model: Path) -> None:
        self._site, self._count = site, 0
        self._model = [site.publish(path) for path in sorted(model.glob("[a-z]*.[jst]*"))]
        names = {"train": "train", "validation": "validation", "test": "test"}
        self._data = [site.publish(data / f"{file}.jsonl", f"{name}.jsonl") for name, file in names.items()]

    def run(self, rates: list[float]) -> list[FakeJob]:
        """One `head` job of two epochs for each learning rate."""
        jobs = [self._site.enqueue(self._spec(rate)) for rate in rates]
        self._site.wait(lambda: all(job.ended for job in jobs), 600)
        assert all(job.results for job in jobs)
        return jobs

    def _spec(self, rate: float) -> dict[str, Any]:
        self._count += 1
        training = {"learning_rate": rate, "per_device_train_batch_size": 32, "num_train_epochs": 2, "max_length": 128}
        spec = make_spec(
            {"base_model": "tiny", "method": {"name": "head"}, "training": training},
            job_id=f"head-{self._count}",
            budget={"max_seconds": 600.0},
        )
        files = [FileRef.model_validate(ref) for ref in self._model]
        model = spec["files"]["model"] | {"sha256": content_sha256(files), "files": self._model}
        return spec | {
            "dataset": spec["dataset"] | {"labels": list(LABELS)},
            "files": {"data": self._data, "model": model},
        }


@contextmanager
def worker(site: FakeSite, data: Path) -> Iterator[None]:
    """Until it is warm, and while it works."""
    command = ["--site", site.url, "--broker", NO_BROKER, "--data", str(data), "--enrol", ENROL_TOKEN]
    environment = os.environ | {"HACKTUNE_IDLE_POLL_SECONDS": "0.05"}
    process = subprocess.Popen(
        [sys.executable, "-m", "training_worker", *command], env=environment, stderr=subprocess.DEVNULL
    )
    try:
        site.wait(lambda: site.claims, 120)
        yield
    finally:
        process.terminate()
        process.wait(30)


def report(first: FakeJob, jobs: list[FakeJob]) -> None:
    taken = jobs[-1].seen_at[-1] - jobs[0].seen_at[0]
    a_minute = 60 * len(jobs) / taken
    stages = {
        name: 1000 * statistics.median(job.results[0].telemetry.seconds[name] for job in jobs)
        for name in jobs[0].results[0].telemetry.seconds
    }
    print(f"first job           {first.seen_at[-1] - first.seen_at[0]:7.2f} s, with its features")
    print(f"{len(jobs)} jobs after it     {a_minute:7.0f} a minute   target {TARGET_A_MINUTE}")
    print("median by stage     " + ", ".join(f"{name} {value:.0f} ms" for name, value in stages.items()))


if __name__ == "__main__":
    sys.exit(main())
