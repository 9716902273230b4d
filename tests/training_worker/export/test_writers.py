"""What a team downloads of a model that writes: it writes alike with public libraries alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tiny_generators import save_tiny_decoder
from training_worker.contract.tasks import TASKS

from ..tiny import BAD, CHAT, CHOICES, COMPLETION, FILLER, GOOD, RATES, TRANSLATION, make_config
from .test_folder import answers_elsewhere, card_of, lines

pytestmark = pytest.mark.torch

LORA = {"name": "lora", "r": 8, "lora_alpha": 64, "lora_dropout": 0.0, "target_modules": "all-linear"}
TOP, IA3 = {"name": "top_layers", "num_layers": 1}, {"name": "ia3"}
ADAPTER = {"name": "adapter", "reduction_factor": 2}
PROMPT, PREFIX = ({"name": name, "num_virtual_tokens": 4} for name in ("prompt_tuning", "prefix_tuning"))


@pytest.mark.parametrize(
    ("task", "method"),
    [
        *((TRANSLATION, method) for method in ("full", LORA, None, TOP, ADAPTER, IA3, PROMPT, PREFIX)),
        *((CHAT, method) for method in ("full", LORA, TOP, ADAPTER, IA3, PROMPT, PREFIX)),
        (COMPLETION, LORA),
    ],
    ids=str,
)
def test_it_writes_alike(
    run_job: Any,
    tiny_model_of: Callable[[str], Path],
    tiny_data_of: Callable[[str], Path],
    tmp_path: Path,
    task: str,
    method: Any,
) -> None:
    epochs, faster = (20, 2) if method in (ADAPTER, PROMPT, PREFIX) else (6, 1)
    config = method and make_config(method, num_train_epochs=epochs, learning_rate=faster * RATES[task])
    _result, folder, _messages = run_job(config, task=task)
    rows = lines(tiny_data_of(task) / "validation.jsonl")[:10]
    base = tiny_model_of(task)
    answers, warned = answers_elsewhere(folder, base, [[row[TASKS[task].inputs[0].name]] for row in rows], tmp_path)
    expected = {entry["id"]: entry["text"] for entry in lines(folder / "validation_predictions.jsonl")}
    assert answers == [expected[row["id"]] or "" for row in rows]
    assert "newly initialized" not in warned
    assert (folder / "model.safetensors").exists() == (method in ("full", TOP))
    assert (folder / "adapter_model.safetensors").exists() == (method in (LORA, IA3, PROMPT, PREFIX))
    assert (folder / "adapters.safetensors").exists() == (method == ADAPTER)
    assert not (folder / "head.safetensors").exists()
    assert any(answers)
    assert "The answer is a text." in card_of(folder)


@pytest.mark.parametrize("method", ["full", LORA, ADAPTER, IA3, TOP, {"name": "bitfit"}], ids=str)
def test_a_decoder_scores_choices_alike(
    run_job: Any, tiny_data_of: Callable[[str], Path], tmp_path: Path, method: Any
) -> None:
    base = save_tiny_decoder(tmp_path / "decoder", (*GOOD, *BAD, *FILLER), architecture="gpt2")
    files = {"data": [], "outputs": [], "model": {"slug": "tiny", "sha256": "0" * 64, "files": [], "family": "decoder"}}
    config = make_config(method, num_train_epochs=3, learning_rate=RATES[CHAT])
    _result, folder, _messages = run_job(config, task=CHOICES, model=base, files=files)
    rows = lines(tiny_data_of(CHOICES) / "validation.jsonl")[:10]
    answers, warned = answers_elsewhere(folder, base, [[row["question"], row["choices"]] for row in rows], tmp_path)
    expected = {entry["id"]: entry["scores"] for entry in lines(folder / "validation_predictions.jsonl")}
    assert answers == [pytest.approx(expected[row["id"]], abs=1e-4) for row in rows]
    assert "newly initialized" not in warned
    assert not (folder / "head.safetensors").exists()
