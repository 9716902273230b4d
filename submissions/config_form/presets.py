"""Sensible settings to begin with, per method, moved into what a challenge allows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from training_worker.contract.base import JSON
from training_worker.contract.facts import ModelFacts
from training_worker.contract.limits import Terms, largest_cost
from training_worker.contract.methods import METHODS, Lora
from training_worker.contract.techniques import techniques_for

from .fields import (
    BASE_MODEL,
    METHOD,
    ConfigField,
    as_text,
    method_choices,
    method_fields,
    nest,
    technique_defaults,
    training_fields,
    within,
)

BATCH, EPOCHS, LENGTH = "training.per_device_train_batch_size", "training.num_train_epochs", "training.max_length"


@dataclass(frozen=True)
class Preset:
    """`values` are those that differ from the contract's defaults, by dotted name."""

    slug: str
    title: str | Promise
    values: Mapping[str, Any]


_QUICK, _BALANCED, _THOROUGH = _("quick look"), _("balanced"), _("thorough")


def _beside(rate: float) -> tuple[Preset, ...]:
    """Of a method that trains few parameters, with its usual learning rate."""
    return (
        Preset("balanced", _BALANCED, {"training.learning_rate": rate}),
        Preset("quick", _QUICK, {"training.learning_rate": 2 * rate, EPOCHS: 1, LENGTH: 64}),
        Preset(
            "thorough", _THOROUGH, {"training.learning_rate": rate, EPOCHS: 6, "training.early_stopping_patience": 2}
        ),
    )


PRESETS: dict[str, tuple[Preset, ...]] = {
    "head": (
        Preset("balanced", _BALANCED, {"training.learning_rate": 1e-2, EPOCHS: 10}),
        Preset("quick", _QUICK, {"training.learning_rate": 1e-2, EPOCHS: 3, LENGTH: 64}),
        Preset(
            "thorough",
            _THOROUGH,
            {"training.learning_rate": 3e-3, EPOCHS: 30, "training.early_stopping_patience": 3},
        ),
    ),
    "lora": (
        Preset("balanced", _BALANCED, {"training.learning_rate": 1e-3}),
        Preset("quick", _QUICK, {"training.learning_rate": 2e-3, EPOCHS: 1, LENGTH: 64, "method.r": 4}),
        Preset(
            "thorough",
            _THOROUGH,
            {
                "training.learning_rate": 5e-4,
                EPOCHS: 6,
                "training.early_stopping_patience": 2,
                "method.r": 16,
                "method.lora_alpha": 32,
                "method.target_modules": "all-linear",
            },
        ),
    ),
    "top_layers": (
        Preset("balanced", _BALANCED, {"training.learning_rate": 1e-4}),
        Preset("quick", _QUICK, {"training.learning_rate": 2e-4, EPOCHS: 1, LENGTH: 64, "method.num_layers": 1}),
        Preset(
            "thorough",
            _THOROUGH,
            {"training.learning_rate": 1e-4, EPOCHS: 6, "training.early_stopping_patience": 2, "method.num_layers": 3},
        ),
    ),
    "adapter": _beside(1e-3),
    "bitfit": _beside(2e-3),
    "ia3": _beside(1e-2),
    "prompt_tuning": _beside(1e-2),
    "prefix_tuning": _beside(1e-2),
    "full": (
        Preset("balanced", _BALANCED, {"training.learning_rate": 5e-5}),
        Preset("quick", _QUICK, {"training.learning_rate": 1e-4, EPOCHS: 1, LENGTH: 64}),
        Preset(
            "thorough", _THOROUGH, {"training.learning_rate": 3e-5, EPOCHS: 6, "training.early_stopping_patience": 2}
        ),
    ),
}
PLAIN = Preset("balanced", _BALANCED, {})


def presets_of(method: str) -> tuple[Preset, ...]:
    """The first is what a form starts with."""
    return PRESETS.get(method, (PLAIN,))


def default_method(methods: Sequence[str]) -> str:
    """What a form starts with and an example shows."""
    return "lora" if "lora" in methods else methods[0]


def default_config(terms: Terms) -> dict[str, JSON]:
    """What the form starts with, as a config; needs a method and a base model in `terms`."""
    return nest(preset_values(default_method(method_choices(terms.limits)), "", terms))


def shown_defaults(terms: Terms) -> dict[str, str]:
    """What the form of each method starts with, as text, by dotted name; a method's own by `method.<method>.<field>`.
    Where methods start with several values each one names its methods."""
    started = {name: preset_values(name, "", terms) for name in method_choices(terms.limits)}
    shown = {
        f"method.{name}.{field.name}": as_text(values[field.path])
        for name, values in started.items()
        for field in method_fields(name, terms.limits, terms.task)
    }
    for field in training_fields(terms.limits, terms.task):
        methods: dict[str, list[str]] = {}
        for name, values in started.items():
            methods.setdefault(as_text(values[field.path]), []).append(name)
        texts = [f"{text} ({', '.join(names)})" if len(methods) > 1 else text for text, names in methods.items()]
        shown[field.path] = " · ".join(texts)
    for name in techniques_for(terms.task, terms.limits.techniques):
        shown |= technique_defaults(name, terms.limits)
    return shown


def preset_values(method: str, slug: str, terms: Terms, *, model: str = "") -> dict[str, Any]:
    """Every field's value by dotted name, as `terms` allow it: the preset of that name, else the method's first.

    It is made for `model`, where that is allowed, else for the first one that fits. No technique is used in a preset.
    """
    presets = presets_of(method)
    preset = next((one for one in presets if one.slug == slug), presets[0])
    fields = [*method_fields(method, terms.limits, terms.task), *training_fields(terms.limits, terms.task)]
    values = {field.path: within(field, preset.values.get(field.path, field.default)) for field in fields}
    model = model if model in terms.limits.base_models else _first_model(method, terms)
    _fit_model(values, terms.models.get(model))
    _fit_budget(values, {field.path: field for field in fields}, terms)
    return ({BASE_MODEL: model} if model else {}) | {METHOD: method} | values


def _first_model(method: str, terms: Terms) -> str:
    """The first model that the method fits; else the first one; "" where there is none."""
    spec, models = METHODS[method], terms.limits.base_models
    known = [(slug, terms.models[slug]) for slug in models if slug in terms.models]
    fitting = (
        slug
        for slug, facts in known
        if facts.family in spec.families and spec.fits(terms.task.of(facts.family)) and not spec.problems_of_all(facts)
    )
    return next(fitting, models[0] if models else "")


def _fit_model(values: dict[str, Any], facts: ModelFacts | None) -> None:
    """No longer examples than the model can read, no more layers than it has, and only such."""
    virtual = values.get("method.num_virtual_tokens", 0)
    layers, targets = "method.num_layers", "method.target_modules"
    if facts is not None and targets in values and (found := Lora.groups_of(facts)) and values[targets] not in found:
        values[targets] = found[0]
    if facts is not None and facts.size is not None and layers in values:
        values[layers] = max(1, min(values[layers], facts.size.depth))
    if facts is not None and facts.max_positions is not None and LENGTH in values:
        values[LENGTH] = min(values[LENGTH], facts.max_positions - virtual)


def _fit_budget(values: dict[str, Any], fields: Mapping[str, ConfigField], terms: Terms) -> None:
    """Smaller batches where they cost too much, fewer passes where their steps are."""
    limits = terms.limits
    affordable = int(limits.max_batch_cost // largest_cost(terms, values.get(LENGTH, 1)))
    values[BATCH] = min(values[BATCH], max(affordable, int(fields[BATCH].low or 1)))
    steps_a_pass = max(math.ceil(terms.size.train_examples / values[BATCH]), 1)
    passes = limits.budget.max_steps // steps_a_pass
    values[EPOCHS] = min(values[EPOCHS], max(passes, int(float(fields[EPOCHS].low or 1))))
