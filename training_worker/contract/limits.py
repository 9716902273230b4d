"""A challenge's limits, and the pure function that every form, API and page asks: `check`."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from . import sentences
from .base import JSON, ContractModel, FieldError, Range, Slug
from .bounds import Name
from .canonical import canonical, idle_fields
from .config import ConfigInvalid, SubmissionConfig, parse_config
from .effects import Known
from .facts import ModelFacts
from .measured import MeasuredSpeed
from .memory import training_megabytes
from .precision import Precision
from .tasks import TaskSpec


class Budget(ContractModel):
    """What one run may use. Steps and seconds end a training (not the run); memory and 1.25 × seconds end the run.

    `max_memory_mb` is of the host's memory, and where there is a card as much of the card's."""

    max_steps: Annotated[int, Field(ge=1, le=10_000_000, description="Optimiser steps of a training.")] = 1000
    max_seconds: Annotated[
        float, Field(gt=0.0, le=86_400.0, description="Seconds of training; the run ends after 1.25 times as many.")
    ] = 300.0
    max_memory_mb: Annotated[
        int, Field(ge=64, le=1_000_000, description="Megabytes of the host's memory, and of the card's.")
    ] = 4096

    @property
    def hard_wall_seconds(self) -> float:
        """The child process is killed after this many seconds of work: failure class `time_limit`."""
        return 1.25 * self.max_seconds


class ChallengeLimits(ContractModel):
    """What a challenge allows. `ranges` narrows numeric fields of a config by their name;
    `max_batch_cost` bounds a batch in the task's unit of cost, e.g. tokens."""

    base_models: Annotated[tuple[Slug, ...], Field(min_length=1)]
    methods: Annotated[tuple[Name, ...], Field(min_length=1)]
    techniques: tuple[Name, ...] = ()
    ranges: dict[Name, Range] = {}
    max_batch_cost: Annotated[int, Field(ge=8, description="Size of a batch in the task's unit, e.g. tokens.")] = 32_768
    budget: Budget = Budget()


class Estimate(ContractModel):
    """What a run will need. `seconds` and `memory_mb` are null where no worker has measured the model yet."""

    steps: int
    seconds: float | None = None
    memory_mb: float | None = None


class DataSize(ContractModel):
    """Size of a challenge's data, as far as an estimate needs it; `mean_cost` is of one example, in the task's unit."""

    train_examples: Annotated[int, Field(ge=0)]
    test_examples: Annotated[int, Field(ge=0)] = 0
    mean_cost: Annotated[float, Field(gt=0.0)] = 32.0


class Terms(ContractModel):
    """All that a config is judged against. `models`, `speeds` and `longest` are by slug; a model that is not in
    `models` is unknown and nothing is asked of it. `longest` is the size of the longest example of the data in the
    model's own tokens, as a node has measured it. `precision` is the phase's."""

    task: TaskSpec
    limits: ChallengeLimits
    size: DataSize
    models: dict[str, ModelFacts] = {}
    speeds: dict[str, MeasuredSpeed] = {}
    longest: dict[str, Annotated[int, Field(ge=1)]] = {}
    precision: Precision = Precision.FP32


def estimate(config: SubmissionConfig, terms: Terms) -> Estimate:
    """Planned optimiser steps, and seconds and megabytes where a node has measured the model."""
    training, method, size = config.training, config.method, terms.size
    known = known_of(config, terms)
    examples, steps = known.examples, known.steps
    speed = terms.speeds.get(config.base_model)
    if speed is None:
        return Estimate(steps=steps)
    largest = largest_cost(terms, training.max_length)
    each = min(size.mean_cost, largest) + method.read_tokens
    frozen = method.uses_frozen_features
    rate = speed.frozen_units_per_second if frozen else speed.train_units_per_second
    passes = examples * (1 if frozen else training.num_train_epochs)
    facts = terms.models.get(config.base_model)
    dearer = math.prod(technique.step_cost for technique in config.techniques)
    dearer *= 1.0 if frozen else method.step_share(facts.size if facts else None)
    seconds = dearer * passes * each / rate + size.test_examples * each / speed.frozen_units_per_second
    batch = training.per_device_train_batch_size * (largest + method.read_tokens)
    memory = training_megabytes(config, batch, speed, facts)
    return Estimate(
        steps=steps,
        seconds=round(seconds, 1),
        memory_mb=round(memory, 1),
    )


def known_of(config: SubmissionConfig, terms: Terms) -> Known:
    """What is known of the run of a config that the challenge accepts: its planned steps are its steps."""
    training, examples = config.training, terms.size.train_examples
    for technique in config.techniques:
        examples = technique.training_examples(examples)
    grows = any(technique.changes_inputs for technique in config.techniques)
    return Known(
        examples=examples,
        steps=math.ceil(examples / training.examples_per_step) * training.num_train_epochs,
        longest=None if grows else terms.longest.get(config.base_model),
        ranges=terms.limits.ranges,
    )


def task_of(config: SubmissionConfig, terms: Terms) -> TaskSpec:
    """The task as the config's base model does it."""
    facts = terms.models.get(config.base_model)
    return terms.task.of(facts.family if facts else None)


def largest_cost(terms: Terms, max_length: int) -> float:
    """Cost of the largest example of a batch: `max_length` tokens, or the mean size of images and sounds."""
    return max_length if terms.task.unit == "tokens" else terms.size.mean_cost


def check(config: SubmissionConfig, terms: Terms) -> list[FieldError]:
    """Every way in which a well-formed config breaks the challenge's limits; [] when it is legal. Pure."""
    errors = [*_check_choices(config, terms.limits), *_check_ranges(config, terms), *_check_fit(config, terms)]
    return errors or _check_budget(config, terms)


def read_config(data: JSON, terms: Terms) -> SubmissionConfig:
    """Parse, check and canonicalise in one go: what every form and API calls.

    Raises `ConfigInvalid` with every problem; a wrong type elsewhere does not hide a model that is not allowed.
    """
    try:
        config = parse_config(data)
    except ConfigInvalid as invalid:
        named = data.get("base_model") if isinstance(data, dict) else None
        extra = [] if not isinstance(named, str) else _check_model(named, terms.limits)
        known = {error.field for error in invalid.errors}
        raise ConfigInvalid([*(e for e in extra if e.field not in known), *invalid.errors]) from None
    errors = check(config, terms)
    if errors:
        raise ConfigInvalid(errors)
    return canonical(config, task_of(config, terms), known_of(config, terms))


def _refused(code: str, field: str, message: str, allowed: str = "") -> FieldError:
    return FieldError(code=code, field=field, message=message, allowed=allowed)


def _check_model(slug: str, limits: ChallengeLimits) -> list[FieldError]:
    if slug in limits.base_models:
        return []
    return [_refused("model_not_allowed", "base_model", sentences.OTHER_MODEL, ", ".join(limits.base_models))]


def _check_choices(config: SubmissionConfig, limits: ChallengeLimits) -> list[FieldError]:
    errors = _check_model(config.base_model, limits)
    if config.method.name not in limits.methods:
        allowed = ", ".join(limits.methods)
        errors.append(_refused("method_not_allowed", "method.name", sentences.OTHER_METHOD, allowed))
    for index, technique in enumerate(config.techniques):
        if technique.name not in limits.techniques:
            field, allowed = f"techniques.{index}.name", ", ".join(limits.techniques)
            errors.append(_refused("technique_not_allowed", field, sentences.OTHER_TECHNIQUE, allowed))
    return errors


def _check_ranges(config: SubmissionConfig, terms: Terms) -> Iterator[FieldError]:
    task = task_of(config, terms)
    idle = {*idle_fields(config), *task.idle_fields}  # at their defaults, whatever was asked
    for name, field, value in canonical(config, task).numbers():
        allowed = terms.limits.ranges.get(name)
        if allowed is not None and value is not None and value not in allowed and name not in idle:
            yield _refused("out_of_range", field, sentences.OUT_OF_RANGE(value=f"{value:g}"), str(allowed))


def _check_fit(config: SubmissionConfig, terms: Terms) -> Iterator[FieldError]:
    """Can this model do this task by this method at all? What cannot run is refused here, never in the training."""
    if config.training.ema_decay and config.training.swa_start:
        yield _refused("excluded", "training.swa_start", sentences.EXCLUDED(name="training.ema_decay"), as_json(0))
    facts, task, method = terms.models.get(config.base_model), task_of(config, terms), config.method
    if not method.fits(task):
        yield _refused("method_not_for_task", "method.name", sentences.METHOD_NOT_FOR_TASK(task=task.id))
    for index, technique in enumerate(config.techniques):
        field = f"techniques.{index}.name"
        if facts is not None and facts.family not in technique.families:
            said = sentences.TECHNIQUE_NOT_FOR_MODEL(family=facts.family)
            yield _refused("technique_not_for_model", field, said, ", ".join(technique.families))
        elif not technique.fits(task):
            yield _refused("technique_not_for_task", field, sentences.TECHNIQUE_NOT_FOR_TASK(task=task.id))
        others = [one.name for one in config.techniques[:index] if one.name in technique.excludes]
        if others:
            yield _refused("excluded", field, sentences.EXCLUDED(name=", ".join(others)))
        if technique.trains_backbone and method.uses_frozen_features:
            said = sentences.TECHNIQUE_NOT_FOR_METHOD(method=method.name)
            yield _refused("technique_not_for_method", field, said)
    if method.weights.dtype == "bfloat16" and terms.precision is not Precision.BF16:
        yield _refused("precision_of_phase", "method.dtype", sentences.PHASE_IS_FLOAT32, "float32")
    if facts is not None:
        yield from _check_facts(config, task, facts)
        yield from _check_memory_fields(config, facts)


def _check_facts(config: SubmissionConfig, task: TaskSpec, facts: ModelFacts) -> Iterator[FieldError]:
    method, max_length = config.method, config.training.max_length
    if task.id not in facts.tasks:
        said = sentences.MODEL_NOT_FOR_TASK(family=facts.family, task=task.id)
        yield _refused("model_not_for_task", "base_model", said)
    if facts.family not in method.families:
        said = sentences.METHOD_NOT_FOR_MODEL(family=facts.family)
        yield _refused("method_not_for_model", "method.name", said, ", ".join(method.families))
    yield from method.problems(facts)
    virtual = method.virtual_tokens
    if task.unit == "tokens" and facts.max_positions is not None and max_length > facts.max_positions - virtual:
        said = sentences.LONGER_THAN_MODEL(positions=facts.max_positions)
        if virtual:
            said = sentences.LONGER_WITH_VIRTUAL(positions=facts.max_positions, virtual=virtual)
        yield _refused("out_of_range", "training.max_length", said, f"≤ {facts.max_positions - virtual}")


def _check_memory_fields(config: SubmissionConfig, facts: ModelFacts) -> Iterator[FieldError]:
    """What makes a training fit a card, where the model cannot do it."""
    method = config.method
    for name, families in method.families_of.items():
        default = type(method).model_fields[name].default
        if facts.family not in families and getattr(method, name) != default:
            said = sentences.FIELD_NOT_FOR_MODEL(family=facts.family)
            yield _refused("field_not_for_model", f"method.{name}", said, as_json(default))
    if config.training.gradient_checkpointing and not method.uses_frozen_features and not facts.checkpointed:
        said = sentences.NO_CHECKPOINTS
        yield _refused("no_checkpoints", "training.gradient_checkpointing", said, as_json(False))
    elif config.training.gradient_checkpointing and not method.can_checkpoint:
        said = sentences.NO_CHECKPOINTS_BY_METHOD(method=method.name)
        yield _refused("no_checkpoints", "training.gradient_checkpointing", said, as_json(False))


def as_json(value: bool | int | float | str) -> str:
    """As a config has it, without quotation marks."""
    return json.dumps(value).strip('"')


def _check_budget(config: SubmissionConfig, terms: Terms) -> list[FieldError]:
    training, limits, budget = config.training, terms.limits, terms.limits.budget
    errors = []
    batch, unit = training.per_device_train_batch_size, terms.task.unit
    each = largest_cost(terms, training.max_length)
    if batch * each > limits.max_batch_cost:
        said = sentences.BATCH_COST(
            examples=batch, each=f"{each:g}", total=f"{batch * each:g}", unit=sentences.UNITS[unit]
        )
        allowed = sentences.AT_MOST_COST(total=limits.max_batch_cost, unit=sentences.UNITS[unit])
        errors.append(_exceeds("training.per_device_train_batch_size", said, allowed))
    needed = estimate(config, terms)
    if needed.steps > budget.max_steps:
        epochs, examples = training.num_train_epochs, terms.size.train_examples
        said = sentences.MANY_STEPS(
            epochs=epochs, examples=examples, batch=training.examples_per_step, steps=needed.steps
        )
        errors.append(_exceeds("training.num_train_epochs", said, sentences.AT_MOST_STEPS(steps=budget.max_steps)))
    if needed.memory_mb is not None and needed.memory_mb > budget.max_memory_mb:
        said = sentences.MUCH_MEMORY(megabytes=f"{needed.memory_mb:g}")
        field = "training.max_length" if unit == "tokens" else "training.per_device_train_batch_size"
        field = "base_model" if config.method.uses_frozen_features else field
        errors.append(_exceeds(field, said, f"≤ {budget.max_memory_mb} MB"))
    if needed.seconds is not None and needed.seconds > 2 * budget.max_seconds:
        said = sentences.MUCH_TIME(seconds=f"{needed.seconds:g}")
        allowed = sentences.AT_MOST_SECONDS(seconds=f"{budget.max_seconds:g}")
        errors.append(_exceeds("training.num_train_epochs", said, allowed))
    return errors


def _exceeds(field: str, message: str, allowed: str) -> FieldError:
    return _refused("exceeds_budget", field, message, allowed)
