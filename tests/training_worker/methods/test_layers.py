"""Which layers of which architecture an adapter goes to; `lora` on every kind of linear layer."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from training_worker.contract.facts import LayerGroup
from training_worker.contract.methods import Lora

pytestmark = pytest.mark.torch


def make_backbone(kind: str) -> Any:
    import torch
    import transformers
    from torch import nn

    torch.manual_seed(0)
    if kind == "convolution":
        return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    sizes: dict[str, dict[str, int]] = {
        "Bert": {"num_hidden_layers": 2, "num_attention_heads": 2, "hidden_size": 16, "intermediate_size": 32},
        "DistilBert": {"n_layers": 2, "n_heads": 2, "dim": 16, "hidden_dim": 32},
        "GPT2": {"n_layer": 2, "n_head": 2, "n_embd": 16},
        "ViT": {"num_hidden_layers": 2, "num_attention_heads": 2, "hidden_size": 16, "intermediate_size": 32},
        "T5": {"num_layers": 2, "num_heads": 2, "d_model": 16, "d_kv": 8, "d_ff": 32},
        "Llama": {"num_hidden_layers": 2, "num_attention_heads": 2, "hidden_size": 16, "intermediate_size": 32},
        "Wav2Vec2": {"num_hidden_layers": 2, "num_attention_heads": 2, "hidden_size": 16, "intermediate_size": 32},
        "Whisper": {
            "encoder_layers": 2,
            "decoder_layers": 2,
            "d_model": 16,
            "encoder_attention_heads": 2,
            "decoder_attention_heads": 2,
        },
    }
    config = getattr(transformers, f"{kind}Config")(**sizes[kind])
    return getattr(transformers, f"{kind}Model")(config).eval()


@pytest.mark.parametrize(
    ("kind", "counts"),
    [
        ("Bert", (8, 13, 6, 4)),
        ("DistilBert", (8, 12, 6, 4)),
        ("GPT2", (4, 8, 4, 4)),
        ("ViT", (8, 13, 6, 4)),
        ("T5", (24, 32, 16, 10)),
        ("Llama", (8, 14, 6, 4)),
        ("Wav2Vec2", (8, 13, 6, 4)),
        ("Whisper", (24, 32, 16, 10)),
        ("convolution", (0, 0, 0, 0)),
    ],
)
def test_layers_are_found_by_kind_and_place(kind: str, counts: tuple[int, ...]) -> None:
    import torch

    from training_worker.methods.layers import layer_groups, target_layers

    with torch.device("meta"):
        backbone = make_backbone(kind)
    groups = get_args(LayerGroup)
    assert tuple(len(target_layers(backbone, group)) for group in groups) == counts
    assert layer_groups(backbone) == (groups if any(counts) else ())


@pytest.mark.parametrize("group", ["attention", "all-linear"])
@pytest.mark.parametrize("kind", ["Bert", "GPT2"])
def test_adapters_train_and_start_at_the_base(kind: str, group: Any) -> None:
    import torch
    from torch import nn

    from training_worker.methods.layers import target_layers
    from training_worker.methods.lora import prepare
    from training_worker.tasks.base import TaskModel

    model = TaskModel(make_backbone(kind), nn.Linear(16, 2))
    layers = target_layers(model.backbone, group)
    tokens = torch.tensor([[5, 6, 7]])
    before = model.backbone(input_ids=tokens).last_hidden_state
    prepared = prepare(model, Lora(name="lora", r=2, target_modules=group))
    after = prepared.backbone.eval()(input_ids=tokens).last_hidden_state
    assert after.equal(before)
    trained = [name for name, value in prepared.named_parameters() if value.requires_grad]
    adapters = [name for name in trained if ".lora_" in name]
    assert len(adapters) == 2 * len(layers)
    assert set(trained) - set(adapters) == {"top.weight", "top.bias"}
    (after * torch.randn(16)).sum().backward()
    gradients = [value.grad for name, value in prepared.named_parameters() if ".lora_B." in name]
    assert any(bool(gradient.any()) for gradient in gradients if gradient is not None)
