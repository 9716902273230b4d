"""What the page of one submission shows, read for one viewer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from pydantic import ValidationError

from evaluation.board.rows import SubmissionScores
from evaluation.board.standing import TeamPlace, team_place
from evaluation.selectors import submission_scores
from hackathon.bundles.yaml import dump
from hackathon.visibility import Viewer
from hackathon.web.charts import Bars, Chart, bar_chart
from hackathon.web.translation import translated_line
from submissions.config_form.table import ConfigGroup, config_groups
from submissions.enums import ACTIVE_STATES, JobState
from submissions.models import Artifact, Job, JobEvent, Submission
from submissions.pages.stages import STAGE_NAMES, StageStep, stage_steps
from submissions.rules import can_cancel
from submissions.selectors import QueuePlace, events_of, files_of, progress_since
from submissions.services.check_config import terms_of
from training_worker.contract.wire import EXAMPLES, MODEL_FILES, WEIGHT_FILE, JobResult, Stage, StoppedBy

from .curves import curve_charts, curves_of, seconds_left
from .report.collapse import collapse_hint, collapse_text
from .report.section import ReportSection, report_section
from .report.stored import read_validation_report
from .services.weights import weights_kept_until

LOG_LINES = 40


@dataclass(frozen=True)
class LogRow:
    at: datetime
    text: str


@dataclass(frozen=True)
class SubmissionPage:
    """`log` holds the last lines only, `log_skipped` counts those before; `result` is the worker's own account;
    `report` is None until the run is scored, and where it left none that can be read."""

    submission: Submission
    job: Job
    is_active: bool
    can_cancel: bool
    place: QueuePlace | None
    steps: list[StageStep]
    charts: list[Chart]
    seconds_left: float | None
    """Of the training, by its own pace; None where that is not known."""
    log: list[LogRow]
    log_skipped: int
    events: list[JobEvent]
    files: list[Artifact]
    scores: SubmissionScores | None
    report: ReportSection | None
    result: JobResult | None
    seconds: Chart | None
    """By stage."""
    ended_by: str
    elapsed: float | None
    config: str
    """YAML."""
    groups: list[ConfigGroup]
    team_place: TeamPlace | None
    """None until the run is scored."""
    weights_kept_until: datetime | None
    """When its full weights go; None where it has none, and where they stay."""

    @property
    def collapse_text(self) -> str:
        """ "" for a run that is not scored, or has not collapsed."""
        found = self.result.collapse if self.result and self.job.state == JobState.SUCCEEDED else None
        return collapse_text(found) if found else ""

    @property
    def collapse_hint(self) -> str:
        return collapse_hint(self.submission.submission_config, self.result.steps if self.result else 0)

    @property
    def has_examples(self) -> bool:
        """Can all validation items be looked through?"""
        return any(file.name == EXAMPLES for file in self.files)

    @property
    def has_model(self) -> bool:
        """Has the run left a model that is still here?"""
        return self.job.weights_removed_at is None and any(file.name in MODEL_FILES for file in self.files)


def read_submission_page(
    submission: Submission, job: Job, viewer: Viewer, *, now: datetime, place: QueuePlace | None
) -> SubmissionPage:
    progress, files = progress_since(job), list(files_of(job))
    curves = curves_of(progress.points)
    result = _job_result(job)
    scores, config = submission_scores(submission, viewer), submission.submission_config
    return SubmissionPage(
        submission=submission,
        job=job,
        is_active=job.state in ACTIVE_STATES,
        can_cancel=can_cancel(job.state),
        place=place,
        steps=stage_steps(job.state, job.stage),
        charts=curve_charts(
            curves, metrics=_metrics(submission), steps=job.total_steps, epochs=config.training.num_train_epochs
        ),
        seconds_left=seconds_left(curves, step=job.step, steps=job.total_steps),
        log=log_rows(progress.lines[-LOG_LINES:]),
        log_skipped=max(0, len(progress.lines) - LOG_LINES),
        events=list(events_of(job)),
        files=files,
        weights_kept_until=weights_kept_until(job) if any(file.name == WEIGHT_FILE for file in files) else None,
        scores=scores,
        report=_report(submission, job, files),
        result=result,
        seconds=_seconds_chart(result),
        ended_by=_ended_by(job.stopped_by),
        elapsed=((job.finished_at or now) - job.started_at).total_seconds() if job.started_at else None,
        config=dump(config.model_dump(mode="json")),  # PostgreSQL keeps no order of keys
        groups=config_groups(config, terms_of(submission.phase).offered),
        team_place=team_place(submission, viewer) if scores else None,
    )


def log_rows(lines: Sequence[dict[str, Any]]) -> list[LogRow]:
    """In the active language."""
    said = map(translated_line, lines)
    return [LogRow(datetime.fromisoformat(line["at"]), line["text"]) for line in said]


def log_file(job: Job) -> str:
    """The whole log of the job's current attempt as text, in the active language."""
    rows = log_rows(progress_since(job).lines)
    return "".join(f"{row.at.isoformat(timespec='seconds')} {row.text}\n" for row in rows)


def _job_result(job: Job) -> JobResult | None:
    """None before the run has ended, and for one of a time when a result had another shape."""
    try:
        return JobResult.model_validate_json(json.dumps(job.result)) if job.result else None
    except ValidationError:
        return None


def _metrics(submission: Submission) -> list[str]:
    """Of the task, the primary one first."""
    challenge = submission.phase.challenge
    return list(dict.fromkeys([challenge.primary_metric, *challenge.task_spec.metrics]))


def _report(submission: Submission, job: Job, files: list[Artifact]) -> ReportSection | None:
    challenge = submission.phase.challenge
    found = read_validation_report(job, files, task=challenge.task)
    return None if found is None else report_section(found, challenge=challenge, data=job.data)


def _seconds_chart(result: JobResult | None) -> Chart | None:
    told = result.telemetry.seconds if result else {}
    order = [*Stage, *sorted(told.keys() - set(Stage))]  # PostgreSQL keeps no order of keys
    by_stage = {str(STAGE_NAMES.get(stage, stage)): told[stage] for stage in order if stage in told}
    bars = [Bars(_("seconds"), list(by_stage.values()))]
    return bar_chart(_("Seconds by stage"), list(by_stage), bars, category_name=_("stage"))


def _ended_by(stopped_by: str) -> str:
    return {
        StoppedBy.EPOCHS.value: _("all epochs done"),
        StoppedBy.EARLY_STOPPING.value: _("early stopping"),
        StoppedBy.STEPS.value: _("stopped by the budget of steps"),
        StoppedBy.SECONDS.value: _("stopped by the budget of seconds"),
        StoppedBy.NOTHING_TO_TRAIN.value: _("nothing to train"),
    }.get(stopped_by, "")


def progress_version(job: Job, place: QueuePlace | None) -> str:
    """Changes whenever the live part of the page would."""
    waits = f"{place.position}-{place.own_running}" if place else ""
    return f"{job.state}-{job.attempt}-{job.progress_seq}-{job.scoring_attempt}-{job.losses}-{waits}"
