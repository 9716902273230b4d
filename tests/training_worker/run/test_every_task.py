"""Every task goes through the same run: it starts at its base, learns by every method, repeats, reports."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.training_worker.tiny import (
    CHOICES,
    LABEL_SETS,
    MASKED,
    RANKING,
    RATES,
    RATINGS,
    SIMILAR,
    SPANS,
    TAGS,
    make_config,
    weights_of,
)
from training_worker.contract.log_lines import Log
from training_worker.contract.metrics import METRICS
from training_worker.contract.report import ValidationReport
from training_worker.contract.tasks import TASKS
from training_worker.contract.wire import StoppedBy
from training_worker.metrics.parts import TEXTS

OF_TEXT = [task for task, spec in TASKS.items() if not spec.file_columns and spec.has_features]
pytestmark = [pytest.mark.torch, pytest.mark.parametrize("task", OF_TEXT)]

RunJob = Callable[..., tuple[Any, Path, list[Any]]]
LORA = {"name": "lora", "r": 8, "lora_alpha": 32, "lora_dropout": 0.0, "target_modules": "all-linear"}
EPOCH = 6
"""Steps."""
METHODS: list[Any] = ["full", "head", LORA]
by_method = pytest.mark.parametrize("method", METHODS, ids=["full", "head", "lora"])


def config_for(task: str, method: Any, **training: Any) -> dict[str, Any]:
    if method == "head" and not TASKS[task].has_features:
        pytest.skip("the task has no frozen features: this method is refused")
    lengths = {"max_length": 128} if task == RATINGS else {}  # what is read of a user is longer than his row
    return make_config(method, **{"learning_rate": RATES[task]} | lengths | training)


def curve(messages: list[Any], name: str) -> list[float]:
    return [point.value for message in messages for point in message.points if point.name == name]


def report(output: Path) -> ValidationReport:
    return ValidationReport.model_validate_json((output / "report.json").read_bytes())


@by_method
def test_training_starts_at_the_base_score(run_job: RunJob, task: str, method: Any) -> None:
    base, _, _ = run_job(None, task=task)
    _, output, messages = run_job(config_for(task, method), task=task)
    for row in report(output).metrics:
        if row.name in TASKS[task].metrics[: TASKS[task].tracked]:
            assert curve(messages, f"validation_{row.name}")[0] == pytest.approx(base.validation[row.name], rel=1e-5)
        assert row.base == pytest.approx(base.validation[row.name], rel=1e-5)


@by_method
def test_each_method_learns_and_reports(run_job: RunJob, task: str, method: Any) -> None:
    """From a random start, as a base score may be hard to beat on toy data."""
    result, output, messages = run_job(config_for(task, method, num_train_epochs=12, head_init="random"), task=task)
    assert result.stopped_by is StoppedBy.EPOCHS
    losses = curve(messages, "train_loss")
    assert sum(losses[-EPOCH:]) < sum(losses[:EPOCH])
    rows = {row.name: row for row in report(output).metrics}
    assert tuple(rows) == TASKS[task].metrics
    has_texts = any(column.kind in TEXTS for column in TASKS[task].inputs)
    assert sum(part.items for part in report(output).parts) == (32 if has_texts else 0), "quarters by length"
    assert {name: row.value for name, row in rows.items()} == pytest.approx(result.validation)
    if method == "full":
        name = TASKS[task].metrics[0]
        assert METRICS[name].gain(rows[name].value, curve(messages, f"validation_{name}")[0]) > 0
    ids = [json.loads(line)["id"] for line in (output / "predictions.jsonl").read_text().splitlines()]
    assert len(set(ids)) == 40


@by_method
def test_same_seed_gives_identical_predictions(run_job: RunJob, task: str, method: Any) -> None:
    dropped = config_for(task, method | {"lora_dropout": 0.1} if isinstance(method, dict) else method)
    _, first, _ = run_job(dropped, task=task)
    _, second, _ = run_job(dropped, task=task)
    _, other, _ = run_job(dropped, task=task, seed=2)
    for name in ("predictions.jsonl", "validation_predictions.jsonl", "report.json"):
        assert (first / name).read_bytes() == (second / name).read_bytes()
    assert weights_of(first) == weights_of(second) != weights_of(other)


def test_warm_and_cold_feature_cache_give_the_same_run(run_job: RunJob, task: str, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    _, cold, messages = run_job(config_for(task, "head"), task=task, features=shared)
    _, warm, again = run_job(config_for(task, "head"), task=task, features=shared)
    assert (cold / "predictions.jsonl").read_bytes() == (warm / "predictions.jsonl").read_bytes()
    told = [sum(line.id == Log.COMPUTING_FEATURES for m in all_ for line in m.lines) for all_ in (messages, again)]
    counted = 4 if task == MASKED else 3  # there the base score is made from one
    assert told == [counted, 0], "those of all training examples are the base score's"


def test_a_random_start_is_still_compared_with_the_base(run_job: RunJob, task: str) -> None:
    if not TASKS[task].has_features:
        pytest.skip("the task has no head to start at random")
    base, _, _ = run_job(None, task=task)
    _, output, messages = run_job(config_for(task, "full", head_init="random"), task=task)
    _, _, from_base = run_job(config_for(task, "full"), task=task)
    assert {row.name: row.base for row in report(output).metrics} == pytest.approx(base.validation, rel=1e-5)
    assert curve(messages, "validation_loss")[0] != curve(from_base, "validation_loss")[0]


def test_the_base_score_has_no_base_and_is_measured(run_job: RunJob, task: str) -> None:
    result, output, _ = run_job(None, task=task)
    assert not report(output).has_base
    assert result.speed.train_units_per_second > 0
    assert 0 < len(result.base_method) <= 100


def test_early_stopping_keeps_the_best_weights(run_job: RunJob, task: str) -> None:
    """In the metric's own direction: a lower error is better."""
    config = config_for(task, "full", num_train_epochs=40, early_stopping_patience=2, learning_rate=4 * RATES[task])
    result, _, messages = run_job(config, task=task)
    name = TASKS[task].metrics[0]
    assert result.stopped_by is StoppedBy.EARLY_STOPPING
    best = max(curve(messages, f"validation_{name}"), key=lambda value: METRICS[name].sign * value)
    assert result.validation[name] == pytest.approx(best, rel=1e-4)


def test_bf16(run_job: RunJob, task: str) -> None:
    config = config_for(task, "full", num_train_epochs=6, head_init="random")
    _, output, messages = run_job(config, task=task, precision="bf16")
    _, single, _ = run_job(config, task=task)
    assert curve(messages, "validation_loss")[-1] < curve(messages, "validation_loss")[0]
    assert weights_of(output) != weights_of(single)


def test_answers_have_the_shape_of_the_task(run_job: RunJob, task: str, tiny_data_of: Callable[[str], Path]) -> None:
    _, output, _ = run_job(config_for(task, "full", max_length=8), task=task)
    rows = [json.loads(line) for line in (tiny_data_of(task) / "test.jsonl").read_text().splitlines()]
    answers = [json.loads(line) for line in (output / "predictions.jsonl").read_text().splitlines()]
    assert [answer["id"] for answer in answers] == [row["id"] for row in rows]
    if task == TAGS:
        assert [len(answer["tags"]) for answer in answers] == [len(row["tokens"]) for row in rows]
    elif task == RANKING:
        assert [len(answer["scores"]) for answer in answers] == [len(row["candidates"]) for row in rows]
    elif task == SIMILAR:
        assert all(abs(answer["value"]) < 5.001 for answer in answers)
    elif task == MASKED:
        assert all(0 < len(answer["words"]) <= 100 for answer in answers)
        assert {word for answer in answers for word, _ in answer["words"]} > {"film", "story", "the", "good"}
    elif task == RATINGS:
        assert all(2 <= answer["value"] <= 4 for answer in answers), "never beyond the training ratings"
    elif TASKS[task].output == "number":
        assert all(500 < answer["value"] < 1500 for answer in answers)
    elif task == CHOICES:
        assert [len(answer["scores"]) for answer in answers] == [len(row["choices"]) for row in rows]
    elif task == LABEL_SETS:
        assert all(0 <= value <= 1 for answer in answers for value in answer["probabilities"])
        assert {len(answer["probabilities"]) for answer in answers} == {2}
    elif task == SPANS:
        assert all(answer["answer"] in row["context"] for answer, row in zip(answers, rows, strict=True))
    else:
        assert all(sum(answer["probabilities"]) == pytest.approx(1.0, abs=1e-5) for answer in answers)
