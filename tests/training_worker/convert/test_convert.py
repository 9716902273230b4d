"""A base model from a folder: plain safetensors, the same bytes every time, nothing that runs code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from training_worker.contract.models import ModelInfo
from training_worker.convert.__main__ import main
from training_worker.convert.convert import ConversionError, convert, find_source

pytestmark = pytest.mark.torch

FIELDS = {"slug": "tiny", "license": "apache-2.0", "revision": "1"}


def test_converted_folder_describes_itself_and_trains(tiny_model: Path, tmp_path: Path) -> None:
    info = convert(str(tiny_model), tmp_path / "a", **FIELDS)
    again = convert(str(tiny_model), tmp_path / "b", **FIELDS)
    assert info == again == ModelInfo.model_validate_json((tmp_path / "a" / "model.json").read_bytes())
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {ref.name for ref in info.files}
    assert all((tmp_path / "a" / ref.name).stat().st_size == ref.size for ref in info.files)
    assert info.architecture == "bert"
    assert info.family == "encoder"
    assert info.pooling == "mean"
    from training_worker.tasks.text_classification import load_model, load_tokenizer

    model = load_model(tmp_path / "a", "mean", 2)
    pooler = 32 * 32 + 32
    assert info.parameters == sum(value.numel() for value in model.backbone.parameters()) + pooler
    assert (
        load_tokenizer(tmp_path / "a")("good film")["input_ids"] == load_tokenizer(tiny_model)("good film")["input_ids"]
    )


def test_pooling_as_the_sentence_encoder_says(tiny_model: Path, tmp_path: Path) -> None:
    source = shutil.copytree(tiny_model, tmp_path / "source")
    (source / "1_Pooling").mkdir()
    (source / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_cls_token": True}))
    assert convert(str(source), tmp_path / "a", **FIELDS).pooling == "cls"
    assert convert(str(source), tmp_path / "b", pooling="mean", **FIELDS).pooling == "mean"


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json"])
def test_auto_map_is_refused(tiny_model: Path, tmp_path: Path, file: str) -> None:
    source = shutil.copytree(tiny_model, tmp_path / "source")
    content = json.loads((source / file).read_text())
    (source / file).write_text(json.dumps(content | {"auto_map": {"AutoModel": "evil.Model"}}))
    with pytest.raises(ConversionError, match="auto_map"):
        convert(str(source), tmp_path / "a", **FIELDS)
    assert not (tmp_path / "a").exists()


def test_pickle_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    source = shutil.copytree(tiny_model, tmp_path / "source")
    (source / "model.safetensors").rename(source / "pytorch_model.bin")
    with pytest.raises(ConversionError, match="pickled"):
        convert(str(source), tmp_path / "a", **FIELDS)


def test_damaged_weights_are_refused(tiny_model: Path, tmp_path: Path) -> None:
    source = shutil.copytree(tiny_model, tmp_path / "source")
    weights = source / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ConversionError, match="cannot be read"):
        convert(str(source), tmp_path / "a", **FIELDS)
    assert list(tmp_path.iterdir()) == [source]


def test_package_is_found_without_importing_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "a_model_package"
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(tmp_path)
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
