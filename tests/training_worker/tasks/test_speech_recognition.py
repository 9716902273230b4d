"""`automatic-speech-recognition` through a whole run: it learns to say what it hears, and its folder does so too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.training_worker.convert.sources import save_source
from tests.training_worker.export.test_folder import answers_elsewhere, lines
from tests.training_worker.tasks.test_audio_classification import READ, RESAMPLED
from tests.training_worker.tasks.tones import make_tones, run_sounds

pytestmark = pytest.mark.torch

TASK = "automatic-speech-recognition"
LORA = {"name": "lora", "r": 16, "lora_alpha": 64, "lora_dropout": 0.0, "target_modules": "all-linear"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is said of a tone is its name."""
    return make_tones(tmp_path_factory.mktemp("tones"), "text")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_source("whisper", tmp_path_factory.mktemp("models") / "whisper")


def make_task(source: Path, data: Path, max_new_tokens: int | None = None) -> Any:
    from training_worker.tasks.automatic_speech_recognition import SpeechRecognition
    from training_worker.tasks.base import Context

    archives = {name: data / f"{name}.tar" for name in ("validation", "test")}
    context = Context(source, (), archives=archives, max_new_tokens=max_new_tokens)
    return SpeechRecognition(context, lines(data / "train.jsonl"))


@pytest.mark.parametrize("method", [{"name": "full"}, LORA], ids=["full", "lora"])
def test_it_learns_to_say_what_it_hears_and_the_folder_answers_alike(
    source: Path, data: Path, tmp_path: Path, method: dict[str, Any]
) -> None:
    output = tmp_path / "output"
    result, messages = run_sounds(TASK, source, data, output, method, learning_rate=5e-3, num_train_epochs=15)
    losses = [point.value for one in messages for point in one.points if point.name == "validation_loss"]
    assert losses[-1] < 0.95 * losses[0]
    if method != LORA:  # the head for tokens of this model was never trained, and adapters leave it as it is
        assert result.validation["wer"] < 0.8
    assert result.base_method.startswith("zero-shot")
    chosen = lines(data / "validation.jsonl")[:4]
    sounds = [[str(data / row["audio"])] for row in chosen]
    program = (output / "README.md").read_text()
    (output / "README.md").write_text(program.replace("```python\n", f"```python\n{RESAMPLED}", 1))
    answers, warned = answers_elsewhere(output, source, sounds, tmp_path, read=READ)
    expected = {entry["id"]: entry["text"] for entry in lines(output / "validation_predictions.jsonl")}
    assert answers == [expected[row["id"]] or "" for row in chosen]
    assert any(answers)
    assert "newly initialized" not in warned
    assert not (output / "head.safetensors").exists()


def test_kept_keys_and_batches_change_no_answer(source: Path, data: Path) -> None:
    """Each sound alone, every token from the whole answer so far."""
    import torch

    task = make_task(source, data)
    split, model = task.encode(lines(data / "test.jsonl"), "test", 128), task.build_model().eval()
    with torch.no_grad():
        together, nothing = task.answer(model, split.collate(range(6)))
        assert nothing is None
        for index in range(6):
            heard, ids = model.encode(split.collate([index])), list(task.prompt)
            for token in together[index].tolist():
                assert int(model.decode(heard, torch.tensor([ids])).logits[0, -1].argmax()) == token
                ids.append(token)
                if token == task.end:
                    break


def test_an_answer_is_bounded_and_ends(source: Path, data: Path) -> None:
    """Half as many tokens again as the longest reference of training, `_high` in five bytes, and eight more."""
    import torch

    task = make_task(source, data)
    assert task.max_new_tokens == 8 + 8
    end = torch.tensor([5.0, 6.0, float(task.end), 7.0, float(task.end)])
    split = task.encode(lines(data / "test.jsonl"), "test", 128)
    assert task.decode([end], split) == [task.processor.decode([5, 6])]
    assert task.decode([torch.tensor([float(task.end)])], split) == [""]


def test_a_challenge_limits_what_is_said(source: Path, data: Path) -> None:
    import torch

    rows, said = lines(data / "test.jsonl"), {}
    for limit in (None, 2):
        task = make_task(source, data, limit)
        model, split = task.build_model().eval(), task.encode(rows, "test", 128)
        with torch.no_grad():
            said[limit] = task.answer(model, split.collate(range(6)))[0]
    assert "at most 2 new tokens" in task.base_method
    assert said[None].shape[1] > 2
    assert torch.equal(said[2], said[None][:, :2])
    assert make_task(source, data, 10_000).max_new_tokens == task.room


def test_the_loss_is_that_of_the_references_tokens(source: Path, data: Path) -> None:
    """Padding counts nothing: of a batch it is the mean over tokens of what each alone has."""
    import torch

    task = make_task(source, data)
    split, model = task.encode(lines(data / "validation.jsonl"), "validation", 128), task.build_model().eval()

    def loss(indices: list[int]) -> tuple[float, int]:
        batch = split.collate(indices)
        inputs = {name: value for name, value in batch.items() if name != "labels"}
        return float(task.loss(model(**inputs), batch)), task.weight(batch)

    with torch.no_grad():
        whole, count = loss([0, 1, 4, 5])
        parts = [loss([index]) for index in (0, 1, 4, 5)]
    assert count == sum(weight for _, weight in parts)
    assert whole == pytest.approx(sum(one * weight for one, weight in parts) / count, rel=1e-5)


def test_the_base_is_the_pretrained_model_itself_and_is_measured(source: Path, data: Path, tmp_path: Path) -> None:
    base, _ = run_sounds(TASK, source, data, tmp_path / "base", None)
    tuned, _ = run_sounds(TASK, source, data, tmp_path / "tuned", {"name": "full"}, num_train_epochs=1)
    assert base.speed.train_units_per_second > 0
    assert base.base_method == tuned.base_method
    from training_worker.contract.report import ValidationReport

    report = ValidationReport.model_validate_json((tmp_path / "tuned" / "report.json").read_bytes())
    assert {row.name: row.base for row in report.metrics} == pytest.approx(base.validation, rel=1e-5)
