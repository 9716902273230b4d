"""`audio-classification` through a whole run: models that hear samples and mel spectra, their files elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.training_worker.convert.sources import save_source
from tests.training_worker.export.test_folder import answers_elsewhere, lines
from tests.training_worker.tasks.tones import make_tones, run_sounds

pytestmark = pytest.mark.torch

TASK = "audio-classification"
READ = "(lambda path: resampled(*soundfile.read(path, dtype='float32', always_2d=True)))"
RESAMPLED = """
import math
from scipy.signal import resample_poly

def resampled(samples, rate):
    common = math.gcd(rate, 16000)
    wave = samples.mean(axis=1)
    return wave if rate == 16000 else resample_poly(wave, 16000 // common, rate // common).astype("float32")
"""
LORA = {"name": "lora", "r": 4, "target_modules": "all-linear"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tones(tmp_path_factory.mktemp("tones"), "label")


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    for architecture in ("whisper", "wav2vec2"):
        save_source(architecture, folder / architecture)
    return folder


@pytest.mark.parametrize("architecture", ["whisper", "wav2vec2"])
@pytest.mark.parametrize("method", [{"name": "head"}, {"name": "full"}, LORA], ids=["head", "full", "lora"])
def test_training_beats_guessing_and_the_folder_answers_alike(
    sources: Path, data: Path, tmp_path: Path, architecture: str, method: dict[str, Any]
) -> None:
    output, base = tmp_path / "output", sources / architecture
    result, _ = run_sounds(TASK, base, data, output, method, learning_rate=5e-3)
    if architecture == "wav2vec2" or method["name"] == "full":  # frozen random spectra tell little: see its real ones
        assert result.validation["accuracy"] > 0.7
    chosen = lines(data / "validation.jsonl")[:6]
    sounds = [[str(data / row["audio"])] for row in chosen]
    program = (output / "README.md").read_text()
    (output / "README.md").write_text(program.replace("```python\n", f"```python\n{RESAMPLED}", 1))
    answers, _warned = answers_elsewhere(output, base, sounds, tmp_path, read=READ)
    expected = {entry["id"]: entry["probabilities"] for entry in lines(output / "validation_predictions.jsonl")}
    for row, answer in zip(chosen, answers, strict=True):
        assert list(answer.values()) == pytest.approx(expected[row["id"]], abs=1e-4)


@pytest.mark.parametrize("architecture", ["whisper", "wav2vec2"])
def test_padding_changes_no_feature(sources: Path, data: Path, architecture: str) -> None:
    """Each sound alone, and all in one batch."""
    import torch

    from training_worker.tasks.audio_classification import AudioClassification
    from training_worker.tasks.base import Context

    task = AudioClassification(Context(sources / architecture, ("high", "low"), archives={"test": data / "test.tar"}))
    split = task.encode(lines(data / "test.jsonl"), "test", 128)
    model = task.build_model().eval()
    with torch.no_grad():
        together = model.features(**split.collate(range(12)))
        alone = [model.features(**split.collate([index])) for index in range(12)]
    torch.testing.assert_close(together, torch.cat(alone), rtol=1e-4, atol=1e-4)
    assert len(set(split.costs)) == (1 if architecture == "whisper" else len(set(split.costs)))


def test_the_same_seed_gives_the_same_run(sources: Path, data: Path, tmp_path: Path) -> None:
    """Though the config of the model asks for masking of its own."""
    outputs = [tmp_path / name for name in ("one", "two")]
    for output in outputs:
        run_sounds(TASK, sources / "wav2vec2", data, output, {"name": "full"}, num_train_epochs=1)
    one, two = ((output / "predictions.jsonl").read_bytes() for output in outputs)
    assert one == two


def test_the_untrained_model_has_a_score_and_is_measured(sources: Path, data: Path, tmp_path: Path) -> None:
    result, _messages = run_sounds(TASK, sources / "wav2vec2", data, tmp_path / "output", None)
    assert result.base_method.startswith("class prototypes")
    assert result.speed.train_units_per_second > 0
    report = json.loads((tmp_path / "output" / "report.json").read_text())
    shown = [one["inputs"]["audio"] for group in report["groups"] for one in group["examples"]]
    assert set(shown) <= {row["audio"] for row in lines(data / "validation.jsonl")}
    assert shown


def test_a_long_sound_is_cut_and_the_log_says_so(sources: Path, data: Path) -> None:
    """The whisper of the tests hears 2 s; nothing of these is cut."""
    from training_worker.tasks.audio_classification import AudioClassification
    from training_worker.tasks.base import Context

    task = AudioClassification(Context(sources / "whisper", ("high", "low"), archives={"test": data / "test.tar"}))
    said = task.describe(task.encode(lines(data / "test.jsonl"), "test", 128), 128).values
    assert (said["longest"], said["cut"]) == (2, 0)
    assert 0.3 < float(said["mean"]) < 1.2


def test_a_sound_is_the_mean_of_its_channels_at_the_model_s_rate() -> None:
    import io

    import numpy as np
    import soundfile

    from training_worker.tasks.sounds import read_wave

    times = np.arange(44_100) / 44_100
    left, right = (0.4 * np.sin(2 * np.pi * pitch * times) for pitch in (300, 700))
    body = io.BytesIO()
    soundfile.write(body, np.stack([left, right], axis=1), 44_100, format="WAV", subtype="FLOAT")
    body.seek(0)
    wave = read_wave(body, 16_000)
    times = np.arange(16_000) / 16_000
    expected = sum(0.2 * np.sin(2 * np.pi * pitch * times) for pitch in (300, 700))
    assert wave.dtype == np.float32
    assert np.abs(wave - expected)[500:-500].max() < 0.01
