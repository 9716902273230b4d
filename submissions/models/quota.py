"""What a team may use in a phase."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from hackathon.models import Phase, Row
from teams.models import Team

NEVER = datetime(2000, 1, 1, tzinfo=UTC)


class Quota(Row):
    """What a team has used in a phase: one row, locked for every submit, with its own copy of the caps."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="quotas")
    phase = models.ForeignKey(Phase, on_delete=models.CASCADE, related_name="quotas")
    day = models.DateField(_("day"), null=True, blank=True)
    used_today = models.PositiveIntegerField(_("used today"), default=0)
    used_total = models.PositiveIntegerField(_("used in all"), default=0)
    running = models.PositiveIntegerField(_("running now"), default=0)
    compute_used = models.FloatField(_("compute seconds used or reserved"), default=0.0)
    last_start = models.DateTimeField(default=NEVER, editable=False)
    """When a job of the team last started in this phase: of two teams the one that has waited longer goes first."""
    cap_day = models.PositiveIntegerField(_("cap a day"))
    cap_total = models.PositiveIntegerField(_("cap in all"))
    cap_at_once = models.PositiveIntegerField(_("cap at once"))
    cap_compute = models.FloatField(_("cap of compute seconds"))

    class Meta:
        verbose_name = _("quota")
        verbose_name_plural = _("quotas")
        constraints: ClassVar = [models.UniqueConstraint(fields=["team", "phase"], name="one_quota")]
        indexes: ClassVar = [
            models.Index(fields=["last_start", "created_at"], condition=models.Q(running__gt=0), name="turns"),
        ]

    def __str__(self) -> str:
        return f"{self.team} in {self.phase}"
