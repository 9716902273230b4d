"""Models that write: converted and checked as the worker will use them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from tests.tiny_generators import save_tiny_decoder, save_tiny_seq2seq
from tests.tiny_model import save_tiny_model
from tests.training_worker.convert.sources import edit_json
from training_worker.contract.facts import LayerGroup
from training_worker.contract.models import ModelInfo
from training_worker.convert.convert import convert
from training_worker.convert.errors import ConversionError

pytestmark = pytest.mark.torch
WORDS = ("a", "b", "c")


def converted(source: Path, **options: Any) -> ModelInfo:
    return convert(str(source), source.with_name("model"), slug="writer", license="apache-2.0", revision="1", **options)


@pytest.mark.parametrize(("architecture", "positions"), [("t5", None), ("bart", 64)])
def test_an_encoder_decoder_model(tmp_path: Path, architecture: str, positions: int | None) -> None:
    info = converted(save_tiny_seq2seq(tmp_path / "source", WORDS, architecture=architecture))
    assert (info.family, info.architecture, info.max_positions) == ("encoder-decoder", architecture, positions)
    assert {"translation", "summarization"} <= set(info.tasks)
    assert info.layers == get_args(LayerGroup)
    assert info.pooling is None


@pytest.mark.parametrize("architecture", ["gpt2", "llama"])
def test_a_decoder(tmp_path: Path, architecture: str) -> None:
    info = converted(save_tiny_decoder(tmp_path / "source", WORDS, architecture=architecture))
    assert (info.family, info.architecture, info.max_positions) == ("decoder", architecture, 64)
    assert set(info.tasks) == {"text-generation", "text-completion", "multiple-choice"}
    assert info.layers == get_args(LayerGroup)
    assert "tokenizer_config.json" in {file.name for file in info.files}


def test_what_the_memory_of_a_training_follows_from_is_written_down(tmp_path: Path) -> None:
    """By hand for Llama's shapes; what adapters add is what peft adds."""
    from training_worker.contract.methods import Lora
    from training_worker.methods.lora import prepare
    from training_worker.tasks import load_task
    from training_worker.tasks.base import Context

    info = converted(save_tiny_decoder(tmp_path / "source", WORDS))
    attention, inner, vocabulary = 2 * (32 * 32 + 16 * 32) * 2, 2 * 3 * 32 * 64, info.size and info.size.vocabulary
    assert info.checkpointed == 2
    assert info.size is not None
    assert {name: one.weights for name, one in info.size.linear.items()} == {
        "attention": attention,
        "all-linear": attention + inner,
        "keys-values-ff": 2 * (2 * 16 * 32 + 32 * 64),
        "outputs": 2 * (32 * 32 + 32 * 64),
    }
    assert info.size.biases == 0
    layer = (attention + inner) // 2 + 2 * 32
    assert info.size.by_layer == (layer + 32 + vocabulary * 32, layer, vocabulary * 32), "with the last norm and head"

    assert vocabulary == len(WORDS) + 6
    assert info.size.parameters == attention + inner + 2 * vocabulary * 32 + 5 * 32 == info.parameters
    for group in ("attention", "all-linear"):
        config = Lora(name="lora", r=3, target_modules=group)
        model = load_task("text-generation")(Context(folder=tmp_path / "model", labels=())).build_model()
        trained = [one for one in prepare(model, config).parameters() if one.requires_grad]
        assert config.added_parameters(info.size) == sum(one.numel() for one in trained)


def test_one_that_does_not_say_how_to_begin_is_refused(tmp_path: Path) -> None:
    source = save_tiny_seq2seq(tmp_path / "source", WORDS)
    edit_json(source / "config.json", decoder_start_token_id=None)
    with pytest.raises(ConversionError, match="decoder_start_token_id"):
        converted(source)


def test_a_pair_of_an_encoder_writes(tmp_path: Path) -> None:
    info = converted(save_tiny_model(tmp_path / "source"), encoder_decoder=True)
    assert (info.family, info.architecture, info.max_positions) == ("encoder-decoder", "encoder-decoder", 64)
    again = tmp_path / "again"
    again.mkdir()
    save_tiny_model(again / "source")
    assert converted(again / "source", encoder_decoder=True).files == info.files


def test_no_pair_is_made_of_a_model_without_the_tokens_for_it(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="lacks a token to begin"):
        converted(save_tiny_seq2seq(tmp_path / "source", WORDS), encoder_decoder=True)
