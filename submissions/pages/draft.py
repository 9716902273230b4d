"""A config being written on the submit page: shown, checked, turned into another form, submitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from hackathon.bundles.yaml import dump
from hackathon.errors import DomainError, Invalid, NotAllowed
from hackathon.models import User
from submissions.config_form.annotations import ANNOTATIONS
from submissions.config_form.draft_form import DraftForm
from submissions.config_form.fields import BASE_MODEL, METHOD, idle_method_fields
from submissions.config_form.forms import ConfigForm, form_data
from submissions.config_form.presets import Preset, presets_of
from submissions.config_form.yaml_form import YamlForm
from submissions.models import Submission
from submissions.services.check_config import Preview, check_config, preview_config
from submissions.services.submit import Submitted, submit_checked
from training_worker.contract.adjusted import adjusted_values

from .submit import SubmitPage


@dataclass
class Draft:
    """A config being written: the tab's form, and what checking it said."""

    page: SubmitPage
    form: DraftForm
    copied: Submission | None = None
    is_kept: bool = False
    """It comes back from before a log-in."""
    pressed: str = ""
    """The name of the button that sent it; "" where the page was just opened."""
    choice: str = ""
    """The value of that button."""
    preview: Preview | None = None
    error: DomainError | None = None

    @property
    def tab(self) -> str:
        return "yaml" if isinstance(self.form, YamlForm) else "form"

    @property
    def is_asked(self) -> bool:
        """The viewer asked for the check, so the page shows its outcome in full."""
        return self.pressed in {"preview", "submit"}

    @property
    def has_outcome(self) -> bool:
        return bool(self.form.errors) or self.error is not None or self.is_asked

    @property
    def focus(self) -> str:
        """Where the page puts the focus: on the outcome, or on the button that stays pressed."""
        return "outcome" if self.pressed and self.has_outcome else self.pressed

    @property
    def presets(self) -> tuple[Preset, ...]:
        return presets_of(self.form.method) if isinstance(self.form, ConfigForm) else ()

    @property
    def canonical(self) -> str:
        return dump(self.preview.checked.config.model_dump(mode="json")) if self.preview else ""

    @property
    def errors_count(self) -> int:
        return sum(len(errors) for errors in self.form.errors.values())

    def check(self) -> None:
        """Fill `preview`, or put every problem beside its field. Takes no quota."""
        self.form.is_valid()
        config = self.form.config()
        if config is None or self.page.terms is None:
            return
        try:
            self.preview = preview_config(check_config(self.page.terms, config), team=self.page.team)
        except Invalid as invalid:
            self.form.add_problems(invalid.fields)
        else:
            self.form.add_adjusted(adjusted_values(config, self.preview.checked.config))

    def submit(self, author: User) -> Submitted | None:
        """Submit it, or keep what stands in the way: `error`, or problems beside their fields."""
        self.check()
        if self.preview is None or not self.form.is_valid():
            return None
        try:
            if self.page.team is None:
                raise NotAllowed(_("Only teams can submit."), code="no_team")
            return submit_checked(
                author=author,
                team=self.page.team,
                checked=self.preview.checked,
                note=self.form.cleaned_data["note"],
                tags=self.form.cleaned_data["tags"],
            )
        except DomainError as error:
            self.error = error
            return None


def new_draft(page: SubmitPage, wanted: Mapping[str, str], copied: Submission | None) -> Draft:
    """What the page opens with: a copy, or the wanted method's first preset; as a form or as YAML."""
    data = form_data(copied.config) if copied else page.defaults(wanted.get("method", ""))
    form: DraftForm = page.form(data)
    if wanted.get("tab") == "yaml":
        form = _as_yaml(form)
    return Draft(page, form, copied=copied)


def posted_draft(page: SubmitPage, posted: Mapping[str, str]) -> Draft:
    """The posted tab; with `to` the other tab, with `show` another method, with `preset` other values. The Enter key
    presses `preview`, so it costs nothing."""
    pressed = next((name for name in ("submit", "to", "show", "preset") if name in posted), "preview")
    return Draft(page, _posted_form(page, posted), pressed=pressed, choice=posted.get(pressed, ""))


def _posted_form(page: SubmitPage, posted: Mapping[str, str]) -> DraftForm:
    if posted.get("tab") == "yaml":
        text = YamlForm(posted)
        return _as_form(page, text) if posted.get("to") == "form" else text
    if "show" in posted:
        return page.form(_with_method(page, posted, posted["show"]))
    if "preset" in posted:
        return page.form(_with_preset(page, posted, posted["preset"]))
    form = page.form(posted)
    return _as_yaml(form) if posted.get("to") == "yaml" else form


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
        hidden = {*page.offered.task.idle_fields, *idle_method_fields(config)}
        unknown = sorted(set(data) - set(form.fields) - hidden)
        if unknown:
            raise ValueError(unknown[0])
    except ValueError as error:
        text.add_error("yaml", _("The form has no field for “%(name)s”.") % {"name": str(error)[:100]})
        return text
    return form


KEPT = (BASE_MODEL, *ANNOTATIONS)
"""What neither another method nor a preset changes."""


def _with_method(page: SubmitPage, posted: Mapping[str, str], method: str) -> dict[str, str]:
    """The new method's defaults under what was changed by hand: a value that is still the old method's gives way."""
    model = posted.get(BASE_MODEL, "")
    old, new = page.defaults(posted.get(METHOD, ""), model=model), page.defaults(method, model=model)
    kept = {
        path: value
        for path, value in posted.items()
        if path in KEPT or (path.startswith("training.") and value != old.get(path)) or path.startswith("techniques.")
    }
    return new | kept


def _with_preset(page: SubmitPage, posted: Mapping[str, str], preset: str) -> dict[str, str]:
    values = page.defaults(posted.get(METHOD, ""), preset=preset, model=posted.get(BASE_MODEL, ""))
    return values | {path: posted[path] for path in KEPT if path in posted}
