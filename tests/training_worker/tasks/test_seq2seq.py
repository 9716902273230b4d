"""Encoder-decoder models: what they are trained on, and that they write batched as they would one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.tiny_generators import save_tiny_seq2seq
from training_worker.contract.tasks import TASKS
from training_worker.tasks.base import Context

pytestmark = pytest.mark.torch

WORDS = ("a", "b", "c", "d", "e")
ROWS = [
    {"id": "1", "source": "a b c", "target": "d e"},
    {"id": "2", "source": "e", "target": "a"},
    {"id": "3", "source": "b b a d e e", "target": "c c c"},
]


@pytest.fixture(scope="module", params=["t5", "bart"])
def folder(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_seq2seq(tmp_path_factory.mktemp("model"), WORDS, architecture=request.param)


def make_task(folder: Path, **context: Any) -> Any:
    from training_worker.tasks import load_task

    return load_task("translation")(Context(folder=folder, labels=(), **context), ROWS)


def test_the_loss_is_the_librarys_of_the_answers_tokens(folder: Path) -> None:
    import torch
    from transformers import AutoModelForSeq2SeqLM

    task = make_task(folder)
    batch = task.encode(ROWS, "train", 16).collate([0, 1])
    model = task.build_model().eval()
    theirs = AutoModelForSeq2SeqLM.from_pretrained(folder).eval()
    with torch.no_grad():
        own = task.loss(model(**{name: value for name, value in batch.items() if name != "labels"}), batch)
        expected = theirs(
            input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], labels=batch["labels"]
        ).loss
    assert float(own) == pytest.approx(float(expected), rel=1e-5)
    assert task.weight(batch) == 5, "d, e and an end; a and an end"


def test_what_is_written_in_a_batch_is_what_is_written_alone(folder: Path) -> None:
    import torch

    task = make_task(folder, max_new_tokens=6)
    split, model = task.encode(ROWS, "validation", 16), task.build_model().eval()
    torch.manual_seed(1)
    with torch.inference_mode():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.5)  # as it is, it says nothing
        together = task.decode(list(model.write(split.collate([0, 1, 2]))), split)
        alone = [task.decode(list(model.write(split.collate([index]))), split)[0] for index in range(3)]
    assert together == alone
    assert len(set(together)) > 1


def test_limits(folder: Path) -> None:
    assert make_task(folder).max_new_tokens == 4, "the longest answer and its end"
    assert make_task(folder, max_new_tokens=2).max_new_tokens == 2
    short = make_task(folder, max_new_tokens=2).encode(ROWS, "train", 8)
    assert short.collate([2])["labels"].shape == (1, 2)
    assert short.costs == [4 + 2, 2 + 2, 7 + 2]
    unknown = make_task(folder).encode([{"id": "1", "source": "a"}], "test", 8)
    assert (unknown.has_targets, unknown.costs) == (False, [2 + 3])
    assert make_task(folder).encode([ROWS[2]], "train", 4).collate([0])["input_ids"].shape == (1, 4)


def test_a_model_without_a_first_token_is_refused(folder: Path, tmp_path: Path) -> None:
    import json
    import shutil

    copy = tmp_path / "model"
    shutil.copytree(folder, copy)
    config = json.loads((copy / "config.json").read_text()) | {"decoder_start_token_id": None}
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="decoder_start_token_id"):
        make_task(copy).build_model()


def test_the_tasks_name_their_columns() -> None:
    for name in ("translation", "summarization"):
        spec = TASKS[name]
        assert ([column.name for column in spec.inputs], spec.target.name) == (["source"], "target")
        assert spec.generates
        assert not spec.has_features
