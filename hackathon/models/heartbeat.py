"""Who of us was there, and when: kept in the database, as a cache may be empty or away just when it is asked."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Heartbeat(models.Model):
    """One row for all processes of a kind: `site` (web) and `sweeper`."""

    name = models.CharField(_("name"), max_length=20, unique=True)
    at = models.DateTimeField(_("last at"))
    back_at = models.DateTimeField(_("back since"))
    """The first beat after the last gap."""

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return self.name
