"""A base model from a folder: plain safetensors, the same bytes every time, nothing that runs code."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any, get_args

import pytest

from tests.training_worker.convert.sources import edit_json, save_byte_tokenizer, save_source
from training_worker.contract.facts import LayerGroup
from training_worker.contract.models import ModelInfo
from training_worker.convert.__main__ import main
from training_worker.convert.convert import convert
from training_worker.convert.errors import ConversionError
from training_worker.convert.source import find_source

pytestmark = pytest.mark.torch

FIELDS: dict[str, Any] = {"slug": "tiny", "license": "apache-2.0", "revision": "1"}


@pytest.fixture
def source(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy of the tiny BERT, to be spoiled."""
    return shutil.copytree(tiny_model, tmp_path / "source")


def refusal(source: Path, **options: Any) -> str:
    """Why it is refused: one line, and nothing is left behind."""
    dest = source.parent / "dest"
    with pytest.raises(ConversionError) as caught:
        convert(str(source), dest, **FIELDS, **options)
    assert sorted(source.parent.iterdir()) == [source]
    assert "\n" not in str(caught.value)
    return str(caught.value)


def remove_tokenizer(source: Path) -> None:
    for path in source.iterdir():
        if path.name not in ("config.json", "model.safetensors"):
            path.unlink()


def test_converted_folder_describes_itself_and_loads(tiny_model: Path, tmp_path: Path) -> None:
    info = convert(str(tiny_model), tmp_path / "a", **FIELDS)
    again = convert(str(tiny_model), tmp_path / "b", **FIELDS)
    assert info == again == ModelInfo.model_validate_json((tmp_path / "a" / "model.json").read_bytes())
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {ref.name for ref in info.files}
    assert all((tmp_path / "a" / ref.name).stat().st_size == ref.size for ref in info.files)
    assert (info.architecture, info.family, info.pooling) == ("bert", "encoder", "mean")
    assert {"text-classification", "text-regression", "token-classification"} <= {*info.tasks}
    assert (info.max_positions, info.layers) == (64, get_args(LayerGroup))
    from transformers import AutoModel, AutoTokenizer

    model = AutoModel.from_pretrained(tmp_path / "a")
    assert info.parameters == sum(value.numel() for value in model.parameters())
    ours, theirs = (AutoTokenizer.from_pretrained(folder)("good film") for folder in (tmp_path / "a", tiny_model))
    assert ours["input_ids"] == theirs["input_ids"]


def test_positions_that_roberta_cannot_use_are_not_counted(tmp_path: Path) -> None:
    info = convert(str(save_source("roberta", tmp_path / "source")), tmp_path / "a", **FIELDS)
    assert info.max_positions == 64
    import torch
    from transformers import AutoModel

    model = AutoModel.from_pretrained(tmp_path / "a")
    assert model(torch.full((1, 64), 5)).last_hidden_state.shape == (1, 64, 32)
    with pytest.raises((IndexError, RuntimeError)):
        model(torch.full((1, 65), 5))


@pytest.mark.parametrize(
    ("stated", "pooling"),
    [
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, "cls"),
        ({"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True, "include_prompt": True}, "mean"),
        ({"pooling_mode": "cls"}, "cls"),
        ({}, "mean"),
    ],
)
def test_pooling_as_the_sentence_encoder_says(
    source: Path, tmp_path: Path, stated: dict[str, Any], pooling: str
) -> None:
    (source / "1_Pooling").mkdir()
    (source / "1_Pooling" / "config.json").write_text(json.dumps(stated))
    assert convert(str(source), tmp_path / "a", **FIELDS).pooling == pooling
    other: Any = "cls" if pooling == "mean" else "mean"
    assert convert(str(source), tmp_path / "b", pooling=other, **FIELDS).pooling == other


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"pooling_mode_max_tokens": True, "pooling_mode_cls_token": False}, "It pools by max_tokens;"),
        ({"pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": True}, "by mean_tokens and max_tokens;"),
        ({"pooling_mode": "lasttoken"}, "It pools by lasttoken;"),
        ([], "cannot be read"),
    ],
)
def test_pooling_that_we_do_not_have_is_refused(source: Path, tmp_path: Path, stated: Any, said: str) -> None:
    (source / "1_Pooling").mkdir()
    (source / "1_Pooling" / "config.json").write_text(json.dumps(stated))
    assert said in refusal(source)
    assert convert(str(source), tmp_path / "a", pooling="mean", **FIELDS).pooling == "mean"


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json"])
def test_auto_map_is_refused(source: Path, file: str) -> None:
    edit_json(source / file, auto_map={"AutoModel": "evil.Model"})
    assert f"{file} names code of the model's own (auto_map)" in refusal(source)


def test_pickle_is_refused(source: Path) -> None:
    (source / "model.safetensors").rename(source / "pytorch_model.bin")
    assert "pickled weights are not read" in refusal(source)


def test_damaged_weights_are_refused(source: Path) -> None:
    weights = source / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    assert "cannot be read" in refusal(source)


def test_weights_of_another_shape_or_too_few_are_refused(source: Path) -> None:
    edit_json(source / "config.json", num_hidden_layers=3)
    assert "The weights lack 16 tensors that its config asks for, e.g. encoder.layer.2." in refusal(source)
    edit_json(source / "config.json", num_hidden_layers=2, intermediate_size=65)
    assert "transformers cannot load it" in refusal(source)


def test_a_tokenizer_of_another_model_is_refused(source: Path) -> None:
    remove_tokenizer(source)
    save_byte_tokenizer(source)
    assert "Its tokenizer has ids up to 260, its embedding 96 rows" in refusal(source)


def test_a_model_without_its_tokenizer_is_refused(source: Path) -> None:
    remove_tokenizer(source)
    assert refusal(source) == "There is no tokenizer."
    (source / "tokenizer.json").write_text("{}")
    assert "There is no tokenizer that can be made a fast one" in refusal(source)


def test_a_sentencepiece_tokenizer_asks_for_its_library(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remove_tokenizer(source)
    (source / "spiece.model").write_bytes(b"\n\x0e")
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    assert "install sentencepiece and protobuf, then convert it again" in refusal(source)


@pytest.mark.parametrize(
    ("architecture", "said"),
    [
        ("no-such-thing", "transformers has no architecture no-such-thing."),
        ("time_series_transformer", "is not an architecture of a family that can be fine-tuned here"),
        ("vit_mae", "vit_mae, of family vision, can do none of the tasks: "),
    ],
)
def test_an_architecture_that_fits_no_task_is_refused(source: Path, architecture: str, said: str) -> None:
    edit_json(source / "config.json", model_type=architecture)
    assert said in refusal(source)


def test_only_a_vision_model_has_an_image_size(source: Path) -> None:
    assert "Only a model that sees" in refusal(source, image_size=64)


def test_package_is_found_without_importing_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "a_model_package"
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    assert find_source("package:a_model_package/model", "1")[0] == package / "model"
    with pytest.raises(ConversionError, match="no folder"):
        find_source("package:a_model_package/nothing", "1")
    with pytest.raises(ConversionError, match="not installed"):
        find_source("package:no_such_package_at_all/model", "1")
    with pytest.raises(ConversionError, match="neither"):
        find_source("../../etc/passwd", "1")


def test_command_line(tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [str(tiny_model), str(tmp_path / "a"), "--slug", "tiny", "--license", "mit", "--revision", "1"]
    assert main(arguments) == 0
    assert main(arguments) == 1
    assert "not empty" in capsys.readouterr().err


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json"])
@pytest.mark.parametrize(
    ("body", "said"),
    [("{", "There is no readable"), ("[]", "is not a JSON object"), ("[" * 9999, "There is no readable")],
)
def test_a_broken_json_file_is_one_line(source: Path, file: str, body: str, said: str) -> None:
    (source / file).write_text(body)
    assert said in refusal(source)
    assert file in refusal(source)


def test_a_model_that_reads_fewer_tokens_than_it_says_is_refused(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from training_worker.convert import facts

    monkeypatch.setattr(facts, "positions_of", lambda backbone: 65)
    assert "It cannot read a text of 65 tokens: " in refusal(source)
    monkeypatch.setattr(facts, "positions_of", lambda backbone: 7)
    assert refusal(source) == "It reads at most 7 tokens; 8 is the least a config may ask for."


def test_a_model_without_an_embedding_of_tokens_is_refused(source: Path) -> None:
    from transformers import PerceiverConfig, PerceiverModel

    small = {"d_latents": 32, "d_model": 32, "num_latents": 4, "num_blocks": 1, "num_self_attends_per_block": 1}
    heads = {"num_self_attention_heads": 2, "num_cross_attention_heads": 2}
    config = PerceiverConfig(**small, **heads, vocab_size=96, max_position_embeddings=64)
    (source / "model.safetensors").unlink()
    PerceiverModel(config).save_pretrained(source)
    assert refusal(source).startswith("It has no embedding of tokens")


def test_what_the_hub_does_not_give_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    def away(*args: Any, **options: Any) -> str:
        raise OSError("no route\nto host")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", away)
    with pytest.raises(ConversionError) as caught:
        convert("owner/name", tmp_path / "dest", **FIELDS)
    revision = FIELDS["revision"]
    assert str(caught.value) == f"The hub did not give owner/name at {revision}: no route to host"
