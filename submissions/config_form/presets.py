"""Sensible settings to begin with, per method, moved into what a challenge allows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from training_worker.contract.limits import ChallengeLimits

from .fields import BASE_MODEL, METHOD, ConfigField, method_fields, training_fields

BATCH, EPOCHS, LENGTH = "training.per_device_train_batch_size", "training.num_train_epochs", "training.max_length"


@dataclass(frozen=True)
class Preset:
    """`values` are those that differ from the contract's defaults, by dotted name."""

    slug: str
    title: str | Promise
    values: Mapping[str, Any]


_QUICK, _BALANCED, _THOROUGH = _("quick look"), _("balanced"), _("thorough")
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


def preset_values(method: str, slug: str, limits: ChallengeLimits, *, train_examples: int) -> dict[str, Any]:
    """Every field's value by dotted name, as `limits` allow it: the preset of that name, else the method's first."""
    presets = presets_of(method)
    preset = next((one for one in presets if one.slug == slug), presets[0])
    fields = [*method_fields(method, limits), *training_fields(limits)]
    values = {field.path: _within(field, preset.values.get(field.path, field.default)) for field in fields}
    _fit_budget(values, {field.path: field for field in fields}, limits, train_examples)
    first = {BASE_MODEL: limits.base_models[0]} if limits.base_models else {}
    return first | {METHOD: method} | values


def _within(field: ConfigField, value: Any) -> Any:
    if field.kind == "choice":
        return value
    if field.low and value < float(field.low):
        value = float(field.low)
    if field.high and value > float(field.high):
        value = float(field.high)
    return math.floor(value) if field.kind == "integer" else float(value)


def _fit_budget(
    values: dict[str, Any], fields: Mapping[str, ConfigField], limits: ChallengeLimits, train_examples: int
) -> None:
    """Smaller batches where they cost too much, fewer passes where their steps are."""
    values[BATCH] = min(values[BATCH], max(limits.max_batch_cost // values[LENGTH], int(fields[BATCH].low or 1)))
    steps_a_pass = max(math.ceil(train_examples / values[BATCH]), 1)
    affordable = limits.budget.max_steps // steps_a_pass
    values[EPOCHS] = min(values[EPOCHS], max(affordable, int(float(fields[EPOCHS].low or 1))))
