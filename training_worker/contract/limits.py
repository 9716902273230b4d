"""A challenge's limits, and the two pure functions every form, API and page is made from: `check` and `schema_for`."""

from __future__ import annotations

import copy
import math
from typing import Annotated, Any

from pydantic import Field

from . import sentences
from .base import JSON, ContractModel, FieldError, Range, Slug
from .canonical import canonical
from .config import ConfigInvalid, SubmissionConfig, parse_config
from .methods import METHODS


class Budget(ContractModel):
    """What one run may use. Steps and seconds end a training (not the run); memory and 1.25 × seconds end the run."""

    max_steps: Annotated[int, Field(ge=1, le=10_000_000)] = 1000
    max_seconds: Annotated[float, Field(gt=0.0, le=86_400.0)] = 300.0
    max_memory_mb: Annotated[int, Field(ge=64, le=1_000_000)] = 4096

    @property
    def hard_wall_seconds(self) -> float:
        """The child process is killed after this many seconds of work: failure class `time_limit`."""
        return 1.25 * self.max_seconds


class ChallengeLimits(ContractModel):
    """What a challenge allows. `ranges` narrows numeric fields of the contract by dotted name."""

    base_models: Annotated[tuple[Slug, ...], Field(min_length=1)]
    methods: Annotated[tuple[str, ...], Field(min_length=1)]
    ranges: dict[str, Range] = {}
    max_tokens_per_batch: Annotated[int, Field(ge=8)] = 32_768
    budget: Budget = Budget()


class MeasuredSpeed(ContractModel):
    """Figures of a worker's self-test for one base model."""

    train_tokens_per_second: Annotated[float, Field(gt=0.0)]
    frozen_tokens_per_second: Annotated[float, Field(gt=0.0)]
    megabytes_fixed: Annotated[float, Field(ge=0.0)]
    megabytes_per_thousand_tokens: Annotated[float, Field(ge=0.0)]


class Estimate(ContractModel):
    """What a run will need. `seconds` and `memory_mb` are None where no worker has measured the model yet."""

    steps: int
    seconds: float | None = None
    memory_mb: float | None = None


class DataSize(ContractModel):
    """Size of a challenge's data, as far as an estimate needs it."""

    train_examples: Annotated[int, Field(ge=0)]
    test_examples: Annotated[int, Field(ge=0)] = 0
    mean_tokens: Annotated[float, Field(ge=1.0)] = 32.0


def estimate(config: SubmissionConfig, size: DataSize, speed: MeasuredSpeed | None = None) -> Estimate:
    """Planned optimiser steps, and seconds and megabytes where `speed` was measured."""
    training = config.training
    steps = math.ceil(size.train_examples / training.per_device_train_batch_size) * training.num_train_epochs
    if speed is None:
        return Estimate(steps=steps)
    tokens = min(size.mean_tokens, training.max_length)
    frozen = config.method.name == "head"
    passes = size.train_examples * (1 if frozen else training.num_train_epochs)
    rate = speed.frozen_tokens_per_second if frozen else speed.train_tokens_per_second
    seconds = passes * tokens / rate + size.test_examples * tokens / speed.frozen_tokens_per_second
    batch = training.per_device_train_batch_size * training.max_length / 1000
    return Estimate(
        steps=steps,
        seconds=round(seconds, 1),
        memory_mb=round(speed.megabytes_fixed + speed.megabytes_per_thousand_tokens * batch, 1),
    )


def check(
    config: SubmissionConfig, limits: ChallengeLimits, size: DataSize, speed: MeasuredSpeed | None = None
) -> list[FieldError]:
    """Every way in which a well-formed config breaks the challenge's limits; [] when it is legal. Pure."""
    errors = [*_check_choices(config, limits), *_check_ranges(config, limits)]
    return errors or _check_budget(config, limits, size, speed)


def read_config(
    data: JSON, limits: ChallengeLimits, size: DataSize, speed: dict[str, MeasuredSpeed] | None = None
) -> SubmissionConfig:
    """Parse, check and canonicalise in one go: what every form and API calls. `speed` is by base-model slug.

    Raises `ConfigInvalid` with every problem; a wrong type elsewhere does not hide a model that is not allowed.
    """
    try:
        config = parse_config(data)
    except ConfigInvalid as invalid:
        named = data.get("base_model") if isinstance(data, dict) else None
        extra = [] if not isinstance(named, str) else _check_model(named, limits)
        known = {error.field for error in invalid.errors}
        raise ConfigInvalid([*(e for e in extra if e.field not in known), *invalid.errors]) from None
    errors = check(config, limits, size, (speed or {}).get(config.base_model))
    if errors:
        raise ConfigInvalid(errors)
    return canonical(config)


def _check_model(slug: str, limits: ChallengeLimits) -> list[FieldError]:
    if slug in limits.base_models:
        return []
    allowed = ", ".join(limits.base_models)
    return [FieldError(code="model_not_allowed", field="base_model", message=sentences.OTHER_MODEL, allowed=allowed)]


def _check_choices(config: SubmissionConfig, limits: ChallengeLimits) -> list[FieldError]:
    errors = _check_model(config.base_model, limits)
    if config.method.name not in limits.methods:
        errors.append(
            FieldError(
                code="method_not_allowed",
                field="method.name",
                message=sentences.OTHER_METHOD,
                allowed=", ".join(limits.methods),
            )
        )
    return errors


def _check_ranges(config: SubmissionConfig, limits: ChallengeLimits) -> list[FieldError]:
    errors = []
    values = canonical(config).model_dump()
    for field, allowed in limits.ranges.items():
        group, _, name = field.partition(".")
        value = values[group].get(name)
        if value is not None and value not in allowed:
            errors.append(
                FieldError(
                    code="out_of_range",
                    field=field,
                    message=sentences.OUT_OF_RANGE(value=f"{value:g}"),
                    allowed=str(allowed),
                )
            )
    return errors


def _check_budget(
    config: SubmissionConfig, limits: ChallengeLimits, size: DataSize, speed: MeasuredSpeed | None
) -> list[FieldError]:
    training, budget = config.training, limits.budget
    errors = []
    batch, length = training.per_device_train_batch_size, training.max_length
    if batch * length > limits.max_tokens_per_batch:
        said = sentences.BATCH_TOKENS(examples=batch, length=length, tokens=batch * length)
        allowed = sentences.AT_MOST_TOKENS(tokens=limits.max_tokens_per_batch)
        errors.append(_exceeds("training.per_device_train_batch_size", said, allowed))
    needed = estimate(config, size, speed)
    if needed.steps > budget.max_steps:
        epochs, examples = training.num_train_epochs, size.train_examples
        said = sentences.MANY_STEPS(epochs=epochs, examples=examples, batch=batch, steps=needed.steps)
        errors.append(_exceeds("training.num_train_epochs", said, sentences.AT_MOST_STEPS(steps=budget.max_steps)))
    if needed.memory_mb is not None and needed.memory_mb > budget.max_memory_mb:
        said = sentences.MUCH_MEMORY(megabytes=f"{needed.memory_mb:g}")
        errors.append(_exceeds("training.max_length", said, f"≤ {budget.max_memory_mb} MB"))
    if needed.seconds is not None and needed.seconds > 2 * budget.max_seconds:
        said = sentences.MUCH_TIME(seconds=f"{needed.seconds:g}")
        allowed = sentences.AT_MOST_SECONDS(seconds=f"{budget.max_seconds:g}")
        errors.append(_exceeds("training.num_train_epochs", said, allowed))
    return errors


def _exceeds(field: str, message: str, allowed: str) -> FieldError:
    return FieldError(code="exceeds_budget", field=field, message=message, allowed=allowed)


def schema_for(limits: ChallengeLimits) -> dict[str, Any]:
    """JSON Schema (2020-12) of the configs a challenge accepts: the contract's schema, narrowed to the limits."""
    schema = copy.deepcopy(SubmissionConfig.model_json_schema())
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["properties"]["base_model"]["enum"] = list(limits.base_models)
    allowed = {METHODS[name].__name__ for name in limits.methods}
    union = schema["properties"]["method"]
    union["oneOf"] = [ref for ref in union["oneOf"] if ref["$ref"].rsplit("/", 1)[1] in allowed]
    union["discriminator"]["mapping"] = {
        name: ref for name, ref in union["discriminator"]["mapping"].items() if name in limits.methods
    }
    for cls in METHODS.values():
        if cls.__name__ not in allowed:
            del schema["$defs"][cls.__name__]
    _narrow(schema["$defs"], limits)
    return schema


def _narrow(definitions: dict[str, Any], limits: ChallengeLimits) -> None:
    for field, allowed in limits.ranges.items():
        group, _, name = field.partition(".")
        owners = ["TrainingArguments"] if group == "training" else [cls.__name__ for cls in METHODS.values()]
        for owner in owners:
            properties = definitions.get(owner, {}).get("properties", {})
            if name in properties:
                properties[name].pop("exclusiveMinimum", None)
                properties[name].update(minimum=allowed.min, maximum=allowed.max)
