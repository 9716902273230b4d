"""`SubmissionConfig`: what a team submits. Data, never code: no path, URL, dotted name or shell in any field."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from . import sentences
from .base import JSON, ContractModel, FieldError
from .methods import METHODS, Method

ModelSlug = Annotated[
    str, Field(min_length=1, max_length=1000, description="Slug of a base model allowed in the challenge.")
]


class TrainingArguments(ContractModel):
    """Hyper-parameters; names are those of `transformers.TrainingArguments`, plus `max_length`,
    `early_stopping_patience` and `head_init`, which are ours."""

    learning_rate: Annotated[float, Field(gt=0.0, le=1.0, description="Peak learning rate.")] = 2e-4
    per_device_train_batch_size: Annotated[int, Field(ge=1, le=256, description="Examples per optimiser step.")] = 32
    num_train_epochs: Annotated[int, Field(ge=1, le=100, description="Passes over the training set.")] = 3
    optim: Annotated[Literal["adamw", "adam", "sgd"], Field(description="Optimiser.")] = "adamw"
    weight_decay: Annotated[float, Field(ge=0.0, le=1.0, description="Decoupled decay (AdamW) or L2 (Adam, SGD).")] = (
        0.01
    )
    lr_scheduler_type: Annotated[
        Literal["linear", "cosine", "constant", "constant_with_warmup"],
        Field(description="How the learning rate changes over the run."),
    ] = "linear"
    warmup_steps: Annotated[float, Field(ge=0.0, le=0.5, description="Warm-up as a share of all steps.")] = 0.06
    label_smoothing_factor: Annotated[float, Field(ge=0.0, le=0.5, description="0 is plain cross-entropy.")] = 0.0
    max_grad_norm: Annotated[float, Field(ge=0.0, le=100.0, description="Gradient clipping; 0 turns it off.")] = 1.0
    max_length: Annotated[int, Field(ge=8, le=512, description="Tokens per example; longer ones are cut.")] = 128
    early_stopping_patience: Annotated[
        int, Field(ge=0, le=20, description="Validations without improvement before training stops; 0 turns it off.")
    ] = 0
    head_init: Annotated[
        Literal["prototypes", "random"],
        Field(description="Where the head starts: at the base score's class prototypes, or random."),
    ] = "prototypes"


class SubmissionConfig(ContractModel):
    """Base model, fine-tuning method, hyper-parameters."""

    base_model: ModelSlug
    method: Method
    training: TrainingArguments = TrainingArguments()


class ConfigInvalid(Exception):
    """The config cannot be read; `errors` holds every problem at once."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__("; ".join(f"{e.field}: {e.message}" for e in errors))
        self.errors = errors


def parse_config(data: JSON) -> SubmissionConfig:
    """Read a config from what `json.loads` or our YAML loader returned.

    Raises `ConfigInvalid` with all errors. Strict: `"8"` and `true` are not numbers, whole floats are not integers.
    """
    try:
        text = json.dumps(data, allow_nan=True)
    except (TypeError, ValueError, RecursionError):
        raise ConfigInvalid([FieldError(code="invalid_type", field="", message=sentences.NOT_AN_OBJECT)]) from None
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
}


def _field_error(details: ErrorDetails) -> FieldError:
    path = [str(part) for part in details["loc"]]
    if len(path) > 1 and path[0] == "method" and path[1] in METHODS:
        del path[1]  # pydantic puts the union's tag into the path
    kind = details["type"]
    if kind.startswith("union_tag"):
        path.append("name")
        allowed = ", ".join(METHODS)
    else:
        allowed = field_allowed(path, details)
    code = _CODES.get(kind, "invalid_json" if kind == "json_invalid" else "invalid_type")
    return FieldError(code=code, field=".".join(path), message=_message(code, kind), allowed=allowed)


_MESSAGES = {
    "unknown_field": sentences.UNKNOWN_FIELD,
    "required": sentences.REQUIRED,
    "invalid_choice": sentences.NOT_A_CHOICE,
    "invalid_json": sentences.NOT_JSON,
    "not_finite": sentences.NOT_FINITE,
    "out_of_range": sentences.NOT_ALLOWED,
}


def _message(code: str, kind: str) -> str:
    """In our words, not pydantic's: they have to be known to be translated."""
    if code in _MESSAGES:
        return _MESSAGES[code]
    numbers = {"int": sentences.NOT_WHOLE, "float": sentences.NOT_A_NUMBER}
    return numbers.get(kind.partition("_")[0], sentences.WRONG_KIND)


def field_allowed(path: list[str], details: ErrorDetails | None = None) -> str:
    """What the field at `path` accepts, in words: a range ("1 … 64") or the legal values. "" where unknown."""
    models: list[type[ContractModel]] = []
    if path[:1] == ["training"]:
        models = [TrainingArguments]
    elif path[:1] == ["method"]:
        tag = details["loc"][1] if details is not None and len(details["loc"]) > 1 else None
        models = [METHODS[tag]] if isinstance(tag, str) and tag in METHODS else list(METHODS.values())
    for model in models:
        if len(path) == 2 and path[1] in model.model_fields:
            return describe_allowed(model, path[1])
        if len(path) == 2 and details is not None and details["type"] == "extra_forbidden":
            return ", ".join(model.model_fields)
    if len(path) == 1 and details is not None and details["type"] == "extra_forbidden":
        return ", ".join(SubmissionConfig.model_fields)
    return ""


def describe_allowed(model: type[ContractModel], name: str) -> str:
    """The bounds of one model field in words, read from its JSON Schema: "1 … 64", "above 0 … 1", "a, b"."""
    schema = model.model_json_schema()["properties"][name]
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    low = f"{schema['minimum']:g}" if "minimum" in schema else ""
    high = f"{schema['maximum']:g}" if "maximum" in schema else ""
    if "exclusiveMinimum" in schema:
        return sentences.ABOVE(low=f"{schema['exclusiveMinimum']:g}", high=high)
    return f"{low} … {high}" if low or high else ""
