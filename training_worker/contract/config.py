"""`SubmissionConfig`: what a team submits. Data, never code: no path, URL, dotted name or shell in any field."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from . import sentences
from .base import JSON, ContractModel, FieldError
from .methods import METHODS, Method
from .techniques import TECHNIQUES, Technique

ModelSlug = Annotated[
    str, Field(min_length=1, max_length=1000, description="Slug of a base model allowed in the challenge.")
]


SHORTEST, LONGEST = 8, 512
"""Bounds of `max_length`, in tokens."""


class TrainingArguments(ContractModel):
    """Hyper-parameters; names are those of `transformers.TrainingArguments` as far as it has them; `momentum` is
    torch's, `class_weight` scikit-learn's."""

    learning_rate: Annotated[float, Field(gt=0.0, le=1.0, description="Peak learning rate.")] = 2e-4
    per_device_train_batch_size: Annotated[int, Field(ge=1, le=256, description="Examples per batch.")] = 32
    gradient_accumulation_steps: Annotated[
        int,
        Field(
            ge=1, le=256, description="Batches whose gradients make one optimiser step: a larger one in less memory."
        ),
    ] = 1
    gradient_checkpointing: Annotated[
        bool,
        Field(description="Compute activations again for the gradients instead of keeping them: less memory, slower."),
    ] = False
    num_train_epochs: Annotated[int, Field(ge=1, le=100, description="Passes over the training set.")] = 3
    optim: Annotated[Literal["adamw", "adam", "sgd", "adafactor", "lion"], Field(description="Optimiser.")] = "adamw"
    momentum: Annotated[float, Field(ge=0.0, le=0.99, description="Of SGD; 0 is plain gradient descent.")] = 0.9
    weight_decay: Annotated[
        float, Field(ge=0.0, le=1.0, description="Decoupled decay (AdamW, Adafactor, Lion) or L2 (Adam, SGD).")
    ] = 0.01
    layerwise_lr_decay: Annotated[
        float,
        Field(ge=0.5, le=1.0, description="Learning rate of each layer relative to the one above it; 1 for all alike."),
    ] = 1.0
    lr_scheduler_type: Annotated[
        Literal["linear", "cosine", "constant", "constant_with_warmup", "inverse_sqrt", "warmup_stable_decay"],
        Field(description="How the learning rate changes over the run."),
    ] = "linear"
    warmup_steps: Annotated[float, Field(ge=0.0, le=0.5, description="Warm-up as a share of all steps.")] = 0.06
    label_smoothing_factor: Annotated[float, Field(ge=0.0, le=0.5, description="0 is plain cross-entropy.")] = 0.0
    class_weight: Annotated[
        Literal["none", "balanced"],
        Field(description="Weight of each class in the loss: balanced makes rare ones count more."),
    ] = "none"
    focal_gamma: Annotated[
        float,
        Field(ge=0.0, le=5.0, description="Focal loss: examples that are already right count less; 0 turns it off."),
    ] = 0.0
    dropout: Annotated[
        float | None,
        Field(ge=0.0, le=0.9, description="Dropout everywhere in the model; empty: as the base model has it."),
    ] = None
    max_grad_norm: Annotated[float, Field(ge=0.0, le=100.0, description="Gradient clipping; 0 turns it off.")] = 1.0
    max_length: Annotated[
        int, Field(ge=SHORTEST, le=LONGEST, description="Tokens per example; longer ones are cut.")
    ] = 128
    early_stopping_patience: Annotated[
        int, Field(ge=0, le=20, description="Validations without improvement before training stops; 0 turns it off.")
    ] = 0
    load_best_model_at_end: Annotated[
        bool,
        Field(
            description="Keep the checkpoint with the best validation score by the challenge's metric, not the last;"
            " early stopping always does."
        ),
    ] = False
    ema_decay: Annotated[
        float,
        Field(
            ge=0.0, le=0.9999, description="Validate and keep a moving average of the weights (EMA); 0 turns it off."
        ),
    ] = 0.0
    swa_start: Annotated[
        float,
        Field(
            ge=0.0, le=0.99, description="Average the weights from this share of the steps on (SWA); 0 turns it off."
        ),
    ] = 0.0
    head_init: Annotated[
        Literal["prototypes", "random"],
        Field(description="Where the head starts: at the base score's class prototypes, or random."),
    ] = "prototypes"

    @property
    def examples_per_step(self) -> int:
        """Of an optimiser step."""
        return self.per_device_train_batch_size * self.gradient_accumulation_steps

    @property
    def keeps_best(self) -> bool:
        """Are the kept weights those of the best validation, and not the last ones?"""
        return self.load_best_model_at_end or self.early_stopping_patience > 0


def _once_each(techniques: tuple[Any, ...]) -> tuple[Any, ...]:
    if any(count > 1 for count in Counter(one.name for one in techniques).values()):
        raise PydanticCustomError("doubled", "doubled")
    return techniques


class SubmissionConfig(ContractModel):
    """Base model, fine-tuning method, hyper-parameters, techniques (at most one of each)."""

    base_model: ModelSlug
    method: Method
    training: TrainingArguments = TrainingArguments()
    techniques: Annotated[tuple[Technique, ...], Field(max_length=len(TECHNIQUES)), AfterValidator(_once_each)] = ()

    def numbers(self) -> Iterator[tuple[str, str, Any]]:
        """(name in a challenge's `ranges`, dotted path in this config, value) of every field of the groups."""
        for name in TrainingArguments.model_fields:
            yield f"training.{name}", f"training.{name}", getattr(self.training, name)
        for name in type(self.method).model_fields:
            yield f"method.{name}", f"method.{name}", getattr(self.method, name)
        for index, technique in enumerate(self.techniques):
            for name in type(technique).model_fields:
                yield f"techniques.{technique.name}.{name}", f"techniques.{index}.{name}", getattr(technique, name)


class ConfigInvalid(Exception):
    """The config cannot be read; `errors` holds every problem at once."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__("; ".join(f"{e.field}: {e.message}" for e in errors))
        self.errors = errors


MAX_KIB = 64
"""A config has a few: what is longer would only take long to be refused, field by field."""


def parse_config(data: JSON) -> SubmissionConfig:
    """Read a config from what `json.loads` or our YAML loader returned.

    Raises `ConfigInvalid` with all errors. Strict: `"8"` and `true` are not numbers, whole floats are not integers.
    """
    try:
        text = json.dumps(data, allow_nan=True)
    except (TypeError, ValueError, RecursionError):
        raise ConfigInvalid([FieldError(code="invalid_type", field="", message=sentences.NOT_AN_OBJECT)]) from None
    if len(text) > MAX_KIB * 1024:
        message = sentences.CONFIG_TOO_LONG(limit=MAX_KIB)
        raise ConfigInvalid([FieldError(code="too_large", field="", message=message)])
    try:
        return SubmissionConfig.model_validate_json(text)
    except ValidationError as error:
        raise ConfigInvalid([_field_error(details) for details in error.errors(include_url=False)]) from None


_CODES = {
    "extra_forbidden": "unknown_field",
    "missing": "required",
    "union_tag_not_found": "required",
    "union_tag_invalid": "invalid_choice",
    "literal_error": "invalid_choice",
    "finite_number": "not_finite",
    "greater_than": "out_of_range",
    "greater_than_equal": "out_of_range",
    "less_than": "out_of_range",
    "less_than_equal": "out_of_range",
    "string_too_long": "out_of_range",
    "string_too_short": "out_of_range",
    "too_long": "out_of_range",
    "doubled": "doubled",
}
UNIONS: Mapping[str, Mapping[str, type[ContractModel]]] = {"method": METHODS, "techniques": TECHNIQUES}
"""By group of the config: the models one of which its `name` chooses."""


def _field_error(details: ErrorDetails) -> FieldError:
    path, owners = _place(details["loc"])
    kind = details["type"]
    if kind.startswith("union_tag"):
        path.append("name")
        allowed = ", ".join(UNIONS[path[0]])
    elif kind == "extra_forbidden":
        allowed = ", ".join(owners[0].model_fields) if len(owners) == 1 else ""
    else:
        name = path[-1] if path else ""
        allowed = next((describe_allowed(owner, name) for owner in owners if name in owner.model_fields), "")
    code = _CODES.get(kind, "invalid_json" if kind == "json_invalid" else "invalid_type")
    return FieldError(code=code, field=".".join(path), message=_message(code, kind), allowed=allowed)


def _place(loc: tuple[int | str, ...]) -> tuple[list[str], list[type[ContractModel]]]:
    """A dotted path without the tags of unions that pydantic puts into it, and the models its last part may be of."""
    rest = list(loc)
    group = rest.pop(0) if len(rest) > 1 else None
    if group == "training":
        return ["training", *map(str, rest)], [TrainingArguments]
    if group not in UNIONS:
        return [str(part) for part in loc], [SubmissionConfig]
    index = [str(rest.pop(0))] if isinstance(rest[0], int) else []
    models = UNIONS[str(group)]
    owners = [models[str(rest.pop(0))]] if rest and rest[0] in models else list(models.values())
    return [str(group), *index, *map(str, rest)], owners


_MESSAGES = {
    "unknown_field": sentences.UNKNOWN_FIELD,
    "required": sentences.REQUIRED,
    "invalid_choice": sentences.NOT_A_CHOICE,
    "invalid_json": sentences.NOT_JSON,
    "not_finite": sentences.NOT_FINITE,
    "out_of_range": sentences.NOT_ALLOWED,
    "doubled": sentences.DOUBLED,
}


def _message(code: str, kind: str) -> str:
    """In our words, not pydantic's: they have to be known to be translated."""
    if code in _MESSAGES:
        return _MESSAGES[code]
    numbers = {"int": sentences.NOT_WHOLE, "float": sentences.NOT_A_NUMBER}
    return numbers.get(kind.partition("_")[0], sentences.WRONG_KIND)


def models_with(field: str) -> list[type[ContractModel]]:
    """The models whose field a name in `ChallengeLimits.ranges` narrows; [] where there is no such field.

    `training.<field>`, `method.<field>` (of every method that has it), `techniques.<technique>.<field>`.
    """
    group, _, rest = field.partition(".")
    name, owners = rest, list[type[ContractModel]]()
    if group == "training":
        owners = [TrainingArguments]
    elif group == "method":
        owners = list(METHODS.values())
    elif group == "techniques":
        technique, _, name = rest.partition(".")
        owners = [TECHNIQUES[technique]] if technique in TECHNIQUES else []
    return [owner for owner in owners if name in owner.model_fields and name != "name"]


@dataclass(frozen=True)
class Bounds:
    """The numbers that a field of the contract may have, or, where its JSON Schema says so, all but `low`."""

    low: float
    high: float
    is_whole: bool

    def __contains__(self, value: float) -> bool:
        """As the end of a range, which may lie on an open bound too."""
        return self.low <= value <= self.high


def number_bounds(field: str) -> Bounds | None:
    """Of a name in `ChallengeLimits.ranges`: those of the first model that has it; None where it is no number."""
    for owner in models_with(field):
        schema = field_schema(owner, field.rpartition(".")[2])
        if schema.get("type") in ("integer", "number"):
            low: float = schema["minimum"] if "minimum" in schema else schema["exclusiveMinimum"]
            return Bounds(low, schema["maximum"], schema["type"] == "integer")
    return None


def may_be_null(field: str) -> bool:
    """Of a name as `models_with` takes it."""
    name = field.rpartition(".")[2]
    return any("anyOf" in owner.model_json_schema()["properties"][name] for owner in models_with(field))


def number_names() -> list[str]:
    """Every name that `ChallengeLimits.ranges` may have: training first, then methods, then techniques."""
    groups: list[tuple[str, type[ContractModel]]] = [("training", TrainingArguments)]
    groups += [("method", model) for model in METHODS.values()]
    groups += [(f"techniques.{name}", model) for name, model in TECHNIQUES.items()]
    names = (f"{group}.{name}" for group, model in groups for name in model.model_fields)
    return [name for name in dict.fromkeys(names) if number_bounds(name) is not None]


def summary(model: type[ContractModel]) -> str:
    """What its docstring says, on one line; "" where it has none of its own."""
    return " ".join((model.__dict__.get("__doc__") or "").split())


@cache
def field_schema(model: type[ContractModel], name: str) -> dict[str, Any]:
    """JSON Schema of a field; of one that may be null, of its other values."""
    return without_null(model.model_json_schema()["properties"][name])


def without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Of the values that are not null, where null is one of them."""
    return next((option for option in schema.get("anyOf", ()) if option.get("type") != "null"), schema)


def describe_allowed(model: type[ContractModel], name: str) -> str:
    """The bounds of one model field in words, read from its JSON Schema: "1 … 64", "above 0 … 1", "a, b"."""
    schema = field_schema(model, name)
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    low = _plain(schema["minimum"]) if "minimum" in schema else ""
    high = _plain(schema["maximum"]) if "maximum" in schema else ""
    if "exclusiveMinimum" in schema:
        return sentences.ABOVE(low=_plain(schema["exclusiveMinimum"]), high=high)
    return f"{low} … {high}" if low or high else ""


def _plain(number: float) -> str:
    """Large whole numbers with all their digits."""
    return str(int(number)) if float(number).is_integer() else f"{number:g}"
