"""Fields that make a training fit a card: what they change, and that they change nothing else."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.training_worker.tiny import CHAT, CHOICES, CLASSES, RATES, SUMMARIES, TAGS, make_config, weights_of

pytestmark = pytest.mark.torch

RunJob = Callable[..., tuple[Any, Path, list[Any]]]
LORA = {"name": "lora", "r": 8, "lora_alpha": 64, "lora_dropout": 0.0, "target_modules": "all-linear"}


@pytest.fixture
def without_dropout(tiny_model_of: Callable[[str], Path], tmp_path: Path) -> Callable[[str], Path]:
    """The folder of a task's model that draws no random numbers."""
    import json
    import shutil

    def of_task(task: str) -> Path:
        folder = Path(shutil.copytree(tiny_model_of(task), tmp_path / f"model-{task}"))
        config = json.loads((folder / "config.json").read_text())
        names = ("hidden_dropout_prob", "attention_probs_dropout_prob", "dropout_rate", "attention_dropout")
        (folder / "config.json").write_text(json.dumps(config | dict.fromkeys(names, 0.0)))
        return folder

    return of_task


def tensors_of(output: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    found: dict[str, Any] = {}
    for path in output.glob("*.safetensors"):
        found |= load_file(path)
    return found


def curve(messages: list[Any], name: str) -> list[float]:
    return [point.value for message in messages for point in message.points if point.name == name]


# --- gradient accumulation ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", [CLASSES, TAGS, CHOICES, SUMMARIES, CHAT])
def test_four_batches_of_two_are_one_of_eight(
    run_job: RunJob, without_dropout: Callable[[str], Path], task: str
) -> None:
    """Also where examples weigh differently (tokens): the step's mean is over all of them, no mean of means."""
    model = without_dropout(task)
    shared = {"learning_rate": RATES[task] / 10, "num_train_epochs": 1, "optim": "sgd"}
    go = partial(run_job, task=task, model=model)
    _, whole, whole_said = go(make_config(per_device_train_batch_size=8, **shared))
    _, parts, said = go(make_config(per_device_train_batch_size=2, gradient_accumulation_steps=4, **shared))
    _, small, _ = go(make_config(per_device_train_batch_size=2, **shared))
    assert curve(said, "train_loss") == pytest.approx(curve(whole_said, "train_loss"), rel=1e-4)
    expected, found, other = (tensors_of(output) for output in (whole, parts, small))
    assert expected.keys() == found.keys()
    differ = {name: float((found[name] - value).abs().max()) for name, value in expected.items()}
    assert max(differ.values()) < 1e-6
    assert max(float((other[name] - value).abs().max()) for name, value in expected.items()) > 1e-5


def test_accumulated_batches_weigh_by_their_tokens(without_dropout: Callable[[str], Path]) -> None:
    """An answer of one token and one of seven: the gradient of two batches is that of the batch of both."""
    import torch

    from training_worker.contract.wire import Precision
    from training_worker.run.prediction import Compute
    from training_worker.tasks import load_task
    from training_worker.tasks.base import Context

    rows = [
        {"id": "1", "messages": [{"role": "user", "content": "the film"}], "response": "good"},
        {"id": "2", "messages": [{"role": "user", "content": "is it"}], "response": "a very dull and awful story"},
    ]
    task: Any = load_task(CHAT)(Context(folder=without_dropout(CHAT), labels=()), rows)
    split, model = task.encode(rows, "train", 24), task.build_model()
    gradients = []
    for size, batches in ((2, 1), (1, 2)):
        loop = make_loop(task, model, split, Compute(torch.device("cpu"), Precision.FP32), size, batches)
        model.zero_grad()
        loop._optimizer.zero_grad = lambda **_: None
        loop._step([0, 1], 0.0)
        gradients.append([parameter.grad.clone() for parameter in model.parameters()])
    for whole, summed in zip(*gradients, strict=True):
        assert torch.allclose(whole, summed, atol=1e-6)
    mean_of_means = [one for one in gradients[0] if float(one.abs().max()) > 1e-4]
    assert mean_of_means, "there is a gradient to compare"


def make_loop(task: Any, model: Any, split: Any, compute: Any, size: int, batches: int) -> Any:
    from training_worker.contract.config import TrainingArguments
    from training_worker.run.journal import Journal
    from training_worker.run.training import Loop, Plan, Setup
    from training_worker.techniques import load_techniques

    training = TrainingArguments(
        per_device_train_batch_size=size, gradient_accumulation_steps=batches, optim="sgd", max_grad_norm=0.0
    )
    model.requires_grad_(True)
    model.train()
    setup = Setup(
        task=task,
        training=training,
        plan=Plan(1, 1, 1, 1),
        technique=load_techniques((), task.spec, 1),
        seed=1,
        compute=compute,
        journal=Journal(lambda _message: None),
        deadline=float("inf"),
    )
    validator: Any = None
    return Loop(model, split, validator, setup)


def test_steps_count_accumulated_batches_once(run_job: RunJob) -> None:
    """Of 96 examples: 12 steps of 8, 5 of 20."""
    for batches, steps in ((4, 12), (10, 5)):
        config = make_config(per_device_train_batch_size=2, gradient_accumulation_steps=batches, num_train_epochs=1)
        result, _, _ = run_job(config)
        assert result.steps == steps


def test_with_fgm_accumulated_batches_are_one_step_too(run_job: RunJob, without_dropout: Callable[[str], Path]) -> None:
    model, fgm = without_dropout(CLASSES), ({"name": "fgm", "epsilon": 1.0},)
    shared = {"learning_rate": 1e-3, "num_train_epochs": 1, "optim": "sgd"}
    _, whole, _ = run_job(make_config("full", fgm, per_device_train_batch_size=8, **shared), model=model)
    accumulated = {"per_device_train_batch_size": 2, "gradient_accumulation_steps": 4}
    _, parts, _ = run_job(make_config("full", fgm, **accumulated, **shared), model=model)
    found = tensors_of(parts)
    for name, value in tensors_of(whole).items():
        assert float((found[name] - value).abs().max()) < 1e-5, name


# --- gradient checkpointing -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["full", LORA])
@pytest.mark.parametrize("task", [CLASSES, SUMMARIES, CHAT])
def test_checkpoints_change_no_outcome(run_job: RunJob, task: str, method: Any) -> None:
    """With dropout: what is computed again draws the same numbers again."""
    shared = {"learning_rate": RATES[task], "num_train_epochs": 1}
    _, plain, _ = run_job(make_config(method, **shared), task=task)
    _, again, _ = run_job(make_config(method, gradient_checkpointing=True, **shared), task=task)
    found = tensors_of(again)
    for name, value in tensors_of(plain).items():
        assert float((found[name] - value).abs().max()) < 1e-6, name


@pytest.mark.parametrize("method", ["full", LORA])
def test_with_checkpoints_each_layer_is_computed_again(
    run_job: RunJob, monkeypatch: pytest.MonkeyPatch, method: Any
) -> None:
    """Counted by hooks on a layer of the decoder, in training mode; the last count is of its MLP's first product."""
    from transformers.models.llama.modeling_llama import LlamaMLP

    counts: list[int] = []
    forward = LlamaMLP.forward

    def counted(self: Any, *args: Any) -> Any:
        counts[-1] += self.training
        return forward(self, *args)

    monkeypatch.setattr(LlamaMLP, "forward", counted)
    for checkpoints in (False, True):
        counts.append(0)
        config = make_config(method, num_train_epochs=1, gradient_checkpointing=checkpoints)
        result, _, _ = run_job(config, task=CHAT)
        assert result.steps == 6
    assert counts == [6 * 2, 2 * 6 * 2]


@pytest.mark.parametrize("task", [CLASSES, CHAT, SUMMARIES])
def test_checkpointed_layers_are_found(tiny_model_of: Callable[[str], Path], task: str) -> None:
    from training_worker.run.checkpoints import checkpointed_layers
    from training_worker.tasks import load_task
    from training_worker.tasks.base import Context

    model = load_task(task)(Context(folder=tiny_model_of(task), labels=("a", "b"))).build_model()
    assert checkpointed_layers(model.backbone) == {CLASSES: 2, CHAT: 2, SUMMARIES: 4}[task]


# --- dtype of a frozen base -----------------------------------------------------------------------------------------


def test_a_base_in_bfloat16_is_half_as_large_and_answers_nearly_the_same(
    run_job: RunJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from training_worker.run import run as running

    seen: list[dict[bool, set[Any]]] = []
    original = running.Run.prepare_model

    def prepare_model(self: Any, model: Any, config: Any) -> Any:
        prepared = original(self, model, config)
        seen.append(
            {
                trains: {one.dtype for one in prepared.parameters() if one.requires_grad is trains}
                for trains in (False, True)
            }
        )
        return prepared

    monkeypatch.setattr(running.Run, "prepare_model", prepare_model)
    shared = {"learning_rate": RATES[CHAT], "num_train_epochs": 8}
    runs = [
        run_job(make_config(LORA | {"dtype": dtype}, **shared), task=CHAT, precision="bf16")
        for dtype in ("float32", "bfloat16")
    ]
    assert seen == [
        {False: {torch.float32}, True: {torch.float32}},
        {False: {torch.bfloat16}, True: {torch.float32}},
    ]
    losses = [curve(messages, "validation_loss") for _, _, messages in runs]
    assert losses[1] == pytest.approx(losses[0], rel=0.05)
    assert losses[1][-1] < 0.9 * losses[1][0]
    assert weights_of(runs[0][1]) != weights_of(runs[1][1])
    assert {value.dtype for value in tensors_of(runs[1][1]).values()} == {torch.float32}


def test_a_model_is_loaded_in_the_type_that_the_config_names(tiny_model_of: Callable[[str], Path]) -> None:
    """At once: float32 weights that are cast would need three times the memory for a moment."""
    import torch

    from training_worker.contract.methods import Weights
    from training_worker.tasks import load_task
    from training_worker.tasks.base import Context

    context = Context(folder=tiny_model_of(CHAT), labels=(), weights=Weights("bfloat16"))
    model = load_task(CHAT)(context).build_model()
    assert {parameter.dtype for parameter in model.parameters()} == {torch.bfloat16}


def test_4_bits_need_a_card(tiny_model_of: Callable[[str], Path]) -> None:
    import torch

    from training_worker.contract.methods import Weights
    from training_worker.tasks import load_task
    from training_worker.tasks.base import Context

    if torch.cuda.is_available():
        pytest.skip("this machine may have it")
    context = Context(folder=tiny_model_of(CHAT), labels=(), weights=Weights("float32", load_in_4bit=True))
    with pytest.raises((ImportError, RuntimeError)):
        load_task(CHAT)(context).build_model()


# --- what a node measures -------------------------------------------------------------------------------------------


def test_a_model_too_large_to_train_is_measured_by_its_vectors(tiny_model_of: Callable[[str], Path]) -> None:
    import torch

    from tests.training_worker.tiny import make_rows
    from training_worker.contract.wire import Precision
    from training_worker.run.measure import measure, measure_vectors
    from training_worker.run.prediction import Compute
    from training_worker.run.telemetry import peak_memory_mb
    from training_worker.tasks import load_task
    from training_worker.tasks.base import Context

    rows = make_rows(8, 1, CHAT)
    task: Any = load_task(CHAT)(Context(folder=tiny_model_of(CHAT), labels=()), rows)
    split, model = task.encode(rows, "validation", 24), task.build_model()
    compute = Compute(torch.device("cpu"), Precision.FP32)
    whole = measure(task, model, split, compute, peak_memory_mb)
    assert whole.megabytes_fixed > 0
    rate, fixed, _slope = measure_vectors(task, model, split, compute, peak_memory_mb)
    assert rate > 0
    matrices = sum(parameter.numel() for parameter in model.parameters() if parameter.ndim > 1)
    assert fixed > 12 * matrices / 2**20
    assert {parameter.ndim for parameter in model.parameters() if parameter.requires_grad} == {1}
