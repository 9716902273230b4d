"""Methods that train part of a backbone, or little beside it: what trains, where they start, that they learn."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.training_worker.tiny import (
    CHAT,
    CHOICES,
    CLASSES,
    RATES,
    SPANS,
    SUMMARIES,
    TAGS,
    make_config,
)
from training_worker.contract.tasks import TASKS
from training_worker.contract.wire import PREDICTIONS

pytestmark = pytest.mark.torch

RunJob = Callable[..., tuple[Any, Path, list[Any]]]
LORA = {"name": "lora", "r": 4, "lora_dropout": 0.0}
METHODS: dict[str, dict[str, Any]] = {
    "top_layers": {"name": "top_layers", "num_layers": 1},
    "bitfit": {"name": "bitfit"},
    "ia3": {"name": "ia3"},
    "adapter": {"name": "adapter", "reduction_factor": 2},
    "dora": LORA | {"use_dora": True},
    "prompt_tuning": {"name": "prompt_tuning", "num_virtual_tokens": 4},
    "prefix_tuning": {"name": "prefix_tuning", "num_virtual_tokens": 4},
    "rslora": LORA | {"use_rslora": True},
}
CASES = [(task, name) for task in (CLASSES, TAGS, SUMMARIES, CHAT) for name in METHODS]
CASES.remove((CHAT, "bitfit"))  # that decoder has no biases
CASES.remove((SUMMARIES, "bitfit"))  # nor has that pair
by_case = pytest.mark.parametrize(("task", "name"), CASES)


def curve(messages: list[Any], name: str) -> list[float]:
    return [point.value for message in messages for point in message.points if point.name == name]


@by_case
def test_it_starts_at_the_base_and_learns(run_job: RunJob, task: str, name: str) -> None:
    faster = {"learning_rate": 10 * RATES[task] if name in ("ia3", "bitfit") else 2 * RATES[task]}
    start = {} if not TASKS[task].has_features else {"head_init": "random"}
    base, _, _ = run_job(None, task=task)
    _, _, first = run_job(make_config(METHODS[name], **faster), task=task, budget={"max_steps": 1})
    metric = TASKS[task].metrics[0]
    assert curve(first, f"validation_{metric}")[0] == pytest.approx(base.validation[metric], rel=1e-5)
    result, output, messages = run_job(make_config(METHODS[name], num_train_epochs=6, **faster, **start), task=task)
    losses = curve(messages, "train_loss")
    assert sum(losses[-6:]) < sum(losses[:6])
    assert 0 < result.telemetry.parameters_trained < result.telemetry.parameters_total
    assert len((output / PREDICTIONS).read_text().splitlines()) == 40


def trained_names(run_job: RunJob, monkeypatch: pytest.MonkeyPatch, method: dict[str, Any], task: str) -> set[str]:
    """Names of the backbone's parameters that a run of the method trains."""
    from training_worker.run.run import Run

    seen: list[Any] = []
    prepare = Run.prepare_model
    monkeypatch.setattr(Run, "prepare_model", lambda *args: seen.append(prepare(*args)) or seen[-1])
    run_job(make_config(method), task=task, budget={"max_steps": 1})
    return {name for name, value in seen[0].backbone.named_parameters() if value.requires_grad}


def test_what_trains(run_job: RunJob, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {name: trained_names(run_job, monkeypatch, method, CLASSES) for name, method in METHODS.items()}
    assert all(name.startswith("encoder.layer.1.") for name in found["top_layers"])
    assert len(found["top_layers"]) == 16, "all of the last of two layers"
    assert all(name.endswith("bias") for name in found["bitfit"])
    assert len(found["bitfit"]) == 1 + 2 * 8
    assert len(found["ia3"]) == 2 * 3, "keys, values and feed-forward of each layer"
    assert len(found["adapter"]) == 2 * 2 * 4, "two of each layer, of two matrices and two biases"
    assert found["prompt_tuning"] == {"prompt_encoder.default.embedding.weight"}
    assert found["prefix_tuning"] == {"prompt_encoder.default.embedding.weight"}
    lora = {name for name in found["dora"] if "magnitude" not in name}
    assert lora == found["rslora"]
    assert len(found["dora"]) == len(lora) * 3 // 2, "a length beside each pair of matrices"


def test_the_last_layers_of_an_encoder_and_a_decoder(run_job: RunJob, monkeypatch: pytest.MonkeyPatch) -> None:
    found = trained_names(run_job, monkeypatch, METHODS["top_layers"], SUMMARIES)
    blocks = {name.split(".")[0] + name.split(".")[2] for name in found if ".block." in name}
    assert blocks == {"encoder1", "decoder1"}
    assert not any("shared" in name for name in found)


@pytest.mark.parametrize("name", ["prompt_tuning", "prefix_tuning"])
@pytest.mark.parametrize(("task", "metric", "least"), [(SPANS, "squad_f1", 0.75), (CHOICES, "accuracy", 0.75)])
def test_virtual_tokens_are_no_part_of_an_answer(
    run_job: RunJob, task: str, metric: str, least: float, name: str
) -> None:
    """They would move the places of answers in a context, and count in the mean of a text."""
    faster = {"learning_rate": 4 * RATES[task], "head_init": "random"}
    result, _, messages = run_job(make_config(METHODS[name], num_train_epochs=10, max_length=60, **faster), task=task)
    losses = curve(messages, "train_loss")
    assert sum(losses[-6:]) < sum(losses[:6])
    assert result.validation[metric] > least


@pytest.mark.parametrize("name", ["prompt_tuning", "prefix_tuning"])
def test_what_is_said_of_virtual_tokens_is_left_out(tiny_model: Path, name: str) -> None:
    """Of each word the model says what it says at that word's place."""
    import torch
    from transformers import AutoModel

    from training_worker.contract.config import parse_config
    from training_worker.methods import load_method
    from training_worker.tasks.base import TaskModel

    config = parse_config(make_config(METHODS[name])).method
    model = TaskModel(AutoModel.from_pretrained(tiny_model), torch.nn.Identity()).eval()
    prepared: Any = load_method(name)(model, config).backbone
    tokens = torch.tensor([[5, 6, 7, 8]])
    seen = prepared(input_ids=tokens, token_type_ids=torch.zeros_like(tokens)).last_hidden_state
    assert seen.shape[:2] == (1, 4)
    if name == "prompt_tuning":
        embedded = prepared.word_embeddings(tokens)
        whole = prepared.base_model(inputs_embeds=torch.cat([prepared.get_prompt(1), embedded], dim=1))
        assert seen.equal(whole.last_hidden_state[:, 4:])
    else:
        whole = prepared.base_model(input_ids=tokens, past_key_values=prepared.get_prompt(1))
        assert torch.allclose(seen, whole.last_hidden_state, atol=1e-6)


def test_more_layers_more_parameters(run_job: RunJob) -> None:
    one, two = (
        run_job(make_config({"name": "top_layers", "num_layers": number}), budget={"max_steps": 1})[0].telemetry
        for number in (1, 2)
    )
    assert one.parameters_trained < two.parameters_trained < one.parameters_total


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (METHODS["adapter"], METHODS["adapter"] | {"reduction_factor": 4}),
        (LORA, METHODS["dora"]),
        (LORA, METHODS["rslora"]),
        (METHODS["top_layers"], {"name": "top_layers", "num_layers": 2}),
        (METHODS["prompt_tuning"], METHODS["prompt_tuning"] | {"num_virtual_tokens": 8}),
        (METHODS["prefix_tuning"], METHODS["prefix_tuning"] | {"num_virtual_tokens": 8}),
    ],
)
def test_each_field_has_an_effect(run_job: RunJob, one: dict[str, Any], other: dict[str, Any]) -> None:
    outputs = [run_job(make_config(method), budget={"max_steps": 4})[1] for method in (one, other)]
    lines = [(output / PREDICTIONS).read_text().splitlines() for output in outputs]
    rows = [[json.loads(line)["probabilities"] for line in of_run] for of_run in lines]
    assert rows[0] != rows[1]


@pytest.mark.parametrize("name", [*METHODS])
def test_it_repeats(run_job: RunJob, name: str) -> None:
    outputs = [run_job(make_config(METHODS[name]), seed=seed)[1] for seed in (1, 1, 2)]
    first, again, other = [(output / PREDICTIONS).read_bytes() for output in outputs]
    assert first == again != other
