"""What every row of ours has."""

from __future__ import annotations

import secrets
import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


def new_secret() -> str:
    """32 random bytes as hex: an event's secret."""
    return secrets.token_hex(32)


class Row(models.Model):
    """What every row of ours has: a UUID for URLs and API, and its birth."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        abstract = True
