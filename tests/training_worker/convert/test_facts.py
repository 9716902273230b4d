"""What is found out about a model by its structure alone."""

from __future__ import annotations

import pytest

from tests.training_worker.convert.sources import structure

pytestmark = pytest.mark.torch


@pytest.mark.parametrize(
    ("architecture", "family"),
    [
        ("bert", "encoder"),
        ("xlm-roberta", "encoder"),
        ("mpnet", "encoder"),
        ("distilbert", "encoder"),
        ("modernbert", "encoder"),
        ("gpt2", "decoder"),
        ("qwen3", "decoder"),
        ("t5", "encoder-decoder"),
        ("bart", "encoder-decoder"),
        ("marian", "encoder-decoder"),
        ("vit", "vision"),
        ("resnet", "vision"),
        ("efficientnet", "vision"),
        ("yolos", "detector"),
        ("detr", "detector"),
        ("wav2vec2", "speech-encoder"),
        ("hubert", "speech-encoder"),
        ("audio-spectrogram-transformer", "speech-encoder"),
        ("whisper", "speech"),
    ],
)
def test_family(architecture: str, family: str) -> None:
    from training_worker.convert.facts import family_of

    assert family_of(architecture) == family


ALL = ("attention", "all-linear", "keys-values-ff", "outputs")


@pytest.mark.parametrize(
    ("architecture", "layers", "attention"),
    [
        ("bert", ALL, "encoder.layer.0.attention.self.query"),
        ("roberta", ALL, "encoder.layer.0.attention.self.query"),
        ("gpt2", ALL, "h.0.attn.c_attn"),
        ("t5", ALL, "decoder.block.1.layer.1.EncDecAttention.v"),
        ("vit", ALL, "layers.0.attention.q_proj"),
        ("efficientnet", (), None),
        ("resnet", (), None),
    ],
)
def test_layers_that_can_be_adapted(architecture: str, layers: tuple[str, ...], attention: str | None) -> None:
    from training_worker.methods.layers import layer_groups, target_layers

    model = structure(architecture)
    assert layer_groups(model) == layers
    names = target_layers(model, "attention")
    assert attention in names if attention else names == []
    assert len(names) < len(target_layers(model, "all-linear")) or not layers


@pytest.mark.parametrize(
    ("architecture", "positions"), [("bert", 64), ("roberta", 64), ("gpt2", 64), ("t5", None), ("vit", None)]
)
def test_positions(architecture: str, positions: int | None) -> None:
    from training_worker.tasks.text_encoder import positions_of

    assert positions_of(structure(architecture)) == positions
