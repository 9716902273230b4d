"""Do the models, methods and techniques that a challenge allows fit its task, and each other? Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hackathon.bundles.yaml import Path
from hackathon.web.translation import translated
from training_worker.contract import sentences
from training_worker.contract.facts import ModelFacts
from training_worker.contract.limits import ChallengeLimits
from training_worker.contract.methods import METHODS, MethodConfig
from training_worker.contract.tasks import TaskSpec
from training_worker.contract.techniques import TECHNIQUES, TechniqueConfig

Misfit = tuple[Path, str]
"""Path in the limits, and why."""


def misfits(task: TaskSpec, limits: ChallengeLimits, models: Mapping[str, ModelFacts]) -> Iterator[Misfit]:
    """Every allowed model, method and technique that no config could ever use. `models` are the usable ones by slug."""
    able = []
    for index, slug in enumerate(limits.base_models):
        facts = models.get(slug)
        if facts is not None and task.id not in facts.tasks:
            said = sentences.MODEL_NOT_FOR_TASK(family=facts.family, task=task.id)
            yield ("base_models", index), f"{slug}: {translated(said)}"
        elif facts is not None:
            able.append(facts)
    for index, name in enumerate(limits.methods):
        if said := _method_problem(METHODS[name], task, able):
            yield ("methods", index), f"{name}: {translated(said)}"
    frozen = all(METHODS[name].uses_frozen_features for name in limits.methods)
    for index, name in enumerate(limits.techniques):
        said = _technique_problem(TECHNIQUES[name], task, able)
        if not said and frozen and TECHNIQUES[name].trains_backbone:
            said = sentences.TECHNIQUE_NOT_FOR_METHOD(method=", ".join(limits.methods))
        if said:
            yield ("techniques", index), f"{name}: {translated(said)}"


def _method_problem(method: type[MethodConfig], task: TaskSpec, able: list[ModelFacts]) -> str:
    if method.tasks is not None and task.id not in method.tasks:
        return sentences.METHOD_NOT_FOR_TASK(task=task.id)
    fitting = [facts for facts in able if facts.family in method.families]
    if able and not fitting:
        return sentences.METHOD_NOT_FOR_MODEL(family=_families(able))
    if able and method.needs_layers and not any(facts.layers for facts in fitting):
        return sentences.NO_SUCH_LAYERS
    return ""


def _technique_problem(technique: type[TechniqueConfig], task: TaskSpec, able: list[ModelFacts]) -> str:
    if technique.inputs is not None and not {column.kind for column in task.inputs} & set(technique.inputs):
        return sentences.TECHNIQUE_NOT_FOR_TASK(task=task.id)
    if able and not any(facts.family in technique.families for facts in able):
        return sentences.TECHNIQUE_NOT_FOR_MODEL(family=_families(able))
    return ""


def _families(models: list[ModelFacts]) -> str:
    return ", ".join(sorted({facts.family for facts in models}))
