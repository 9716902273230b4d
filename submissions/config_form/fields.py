"""The fields of a config as a form has them, from the contract's models and a challenge's limits."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext as _

from hackathon.web.translation import translated
from training_worker.contract.base import JSON, ContractModel
from training_worker.contract.canonical import RATES
from training_worker.contract.config import TrainingArguments, describe_allowed, field_schema
from training_worker.contract.limits import ChallengeLimits
from training_worker.contract.methods import METHODS
from training_worker.contract.tasks import TaskSpec
from training_worker.contract.techniques import TECHNIQUES

BASE_MODEL, METHOD = "base_model", "method.name"
LISTS = frozenset({"techniques"})
"""Groups of a config of which each may be there or not; `techniques.<name>` is USED where it is."""
USED = "on"
USUAL = frozenset(
    f"training.{name}"
    for name in (
        "learning_rate",
        "per_device_train_batch_size",
        "num_train_epochs",
        "max_length",
        "optim",
        "weight_decay",
        "lr_scheduler_type",
        "warmup_steps",
        "early_stopping_patience",
    )
)
"""Fields of a training that people change first."""
BOOLEANS = ("false", "true")
"""As YAML and JSON write them."""
_INT = re.compile(r"[-+]?[0-9]{1,300}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


@dataclass(frozen=True)
class ConfigField:
    """`path` is its dotted name; `low`, `high` and `step` are what an HTML number input takes ("" for none)."""

    path: str
    kind: Literal["integer", "number", "boolean", "choice"]
    default: Any
    choices: tuple[str, ...]
    low: str
    high: str
    step: str
    allowed: str
    description: str

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]


def method_choices(limits: ChallengeLimits) -> list[str]:
    return [name for name in limits.methods if name in METHODS]


def method_fields(method: str, limits: ChallengeLimits, task: TaskSpec) -> list[ConfigField]:
    """Without those that have no meaning for any model of the task."""
    spec = METHODS[method]
    return [field for field in _fields("method", spec, limits) if spec.uses_field(field.name, task)]


def idle_method_fields(config: Mapping[str, JSON]) -> list[str]:
    """Dotted names of a config's fields that only some families' models have, as far as they are at their defaults."""
    method = config.get("method")
    model = METHODS.get(str(method.get("name"))) if isinstance(method, dict) else None
    if model is None or not isinstance(method, dict):
        return []
    return [f"method.{name}" for name in model.families_of if method.get(name) == model.model_fields[name].default]


def training_fields(limits: ChallengeLimits, task: TaskSpec) -> list[ConfigField]:
    """Without those that change nothing in the task."""
    return [field for field in _fields("training", TrainingArguments, limits) if field.path not in task.idle_fields]


def technique_path(technique: str) -> str:
    return f"techniques.{technique}"


def technique_fields(technique: str, limits: ChallengeLimits) -> list[ConfigField]:
    return list(_fields(technique_path(technique), TECHNIQUES[technique], limits))


def _fields(group: str, model: type[ContractModel], limits: ChallengeLimits) -> Iterator[ConfigField]:
    for name, info in model.model_fields.items():
        if name == "name":
            continue
        schema = field_schema(model, name)
        narrowed = limits.ranges.get(f"{group}.{name}")
        low = narrowed.min if narrowed else schema.get("minimum", schema.get("exclusiveMinimum"))
        high = narrowed.max if narrowed else schema.get("maximum")
        yield ConfigField(
            path=f"{group}.{name}",
            kind="choice" if "enum" in schema else schema["type"],
            default=info.default,
            choices=BOOLEANS if schema.get("type") == "boolean" else tuple(schema.get("enum", ())),
            low="" if low is None else as_text(low),
            high="" if high is None else as_text(high),
            step=_step(name, schema, low),
            allowed=str(narrowed) if narrowed else translated(describe_allowed(model, name)),
            description=_(info.description) if info.description else "",
        )


def _step(name: str, schema: dict[str, Any], low: float | None) -> str:
    """A browser counts steps from the minimum: 0.01 is right only where that lies on the grid."""
    if schema.get("type") == "integer":
        return "1"
    on_grid = low is not None and abs(low * 100 - round(low * 100)) < 1e-9
    return "0.01" if name in RATES and on_grid else "any"


def within(field: ConfigField, value: Any) -> Any:
    """The value, moved into the field's bounds."""
    if value is None or field.kind in ("boolean", "choice"):
        return value
    if field.low and value < float(field.low):
        value = float(field.low)
    if field.high and value > float(field.high):
        value = float(field.high)
    return math.floor(value) if field.kind == "integer" else float(value)


def technique_defaults(technique: str, limits: ChallengeLimits) -> dict[str, str]:
    """What the form starts with, by dotted name."""
    return {spec.path: as_text(within(spec, spec.default)) for spec in technique_fields(technique, limits)}


def as_text(value: Any) -> str:
    """A value as an input holds it; a number or boolean comes back from `read_value` as the same."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return BOOLEANS[value]
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value else repr(value)
    return str(value)


def read_value(kind: str, text: str) -> JSON:
    """What `text` is, by the field's kind; what cannot be read stays text, for the contract to refuse."""
    if kind == "integer" and _INT.fullmatch(text):
        return int(text)
    if kind == "boolean" and text in BOOLEANS:
        return text == "true"
    if kind == "number" and _FLOAT.fullmatch(text):
        return float(text)
    return text


def nest(values: Mapping[str, JSON]) -> dict[str, JSON]:
    """{"method.r": 8} → {"method": {"r": 8}}, and of a list each one that is there, in their order:
    {"techniques.fgm": "on", "techniques.fgm.epsilon": 2.0} → {"techniques": [{"name": "fgm", "epsilon": 2.0}]}."""
    config: dict[str, JSON] = {}
    lists: dict[str, dict[str, dict[str, JSON]]] = {}
    for path, value in values.items():
        group, dot, name = path.partition(".")
        if group in LISTS and dot:
            item, dot, name = name.partition(".")
            fields = lists.setdefault(group, {}).setdefault(item, {"name": item})
            fields |= {name: value} if dot else {}
        elif dot:
            config.setdefault(group, {})[name] = value
        else:
            config[path] = value
    return config | {group: list(items.values()) for group, items in lists.items()}


def flatten(config: Mapping[str, JSON]) -> dict[str, JSON]:
    """The way back of `nest`; what is deeper stays as it is. An item of a list that has no name of its own, or that
    of another one, is named by its index."""
    flat: dict[str, JSON] = {}
    for group, value in config.items():
        if group in LISTS and isinstance(value, list):
            for index, item in enumerate(value):
                flat |= _flat_item(group, index, item, flat)
        elif isinstance(value, dict) and group not in LISTS:
            flat |= {f"{group}.{name}": inner for name, inner in value.items()}
        else:
            flat[group] = value
    return flat


def _flat_item(group: str, index: int, item: JSON, others: Mapping[str, JSON]) -> dict[str, JSON]:
    name = item.get("name") if isinstance(item, dict) else None
    path = f"{group}.{name}"
    if not isinstance(name, str) or "." in name or path in others:
        return {f"{group}.{index}": item}
    return {path: USED} | {f"{path}.{field}": inner for field, inner in item.items() if field != "name"}
