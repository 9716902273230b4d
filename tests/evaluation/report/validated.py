"""Scored runs with a validation report among their files, as a node would have left them."""

from __future__ import annotations

from submissions.models import Artifact, Job, Submission
from tests.evaluation.scored import make_result, store_output
from tests.factories import World
from tests.submissions.play import job_result
from training_worker.contract.report import ValidationReport
from training_worker.contract.tasks import TASKS
from training_worker.contract.wire import REPORT, JobKind

from .made_up import class_report


def set_task(world: World, task: str) -> None:
    """Make it a challenge of that task, ranked by its usual metric."""
    world.challenge.task, world.challenge.primary_metric = task, TASKS[task].metrics[0]
    world.challenge.save()
    world.phase.challenge = world.challenge


def store_report(job: Job, report: ValidationReport | bytes) -> Artifact:
    body = report if isinstance(report, bytes) else report.model_dump_json().encode()
    return store_output(job, REPORT, body)


def scored_run(world: World) -> Submission:
    """A scored submission of the captain's team without files."""
    result = make_result(world, team=world.team, public=0.8123, private=0.6543)
    Job.objects.filter(pk=result.job_id).update(result=job_result().model_dump(mode="json"))
    return result.submission


def base_run(world: World) -> Job:
    return make_result(world, team=None, public=0.5, kind=JobKind.BASE_SCORE).job


def validated(world: World, report: ValidationReport | bytes | None = None) -> Submission:
    """A scored submission of the captain's team with that report, else one of classes."""
    submission = scored_run(world)
    store_report(submission.jobs.get(), class_report() if report is None else report)
    return submission
