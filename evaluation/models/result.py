"""What one job scored, and scores to compare with."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from hackathon.models import ChallengeData, Phase, Row
from submissions.models import Job, Submission, Withdrawal
from training_worker.contract.wire import JobKind

SCORING_VERSION = 1
"""Version of the metric code; a `Result` is unique per job and scoring version."""


def unshown_columns(prefix: str = "") -> list[str]:
    """Large columns that no row of a board shows, seen from a result; `prefix` leads to the result."""
    metrics = ["public_metrics", "private_metrics"]
    related = ["job__result", "job__budget", "job__base_model__manifest", "job__base_model__speed"]
    return [prefix + name for name in metrics + related]


class ResultQuerySet(models.QuerySet["Result"]):
    def current(self) -> ResultQuerySet:
        """Of the scoring version in force."""
        return self.filter(scoring_version=SCORING_VERSION)

    def of_teams_in(self, phase: Phase) -> ResultQuerySet:
        """First replicates of the teams' runs, withdrawn ones too; none of the organizers' own."""
        runs = self.current().filter(job__phase=phase, job__kind=JobKind.RUN, job__replicate=0)
        return runs.filter(job__submission__team__is_reserved=False)

    def ranked_in(self, phase: Phase, *, at: datetime | None = None) -> ResultQuerySet:
        """What counts for the board: of the teams' runs those not withdrawn, now or at that time."""
        going_on = Q(restored_at__isnull=True)
        if at is not None:
            going_on = Q(withdrawn_at__lte=at) & (going_on | Q(restored_at__gt=at))
        withdrawn = Withdrawal.objects.filter(going_on, submission=OuterRef("job__submission"))
        return self.of_teams_in(phase).filter(~Exists(withdrawn))

    def baselines_in(self, phase: Phase) -> ResultQuerySet:
        """The organizers' own submissions."""
        return self.current().filter(job__phase=phase, job__replicate=0, job__submission__team__is_reserved=True)

    def base_scores_for(self, phase: Phase) -> ResultQuerySet:
        """Untrained models on the phase's data, run as the phase runs; first come first."""
        jobs = self.current().filter(job__kind=JobKind.BASE_SCORE, job__data=phase.data_id, data=phase.data_id)
        same = jobs.filter(job__phase__precision=phase.precision, job__phase__recipe=phase.recipe)
        return same.order_by("job__queued_at")

    def with_rows(self) -> ResultQuerySet:
        """With what a board's row names, in the same query."""
        return self.select_related("job__base_model", "job__submission__team").defer(*unshown_columns())

    def lean(self) -> ResultQuerySet:
        """Without the metrics beside the primary one."""
        return self.defer("public_metrics", "private_metrics")


class Result(Row):
    """What one job scored. Per-item values are in the label store (`items_key`), out of reach of the web."""

    job = models.ForeignKey(Job, verbose_name=_("job"), on_delete=models.PROTECT, related_name="results")
    data = models.ForeignKey(ChallengeData, verbose_name=_("data version"), on_delete=models.PROTECT)
    scoring_version = models.PositiveIntegerField(_("scoring version"), default=SCORING_VERSION)
    metric = models.CharField(_("primary metric"), max_length=40)
    public_score = models.FloatField(_("public score"))
    public_se = models.FloatField(_("public standard error"))
    private_score = models.FloatField(_("private score"))
    private_se = models.FloatField(_("private standard error"))
    public_metrics = models.JSONField(_("public metrics"))
    """Over the public items: {"metrics": {metric: {"value", "se"}}, "dummy": {metric: {"value", "se"}},
    "per_class_f1": {label: f1}}, every metric of the task in both.

    `per_class_f1` is by class or type of entity, {} where there are none. Exact: `evaluation.visibility` rounds before
    anybody sees it.
    """
    private_metrics = models.JSONField(_("private metrics"))
    """The same over the private items."""
    dummy_score = models.FloatField(_("dummy baseline, public"))
    """Public score of answering every item alike, as scikit-learn's dummy estimators do: with the majority class, the
    most frequent tag or the mean."""
    items_key = models.CharField(max_length=300)
    predictions_sha256 = models.CharField(_("SHA-256 of the predictions"), max_length=64)

    objects = ResultQuerySet.as_manager()

    class Meta:
        verbose_name = _("result")
        verbose_name_plural = _("results")
        indexes: ClassVar = [models.Index(fields=["-created_at"])]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "scoring_version"], name="one_result_per_version")
        ]

    def __str__(self) -> str:
        return f"{self.job}: {self.metric}"

    @property
    def submission(self) -> Submission:
        """What was scored. Raises ValueError for a base score, which is nobody's submission."""
        if self.job.submission is None:
            raise ValueError("A base score has no submission.")
        return self.job.submission


class Reference(Row):
    """A score to compare with that no team made, e.g. tf-idf with logistic regression; shown unranked."""

    data = models.ForeignKey(
        ChallengeData, verbose_name=_("data version"), on_delete=models.CASCADE, related_name="references"
    )
    name = models.CharField(_("name"), max_length=100)
    description = models.CharField(_("description"), max_length=300, blank=True)
    metric = models.CharField(_("metric"), max_length=40)
    public_score = models.FloatField(_("public score"))
    public_se = models.FloatField(_("public standard error"))
    private_score = models.FloatField(_("private score"))
    private_se = models.FloatField(_("private standard error"))

    class Meta:
        verbose_name = _("reference")
        verbose_name_plural = _("references")
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["data", "name"], name="one_reference_name")]

    def __str__(self) -> str:
        return self.name
