"""Reading a challenge: what may be submitted to it now; people by mailbox, their API tokens."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import BooleanField, Case, Q, QuerySet, Value, When

from training_worker.contract.limits import ChallengeLimits
from training_worker.contract.methods import methods_for
from training_worker.contract.techniques import techniques_for

from .accounts.mailbox import email_key
from .models import ApiToken, BaseModel, Challenge, User


def enabled_models(challenge: Challenge) -> list[BaseModel]:
    """The challenge's base models that are registered and enabled, by slug; whether they can do its task or not."""
    allowed = challenge.challenge_limits.base_models
    return list(BaseModel.objects.filter(slug__in=allowed, is_enabled=True).order_by("slug"))


def usable_models(challenge: Challenge) -> list[BaseModel]:
    """Those of `enabled_models` that can do the challenge's task."""
    return [model for model in enabled_models(challenge) if challenge.task in model.model_facts.tasks]


def usable_limits(challenge: Challenge, models: Iterable[BaseModel]) -> ChallengeLimits:
    """The challenge's limits narrowed to `models`, and to methods and techniques that fit its task: what is offered."""
    limits, task, models = challenge.challenge_limits, challenge.task_spec, list(models)
    narrowed = {
        "base_models": tuple(model.slug for model in models),
        "methods": methods_for(task, limits.methods, {model.model_facts.family for model in models}),
        "techniques": techniques_for(task, limits.techniques),
    }
    return limits.model_copy(update=narrowed)


def find_person(email: str) -> User | None:
    """Whose mailbox this is, in any spelling of the address."""
    return User.objects.filter(email_key=email_key(email)).first()


def tokens_of(user: User, *, now: datetime) -> QuerySet[ApiToken]:
    """The person's tokens, newest first; each has `is_live`."""
    dead = Q(revoked_at__isnull=False) | Q(expires_at__lte=now)
    is_live = Case(When(dead, then=Value(False)), default=Value(True), output_field=BooleanField())
    return user.api_tokens.annotate(is_live=is_live)
