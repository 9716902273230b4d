"""Hidden words: a pretrained head as transformers has it, a new one that says frequencies, what is read of a text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.tiny_model import save_tiny_model
from tests.training_worker.convert.sources import CONFIGS, save_source
from tests.training_worker.tiny import BAD, FILLER, GOOD, MASKED, RATES, make_config, make_rows
from training_worker.contract.log_lines import Log

pytestmark = pytest.mark.torch

LORA = {"name": "lora", "r": 4, "lora_alpha": 8}


@pytest.fixture(scope="module")
def masked_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("masked") / "model", words=(*GOOD, *BAD, *FILLER), masked=True)


def task_on(folder: Path, rows: Any = ()) -> Any:
    from training_worker.tasks.base import Context
    from training_worker.tasks.fill_mask import FillMask

    return FillMask(Context(folder=folder, labels=()), rows)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def expected_words(folder: Path, text: str) -> list[tuple[str, float]]:
    """The five most probable tokens, by transformers alone."""
    import torch
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForMaskedLM.from_pretrained(folder).eval()
    inputs = tokenizer(text.replace("[MASK]", tokenizer.mask_token), return_tensors="pt")
    place = inputs["input_ids"][0].tolist().index(tokenizer.mask_token_id)
    with torch.inference_mode():
        best = model(**inputs).logits[0, place].softmax(-1).topk(5)
    return [
        (tokenizer.decode([n]).strip(), p) for n, p in zip(best.indices.tolist(), best.values.tolist(), strict=True)
    ]


def test_a_pretrained_head_is_the_base_as_it_is(run_job: Any, masked_model: Path, tiny_data_of: Any) -> None:
    result, output, _messages = run_job(None, task=MASKED, model=masked_model)
    assert result.base_method == "zero-shot: the untrained model's own head for masked words"
    answers = {one["id"]: one["words"] for one in lines(output / "predictions.jsonl")}
    for row in lines(tiny_data_of(MASKED) / "test.jsonl")[:6]:
        words = dict(answers[row["id"]])
        for word, share in expected_words(masked_model, row["text"]):
            assert word.startswith(("##", "[")) or words[word] == pytest.approx(share, abs=1e-5)


def test_a_pretrained_head_learns_by_every_method(run_job: Any, masked_model: Path) -> None:
    for method in ("full", "head", LORA):
        config = make_config(method, learning_rate=RATES[MASKED], num_train_epochs=12)
        result, _output, messages = run_job(config, task=MASKED, model=masked_model)
        losses = [p.value for m in messages for p in m.points if p.name == "validation_loss"]
        assert losses[-1] < losses[0], method
        assert result.validation["perplexity"] < 60, method


def test_a_new_head_says_how_frequent_answers_are(run_job: Any) -> None:
    result, output, _messages = run_job(None, task=MASKED)
    assert result.base_method == "frequencies of the training answers: the model has no head for masked words"
    for one in lines(output / "predictions.jsonl"):
        found = dict(one["words"])
        assert [found["film"], found["story"]] == pytest.approx([0.375, 0.625], abs=0.1), "nearly whatever is read"
    assert result.validation["perplexity"] == pytest.approx(2.0, abs=0.15)


def test_an_answer_that_is_no_token_teaches_nothing(run_job: Any, tiny_data_of: Any, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for name in ("train", "validation", "test"):
        rows = lines(tiny_data_of(MASKED) / f"{name}.jsonl")
        changed = [
            row | {"answer": "unheardof"} if n % 3 == 0 and "answer" in row else row for n, row in enumerate(rows)
        ]
        (data / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in changed))
    result, _output, messages = run_job(make_config("full", learning_rate=RATES[MASKED]), task=MASKED, data=data)
    (said,) = [line for message in messages for line in message.lines if line.id == Log.MASKED]
    assert said.values["known"] == pytest.approx(100 * 64 / 96)
    assert result.validation["recall_at_5"] <= 21 / 32 + 1e-9, "it is never right"


def test_a_text_is_cut_around_its_mask(masked_model: Path) -> None:
    from training_worker.tasks.fill_mask import around

    ids = [101, *range(20), 102]
    assert around(ids, 11, 22, (1, 1)) == ids
    assert around(ids, 11, 7, (1, 1)) == [101, 8, 9, 10, 11, 12, 102]
    assert around(ids, 1, 7, (1, 1)) == [101, 0, 1, 2, 3, 4, 102]
    assert around(ids, 20, 7, (1, 1)) == [101, 15, 16, 17, 18, 19, 102]
    rows = [{"id": str(n), "text": " ".join([*["good"] * n, "[MASK]", *["bad"] * (30 - n)])} for n in range(31)]
    split = task_on(masked_model).encode(rows, "test", 8)
    batch = split.collate(range(31))
    mask = task_on(masked_model).processor.mask_token_id
    assert batch["input_ids"].shape == (31, 8)
    assert (batch["input_ids"].gather(1, batch["at"][:, None]) == mask).all()


def test_the_same_words_of_a_vocabulary_are_one(masked_model: Path) -> None:
    task = task_on(masked_model)
    task.vocabulary = ["", "Cat", "cat", "dog"]
    assert task._words([1, 3, 2, 0], [0.4, 0.3, 0.2, 0.1]) == [("Cat", pytest.approx(0.6)), ("dog", 0.3)]


def test_words_behind_a_space_are_those_of_byte_level_tokenizers(tmp_path: Path) -> None:
    """RoBERTa has another token for a word behind a space."""
    import torch
    from tokenizers import ByteLevelBPETokenizer
    from transformers import AutoConfig, RobertaForMaskedLM, RobertaTokenizerFast

    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator(
        ["the film is good", "a good film", "good good film"] * 50, 300, 1, special_tokens=special
    )
    vocabulary, merges = trained.get_vocab(), json.loads(trained.to_str())["model"]["merges"]
    pairs = [tuple(merge) if isinstance(merge, list) else tuple(merge.split(" ")) for merge in merges]
    RobertaTokenizerFast(vocab=vocabulary, merges=pairs).save_pretrained(tmp_path)
    torch.manual_seed(0)
    config = AutoConfig.for_model("roberta", **CONFIGS["roberta"] | {"vocab_size": len(vocabulary)})
    RobertaForMaskedLM(config).save_pretrained(tmp_path)
    task = task_on(tmp_path)
    assert task.processor.convert_ids_to_tokens([task.token_of("good")]) == ["Ġgood"]
    assert task.vocabulary[task.token_of("film")] == "film"
    model = task.build_model().eval()
    split = task.encode([{"id": "1", "text": "the [MASK] is good <mask>"}], "test", 32)
    batch = split.collate([0])
    assert (batch["input_ids"] == task.processor.mask_token_id).sum() == 1
    with torch.inference_mode():
        read, _logits = task.answer(model, batch)
    (guesses,) = task.decode(list(read), split)
    for word, share in expected_words(tmp_path, "the [MASK] is good "):
        assert "\ufffd" in word or dict(guesses)[word] >= share - 1e-5


@pytest.mark.parametrize("architecture", ["bert", "roberta"])
def test_a_model_without_a_head_can_be_converted_for_it(tmp_path: Path, architecture: str) -> None:
    from training_worker.convert.convert import convert

    source = save_source(architecture, tmp_path / "source")
    info = convert(str(source), tmp_path / "dest", slug="tiny", license="apache-2.0", revision="1")
    assert MASKED in info.tasks
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(source)
    tokenizer.mask_token = None
    tokenizer.save_pretrained(source)
    info = convert(str(source), tmp_path / "other", slug="tiny", license="apache-2.0", revision="1")
    assert MASKED not in info.tasks
    assert "text-classification" in info.tasks


def test_a_head_of_a_converted_model_is_kept(masked_model: Path, tmp_path: Path) -> None:
    from training_worker.convert.convert import convert

    info = convert(str(masked_model), tmp_path / "dest", slug="tiny", license="apache-2.0", revision="1")
    assert MASKED in info.tasks
    task = task_on(tmp_path / "dest", make_rows(4, 1, MASKED))
    task.build_model()
    assert "zero-shot" in task.base_method
