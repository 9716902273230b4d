"""Handing jobs to nodes: the job whose turn it is, claimed by conditional UPDATE."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.core.signing import Signer
from django.db import transaction
from django.db.models import F
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from hackathon.clock import db_now
from hackathon.errors import Conflict, NotAllowed
from submissions.enums import JobState
from submissions.models import Job, Node
from training_worker.contract import sentences
from training_worker.contract.canonical import derive_base_seed
from training_worker.contract.limits import Budget
from training_worker.contract.wire import Claim, ClaimRequest, JobKind, JobSpec
from training_worker.contract.wire import Precision as WirePrecision

from .files import job_files
from .losses import lose_attempt
from .queue import TURNS, lock_fairest, seconds_until_due
from .transitions import move


@dataclass(frozen=True)
class Nothing:
    """No job for that node. `ask_again`: seconds until there may be one that is known already, None where none is."""

    ask_again: int | None


class StaleClaim(Conflict):
    """A claim of the node's past that was late on its way; it changed nothing."""

    code = "stale_claim"

    def __init__(self) -> None:
        super().__init__(_("This node has made a later claim."), hint=_("Claim again with a higher number."))


class NodeSetAside(NotAllowed):
    """The node has lost several attempts in a row and gets no job for a while."""

    code = "node_set_aside"

    def __init__(self, node: Node) -> None:
        assert node.aside_until is not None
        message = _("This node is suspended until %(time)s: %(reason)s")
        hint = _("Fix it and restart it; it then gets one job to try. An operator can resume it at once.")
        super().__init__(message % {"time": node.aside_until.isoformat(), "reason": node.aside_reason}, hint=hint)


def claim_job(*, node: Node, request: ClaimRequest) -> Claim | Nothing:
    """Give `node` its next job. Its report is kept as the heartbeat.

    A node numbers its claims upwards and makes one at a time. A repeat (a lost answer) gets the same job again while
    that attempt runs, and nothing after it; a higher number proves the node's older attempt dead; a lower one raises
    `StaleClaim`. Raises `NodeSetAside`.
    """
    with TURNS.take() as came, transaction.atomic():
        node = Node.objects.select_for_update(no_key=True).get(pk=node.pk)  # one claim of a node at a time
        now = db_now()
        if request.number < node.claim_number:
            raise StaleClaim
        is_repeat = request.number == node.claim_number
        node.seen_at, node.report, node.claim_number = now, request.node.model_dump(mode="json"), request.number
        node.save(update_fields=["seen_at", "report", "claim_number"])
        held = Job.objects.filter(node=node, state=JobState.RUNNING)
        if is_repeat:
            same = held.filter(claim_number=request.number).values_list("pk", flat=True).first()
            return _claim(same) if same else Nothing(ask_again=0)
        for pk in held.values_list("pk", flat=True):
            lost = Job.objects.select_related("node").get(pk=pk)
            lose_attempt(lost, now=now, reason=sentences.NODE_MOVED_ON, actor=node.name)
            node.refresh_from_db()  # it may be set aside now
        job = None if _is_aside(node, now) else _take(node, request, now, came)
        if job is not None:
            return _claim(job.pk)
    if _is_aside(node, now):
        raise NodeSetAside(node)
    return Nothing(seconds_until_due(node, request.node, now=now))


def _is_aside(node: Node, now: datetime) -> bool:
    return node.aside_until is not None and node.aside_until > now


def _take(node: Node, request: ClaimRequest, now: datetime, came: int) -> Job | None:
    """Lock the fairest job that nobody else is just taking, and start it. Needs a transaction."""
    job = lock_fairest(node, request.node, now=now, came=came)
    if job is None:
        return None
    now = db_now()  # again: the job may have been queued since the claim began
    moved = move(
        job,
        JobState.RUNNING,
        now=now,
        reason=sentences.CLAIMED,
        actor=node.name,
        attempt=F("attempt") + 1,
        node=node,
        claim_number=request.number,
        attempt_folder=uuid4(),
        lease_until=now + timedelta(seconds=settings.LEASE_SECONDS),
        started_at=now,
        stage="prepare",
        progress_seq=0,
        step=0,
        total_steps=0,
    )
    return job if moved else None


_TOLD = {
    "submission": ("config",),
    "data": ("manifest", "files", "sha256", "prefix"),
    "base_model": ("manifest", "family", "sha256"),
    "phase": ("precision", "recipe"),
    "phase__challenge": ("primary_metric",),
    "phase__challenge__hackathon": ("secret",),
}
"""What a claim tells of what belongs to a job: other columns are not read."""


def _claim(pk: UUID) -> Claim:
    columns = [f"{related}__{name}" for related, names in _TOLD.items() for name in names]
    jobs = Job.objects.select_related(*_TOLD).only("kind", "attempt", "budget", "seed", *columns)
    job = jobs.get(pk=pk)
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
