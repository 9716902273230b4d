"""Reading submissions and jobs: what the viewer may see, where a job stands, its curve and log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Avg, Exists, F, OuterRef, Q, QuerySet, Value

from hackathon.models import Challenge, Phase, User
from hackathon.visibility import Viewer, challenges_visible_to, hackathons_organized_by
from teams.models import Team
from teams.selectors import teams_of
from training_worker.contract.wire import PREDICTIONS, JobKind

from .enums import JobState
from .models import Artifact, Job, JobEvent, Node, ProgressChunk, Quota, Submission
from .rules import next_quota_day, quota_day

ALIVE_SECONDS = 60.0
"""How long a node counts as alive after it spoke: an idle one speaks every 15 s, a busy one every 5 s."""


def submissions_visible_to(viewer: Viewer) -> QuerySet[Submission]:
    """Own team's submissions; all of a hackathon for its organizers. Nobody else may know that one exists.

    One query finds out at once which teams and phases those are: given their ids the database goes to the rows, while
    subqueries joined by OR make it try every row there is.
    """
    found = Submission.objects.select_related(
        "phase__challenge__hackathon", "phase__data", "team", "author", "base_model"
    )
    if isinstance(viewer, User) and viewer.is_superuser:
        return found
    own, organized = _teams_and_phases(viewer)
    return found.filter(Q(team__in=own) | Q(phase__in=organized))


def _teams_and_phases(viewer: Viewer) -> tuple[list[UUID], list[UUID]]:
    """Of the viewer's own teams, and of the hackathons that they organize."""
    teams = teams_of(viewer).order_by().values_list("pk", Value(True))
    phases = Phase.objects.filter(challenge__hackathon__in=hackathons_organized_by(viewer)).order_by()
    found = list(teams.union(phases.values_list("pk", Value(False)), all=True))
    return [pk for pk, is_team in found if is_team], [pk for pk, is_team in found if not is_team]


def first_job(submission: Submission) -> Job:
    """The job with replicate 0: its state is the submission's."""
    return submission.jobs.with_collapse().select_related("node").get(replicate=0)


@dataclass(frozen=True)
class QueuePlace:
    """Where a queued job stands: `position` 1 is next; `wait_seconds` is None where nothing tells.

    `own_running` is how many runs of its own team it waits for: the team has as many running as it may; else 0.
    """

    position: int
    wait_seconds: float | None
    own_running: int = 0


def queue_place(job: Job, *, now: datetime) -> QueuePlace | None:
    """The job's place among all queued jobs by priority and age (fair share may let it go earlier or later).

    None where it is not queued. The wait is the mean run time of the last 20 ended jobs × jobs ahead / live nodes.
    """
    if job.state != JobState.QUEUED:
        return None
    ahead = Job.objects.filter(state=JobState.QUEUED).filter(
        Q(priority__lt=job.priority)
        | Q(priority=job.priority, queued_at__lt=job.queued_at)
        | Q(priority=job.priority, queued_at=job.queued_at, pk__lt=job.pk)
    )
    position = ahead.count() + 1
    if own_running := _own_running(job):
        return QueuePlace(position, wait_seconds=None, own_running=own_running)
    return QueuePlace(position, wait_seconds=queue_pace(now=now).wait_seconds(position))


def _own_running(job: Job) -> int:
    """Running runs of the job's team where it may have no more, else 0."""
    if job.kind != JobKind.RUN:
        return 0
    quota = Quota.objects.filter(team=job.team_id, phase=job.phase_id).select_related("phase").first()
    return quota.running if quota and quota.running >= quota.caps.at_once else 0


@dataclass(frozen=True)
class QueuePace:
    """How fast the queue moves: mean seconds of the last 20 ended jobs (None before the first), nodes, running jobs."""

    mean_seconds: float | None
    nodes: int
    busy: int

    def wait_seconds(self, position: int) -> float | None:
        """How long place `position` (1 is next) waits for its start: not at all where a node is idle for it. None where
        nothing tells."""
        if not self.nodes:
            return None
        behind = position - max(0, self.nodes - self.busy)
        if behind <= 0:
            return 0.0
        return None if self.mean_seconds is None else self.mean_seconds * behind / self.nodes


def queue_pace(*, now: datetime) -> QueuePace:
    ended = Job.objects.filter(compute_seconds__gt=0, finished_at__isnull=False).order_by("-finished_at")[:20]
    jobs = Job.objects.filter(pk__in=list(ended.values_list("pk", flat=True)))
    return QueuePace(
        mean_seconds=jobs.aggregate(mean=Avg(F("compute_seconds") - F("saved_seconds")))["mean"],
        nodes=live_nodes(now=now).count(),
        busy=Job.objects.filter(state=JobState.RUNNING).count(),
    )


def latest_runs(viewer: Viewer, count: int = 5) -> list[SubmissionRun]:
    """The newest submissions of the viewer's own teams, each with the job that is its status."""
    teams = list(teams_of(viewer).values_list("pk", flat=True))  # with a subquery the newest of all teams are walked
    if not teams:
        return []
    related = ("phase__challenge__hackathon", "team", "base_model")
    own = Submission.objects.filter(team__in=teams).select_related(*related)
    newest = list(own.order_by("-received_at", "-number")[:count])
    jobs = {job.submission_id: job for job in Job.objects.with_collapse().filter(submission__in=newest, replicate=0)}
    return [SubmissionRun(submission, jobs[submission.pk]) for submission in newest]


def live_nodes(*, now: datetime) -> QuerySet[Node]:
    """Nodes that were heard of in the last minute, or are running a job."""
    heard = Q(seen_at__gt=now - timedelta(seconds=ALIVE_SECONDS))
    busy = Exists(Job.objects.filter(node=OuterRef("pk"), state=JobState.RUNNING))
    return Node.objects.filter(heard | busy, revoked_at__isnull=True)


def nodes_set_aside(*, now: datetime) -> QuerySet[Node]:
    """Nodes that get no job for a while, as they have lost one after the other."""
    return Node.objects.filter(aside_until__gt=now, revoked_at__isnull=True)


@dataclass(frozen=True)
class ReportedProgress:
    """Curve points and log lines of the current attempt after post `after`; `last` is where to go on from."""

    points: list[dict[str, Any]]
    """[{"step", "name", "value"}]"""
    lines: list[dict[str, Any]]
    """[{"at", "id", "values"}]"""
    last: int


def progress_since(job: Job, after: int = 0) -> ReportedProgress:
    """What the job's current attempt reported in posts with `seq` above `after`, in order."""
    chunks = list(ProgressChunk.objects.filter(job=job, attempt=job.attempt, seq__gt=after).order_by("seq"))
    return ReportedProgress(
        points=[point for chunk in chunks for point in chunk.points],
        lines=[line for chunk in chunks for line in chunk.lines],
        last=chunks[-1].seq if chunks else after,
    )


def events_of(job: Job) -> QuerySet[JobEvent]:
    return job.events.order_by("at", "created_at")


def files_of(job: Job) -> QuerySet[Artifact]:
    """What came out of a job and its team may have: all but the predictions of the test set."""
    return job.artifacts.exclude(name=PREDICTIONS)


@dataclass(frozen=True)
class SubmissionRun:
    """A submission and the job that is its status."""

    submission: Submission
    job: Job


@dataclass(frozen=True)
class SubmissionRunDetail(SubmissionRun):
    """A run with its place in the queue, its history and what it left behind."""

    place: QueuePlace | None
    events: list[JobEvent]
    files: list[Artifact]


def run_detail(submission: Submission, *, now: datetime) -> SubmissionRunDetail:
    job = first_job(submission)
    return SubmissionRunDetail(submission, job, queue_place(job, now=now), list(events_of(job)), list(files_of(job)))


@dataclass(frozen=True)
class QuotaState:
    """A team's quota in a phase as shown: used and cap of each; `resets_at` is when the day's starts anew."""

    used_today: int
    cap_day: int
    used_total: int
    cap_total: int
    queued: int
    cap_queued: int
    running: int
    cap_at_once: int
    compute_used: float
    cap_compute: float
    resets_at: datetime


def quota_state(*, team: Team, phase: Phase, now: datetime) -> QuotaState:
    """Read without a lock: for showing only, `submit_config` decides."""
    return quota_states([(team, phase)], now=now)[team.pk]


def quota_states(pairs: Sequence[tuple[Team, Phase]], *, now: datetime) -> dict[UUID, QuotaState]:
    """`quota_state` by team, of each in one phase; in one query."""
    teams, phases = [team for team, _phase in pairs], [phase for _team, phase in pairs]
    rows = Quota.objects.filter(team__in=teams, phase__in=phases) if pairs else []
    found = {(row.team_id, row.phase_id): row for row in rows}
    return {team.pk: _quota_state(found.get((team.pk, phase.pk)), phase, now) for team, phase in pairs}


def _quota_state(row: Quota | None, phase: Phase, now: datetime) -> QuotaState:
    zone = phase.challenge.hackathon.time_zone
    quota = row or Quota()
    quota.phase = phase
    caps = quota.caps
    return QuotaState(
        used_today=quota.used_today if quota.day == quota_day(now, zone) else 0,
        cap_day=caps.day,
        used_total=quota.used_total,
        cap_total=caps.total,
        queued=quota.queued,
        cap_queued=caps.queued,
        running=quota.running,
        cap_at_once=caps.at_once,
        compute_used=quota.compute_used,
        cap_compute=caps.compute,
        resets_at=next_quota_day(now, zone),
    )


def open_challenges(viewer: Viewer, *, now: datetime) -> QuerySet[Challenge]:
    """Challenges of the viewer's own teams that may be submitted to now."""
    challenges = challenges_visible_to(viewer).filter(hackathon__in=teams_of(viewer).values("hackathon"))
    return challenges.filter(phases__opens_at__lte=now, phases__closes_at__gt=now).distinct()


def submission_count(challenge: Challenge) -> int:
    return Submission.objects.filter(phase__challenge=challenge, team__is_reserved=False).count()
