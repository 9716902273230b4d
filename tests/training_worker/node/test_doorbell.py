"""With a broker, a wake-up starts a job at once; when the broker dies, work goes on and the idle poll takes over."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from celery import Celery

from tests.servers import valkey_server
from tests.training_worker.conftest import Jobs, Worker
from tests.training_worker.fake_site import FakeSite
from tests.training_worker.tiny import make_config
from training_worker.contract.wire import WAKE_TASK, WORKER_QUEUE

pytestmark = [pytest.mark.torch, pytest.mark.services]


def test_wake_up_is_heard_at_once_and_a_dead_broker_stops_nothing(site: FakeSite, jobs: Jobs, tmp_path: Path) -> None:
    with valkey_server(tmp_path) as broker:
        worker = Worker(site, tmp_path / "node", broker=broker.broker_url, poll="20").ready()
        try:
            bell = Celery(broker=broker.broker_url)
            _ring(bell)
            site.wait(lambda: len(site.claims) >= 2, 15)

            job = jobs.enqueue(make_config("head"))
            started = time.monotonic()
            _ring(bell)
            site.wait(lambda: job.progress, 5)
            assert time.monotonic() - started < 3
            site.wait(lambda: job.ended)

            longer = jobs.enqueue(make_config("full", num_train_epochs=20, per_device_train_batch_size=2))
            _ring(bell)
            site.wait(lambda: longer.steps > 0)
            bell.close()
            broker.stop()
            site.wait(lambda: longer.ended)
            assert longer.results

            polled = jobs.enqueue(make_config("head"))
            site.wait(lambda: polled.ended, 30)
            assert polled.results
        finally:
            worker.stop()
        assert worker.process.returncode == 0, worker.log.read_text()


def _ring(bell: Celery) -> None:
    bell.send_task(WAKE_TASK, queue=WORKER_QUEUE, ignore_result=True)
