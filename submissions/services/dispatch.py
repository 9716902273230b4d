"""Handing jobs to nodes: the fairest job that the node can run, claimed by conditional UPDATE."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.core.signing import Signer
from django.db import connection, transaction
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.crypto import constant_time_compare

from hackathon.clock import db_now
from submissions.enums import JobState
from submissions.models import Job, Node
from training_worker.contract import sentences
from training_worker.contract.canonical import derive_base_seed
from training_worker.contract.limits import Budget
from training_worker.contract.wire import Claim, ClaimRequest, JobKind, JobSpec, NodeReport
from training_worker.contract.wire import Precision as WirePrecision

from .attempts import lose_attempt
from .files import job_files
from .transitions import move

MEGABYTE = 2**20
CANDIDATES = 20


def claim_job(*, node: Node, request: ClaimRequest) -> Claim | None:
    """Give `node` its next job, None where there is none it can run. Its report is kept as the heartbeat.

    The same `claim_id` gets the same job again (a lost answer). A new one proves the node's older attempt dead.
    """
    now = db_now()
    Node.objects.filter(pk=node.pk).update(seen_at=now, report=request.node.model_dump(mode="json"))
    for held in Job.objects.filter(node=node, state=JobState.RUNNING):
        if held.claim_id == request.claim_id:
            return _claim(held)
        lose_attempt(held, now=now, reason=sentences.NODE_MOVED_ON, actor=node.name)
    if Job.objects.filter(node=node, claim_id=request.claim_id).exists():
        return None  # that claim's job has ended or gone elsewhere; a late repeat starts nothing
    for _try in range(CANDIDATES):
        job = _take(node, request, now)
        if job is False:
            return None
        if isinstance(job, Job):
            return _claim(job)
    return None


def _take(node: Node, request: ClaimRequest, now: datetime) -> Job | bool:
    """The job taken; False: nothing to take; True: another node was faster, look again."""
    with transaction.atomic():
        candidates = fairest_first(request.node, now=now)
        if connection.features.has_select_for_update_skip_locked:
            ids = list(candidates.values_list("pk", flat=True)[:CANDIDATES])
            rows = Job.objects.select_for_update(skip_locked=True).filter(pk__in=ids, state=JobState.QUEUED)
            by_id = {row.pk: row for row in rows}
            jobs = [by_id[pk] for pk in ids if pk in by_id]
        else:
            jobs = list(candidates[:CANDIDATES])
        job = next((job for job in jobs if _fits_disk(job, request.node)), None)
        if job is None:
            return False
        now = db_now()  # again: the job may have been queued since the claim began
        updates = {
            "attempt": F("attempt") + 1,
            "node": node,
            "claim_id": request.claim_id,
            "attempt_folder": uuid.uuid4(),
            "lease_until": now + timedelta(seconds=settings.LEASE_SECONDS),
            "started_at": Coalesce("started_at", now),
            "stage": "prepare",
            "progress_seq": 0,
            "step": 0,
            "total_steps": 0,
        }
        moved = move(job, JobState.RUNNING, now=now, reason=sentences.CLAIMED, actor=node.name, **updates)
        return job if moved else True


def fairest_first(node: NodeReport, *, now: datetime) -> QuerySet[Job]:
    """Queued jobs that `node` can run: by priority, then the team with the fewest running jobs, then the one whose
    last start is longest ago, then age."""
    running = (
        Job.objects.filter(team=OuterRef("team"), state=JobState.RUNNING)
        .order_by()
        .values("team")
        .annotate(n=Count("pk"))
        .values("n")
    )
    started = Job.objects.filter(team=OuterRef("team"), phase=OuterRef("phase"), started_at__isnull=False)
    last_start = started.order_by("-started_at").values("started_at")[:1]
    return (
        Job.objects.filter(
            Q(not_before__isnull=True) | Q(not_before__lte=now),
            state=JobState.QUEUED,
            kind__in=[kind.value for kind in node.kinds],
            phase__precision__in=[precision.value for precision in node.precisions],
            phase__recipe=node.recipe,
            memory_mb__lte=node.memory_mb,
            base_model__is_enabled=True,
        )
        .select_related("base_model")
        .annotate(team_running=Coalesce(Subquery(running), 0), team_started=Subquery(last_start))
        .order_by("priority", "team_running", F("team_started").asc(nulls_first=True), "queued_at", "pk")
    )


def _fits_disk(job: Job, node: NodeReport) -> bool:
    """Is there room for the model, unless the node has it already, and as much again for what training writes?"""
    if job.base_model.sha256 in node.cached_models:
        return node.disk_free_mb >= 100
    size = sum(file.size for file in job.base_model.model_manifest.files)
    return node.disk_free_mb >= 2 * size / MEGABYTE


def _claim(job: Job) -> Claim:
    return Claim(spec=job_spec(job), attempt_token=attempt_token(job), lease_seconds=settings.LEASE_SECONDS)


def job_spec(job: Job) -> JobSpec:
    """Everything that the current attempt needs to know; no label and nothing of the team."""
    phase = job.phase
    return JobSpec(
        job_id=str(job.pk),
        kind=JobKind(job.kind),
        attempt=job.attempt,
        config=job.submission.submission_config if job.submission else None,
        dataset=job.data.dataset_manifest,
        files=job_files(job),
        budget=Budget.model_validate(job.budget),
        precision=WirePrecision(phase.precision),
        recipe=phase.recipe,
        seed=job.seed,
        base_seed=derive_base_seed(secret=bytes.fromhex(phase.challenge.hackathon.secret), data=job.data.sha256),
        primary_metric=phase.challenge.primary_metric,
    )


def _signer() -> Signer:
    return Signer(salt="hacktune.attempt", sep=".")


def attempt_token(job: Job) -> str:
    """The current attempt's bearer token: an HMAC, so a lost claim answer can be given again and nothing is stored."""
    return "hta_" + _signer().sign(f"{job.pk.hex}-{job.attempt}")


def read_attempt_token(token: str, job_id: str) -> int | None:
    """The attempt number that `token` was made for, None where it is not a token of that job."""
    prefix, _, value = token.partition("_")
    head, _, tail = value.partition(".")[0].partition("-")
    if prefix != "hta" or not tail.isdecimal():
        return None
    expected = _signer().sign(f"{head}-{tail}")
    if not constant_time_compare(expected, value) or head != job_id.replace("-", ""):
        return None
    return int(tail)
