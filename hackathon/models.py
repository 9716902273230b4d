"""People, organizations, the hackathon, its challenges, phases, data versions and allowed models."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from training_worker.contract.jobs import RECIPE, DatasetManifest, ModelManifest
from training_worker.contract.limits import ChallengeLimits, DataSize, MeasuredSpeed
from training_worker.contract.tasks import TASKS, TaskSpec

from .enums import ModelFamily, OrganizationKind, Precision, Role, ScoreVisibility, TokenScope, Visibility
from .identity import email_key
from .outgoing import OutgoingMail as OutgoingMail


def new_secret() -> str:
    """32 random bytes as hex: an event's secret."""
    return secrets.token_hex(32)


class Row(models.Model):
    """What every row of ours has: a UUID for URLs and API, and its birth."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        abstract = True


class Organization(Row):
    name = models.CharField(_("name"), max_length=200, unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=OrganizationKind, default=OrganizationKind.OTHER)

    class Meta:
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Creates users by e-mail; the key column keeps one account per mailbox."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=email.strip(), email_key=email_key(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email_key=email_key(username or ""))


class User(AbstractBaseUser, PermissionsMixin, Row):
    """A person; logs in by e-mail in any spelling of it."""

    email = models.EmailField(_("e-mail"), max_length=254, unique=True)
    email_key = models.CharField(max_length=254, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=150)
    organization = models.ForeignKey(
        Organization, verbose_name=_("organization"), null=True, blank=True, on_delete=models.SET_NULL
    )
    is_staff = models.BooleanField(_("may use the admin"), default=False)
    is_active = models.BooleanField(_("active"), default=True)

    objects = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name or self.email

    def clean(self) -> None:
        super().clean()
        self.email_key = email_key(self.email)


class ApiToken(Row):
    """A person's key to the REST API; only the sha256 of it is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scope = models.CharField(_("scope"), max_length=10, choices=TokenScope, default=TokenScope.SUBMIT)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class Hackathon(Row):
    slug = models.SlugField(_("slug"), unique=True, max_length=64)
    name = models.CharField(_("name"), max_length=200)
    tagline = models.CharField(_("tagline"), max_length=300, blank=True)
    description = models.TextField(_("description"), blank=True, help_text=_("Markdown."))
    visibility = models.CharField(_("visibility"), max_length=10, choices=Visibility, default=Visibility.DRAFT)
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"))
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", help_text=_("Quota days are its days."))
    max_team_size = models.PositiveSmallIntegerField(_("largest team"), default=5, validators=[MinValueValidator(1)])
    secret = models.CharField(max_length=64, default=new_secret, editable=False)
    submission_count = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("hackathon")
        verbose_name_plural = _("hackathons")
        ordering: ClassVar = ["-starts_at"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="hackathon_ends_after_start")
        ]

    def __str__(self) -> str:
        return self.name


class Participation(Row):
    """A person's part in a hackathon; the organization they stand for there."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="participations")
    hackathon = models.ForeignKey(Hackathon, on_delete=models.CASCADE, related_name="participations")
    role = models.CharField(_("role"), max_length=12, choices=Role, default=Role.PARTICIPANT)
    organization = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.SET_NULL)

    class Meta:
        verbose_name = _("participation")
        verbose_name_plural = _("participations")
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "hackathon"], name="one_participation")]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} · {self.hackathon}"


class BaseModel(Row):
    """A model on the allow-list: a content-addressed safetensors folder in the `models` storage."""

    slug = models.SlugField(_("slug"), unique=True, max_length=64)
    name = models.CharField(_("name"), max_length=200)
    family = models.CharField(_("family"), max_length=20, choices=ModelFamily)
    architecture = models.CharField(_("architecture"), max_length=100)
    source = models.CharField(_("source"), max_length=500)
    revision = models.CharField(_("revision"), max_length=100)
    license = models.CharField(_("licence"), max_length=100)
    parameters = models.PositiveBigIntegerField(_("parameters"))
    sha256 = models.CharField("sha256", max_length=64, unique=True)
    manifest = models.JSONField(editable=False)
    speed = models.JSONField(null=True, blank=True, editable=False)
    is_enabled = models.BooleanField(_("enabled"), default=True)

    class Meta:
        verbose_name = _("base model")
        verbose_name_plural = _("base models")
        ordering: ClassVar = ["slug"]

    def __str__(self) -> str:
        return self.slug

    @property
    def model_manifest(self) -> ModelManifest:
        return ModelManifest.model_validate_json(json.dumps(self.manifest))

    @property
    def measured_speed(self) -> MeasuredSpeed | None:
        """What a worker measured, or None: "not measured yet"."""
        return MeasuredSpeed.model_validate_json(json.dumps(self.speed)) if self.speed else None


class ChallengeQuerySet(models.QuerySet["Challenge"]):
    def published(self) -> ChallengeQuerySet:
        return self.filter(is_published=True)


class Challenge(Row):
    """One task of a hackathon: data, allowed configs, metrics."""

    hackathon = models.ForeignKey(Hackathon, on_delete=models.CASCADE, related_name="challenges")
    slug = models.SlugField(_("slug"), unique=True, max_length=64)
    title = models.CharField(_("title"), max_length=200)
    summary = models.CharField(_("summary"), max_length=300, blank=True)
    description = models.TextField(_("description"), blank=True, help_text=_("Markdown."))
    task = models.CharField(_("task"), max_length=40, choices=[(task, task) for task in TASKS])
    primary_metric = models.CharField(_("primary metric"), max_length=40)
    limits = models.JSONField(_("limits"), help_text=_("Allowed models, methods, ranges, budget."))
    is_published = models.BooleanField(_("published"), default=False)

    objects = ChallengeQuerySet.as_manager()

    class Meta:
        verbose_name = _("challenge")
        verbose_name_plural = _("challenges")
        ordering: ClassVar = ["title"]

    def __str__(self) -> str:
        return self.title

    @property
    def challenge_limits(self) -> ChallengeLimits:
        return ChallengeLimits.model_validate_json(json.dumps(self.limits))

    @property
    def task_spec(self) -> TaskSpec:
        return TASKS[self.task]


class ChallengeData(Row):
    """One immutable version of a challenge's data. Labels of the test set and the split live in the label store."""

    challenge = models.ForeignKey(Challenge, on_delete=models.PROTECT, related_name="data_versions")
    version = models.PositiveIntegerField(_("version"))
    sha256 = models.CharField("sha256", max_length=64)
    manifest = models.JSONField(editable=False)
    """A `DatasetManifest`."""
    files = models.JSONField(editable=False)
    """[{"name", "sha256", "size"}] of train, validation and test.jsonl, in the `datasets` storage under `prefix`."""
    mean_tokens = models.FloatField(default=32.0)
    public_count = models.PositiveIntegerField(_("public test items"))
    private_count = models.PositiveIntegerField(_("private test items"))
    license = models.CharField(_("licence"), max_length=200, blank=True)
    source = models.TextField(_("source"), blank=True)

    class Meta:
        verbose_name = _("data version")
        verbose_name_plural = _("data versions")
        ordering: ClassVar = ["challenge", "-version"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["challenge", "version"], name="one_data_version")]

    def __str__(self) -> str:
        return f"{self.challenge} v{self.version}"

    @property
    def prefix(self) -> str:
        """Folder of this version in the `datasets` and the `labels` storage."""
        return f"{self.challenge_id}/{self.version}"

    @property
    def dataset_manifest(self) -> DatasetManifest:
        return DatasetManifest.model_validate_json(json.dumps(self.manifest))

    @property
    def size(self) -> DataSize:
        manifest = self.dataset_manifest
        return DataSize(
            train_examples=manifest.train_examples, test_examples=manifest.test_examples, mean_tokens=self.mean_tokens
        )


class Phase(Row):
    """A window of a challenge with its data version, quota and board."""

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="phases")
    name = models.CharField(_("name"), max_length=100)
    opens_at = models.DateTimeField(_("opens at"))
    closes_at = models.DateTimeField(_("closes at"))
    data = models.ForeignKey(ChallengeData, verbose_name=_("data version"), on_delete=models.PROTECT)
    per_day = models.PositiveIntegerField(_("submissions a day"), default=20)
    total = models.PositiveIntegerField(_("submissions in all"), default=100)
    at_once = models.PositiveIntegerField(_("running at once"), default=2)
    compute_seconds = models.PositiveIntegerField(_("compute seconds"), default=36_000)
    score_visibility = models.CharField(
        _("board"), max_length=10, choices=ScoreVisibility, default=ScoreVisibility.LIVE
    )
    frozen_at = models.DateTimeField(_("frozen at"), null=True, blank=True)
    precision = models.CharField(_("precision"), max_length=4, choices=Precision, default=Precision.FP32)
    recipe = models.CharField(_("recipe version"), max_length=32, default=RECIPE)
    display_step = models.FloatField(
        _("display step"),
        default=0.01,
        help_text=_("Public scores are rounded to this step; fixed when the phase opens."),
        validators=[MinValueValidator(1e-6), MaxValueValidator(0.5)],
    )

    class Meta:
        verbose_name = _("phase")
        verbose_name_plural = _("phases")
        ordering: ClassVar = ["opens_at"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(closes_at__gt=F("opens_at")), name="phase_closes_after_open"),
            models.UniqueConstraint(fields=["challenge", "name"], name="one_phase_name"),
        ]

    def __str__(self) -> str:
        return f"{self.challenge} · {self.name}"

    def is_open(self, now: datetime) -> bool:
        """Open from `opens_at` up to, not including, `closes_at`; never again once its private scores are out."""
        return self.opens_at <= now < self.closes_at and not self.is_released

    @property
    def is_released(self) -> bool:
        """Are its private scores out? Who has seen them could choose by them what to run and what to rank."""
        return self.score_visibility == ScoreVisibility.RELEASED


def current_phase(phases: Iterable[Phase], now: datetime) -> Phase | None:
    """The open phase; else the last one that has opened; else the first to come; None where there is none. Pure."""
    ordered = sorted(phases, key=lambda phase: phase.opens_at)
    running = [phase for phase in ordered if phase.is_open(now)]
    begun = [phase for phase in ordered if phase.opens_at <= now]
    return next(iter(running or begun[-1:] or ordered[:1]), None)
