"""The hackathon and who takes part in it."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hackathon.enums import Role, Visibility
from training_worker.contract.text import isolated

from .base import Row, new_secret
from .markdown import MarkdownField
from .moment import MomentField
from .name import NameField
from .people import Organization, User


class Hackathon(Row):
    slug = models.SlugField(_("slug"), unique=True, max_length=64)
    name = NameField(_("name"), max_length=200)
    tagline = models.CharField(_("tagline"), max_length=300, blank=True)
    description = MarkdownField(_("description"), blank=True, help_text=_("Markdown."))
    visibility = models.CharField(_("visibility"), max_length=10, choices=Visibility, default=Visibility.DRAFT)
    starts_at = MomentField(_("starts at"))
    ends_at = MomentField(_("ends at"))
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", help_text=_("Quota days are its days."))
    max_team_size = models.PositiveSmallIntegerField(_("largest team"), default=5, validators=[MinValueValidator(1)])
    secret = models.CharField(max_length=64, default=new_secret, editable=False)
    submission_count = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("hackathon")
        verbose_name_plural = _("hackathons")
        ordering: ClassVar = ["-starts_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="hackathon_ends_after_start",
                violation_error_message=_("The end must be after the start."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Participation(Row):
    """A person's part in a hackathon; the organization they stand for there."""

    user = models.ForeignKey(User, verbose_name=_("person"), on_delete=models.CASCADE, related_name="participations")
    hackathon = models.ForeignKey(
        Hackathon, verbose_name=_("hackathon"), on_delete=models.CASCADE, related_name="participations"
    )
    role = models.CharField(_("role"), max_length=12, choices=Role, default=Role.PARTICIPANT)
    organization = models.ForeignKey(
        Organization, verbose_name=_("organization"), null=True, blank=True, on_delete=models.SET_NULL
    )

    class Meta:
        verbose_name = _("participation")
        verbose_name_plural = _("participations")
        indexes: ClassVar = [models.Index(fields=["-created_at"]), models.Index(fields=["role", "-created_at"])]
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "hackathon"], name="one_participation")]

    def __str__(self) -> str:
        return f"{isolated(self.user)} · {self.get_role_display()} · {isolated(self.hackathon)}"
