"""Optimisers, schedules, rates by layer, averages, dropout: each against its formula."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from training_worker.contract.config import TrainingArguments

pytestmark = pytest.mark.torch


def small(**training: Any) -> tuple[Any, Any, Any]:
    """A layer of two weights and a bias, all 1, its optimiser, and one step on gradients of 0.5."""
    import torch

    from training_worker.run.optimization import build_optimizer

    model = torch.nn.Linear(2, 1)
    for parameter in model.parameters():
        torch.nn.init.ones_(parameter)
    optimizer = build_optimizer(model, TrainingArguments(**({"learning_rate": 0.1, "weight_decay": 0.0} | training)))

    def step(gradient: float = 0.5) -> tuple[float, float]:
        """The first weight and the bias after it."""
        for parameter in model.parameters():
            parameter.grad = torch.full_like(parameter, gradient)
        optimizer.step()
        return model.weight[0, 0].item(), model.bias[0].item()

    return model, optimizer, step


@pytest.mark.parametrize(
    ("training", "after"),
    [
        ({"optim": "sgd", "momentum": 0.0}, (0.95, 0.90)),
        ({"optim": "sgd", "momentum": 0.5}, (0.95, 0.875)),
        ({"optim": "adam"}, (0.9, 0.8)),
        ({"optim": "adamw"}, (0.9, 0.8)),
        ({"optim": "lion"}, (0.9, 0.8)),
    ],
    ids=str,
)
def test_two_steps_of_each_optimiser(training: dict[str, Any], after: tuple[float, float]) -> None:
    """Of Adam and Lion each is one of length `learning_rate`, whatever the gradient."""
    _, _, step = small(**training)
    assert (step()[0], step()[0]) == pytest.approx(after, abs=1e-4)


def test_lion_goes_by_the_sign_of_its_momentum() -> None:
    """Chen et al. 2023, algorithm 2: the old direction holds against a small gradient."""
    _, _, step = small(optim="lion")
    assert [step(gradient)[0] for gradient in (0.5, 0.5, -0.01)] == pytest.approx([0.9, 0.8, 0.7])
    assert step(-0.5)[0] == pytest.approx(0.8)


def test_adafactor_keeps_sums_of_rows_and_columns() -> None:
    import torch

    from training_worker.run.optimization import build_optimizer

    model = torch.nn.Linear(64, 64, bias=False)
    optimizer = build_optimizer(model, TrainingArguments(optim="adafactor"))
    model(torch.randn(3, 64)).sum().backward()
    before = model.weight.detach().clone()
    optimizer.step()
    assert not before.equal(model.weight)
    assert sum(value.numel() for value in optimizer.state[model.weight].values()) < 64 * 3


@pytest.mark.parametrize("optim", ["adamw", "adafactor", "lion"])
def test_decoupled_decay_shrinks_weights_and_leaves_biases(optim: str) -> None:
    _, _, step = small(optim=optim, weight_decay=0.5)
    weight, bias = step(0.0)
    assert (weight, bias) == (pytest.approx(0.95, abs=1e-3), pytest.approx(1.0, abs=1e-3))


@pytest.mark.parametrize("optim", ["sgd", "adam"])
def test_l2_is_part_of_the_gradient(optim: str) -> None:
    """SGD: 1 - 0.1 · 0.5; Adam takes its step of 0.1 along it."""
    _, _, step = small(optim=optim, weight_decay=0.5)
    assert step(0.0) == (pytest.approx({"sgd": 0.95, "adam": 0.9}[optim], abs=1e-4), 1.0)


@pytest.mark.parametrize(
    ("schedule", "factors"),
    [
        ("constant", [1.0, 1.0, 1.0, 1.0, 1.0]),
        ("constant_with_warmup", [1 / 21, 1.0, 1.0, 1.0, 1.0]),
        ("linear", [1 / 21, 1.0, 0.75, 0.25, 1 / 80]),
        ("cosine", [1 / 21, 1.0, 0.5 + 0.5**1.5, 0.5 - 0.5**1.5, 0.000385]),
        ("inverse_sqrt", [1 / 21, 1.0, (20 / 40) ** 0.5, (20 / 80) ** 0.5, (20 / 99) ** 0.5]),
        ("warmup_stable_decay", [1 / 21, 1.0, 1.0, 1.0, 0.05]),
    ],
)
def test_schedules(schedule: Any, factors: list[float]) -> None:
    """At the steps 0, 20, 40, 80 and 99 of 100, of which 20 are warm-up."""
    from training_worker.run.optimization import rate_factor

    training = TrainingArguments(lr_scheduler_type=schedule, warmup_steps=0.2)
    assert [rate_factor(training, step, 100) for step in (0, 20, 40, 80, 99)] == pytest.approx(factors, abs=1e-5)


def test_a_layer_learns_slower_than_the_one_above(tiny_model: Path) -> None:
    import torch
    from transformers import AutoModel

    from training_worker.run.optimization import build_optimizer, layer_scales, set_rate
    from training_worker.tasks.base import TaskModel

    model = TaskModel(AutoModel.from_pretrained(tiny_model), torch.nn.Linear(2, 2))
    layers = model.backbone.config.num_hidden_layers  # type: ignore[union-attr]
    scales = layer_scales(model, 0.5)
    found = {name: scales[f"backbone.encoder.layer.{name}.output.dense.weight"] for name in range(layers)}
    assert found == {name: 0.5 ** (layers - name) for name in range(layers)}
    assert scales["backbone.embeddings.word_embeddings.weight"] == 0.5 ** (layers + 1)
    assert scales["top.weight"] == scales["top.bias"] == 1.0
    assert set(layer_scales(model, 1.0).values()) == {1.0}
    optimizer = build_optimizer(model, TrainingArguments(layerwise_lr_decay=0.5))
    set_rate(optimizer, 0.1)
    rates = {id(value): group["lr"] for group in optimizer.param_groups for value in group["params"]}
    named = dict(model.named_parameters())
    assert all(rates[id(named[name])] == pytest.approx(0.1 * scale) for name, scale in scales.items())


def test_an_encoder_and_a_decoder_are_counted_each_by_itself() -> None:
    from transformers import T5Config, T5ForConditionalGeneration

    from training_worker.run.optimization import layer_scales
    from training_worker.tasks.base import TaskModel

    config = T5Config(vocab_size=20, d_model=8, d_kv=4, d_ff=8, num_layers=3, num_decoder_layers=2, num_heads=2)
    model = TaskModel(T5ForConditionalGeneration(config), T5ForConditionalGeneration(config).lm_head)
    scales = layer_scales(model, 0.5)
    layer = "layer.0.SelfAttention.q.weight"
    assert [scales[f"backbone.encoder.block.{number}.{layer}"] for number in range(3)] == [0.125, 0.25, 0.5]
    assert [scales[f"backbone.decoder.block.{number}.{layer}"] for number in range(2)] == [0.25, 0.5]
    assert scales["backbone.shared.weight"] == 0.5**4
    assert scales["backbone.encoder.final_layer_norm.weight"] == scales["top.weight"] == 1.0


def averaged(values: list[float], **training: Any) -> tuple[list[float], float]:
    """What is validated after each step in which a weight takes these values, and what is kept."""
    import torch

    from training_worker.run.averaging import WeightAverage

    weight = torch.nn.Parameter(torch.zeros(1))
    average = WeightAverage([weight], TrainingArguments(**training), len(values))
    seen = []
    for step, value in enumerate(values, 1):
        weight.data.fill_(value)
        average.update(step)
        with average.applied():
            seen.append(weight.item())
        assert weight.item() == value
    average.keep()
    return seen, weight.item()


def test_average_of_the_last_weights() -> None:
    assert averaged([8, 1, 2, 6]) == ([8, 1, 2, 6], 6)
    seen, kept = averaged([8, 1, 2, 6], swa_start=0.25)
    assert (seen, kept) == (pytest.approx([8, 1, 1.5, 3]), pytest.approx(3))


def test_moving_average() -> None:
    """Its decay is 2/11, 3/12 and 0.3, from where it stays at what the config says."""
    values = [0.0, 11.0, 0.0, 10.0]
    seen, kept = averaged(values, ema_decay=0.3)
    second = 11 * (1 - 3 / 12)
    third = second * 0.3
    assert seen == pytest.approx([0.0, second, third, third * 0.3 + 10 * 0.7])
    assert kept == pytest.approx(seen[-1])


def test_dropout_is_set_wherever_a_model_has_it(tiny_model: Path) -> None:
    import torch
    from transformers import AutoModel, Wav2Vec2Config, Wav2Vec2Model

    from training_worker.run.dropout import set_dropout

    bert = AutoModel.from_pretrained(tiny_model).train()
    tokens = torch.tensor([[1, 2, 3, 4]])
    set_dropout(bert, 0.0)
    assert bert(tokens).last_hidden_state.equal(bert(tokens).last_hidden_state)
    set_dropout(bert, 0.5)
    assert not bert(tokens).last_hidden_state.equal(bert(tokens).last_hidden_state)
    speech = Wav2Vec2Model(
        Wav2Vec2Config(
            hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, conv_dim=[8, 8],
            conv_stride=[5, 2], conv_kernel=[10, 3], num_conv_pos_embedding_groups=2, num_conv_pos_embeddings=4,
            attention_dropout=0.1, hidden_dropout=0.1, layerdrop=0.0, apply_spec_augment=False,
        )
    ).train()  # fmt: skip
    set_dropout(speech, 0.7)
    assert speech.encoder.layers[0].attention.dropout == 0.7
    assert speech.encoder.dropout.p == 0.7
