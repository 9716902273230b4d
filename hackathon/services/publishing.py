"""Showing hackathons, challenges and base models, and hiding them again."""

from __future__ import annotations

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from hackathon.enums import Visibility
from hackathon.errors import Conflict
from hackathon.models import BaseModel, Challenge, Hackathon
from hackathon.selectors import usable_models
from training_worker.contract.text import isolated


def publish_challenge(*, challenge: Challenge) -> Challenge:
    """Publish; doing it twice changes nothing. Raises `Conflict` where nobody could submit: no phase, or no model."""
    with transaction.atomic():
        locked = Challenge.objects.select_for_update().get(pk=challenge.pk)
        if not locked.phases.exists():
            raise Conflict(
                _("“%(challenge)s” has no phase yet.") % {"challenge": isolated(locked)}, hint=_("Add one first.")
            )
        if not usable_models(locked):
            raise Conflict(
                _("None of the base models of “%(challenge)s” is registered and enabled.")
                % {"challenge": isolated(locked)},
                hint=_("Register one: manage.py import_model FOLDER."),
            )
        locked.is_published = True
        locked.save(update_fields=["is_published"])
    return locked


def hide_challenge(*, challenge: Challenge) -> None:
    """Only organizers see it from now on; what was submitted stays."""
    Challenge.objects.filter(pk=challenge.pk).update(is_published=False)


def require_unused(*, challenge: Challenge) -> None:
    """Raises `Conflict` where `delete_challenge` would. Nothing is deleted."""
    with transaction.atomic():
        delete_challenge(challenge=Challenge.objects.get(pk=challenge.pk))
        transaction.set_rollback(True)


def delete_challenge(*, challenge: Challenge) -> None:
    """With its phases and data versions. Raises `Conflict` where something was submitted or has run.

    Its files are cleared later, as those of an import that never ended.
    """
    try:
        with transaction.atomic():
            challenge.phases.all().delete()
            challenge.data_versions.all().delete()
            challenge.delete()
    except ProtectedError:
        raise Conflict(
            _("“%(challenge)s” has submissions or runs.") % {"challenge": isolated(challenge)},
            hint=_("Hide it instead."),
            code="in_use",
        ) from None


def show_hackathon(*, hackathon: Hackathon, visibility: Visibility) -> None:
    """Who sees the hackathon from now on. A draft is for its organizers alone."""
    Hackathon.objects.filter(pk=hackathon.pk).update(visibility=visibility)


def enable_model(*, model: BaseModel) -> None:
    """Challenges that list the model offer it again."""
    BaseModel.objects.filter(pk=model.pk).update(is_enabled=True)


def disable_model(*, model: BaseModel) -> None:
    """Nobody can submit with the model any more; what was submitted with it still runs and keeps its score."""
    BaseModel.objects.filter(pk=model.pk).update(is_enabled=False)
