"""The nodes that do the work, and the tokens by which they join."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from hackathon.models import Row
from hackathon.models.moment import MomentField


class Node(Row):
    """A GPU node; its claims are its heartbeat."""

    name = models.CharField(_("name"), max_length=64, unique=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    report = models.JSONField(_("report"), default=dict, editable=False)
    seen_at = models.DateTimeField(_("last seen at"), null=True, blank=True)
    claim_number = models.PositiveBigIntegerField(default=0, editable=False)
    """Of its latest claim: one with a smaller number is late and takes nothing."""
    proved_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When it last brought an attempt to an end."""
    aside_until = models.DateTimeField(_("suspended until"), null=True, blank=True)
    aside_reason = models.CharField(_("reason for the suspension"), max_length=300, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    class Meta:
        verbose_name = _("node")
        verbose_name_plural = _("nodes")
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class EnrolmentToken(Row):
    """Lets one node join, once."""

    digest = models.CharField(max_length=64, unique=True, editable=False)
    expires_at = MomentField(_("expires at"))
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)
    node = models.ForeignKey(Node, verbose_name=_("node"), null=True, blank=True, on_delete=models.SET_NULL)

    class Meta:
        verbose_name = _("enrolment token")
        verbose_name_plural = _("enrolment tokens")

    def __str__(self) -> str:
        return f"enrolment token of {self.created_at:%Y-%m-%d %H:%M}"
