"""What a config would become and cost, without submitting it."""

from __future__ import annotations

from dataclasses import dataclass

from hackathon.models import BaseModel, Phase
from submissions.models import Submission
from teams.models import Team
from training_worker.contract.base import JSON
from training_worker.contract.canonical import config_hash
from training_worker.contract.config import SubmissionConfig
from training_worker.contract.limits import Estimate, estimate

from .submit import find_same_run, run_key_for, terms_of, validate_config


@dataclass(frozen=True)
class Preview:
    """`same_as` is the team's submission that would be returned instead of a new run; `seconds` would be reserved."""

    config: SubmissionConfig
    estimate: Estimate
    seconds: float
    same_as: Submission | None


def preview_config(*, team: Team | None, phase: Phase, config: JSON) -> Preview:
    """Writes nothing and takes no quota. Raises `Invalid` with every problem, as a submit would."""
    terms = terms_of(phase)
    checked = validate_config(terms, config)
    model = BaseModel.objects.get(slug=checked.base_model)
    key = run_key_for(phase, model, config_hash(checked))
    same = find_same_run(team=team, phase=phase, key=key) if team else None
    return Preview(
        config=checked,
        estimate=estimate(checked, terms),
        seconds=0.0 if same else phase.challenge.challenge_limits.budget.max_seconds,
        same_as=same,
    )
