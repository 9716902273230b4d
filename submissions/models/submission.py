"""What a team submits, and what it writes on it."""

from __future__ import annotations

import json
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hackathon.models import BaseModel, Phase, Row
from hackathon.models.key import KeyField
from hackathon.models.search import TrigramIndex
from submissions.tags import TAG_LENGTH
from teams.models import Team
from training_worker.contract.config import SubmissionConfig
from training_worker.contract.text import LONGEST_KEY, name_key


class Submission(Row):
    """A team's config, canonical, in a phase. Its status is that of its job with replicate 0."""

    number = models.PositiveIntegerField(_("number"), help_text=_("#17 within the hackathon."))
    phase = models.ForeignKey(Phase, verbose_name=_("phase"), on_delete=models.PROTECT, related_name="submissions")
    team = models.ForeignKey(Team, verbose_name=_("team"), on_delete=models.PROTECT, related_name="submissions")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("author"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="submissions",
    )
    base_model = models.ForeignKey(BaseModel, verbose_name=_("base model"), on_delete=models.PROTECT)
    config = models.JSONField(_("config"), editable=False)
    config_hash = models.CharField(_("hash of the config"), max_length=64, editable=False, db_index=True)
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
            models.Index(fields=["number"]),
            TrigramIndex("note", name="submission_search"),
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

    submission = models.ForeignKey(
        Submission, verbose_name=_("submission"), on_delete=models.CASCADE, related_name="tags"
    )
    name = models.CharField(_("tag"), max_length=TAG_LENGTH)
    key = KeyField("name", name_key, max_length=LONGEST_KEY, db_index=True)
    position = models.PositiveSmallIntegerField(editable=False)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering: ClassVar = ["position"]
        indexes: ClassVar = [models.Index(fields=["-created_at"]), TrigramIndex("name", name="tag_search")]
        constraints: ClassVar = [models.UniqueConstraint(fields=["submission", "key"], name="one_tag")]

    def __str__(self) -> str:
        return self.name


class Withdrawal(Row):
    """A time during which the team kept a scored submission out of the ranking; it goes on until `restored_at`.

    Rows stay, so that a frozen board can be read as it stood at any time.
    """

    submission = models.ForeignKey(
        Submission, verbose_name=_("submission"), on_delete=models.CASCADE, related_name="withdrawals"
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"))
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    restored_at = models.DateTimeField(_("restored at"), null=True, blank=True)
    restored_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("restored by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    class Meta:
        verbose_name = _("withdrawal")
        verbose_name_plural = _("withdrawals")
        ordering: ClassVar = ["withdrawn_at"]
        indexes: ClassVar = [models.Index(fields=["withdrawn_at"])]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["submission"], condition=Q(restored_at__isnull=True), name="one_open_withdrawal"
            )
        ]

    def __str__(self) -> str:
        return f"{self.submission}: {self.withdrawn_at:%Y-%m-%d %H:%M}"


class IdempotencyKey(Row):
    """Remembers what a client's key did, so that a repeated request gives the first answer."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.CASCADE)
    key = models.CharField(_("key"), max_length=100)
    body_sha256 = models.CharField(max_length=64)
    submission = models.ForeignKey(Submission, verbose_name=_("submission"), on_delete=models.CASCADE)
    was_created = models.BooleanField(_("created something"))

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        indexes: ClassVar = [models.Index(fields=["-created_at"]), TrigramIndex("key", name="idempotency_key_search")]
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "key"], name="one_idempotency_key")]

    def __str__(self) -> str:
        return self.key
