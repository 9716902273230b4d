"""A real worker process against a real HTTP server, with no broker at all: every way a job can end, then the next
job."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import time

import psutil
import pytest

from tests.training_worker.conftest import Jobs, Worker
from tests.training_worker.fake_site import ENROL_TOKEN, FakeJob, FakeSite
from tests.training_worker.tiny import make_config
from training_worker.contract.sentences import SHARED_NODE
from training_worker.contract.wire import (
    PREDICTIONS,
    REPORT,
    VALIDATION_PREDICTIONS,
    FailureCode,
    Stage,
    StoppedBy,
)

pytestmark = pytest.mark.torch

LONG = make_config("full", num_train_epochs=100, per_device_train_batch_size=1, learning_rate=1e-4)
"""9,600 steps: about half a minute."""


def test_run_is_claimed_trained_uploaded_and_reported(site: FakeSite, jobs: Jobs, worker: Worker) -> None:
    job = jobs.enqueue(make_config("full"))
    site.wait(lambda: job.ended)
    (result,) = job.results
    assert result.stopped_by is StoppedBy.EPOCHS
    assert result.steps == 18
    assert {PREDICTIONS, VALIDATION_PREDICTIONS, REPORT} < {ref.name for ref in result.outputs} == set(job.uploads)
    assert all(hashlib.sha256(job.uploads[ref.name]).hexdigest() == ref.sha256 for ref in result.outputs)
    lines = job.uploads["predictions.jsonl"].decode().splitlines()
    assert [json.loads(line)["id"].split("-")[0] for line in lines] == ["3"] * 40
    assert [post.seq for post in job.progress] == list(range(1, len(job.progress) + 1))
    assert job.progress[0].stage is Stage.PREPARE
    assert job.progress[-1].stage is Stage.UPLOAD
    names = {point.name for post in job.progress for point in post.points}
    assert names == {
        "train_loss",
        "learning_rate",
        "train_steps_per_second",
        "validation_loss",
        "validation_accuracy",
        "validation_f1_macro",
    }
    assert "Training: 18 steps" in job.lines
    assert "/" + "tmp" not in job.lines
    assert result.telemetry.seconds.keys() == {"prepare", "train", "predict", "upload"}


def test_base_score_is_measured_without_training(site: FakeSite, jobs: Jobs, worker: Worker) -> None:
    job = jobs.enqueue(None)
    site.wait(lambda: job.ended)
    (result,) = job.results
    assert result.stopped_by is StoppedBy.NOTHING_TO_TRAIN
    assert result.steps == 0
    assert result.base_method.startswith("class prototypes")
    assert result.speed is not None
    assert result.telemetry.parameters_trained == 0


def test_enrolled_once_and_each_call_has_its_own_token(site: FakeSite, jobs: Jobs, worker: Worker) -> None:
    assert site.enrolled == 1
    identity = worker.data / "node.json"
    assert identity.stat().st_mode & 0o777 == 0o600
    assert site.worker_token in identity.read_text()
    tokens = {path.split("/")[3]: token for _, path, token in site.requests if path.startswith("/api/worker/")}
    assert tokens["claim"] == f"Bearer {site.worker_token}"
    assert tokens["jobs"].startswith("Bearer attempt-job-")


def test_cancel_stops_the_child_and_posts_nothing_more(site: FakeSite, jobs: Jobs, worker: Worker) -> None:
    job = _running(site, jobs)
    child = worker.training()
    job.action = "cancel"
    started = time.monotonic()
    site.wait(lambda: not child.is_running(), 20)
    assert time.monotonic() - started < 20
    assert not job.ended
    _takes_the_next(site, jobs)
    assert not job.ended


def test_stale_attempt_stops_the_child(site: FakeSite, jobs: Jobs, worker: Worker) -> None:
    job = _running(site, jobs)
    child = worker.training()
    job.stale = True
    site.wait(lambda: not child.is_running(), 20)
    _takes_the_next(site, jobs)
    assert not job.ended


def test_a_stale_claim_is_no_error(site: FakeSite, jobs: Jobs, worker: Worker) -> None:
    said = len(worker.log.read_text())
    site.stale_claims = 1
    site.wait(lambda: not site.stale_claims)
    _takes_the_next(site, jobs)
    (line,) = [line for line in worker.log.read_text()[said:].splitlines() if "stale_claim" in line]
    assert "claim_stale" in line
    assert "info" in line
    assert "job_error" not in worker.log.read_text()[said:]


def test_killed_child_is_a_loss(site: FakeSite, jobs: Jobs, worker: Worker) -> None:
    job = _running(site, jobs)
    worker.training().kill()
    site.wait(lambda: job.ended, 10)
    (release,) = job.releases
    assert release.lost
    assert "exit code" in release.reason
    _takes_the_next(site, jobs)


def test_memory_cap(site: FakeSite, jobs: Jobs, worker: Worker) -> None:
    job = jobs.enqueue(LONG, budget={"max_memory_mb": 64})
    site.wait(lambda: job.ended)
    (failure,) = job.failures
    assert failure.code is FailureCode.CONFIG_OOM
    assert "64 MB" in failure.message
    assert "max_length" in failure.hint
    _takes_the_next(site, jobs)


def test_hard_wall(site: FakeSite, jobs: Jobs, worker: Worker) -> None:
    """A stopped child cannot end itself by its budget: the supervisor does, at 1.25 × the cap."""
    job = _running(site, jobs, budget={"max_seconds": 4.0})
    child = worker.training()
    child.suspend()
    site.wait(lambda: job.ended, 20)
    (failure,) = job.failures
    assert failure.code is FailureCode.TIME_LIMIT
    shared = SHARED_NODE.pattern().fullmatch(failure.message)  # a busy machine: what the child waited is not charged
    assert failure.compute_seconds + (float(shared["waited"]) + 0.5 if shared else 0.0) >= 5.0
    _takes_the_next(site, jobs)


def test_budget_of_seconds_ends_training_not_the_run(site: FakeSite, jobs: Jobs, worker: Worker) -> None:
    job = jobs.enqueue(LONG, budget={"max_seconds": 6.0})
    site.wait(lambda: job.ended, 30)
    (result,) = job.results
    assert result.stopped_by is StoppedBy.SECONDS
    assert 0 < result.steps < 9600


def test_divergence(site: FakeSite, jobs: Jobs, worker: Worker) -> None:
    wild = {"learning_rate": 1.0, "optim": "adam", "max_grad_norm": 0.0, "lr_scheduler_type": "constant"}
    job = jobs.enqueue(make_config("full", num_train_epochs=20, per_device_train_batch_size=1, **wild))
    site.wait(lambda: job.ended)
    (failure,) = job.failures
    assert failure.code is FailureCode.DIVERGED
    assert "learning_rate" in failure.hint
    assert not job.uploads
    _takes_the_next(site, jobs)


def test_changed_model_byte_is_not_trained_on(site: FakeSite, jobs: Jobs, worker: Worker) -> None:
    cached = next((worker.data / "cache" / "models").iterdir())
    weights = cached / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x00\x00")
    address = f"/files/{hashlib.sha256((cached / 'config.json').read_bytes()).hexdigest()}"
    good = site.files[address]
    site.files[address] = good.replace(b"gelu", b"relu")
    job = jobs.enqueue(make_config("head"))
    site.wait(lambda: job.ended)
    (failure,) = job.failures
    assert failure.code is FailureCode.MODEL_INTEGRITY
    assert not job.uploads
    site.files[address] = good
    _takes_the_next(site, jobs)


def test_expired_url_is_renewed(site: FakeSite, jobs: Jobs, worker: Worker) -> None:
    for entry in (worker.data / "cache" / "data").iterdir():
        entry.unlink()
    site.expired_urls = 1
    job = jobs.enqueue(make_config("head"))
    site.wait(lambda: job.ended)
    assert job.results
    assert job.renewed == 1


def test_site_down_while_training_loses_nothing(site: FakeSite, jobs: Jobs, worker: Worker) -> None:
    job = _running(
        site, jobs, config=make_config("full", num_train_epochs=20, per_device_train_batch_size=2, learning_rate=1e-4)
    )
    site.down = True
    time.sleep(6)
    assert not job.ended
    site.down = False
    site.wait(lambda: job.ended)
    assert job.results
    assert [post.seq for post in job.progress] == list(range(1, len(job.progress) + 1))


def test_progress_is_neither_rare_nor_frequent(site: FakeSite, jobs: Jobs, worker: Worker) -> None:
    job = _running(site, jobs)
    site.wait(lambda: len(job.seen_at) >= 7, 30)
    gaps = [later - earlier for earlier, later in zip(job.seen_at, job.seen_at[1:], strict=False)]
    assert max(gaps) < 6.0
    assert sorted(gaps)[len(gaps) // 2] > 0.9
    job.action = "cancel"
    _takes_the_next(site, jobs)


def test_no_secret_reaches_the_child(site: FakeSite, jobs: Jobs, worker: Worker) -> None:
    job = _running(site, jobs)
    environment = worker.training().environ()
    assert environment["HF_HUB_OFFLINE"] == environment["TRANSFORMERS_OFFLINE"] == "1"
    assert environment["OMP_WAIT_POLICY"] == "PASSIVE"
    assert environment["OMP_NUM_THREADS"] == "1"
    assert environment["TMPDIR"].startswith(str(worker.data))
    assert not any(
        secret in str(environment) for secret in ("secret-in-env", ENROL_TOKEN, site.worker_token, "redis://")
    )
    job.action = "cancel"
    _takes_the_next(site, jobs)


def test_sigterm_gives_the_job_back_within_two_seconds(site: FakeSite, jobs: Jobs, worker: Worker) -> None:
    job = _running(site, jobs)
    tree = worker.children()
    worker.process.send_signal(signal.SIGTERM)
    site.wait(lambda: job.ended, 3)
    (release,) = job.releases
    assert not release.lost
    assert worker.process.wait(10) == 0
    _, alive = psutil.wait_procs(tree, 5)
    assert not alive


def test_restart_reuses_the_identity_and_sigkill_leaves_no_process(site: FakeSite, jobs: Jobs, worker: Worker) -> None:
    again = Worker(site, worker.data, enrol="").ready()
    assert site.enrolled == 1
    _running(site, jobs)
    tree = again.children()
    assert len(tree) >= 3  # resource tracker, template, training
    os.kill(again.process.pid, signal.SIGKILL)
    again.process.wait()
    _, alive = psutil.wait_procs(tree, 5)
    assert not alive


def _running(site: FakeSite, jobs: Jobs, *, config: dict[str, object] = LONG, **fields: object) -> FakeJob:
    job = jobs.enqueue(config, **fields)
    site.wait(lambda: job.steps > 0 or job.ended)
    assert not job.ended
    return job


def _takes_the_next(site: FakeSite, jobs: Jobs) -> None:
    job = jobs.enqueue(make_config("head"))
    site.wait(lambda: job.ended)
    assert job.results, (job.failures, job.releases)
