"""Teams and who is in them."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from hackathon.accounts import mailbox
from hackathon.models import Hackathon, Row
from hackathon.models.key import KeyField
from hackathon.models.mailbox import MailboxField
from hackathon.models.moment import MomentField
from hackathon.models.name import NameField
from hackathon.models.search import TrigramIndex
from training_worker.contract import text


class MembershipRole(models.TextChoices):
    CAPTAIN = "captain", _("captain")
    MEMBER = "member", _("member")


class Team(Row):
    """A team of one hackathon. The one with `is_reserved` belongs to the organizers: baselines and references."""

    hackathon = models.ForeignKey(
        Hackathon, verbose_name=_("hackathon"), on_delete=models.CASCADE, related_name="teams"
    )
    name = NameField(_("name"), max_length=80)
    name_key = KeyField("name", text.name_key, max_length=text.LONGEST_KEY)
    is_reserved = models.BooleanField(_("organizers' own"), default=False)
    is_locked = models.BooleanField(_("locked"), default=False, help_text=_("Nobody else may join a locked team."))

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering: ClassVar = ["name"]
        indexes: ClassVar = [
            models.Index(fields=["name"]),
            models.Index(fields=["created_at"]),
            models.Index(fields=["name"], condition=Q(is_locked=True), name="locked_by_name"),
            TrigramIndex("name", name="team_search"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["hackathon", "name_key"], name="one_team_name"),
            models.UniqueConstraint(fields=["hackathon"], condition=Q(is_reserved=True), name="one_reserved_team"),
        ]

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    def current(self) -> MembershipQuerySet:
        """Those of who is still in the team."""
        return self.filter(left_at__isnull=True)


class Membership(Row):
    """A person in a team; leaving sets `left_at`, so that one person has one team at a time in a hackathon."""

    team = models.ForeignKey(Team, verbose_name=_("team"), on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.CASCADE, related_name="memberships"
    )
    hackathon = models.ForeignKey(Hackathon, verbose_name=_("hackathon"), on_delete=models.CASCADE, editable=False)
    role = models.CharField(_("role"), max_length=10, choices=MembershipRole, default=MembershipRole.MEMBER)
    left_at = models.DateTimeField(_("left at"), null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        indexes: ClassVar = [
            models.Index(fields=["-created_at"]),
            models.Index(fields=["role", "-created_at"]),
            models.Index(fields=["left_at"]),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "hackathon"], condition=Q(left_at__isnull=True), name="one_team_per_hackathon"
            )
        ]

    def __str__(self) -> str:
        return f"{text.isolated(self.user)} in {text.isolated(self.team)}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open_at(self, now: datetime) -> InvitationQuerySet:
        """Those that may be accepted: neither used, revoked nor expired, by somebody who is still in the team."""
        inviter = Membership.objects.current().filter(team=OuterRef("team"), user=OuterRef("created_by"))
        unused = self.filter(used_at__isnull=True, revoked_at__isnull=True, expires_at__gt=now)
        return unused.filter(Exists(inviter))


class Invitation(Row):
    """A key into a team that opens once; only the sha256 of it is kept. With `email`, for that mailbox alone."""

    team = models.ForeignKey(Team, verbose_name=_("team"), on_delete=models.CASCADE, related_name="invitations")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    email = MailboxField(_("e-mail"), max_length=254, blank=True)
    email_key = KeyField("email", mailbox.email_key, max_length=mailbox.LONGEST_ADDRESS, blank=True, db_index=True)
    """Of the mailbox, in any spelling of `email`; "" without one."""
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    expires_at = MomentField(_("expires at"))
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)
    used_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("used by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [
            models.Index(fields=["-created_at"]),
            models.Index(fields=["used_at"]),
            models.Index(fields=["revoked_at"]),
            TrigramIndex("email", name="invitation_search"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) | Q(revoked_at__isnull=True), name="invitation_used_or_revoked"
            )
        ]

    def __str__(self) -> str:
        return f"{text.isolated(self.team)} · {self.email or self.pk}"
