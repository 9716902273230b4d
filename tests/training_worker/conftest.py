"""Tiny model and data once per session, and a worker process that runs against the fake site."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.tiny_generators import save_tiny_decoder, save_tiny_seq2seq
from tests.tiny_model import save_tiny_model
from tests.training_worker.fake_site import ENROL_TOKEN, FakeJob, FakeSite
from tests.training_worker.tiny import BAD, CLASSES, FILLER, GOOD, make_data, make_spec
from training_worker.contract.models import content_sha256
from training_worker.contract.tasks import TASKS
from training_worker.contract.wire import FileRef, JobSpec

ROOT = Path(__file__).resolve().parents[2]
DEAD_BROKER = "redis://127.0.0.1:1/0"


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("tiny") / "model", words=(*GOOD, *BAD, *FILLER))


@pytest.fixture(scope="session")
def tiny_model_of(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a model that can do a task, made once for each family."""
    folder, words = tmp_path_factory.mktemp("tiny"), (*GOOD, *BAD, *FILLER)
    makers = {"encoder-decoder": save_tiny_seq2seq, "decoder": save_tiny_decoder}

    @functools.cache
    def of_family(family: str) -> Path:
        return makers[family](folder / family, words) if family in makers else tiny_model

    return lambda task: of_family(TASKS[task].families[0])


@pytest.fixture(scope="session")
def tiny_data_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a task's data, made once."""
    folder = tmp_path_factory.mktemp("tiny")
    return functools.cache(lambda task: make_data(folder / task, task))


@pytest.fixture(scope="session")
def tiny_data(tiny_data_of: Callable[[str], Path]) -> Path:
    return tiny_data_of(CLASSES)


class Worker:
    """A node as a user starts it: `python -m training_worker` in its own process."""

    def __init__(
        self, site: FakeSite, data: Path, *, broker: str = DEAD_BROKER, enrol: str = ENROL_TOKEN, poll: str = "0.2"
    ) -> None:
        self.site, self.data = site, data
        command = [
            sys.executable,
            "-m",
            "training_worker",
            "--site",
            site.url,
            "--broker",
            broker,
            "--data",
            str(data),
            "--name",
            "n1",
        ]
        environment = os.environ | {
            "HACKTUNE_IDLE_POLL_SECONDS": poll,
            "HACKTUNE_THREADS": os.environ.get("HACKTUNE_TEST_THREADS", "1"),
            "DATABASE_URL": "secret-in-env",
        }
        self.log = data.with_suffix(".log")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, *(["--enrol", enrol] if enrol else [])], cwd=ROOT, env=environment, stdout=log, stderr=log
            )

    def ready(self) -> Worker:
        before = len(self.site.claims)
        try:
            self.site.wait(lambda: len(self.site.claims) > before or self.process.poll() is not None, 90)
            assert self.process.poll() is None
        except AssertionError as error:
            self.process.kill()
            raise AssertionError(f"{error}\n{self.log.read_text()}") from error
        return self

    def children(self) -> list[psutil.Process]:
        """The warm template and, while a job runs, the child that trains (the template's child)."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def training(self) -> psutil.Process:
        """The process that trains: the only grandchild."""
        parents = {child.pid for child in self.children()}
        (child,) = [child for child in self.children() if child.ppid() in parents]
        return child

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Jobs:
    """Enqueues jobs on the fake site that train the tiny model."""

    def __init__(self, site: FakeSite, model: Path, data: Path) -> None:
        self.site = site
        self._model = [site.publish(path) for path in sorted(model.iterdir())]
        self._data = [site.publish(data / f"{name}.jsonl") for name in ("train", "validation", "test")]
        self._count = 0

    def enqueue(self, config: dict[str, Any] | None, **fields: Any) -> FakeJob:
        self._count += 1
        spec = make_spec(config, **{"job_id": f"job-{self._count}"} | fields)
        files = [FileRef.model_validate(ref) for ref in self._model]
        spec["files"] = {
            "data": self._data,
            "model": spec["files"]["model"] | {"sha256": content_sha256(files), "files": self._model},
        }
        return self.site.enqueue(spec)


@pytest.fixture(scope="module")
def site() -> Iterator[FakeSite]:
    with FakeSite() as site:
        yield site


@pytest.fixture(scope="module")
def jobs(site: FakeSite, tiny_model: Path, tiny_data: Path) -> Jobs:
    return Jobs(site, tiny_model, tiny_data)


@pytest.fixture(scope="module")
def worker(site: FakeSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    worker = Worker(site, tmp_path_factory.mktemp("node") / "data")
    yield worker.ready()
    worker.stop()


@pytest.fixture
def run_job(
    tiny_model_of: Callable[[str], Path], tiny_data_of: Callable[[str], Path], tmp_path: Path
) -> Callable[..., tuple[Any, Path, list[Any]]]:
    """Run one job in this process: `run_job(config, task=…, **spec fields)` → (result, output folder, messages)."""

    def go(config: dict[str, Any] | None, **fields: Any) -> tuple[Any, Path, list[Any]]:
        import torch

        from training_worker.run.journal import Journal
        from training_worker.run.messages import ChildJob
        from training_worker.run.run import run

        threads = fields.pop("threads", 1)
        torch.set_num_threads(threads)
        output = tmp_path / f"output-{len(list(tmp_path.iterdir()))}"
        output.mkdir()
        features = fields.pop("features", None) or output / "features"
        features.mkdir(exist_ok=True)
        data = fields.pop("data", None) or tiny_data_of(fields.get("task", CLASSES))
        model = fields.pop("model", None) or tiny_model_of(fields.get("task", CLASSES))
        job = ChildJob(
            spec=JobSpec.model_validate_json(json.dumps(make_spec(config, **fields))),
            data={f"{name}.jsonl": str(data / f"{name}.jsonl") for name in ("train", "validation", "test")},
            model=str(model),
            features=str(features),
            output=str(output),
            threads=threads,
        )
        messages: list[Any] = []
        return run(job, Journal(messages.append)), output, messages

    return go
