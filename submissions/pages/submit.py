"""What the page for submitting shows one viewer, and what they may do there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hackathon.bundles.yaml import dump
from hackathon.enums import Role
from hackathon.errors import DomainError, Invalid, NotAllowed
from hackathon.models import BaseModel, Challenge, Hackathon, Phase, User, current_phase
from hackathon.selectors import usable_limits, usable_models
from hackathon.services.participation import require_registration_open
from hackathon.visibility import Viewer, role_in
from submissions.config_form.fields import METHOD, as_text, method_choices
from submissions.config_form.forms import ANNOTATIONS, ConfigForm, DraftForm, YamlForm, form_data
from submissions.config_form.presets import Preset, preset_values, presets_of
from submissions.models import Submission
from submissions.selectors import QuotaState, quota_state
from submissions.services.preview import Preview, preview_config
from submissions.services.submit import Submitted, submit_config
from teams.models import Team
from teams.selectors import team_in
from teams.services.membership import require_free
from training_worker.contract.limits import ChallengeLimits

from .next_steps import NextStep


@dataclass(frozen=True)
class SubmitPage:
    """A challenge's current phase as the viewer may submit to it; `refusal` says why not, and what to do instead."""

    challenge: Challenge
    limits: ChallengeLimits
    models: list[BaseModel]
    phase: Phase | None
    team: Team | None
    quota: QuotaState | None
    refusal: NextStep | None

    @property
    def is_ready(self) -> bool:
        return self.phase is not None and bool(self.models) and bool(self.methods)

    @property
    def methods(self) -> list[str]:
        return method_choices(self.limits)

    def defaults(self, method: str, preset: str = "") -> dict[str, str]:
        """The form's data for a method and one of its presets; the first allowed one for a method that is not."""
        method = method if method in self.methods else ("lora" if "lora" in self.methods else self.methods[0])
        size = self.phase.data.size.train_examples if self.phase else 0
        values = preset_values(method, preset, self.limits, train_examples=size)
        return {path: as_text(value) for path, value in values.items()}

    def form(self, data: Mapping[str, str]) -> ConfigForm:
        return ConfigForm(data, limits=self.limits, models=self.models)


def read_submit_page(viewer: Viewer, challenge: Challenge, *, now: datetime) -> SubmitPage:
    models = usable_models(challenge)
    limits = usable_limits(challenge, models)
    phase = current_phase(challenge.phases.select_related("data", "challenge__hackathon"), now)
    team = team_in(viewer, challenge.hackathon)
    quota = quota_state(team=team, phase=phase, now=now) if team and phase else None
    refusal = _team_refusal(viewer, challenge, team) or (_phase_refusal(challenge, phase, now) if phase else None)
    if refusal is None and quota is not None:
        refusal = quota_refusal(challenge, quota, seconds=limits.budget.max_seconds)
    return SubmitPage(challenge, limits, models, phase, team, quota, refusal)


def _team_refusal(viewer: Viewer, challenge: Challenge, team: Team | None) -> NextStep | None:
    if team is not None:
        return None
    hackathon = challenge.hackathon
    home = reverse("hackathons:detail", args=[hackathon.slug])
    role = role_in(viewer, hackathon)
    if role is not None and role != Role.PARTICIPANT:
        text = _("You are here as %(role)s: you can check a config, and teams submit.") % {"role": role.label}
        return NextStep(text, home, _("To the hackathon"))
    if role is None:
        text = _("You do not take part in this hackathon, so you can check a config but not submit it.")
        name, label = "teams:join", _("Take part")
    else:
        text = _("Only teams can submit, and you are in no team of this hackathon yet.")
        name, label = "teams:create", _("Create a team")
    refusal = _join_error(viewer, hackathon, is_new=role is None)
    if refusal is not None:
        return NextStep(f"{text} {refusal.message} {refusal.hint}".rstrip(), home, _("To the hackathon"))
    return NextStep(text, reverse(name, args=[hackathon.slug]), label)


def _join_error(viewer: Viewer, hackathon: Hackathon, *, is_new: bool) -> DomainError | None:
    """Why the viewer may not take part, or who does may not create a team; None where nothing stands in the way."""
    assert isinstance(viewer, User)
    try:
        if is_new:
            require_registration_open(viewer, hackathon)
        else:
            require_free(viewer, hackathon)
    except DomainError as error:
        return error
    return None


def _phase_refusal(challenge: Challenge, phase: Phase, now: datetime) -> NextStep | None:
    if phase.is_open(now):
        return None
    if now < phase.opens_at:
        text = _("The phase “%(phase)s” opens at %(time)s. Until then you can check a config.")
        url, label = reverse("challenges:detail", args=[challenge.slug]), _("Read the challenge")
        return NextStep(text % {"phase": phase.name, "time": _local(phase.opens_at)}, url, label)
    text = _("The phase “%(phase)s” closed at %(time)s.") % {"phase": phase.name, "time": _local(phase.closes_at)}
    if phase.is_released:
        text = _("The phase “%(phase)s” is over: its private scores are out.") % {"phase": phase.name}
    return NextStep(text, reverse("evaluation:leaderboard", args=[challenge.slug]), _("See the leaderboard"))


def quota_refusal(challenge: Challenge, quota: QuotaState, *, seconds: float) -> NextStep | None:
    """Which part of the quota is used up, the most lasting first, and what one can do about it."""
    board = reverse("evaluation:leaderboard", args=[challenge.slug])
    runs = f"{reverse('submissions:list')}?hackathon={challenge.hackathon.slug}"
    if quota.used_total >= quota.cap_total:
        text = _("Your team has used all its submissions of this phase.")
        return NextStep(text, board, _("See the leaderboard"))
    if quota.compute_used + seconds > quota.cap_compute:
        text = _("Your team has too little compute left for a whole run. Running ones give back what they do not use.")
        return NextStep(text, runs, _("Your submissions"))
    if quota.used_today >= quota.cap_day:
        text = _("Your team has used all its submissions of today. There is more from %(time)s.")
        return NextStep(text % {"time": _local(quota.resets_at)}, runs, _("Your submissions"))
    if quota.running >= quota.cap_at_once:
        text = _("Your team has as many runs going as it may. Wait until one has ended, or cancel one.")
        return NextStep(text, runs, _("Your submissions"))
    return None


def _local(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


@dataclass
class Draft:
    """A config being written: the tab's form, and what checking it said."""

    page: SubmitPage
    form: DraftForm
    copied: Submission | None = None
    is_asked: bool = False
    """The viewer asked for the check, so the page shows its outcome in full."""
    preview: Preview | None = None
    error: DomainError | None = None

    @property
    def tab(self) -> str:
        return "yaml" if isinstance(self.form, YamlForm) else "form"

    @property
    def presets(self) -> tuple[Preset, ...]:
        return presets_of(self.form.method) if isinstance(self.form, ConfigForm) else ()

    @property
    def canonical(self) -> str:
        return dump(self.preview.config.model_dump(mode="json")) if self.preview else ""

    @property
    def errors_count(self) -> int:
        return sum(len(errors) for errors in self.form.errors.values())

    def check(self) -> None:
        """Fill `preview`, or put every problem beside its field. Takes no quota."""
        self.form.is_valid()
        config = self.form.config()
        if config is None or self.page.phase is None:
            return
        try:
            self.preview = preview_config(team=self.page.team, phase=self.page.phase, config=config)
        except Invalid as invalid:
            self.form.add_problems(invalid.fields)

    def submit(self, author: User) -> Submitted | None:
        """Submit it, or keep what stands in the way: `error`, or problems beside their fields."""
        self.check()
        if self.preview is None or not self.form.is_valid() or self.page.phase is None:
            return None
        try:
            if self.page.team is None:
                raise NotAllowed(_("Only teams can submit."), code="no_team")
            return submit_config(
                author=author,
                team=self.page.team,
                phase=self.page.phase,
                config=self.form.config(),
                note=self.form.cleaned_data["note"],
                tags=self.form.cleaned_data["tags"],
            )
        except DomainError as error:
            self.error = error
            return None


def new_draft(page: SubmitPage, wanted: Mapping[str, str], copied: Submission | None) -> Draft:
    """What the page opens with: a copy, or the wanted method's preset; as a form or as YAML."""
    data = form_data(copied.config) if copied else page.defaults(wanted.get("method", ""), wanted.get("preset", ""))
    form: DraftForm = page.form(data)
    if wanted.get("tab") == "yaml":
        form = _as_yaml(form)
    return Draft(page, form, copied=copied)


def posted_draft(page: SubmitPage, posted: Mapping[str, str]) -> Draft:
    """The posted tab; with `to` the other tab and with `show` another method, keeping what was typed."""
    if posted.get("tab") == "yaml":
        text = YamlForm(posted)
        return Draft(page, _as_form(page, text) if posted.get("to") == "form" else text)
    if "show" in posted:
        return Draft(page, page.form(_with_method(page, posted, posted["show"])))
    form = page.form(posted)
    return Draft(page, _as_yaml(form) if posted.get("to") == "yaml" else form)


def _as_yaml(form: DraftForm) -> YamlForm:
    form.is_valid()
    return YamlForm.of(form.config(), form.annotations)


def _as_form(page: SubmitPage, text: YamlForm) -> DraftForm:
    """The same config in the form; the text itself where it cannot be read or holds what no field can show."""
    text.is_valid()
    config = text.config()
    if config is None:
        return text
    try:
        data = form_data(config)
        form = page.form(data | text.annotations)
        unknown = sorted(set(data) - set(form.fields))
        if unknown:
            raise ValueError(unknown[0])
    except ValueError as error:
        text.add_error("yaml", _("The form has no field for “%(name)s”.") % {"name": str(error)[:100]})
        return text
    return form


def _with_method(page: SubmitPage, posted: Mapping[str, str], method: str) -> dict[str, str]:
    """The new method's defaults under what was changed by hand: a value that is still the old method's gives way."""
    old, new = page.defaults(posted.get(METHOD, "")), page.defaults(method)
    kept = {
        path: value
        for path, value in posted.items()
        if path in {"base_model", *ANNOTATIONS} or (path.startswith("training.") and value != old.get(path))
    }
    return new | kept
