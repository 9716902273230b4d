"""Challenges, their data versions and phases."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hackathon.enums import Precision, ScoreVisibility
from hackathon.rounding import MAX_STEP, MIN_STEP
from training_worker.contract.limits import ChallengeLimits, DataSize
from training_worker.contract.tasks import TASKS, TaskSpec
from training_worker.contract.text import isolated
from training_worker.contract.wire import RECIPE, DatasetManifest

from .base import Row
from .event import Hackathon
from .markdown import MarkdownField
from .moment import MomentField
from .name import NameField

SHOWN_FILES = "files"
"""Folder, below a data version's prefix, of the files that pages may show one by one."""


def task_choices() -> list[tuple[str, str]]:
    """By name in migrations, so that a new task needs none."""
    return [(task, task) for task in TASKS]


class ChallengeQuerySet(models.QuerySet["Challenge"]):
    def published(self) -> ChallengeQuerySet:
        return self.filter(is_published=True)


class Challenge(Row):
    """One task of a hackathon: data, allowed configs, metrics."""

    hackathon = models.ForeignKey(
        Hackathon, verbose_name=_("hackathon"), on_delete=models.CASCADE, related_name="challenges"
    )
    slug = models.SlugField(_("slug"), unique=True, max_length=64)
    title = NameField(_("title"), max_length=200)
    summary = models.CharField(_("summary"), max_length=300, blank=True)
    description = MarkdownField(_("description"), blank=True, help_text=_("Markdown."))
    task = models.CharField(_("task"), max_length=40, choices=task_choices)
    primary_metric = models.CharField(_("primary metric"), max_length=40)
    limits = models.JSONField(_("limits"), help_text=_("Allowed models, methods, ranges, budget."))
    is_published = models.BooleanField(_("published"), default=False)
    shows_data = models.BooleanField(
        _("data can be browsed"),
        default=True,
        help_text=_(
            "Participants and judges browse, search and download train and validation once a phase has opened."
        ),
    )

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


def new_prefix() -> str:
    """A folder's name that no other data version has."""
    return uuid.uuid4().hex


class ChallengeData(Row):
    """One immutable version of a challenge's data. Labels of the test set and the split live in the label store."""

    challenge = models.ForeignKey(
        Challenge, verbose_name=_("challenge"), on_delete=models.PROTECT, related_name="data_versions"
    )
    version = models.PositiveIntegerField(_("version"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    prefix = models.CharField(max_length=100, default=new_prefix, editable=False)
    """Folder of this version in the `datasets` and the `labels` storage."""
    manifest = models.JSONField(editable=False)
    """A `DatasetManifest`."""
    files = models.JSONField(editable=False)
    """[{"name", "sha256", "size"}] of the task's data files, in the `datasets` storage under `prefix`. Images of train
    and validation rows are also there one by one, under `shown_file_key`."""
    mean_cost = models.FloatField(_("mean cost"), default=32.0)
    """Of one training example, in the task's unit of cost."""
    public_count = models.PositiveIntegerField(_("public test items"))
    private_count = models.PositiveIntegerField(_("private test items"))
    license = models.CharField(_("licence"), max_length=200, blank=True)
    source = models.TextField(_("source"), blank=True)
    facts = models.JSONField(editable=False, default=dict)
    """`DataFacts` of train and validation; {} where its files could not be counted."""

    class Meta:
        verbose_name = _("data version")
        verbose_name_plural = _("data versions")
        ordering: ClassVar = ["challenge", "-version"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["challenge", "version"], name="one_data_version")]

    def __str__(self) -> str:
        return f"{isolated(self.challenge)} v{self.version}"

    def shown_file_key(self, name: str) -> str:
        """Key, in the `datasets` storage, of a file that a train or validation row names. Test rows' have none."""
        return f"{self.prefix}/{SHOWN_FILES}/{name}"

    @property
    def dataset_manifest(self) -> DatasetManifest:
        return DatasetManifest.model_validate_json(json.dumps(self.manifest))

    @property
    def size(self) -> DataSize:
        manifest = self.dataset_manifest
        return DataSize(
            train_examples=manifest.train_examples, test_examples=manifest.test_examples, mean_cost=self.mean_cost
        )


QUOTA = ("per_day", "total", "at_once", "queued", "compute_seconds")
"""Columns of a phase that say what each team may use in it."""


class Phase(Row):
    """A window of a challenge with its data version, quota and board."""

    challenge = models.ForeignKey(
        Challenge, verbose_name=_("challenge"), on_delete=models.CASCADE, related_name="phases"
    )
    name = NameField(_("name"), max_length=100)
    opens_at = MomentField(_("opens at"))
    closes_at = MomentField(_("closes at"))
    data = models.ForeignKey(ChallengeData, verbose_name=_("data version"), on_delete=models.PROTECT)
    per_day = models.PositiveIntegerField(_("submissions a day"), default=20)
    total = models.PositiveIntegerField(_("submissions in all"), default=100)
    at_once = models.PositiveIntegerField(
        _("concurrent runs"),
        default=2,
        validators=[MinValueValidator(1)],
        help_text=_("How many runs of a team train at the same time; others of it wait in the queue."),
    )
    queued = models.PositiveIntegerField(
        _("queued runs"),
        default=10,
        validators=[MinValueValidator(1)],
        help_text=_("How many runs of a team may wait in the queue."),
    )
    compute_seconds = models.PositiveIntegerField(_("compute seconds"), default=36_000)
    score_visibility = models.CharField(
        _("board"), max_length=10, choices=ScoreVisibility, default=ScoreVisibility.LIVE
    )
    frozen_at = MomentField(_("frozen at"), null=True, blank=True)
    precision = models.CharField(_("precision"), max_length=4, choices=Precision, default=Precision.FP32)
    recipe = models.CharField(_("recipe version"), max_length=32, default=RECIPE)
    display_step = models.FloatField(
        _("display step"),
        default=0.01,
        help_text=_("Public scores are rounded to this step; fixed when the phase opens."),
        validators=[MinValueValidator(MIN_STEP), MaxValueValidator(MAX_STEP)],
    )

    class Meta:
        verbose_name = _("phase")
        verbose_name_plural = _("phases")
        ordering: ClassVar = ["opens_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")),
                name="phase_closes_after_open",
                violation_error_message=_("The closing time must be after the opening time."),
            ),
            models.UniqueConstraint(fields=["challenge", "name"], name="one_phase_name"),
        ]

    def __str__(self) -> str:
        return f"{isolated(self.challenge)} · {isolated(self.name)}"

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
