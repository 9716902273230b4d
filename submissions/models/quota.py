"""What a team may use in a phase."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar, NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _

from hackathon.models import Phase, Row
from hackathon.models.challenge import QUOTA
from teams.models import Team

NEVER = datetime(2000, 1, 1, tzinfo=UTC)


class Caps(NamedTuple):
    """Limits of a team in a phase: submissions a day and in all, runs at the same time and in the queue, seconds."""

    day: int
    total: int
    at_once: int
    queued: int
    compute: float


class Quota(Row):
    """What a team has used in a phase: one row, locked for every submit. A cap that is null is the phase's."""

    team = models.ForeignKey(Team, verbose_name=_("team"), on_delete=models.CASCADE, related_name="quotas")
    phase = models.ForeignKey(Phase, verbose_name=_("phase"), on_delete=models.CASCADE, related_name="quotas")
    day = models.DateField(_("day"), null=True, blank=True)
    used_today = models.PositiveIntegerField(_("used today"), default=0)
    used_total = models.PositiveIntegerField(_("used in all"), default=0)
    queued = models.PositiveIntegerField(_("queued now"), default=0)
    running = models.PositiveIntegerField(_("running now"), default=0)
    compute_used = models.FloatField(_("compute seconds used or reserved"), default=0.0)
    last_start = models.DateTimeField(default=NEVER, editable=False)
    """When a job of the team last started in this phase: of two teams the one that has waited longer goes first."""
    cap_day = models.PositiveIntegerField(_("own limit a day"), null=True, blank=True)
    cap_total = models.PositiveIntegerField(_("own limit in all"), null=True, blank=True)
    cap_at_once = models.PositiveIntegerField(_("own limit of concurrent runs"), null=True, blank=True)
    cap_queued = models.PositiveIntegerField(_("own limit of queued runs"), null=True, blank=True)
    cap_compute = models.PositiveIntegerField(_("own limit of compute seconds"), null=True, blank=True)

    class Meta:
        verbose_name = _("quota")
        verbose_name_plural = _("quotas")
        constraints: ClassVar = [models.UniqueConstraint(fields=["team", "phase"], name="one_quota")]
        indexes: ClassVar = [
            models.Index(fields=["last_start", "created_at"], condition=models.Q(queued__gt=0), name="turns"),
            models.Index(fields=["running"], condition=models.Q(running__gt=0), name="running_teams"),
        ]

    @property
    def caps(self) -> Caps:
        """What holds now: the team's own caps where they are set, else the phase's."""
        own = (self.cap_day, self.cap_total, self.cap_at_once, self.cap_queued, self.cap_compute)
        phase = [getattr(self.phase, name) for name in QUOTA]
        return Caps(*(theirs if mine is None else mine for mine, theirs in zip(own, phase, strict=True)))

    def __str__(self) -> str:
        return f"{self.team} in {self.phase}"
