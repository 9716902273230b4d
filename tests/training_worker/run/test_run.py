"""One job's computation on a tiny BERT: what trains, where it starts, when it stops, that it repeats."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.training_worker.tiny import make_config, weights_of
from training_worker.contract.log_lines import Log
from training_worker.contract.wire import (
    EXAMPLES,
    MODEL_CARD,
    OUTPUTS,
    PREDICTIONS,
    REPORT,
    RUN_INFO,
    VALIDATION_PREDICTIONS,
    FailureCode,
    StoppedBy,
)

pytestmark = pytest.mark.torch

RunJob = Callable[..., tuple[Any, Path, list[Any]]]
LORA = {"name": "lora", "r": 4, "lora_alpha": 8, "lora_dropout": 0.0}
METHODS: list[dict[str, Any]] = [{"name": "full"}, {"name": "head"}, LORA]


def curve(messages: list[Any], name: str) -> list[tuple[int, float]]:
    return [(point.step, point.value) for message in messages for point in message.points if point.name == name]


def probabilities(output: Path, name: str = "predictions.jsonl") -> list[list[float]]:
    return [json.loads(line)["probabilities"] for line in (output / name).read_text().splitlines()]


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method["name"])
def test_training_starts_exactly_at_the_base_score(run_job: RunJob, method: dict[str, Any]) -> None:
    base, _, _ = run_job(None)
    _, _, messages = run_job(make_config(method))
    assert curve(messages, "validation_accuracy")[0] == (0, pytest.approx(base.validation["accuracy"]))


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method["name"])
def test_each_method_learns_and_writes_every_output(run_job: RunJob, method: dict[str, Any]) -> None:
    result, output, messages = run_job(make_config(method, num_train_epochs=6))
    assert result.stopped_by is StoppedBy.EPOCHS
    assert result.steps == 36
    written = {path.name for path in output.iterdir() if path.is_file()}
    assert written == set(result.outputs) < set(OUTPUTS)
    assert written > {PREDICTIONS, VALIDATION_PREDICTIONS, REPORT, RUN_INFO, MODEL_CARD}
    losses = curve(messages, "validation_loss")
    assert losses[-1][1] < losses[0][1]
    assert len(probabilities(output)) == 40
    assert len(probabilities(output, "validation_predictions.jsonl")) == 32
    assert len((output / EXAMPLES).read_text().splitlines()) == 32
    assert all(sum(row) == pytest.approx(1.0, abs=1e-5) for row in probabilities(output))
    info = json.loads((output / "run.json").read_text())
    assert info["config"]["method"]["name"] == method["name"]
    assert info["curve"]
    assert info["seed"] == 1


def test_a_run_that_collapsed_says_so(run_job: RunJob) -> None:
    result, output, _ = run_job(make_config("full", learning_rate=0.3, num_train_epochs=2))
    predicted = {row.index(max(row)) for row in probabilities(output, VALIDATION_PREDICTIONS)}
    assert len(predicted) == 1
    assert (result.collapse.answer, result.collapse.share) == (("negative", "positive")[predicted.pop()], 1.0)
    assert json.loads((output / REPORT).read_text())["collapse"] == result.collapse.model_dump()
    learned, _, _ = run_job(make_config("full", num_train_epochs=6))
    assert learned.collapse is None


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method["name"])
def test_the_right_parameters_train(run_job: RunJob, tiny_model: Path, method: dict[str, Any]) -> None:
    from safetensors.torch import load_file

    result, output, _ = run_job(make_config(method))
    saved, base = {}, load_file(tiny_model / "model.safetensors")
    for name in weights_of(output):
        saved |= load_file(output / name)
    assert result.telemetry.parameters_trained == sum(value.numel() for value in saved.values())
    names = saved.keys() - {"weight", "bias"}
    assert len(names) == len(saved) - 2
    if method["name"] == "head":
        assert not names
    elif method["name"] == "lora":
        assert names
        assert all("attention" in name and ".lora_" in name for name in names)
    else:
        assert names == {name for name in base if not name.startswith("pooler.")}
        assert any(not saved[name].equal(base[name]) for name in names)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method["name"])
def test_same_seed_gives_identical_predictions(run_job: RunJob, method: dict[str, Any]) -> None:
    config = make_config(method | ({"lora_dropout": 0.1} if method["name"] == "lora" else {}))
    _, first, _ = run_job(config)
    _, second, _ = run_job(config)
    _, other, _ = run_job(config, seed=2)
    assert (first / "predictions.jsonl").read_bytes() == (second / "predictions.jsonl").read_bytes()
    assert weights_of(first) == weights_of(second)
    assert (first / "predictions.jsonl").read_bytes() != (other / "predictions.jsonl").read_bytes()


def test_base_score_saves_only_the_head(run_job: RunJob) -> None:
    result, output, _ = run_job(None)
    assert weights_of(output).keys() == {"head.safetensors"}
    assert result.stopped_by is StoppedBy.NOTHING_TO_TRAIN
    assert result.telemetry.parameters_trained == 0
    assert result.speed is not None


def computed(messages: list[Any]) -> list[int]:
    """How many features a run computed, each time that it did."""
    lines = [line for message in messages for line in message.lines]
    return [line.values["examples"] for line in lines if line.id == Log.COMPUTING_FEATURES]


def test_features_of_the_base_score_serve_where_the_model_reads_the_same(run_job: RunJob, tiny_data: Path) -> None:
    """At a length that cuts some texts, those are computed anew as they are read there."""
    texts = [json.loads(line)["text"] for line in (tiny_data / "train.jsonl").read_text().splitlines()]
    cut = sum(len(text.split()) + 2 > 10 for text in texts)
    assert cut > 0
    _, _, messages = run_job(make_config("head", max_length=10))
    assert computed(messages) == [96, 32, cut, 40]


def test_warm_and_cold_feature_cache_give_the_same_run(run_job: RunJob, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    paid, cold, messages = run_job(make_config("head"), features=shared)
    saving, warm, again = run_job(make_config("head"), features=shared)
    assert paid.telemetry.saved_seconds == 0
    assert 0 < saving.telemetry.saved_seconds <= paid.telemetry.compute_seconds, "as long as it took then"
    assert (cold / "predictions.jsonl").read_bytes() == (warm / "predictions.jsonl").read_bytes()
    assert [computed(told) for told in (messages, again)] == [[96, 32, 40], []], "each example once"
    next(shared.iterdir()).write_bytes(b"not safetensors")
    _, healed, _ = run_job(make_config("head"), features=shared)
    assert (cold / "predictions.jsonl").read_bytes() == (healed / "predictions.jsonl").read_bytes()


def test_texts_whose_features_are_at_hand_are_not_read(run_job: RunJob, tiny_data: Path, tmp_path: Path) -> None:
    """Here alone: the key of features is the sha256 of the data, which this test's data are without."""
    emptied = tmp_path / "emptied"
    emptied.mkdir()
    for name in ("train", "validation", "test"):
        rows = [json.loads(line) for line in (tiny_data / f"{name}.jsonl").read_text().splitlines()]
        (emptied / f"{name}.jsonl").write_text("".join(json.dumps(row | {"text": ""}) + "\n" for row in rows))
    shared = tmp_path / "shared"
    _, cold, _ = run_job(make_config("head"), features=shared)
    _, warm, _ = run_job(make_config("head", learning_rate=2e-3), features=shared)
    _, without, _ = run_job(make_config("head", learning_rate=2e-3), features=shared, data=emptied)
    assert (warm / PREDICTIONS).read_bytes() == (without / PREDICTIONS).read_bytes()
    assert (warm / PREDICTIONS).read_bytes() != (cold / PREDICTIONS).read_bytes()


def test_weights_whose_features_are_at_hand_are_not_read(run_job: RunJob, tiny_model: Path, tmp_path: Path) -> None:
    """As a job that reads them comes to the same result, down to its folder and the parameters that it counts."""
    shared, weightless = tmp_path / "shared", tmp_path / "weightless"
    shutil.copytree(tiny_model, weightless)
    (weightless / "model.safetensors").write_bytes(b"")
    cold, cold_output, _ = run_job(make_config("head"), features=shared)
    warm, warm_output, _ = run_job(make_config("head"), features=shared, model=weightless)
    for name in (PREDICTIONS, VALIDATION_PREDICTIONS, REPORT):
        assert (cold_output / name).read_bytes() == (warm_output / name).read_bytes()
    assert weights_of(cold_output) == weights_of(warm_output)
    for name in ("parameters_total", "parameters_trained"):
        assert getattr(cold.telemetry, name) == getattr(warm.telemetry, name) > 0
    with pytest.raises(Exception, match="header"):
        run_job(make_config("head"), model=weightless)


def test_random_head_does_not_start_at_the_base(run_job: RunJob) -> None:
    _, _, base = run_job(make_config("full"))
    _, _, random = run_job(make_config("full", head_init="random"))
    assert curve(base, "validation_loss")[0] != curve(random, "validation_loss")[0]


def test_early_stopping_keeps_the_best_weights(run_job: RunJob) -> None:
    result, _, messages = run_job(
        make_config("full", num_train_epochs=50, early_stopping_patience=2, learning_rate=1e-2)
    )
    assert result.stopped_by is StoppedBy.EARLY_STOPPING
    assert result.steps < 300
    validated = curve(messages, "validation_accuracy")
    best = max(value for _, value in validated)
    assert result.validation["accuracy"] == pytest.approx(best, abs=1e-5)
    assert result.telemetry.best_step == result.steps - 2 * (validated[1][0])


def test_budget_of_steps(run_job: RunJob) -> None:
    result, _, messages = run_job(make_config("full"), budget={"max_steps": 7})
    assert result.stopped_by is StoppedBy.STEPS
    assert result.steps == 7
    assert messages[-1].total_steps == 7


def test_budget_of_seconds(run_job: RunJob) -> None:
    result, output, _ = run_job(
        make_config("full", num_train_epochs=100, per_device_train_batch_size=1), budget={"max_seconds": 1.0}
    )
    assert result.stopped_by is StoppedBy.SECONDS
    assert 0 < result.steps < 9600
    assert len(probabilities(output)) == 40


def test_divergence_is_an_own_fault(run_job: RunJob) -> None:
    from training_worker.run.training import Diverged

    wild = {"learning_rate": 1.0, "optim": "adam", "max_grad_norm": 0.0, "lr_scheduler_type": "constant"}
    with pytest.raises(Diverged, match="training loss"):
        run_job(make_config("full", num_train_epochs=20, per_device_train_batch_size=1, **wild))
    assert FailureCode.DIVERGED == "diverged"


@pytest.mark.parametrize("optim", ["adamw", "adam", "sgd"])
@pytest.mark.parametrize("schedule", ["linear", "cosine", "constant", "constant_with_warmup"])
def test_optimisers_and_schedules(run_job: RunJob, optim: str, schedule: str) -> None:
    config = make_config("head", optim=optim, lr_scheduler_type=schedule, warmup_steps=0.2, label_smoothing_factor=0.1)
    _, _, messages = run_job(config)
    rates = [value for _, value in curve(messages, "learning_rate")]
    assert len(rates) == 18
    assert max(rates) == pytest.approx(5e-3)
    assert (rates[0] < rates[4]) is (schedule != "constant")
    assert (rates[-1] < rates[4]) is (schedule in {"linear", "cosine"})


def test_bf16(run_job: RunJob) -> None:
    result, output, _ = run_job(make_config("full", num_train_epochs=6), precision="bf16")
    _, single, _ = run_job(make_config("full", num_train_epochs=6))
    assert result.validation["accuracy"] > 0.5
    assert probabilities(output) != probabilities(single)


def test_text_pairs(run_job: RunJob, tiny_data: Path, tmp_path: Path) -> None:
    data = tmp_path / "pairs"
    data.mkdir()
    for name in ("train", "validation", "test"):
        rows = [json.loads(line) for line in (tiny_data / f"{name}.jsonl").read_text().splitlines()]
        (data / f"{name}.jsonl").write_text(
            "".join(json.dumps(row | {"text_pair": "the film is"}) + "\n" for row in rows)
        )
    result, output, _ = run_job(make_config("full", num_train_epochs=6), data=data)
    assert result.validation["accuracy"] > 0.5
    assert len(probabilities(output)) == 40


def test_curve_is_bounded_and_lines_name_no_path(run_job: RunJob, tmp_path: Path) -> None:
    _, _, messages = run_job(make_config("head", num_train_epochs=100, per_device_train_batch_size=1))
    assert len(curve(messages, "train_loss")) <= 152
    assert len(curve(messages, "validation_loss")) <= 12
    lines = [line.text for message in messages for line in message.lines]
    assert lines
    assert not any(str(tmp_path) in line for line in lines)


# --- effects of hyper-parameters -----------------------------------------------------------------------------------


def trained_weights(run_job: RunJob, **fields: Any) -> dict[str, Any]:
    """All weights of a `full` training, without decay and at one rate."""
    from safetensors.torch import load_file

    steps = fields.pop("steps", 3)
    plain = {"weight_decay": 0.0, "lr_scheduler_type": "constant", "learning_rate": 1e-3}
    _, output, _ = run_job(make_config("full", **plain | fields), budget={"max_steps": steps})
    return dict(load_file(output / "model.safetensors"))


def distance(one: dict[str, Any], other: dict[str, Any]) -> float:
    return float(sum(((one[name] - other[name]).double() ** 2).sum() for name in one)) ** 0.5


def test_a_step_is_as_long_as_the_clipped_gradient(run_job: RunJob) -> None:
    sgd = {"optim": "sgd", "momentum": 0.0, "learning_rate": 1.0, "per_device_train_batch_size": 96}
    still = trained_weights(run_job, **sgd | {"learning_rate": 1e-12}, steps=1)
    short = distance(still, trained_weights(run_job, **sgd, max_grad_norm=0.01, steps=1))
    twice = distance(still, trained_weights(run_job, **sgd, max_grad_norm=0.02, steps=1))
    free = distance(still, trained_weights(run_job, **sgd, max_grad_norm=0.0, steps=1))
    assert twice == pytest.approx(2 * short, rel=0.01)
    assert 0.005 < short <= 0.0101 < 0.02 < free, "the head's part of the gradient lies in a file of its own"


@pytest.mark.parametrize(
    "changed",
    [
        {"optim": "adam", "weight_decay": 0.5},
        {"optim": "adafactor"},
        {"optim": "lion"},
        {"optim": "sgd"},
        {"weight_decay": 0.5},
        {"layerwise_lr_decay": 0.5},
        {"label_smoothing_factor": 0.3},
        {"class_weight": "balanced", "focal_gamma": 2.0},
        {"focal_gamma": 2.0},
        {"dropout": 0.0},
        {"dropout": 0.5},
        {"max_grad_norm": 0.01, "optim": "sgd"},
        {"max_length": 8},
        {"per_device_train_batch_size": 8},
        {"ema_decay": 0.9},
        {"swa_start": 0.3},
        {"head_init": "random"},
        {"lr_scheduler_type": "linear"},
        {"lr_scheduler_type": "cosine"},
        {"lr_scheduler_type": "inverse_sqrt"},
        {"lr_scheduler_type": "warmup_stable_decay"},
        {"lr_scheduler_type": "constant_with_warmup", "warmup_steps": 0.5},
        {"num_train_epochs": 1},
    ],
    ids=str,
)
def test_each_hyper_parameter_changes_what_is_learned(run_job: RunJob, changed: dict[str, Any]) -> None:
    assert distance(trained_weights(run_job, steps=8), trained_weights(run_job, **changed, steps=8)) > 1e-4


def test_layers_below_move_less_the_smaller_the_decay_of_their_rate(run_job: RunJob) -> None:
    still = trained_weights(run_job, learning_rate=1e-12, steps=1)

    def moved(**fields: Any) -> float:
        after = trained_weights(run_job, steps=1, per_device_train_batch_size=96, **fields)
        name = "embeddings.word_embeddings.weight"
        return float((after[name] - still[name]).abs().max())

    layers = len({name.split(".")[2] for name in still if name.startswith("encoder.layer.")})
    assert moved(layerwise_lr_decay=0.5) == pytest.approx(moved() * 0.5 ** (layers + 1), rel=0.01)


def test_the_best_checkpoint_is_kept_by_name(run_job: RunJob) -> None:
    wild = {"num_train_epochs": 6, "learning_rate": 5e-2, "lr_scheduler_type": "constant"}
    last, _, messages = run_job(make_config("full", **wild))
    best, _, _ = run_job(make_config("full", **wild, load_best_model_at_end=True))
    validated = curve(messages, "validation_accuracy")
    assert last.validation["accuracy"] == pytest.approx(validated[-1][1], abs=1e-5)
    assert best.validation["accuracy"] == pytest.approx(max(value for _, value in validated), abs=1e-5)
    assert last.telemetry.best_step == last.steps == best.steps
    assert best.telemetry.best_step < best.steps, "this training gets worse at its end"


def test_the_average_is_what_is_validated_and_kept(run_job: RunJob) -> None:
    smooth, _output, messages = run_job(make_config("full", num_train_epochs=4, swa_start=0.5))
    _, _, without = run_job(make_config("full", num_train_epochs=4))
    points, others = curve(messages, "validation_loss"), curve(without, "validation_loss")
    half = smooth.steps / 2
    assert [pair for pair in points if pair[0] <= half] == [pair for pair in others if pair[0] <= half]
    assert all(one[1] != other[1] for one, other in zip(points, others, strict=True) if one[0] > half + 1)
    assert smooth.validation["log_loss"] == pytest.approx(points[-1][1], rel=1e-3)
