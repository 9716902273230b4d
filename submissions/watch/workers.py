"""The GPU nodes as operators and organizers see them: is each alive, what does it do, what went wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from django.db.models import Count, OuterRef, QuerySet, Subquery

from hackathon.models import BaseModel, User
from hackathon.visibility import Viewer, hackathons_organized_by
from hackathon.web.kept import kept
from submissions.enums import LEGAL_TRANSITIONS, JobState
from submissions.models import Job, JobEvent, Node
from submissions.selectors import ALIVE_SECONDS

from .job_lines import JobLine, job_line, with_rows

LATE_SECONDS = 300.0
RECENT = timedelta(hours=24)
KEPT_FROM = 1000
"""So many attempts in `RECENT` are counted anew every 30 s only."""
LAST_FAILURES = 300
FAILURE_STATES = (JobState.QUEUED, JobState.FAILED, JobState.QUARANTINED)
"""Where a running attempt goes that did not work out."""

NodeStatus = Literal["alive", "late", "dead", "revoked"]


def operates(viewer: Viewer) -> bool:
    """Superusers and staff with the permission: they see everything about the nodes."""
    return isinstance(viewer, User) and (
        viewer.is_superuser or (viewer.is_staff and viewer.has_perm("submissions.view_node"))
    )


def may_watch_workers(viewer: Viewer) -> bool:
    """Operators, and whoever organizes a hackathon: nodes are shared, and an organizer must see whether they work."""
    return operates(viewer) or hackathons_organized_by(viewer).exists()


def jobs_watched_by(viewer: Viewer) -> QuerySet[Job]:
    """Every job for operators; those of their own hackathons for organizers."""
    if operates(viewer):
        return Job.objects.all()
    return Job.objects.filter(phase__challenge__hackathon__in=hackathons_organized_by(viewer))


def node_status(seen_at: datetime | None, revoked_at: datetime | None, *, now: datetime) -> NodeStatus:
    """By the last heartbeat: a claim or a progress post. Pure."""
    if revoked_at is not None:
        return "revoked"
    age = (now - seen_at).total_seconds() if seen_at else LATE_SECONDS
    return "alive" if age <= ALIVE_SECONDS else "late" if age < LATE_SECONDS else "dead"


@dataclass(frozen=True)
class WorkerSummary:
    alive: int
    late: int
    dead: int


def worker_summary(*, now: datetime) -> WorkerSummary:
    """Of the nodes that are not revoked."""
    seen = Node.objects.filter(revoked_at__isnull=True).order_by().values_list("seen_at", flat=True)
    statuses = [node_status(at, None, now=now) for at in seen]
    return WorkerSummary(*(statuses.count(status) for status in ("alive", "late", "dead")))


@dataclass(frozen=True)
class NodeFailure:
    """The last attempt on a node that did not work out."""

    at: datetime
    text: str
    name: str
    url: str


@dataclass(frozen=True)
class NodeRow:
    """`job` is what it runs, where the viewer may know; `is_busy`: it runs something. Counts are of `RECENT`.

    `last_error` and `aside_reason` are for operators: they may speak of any event's job.
    """

    pk: UUID
    name: str
    status: NodeStatus
    age_seconds: float | None
    device: str
    memory_mb: int
    memory_used_mb: int | None
    disk_free_mb: int
    version: str
    recipe: str
    precisions: list[str]
    models: list[str]
    is_busy: bool
    job: JobLine | None
    done: int
    failed: int
    lost: int
    last_error: str
    failure: NodeFailure | None
    aside_until: datetime | None
    aside_reason: str


def read_workers(viewer: Viewer, *, now: datetime) -> list[NodeRow]:
    """All nodes, those that were revoked last, in a fixed number of queries."""
    nodes = list(Node.objects.order_by("revoked_at", "name"))
    nodes.sort(key=lambda node: node.revoked_at is not None)
    watched = jobs_watched_by(viewer)
    running = {job.node_id: job for job in with_rows(Job.objects.filter(state=JobState.RUNNING, node__in=nodes))}
    shown = set(watched.filter(pk__in=[job.pk for job in running.values()]).values_list("pk", flat=True))
    counts = kept("attempts by node", lambda: _counts(now - RECENT), is_worth_it=_are_many)
    failures = _failures(watched)
    slugs = dict(BaseModel.objects.values_list("sha256", "slug"))
    rows = [
        _node_row(node, running.get(node.pk), shown, counts.get(node.name, {}), failures.get(node.name), slugs, now)
        for node in nodes
    ]
    return rows if operates(viewer) else [replace(row, last_error="", aside_reason="") for row in rows]


def _node_row(
    node: Node,
    job: Job | None,
    shown: set[UUID],
    counts: dict[str, int],
    failure: NodeFailure | None,
    slugs: dict[str, str],
    now: datetime,
) -> NodeRow:
    report: dict[str, Any] = node.report
    return NodeRow(
        pk=node.pk,
        name=node.name,
        status=node_status(node.seen_at, node.revoked_at, now=now),
        age_seconds=max(0.0, (now - node.seen_at).total_seconds()) if node.seen_at else None,
        device=report.get("device", ""),
        memory_mb=report.get("memory_mb", 0),
        memory_used_mb=report.get("memory_used_mb"),
        disk_free_mb=report.get("disk_free_mb", 0),
        version=report.get("version", ""),
        recipe=report.get("recipe", ""),
        precisions=report.get("precisions", []),
        models=_model_names(report.get("cached_models", []), slugs),
        is_busy=job is not None,
        job=job_line(job) if job and job.pk in shown else None,
        done=counts.get(JobState.SCORING, 0),
        failed=counts.get(JobState.FAILED, 0),
        lost=counts.get(JobState.QUEUED, 0) + counts.get(JobState.QUARANTINED, 0),
        last_error=report.get("last_error", ""),
        failure=failure,
        aside_until=node.aside_until if node.aside_until and node.aside_until > now else None,
        aside_reason=node.aside_reason,
    )


def _model_names(digests: Iterable[str], slugs: dict[str, str]) -> list[str]:
    return sorted(slugs.get(digest, f"{digest[:12]}…") for digest in digests)


def _claims() -> QuerySet[JobEvent]:
    """The claim that began the attempt which the outer event ended: it names the node, whoever ended it."""
    return JobEvent.objects.filter(job=OuterRef("job"), attempt=OuterRef("attempt"), to_state=JobState.RUNNING)


def _counts(since: datetime) -> dict[str, dict[str, int]]:
    """By node's name: how many attempts since then ended in which state."""
    ended = JobEvent.objects.filter(
        from_state=JobState.RUNNING, to_state__in=LEGAL_TRANSITIONS[JobState.RUNNING], at__gte=since
    ).order_by()
    by_node = ended.annotate(node=Subquery(_claims().values("actor")[:1]))
    found: dict[str, dict[str, int]] = {}
    for node, state, count in by_node.values_list("node", "to_state").annotate(Count("pk")):
        found.setdefault(node, {})[state] = count
    return found


def _are_many(counts: dict[str, dict[str, int]]) -> bool:
    return sum(sum(by_state.values()) for by_state in counts.values()) > KEPT_FROM


def _failures(watched: QuerySet[Job]) -> dict[str, NodeFailure]:
    """By node's name: the last attempt that failed or was lost there, of the jobs that are watched.

    A node that did not fail in the last `LAST_FAILURES` of its kind on the platform has none.
    """
    newest = [pk for state in FAILURE_STATES for pk in _last_ended(state)]
    ended = JobEvent.objects.filter(pk__in=newest, job__in=watched).order_by("at", "pk")
    events = {event.on: event for event in ended.annotate(on=Subquery(_claims().values("actor")[:1]))}
    jobs = with_rows(Job.objects.filter(pk__in=[event.job_id for event in events.values()]))
    lines = {job.pk: job_line(job) for job in jobs}
    return {node: _failure(event, lines) for node, event in events.items()}


def _last_ended(state: JobState) -> list[UUID]:
    """The last attempts that ended in that state; each is one walk along the index."""
    ended = JobEvent.objects.filter(from_state=JobState.RUNNING, to_state=state).order_by("-at")
    return list(ended.values_list("pk", flat=True)[:LAST_FAILURES])


def _failure(event: JobEvent, lines: dict[UUID, JobLine]) -> NodeFailure:
    line = lines[event.job_id]
    text = line.message if event.to_state == JobState.FAILED and line.message else event.reason
    return NodeFailure(event.at, text, line.name, line.url)
