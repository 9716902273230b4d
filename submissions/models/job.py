"""Jobs, their history, their live progress and the files they leave behind."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.fields.json import KT
from django.utils.translation import gettext_lazy as _

from hackathon.models import BaseModel, ChallengeData, Phase, Row
from hackathon.models.search import TrigramIndex
from submissions.enums import KIND_CHOICES, Fault, JobState
from teams.models import Team

from .node import Node
from .submission import Submission


class JobQuerySet(models.QuerySet["Job"]):
    def with_collapse(self) -> JobQuerySet:
        """`has_collapsed`: its node found that the model gives all validation items the same answer. In the same query,
        without the rest of the result."""
        return self.annotate(has_collapsed=KT("result__collapse__share"))


class Job(Row):
    """One run of something on a node, then its scoring. `submissions.transitions` alone writes `state`."""

    kind = models.CharField(_("kind"), max_length=12, choices=KIND_CHOICES)
    submission = models.ForeignKey(
        Submission, verbose_name=_("submission"), null=True, blank=True, on_delete=models.PROTECT, related_name="jobs"
    )
    phase = models.ForeignKey(Phase, verbose_name=_("phase"), on_delete=models.PROTECT, related_name="jobs")
    data = models.ForeignKey(
        ChallengeData, verbose_name=_("data version"), on_delete=models.PROTECT, related_name="jobs"
    )
    """The data version at submit: a phase that moves on does not change what this job is scored against."""
    base_model = models.ForeignKey(
        BaseModel, verbose_name=_("base model"), on_delete=models.PROTECT, related_name="jobs"
    )
    team = models.ForeignKey(
        Team, verbose_name=_("team"), null=True, blank=True, on_delete=models.PROTECT, related_name="jobs"
    )
    replicate = models.PositiveSmallIntegerField(_("replicate"), default=0)
    key = models.CharField(max_length=64, editable=False)
    """Run key: everything that decides the outcome."""
    priority = models.PositiveSmallIntegerField(_("priority"))
    budget = models.JSONField(editable=False)
    memory_mb = models.PositiveIntegerField(_("memory needed, MB"))
    loads_in_4bit = models.BooleanField(default=False, editable=False)
    """Only some nodes can."""
    seed = models.PositiveBigIntegerField(editable=False)

    state = models.CharField(_("state"), max_length=12, choices=JobState, default=JobState.QUEUED)
    stage = models.CharField(_("stage"), max_length=10, blank=True)
    attempt = models.PositiveIntegerField(_("attempt"), default=0)
    losses = models.PositiveIntegerField(_("losses"), default=0)
    node = models.ForeignKey(
        Node, verbose_name=_("node"), null=True, blank=True, on_delete=models.SET_NULL, related_name="jobs"
    )
    claim_number = models.PositiveBigIntegerField(default=0, editable=False)
    """The node's number of the claim that began the current attempt."""
    lost_on = models.ForeignKey(
        Node,
        verbose_name=_("lost on"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    """The node that lost it last."""
    attempt_folder = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(_("lease until"), null=True, blank=True)
    not_before = models.DateTimeField(_("not before"), null=True, blank=True)
    scoring_attempt = models.PositiveIntegerField(_("scoring attempt"), default=0)

    queued_at = models.DateTimeField(_("queued at"))
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    trained_at = models.DateTimeField(_("predictions received at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    step = models.PositiveIntegerField(_("step"), default=0)
    total_steps = models.PositiveIntegerField(_("total steps"), default=0)
    progress_seq = models.PositiveIntegerField(_("last progress post"), default=0)

    result = models.JSONField(null=True, blank=True, editable=False)
    """The worker's `JobResult`."""
    stopped_by = models.CharField(_("training ended by"), max_length=20, blank=True)
    failure_code = models.CharField(_("failure"), max_length=40, blank=True)
    failure_message = models.TextField(_("failure message"), blank=True)
    failure_hint = models.TextField(_("failure hint"), blank=True)
    fault = models.CharField(_("fault of"), max_length=10, choices=Fault, blank=True, default=Fault.NONE)
    compute_seconds = models.FloatField(_("compute seconds"), default=0.0)
    """What the run costs whoever's node it finds: with `saved_seconds`, which the node's cached features saved it."""
    saved_seconds = models.FloatField(_("seconds saved by cached features"), default=0.0)
    weights_removed_at = models.DateTimeField(_("weights removed at"), null=True, blank=True, editable=False)
    """When the full weights that it had left were removed to make room."""
    charged = models.BooleanField(_("charged to the quota"), default=False)
    reserved_seconds = models.FloatField(default=0.0, editable=False)
    charge_day = models.DateField(null=True, blank=True, editable=False)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering: ClassVar = ["-queued_at"]
        indexes: ClassVar = [
            models.Index(fields=["state", "priority", "queued_at"]),
            models.Index(fields=["state", "lease_until"]),
            models.Index(
                fields=["team", "phase", "priority", "queued_at", "id"],
                condition=Q(state="queued"),
                name="queued_by_team",
            ),
            models.Index(fields=["finished_at"]),
            models.Index(fields=["-queued_at", "-id"]),
            models.Index(fields=["kind", "-queued_at"]),
            models.Index(fields=["failure_code", "-queued_at"], condition=~Q(failure_code=""), name="failed_by_code"),
            models.Index(fields=["fault", "-queued_at"], condition=~Q(fault=""), name="failed_by_fault"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["submission", "replicate"], name="one_job_per_replicate"),
            models.UniqueConstraint(
                fields=["key"],
                condition=Q(kind="base_score") & ~Q(state__in=["failed", "cancelled"]),
                name="one_base_score",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {str(self.id)[:8]}"


class JobEvent(Row):
    """One transition of a job. Written with the state itself, never changed."""

    job = models.ForeignKey(Job, verbose_name=_("job"), on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(_("at"))
    from_state = models.CharField(_("old state"), max_length=12, choices=JobState, blank=True)
    to_state = models.CharField(_("new state"), max_length=12, choices=JobState)
    attempt = models.PositiveIntegerField(_("attempt"))
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    actor = models.CharField(_("by"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("job event")
        verbose_name_plural = _("job events")
        ordering: ClassVar = ["at", "created_at"]
        indexes: ClassVar = [
            models.Index(fields=["to_state", "from_state", "at"]),
            models.Index(fields=["at", "created_at"]),
            TrigramIndex("reason", "actor", name="job_event_search"),
        ]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"


class Loss(Row):
    """An attempt that was lost: on a node, or (without one) by the scorer. Never changed."""

    job = models.ForeignKey(Job, verbose_name=_("job"), on_delete=models.CASCADE, related_name="loss_rows")
    node = models.ForeignKey(Node, verbose_name=_("node"), null=True, on_delete=models.SET_NULL, related_name="losses")
    attempt = models.PositiveIntegerField(_("attempt"))
    at = models.DateTimeField(_("at"))
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("loss")
        verbose_name_plural = _("losses")
        ordering: ClassVar = ["at"]
        indexes: ClassVar = [
            models.Index(fields=["node", "at"]),
            models.Index(fields=["at"]),
            TrigramIndex("reason", name="loss_search"),
        ]

    def __str__(self) -> str:
        return f"{self.job_id} {self.attempt}"


class ProgressChunk(models.Model):
    """What one progress post brought: curve points and log lines, append-only."""

    job = models.ForeignKey(Job, verbose_name=_("job"), on_delete=models.CASCADE, related_name="chunks")
    attempt = models.PositiveIntegerField(_("attempt"))
    seq = models.PositiveIntegerField(_("number"))
    points = models.JSONField(_("curve points"), default=list)
    lines = models.JSONField(_("log lines"), default=list)

    class Meta:
        verbose_name = _("progress chunk")
        verbose_name_plural = _("progress chunks")
        ordering: ClassVar = ["attempt", "seq"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["job", "attempt", "seq"], name="one_chunk")]

    def __str__(self) -> str:
        return f"{self.job_id} {self.attempt}.{self.seq}"


class Artifact(Row):
    """A file that came out of a job, in the `artifacts` storage. Visible only once its row is here."""

    job = models.ForeignKey(Job, verbose_name=_("job"), on_delete=models.CASCADE, related_name="artifacts")
    name = models.CharField(_("name"), max_length=100)
    key = models.CharField(max_length=300, unique=True)
    sha256 = models.CharField(_("SHA-256"), max_length=64, db_index=True)
    size = models.PositiveBigIntegerField(_("bytes"))

    class Meta:
        verbose_name = _("artifact")
        verbose_name_plural = _("artifacts")
        ordering: ClassVar = ["name"]
        indexes: ClassVar = [models.Index(fields=["-created_at"]), models.Index(fields=["name", "-created_at"])]
        constraints: ClassVar = [models.UniqueConstraint(fields=["job", "name"], name="one_artifact_name")]

    def __str__(self) -> str:
        return self.name
