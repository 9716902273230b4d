"""A config as a form and as YAML. Neither judges it: the contract does, and its problems come back to their fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hackathon.bundles.yaml import YamlInvalid, dump, load_with_lines
from hackathon.errors import Invalid
from hackathon.models import BaseModel
from hackathon.web.translation import translated_error
from submissions.tags import read_tags, split_tags
from training_worker.contract.base import JSON, FieldError
from training_worker.contract.limits import ChallengeLimits
from training_worker.contract.methods import METHODS

from .fields import (
    BASE_MODEL,
    METHOD,
    ConfigField,
    as_text,
    flatten,
    method_choices,
    method_fields,
    nest,
    read_value,
    training_fields,
)

NOTE_LENGTH = 300
TAGS_LENGTH = 400
ANNOTATIONS = ("note", "tags")
"""Fields that both tabs share."""


def problem_text(error: FieldError) -> str:
    """What is wrong with a field and what it accepts, in the reader's language."""
    said = translated_error(error)
    if not said.allowed:
        return said.message
    return _("%(problem)s Allowed: %(allowed)s.") % {"problem": said.message, "allowed": said.allowed}


class TagsField(forms.CharField):
    """Tags on one line; its value is a list of them."""

    def __init__(self) -> None:
        super().__init__(
            label=gettext_lazy("tags"),
            max_length=TAGS_LENGTH,
            required=False,
            help_text=gettext_lazy("To find runs again: lora, sweep-2. Up to 8, between commas or spaces."),
            widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off"}),
        )

    def clean(self, value: Any) -> list[str]:
        try:
            return read_tags(split_tags(super().clean(value)))
        except Invalid as invalid:
            raise forms.ValidationError([field.message for field in invalid.fields]) from None


class AnnotationForm(forms.Form):
    """What a team writes on a submission."""

    note = forms.CharField(
        label=gettext_lazy("note"),
        max_length=NOTE_LENGTH,
        required=False,
        help_text=gettext_lazy("For your team: what you try with this run."),
    )
    tags = TagsField()


class DraftForm(AnnotationForm):
    """What both tabs share. Always bound, so that the contract's problems can be put beside their fields."""

    @property
    def annotations(self) -> dict[str, str]:
        """Note and tags as they were typed."""
        return {name: str(self.data.get(name, "")) for name in ANNOTATIONS}

    def config(self) -> JSON:
        """What is to be submitted, None where the text cannot be read. Needs `is_valid` to have been called."""
        raise NotImplementedError

    def add_problems(self, errors: Iterable[FieldError]) -> None:
        raise NotImplementedError


@dataclass(frozen=True)
class Group:
    """Fields under one heading."""

    title: str
    description: str
    fields: list[BoundField]


class ConfigForm(DraftForm):
    """One field per dotted name of base model, chosen method and training; all are text, so that no value is lost."""

    def __init__(self, data: Mapping[str, Any], *, limits: ChallengeLimits, models: Sequence[BaseModel]) -> None:
        super().__init__(data, label_suffix="")
        self.limits = limits
        named = str(data.get(METHOD, ""))
        choices = method_choices(limits)
        self.method = named if named in choices else choices[0]
        self.specs = {spec.path: spec for spec in [*method_fields(self.method, limits), *training_fields(limits)]}
        annotations = {name: self.fields.pop(name) for name in ANNOTATIONS}
        self.fields[BASE_MODEL] = _model_field(models, str(data.get(BASE_MODEL, "")))
        self.fields[METHOD] = forms.CharField(required=False, widget=forms.HiddenInput)
        self.fields |= {path: _field(spec) for path, spec in self.specs.items()}
        self.fields |= annotations

    @property
    def method_name(self) -> BoundField:
        return self[METHOD]

    @property
    def groups(self) -> list[Group]:
        doc = (METHODS[self.method].__doc__ or "").strip()
        chosen = [self[path] for path in self.specs if path.startswith("method.")]
        training = [self[path] for path in self.specs if path.startswith("training.")]
        return [Group(f"method: {self.method}", _(doc) if doc else "", chosen), Group("training", "", training)]

    def config(self) -> JSON:
        """Empty fields are left out, so that the contract's defaults hold; another method's fields too."""
        values: dict[str, JSON] = {}
        for path in (BASE_MODEL, METHOD, *self.specs):
            text = self.cleaned_data.get(path, "")
            if text:
                values[path] = read_value(self.specs[path].kind, text) if path in self.specs else text
        if values.get(METHOD) != self.method:
            values = {path: value for path, value in values.items() if path == METHOD or path not in self._of_method()}
        return {"method": {}} | nest(values) if METHOD not in values else nest(values)

    def _of_method(self) -> set[str]:
        return {path for path in self.specs if path.startswith("method.")}

    def add_problems(self, errors: Iterable[FieldError]) -> None:
        for error in errors:
            known = error.field in self.fields
            text = problem_text(error) if known else f"{error.field}: {problem_text(error)}"
            self.add_error(error.field if known else None, forms.ValidationError(text, code=error.code))


def _model_field(models: Sequence[BaseModel], chosen: str) -> forms.CharField:
    choices = [(model.slug, f"{model.slug} · {model.name}") for model in models]
    if chosen not in {model.slug for model in models}:
        choices.insert(0, ("", _("choose one")))  # never another model than was asked for
    return forms.CharField(required=False, label=_("base model"), widget=forms.Select(choices=choices))


def _field(spec: ConfigField) -> forms.CharField:
    default = as_text(spec.default)
    widget: forms.Widget
    if spec.kind == "choice":
        widget = forms.Select(choices=[(value, value) for value in spec.choices])
        help_text = spec.description
    else:
        bounds = {"min": spec.low, "max": spec.high, "step": spec.step, "placeholder": default}
        widget = forms.NumberInput(attrs={name: value for name, value in bounds.items() if value})
        help_text = f"{spec.description} {spec.allowed}" if spec.allowed else spec.description
    return forms.CharField(required=False, label=spec.name, help_text=help_text, widget=widget)


def form_data(config: Mapping[str, JSON]) -> dict[str, str]:
    """A config as the form's data. Raises `ValueError` with the dotted name of what no field of the form can hold."""
    flat = flatten(config)
    for path, value in flat.items():
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError(path)
    return {path: as_text(value) for path, value in flat.items()}


class YamlForm(DraftForm):
    """The config as text. Its problems name their line."""

    yaml = forms.CharField(
        label="YAML",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "autocapitalize": "off"}),
    )
    field_order = ("yaml", *ANNOTATIONS)

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data, label_suffix="")
        self.lines: dict[tuple[str | int, ...], int] = {}

    @classmethod
    def of(cls, config: JSON, annotations: Mapping[str, str]) -> YamlForm:
        return cls({"yaml": dump(config), **annotations})

    def clean_yaml(self) -> JSON:
        try:
            config, self.lines = load_with_lines(self.cleaned_data["yaml"])
        except YamlInvalid as invalid:
            raise forms.ValidationError([_at_line(line, text) for line, text in invalid.problems]) from None
        if not isinstance(config, dict):
            raise forms.ValidationError(_at_line(1, _("A config has the keys base_model, method and training.")))
        return config

    def config(self) -> JSON:
        return self.cleaned_data.get("yaml")

    def add_problems(self, errors: Iterable[FieldError]) -> None:
        for error in errors:
            text = f"{error.field}: {problem_text(error)}" if error.field else problem_text(error)
            self.add_error("yaml", forms.ValidationError(_at_line(self._line(error.field), text), code=error.code))

    def _line(self, field: str) -> int:
        """Where the field is, else the nearest thing around it that is there."""
        path: tuple[str, ...] = tuple(field.split("."))
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def _at_line(line: int, text: str) -> str:
    return _("Line %(line)d: %(problem)s") % {"line": line, "problem": text} if line else text
