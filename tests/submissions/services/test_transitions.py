"""The transition table as a property: whatever the order of events, no job leaves the table and no quota drifts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hackathon.clock import db_now
from hackathon.errors import DomainError
from submissions.enums import ACTIVE_STATES, FINAL_STATES, LEGAL_TRANSITIONS, JobState
from submissions.models import Job, Node, Quota
from submissions.rules import is_legal
from submissions.services.attempts import accept_failure, release_attempt, report_progress
from submissions.services.jobs import cancel_job
from submissions.services.operator import drop_quarantined, requeue_quarantined
from submissions.services.scoring_lease import claim_scoring, finish_scoring, lose_scoring, reject_result
from submissions.services.submit import submit_config
from submissions.services.sweep import sweep
from tests.factories import CONFIG, World, make_node, make_world
from tests.submissions.play import claim, finish_training
from training_worker.contract.wire import FailureCode, JobFailure, JobRelease, Progress, Stage


def test_table_is_closed_and_final_states_are_never_left() -> None:
    assert set(LEGAL_TRANSITIONS) == set(JobState)
    assert {JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED} == FINAL_STATES
    for state in FINAL_STATES:
        assert not any(is_legal(state, to) for to in JobState)


class Driver:
    """Does one thing after another to one job, as node, scorer, sweeper, team and operator would, in any order."""

    def __init__(self, world: World, node: Node) -> None:
        self.world, self.node = world, node
        self.seq = 0
        submitted = submit_config(author=world.captain, team=world.team, phase=world.phase, config=CONFIG)
        self.job = Job.objects.get(submission=submitted.submission)
        Job.objects.exclude(pk=self.job.pk).delete()

    def claim(self) -> None:
        Job.objects.filter(pk=self.job.pk).update(not_before=None)
        claim(self.node)

    def progress(self) -> None:
        self.seq += 1
        report_progress(
            job_id=str(self.job.pk), attempt=self.job.attempt, progress=Progress(seq=self.seq, stage=Stage.TRAIN)
        )

    def finish(self) -> None:
        finish_training(self.job)

    def finish_as_old_attempt(self) -> None:
        report_progress(
            job_id=str(self.job.pk), attempt=self.job.attempt - 1, progress=Progress(seq=1, stage=Stage.TRAIN)
        )

    def fail(self) -> None:
        failure = JobFailure(code=FailureCode.DIVERGED, message="m", hint="h", compute_seconds=3.0)
        accept_failure(job_id=str(self.job.pk), attempt=self.job.attempt, failure=failure)

    def release(self) -> None:
        release_attempt(job_id=str(self.job.pk), attempt=self.job.attempt, release=JobRelease(reason="r", lost=True))

    def expire(self) -> None:
        Job.objects.filter(pk=self.job.pk, lease_until__isnull=False).update(
            lease_until=db_now() - timedelta(seconds=1)
        )
        sweep()

    def score(self) -> None:
        Job.objects.filter(pk=self.job.pk).update(not_before=None)
        if (held := claim_scoring()) is not None:
            finish_scoring(held)

    def lose_scorer(self) -> None:
        Job.objects.filter(pk=self.job.pk).update(not_before=None)
        if (held := claim_scoring()) is not None:
            lose_scoring(held, reason="OSError")

    def reject(self) -> None:
        if (held := claim_scoring()) is not None:
            reject_result(held, message="bad")

    def cancel(self) -> None:
        cancel_job(job=self.job, actor="captain")

    def requeue(self) -> None:
        requeue_quarantined(job=self.job, reason="again", actor="operator")

    def drop(self) -> None:
        drop_quarantined(job=self.job, reason="no", actor="operator")

    def check(self) -> None:
        """The chain of events is unbroken and legal; the quota row agrees with the job."""
        self.job.refresh_from_db()
        states = [JobState(event.to_state) for event in self.job.events.order_by("at", "created_at")]
        assert states[0] == JobState.QUEUED
        assert states[-1] == self.job.state
        assert all(is_legal(source, to) for source, to in pairwise(states))
        row = Quota.objects.get(team=self.world.team)
        is_active = self.job.state in ACTIVE_STATES
        state = self.job.state
        assert self.job.charged is is_active
        assert (row.queued, row.running) == (state == JobState.QUEUED, state == JobState.RUNNING)
        assert row.used_today == row.used_total <= 1
        if is_active:
            assert row.compute_used == self.job.reserved_seconds
        else:
            assert row.compute_used <= self.job.reserved_seconds * 1.25


ACTIONS: list[Callable[[Driver], None]] = [
    Driver.claim,
    Driver.claim,
    Driver.progress,
    Driver.finish,
    Driver.finish_as_old_attempt,
    Driver.fail,
    Driver.release,
    Driver.release,
    Driver.expire,
    Driver.score,
    Driver.lose_scorer,
    Driver.reject,
    Driver.cancel,
    Driver.requeue,
    Driver.drop,
]
COMMON: list[Callable[[Driver], None]] = [
    Driver.claim,
    Driver.release,
    Driver.expire,
    Driver.finish,
    Driver.lose_scorer,
]


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=st.lists(st.one_of(st.sampled_from(COMMON), st.sampled_from(ACTIONS)), min_size=1, max_size=25))
def test_any_order_of_events_stays_inside_the_table(actions: list[Callable[[Driver], None]]) -> None:
    with transaction.atomic():
        driver = Driver(make_world(), make_node()[0])
        for action in actions:
            with suppress(DomainError):
                action(driver)
            driver.check()
        transaction.set_rollback(True)
