"""The queue's order: which job a node gets next. In a fixed number of rows, however long the queue is."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import starmap
from typing import NamedTuple
from uuid import UUID

from django.db.models import Exists, Min, OuterRef, Q, QuerySet, Subquery

from hackathon.models import BaseModel
from submissions.enums import JobState
from submissions.models import Job, Node, Quota
from training_worker.contract.wire import JobKind, NodeReport

from .losses import ELSEWHERE_FIRST, other_nodes
from .quota import AT_ONCE, may_start
from .turns import Abilities, Reading, Turns

CANDIDATES = 50
"""Teams that are looked at: more than nodes that claim at the same moment."""
_TO_MOVE = ("kind", "state", "attempt", "scoring_attempt", "team", "phase", "budget", "seed")
_TOLD = {
    "submission": ("config",),
    "data": ("manifest", "files", "sha256", "prefix"),
    "base_model": ("manifest", "family", "sha256"),
    "phase": ("precision", "recipe"),
    "phase__challenge": ("primary_metric",),
    "phase__challenge__hackathon": ("secret",),
}
"""What a claim tells of what belongs to a job: other columns are not read."""
TURNS = Turns()
"""Of the claims of this process."""


def lock_fairest(node: Node, report: NodeReport, *, now: datetime, came: int | None = None) -> Job | None:
    """The fairest job that `node` can run now and nobody else is just taking, locked. Needs a transaction.

    By priority, then the team with the fewest running jobs, then the one whose last start is longest ago, then age.
    Candidates are found without locks, as a database that locks in an order must sort whole rows, all of them; who has
    the turn and waited for it since tick `came` may take one that another claim has found meanwhile.
    """
    has_lost = _has_lost(node)
    may_share = came is not None and not has_lost
    if came is not None and may_share:
        job = _lock_first(TURNS.jobs_for(report, came))
        if job is not None:
            return job
    at, models = TURNS.tick(), _enabled_models()
    abilities, running = Abilities.of(report, models), _running_teams()
    ready = _due(_waiting_for(abilities, running, node if has_lost else None, now=now), now)
    for priority in _priorities():
        jobs = ready.filter(priority=priority)
        reading = Reading(at, models, abilities, _next_of_idle_teams(jobs, running))
        if may_share:
            TURNS.share(reading)
        job = _lock_first(reading.take()) or _lock_first(_next_of_busy_teams(jobs, running)) or _lock_oldest(jobs)
        if job is not None:
            return job
    return None


def claimable(jobs: QuerySet[Job]) -> QuerySet[Job]:
    """`jobs` with the columns that moving them and answering a claim read, in one query."""
    columns = [f"{related}__{name}" for related, names in _TOLD.items() for name in names]
    return jobs.select_related(*_TOLD).only(*_TO_MOVE, *columns)


def _lock_first(jobs: Iterable[UUID]) -> Job | None:
    """The first that still waits, that nobody else has locked and whose team may have one more running."""
    for pk in jobs:
        queued = claimable(Job.objects.filter(pk=pk, state=JobState.QUEUED)).order_by()
        job = queued.select_for_update(skip_locked=True, of=("self",)).first()
        if job is not None and may_start(job):
            return job
    return None


def _lock_oldest(jobs: QuerySet[Job]) -> Job | None:
    """For jobs of no team, and where others are just taking the next job of every team."""
    oldest = claimable(jobs).order_by("queued_at", "pk")
    job = oldest.select_for_update(skip_locked=True, of=("self",)).first()
    return job if job is not None and may_start(job) else None


def seconds_until_due(node: Node, report: NodeReport, *, now: datetime) -> int | None:
    """Seconds until the first job that waits for this node is due; 0 where another claim had just locked it."""
    abilities, lost_on = Abilities.of(report, _enabled_models()), node if _has_lost(node) else None
    waiting = _waiting_for(abilities, _running_teams(), lost_on, now=now)
    if _due(waiting, now).exists():
        return 0
    due: datetime | None = waiting.aggregate(due=Min("not_before"))["due"]
    return math.ceil((due - now).total_seconds()) if due else None


class _Running(NamedTuple):
    """How many runs of a team are going in a phase, and how many may."""

    quota: UUID
    team: UUID
    running: int
    at_once: int


def _running_teams() -> list[_Running]:
    rows = Quota.objects.filter(running__gt=0).values_list("pk", "team", "running", AT_ONCE)
    return list(starmap(_Running, rows))


def _enabled_models() -> tuple[BaseModel, ...]:
    return tuple(BaseModel.objects.filter(is_enabled=True).only("sha256", "manifest"))


def _has_lost(node: Node) -> bool:
    """Does a job wait that `node` was the last to lose?"""
    return Job.objects.filter(state=JobState.QUEUED, lost_on=node).exists()


def _waiting_for(can_run: Abilities, teams: list[_Running], lost_on: Node | None, *, now: datetime) -> QuerySet[Job]:
    """Queued jobs that a node can run, those in their back-off too; none of teams with as many running as they may, and
    of those `lost_on` it none that another node may try first."""
    full = [team.quota for team in teams if team.running >= team.at_once]
    jobs = Job.objects.filter(
        state=JobState.QUEUED,
        kind__in=can_run.kinds,
        phase__precision__in=can_run.precisions,
        phase__recipe=can_run.recipe,
        memory_mb__lte=can_run.memory_mb,
        base_model__in=can_run.models,
    )
    if not can_run.can_load_in_4bit:
        jobs = jobs.filter(loads_in_4bit=False)
    if full:
        of_full_team = Quota.objects.filter(pk__in=full, team=OuterRef("team"), phase=OuterRef("phase"))
        jobs = jobs.filter(~(Q(kind=JobKind.RUN) & Exists(of_full_team)))
    if lost_on and other_nodes(lost_on, now=now).exists():
        jobs = jobs.filter(~Q(lost_on=lost_on) | Q(not_before__lte=now - ELSEWHERE_FIRST))
    return jobs


def _due(jobs: QuerySet[Job], now: datetime) -> QuerySet[Job]:
    return jobs.filter(Q(not_before__isnull=True) | Q(not_before__lte=now))


def _priorities() -> Iterator[int]:
    """Of queued jobs, the most urgent first; each found by one look into the index."""
    queued = Job.objects.filter(state=JobState.QUEUED)
    priority = queued.aggregate(first=Min("priority"))["first"]
    while priority is not None:
        yield priority
        priority = queued.filter(priority__gt=priority).aggregate(first=Min("priority"))["first"]


def _turns(jobs: QuerySet[Job]) -> QuerySet[Quota, tuple[UUID, UUID]]:
    """Teams (once for each phase) in the order of turns, each with the oldest of its `jobs`."""
    own = jobs.filter(team=OuterRef("team"), phase=OuterRef("phase")).order_by("queued_at", "pk")
    turns = Quota.objects.filter(queued__gt=0).annotate(next_job=Subquery(own.values("pk")[:1]))
    ordered = turns.filter(next_job__isnull=False).order_by("last_start", "created_at")
    return ordered.values_list("team", "next_job")


def _next_of_idle_teams(jobs: QuerySet[Job], teams: list[_Running]) -> deque[UUID]:
    """Of teams with nothing running; one job of each, in whichever phase its turn is first."""
    rows = _turns(jobs).exclude(team__in={team.team for team in teams})[:CANDIDATES]
    first: dict[UUID, UUID] = {}
    for team, job in rows:
        first.setdefault(team, job)
    return deque(first.values())


def _next_of_busy_teams(jobs: QuerySet[Job], teams: list[_Running]) -> Iterator[UUID]:
    """Of teams with the fewest running first, one job of each phase."""
    counts = Counter[UUID]()
    for going in teams:
        counts[going.team] += going.running
    busy = list(_turns(jobs).filter(team__in=counts))
    yield from (job for _team, job in sorted(busy, key=lambda row: counts[row[0]]))
