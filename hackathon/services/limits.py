"""What is wrong with a challenge's limits, by the contract's names and the models that are registered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _

from hackathon.models import BaseModel
from training_worker.contract.facts import ModelFacts
from training_worker.contract.limits import ChallengeLimits
from training_worker.contract.tasks import TaskSpec

from .challenge_fit import Misfit, misfits


def enabled_models() -> dict[str, ModelFacts]:
    """By slug."""
    return {model.slug: model.model_facts for model in BaseModel.objects.filter(is_enabled=True)}


def limit_misfits(
    task: TaskSpec | None, limits: ChallengeLimits, enabled: Mapping[str, ModelFacts]
) -> Iterator[Misfit]:
    """Models that are not there, and whatever no config could ever use; unknown names of methods and techniques are
    passed over. With None for a task that is not known, what can be said without it."""
    for index, slug in enumerate(limits.base_models):
        if slug and slug not in enabled:
            message = _("There is no enabled base model “%(slug)s”. Enabled: %(names)s.")
            names = ", ".join(sorted(enabled)) or "–"
            yield ("base_models", index), message % {"slug": slug, "names": names}
    if task is not None:
        yield from misfits(task, limits, enabled)
