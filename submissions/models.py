"""Submissions, the jobs that run them, their quota, the nodes that do the work and what comes out."""

from __future__ import annotations

import json
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hackathon.models import BaseModel, ChallengeData, Phase, Row
from teams.models import Team
from training_worker.contract.config import SubmissionConfig

from .enums import KIND_CHOICES, Fault, JobState
from .tags import TAG_LENGTH


class Submission(Row):
    """A team's config, canonical, in a phase. Its status is that of its job with replicate 0."""

    number = models.PositiveIntegerField(_("number"), help_text=_("#17 within the hackathon."))
    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, related_name="submissions")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="submissions")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="submissions"
    )
    base_model = models.ForeignKey(BaseModel, on_delete=models.PROTECT)
    config = models.JSONField(editable=False)
    config_hash = models.CharField(max_length=64, editable=False)
    run_key = models.CharField(max_length=64, editable=False)
    note = models.CharField(_("note"), max_length=300, blank=True)
    received_at = models.DateTimeField(_("received at"))

    class Meta:
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        ordering: ClassVar = ["-received_at"]
        indexes: ClassVar = [
            models.Index(fields=["team", "phase", "run_key"]),
            models.Index(fields=["-received_at", "-number"]),
        ]

    def __str__(self) -> str:
        return f"#{self.number}"

    @property
    def submission_config(self) -> SubmissionConfig:
        return SubmissionConfig.model_validate_json(json.dumps(self.config))

    @property
    def method(self) -> str:
        return str(self.config["method"]["name"])

    @property
    def tag_names(self) -> list[str]:
        return [tag.name for tag in self.tags.all()]

    @property
    def withdrawal(self) -> Withdrawal | None:
        """The one in force: the submission is out of the ranking. No query where `withdrawals` is prefetched."""
        return next((row for row in self.withdrawals.all() if row.restored_at is None), None)


class Tag(Row):
    """A short label that a team gives a submission; `key` is the same for every spelling of it."""

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(_("tag"), max_length=TAG_LENGTH)
    key = models.CharField(max_length=3 * TAG_LENGTH, db_index=True, editable=False)
    position = models.PositiveSmallIntegerField(editable=False)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["submission", "key"], name="one_tag")]

    def __str__(self) -> str:
        return self.name


class Withdrawal(Row):
    """A time during which the team kept a scored submission out of the ranking; it goes on until `restored_at`.

    Rows stay, so that a frozen board can be read as it stood at any time.
    """

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="withdrawals")
    withdrawn_at = models.DateTimeField(_("withdrawn at"))
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    restored_at = models.DateTimeField(_("restored at"), null=True, blank=True)
    restored_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name = _("withdrawal")
        verbose_name_plural = _("withdrawals")
        ordering: ClassVar = ["withdrawn_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["submission"], condition=Q(restored_at__isnull=True), name="one_open_withdrawal"
            )
        ]

    def __str__(self) -> str:
        return f"{self.submission}: {self.withdrawn_at:%Y-%m-%d %H:%M}"


class Node(Row):
    """A GPU node; its claims are its heartbeat."""

    name = models.CharField(_("name"), max_length=64, unique=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    report = models.JSONField(default=dict, editable=False)
    seen_at = models.DateTimeField(_("last seen at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    class Meta:
        verbose_name = _("node")
        verbose_name_plural = _("nodes")
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class EnrolmentToken(Row):
    """Lets one node join, once."""

    digest = models.CharField(max_length=64, unique=True, editable=False)
    expires_at = models.DateTimeField(_("expires at"))
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)
    node = models.ForeignKey(Node, null=True, blank=True, on_delete=models.SET_NULL)

    class Meta:
        verbose_name = _("enrolment token")
        verbose_name_plural = _("enrolment tokens")

    def __str__(self) -> str:
        return f"enrolment token of {self.created_at:%Y-%m-%d %H:%M}"


class Job(Row):
    """One run of something on a node, then its scoring. `submissions.transitions` alone writes `state`."""

    kind = models.CharField(_("kind"), max_length=12, choices=KIND_CHOICES)
    submission = models.ForeignKey(Submission, null=True, blank=True, on_delete=models.PROTECT, related_name="jobs")
    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, related_name="jobs")
    data = models.ForeignKey(ChallengeData, on_delete=models.PROTECT, related_name="jobs")
    """The data version at submit: a phase that moves on does not change what this job is scored against."""
    base_model = models.ForeignKey(BaseModel, on_delete=models.PROTECT, related_name="jobs")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="jobs")
    replicate = models.PositiveSmallIntegerField(default=0)
    key = models.CharField(max_length=64, editable=False)
    """Run key: everything that decides the outcome."""
    priority = models.PositiveSmallIntegerField(_("priority"))
    budget = models.JSONField(editable=False)
    memory_mb = models.PositiveIntegerField(_("memory needed, MB"))
    seed = models.PositiveBigIntegerField(editable=False)

    state = models.CharField(_("state"), max_length=12, choices=JobState, default=JobState.QUEUED)
    stage = models.CharField(_("stage"), max_length=10, blank=True)
    attempt = models.PositiveIntegerField(_("attempt"), default=0)
    losses = models.PositiveIntegerField(_("losses"), default=0)
    node = models.ForeignKey(Node, null=True, blank=True, on_delete=models.SET_NULL, related_name="jobs")
    claim_id = models.CharField(max_length=32, blank=True, editable=False)
    attempt_folder = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    scoring_attempt = models.PositiveIntegerField(default=0)

    queued_at = models.DateTimeField(_("queued at"))
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    trained_at = models.DateTimeField(_("predictions received at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    step = models.PositiveIntegerField(default=0)
    total_steps = models.PositiveIntegerField(default=0)
    progress_seq = models.PositiveIntegerField(default=0)

    result = models.JSONField(null=True, blank=True, editable=False)
    """The worker's `JobResult`."""
    stopped_by = models.CharField(_("training ended by"), max_length=20, blank=True)
    failure_code = models.CharField(_("failure"), max_length=40, blank=True)
    failure_message = models.TextField(blank=True)
    failure_hint = models.TextField(blank=True)
    fault = models.CharField(_("fault of"), max_length=10, choices=Fault, blank=True, default=Fault.NONE)
    compute_seconds = models.FloatField(_("compute seconds"), default=0.0)
    charged = models.BooleanField(_("charged to the quota"), default=False)
    reserved_seconds = models.FloatField(default=0.0, editable=False)
    charge_day = models.DateField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering: ClassVar = ["-queued_at"]
        indexes: ClassVar = [
            models.Index(fields=["state", "priority", "queued_at"]),
            models.Index(fields=["state", "lease_until"]),
            models.Index(fields=["team", "phase", "started_at"]),
            models.Index(fields=["finished_at"]),
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

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    from_state = models.CharField(max_length=12, choices=JobState, blank=True)
    to_state = models.CharField(max_length=12, choices=JobState)
    attempt = models.PositiveIntegerField()
    reason = models.CharField(max_length=300, blank=True)
    actor = models.CharField(max_length=100, blank=True)

    class Meta:
        verbose_name = _("job event")
        verbose_name_plural = _("job events")
        ordering: ClassVar = ["at", "created_at"]
        indexes: ClassVar = [models.Index(fields=["from_state", "to_state", "at"])]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"


class ProgressChunk(models.Model):
    """What one progress post brought: curve points and log lines, append-only."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="chunks")
    attempt = models.PositiveIntegerField()
    seq = models.PositiveIntegerField()
    points = models.JSONField(default=list)
    lines = models.JSONField(default=list)

    class Meta:
        ordering: ClassVar = ["attempt", "seq"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["job", "attempt", "seq"], name="one_chunk")]

    def __str__(self) -> str:
        return f"{self.job_id} {self.attempt}.{self.seq}"


class Artifact(Row):
    """A file that came out of a job, in the `artifacts` storage. Visible only once its row is here."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="artifacts")
    name = models.CharField(_("name"), max_length=100)
    key = models.CharField(max_length=300, unique=True)
    sha256 = models.CharField("sha256", max_length=64)
    size = models.PositiveBigIntegerField(_("bytes"))

    class Meta:
        verbose_name = _("artifact")
        verbose_name_plural = _("artifacts")
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["job", "name"], name="one_artifact_name")]

    def __str__(self) -> str:
        return self.name


class Quota(Row):
    """What a team has used in a phase: one row, locked for every submit, with its own copy of the caps."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="quotas")
    phase = models.ForeignKey(Phase, on_delete=models.CASCADE, related_name="quotas")
    day = models.DateField(_("day"), null=True, blank=True)
    used_today = models.PositiveIntegerField(_("used today"), default=0)
    used_total = models.PositiveIntegerField(_("used in all"), default=0)
    running = models.PositiveIntegerField(_("running now"), default=0)
    compute_used = models.FloatField(_("compute seconds used or reserved"), default=0.0)
    cap_day = models.PositiveIntegerField(_("cap a day"))
    cap_total = models.PositiveIntegerField(_("cap in all"))
    cap_at_once = models.PositiveIntegerField(_("cap at once"))
    cap_compute = models.FloatField(_("cap of compute seconds"))

    class Meta:
        verbose_name = _("quota")
        verbose_name_plural = _("quotas")
        constraints: ClassVar = [models.UniqueConstraint(fields=["team", "phase"], name="one_quota")]

    def __str__(self) -> str:
        return f"{self.team} in {self.phase}"


class IdempotencyKey(Row):
    """Remembers what a client's key did, so that a repeated request gives the first answer."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    key = models.CharField(max_length=100)
    body_sha256 = models.CharField(max_length=64)
    submission = models.ForeignKey(Submission, on_delete=models.CASCADE)
    was_created = models.BooleanField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "key"], name="one_idempotency_key")]

    def __str__(self) -> str:
        return self.key
