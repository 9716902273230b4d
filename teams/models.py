"""Teams and who is in them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hackathon.models import Hackathon, Row


class MembershipRole(models.TextChoices):
    CAPTAIN = "captain", _("captain")
    MEMBER = "member", _("member")


class Team(Row):
    """A team of one hackathon. The one with `is_reserved` belongs to the organizers: baselines and references."""

    hackathon = models.ForeignKey(Hackathon, on_delete=models.CASCADE, related_name="teams")
    name = models.CharField(_("name"), max_length=80)
    is_reserved = models.BooleanField(_("organizers' own"), default=False)

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["hackathon", "name"], name="one_team_name"),
            models.UniqueConstraint(fields=["hackathon"], condition=Q(is_reserved=True), name="one_reserved_team"),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(Row):
    """A person in a team; leaving sets `left_at`, so that one person has one team at a time in a hackathon."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    hackathon = models.ForeignKey(Hackathon, on_delete=models.CASCADE, editable=False)
    role = models.CharField(_("role"), max_length=10, choices=MembershipRole, default=MembershipRole.MEMBER)
    left_at = models.DateTimeField(_("left at"), null=True, blank=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "hackathon"], condition=Q(left_at__isnull=True), name="one_team_per_hackathon"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"
