"""What a run costs its team, and what a team may use in a phase."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hackathon.clock import db_now
from hackathon.errors import Conflict, QuotaExceeded
from hackathon.models import Phase
from submissions.enums import JobState
from submissions.models import Job, Quota, Submission
from submissions.services.attempts import accept_failure, accept_result, report_progress
from submissions.services.jobs import cancel_job
from submissions.services.sweep import sweep
from tests.factories import World, make_node
from tests.pages import html, page
from tests.submissions.play import (
    claim,
    expire,
    job_result,
    predictions,
    running_job,
    submit,
    submitted_job,
    upload,
    used_by,
    work,
)
from training_worker.contract.wire import (
    PREDICTIONS,
    FailureCode,
    JobFailure,
    JobKind,
    Progress,
    Stage,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("field", "cap"), [("per_day", 1), ("total", 1), ("queued", 1), ("compute_seconds", 100)])
def test_each_quota_refuses_and_changes_nothing(world: World, field: str, cap: int) -> None:
    setattr(world.phase, field, cap)
    world.phase.save()
    submit(world)
    before = used_by(world.team)
    with pytest.raises(QuotaExceeded) as refused:
        submit(world, method={"name": "full"})
    assert used_by(world.team) == before
    assert bool(refused.value.extra["reset_at"]) is (field == "per_day")
    assert Submission.objects.count() == 1


def test_a_changed_limit_of_the_phase_holds_for_teams_that_have_submitted_and_a_teams_own_stays(world: World) -> None:
    submit(world)
    Phase.objects.update(total=1)
    with pytest.raises(QuotaExceeded, match=r"\(1/1\)"):
        submit(world, method={"name": "full"})
    Phase.objects.update(total=5)
    assert submit(world, method={"name": "full"}).was_created
    Quota.objects.filter(team=world.team).update(cap_total=2)
    with pytest.raises(QuotaExceeded, match=r"\(2/2\)"):
        submit(world, training={"num_train_epochs": 2})
    Quota.objects.filter(team=world.team).update(cap_total=3)
    Phase.objects.update(total=1)
    assert submit(world, training={"num_train_epochs": 2}).was_created


@pytest.mark.parametrize(("saved", "charged"), [(0.0, 5.0), (30.0, 35.0), (80_000.0, 65.0)])
def test_what_cached_features_saved_is_charged_up_to_the_budget_and_shown(
    world: World, saved: float, charged: float
) -> None:
    """The same config costs the same on a node that has its features and on one that has not."""
    job = submitted_job(world)
    assert claim(make_node()[0], kinds=(JobKind.RUN,)) is not None
    job.refresh_from_db()
    work(job)
    accept_result(
        job_id=str(job.pk), attempt=1, result=job_result(upload(job, PREDICTIONS, predictions([])), saved=saved)
    )
    job.refresh_from_db()
    assert (job.compute_seconds, job.saved_seconds) == (charged, charged - 5.0)
    text = html(page(world, "captain", f"/s/{job.submission_id}/"))
    assert ("saved by cached features" in text) is (saved > 0)


@pytest.mark.parametrize(
    ("code", "charge"),
    [
        (FailureCode.CONFIG_OOM, (1, 0, 7.0)),
        (FailureCode.DIVERGED, (1, 0, 7.0)),
        (FailureCode.MODEL_INTEGRITY, (0, 0, 0.0)),
    ],
)
def test_own_faults_cost_what_they_used_and_platform_faults_nothing(
    world: World, code: FailureCode, charge: tuple[int, int, float]
) -> None:
    job = running_job(world)
    work(job)
    failure = JobFailure(code=code, message="m", hint="h", compute_seconds=7.0)
    for _time in range(2):
        accept_failure(job_id=str(job.pk), attempt=1, failure=failure)
    job.refresh_from_db()
    assert (job.state, job.failure_code, job.failure_hint) == (JobState.FAILED, code, "h")
    assert used_by(world.team) == charge
    world.model.refresh_from_db()
    assert world.model.is_enabled is (code != FailureCode.MODEL_INTEGRITY)


def test_cancel_before_the_start_refunds_and_after_it_charges_what_was_used(world: World) -> None:
    cancel_job(job=submitted_job(world), actor="captain")
    assert used_by(world.team) == (0, 0, 0.0)
    job = running_job(world)
    job.events.filter(to_state=JobState.RUNNING).update(at=db_now() - timedelta(seconds=10))
    cancel_job(job=job, actor="captain")
    total, running, compute = used_by(world.team)
    assert (total, running) == (1, 0)
    assert 10 <= compute < 12
    answer = report_progress(job_id=str(job.pk), attempt=1, progress=Progress(seq=1, stage=Stage.TRAIN))
    assert answer.action == "cancel"
    with pytest.raises(Conflict):
        cancel_job(job=job, actor="captain")


def test_cancel_charges_the_running_attempt_alone_and_not_the_lost_one(world: World) -> None:
    job = running_job(world)
    Job.objects.filter(pk=job.pk).update(started_at=db_now() - timedelta(seconds=50))
    job.events.filter(to_state=JobState.RUNNING).update(at=db_now() - timedelta(seconds=50))
    expire(job)
    sweep()
    Job.objects.filter(pk=job.pk).update(not_before=None)
    assert claim(make_node("second")[0]) is not None
    job.refresh_from_db()
    assert job.attempt == 2
    cancel_job(job=job, actor="captain")
    assert used_by(world.team)[2] < 5
