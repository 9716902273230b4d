"""The board's rows."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from hackathon.models import Phase, Row
from submissions.models import Submission
from teams.models import Team

from .result import SCORING_VERSION, Result


class LeaderboardEntry(Row):
    """A team's best submission in a phase: upserted when it scores, rebuilt by `rebuild_leaderboard`."""

    phase = models.ForeignKey(Phase, verbose_name=_("phase"), on_delete=models.CASCADE, related_name="leaderboard")
    team = models.ForeignKey(Team, verbose_name=_("team"), on_delete=models.CASCADE, related_name="leaderboard")
    scoring_version = models.PositiveIntegerField(_("scoring version"), default=SCORING_VERSION)
    submission = models.ForeignKey(Submission, verbose_name=_("submission"), on_delete=models.PROTECT)
    result = models.ForeignKey(Result, verbose_name=_("result"), on_delete=models.PROTECT)
    score = models.FloatField(_("public score, rounded to the phase's step"))
    sort_key = models.FloatField(editable=False)
    """`score` times the sign of its metric: the better, the higher."""
    received_at = models.DateTimeField(_("received at"))
    entries = models.PositiveIntegerField(_("scored submissions"), default=1)
    history = models.JSONField(default=list, editable=False)
    """The running best of the exact public scores, in the order received."""

    class Meta:
        verbose_name = _("leaderboard entry")
        verbose_name_plural = _("leaderboard entries")
        ordering: ClassVar = ["-sort_key", "received_at"]
        indexes: ClassVar = [
            models.Index(fields=["phase", "-sort_key", "received_at"]),
            models.Index(fields=["received_at"]),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["phase", "team", "scoring_version"], name="one_leaderboard_entry")
        ]

    def __str__(self) -> str:
        return f"{self.team}: {self.score}"
