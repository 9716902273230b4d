"""An event at a glance, for its organizers. It reads no score."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import get_language

from hackathon.enums import Role
from hackathon.models import Hackathon, Participation, Phase
from hackathon.visibility import Viewer
from hackathon.web.charts import Chart
from hackathon.web.kept import kept
from hackathon.web.live import version_of
from hackathon.web.paginator import EXACT
from submissions.enums import ACTIVE_STATES, JobState
from submissions.models import Job, JobEvent, Quota, Submission
from submissions.pages.next_steps import organizer_gaps
from submissions.pages.step import NextStep
from submissions.selectors import queue_pace
from teams.models import Membership, Team

from .charts import compute_chart, failure_chart, signup_chart, submission_chart
from .job_lines import JobLine, job_line, with_rows
from .workers import WorkerSummary, worker_summary

MOST_QUEUED, MOST_FAILURES, MOST_IDLE = 20, 10, 30


@dataclass(frozen=True)
class Figures:
    """Counts of the event. Runs are the teams' own; `queued` and `running` count the platform's jobs too."""

    signups: int
    in_team: int
    teams: int
    teams_without_submission: int
    submissions: int
    queued: int
    running: int
    scoring: int
    scored: int
    failed: int
    cancelled: int
    quarantined: int
    compute_used: float
    """Seconds that were charged or are reserved."""
    compute_granted: float
    wait_seconds: float | None
    """How long a run submitted now would wait for its start."""

    @property
    def without_team(self) -> int:
        return self.signups - self.in_team


@dataclass(frozen=True)
class QueuedLine:
    """`position` is among all that wait on this platform; `wait_seconds` is None where nothing tells."""

    position: int
    wait_seconds: float | None
    job: JobLine


@dataclass(frozen=True)
class IdleTeam:
    """A team that has not submitted anything."""

    pk: UUID
    name: str
    size: int
    created_at: datetime


@dataclass(frozen=True)
class Dashboard:
    """All values are plain, so that equal dashboards have equal `version`s."""

    figures: Figures
    gaps: list[NextStep]
    workers: WorkerSummary
    queued: list[QueuedLine]
    running: list[JobLine]
    failures: list[JobLine]
    quarantined: list[JobLine]
    idle_teams: list[IdleTeam]
    charts: list[tuple[str, Chart]]
    """With the id that each has in the page."""
    is_over: bool

    @property
    def version(self) -> str:
        return version_of(self)


def read_dashboard(viewer: Viewer, hackathon: Hackathon, *, now: datetime) -> Dashboard:
    """In a fixed number of queries. Counts, charts and idle teams of a large event may be 30 s old."""
    jobs = Job.objects.filter(phase__in=_phases(hackathon))
    runs = jobs.filter(replicate=0, submission__isnull=False, team__is_reserved=False)
    pace = queue_pace(now=now)
    waiting = _all_waiting()
    summary = _kept_summary(hackathon, jobs, runs, now)
    figures = replace(summary.figures, wait_seconds=pace.wait_seconds(len(waiting) + 1))
    queued = with_rows(jobs.filter(pk__in=waiting)).order_by("priority", "queued_at", "pk")[:MOST_QUEUED]
    places = {pk: position for position, pk in enumerate(waiting, 1)}
    return Dashboard(
        figures=figures,
        gaps=organizer_gaps(viewer, [hackathon], now=now)[hackathon.pk],
        workers=worker_summary(now=now),
        queued=[QueuedLine(places[job.pk], pace.wait_seconds(places[job.pk]), job_line(job)) for job in queued],
        running=_lines(jobs.filter(state__in=[JobState.RUNNING, JobState.SCORING]).order_by("started_at")),
        failures=_lines(runs.filter(state=JobState.FAILED).order_by("-finished_at")[:MOST_FAILURES]),
        quarantined=_lines(_with_reason(jobs.filter(state=JobState.QUARANTINED)).order_by("queued_at")),
        idle_teams=summary.idle_teams,
        charts=summary.charts,
        is_over=now >= hackathon.ends_at and not figures.queued + figures.running + figures.scoring,
    )


def _phases(hackathon: Hackathon) -> list[UUID]:
    return list(Phase.objects.filter(challenge__hackathon=hackathon).order_by().values_list("pk", flat=True))


@dataclass(frozen=True)
class _Summary:
    """What takes reading all jobs and teams of the event."""

    figures: Figures
    """Without `wait_seconds`."""
    idle_teams: list[IdleTeam]
    charts: list[tuple[str, Chart]]


def _kept_summary(hackathon: Hackathon, jobs: QuerySet[Job], runs: QuerySet[Job], now: datetime) -> _Summary:
    """The same for all who may see it, in the language that they read."""
    quotas = Quota.objects.filter(phase__challenge__hackathon=hackathon, team__is_reserved=False)
    return kept(
        f"dashboard {hackathon.pk} {get_language()}",
        lambda: _Summary(
            _figures(hackathon, jobs, quotas), _idle_teams(hackathon), _charts(hackathon, runs, quotas, now)
        ),
        is_worth_it=lambda summary: summary.figures.submissions > EXACT,
    )


def _all_waiting() -> list[UUID]:
    """Every queued job of the platform, in the queue's order."""
    waiting = Job.objects.filter(state=JobState.QUEUED).order_by("priority", "queued_at", "pk")
    return list(waiting.values_list("pk", flat=True))


def _figures(hackathon: Hackathon, jobs: QuerySet[Job], quotas: QuerySet[Quota]) -> Figures:
    people = Participation.objects.filter(hackathon=hackathon, role=Role.PARTICIPANT)
    member = Membership.objects.current().filter(user=OuterRef("user"), hackathon=hackathon, team__is_reserved=False)
    teams = _teams(hackathon).aggregate(all=Count("pk"), idle=Count("pk", filter=~_has_submitted()))
    used, granted = _compute(hackathon, quotas, teams["all"])
    return Figures(
        **people.annotate(has_team=Exists(member)).aggregate(
            signups=Count("pk"), in_team=Count("pk", filter=Q(has_team=True))
        ),
        **_job_counts(jobs),
        teams=teams["all"],
        teams_without_submission=teams["idle"],
        compute_used=used,
        compute_granted=granted,
        wait_seconds=None,
    )


def _job_counts(jobs: QuerySet[Job]) -> dict[str, int]:
    own = Q(replicate=0, submission__isnull=False, team__is_reserved=False)
    shown = {"scored": JobState.SUCCEEDED, "failed": JobState.FAILED, "cancelled": JobState.CANCELLED}
    everything = {state.value: state for state in [*ACTIVE_STATES, JobState.QUARANTINED]}
    counts: dict[str, int] = jobs.aggregate(
        submissions=Count("pk", filter=own),
        **{name: Count("pk", filter=own & Q(state=state)) for name, state in shown.items()},
        **{name: Count("pk", filter=Q(state=state)) for name, state in everything.items()},
    )
    return counts


def _compute(hackathon: Hackathon, quotas: QuerySet[Quota], teams: int) -> tuple[float, float]:
    """Seconds used or reserved, and granted: each team's own cap where it has one, else the phase's."""
    own = {
        phase: row
        for phase, *row in quotas.values_list("phase").annotate(
            rows=Count("pk"), used=Sum("compute_used"), granted=Sum(Coalesce("cap_compute", "phase__compute_seconds"))
        )
    }
    granted = 0.0
    for phase, seconds in Phase.objects.filter(challenge__hackathon=hackathon).values_list("pk", "compute_seconds"):
        rows, _used, caps = own.get(phase, (0, 0.0, 0.0))
        granted += caps + max(0, teams - rows) * seconds
    return sum(used for _rows, used, _caps in own.values()), granted


def _teams(hackathon: Hackathon) -> QuerySet[Team]:
    return Team.objects.filter(hackathon=hackathon, is_reserved=False)


def _has_submitted() -> Exists:
    return Exists(Submission.objects.filter(team=OuterRef("pk")))


def _idle_teams(hackathon: Hackathon) -> list[IdleTeam]:
    """The teams to help: those that have waited longest first."""
    size = Count("memberships", filter=Q(memberships__left_at__isnull=True))
    teams = _teams(hackathon).filter(~_has_submitted()).annotate(size=size).order_by("created_at", "name")
    return [IdleTeam(team.pk, team.name, team.size, team.created_at) for team in teams[:MOST_IDLE]]


def _with_reason(jobs: QuerySet[Job]) -> QuerySet[Job]:
    last = JobEvent.objects.filter(job=OuterRef("pk")).order_by("-at", "-created_at")
    return jobs.annotate(last_reason=Subquery(last.values("reason")[:1]))


def _lines(jobs: QuerySet[Job]) -> list[JobLine]:
    return [job_line(job) for job in with_rows(jobs)]


def _charts(
    hackathon: Hackathon, runs: QuerySet[Job], quotas: QuerySet[Quota], now: datetime
) -> list[tuple[str, Chart]]:
    charts: Iterable[tuple[str, Chart | None]] = (
        ("submissions-by-hour", submission_chart(hackathon, runs, now=now)),
        ("sign-ups", signup_chart(hackathon)),
        ("failures-by-class", failure_chart(runs)),
        ("compute-by-team", compute_chart(quotas)),
    )
    return [(name, chart) for name, chart in charts if chart is not None]
