"""The queue's order: which job a node gets next. In a fixed number of rows, however long the queue is."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import starmap
from typing import NamedTuple
from uuid import UUID

from django.db.models import Exists, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from hackathon.models import BaseModel
from submissions.enums import JobState
from submissions.models import Job, Node, Quota
from training_worker.contract.wire import JobKind, NodeReport

from .losses import ELSEWHERE_FIRST, other_nodes
from .quota import may_start

CANDIDATES = 50
"""Teams that are looked at: more than nodes that claim at the same moment."""
TO_MOVE = ("kind", "state", "attempt", "scoring_attempt", "team", "phase")
"""Columns that moving a job reads."""
MEGABYTE = 2**20


def lock_fairest(node: Node, report: NodeReport, *, now: datetime) -> Job | None:
    """The fairest job that `node` can run now and nobody else is just taking, locked. Needs a transaction.

    By priority, then the team with the fewest running jobs, then the one whose last start is longest ago, then age.
    Candidates are found without locks, as a database that locks in an order must sort whole rows, all of them.
    """
    running = _running_teams()
    ready = _due(_waiting_for(node, report, running, now=now), now)
    for priority in _priorities():
        jobs = ready.filter(priority=priority)
        for pk in _next_of_each_team(jobs, running):
            queued = Job.objects.filter(pk=pk, state=JobState.QUEUED).only(*TO_MOVE).order_by()
            job = queued.select_for_update(skip_locked=True).first()
            if job is not None and may_start(job):
                return job
        # Jobs of no team, or others are just taking the next job of every team.
        job = jobs.only(*TO_MOVE).order_by("queued_at", "pk").select_for_update(skip_locked=True, of=("self",)).first()
        if job is not None and may_start(job):
            return job
    return None


def seconds_until_due(node: Node, report: NodeReport, *, now: datetime) -> int | None:
    """Seconds until the first job that waits for this node is due; 0 where another claim had just locked it."""
    waiting = _waiting_for(node, report, _running_teams(), now=now)
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
    at_once = Coalesce("cap_at_once", "phase__at_once")
    rows = Quota.objects.filter(running__gt=0).values_list("pk", "team", "running", at_once)
    return list(starmap(_Running, rows))


def _waiting_for(node: Node, report: NodeReport, teams: list[_Running], *, now: datetime) -> QuerySet[Job]:
    """Queued jobs that `node` can run, those in their back-off too; none of teams with as many running as they may."""
    full = [team.quota for team in teams if team.running >= team.at_once]
    jobs = Job.objects.filter(
        state=JobState.QUEUED,
        kind__in=[kind.value for kind in report.kinds],
        phase__precision__in=[precision.value for precision in report.precisions],
        phase__recipe=report.recipe,
        memory_mb__lte=report.memory_mb,
        base_model__in=[model.pk for model in BaseModel.objects.filter(is_enabled=True) if _fits_disk(model, report)],
    )
    if full:
        of_full_team = Quota.objects.filter(pk__in=full, team=OuterRef("team"), phase=OuterRef("phase"))
        jobs = jobs.filter(~(Q(kind=JobKind.RUN) & Exists(of_full_team)))
    if other_nodes(node, now=now).exists():
        jobs = jobs.filter(~Q(lost_on=node) | Q(not_before__lte=now - ELSEWHERE_FIRST))
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


def _next_of_each_team(jobs: QuerySet[Job], teams: list[_Running]) -> Iterator[UUID]:
    """The oldest of `jobs` of each team and phase, in the order of turns: teams with nothing running first."""
    counts = Counter[UUID]()
    for going in teams:
        counts[going.team] += going.running
    own = jobs.filter(team=OuterRef("team"), phase=OuterRef("phase")).order_by("queued_at", "pk")
    turns = (
        Quota.objects.filter(queued__gt=0)
        .annotate(next_job=Subquery(own.values("pk")[:1]))
        .filter(next_job__isnull=False)
        .order_by("last_start", "created_at")
    )
    yield from turns.exclude(team__in=counts).values_list("next_job", flat=True)[:CANDIDATES]
    busy = list(turns.filter(team__in=counts).values_list("team", "next_job"))
    yield from (job for _team, job in sorted(busy, key=lambda row: counts[row[0]]))


def _fits_disk(model: BaseModel, node: NodeReport) -> bool:
    """Is there room for the model, unless the node has it already, and as much again for what training writes?"""
    if model.sha256 in node.cached_models:
        return node.disk_free_mb >= 100
    size: int = sum(file["size"] for file in model.manifest["files"])
    return node.disk_free_mb >= 2 * size / MEGABYTE
