"""Showing a challenge to everybody who may see its hackathon, and hiding it again."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from hackathon.errors import Conflict
from hackathon.models import Challenge
from hackathon.selectors import usable_models


def publish_challenge(*, challenge: Challenge) -> Challenge:
    """Publish; doing it twice changes nothing. Raises `Conflict` where nobody could submit: no phase, or no model."""
    with transaction.atomic():
        locked = Challenge.objects.select_for_update().get(pk=challenge.pk)
        if not locked.phases.exists():
            raise Conflict(_("“%(challenge)s” has no phase yet.") % {"challenge": locked}, hint=_("Add one first."))
        if not usable_models(locked):
            raise Conflict(
                _("None of the base models of “%(challenge)s” is registered and enabled.") % {"challenge": locked},
                hint=_("Register one: manage.py import_model FOLDER."),
            )
        locked.is_published = True
        locked.save(update_fields=["is_published"])
    return locked


def hide_challenge(*, challenge: Challenge) -> None:
    """Only organizers see it from now on; what was submitted stays."""
    Challenge.objects.filter(pk=challenge.pk).update(is_published=False)
