"""A challenge's limits as fields of a form, made from the contract's models; each has the name of its bundle's key."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hackathon.bundles.limits import LISTS, limit_problems
from hackathon.bundles.problems import Said
from hackathon.models import BaseModel
from hackathon.services.limits import enabled_models, limit_misfits
from hackathon.web.translation import translated
from training_worker.contract.base import JSON, ContractModel
from training_worker.contract.config import Bounds, describe_allowed, models_with, number_bounds, number_names, summary
from training_worker.contract.limits import Budget, ChallengeLimits
from training_worker.contract.methods import METHODS
from training_worker.contract.tasks import TASKS
from training_worker.contract.techniques import TECHNIQUES

PREFIX = "limits."
BATCH = "max_batch_cost"
_LABELS = {
    "base_models": gettext_lazy("Base models"),
    "methods": gettext_lazy("Methods"),
    "techniques": gettext_lazy("Techniques"),
}


class RangeWidget(forms.MultiWidget):
    """Two numbers side by side; empty stands for the field's own bound, which shows through."""

    def __init__(self, name: str, bounds: Bounds) -> None:
        common = {"min": _short(bounds.low), "max": _short(bounds.high), "step": "1" if bounds.is_whole else "any"}
        said = ((_("Minimum of %(name)s"), bounds.low), (_("Maximum of %(name)s"), bounds.high))
        inputs = [
            forms.NumberInput(common | {"placeholder": _short(bound), "aria-label": label % {"name": name}})
            for label, bound in said
        ]
        super().__init__(inputs)

    def decompress(self, value: Any) -> list[Any]:
        return [_short(value["min"]), _short(value["max"])] if value else [None, None]


class RangeField(forms.MultiValueField):
    """`{"min", "max"}`; None where it is not narrower than the field's own bounds."""

    def __init__(self, name: str, bounds: Bounds, **kwargs: Any) -> None:
        self.bounds = bounds
        numbers = (forms.FloatField(required=False), forms.FloatField(required=False))
        super().__init__(
            numbers,
            widget=RangeWidget(name, bounds),
            required=False,
            require_all_fields=False,
            label=name.rpartition(".")[2],
            **kwargs,
        )

    def compress(self, data_list: list[Any]) -> dict[str, float] | None:
        low, high = data_list or (None, None)
        low = self.bounds.low if low is None else low
        high = self.bounds.high if high is None else high
        return None if (low, high) == (self.bounds.low, self.bounds.high) else {"min": low, "max": high}


def _short(number: float) -> str:
    return repr(int(number) if float(number).is_integer() else number)


def limit_fields() -> dict[str, forms.Field]:
    """Every field, by its name in the form."""
    chosen = {
        name: forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, label=_LABELS[name]) for name in LISTS
    }
    chosen["methods"].choices = [(name, _described(name, model)) for name, model in METHODS.items()]
    chosen["techniques"].choices = [(name, _described(name, model)) for name, model in TECHNIQUES.items()]
    chosen["techniques"].required = False
    budget = {f"budget.{name}": _number_field(Budget, name) for name in Budget.model_fields}
    ranges = {f"ranges.{name}": _range_field(name) for name in number_names()}
    found = {**chosen, **budget, BATCH: _number_field(ChallengeLimits, BATCH), **ranges}
    return {PREFIX + name: field for name, field in found.items()}


def limit_fieldsets(stored: ChallengeLimits | None) -> list[tuple[Any, dict[str, Any]]]:
    """Ranges that narrow nothing are folded away."""
    found = [
        (_("What teams may choose"), {"fields": [PREFIX + name for name in LISTS]}),
        (
            _("Budget of one run"),
            {"fields": [f"{PREFIX}budget.{name}" for name in Budget.model_fields] + [PREFIX + BATCH]},
        ),
    ]
    groups: dict[str, list[str]] = {}
    for name in number_names():
        groups.setdefault(name.rpartition(".")[0], []).append(name)
    for group, names in groups.items():
        is_narrowed = stored is not None and any(name in stored.ranges for name in names)
        entry: dict[str, Any] = {
            "fields": [f"{PREFIX}ranges.{name}" for name in names],
            "description": _("From … to. What is left empty stays at the field's own bound."),
            "classes": [] if is_narrowed else ["collapse"],
        }
        found.append((_("Ranges: %(group)s") % {"group": group}, entry))
    return found


def _described(name: str, model: type[ContractModel]) -> str:
    text = summary(model)
    return f"{name}: {_(text)}" if text else name


def _help(model: type[ContractModel], name: str) -> str:
    """What it is, and the contract's own bounds."""
    said, allowed = model.model_fields[name].description, translated(describe_allowed(model, name))
    return " ".join(filter(None, (_(said) if said else "", f"({allowed.strip()})" if allowed else "")))


def _number_field(model: type[ContractModel], name: str) -> forms.Field:
    schema = model.model_json_schema()["properties"][name]
    kind = forms.IntegerField if schema["type"] == "integer" else forms.FloatField
    field: forms.Field = kind(
        label=name,
        help_text=_help(model, name),
        min_value=schema.get("minimum"),
        max_value=schema.get("maximum"),
        initial=schema["default"],
    )
    return field


def _range_field(name: str) -> RangeField:
    bounds = number_bounds(name)
    assert bounds is not None
    return RangeField(name, bounds, help_text=_help(models_with(name)[0], name.rpartition(".")[2]))


def model_choices(stored: ChallengeLimits | None) -> list[tuple[str, str]]:
    """Those that are enabled, and those chosen before, first and in their order."""
    models = {model.slug: f"{model.slug}: {model.name}" for model in BaseModel.objects.filter(is_enabled=True)}
    slugs = dict.fromkeys([*(stored.base_models if stored else ()), *sorted(models)])
    return [(slug, models.get(slug, _("%(slug)s (not enabled)") % {"slug": slug})) for slug in slugs]


def initial_limits(limits: ChallengeLimits) -> dict[str, Any]:
    """By name of the field."""
    values = limits.model_dump(mode="json")
    flat: dict[str, Any] = {name: values[name] for name in (*LISTS, BATCH)}
    flat |= {f"budget.{name}": _short(value) for name, value in values["budget"].items()}
    flat |= {f"ranges.{name}": value for name, value in values["ranges"].items()}
    return {PREFIX + name: value for name, value in flat.items()}


def chosen_limits(cleaned: Mapping[str, Any]) -> JSON:
    """Limits as a bundle has them, of the fields that are in order."""
    found = {name.removeprefix(PREFIX): value for name, value in cleaned.items() if name.startswith(PREFIX)}
    limits: dict[str, JSON] = {name: found[name] for name in (*LISTS, BATCH) if name in found}
    for group in ("budget", "ranges"):
        values = {
            name.removeprefix(f"{group}."): value for name, value in found.items() if name.startswith(f"{group}.")
        }
        limits[group] = {name: value for name, value in values.items() if value is not None}
    return limits


def problems_of_limits(limits: JSON, task: str) -> Iterator[Said]:
    """As those of a bundle, by their path."""
    found = list(limit_problems(limits))
    yield from found
    if not found:
        read = ChallengeLimits.model_validate_json(json.dumps(limits))
        yield from limit_misfits(TASKS.get(task), read, enabled_models())
