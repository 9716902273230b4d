"""The phases of a challenge as its bundle wants them, as far as they may still change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from hackathon.bundles.phases import PhaseSpec
from hackathon.models import ChallengeData, Hackathon, Phase
from hackathon.models.challenge import QUOTA

from .challenge_changes import Changes, Window, has_ended, has_opened, window_of


def write_phases(
    specs: Sequence[PhaseSpec],
    hackathon: Hackathon,
    data: ChallengeData,
    step: float,
    changes: Changes,
    now: datetime,
) -> None:
    """`step` is that of public scores where a spec names none. Notes in `changes` which data phases move to or keep."""
    for index, spec in enumerate(specs):
        phase = Phase.objects.filter(challenge=data.challenge, name=spec.name).select_related("data").first()
        window = window_of(index, spec, phase, hackathon, now)
        if phase is not None and phase.data_id != data.pk:
            _say_data(phase, data, window, changes, now)
        if phase is not None and has_ended(phase, now):
            continue
        if phase is None or not has_opened(phase, now):
            phase = phase or Phase(challenge=data.challenge, name=spec.name)
            phase.opens_at, phase.data, phase.precision = window.opens_at, data, spec.precision
            phase.display_step = spec.display_step or step
        phase.closes_at = window.closes_at
        for name in QUOTA:
            setattr(phase, name, getattr(spec.quota, name))
        phase.save()


def _say_data(phase: Phase, data: ChallengeData, window: Window, changes: Changes, now: datetime) -> None:
    values = {"name": phase.name, "old": phase.data.version, "new": data.version}
    if has_opened(phase, now):
        message = _("The phase “%(name)s” has opened: it keeps data version %(old)d.")
        changes.kept.append((window.path, message % values))
    else:
        message = _("The phase “%(name)s” moves from data version %(old)d to %(new)d.")
        changes.others.append((window.path, message % values))
