"""Attempts that end without an ending of their own, and who is held responsible: the job, the node, or neither.

A job that is lost again and again is broken, and so is a node that loses one job after the other. Which of the two it
is shows elsewhere: the job on another node, the node with other jobs. So a lost job goes to another node first, the
job alone pays only for what two nodes have seen, and a job that was lost on two nodes speaks against neither.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from submissions.enums import Fault, JobState
from submissions.models import Job, Loss, Node
from submissions.rules import back_off
from submissions.selectors import ALIVE_SECONDS
from training_worker.contract import sentences

from .transitions import move

logger = structlog.get_logger(__name__)

NODE_LOSSES = 3
"""A node that loses so many attempts in a row is set aside."""
ASIDE = timedelta(minutes=10)
"""For so long; then it may try one job, and one more loss sets it aside again."""
ELSEWHERE_FIRST = timedelta(seconds=30)
"""A lost job is kept for other nodes for so long, where there are any, before the one that lost it may have it."""


def lose_attempt(
    job: Job,
    *,
    now: datetime,
    reason: str,
    actor: str,
    last_heard: datetime | None = None,
    fence: dict[str, Any] | None = None,
) -> bool:
    """A running or scoring attempt is gone: back to the queue with back-off, or to quarantine after the fifth loss.

    The back-off counts from when the attempt was last heard of. False where another process was faster, or where the
    job no longer is as `fence` says.
    """
    losses, node = job.losses + 1, job.node if job.state == JobState.RUNNING else None
    attempt = job.attempt
    not_before = max(now, (last_heard or now) + back_off(losses))
    fence = fence or {}
    with transaction.atomic():
        if _is_broken(job, losses, node, now):
            moved = _quarantine(job, losses, reason, actor, now, fence)
        elif job.state == JobState.SCORING:
            same = Job.objects.filter(
                pk=job.pk, state=JobState.SCORING, attempt=attempt, scoring_attempt=job.scoring_attempt, **fence
            )
            moved = bool(same.update(losses=losses, lease_until=None, not_before=not_before))
        else:
            updates = unassigned() | {"losses": losses, "not_before": not_before, "lost_on": node}
            moved = move(job, JobState.QUEUED, now=now, reason=reason, actor=actor, fence=fence, **updates)
        if moved:
            Loss.objects.create(job=job, node=node, attempt=attempt, at=now, reason=reason[:300])
    if moved and node is not None:
        _judge_node(node, reason, now)
    return moved


def expire_attempt(job: Job, *, now: datetime, reason: str) -> bool:
    """The lease that `job` was read with has run out, unless it was renewed meanwhile."""
    lease = timedelta(seconds=settings.LEASE_SECONDS)
    last_heard = job.lease_until - lease if job.lease_until else now
    return lose_attempt(
        job, now=now, reason=reason, actor="sweeper", last_heard=last_heard, fence={"lease_until": job.lease_until}
    )


def unassigned() -> dict[str, Any]:
    """What a job that goes back to the queue leaves behind: it has not begun, and cancelling it costs nothing."""
    return {"node": None, "lease_until": None, "attempt_folder": None, "started_at": None}


def other_nodes(node: Node, *, now: datetime) -> QuerySet[Node]:
    """Nodes beside `node` that could take a job now."""
    return Node.objects.filter(
        Q(aside_until__isnull=True) | Q(aside_until__lte=now),
        revoked_at__isnull=True,
        seen_at__gte=now - timedelta(seconds=ALIVE_SECONDS),
    ).exclude(pk=node.pk)


def _is_broken(job: Job, losses: int, node: Node | None, now: datetime) -> bool:
    """Is it the job? Not by one node's word where another could try; after twice as many losses, whoever lost it."""
    if losses < settings.MAX_LOSSES:
        return False
    if node is None or losses >= 2 * settings.MAX_LOSSES:
        return True
    before = job.loss_rows.order_by("-at").values_list("node", flat=True)[: job.losses]
    return len({*before, node.pk} - {None}) > 1 or not other_nodes(node, now=now).exists()


def _quarantine(job: Job, losses: int, reason: str, actor: str, now: datetime, fence: dict[str, Any]) -> bool:
    logger.error("job_quarantined", job=str(job.pk), reason=reason)
    return move(
        job,
        JobState.QUARANTINED,
        now=now,
        reason=sentences.LOSSES(losses=losses, reason=reason),
        actor=actor,
        fence=fence,
        losses=losses,
        fault=Fault.PLATFORM,
        lease_until=None,
    )


def _judge_node(node: Node, reason: str, now: datetime) -> None:
    """Set the node aside when it has lost three in a row; where it is alone, three different jobs.

    A result in between, or the same job's loss on another node, clears it.
    """
    node.refresh_from_db()
    elsewhere = Loss.objects.filter(job=OuterRef("job"), node__isnull=False).exclude(node=node)
    lost = Loss.objects.filter(node=node).exclude(Exists(elsewhere))
    if node.proved_at is not None:
        lost = lost.filter(at__gt=node.proved_at)
    jobs = list(lost.values_list("job", flat=True))
    if len(jobs if other_nodes(node, now=now).exists() else set(jobs)) < NODE_LOSSES:
        return
    logger.error("node_set_aside", node=node.name, losses=len(jobs), reason=reason)
    Node.objects.filter(pk=node.pk).update(
        aside_until=now + ASIDE, aside_reason=sentences.LOSSES(losses=len(jobs), reason=reason)[:300]
    )
