"""What the page for submitting offers one viewer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from hackathon.models import Challenge, current_phase
from hackathon.visibility import Viewer
from submissions.config_form.fields import as_text, method_choices
from submissions.config_form.forms import ConfigForm
from submissions.config_form.presets import default_method, preset_values
from submissions.selectors import QuotaState, quota_state
from submissions.services.check_config import PhaseTerms, terms_of
from teams.models import Team
from teams.selectors import team_in
from training_worker.contract.limits import Terms

from .refusals import phase_refusal, quota_refusal, team_refusal
from .step import NextStep


@dataclass(frozen=True)
class SubmitPage:
    """A challenge's current phase as the viewer may submit to it; `refusal` says why not, and what to do instead.

    `terms` are None before a phase is planned. What else is asked of the page needs `is_ready`.
    """

    challenge: Challenge
    terms: PhaseTerms | None
    team: Team | None
    quota: QuotaState | None
    refusal: NextStep | None

    @property
    def is_ready(self) -> bool:
        return self.terms is not None and bool(self.offered.limits.base_models) and bool(self.methods)

    @cached_property
    def offered(self) -> Terms:
        assert self.terms is not None
        return self.terms.offered

    @property
    def methods(self) -> list[str]:
        return method_choices(self.offered.limits)

    def defaults(self, method: str, *, preset: str = "", model: str = "") -> dict[str, str]:
        """The form's data for a method and one of its presets; the first allowed one for a method that is not."""
        method = method if method in self.methods else default_method(self.methods)
        values = preset_values(method, preset, self.offered, model=model)
        return {path: as_text(value) for path, value in values.items()}

    def form(self, data: Mapping[str, str]) -> ConfigForm:
        assert self.terms is not None
        return ConfigForm(data, terms=self.offered, models=self.terms.able)


def read_submit_page(viewer: Viewer, challenge: Challenge, *, now: datetime) -> SubmitPage:
    phase = current_phase(challenge.phases.select_related("data", "challenge__hackathon"), now)
    team = team_in(viewer, challenge.hackathon)
    quota = quota_state(team=team, phase=phase, now=now) if team and phase else None
    refusal = team_refusal(viewer, challenge, team) or (phase_refusal(challenge, phase, now) if phase else None)
    if refusal is None and quota is not None:
        refusal = quota_refusal(challenge, quota, seconds=challenge.challenge_limits.budget.max_seconds)
    return SubmitPage(challenge, terms_of(phase) if phase else None, team, quota, refusal)
