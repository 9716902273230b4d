"""Do the models, methods and techniques that a challenge allows fit its task, and each other? Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Literal

from django.utils.translation import gettext as _

from hackathon.bundles.yaml import Path
from hackathon.web.translation import translated
from training_worker.contract import sentences
from training_worker.contract.config import TrainingArguments
from training_worker.contract.facts import ModelFacts
from training_worker.contract.limits import ChallengeLimits
from training_worker.contract.measured import MeasuredSpeed
from training_worker.contract.methods import METHODS, MethodConfig
from training_worker.contract.tasks import TaskSpec
from training_worker.contract.techniques import TECHNIQUES, TechniqueConfig

Misfit = tuple[Path, str]
"""Path in the limits, and why."""


def misfits(task: TaskSpec, limits: ChallengeLimits, models: Mapping[str, ModelFacts]) -> Iterator[Misfit]:
    """Every allowed model, method and technique that no config could ever use. `models` are the usable ones by slug.

    Names that are not known are for others to report, and with one of them nothing is said that it may be to blame for.
    """
    able: list[ModelFacts] = []
    for index, slug in enumerate(limits.base_models):
        facts = models.get(slug)
        if facts is not None and task.id not in facts.tasks:
            said = sentences.MODEL_NOT_FOR_TASK(family=facts.family, task=task.id)
            yield ("base_models", index), f"{slug}: {translated(said)}"
        elif facts is not None:
            able.append(facts)
            if said := _length_problem(task, limits, facts):
                yield ("base_models", index), f"{slug}: training.max_length: {translated(said)}"
    able = able if all(slug in models for slug in limits.base_models) else []
    for index, name in enumerate(limits.methods):
        if name in METHODS and (said := _method_problem(METHODS[name], task, able)):
            yield ("methods", index), f"{name}: {translated(said)}"
    frozen = all(name in METHODS and METHODS[name].uses_frozen_features for name in limits.methods)
    for index, name in enumerate(limits.techniques):
        if name not in TECHNIQUES:
            continue
        said = _technique_problem(TECHNIQUES[name], task, able)
        if not said and frozen and TECHNIQUES[name].trains_backbone:
            said = sentences.TECHNIQUE_NOT_FOR_METHOD(method=", ".join(limits.methods))
        if said:
            yield ("techniques", index), f"{name}: {translated(said)}"


def too_slow(
    limits: ChallengeLimits, speeds: Mapping[str, MeasuredSpeed], *, items: int, mean_cost: float
) -> Iterator[Misfit]:
    """Allowed models that would not get through the test and validation items within the hard limit of a run, however
    little they train. `speeds` are those that nodes have measured; `mean_cost` of an item is in their unit."""
    for index, slug in enumerate(limits.base_models):
        speed = speeds.get(slug)
        seconds = items * mean_cost / speed.frozen_units_per_second if speed else 0.0
        if seconds > limits.budget.hard_wall_seconds:
            message = _(
                "%(slug)s: answering the %(items)d test and validation items takes about %(seconds)d s, and a run is "
                "stopped after %(limit)d s: raise max_seconds, or take fewer items."
            )
            values = {"slug": slug, "items": items, "seconds": seconds, "limit": limits.budget.hard_wall_seconds}
            yield ("base_models", index), message % values


def too_many_steps(task: TaskSpec, limits: ChallengeLimits, *, examples: int, least_cost: float) -> Iterator[Misfit]:
    """A budget of steps that one pass in the largest allowed batches exceeds: every config would be refused."""
    shortest = _bound(limits, "max_length", "minimum") if task.unit == "tokens" else least_cost
    batch = max(1, min(_bound(limits, "per_device_train_batch_size", "maximum"), limits.max_batch_cost // shortest))
    batch *= _bound(limits, "gradient_accumulation_steps", "maximum")
    steps = math.ceil(examples / batch) * int(_bound(limits, "num_train_epochs", "minimum"))
    if steps > limits.budget.max_steps:
        message = _(
            "The shortest training that is allowed, %(examples)d examples in batches of %(batch)d, takes %(steps)d"
            " steps: no config could be submitted."
        )
        yield ("budget", "max_steps"), message % {"examples": examples, "batch": batch, "steps": steps}


def _bound(limits: ChallengeLimits, field: str, side: Literal["minimum", "maximum"]) -> float:
    """Of a number of the training: that of the challenge, else of the contract."""
    allowed = limits.ranges.get(f"training.{field}")
    if allowed is not None:
        return allowed.min if side == "minimum" else allowed.max
    bound: float = TrainingArguments.model_json_schema()["properties"][field][side]
    return bound


def _length_problem(task: TaskSpec, limits: ChallengeLimits, facts: ModelFacts) -> str:
    allowed = limits.ranges.get("training.max_length")
    if task.unit != "tokens" or allowed is None or facts.max_positions is None or facts.max_positions >= allowed.min:
        return ""
    return sentences.LONGER_THAN_MODEL(positions=facts.max_positions)


def _method_problem(method: type[MethodConfig], task: TaskSpec, able: list[ModelFacts]) -> str:
    families = [facts.family for facts in able] or task.families
    if not any(method.fits(task.of(family)) for family in families):
        return sentences.METHOD_NOT_FOR_TASK(task=task.id)
    fitting = [facts for facts in able if facts.family in method.families]
    if able and not fitting:
        return sentences.METHOD_NOT_FOR_MODEL(family=_families(able))
    problems = [method.problems_of_all(facts) for facts in fitting]
    return problems[0][0].message if problems and all(problems) else ""


def _technique_problem(technique: type[TechniqueConfig], task: TaskSpec, able: list[ModelFacts]) -> str:
    if able and not any(facts.family in technique.families for facts in able):
        return sentences.TECHNIQUE_NOT_FOR_MODEL(family=_families(able))
    return "" if technique.fits(task) else sentences.TECHNIQUE_NOT_FOR_TASK(task=task.id)


def _families(models: list[ModelFacts]) -> str:
    return ", ".join(sorted({facts.family for facts in models}))
