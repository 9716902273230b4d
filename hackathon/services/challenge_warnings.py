"""What an organizer should look at in challenge.yaml, though it can be imported."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from hackathon.bundles.challenge import ChallengeSpec
from hackathon.bundles.problems import Said
from hackathon.models import Hackathon, Phase

from .challenge_changes import has_ended, window_of

FEW_STEPS = 10


def challenge_warnings(spec: ChallengeSpec, hackathon: Hackathon, now: datetime) -> Iterator[Said]:
    """Before the phases are written: one that has ended already is no news."""
    if (steps := spec.limits.budget.max_steps) < FEW_STEPS:
        yield (
            ("limits", "budget", "max_steps"),
            _("The step limit of a run is %(count)d: it learns next to nothing.") % {"count": steps},
        )
    phases = {phase.name: phase for phase in Phase.objects.filter(challenge__slug=spec.slug)}
    for index, each in enumerate(spec.phases):
        quota, phase = each.quota, phases.get(each.name)
        if "per_day" in quota.model_fields_set and quota.per_day > quota.total:
            message = _("%(per_day)d submissions a day are more than the %(total)d in total, which end first.")
            yield (
                ("phases", index, "quota", "per_day"),
                message % {"per_day": quota.per_day, "total": quota.total},
            )
        window = window_of(index, each, phase, hackathon, now)
        if window.closes_at <= now and not (phase is not None and has_ended(phase, now)):
            message = _("The phase “%(name)s” lies in the past: nobody can submit to it.")
            yield window.path, message % {"name": each.name}
