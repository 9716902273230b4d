"""Decoder models: what they read and learn of, and that they write batched as they would one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.tiny_generators import save_tiny_decoder
from training_worker.tasks.base import Context

pytestmark = pytest.mark.torch

WORDS = ("a", "b", "c", "d", "e")
TALK = [
    {"id": "1", "messages": [{"role": "user", "content": "a b"}], "response": "d e"},
    {
        "id": "2",
        "messages": [
            {"role": "system", "content": "c"},
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": "b"},
            {"role": "user", "content": "e e"},
        ],
        "response": "a",
    },
]
TEXTS = [{"id": "1", "prompt": "a b c", "completion": "d e"}, {"id": "2", "prompt": "e", "completion": "a"}]


@pytest.fixture(scope="module", params=["gpt2", "llama"])
def folder(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_decoder(tmp_path_factory.mktemp("model"), WORDS, architecture=request.param)


def make_task(name: str, folder: Path, rows: list[dict[str, Any]], **context: Any) -> Any:
    from training_worker.tasks import load_task

    return load_task(name)(Context(folder=folder, labels=(), **context), rows)


def test_a_conversation_is_read_in_the_models_template_and_its_answer_alone_is_learned(folder: Path) -> None:
    task = make_task("text-generation", folder, TALK)
    split = task.encode(TALK, "train", 32)
    assert task.processor.decode(split.prompts[1]) == (
        "<system> c </s> <user> a </s> <assistant> b </s> <user> e e </s> <assistant>"
    )
    batch = split.collate([0, 1])
    learned = [[int(token) for token in row if token != -100] for row in batch["labels"]]
    assert [task.processor.decode(tokens) for tokens in learned] == ["d e </s>", "a </s>"]
    place = batch["labels"][0].tolist().index(learned[0][0])
    assert task.processor.decode(batch["input_ids"][0, : place + 1]) == "<user> a b </s> <assistant>"
    assert task.weight(batch) == 5


def test_without_a_template_it_reads_what_was_said(tmp_path: Path) -> None:
    folder = save_tiny_decoder(tmp_path / "model", WORDS, has_template=False)
    task = make_task("text-generation", folder, TALK)
    assert task.prompt_text(TALK[1]) == "c\na\nb\ne e\n"


def test_the_loss_is_the_librarys_with_the_prompt_masked(folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    task = make_task("text-completion", folder, TEXTS)
    split = task.encode(TEXTS, "train", 16)
    batch, model = split.collate([0, 1]), task.build_model().eval()
    labels = batch["input_ids"].clone()
    for row, prompt in zip(labels, split.prompts, strict=True):
        row[: len(prompt)] = -100
    labels[batch["attention_mask"] == 0] = -100
    theirs = AutoModelForCausalLM.from_pretrained(folder).eval()
    with torch.no_grad():
        own = task.loss(model(**{name: value for name, value in batch.items() if name != "labels"}), batch)
        expected = theirs(batch["input_ids"], attention_mask=batch["attention_mask"], labels=labels).loss
    assert float(own) == pytest.approx(float(expected), rel=1e-5)


@pytest.mark.parametrize(("name", "rows"), [("text-generation", TALK), ("text-completion", TEXTS)])
def test_what_is_written_in_a_batch_is_what_is_written_alone(
    folder: Path, name: str, rows: list[dict[str, Any]]
) -> None:
    import torch

    task = make_task(name, folder, rows, max_new_tokens=6)
    split, model = task.encode(rows, "validation", 32), task.build_model().eval()
    torch.manual_seed(1)
    with torch.inference_mode():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.5)
        together = task.decode(list(model.write(split.collate([0, 1]))), split)
        alone = [task.decode(list(model.write(split.collate([index]))), split)[0] for index in range(2)]
    assert together == alone
    assert any(together)


def test_a_long_prompt_keeps_its_end(folder: Path) -> None:
    rows = [{"id": "1", "prompt": " ".join(["a"] * 80 + ["b"]), "completion": "c"}]
    task = make_task("text-completion", folder, rows)
    (prompt,) = task.encode(rows, "train", 8).prompts
    assert task.processor.decode(prompt) == "a a a a a a a b"
    (whole,) = task.encode(rows, "train", 512).prompts
    assert len(whole) + task.max_new_tokens == 64, "the model's positions"


def test_a_tokenizer_without_an_end_is_refused(folder: Path, tmp_path: Path) -> None:
    import json
    import shutil

    copy = Path(shutil.copytree(folder, tmp_path / "model"))
    path = copy / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"eos_token": None}))
    with pytest.raises(ValueError, match="no end token"):
        make_task("text-completion", copy, []).build_model()
