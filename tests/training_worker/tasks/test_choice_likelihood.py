"""Multiple choice by decoders: batched scores are those of one choice at a time, and training finds the right one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tiny_generators import save_tiny_decoder
from tests.training_worker.tiny import BAD, CHOICES, FILLER, GOOD, make_config
from training_worker.contract.config import parse_config
from training_worker.contract.facts import ModelFacts
from training_worker.contract.limits import ChallengeLimits, DataSize, Terms, check, read_config
from training_worker.contract.methods import METHODS
from training_worker.contract.tasks import TASKS
from training_worker.tasks.base import Context

pytestmark = pytest.mark.torch

RunJob = Callable[..., tuple[Any, Path, list[Any]]]
LORA = {"name": "lora", "r": 8, "lora_alpha": 64, "lora_dropout": 0.0, "target_modules": "all-linear"}
ROWS = [
    {"id": "1", "question": "the film is", "choices": ["good", "a very dull story and it is bad"], "label": 1},
    {"id": "2", "question": "a plot", "choices": ["is superb", "with it", "broken"], "label": 0},
    {"id": "3", "question": "it is very very very very very very very", "choices": ["fine", "poor story"], "label": 0},
]


@pytest.fixture(scope="module", params=["gpt2", "llama"])
def folder(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    words = (*GOOD, *BAD, *FILLER)
    return save_tiny_decoder(tmp_path_factory.mktemp("model"), words, architecture=request.param)


def make_task(folder: Path, rows: list[dict[str, Any]] | None = None) -> Any:
    from training_worker.tasks import load_task

    return load_task(CHOICES, "decoder")(Context(folder=folder, labels=()), rows or ROWS)


def shaken(task: Any) -> Any:
    """The task's model with weights that tell texts apart."""
    import torch

    model = task.build_model().eval()
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.3)
    return model


def one_by_one(task: Any, model: Any, row: dict[str, Any], longest: int) -> list[float]:
    """Log-likelihood of each choice by the character, by the library's own loss of one text at a time."""
    import torch

    scores = []
    for choice in row["choices"]:
        ids, count = (
            task.processor(text, add_special_tokens=False)["input_ids"]
            for text in (f"{row['question']} {choice}", choice)
        )
        ids = torch.tensor([ids[-longest:]])
        labels = ids.clone()
        labels[:, : -len(count)] = -100
        with torch.no_grad():
            loss = float(model.backbone(input_ids=ids, labels=labels).loss)
        scores.append(-loss * len(count) / len(choice))
    return scores


@pytest.mark.parametrize("longest", [64, 9])
def test_scores_in_a_batch_are_those_of_one_choice_at_a_time(folder: Path, longest: int) -> None:
    from training_worker.contract.precision import Precision
    from training_worker.run.prediction import Compute, predict

    import torch  # isort: skip

    task = make_task(folder)
    split, model = task.encode(ROWS, "validation", longest), shaken(task)
    found = predict(model, split, task, Compute(torch.device("cpu"), Precision.FP32))
    answers = task.decode(found.outputs, split)
    expected = [one_by_one(task, model, row, longest) for row in ROWS]
    assert [list(scores) for scores in answers] == [pytest.approx(scores, rel=1e-4) for scores in expected]
    assert [len(scores) for scores in answers] == [2, 3, 2]


def test_the_loss_is_that_of_the_tokens_of_right_choices(folder: Path) -> None:
    """The same of a training batch, which reads no other choice, and of a validation batch, which reads all."""
    import torch

    task = make_task(folder)
    model = shaken(task)
    expected, tokens = 0.0, 0
    for row in ROWS:
        right = row["choices"][row["label"]]
        count = len(task.processor(right, add_special_tokens=False)["input_ids"])
        expected -= one_by_one(task, model, row, 64)[row["label"]] * len(right)
        tokens += count
    losses = []
    for name in ("train", "validation"):
        batch = task.encode(ROWS, name, 64).collate([0, 1, 2])
        assert task.weight(batch) == tokens
        with torch.no_grad():
            outputs = model(**{key: value for key, value in batch.items() if key != "labels"})
        losses.append(float(task.loss(outputs, batch)))
    assert losses == [pytest.approx(expected / tokens, rel=1e-4)] * 2


def test_what_a_batch_costs_is_its_padded_size(folder: Path) -> None:
    task = make_task(folder)
    validation, train = (task.encode(ROWS, name, 64) for name in ("validation", "train"))
    for split in (validation, train):
        for index in range(len(ROWS)):
            assert split.costs[index] == split.collate([index])["input_ids"].numel()
    assert sum(train.costs) < sum(validation.costs)
    test = task.encode([{name: value for name, value in row.items() if name != "label"} for row in ROWS], "test", 64)
    assert not test.has_targets
    assert test.costs == validation.costs


def test_a_long_question_loses_its_beginning_and_a_long_choice_its_end(folder: Path) -> None:
    rows = [
        {"id": "1", "question": "bad " * 20 + "it is", "choices": ["good", " ".join(["fine"] * 30)], "label": 0},
    ]
    task = make_task(folder)
    split = task.encode(rows, "validation", 8)
    short, long = split.choices[0]
    assert task.processor.decode(short.ids) == "bad bad bad bad bad it is good"
    assert task.processor.decode(long.ids) == "is " + " ".join(["fine"] * 7)
    assert (short.count, long.count) == (1, 7)
    assert task.longest(split) == 8


def test_the_base_model_is_scored_and_training_finds_the_right_choice(run_job: RunJob, tmp_path: Path) -> None:
    words = (*GOOD, *BAD, *FILLER)
    model = save_tiny_decoder(tmp_path / "decoder", words)
    files = {"data": [], "outputs": [], "model": {"slug": "tiny", "sha256": "0" * 64, "files": [], "family": "decoder"}}
    base, _, _ = run_job(None, task=CHOICES, model=model, files=files)
    assert base.base_method.startswith("zero-shot")
    assert base.speed.train_units_per_second > 0
    assert 0 < base.longest_example <= 8
    assert base.validation["accuracy"] < 0.75
    for method, least in (
        ("full", 0.9),
        (LORA, base.validation["accuracy"] + 0.05),
    ):  # its head for tokens stays random
        config = make_config(method, learning_rate=5e-3, num_train_epochs=15)
        result, output, messages = run_job(config, task=CHOICES, model=model, files=files)
        curve = [point.value for one in messages for point in one.points if point.name == "validation_accuracy"]
        assert curve[0] == pytest.approx(base.validation["accuracy"])
        assert result.validation["accuracy"] > least
        names = {path.name for path in output.iterdir()}
        assert ("model.safetensors" in names, "adapter_model.safetensors" in names) == (
            method == "full",
            method == LORA,
        )


def test_an_encoder_still_does_it_by_its_own_code() -> None:
    from training_worker.tasks import load_task

    assert load_task(CHOICES) is load_task(CHOICES, "encoder") is not load_task(CHOICES, "decoder")
    assert load_task(CHOICES, "decoder").spec == TASKS[CHOICES].of("decoder") != TASKS[CHOICES]
    assert TASKS[CHOICES].of("encoder") == TASKS[CHOICES].of(None) == TASKS[CHOICES]


def test_what_a_decoder_has_no_head_for_is_refused_or_without_effect() -> None:
    facts = ModelFacts(family="decoder", tasks=(CHOICES,), layers=("attention", "all-linear"))
    models = {"d": facts, "e": facts.model_copy(update={"family": "encoder"})}
    limits = ChallengeLimits(base_models=("d", "e"), methods=tuple(METHODS))
    terms = Terms(task=TASKS[CHOICES], limits=limits, size=DataSize(train_examples=100), models=models)
    of = {model: parse_config({"base_model": model, "method": {"name": "head"}}) for model in models}
    assert {error.field: error.code for error in check(of["d"], terms)} == {"method.name": "method_not_for_task"}
    assert check(of["e"], terms) == []
    kept = {
        model: read_config(
            {"base_model": model, "method": {"name": "full"}, "training": {"head_init": "random"}}, terms
        ).training.head_init
        for model in models
    }
    assert kept == {"d": "prototypes", "e": "random"}
