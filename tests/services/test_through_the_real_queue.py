"""The whole road on PostgreSQL and Valkey with real processes: parallel submits, kills, lost wake-ups, no broker."""

from __future__ import annotations

import json
import signal
from collections import Counter
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from tests.services.conftest import REAL_MODEL, Event
from tests.stack import Answer, eventually

pytestmark = [pytest.mark.services, pytest.mark.fault, pytest.mark.torch, pytest.mark.timeout(300)]


def is_training(shown: Any) -> bool:
    return bool(shown["state"] == "running" and shown["stage"] == "train" and shown["step"] > 5)


def is_scored(shown: Any) -> bool:
    return bool(shown["state"] == "succeeded")


def limit_queued(event: Event, runs: int) -> None:
    event.sql("UPDATE hackathon_phase SET queued = %s", runs)


def processes_below(process: psutil.Process) -> list[psutil.Process]:
    return process.children(recursive=True)


def test_50_parallel_submits_on_one_free_place_in_the_queue_make_one_submission(
    event: Event, together: Callable[[int, Callable[[int], Any]], list[Any]]
) -> None:
    limit_queued(event, 1)
    answers: list[Answer] = together(50, lambda number: event.submit("rival", epochs=1 + number))
    assert Counter(answer.status for answer in answers) == {201: 1, 429: 49}
    refused = next(answer for answer in answers if answer.status == 429)
    assert refused.body["code"] == "quota_exceeded"
    theirs = (
        "SELECT count(*) FROM submissions_submission s JOIN teams_team t ON t.id = s.team_id WHERE t.name = 'Rivals'"
    )
    assert event.sql(theirs) == [(1,)]
    limit_queued(event, 100)


def test_a_submission_is_trained_and_scored_through_the_real_queue(event: Event) -> None:
    event.stack.start_worker("node-1", enrolment_token=event.enrolment_tokens.pop())
    submission = event.submit(epochs=2).body["id"]
    shown = event.wait_for(submission, is_scored, "scored")
    assert event.transitions(submission) == ["queued", "running", "scoring", "succeeded"]
    assert shown["scores"]["public"]["value"] >= 0
    assert event.results(submission) == 1


def test_the_real_model_is_trained_for_a_few_steps_and_scored(event: Event) -> None:
    submission = event.submit(epochs=1, model=REAL_MODEL).body["id"]
    shown = event.wait_for(submission, is_scored, "scored")
    assert shown["telemetry"]["parameters_total"] > 20_000_000
    assert 0 < shown["telemetry"]["parameters_trained"] < 1_000_000
    curve = event.stack.request("GET", f"/api/submissions/{submission}/curve/", token=event.tokens["captain"]).body
    losses = [point["value"] for point in curve["points"] if point["name"] == "train_loss"]
    assert len(losses) > 2
    assert shown["scores"]["base"] is not None


def test_worker_killed_in_mid_training_is_scored_exactly_once_and_leaves_no_process(event: Event) -> None:
    submission = event.submit(epochs=100, rank=5).body["id"]
    event.wait_for(submission, is_training, "training")
    worker = event.stack.program("node-1")
    below = processes_below(worker)
    assert below, "the training runs in a process of its own"
    worker.kill()
    _gone, alive = psutil.wait_procs([worker, *below], timeout=5)
    assert alive == []
    event.stack.supervisor.end("node-1")
    event.wait_for(submission, lambda shown: shown["state"] == "queued", "noticed", seconds=30)
    event.stack.start_worker("node-1")
    event.wait_for(submission, is_scored, "scored")
    assert event.transitions(submission) == ["queued", "running", "queued", "running", "scoring", "succeeded"]
    assert event.results(submission) == 1


def test_sigterm_gives_the_job_back_at_no_cost(event: Event) -> None:
    submission = event.submit(epochs=100, rank=6).body["id"]
    event.wait_for(submission, is_training, "training")
    below = processes_below(event.stack.program("node-1"))
    event.stack.supervisor.end("node-1")
    assert not [process for process in below if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
    shown = event.wait_for(submission, lambda shown: shown["state"] == "queued", "released", seconds=10)
    assert shown["losses"] == 0
    event.stack.start_worker("node-1")
    event.wait_for(submission, is_scored, "scored")
    assert event.results(submission) == 1


def test_a_stopped_worker_that_comes_back_changes_nothing(event: Event) -> None:
    submission = event.submit(epochs=100, rank=7).body["id"]
    event.wait_for(submission, is_training, "training")
    worker = event.stack.program("node-1")
    frozen = [worker, *processes_below(worker)]
    for process in frozen:
        process.send_signal(signal.SIGSTOP)
    event.stack.start_worker("node-2", enrolment_token=event.enrolment_tokens.pop())
    event.wait_for(submission, lambda shown: shown["attempt"] == 2, "taken over by the other node")
    for process in frozen:
        process.send_signal(signal.SIGCONT)
    event.wait_for(submission, is_scored, "scored")
    assert event.results(submission) == 1
    assert event.transitions(submission).count("succeeded") == 1
    event.stack.supervisor.end("node-2")


def test_a_scorer_killed_in_between_loses_nothing(event: Event) -> None:
    event.stack.supervisor.end("scorer")
    submission = event.submit(epochs=3, rank=8).body["id"]
    event.wait_for(submission, lambda shown: shown["state"] == "scoring", "predictions received")
    event.stack.supervisor.end("scheduler")
    event.stack.start_scorer()
    event.wait_for(submission, is_scored, "scored")
    assert event.results(submission) == 1


def test_a_lost_wake_up_only_costs_time(event: Event) -> None:
    import redis

    event.stack.supervisor.end("scheduler")
    try:
        event.stack.supervisor.end("node-1")
        submission = event.submit(epochs=1, rank=9).body["id"]
        redis.Redis.from_url(event.stack.valkey.cache_url, db=0).flushdb()
        event.stack.start_worker("node-1", HACKTUNE_IDLE_POLL_SECONDS="2")
        event.wait_for(submission, lambda shown: shown["state"] in {"scoring", "succeeded"}, "claimed without a ring")
    finally:
        event.stack.supervisor.end("scorer")
        event.stack.start_scorer()
    event.wait_for(submission, is_scored, "scored")


def test_with_the_broker_stopped_submits_are_taken_trained_and_later_scored(event: Event) -> None:
    event.stack.valkey.stop()
    answer = event.submit(epochs=2, rank=10)
    assert answer.status == 201
    submission = answer.body["id"]
    event.wait_for(submission, lambda shown: shown["state"] == "scoring", "trained without a broker")
    event.stack.valkey.start()
    event.wait_for(submission, is_scored, "scored once the broker is back")
    assert event.results(submission) == 1


def test_cancel_stops_the_training_within_20_seconds_and_the_next_job_runs(event: Event) -> None:
    submission = event.submit(epochs=100, rank=11).body["id"]
    event.wait_for(submission, is_training, "training")
    children = processes_below(event.stack.program("node-1"))
    cancelled = event.stack.request("POST", f"/api/submissions/{submission}/cancel/", token=event.tokens["captain"])
    assert cancelled.status == 200
    following = event.submit(epochs=1, rank=12).body["id"]
    eventually("training process gone", lambda: not all(child.is_running() for child in children), 20)
    event.wait_for(following, is_scored, "the next one is scored")
    assert event.transitions(submission) == ["queued", "running", "cancelled"]


@pytest.mark.parametrize(
    ("limit", "value", "code", "model"),
    [
        ("max_memory_mb", 100, "config_oom", "tiny-bert"),
        ("max_seconds", 0.01, "time_limit", REAL_MODEL),  # the tiny one may be done before the node looks
    ],
)
def test_own_fault_ends_with_class_message_and_hint_and_the_next_job_runs(
    event: Event, limit: str, value: float, code: str, model: str
) -> None:
    event.stack.supervisor.end("node-1")
    accepted = event.submit(epochs=50, rank=13, model=model)  # the estimate would refuse it under the tight budget
    submission = accepted.body["id"]
    event.sql(
        "UPDATE submissions_job SET budget = budget || %s::jsonb WHERE submission_id = %s",
        json.dumps({limit: value}),
        submission,
    )
    event.stack.start_worker("node-1")
    failure = event.wait_for(submission, lambda shown: shown["state"] == "failed", "failed")["failure"]
    assert (failure["code"], failure["fault"]) == (code, "own")
    assert failure["message"]
    assert failure["hint"]
    assert event.transitions(submission) == ["queued", "running", "failed"]
    following = event.submit(epochs=2, rank=14, model=model).body["id"]
    event.wait_for(following, is_scored, "the next one is scored")


def test_every_job_ended_in_one_final_state_and_the_quota_adds_up(event: Event) -> None:
    settled = "('succeeded', 'cancelled', 'failed', 'queued')"
    unexpected = f"SELECT count(*) FROM submissions_job WHERE state NOT IN {settled}"
    assert event.sql(unexpected) == [(0,)]
    running = event.sql("SELECT count(*) FROM submissions_job WHERE charged")[0][0]
    assert event.sql("SELECT sum(running) FROM submissions_quota")[0][0] == running
    doubled = "SELECT job_id FROM evaluation_result GROUP BY job_id, scoring_version HAVING count(*) > 1"
    assert event.sql(doubled) == []
