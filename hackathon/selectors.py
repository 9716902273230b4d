"""Reading a challenge: what may be submitted to it now; people by mailbox, their API tokens."""

from __future__ import annotations

from datetime import datetime

from django.db.models import BooleanField, Case, Q, QuerySet, Value, When

from training_worker.contract.limits import ChallengeLimits

from .accounts.mailbox import email_key
from .models import ApiToken, BaseModel, Challenge, User


def usable_models(challenge: Challenge) -> list[BaseModel]:
    """The challenge's base models that are registered and enabled, by slug."""
    allowed = challenge.challenge_limits.base_models
    return list(BaseModel.objects.filter(slug__in=allowed, is_enabled=True).order_by("slug"))


def usable_limits(challenge: Challenge, models: list[BaseModel]) -> ChallengeLimits:
    """The challenge's limits narrowed to `models`: what form, schema and check go by."""
    return challenge.challenge_limits.model_copy(update={"base_models": tuple(model.slug for model in models)})


def find_person(email: str) -> User | None:
    """Whose mailbox this is, in any spelling of the address."""
    return User.objects.filter(email_key=email_key(email)).first()


def tokens_of(user: User, *, now: datetime) -> QuerySet[ApiToken]:
    """The person's tokens, newest first; each has `is_live`."""
    dead = Q(revoked_at__isnull=False) | Q(expires_at__lte=now)
    is_live = Case(When(dead, then=Value(False)), default=Value(True), output_field=BooleanField())
    return user.api_tokens.annotate(is_live=is_live)
