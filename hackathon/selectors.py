"""Reading a challenge: what may be submitted to it now."""

from __future__ import annotations

from training_worker.contract.limits import ChallengeLimits

from .models import BaseModel, Challenge


def usable_models(challenge: Challenge) -> list[BaseModel]:
    """The challenge's base models that are registered and enabled, by slug."""
    allowed = challenge.challenge_limits.base_models
    return list(BaseModel.objects.filter(slug__in=allowed, is_enabled=True).order_by("slug"))


def usable_limits(challenge: Challenge, models: list[BaseModel]) -> ChallengeLimits:
    """The challenge's limits narrowed to `models`: what form, schema and check go by."""
    return challenge.challenge_limits.model_copy(update={"base_models": tuple(model.slug for model in models)})
