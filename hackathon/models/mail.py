"""The outbox of the site: mail that is to be sent, as rows of the database."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from .search import TrigramIndex


class OutgoingMailQuerySet(models.QuerySet["OutgoingMail"]):
    def waiting(self) -> OutgoingMailQuerySet:
        return self.filter(sent_at=None, next_attempt_at__isnull=False)

    def given_up(self) -> OutgoingMailQuerySet:
        return self.filter(sent_at=None, next_attempt_at=None)

    def due(self, now: datetime) -> OutgoingMailQuerySet:
        """Oldest first."""
        return self.filter(sent_at=None, next_attempt_at__lte=now).order_by("pk")


class OutgoingMail(models.Model):
    """A mail to one person. `hackathon.mail.services` alone writes it; its text, which may hold a link that resets a
    password, is for its reader and nobody else, and is erased once it is sent.

    Waiting: `next_attempt_at` is set; for the time of an attempt it is when others may try again. Given up: neither
    `sent_at` nor `next_attempt_at` is set.
    """

    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    sender = models.CharField(_("from"), max_length=320)
    to = models.CharField(_("to"), max_length=320)
    subject = models.TextField(_("subject"))
    text = models.TextField(blank=True, editable=False)
    html = models.TextField(blank=True, editable=False)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt at"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)

    objects = OutgoingMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("e-mail")
        verbose_name_plural = _("e-mails")
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [
            models.Index(fields=["sent_at", "next_attempt_at"]),
            models.Index(fields=["created_at"]),
            TrigramIndex("to", "subject", name="mail_search"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} → {self.to}"
