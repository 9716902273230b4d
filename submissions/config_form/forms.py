"""A config as a form. It does not judge it: the contract does, and its problems come back to their fields."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _

from hackathon.models import BaseModel
from training_worker.contract.adjusted import AdjustedValue
from training_worker.contract.base import JSON, ContractModel, FieldError
from training_worker.contract.config import may_be_null, summary
from training_worker.contract.limits import Terms
from training_worker.contract.methods import METHODS
from training_worker.contract.techniques import TECHNIQUES, techniques_for
from training_worker.contract.text import isolated

from .annotations import ANNOTATIONS
from .draft_form import DraftForm, adjusted_text, problem_text
from .fields import (
    BASE_MODEL,
    LISTS,
    METHOD,
    USED,
    USUAL,
    ConfigField,
    as_text,
    flatten,
    method_choices,
    method_fields,
    nest,
    read_value,
    technique_defaults,
    technique_fields,
    technique_path,
    training_fields,
    within,
)


@dataclass(frozen=True)
class Group:
    """Fields under one heading; `switch` is the checkbox that says whether they are part of the config. `more` are
    fields that few change: folded away, but for `is_open`."""

    title: str
    description: str
    fields: list[BoundField]
    switch: BoundField | None = None
    more: Sequence[BoundField] = ()
    is_open: bool = False


class ConfigForm(DraftForm):
    """One field per dotted name of base model, chosen method, training and techniques.

    All but the switches of techniques are text, so that no value is lost. `terms` are what is offered.
    """

    def __init__(self, data: Mapping[str, Any], *, terms: Terms, models: Sequence[BaseModel]) -> None:
        named = str(data.get(METHOD, ""))
        limits, choices = terms.limits, method_choices(terms.limits)
        self.method = named if named in choices else choices[0]
        used = [name for name in TECHNIQUES if technique_path(name) in data]
        self.techniques = techniques_for(terms.task, {*limits.techniques, *used})
        of_techniques = [spec for name in self.techniques for spec in technique_fields(name, limits)]
        specs = [*method_fields(self.method, limits, terms.task), *training_fields(limits, terms.task), *of_techniques]
        self.specs = {spec.path: spec for spec in specs}
        defaults = [technique_defaults(name, limits) for name in self.techniques]
        super().__init__(dict(ChainMap(dict(data), *defaults)), label_suffix="")
        annotations = {name: self.fields.pop(name) for name in ANNOTATIONS}
        self.fields[BASE_MODEL] = _model_field(models, str(data.get(BASE_MODEL, "")))
        self.fields[METHOD] = forms.CharField(required=False, widget=forms.HiddenInput)
        self.fields |= {technique_path(name): _switch() for name in self.techniques}
        self.fields |= {path: _field(spec) for path, spec in self.specs.items()}
        self.fields |= annotations

    @property
    def method_name(self) -> BoundField:
        return self[METHOD]

    @property
    def groups(self) -> list[Group]:
        return [
            Group(f"method: {self.method}", _described(METHODS[self.method]), self._of("method")),
            self._training(),
            *(self._technique(name) for name in self.techniques),
        ]

    def _training(self) -> Group:
        fields = self._of("training")
        more = [field for field in fields if field.name not in USUAL]
        is_open = any(field.errors or self._is_changed(field) for field in more)
        return Group("training", "", [field for field in fields if field not in more], more=more, is_open=is_open)

    def _is_changed(self, field: BoundField) -> bool:
        spec = self.specs[field.name]
        return field.value() not in {None, "", as_text(within(spec, spec.default))}

    def _technique(self, name: str) -> Group:
        path = technique_path(name)
        return Group(f"technique: {name}", _described(TECHNIQUES[name]), self._of(path), self[path])

    def _of(self, group: str) -> list[BoundField]:
        return [self[path] for path in self.specs if path.startswith(f"{group}.")]

    @property
    def _used(self) -> list[str]:
        """The techniques of the config, in its order."""
        return [name for name in self.techniques if self.cleaned_data.get(technique_path(name))]

    def config(self) -> JSON:
        """Empty fields are left out, so that the contract's defaults hold; so is what is not chosen."""
        values: dict[str, JSON] = dict.fromkeys(map(technique_path, self._used), USED)
        for path in (BASE_MODEL, METHOD, *self.specs):
            text = self.cleaned_data.get(path, "")
            if text and (not path.startswith("techniques.") or path.rpartition(".")[0] in values):
                values[path] = read_value(self.specs[path].kind, text) if path in self.specs else text
        if values.get(METHOD) != self.method:
            values = {path: value for path, value in values.items() if path == METHOD or not path.startswith("method.")}
        return {"method": {}} | nest(values) if METHOD not in values else nest(values)

    def add_problems(self, errors: Iterable[FieldError]) -> None:
        for error in errors:
            path = self._field_path(error.field)
            known = path in self.fields
            text = problem_text(error) if known else f"{error.field}: {problem_text(error)}"
            self.add_error(path if known else None, forms.ValidationError(text, code=error.code))

    def add_adjusted(self, values: Iterable[AdjustedValue]) -> None:
        for value in values:
            self.notes.setdefault(self._field_path(value.field), []).append(adjusted_text(value))

    def _field_path(self, path: str) -> str:
        """`techniques.0.epsilon` in the config is `techniques.fgm.epsilon` here, and its name the switch."""
        group, _dot, rest = path.partition(".")
        index, _dot, field = rest.partition(".")
        if group not in LISTS or not index.isdecimal() or int(index) >= len(self._used):
            return path
        switch = technique_path(self._used[int(index)])
        return switch if field in {"", "name"} else f"{switch}.{field}"


def _described(model: type[ContractModel]) -> str:
    text = summary(model)
    return _(text) if text else ""


def _switch() -> forms.BooleanField:
    return forms.BooleanField(required=False, label=_("Enable"))


def _model_field(models: Sequence[BaseModel], chosen: str) -> forms.CharField:
    choices = [(model.slug, f"{model.slug} · {isolated(model.name)}") for model in models]
    if chosen not in {model.slug for model in models}:
        choices.insert(0, ("", _("choose one")))  # never another model than was asked for
    return forms.CharField(required=False, label=_("base model"), widget=forms.Select(choices=choices))


def _field(spec: ConfigField) -> forms.CharField:
    default = as_text(spec.default)
    widget: forms.Widget
    if spec.choices:
        widget = forms.Select(choices=[(value, value) for value in spec.choices])
        help_text = spec.description
    else:
        bounds = {"min": spec.low, "max": spec.high, "step": spec.step, "placeholder": default}
        widget = forms.NumberInput(attrs={name: value for name, value in bounds.items() if value})
        help_text = f"{spec.description} {spec.allowed}" if spec.allowed else spec.description
    return forms.CharField(required=False, label=spec.name, help_text=help_text, widget=widget)


def form_data(config: Mapping[str, JSON]) -> dict[str, str]:
    """A config as the form's data. Raises `ValueError` with the dotted name of what no field of the form can hold."""
    dotted = [name for name in config if "." in name]
    if dotted:
        raise ValueError(dotted[0])
    flat = flatten(config)
    for path, value in flat.items():
        if not isinstance(value, str | int | float) and not (value is None and may_be_null(path)):
            raise ValueError(path)
    return {path: as_text(value) for path, value in flat.items()}
