"""A run's folder loads with transformers, peft and safetensors alone, by its card's own lines, and predicts alike."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from training_worker.contract.wire import MODEL_FILES

from ...tiny_model import save_tiny_model
from ..tiny import BAD, FILLER, GOOD, RATES, make_config

pytestmark = pytest.mark.torch

LORA = {"name": "lora", "r": 4, "lora_alpha": 8}
OTHERS: list[dict[str, Any]] = [
    {"name": "top_layers", "num_layers": 1},
    {"name": "adapter", "reduction_factor": 2},
    {"name": "bitfit"},
    {"name": "ia3"},
    {"name": "prompt_tuning", "num_virtual_tokens": 4},
    {"name": "prefix_tuning", "num_virtual_tokens": 4},
    LORA | {"use_dora": True},
    LORA | {"use_rslora": True},
]
CLASSES, NUMBERS, WORDS = "text-classification", "text-regression", "token-classification"
SPANS, LABEL_SETS = "question-answering", "multi-label-classification"
RELATIONS, CHOICES = "relation-extraction", "multiple-choice"
SIMILAR, RANKING = "sentence-similarity", "text-ranking"
TABLE_CLASSES, TABLE_NUMBERS = "tabular-classification", "tabular-regression"
RATINGS, MASKED = "recommendation", "fill-mask"
AGAIN = """
import json, sys
for name in ("django", "training_worker"):
    sys.modules[name] = None
rows = json.loads(sys.stdin.read())
print("ANSWERS" + json.dumps([predict(*map(READ, row)) for row in rows]))
"""


def card_of(folder: Path) -> str:
    return (folder / "README.md").read_text("utf-8")


def usage_of(folder: Path, base: Path) -> str:
    """The card's program, told where the files are."""
    program = re.search(r"```python\n(.*?)```", card_of(folder), re.DOTALL)
    assert program is not None
    text = program[1].replace('FOLDER = "."', f"FOLDER = {str(folder)!r}")
    return re.sub(r'BASE = "[^"]*"', f"BASE = {str(base)!r}", text)


def answers_elsewhere(
    folder: Path, base: Path, rows: list[list[Any]], tmp_path: Path, *, read: str = "(lambda value: value)"
) -> tuple[list[Any], str]:
    """What a fresh interpreter answers outside of this repository, and what it printed to stderr. `read` is Python that
    makes an input of each value."""
    program = tmp_path / "use.py"
    program.write_text(usage_of(folder, base) + "import PIL.Image, soundfile\n" + AGAIN.replace("READ", read))
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LD_LIBRARY_PATH"}}
    done = subprocess.run(
        [sys.executable, str(program)],
        input=json.dumps(rows),
        cwd=tmp_path,
        env=kept | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.partition("ANSWERS")[2]), done.stderr


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.mark.parametrize(
    ("method", "pooling"),
    [*((method, pooling) for method in ("full", "head", LORA) for pooling in ("mean", "cls"))]
    + [(method, "mean") for method in OTHERS],
    ids=str,
)
def test_a_classifier_answers_alike(
    run_job: Any, tiny_model: Path, tiny_data_of: Any, tmp_path: Path, method: Any, pooling: str
) -> None:
    model = {"slug": "tiny", "sha256": "0" * 64, "files": [], "pooling": pooling}
    files = {"data": [], "model": model, "outputs": []}
    _result, folder, _messages = run_job(make_config(method, head_init="random"), task=CLASSES, files=files)
    rows = lines(tiny_data_of(CLASSES) / "validation.jsonl")[:10]
    answers, warned = answers_elsewhere(folder, tiny_model, [[row["text"]] for row in rows], tmp_path)
    expected = {entry["id"]: entry["probabilities"] for entry in lines(folder / "validation_predictions.jsonl")}
    for row, answer in zip(rows, answers, strict=True):
        assert list(answer.values()) == pytest.approx(expected[row["id"]], abs=1e-4)
    assert "newly initialized" not in warned
    assert "not used" not in warned


@pytest.mark.parametrize("method", ["full", "head", LORA], ids=["full", "head", "lora"])
def test_a_regression_answers_alike(
    run_job: Any, tiny_model: Path, tiny_data_of: Any, tmp_path: Path, method: Any
) -> None:
    _result, folder, _messages = run_job(make_config(method), task=NUMBERS)
    rows = lines(tiny_data_of(NUMBERS) / "validation.jsonl")[:10]
    answers, _warned = answers_elsewhere(folder, tiny_model, [[row["text"]] for row in rows], tmp_path)
    expected = {entry["id"]: entry["value"] for entry in lines(folder / "validation_predictions.jsonl")}
    assert answers == pytest.approx([expected[row["id"]] for row in rows], rel=1e-6, abs=1e-4)


@pytest.mark.parametrize("method", ["full", LORA], ids=["full", "lora"])
@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_a_similarity_answers_alike(
    run_job: Any, tiny_model: Path, tiny_data_of: Any, tmp_path: Path, method: Any, pooling: str
) -> None:
    model = {"slug": "tiny", "sha256": "0" * 64, "files": [], "pooling": pooling}
    files = {"data": [], "model": model, "outputs": []}
    _result, folder, _messages = run_job(make_config(method), task=SIMILAR, files=files)
    rows = lines(tiny_data_of(SIMILAR) / "validation.jsonl")[:10]
    pairs = [[row["sentence1"], row["sentence2"]] for row in rows]
    answers, _warned = answers_elsewhere(folder, tiny_model, pairs, tmp_path)
    expected = {entry["id"]: entry["value"] for entry in lines(folder / "validation_predictions.jsonl")}
    assert answers == pytest.approx([expected[row["id"]] for row in rows], rel=1e-6, abs=1e-4)


@pytest.mark.parametrize("task", [TABLE_CLASSES, TABLE_NUMBERS])
def test_a_table_answers_alike(run_job: Any, tiny_model: Path, tiny_data_of: Any, tmp_path: Path, task: str) -> None:
    _result, folder, _messages = run_job(make_config("full", learning_rate=RATES[task]), task=task)
    rows = lines(tiny_data_of(task) / "validation.jsonl")[:10]
    answers, _warned = answers_elsewhere(folder, tiny_model, [[row["features"]] for row in rows], tmp_path)
    found = {entry.pop("id"): entry for entry in lines(folder / "validation_predictions.jsonl")}
    for row, answer in zip(rows, answers, strict=True):
        (expected,) = found[row["id"]].values()
        made = list(answer.values()) if isinstance(answer, dict) else answer
        assert made == pytest.approx(expected, rel=1e-6, abs=1e-4)


@pytest.mark.parametrize("method", ["full", LORA], ids=["full", "lora"])
def test_a_ranking_answers_alike(
    run_job: Any, tiny_model: Path, tiny_data_of: Any, tmp_path: Path, method: Any
) -> None:
    _result, folder, _messages = run_job(make_config(method), task=RANKING)
    rows = lines(tiny_data_of(RANKING) / "validation.jsonl")[:10]
    answers, _warned = answers_elsewhere(
        folder, tiny_model, [[row["query"], row["candidates"]] for row in rows], tmp_path
    )
    expected = {entry["id"]: entry["scores"] for entry in lines(folder / "validation_predictions.jsonl")}
    for row, answer in zip(rows, answers, strict=True):
        assert answer == pytest.approx(expected[row["id"]], rel=1e-5, abs=1e-4)


@pytest.mark.parametrize("method", ["full", "head", LORA, *OTHERS], ids=str)
def test_a_tagger_answers_alike(run_job: Any, tiny_model: Path, tiny_data_of: Any, tmp_path: Path, method: Any) -> None:
    slow = ("ia3", "bitfit", "prompt_tuning", "prefix_tuning")
    rate = 5e-2 if isinstance(method, dict) and method["name"] in slow else 5e-3
    _result, folder, _messages = run_job(make_config(method, num_train_epochs=8, learning_rate=rate), task=WORDS)
    rows = lines(tiny_data_of(WORDS) / "validation.jsonl")[:10]
    answers, warned = answers_elsewhere(folder, tiny_model, [[row["tokens"]] for row in rows], tmp_path)
    expected = {entry["id"]: entry["tags"] for entry in lines(folder / "validation_predictions.jsonl")}
    assert answers == [expected[row["id"]] for row in rows]
    assert len({tag for tags in answers for tag in tags}) > 1
    if method == "full":
        assert "newly initialized" not in warned


def test_choices_are_scored_alike(run_job: Any, tiny_model: Path, tiny_data_of: Any, tmp_path: Path) -> None:
    _result, folder, _messages = run_job(make_config(LORA), task=CHOICES)
    rows = lines(tiny_data_of(CHOICES) / "validation.jsonl")[:10]
    asked = [[row["question"], row["choices"]] for row in rows]
    answers, _warned = answers_elsewhere(folder, tiny_model, asked, tmp_path)
    expected = {entry["id"]: entry["scores"] for entry in lines(folder / "validation_predictions.jsonl")}
    for row, answer in zip(rows, answers, strict=True):
        assert answer == pytest.approx(expected[row["id"]], abs=1e-4)


def test_relations_are_answered_alike(run_job: Any, tiny_model: Path, tiny_data_of: Any, tmp_path: Path) -> None:
    _result, folder, _messages = run_job(make_config(LORA, max_length=40), task=RELATIONS)
    rows = lines(tiny_data_of(RELATIONS) / "validation.jsonl")[:10]
    places = [[[row[side]["start"], row[side]["end"]] for side in ("head", "tail")] for row in rows]
    asked = [[row["text"], *found] for row, found in zip(rows, places, strict=True)]
    answers, _warned = answers_elsewhere(folder, tiny_model, asked, tmp_path)
    expected = {entry["id"]: entry["probabilities"] for entry in lines(folder / "validation_predictions.jsonl")}
    for row, answer in zip(rows, answers, strict=True):
        assert list(answer.values()) == pytest.approx(expected[row["id"]], abs=1e-4)


def test_sets_of_labels_are_answered_alike(run_job: Any, tiny_model: Path, tiny_data_of: Any, tmp_path: Path) -> None:
    _result, folder, _messages = run_job(make_config(LORA), task=LABEL_SETS)
    rows = lines(tiny_data_of(LABEL_SETS) / "validation.jsonl")[:10]
    answers, _warned = answers_elsewhere(folder, tiny_model, [[row["text"]] for row in rows], tmp_path)
    expected = {entry["id"]: entry["probabilities"] for entry in lines(folder / "validation_predictions.jsonl")}
    for row, answer in zip(rows, answers, strict=True):
        assert list(answer) == ["negative", "positive"]
        assert list(answer.values()) == pytest.approx(expected[row["id"]], abs=1e-4)
    assert json.loads((folder / "config.json").read_text())["problem_type"] == "multi_label_classification"


@pytest.mark.parametrize("method", ["full", "head", LORA], ids=["full", "head", "lora"])
def test_answers_in_a_context_are_found_alike(
    run_job: Any, tiny_model: Path, tiny_data_of: Any, tmp_path: Path, method: Any
) -> None:
    """With windows of eight tokens, several to a context."""
    _result, folder, _messages = run_job(make_config(method, num_train_epochs=6, max_length=8), task=SPANS)
    rows = lines(tiny_data_of(SPANS) / "validation.jsonl")
    answers, warned = answers_elsewhere(
        folder, tiny_model, [[row["question"], row["context"]] for row in rows], tmp_path
    )
    expected = {entry["id"]: entry["answer"] for entry in lines(folder / "validation_predictions.jsonl")}
    assert answers == [expected[row["id"]] for row in rows]
    assert len(set(answers)) > 2
    if method == "full":
        assert "newly initialized" not in warned


@pytest.mark.parametrize("method", ["full", "head", LORA], ids=["full", "head", "lora"])
def test_what_is_in_the_folder(run_job: Any, method: Any) -> None:
    _result, folder, _messages = run_job(make_config(method), task=WORDS)
    names = {path.name for path in folder.iterdir() if path.is_file()} & set(MODEL_FILES)
    weights = {"full": "model.safetensors", "head": "head.safetensors"}.get(str(method), "adapter_model.safetensors")
    assert {name for name in names if name.endswith(".safetensors")} == {weights}
    assert {"README.md", "config.json", "tokenizer.json", "tokenizer_config.json"} <= names
    assert ("adapter_config.json" in names) == (method == LORA)
    config = json.loads((folder / "config.json").read_text())
    assert {name: int(number) for number, name in config["id2label"].items()} == config["label2id"]
    assert str(folder) not in "".join((folder / name).read_text() for name in names if name.endswith(".json"))


def test_the_card_is_one_for_the_hub(run_job: Any) -> None:
    model = {"slug": "tiny", "sha256": "0" * 64, "files": [], "pooling": "mean"}
    model |= {"source": "owner/tiny", "revision": "abc", "license": "Apache-2.0"}
    files = {"data": [], "model": model, "outputs": []}
    result, folder, _messages = run_job(make_config(LORA), task=CLASSES, files=files)
    _empty, front, body = card_of(folder).split("---\n", 2)
    data = yaml.safe_load(front)
    assert (data["base_model"], data["license"], data["library_name"]) == ("owner/tiny", "apache-2.0", "peft")
    [entry] = data["model-index"]
    metrics = {one["type"]: one["value"] for one in entry["results"][0]["metrics"]}
    assert metrics == pytest.approx(result.validation, abs=1e-6)
    assert "revision abc" in body
    assert json.loads((folder / "adapter_config.json").read_text())["base_model_name_or_path"] == "owner/tiny"
    from huggingface_hub import ModelCard

    assert ModelCard.load(folder / "README.md").data.model_name == "tiny-text-classification"
    assert len([line for line in body.partition("```python\n")[2].partition("```")[0].splitlines() if line]) <= 20


@pytest.mark.parametrize("method", ["full", "head", LORA], ids=["full", "head", "lora"])
def test_a_rating_answers_alike(run_job: Any, tiny_model: Path, tiny_data_of: Any, tmp_path: Path, method: Any) -> None:
    config = make_config(method, learning_rate=RATES[RATINGS], max_length=64)
    _result, folder, _messages = run_job(config, task=RATINGS)
    train = lines(tiny_data_of(RATINGS) / "train.jsonl")
    rows = lines(tiny_data_of(RATINGS) / "validation.jsonl")[:10]
    asked = [[train, row["user"], row["item"], row["text"]] for row in rows]
    answers, _warned = answers_elsewhere(folder, tiny_model, asked, tmp_path)
    expected = {entry["id"]: entry["value"] for entry in lines(folder / "validation_predictions.jsonl")}
    assert answers == pytest.approx([expected[row["id"]] for row in rows], rel=1e-5, abs=1e-4)


@pytest.mark.parametrize("masked", [True, False], ids=["own head", "new head"])
@pytest.mark.parametrize("method", ["full", "head", LORA], ids=["full", "head", "lora"])
def test_a_hidden_word_answers_alike(
    run_job: Any, tiny_data_of: Any, tmp_path: Path, method: Any, masked: bool
) -> None:
    base = save_tiny_model(tmp_path / "base", words=(*GOOD, *BAD, *FILLER), masked=masked)
    _result, folder, _messages = run_job(make_config(method), task=MASKED, model=base)
    rows = lines(tiny_data_of(MASKED) / "validation.jsonl")[:10]
    answers, warned = answers_elsewhere(folder, base, [[row["text"]] for row in rows], tmp_path)
    expected = {entry["id"]: entry["words"] for entry in lines(folder / "validation_predictions.jsonl")}
    for row, answer in zip(rows, answers, strict=True):
        (word, share), (wanted, probability) = answer[0], expected[row["id"]][0]
        assert (word, share) == (wanted, pytest.approx(probability, abs=1e-4))
    assert "newly initialized" not in warned
