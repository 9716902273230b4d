"""Models, methods, techniques and tasks that cannot go together are refused with the reason, before any training."""

from __future__ import annotations

from typing import Any

import pytest

from tests.training_worker.contract.challenge import SIZE, make
from training_worker.contract.config import parse_config
from training_worker.contract.facts import ModelFacts
from training_worker.contract.limits import ChallengeLimits, Terms, check
from training_worker.contract.methods import METHODS, methods_for
from training_worker.contract.tasks import TASKS, Column
from training_worker.contract.techniques import TECHNIQUES, techniques_for

ENCODER = ModelFacts(
    family="encoder", tasks=("text-classification",), max_positions=48, layers=("attention", "all-linear")
)


def fit(
    data: dict[str, Any], facts: ModelFacts | None, task: str = "text-classification"
) -> dict[str, tuple[str, str]]:
    """(code, message) by field of everything that is wrong, in a challenge that allows everything."""
    limits = ChallengeLimits(base_models=("m",), methods=tuple(METHODS), techniques=tuple(TECHNIQUES))
    models = {"m": facts} if facts else {}
    found = check(parse_config(data), Terms(task=TASKS[task], limits=limits, size=SIZE, models=models))
    return {error.field: (error.code, error.message) for error in found}


def test_a_pair_that_fits_is_accepted() -> None:
    techniques = [{"name": "fgm"}, {"name": "noise_injection"}]
    assert fit(make(method={"name": "lora"}, max_length=48) | {"techniques": techniques}, ENCODER) == {}
    assert fit(make(method={"name": "lora"}, max_length=512) | {"techniques": techniques}, None) == {}


@pytest.mark.parametrize(
    ("facts", "data", "field", "code", "said"),
    [
        ({"tasks": ("token-classification",)}, make(), "base_model", "model_not_for_task", "cannot do the task"),
        ({"family": "decoder"}, make(), "", "", ""),
        ({"layers": ()}, make(method={"name": "lora"}), "method.target_modules", "no_such_layers", "no layers"),
        (
            {"layers": ("attention",)},
            make(method={"name": "lora", "target_modules": "all-linear"}),
            "method.target_modules",
            "no_such_layers",
            "no layers",
        ),
        ({"layers": ()}, make(), "", "", ""),
        ({}, make(max_length=49), "training.max_length", "out_of_range", "at most 48 tokens"),
        ({"max_positions": None}, make(max_length=512), "", "", ""),
        (
            {"family": "vision"},
            make() | {"techniques": [{"name": "fgm"}]},
            "techniques.0.name",
            "technique_not_for_model",
            "kind vision",
        ),
        (
            {},
            make(method={"name": "head"}) | {"techniques": [{"name": "noise_injection"}, {"name": "fgm"}]},
            "techniques.1.name",
            "technique_not_for_method",
            "the method head",
        ),
    ],
)
def test_a_model_that_cannot_run_the_config_is_refused_with_the_reason(
    facts: dict[str, Any], data: dict[str, Any], field: str, code: str, said: str
) -> None:
    found = fit(data, ENCODER.model_copy(update=facts))
    assert {name: error for name, (error, _message) in found.items()} == ({field: code} if field else {})
    assert not field or said in found[field][1]


def test_a_technique_on_inputs_that_the_task_does_not_have_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = TASKS["text-classification"].model_copy(
        update={"id": "pictures", "inputs": (Column(name="image", kind="image"),), "unit": "kilopixels"}
    )
    monkeypatch.setitem(TASKS, "pictures", pictures)
    facts = ModelFacts(family="encoder", tasks=("pictures",), max_positions=16)
    data = make() | {"techniques": [{"name": "noise_injection"}, {"name": "fgm"}]}
    assert fit(data, facts, "pictures") == {
        "techniques.0.name": (
            "technique_not_for_task",
            "This technique does not fit the inputs of the task pictures.",
        )
    }
    assert techniques_for(pictures, ("fgm", "noise_injection", "mixup")) == ("fgm",)
    assert techniques_for(TASKS["text-classification"], ("fgm", "noise_injection")) == ("noise_injection", "fgm")


def test_a_technique_that_no_model_of_the_task_can_be_trained_with_is_not_offered() -> None:
    assert techniques_for(TASKS["image-classification"], ("fgm", "noise_injection")) == ()


def test_a_method_without_meaning_for_the_task_or_the_model_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(METHODS["head"], "tasks", ("token-classification",))
    monkeypatch.setattr(METHODS["full"], "families", ("decoder",))
    assert fit(make(method={"name": "head"}), ENCODER)["method.name"][0] == "method_not_for_task"
    assert fit(make(), ENCODER)["method.name"][0] == "method_not_for_model"
    assert methods_for(TASKS["text-classification"], ("head", "full", "magic")) == ("full",)


def test_a_method_that_no_model_of_the_families_can_do_is_not_offered() -> None:
    """A decoder has no head for choices, an encoder has."""
    task, names = TASKS["multiple-choice"], ("head", "lora", "magic")
    assert methods_for(task, names) == methods_for(task, names, ["decoder", "encoder"]) == ("head", "lora")
    assert methods_for(task, names, ["decoder"]) == ("lora",)


def test_everything_that_does_not_fit_is_said_at_once() -> None:
    facts = ModelFacts(family="vision", tasks=("image-classification",), max_positions=16)
    data = make(method={"name": "lora"}) | {"techniques": [{"name": "fgm"}]}
    assert {field: code for field, (code, _message) in fit(data, facts).items()} == {
        "base_model": "model_not_for_task",
        "method.target_modules": "no_such_layers",
        "techniques.0.name": "technique_not_for_model",
        "training.max_length": "out_of_range",
    }
