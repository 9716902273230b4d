"""`automatic-speech-recognition` by models that hear samples, through whole runs and their folders elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.training_worker.convert.sources import SLOW, save_ctc_source, save_source
from tests.training_worker.export.test_folder import answers_elsewhere, lines
from tests.training_worker.tasks.test_audio_classification import READ, RESAMPLED
from tests.training_worker.tasks.tones import make_tones, run_sounds
from training_worker.convert.convert import convert
from training_worker.convert.errors import ConversionError

pytestmark = pytest.mark.torch

TASK, FAMILY = "automatic-speech-recognition", "speech-encoder"
FULL, HEAD = {"name": "full"}, {"name": "head"}
LORA = {"name": "lora", "r": 16, "lora_alpha": 64, "lora_dropout": 0.0, "target_modules": "all-linear"}
TRAINING: dict[str, dict[str, Any]] = {
    "full": {"learning_rate": 1e-2, "num_train_epochs": 40},
    "lora": {"learning_rate": 1e-3, "num_train_epochs": 3},
    "head": {"learning_rate": 3e-3, "num_train_epochs": 3},
}
"""Long enough to say what is heard; of what cannot learn it on a random encoder, short enough to say anything at all:
between them CTC says nothing."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A high tone says "hi", a low one "o"."""
    return make_tones(tmp_path_factory.mktemp("tones"), "text", {"high": "hi", "low": "o"})


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Converted: `letters` with a head for them, `pretrained` without one."""
    folder = tmp_path_factory.mktemp("models")
    sources = {
        "letters": save_ctc_source(folder / "one"),
        "pretrained": save_source("wav2vec2", folder / "two", **SLOW),
    }
    for name, source in sources.items():
        info = convert(str(source), folder / name, slug="tiny", license="mit", revision="1")
        assert info.family == FAMILY
        assert set(info.tasks) == {TASK, "audio-classification"}
    return folder


def make_task(model: Path, data: Path, max_new_tokens: int | None = None) -> Any:
    from training_worker.tasks import load_task
    from training_worker.tasks.base import Context

    archives = {name: data / f"{name}.tar" for name in ("train", "validation", "test")}
    context = Context(model, (), archives=archives, max_new_tokens=max_new_tokens)
    return load_task(TASK, FAMILY)(context, lines(data / "train.jsonl"))


@pytest.mark.parametrize(
    ("name", "method"),
    [("letters", FULL), ("pretrained", FULL), ("letters", LORA), ("pretrained", LORA), ("letters", HEAD)],
)
def test_it_learns_what_tones_say_and_the_folder_answers_alike(
    models: Path, data: Path, tmp_path: Path, name: str, method: dict[str, Any]
) -> None:
    output, training = tmp_path / "output", TRAINING[method["name"]]
    result, messages = run_sounds(TASK, models / name, data, output, method, family=FAMILY, **training)
    losses = [point.value for one in messages for point in one.points if point.name == "validation_loss"]
    scores = [point.value for one in messages for point in one.points if point.name == "validation_wer"]
    assert losses[-1] < 0.95 * losses[0]
    assert result.base_method.startswith("zero-shot" if name == "letters" else "none: a new head for 6 letters")
    if method == FULL:
        assert result.validation["wer"] < 0.3 < 1.0 <= scores[0]
    chosen = lines(data / "validation.jsonl")[:8]
    program = (output / "README.md").read_text()
    (output / "README.md").write_text(program.replace("```python\n", f"```python\n{RESAMPLED}", 1))
    sounds = [[str(data / row["audio"])] for row in chosen]
    answers, warned = answers_elsewhere(output, models / name, sounds, tmp_path, read=READ)
    expected = {entry["id"]: entry["text"] for entry in lines(output / "validation_predictions.jsonl")}
    assert answers == [expected[row["id"]] or "" for row in chosen]
    assert any(answers)
    assert method != FULL or "newly initialized" not in warned
    assert (output / "vocab.json").exists()


def test_the_base_is_the_model_with_its_own_letters(models: Path, data: Path, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCTC, AutoProcessor

    result, _ = run_sounds(TASK, models / "letters", data, tmp_path / "base", None, family=FAMILY)
    assert result.speed.train_units_per_second > 0
    task = make_task(models / "letters", data)
    split, model = task.encode(lines(data / "test.jsonl"), "test", 128), task.build_model().eval()
    theirs = AutoModelForCTC.from_pretrained(models / "letters").eval()
    processor = AutoProcessor.from_pretrained(models / "letters")
    with torch.inference_mode():
        paths, logits = task.answer(model, split.collate(range(6)))
        for index in range(6):
            count = int(split.frames[index])
            heard = {name: split.collate([index])[name] for name in ("input_values",)}
            alone = theirs(**heard, attention_mask=torch.ones_like(heard["input_values"]).long()).logits[0]
            assert len(alone) == count
            torch.testing.assert_close(logits[index, :count], alone, rtol=1e-3, atol=1e-3)
            said = processor.decode(alone.argmax(-1)).lower().replace("<unk>", "")
            assert task.decode([paths[index, :count]], split) == [" ".join(said.split())]


def test_a_challenge_limits_what_is_said(models: Path, data: Path) -> None:
    import torch

    path = torch.tensor([3.0, 3.0, 0.0, 4.0, 2.0, 5.0])
    for limit, said in ((None, "hi o"), (2, "hi"), (1, "h")):
        assert make_task(models / "letters", data, limit).decode([path], None) == [said]
    assert "[:2]" in make_task(models / "letters", data, 2).public_form(None, 128).usage


def test_a_new_head_depends_on_the_data_version_alone(models: Path, data: Path) -> None:
    import torch

    one = make_task(models / "pretrained", data)
    torch.manual_seed(99)
    other = make_task(models / "pretrained", data)
    assert torch.equal(one.build_model().top.linear.weight, other.build_model().top.linear.weight)


def test_a_head_with_fewer_rows_than_letters_is_refused(tmp_path: Path) -> None:
    source = save_ctc_source(tmp_path / "source")
    letters = json.loads((source / "vocab.json").read_text())
    (source / "vocab.json").write_text(json.dumps(letters | {"z": 40}))
    with pytest.raises(ConversionError, match="letters beyond the 6 of its head"):
        convert(str(source), tmp_path / "model", slug="tiny", license="mit", revision="1")


def test_a_processor_that_was_saved_whole_is_read(tmp_path: Path) -> None:
    from transformers import AutoProcessor

    source = save_ctc_source(tmp_path / "source")
    AutoProcessor.from_pretrained(source).save_pretrained(source)
    (source / "preprocessor_config.json").unlink()
    assert (source / "processor_config.json").exists()
    info = convert(str(source), tmp_path / "model", slug="tiny", license="mit", revision="1")
    assert {"preprocessor_config.json", "vocab.json"} <= {file.name for file in info.files}
    assert TASK in info.tasks
    (source / "processor_config.json").write_text('{"feature_extractor": {"auto_map": {}}}')
    with pytest.raises(ConversionError, match="There is no preprocessor_config"):
        convert(str(source), tmp_path / "other", slug="tiny", license="mit", revision="1")
