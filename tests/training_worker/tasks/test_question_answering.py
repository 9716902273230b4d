"""Questions with their contexts: windows, exact places of answers, and what the model learns from and says."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.training_worker.tiny import BAD, FILLER, GOOD, SPANS, make_rows

pytestmark = pytest.mark.torch

NONE: dict[str, list[Any]] = {"text": [], "answer_start": []}


@pytest.fixture
def make_task(tiny_model: Path) -> Callable[..., Any]:
    def make(rows: list[Any] | None = None) -> Any:
        from training_worker.tasks import load_task
        from training_worker.tasks.base import Context

        return load_task(SPANS)(Context(tiny_model, ()), rows or [])

    return make


def row(question: str, context: str, *texts: str) -> dict[str, Any]:
    answers = {"text": list(texts), "answer_start": [context.index(text) for text in texts]}
    return {"id": context[:20], "question": question, "context": context, "answers": answers}


def words(count: int, seed: int = 0) -> str:
    return " ".join(random.Random(seed).choices((*FILLER, *GOOD, *BAD, "xyz,", "(q)"), k=count))


@pytest.mark.parametrize("max_length", [8, 12, 16, 40])
@pytest.mark.parametrize("count", [1, 4, 9, 30, 61])
@pytest.mark.parametrize("asked", [1, 3, 40])
def test_every_token_of_a_context_has_one_place(
    make_task: Callable[..., Any], max_length: int, count: int, asked: int
) -> None:
    """Whatever the lengths of question and context: the same tokens as without windows, none longer than allowed."""
    task, context = make_task(), words(count)
    (windows,) = task.encode([row(words(asked, 1), context)], "test", max_length).windows
    whole = task.processor(context, add_special_tokens=False, return_offsets_mapping=True)
    assert windows.spans == whole["offset_mapping"]
    assert [windows.ids[window][place] for window, place in windows.places] == whole["input_ids"]
    assert max(map(len, windows.ids)) <= max_length
    assert (windows.places == sorted(windows.places), windows.is_cut) == (True, False)
    assert windows.cost == len(windows.ids) * max(map(len, windows.ids))


def test_a_token_is_read_where_it_has_most_context(make_task: Callable[..., Any]) -> None:
    (windows,) = make_task().encode([row("is it", words(60).replace(",", ""))], "test", 21).windows
    ends = [len(ids) - 1 for ids in windows.ids]  # [SEP]
    first = windows.ids[0].index(make_task().processor.sep_token_id) + 1
    inner = [
        (place - first, ends[window] - 1 - place) for window, place in windows.places if 0 < window < len(ends) - 1
    ]
    assert inner
    assert all(min(before, after) >= 1 for before, after in inner)


def test_a_question_that_fits_is_not_cut_and_a_long_one_leaves_half(make_task: Callable[..., Any]) -> None:
    task = make_task()
    rows = [row("the film is good very good", "a plot"), row("the film is good very good", words(20))]
    short, long = task.encode(rows, "test", 11).windows
    assert task.processor.decode(short.ids[0]) == "[CLS] the film is good very good [SEP] a plot [SEP]"
    assert all(task.processor.decode(ids).startswith("[CLS] the film is good [SEP]") for ids in long.ids)


def test_answers_are_found_to_the_character(make_task: Callable[..., Any]) -> None:
    """Of every answer that the tokenizer does not divide differently: what is learned is what would be said."""
    import torch

    task, checked = make_task(make_rows(8, 1, SPANS)), 0
    for seed in range(40):
        context = words(40, seed)
        parts = context.split()
        at = seed % 35
        text = " ".join(parts[at : at + 1 + seed % 4])
        start = len(" ".join([*parts[:at], ""]))
        asked = {
            "id": "1",
            "question": "is it",
            "context": context,
            "answers": {"text": [text], "answer_start": [start]},
        }
        split = task.encode([asked], "train", 14)
        bits = split.targets([0])[0]
        logits = torch.stack([(bits & 1 > 0).float(), (bits & 2 > 0).float()], dim=1)
        assert task.decode([logits], split) == [text]
        checked += 1
    assert checked == 40


def test_an_answer_inside_of_a_word_is_its_tokens(make_task: Callable[..., Any]) -> None:
    task = make_task()
    context = "film xyz good"
    split = task.encode([row("q", context, "y")], "train", 24)
    (windows,) = split.windows
    assert context[slice(*windows.spans[2])] == "y"
    assert split.targets([0]).tolist() == [[0, 0, 0, 3, 0, 0]]


def test_targets_of_several_answers_and_of_none(make_task: Callable[..., Any]) -> None:
    rows = [row("q", "good film good plot", "film", "film good"), row("q", "a") | {"answers": NONE}]
    split = make_task().encode(rows, "train", 24)
    assert split.targets([0, 1]).tolist() == [[0, 0, 1 | 2, 2, 0], [3, 0, -100, -100, -100]]
    assert [len(part) for part in split.unpack(split.targets([0, 1]), [0, 1])] == [5, 2]


def test_what_comes_after_the_last_window_is_not_learned(
    make_task: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from training_worker.tasks import windows

    monkeypatch.setattr(windows, "MOST_TOKENS", 32)
    context = " ".join([*["film"] * 60, "good"])
    task = make_task()
    split = task.encode([row("q", context, "good"), row("q", "good", "good")], "train", 16)
    assert [one.is_cut for one in split.windows] == [True, False]
    assert len(split.windows[0].ids) == 2
    batch = split.collate([0, 1])
    assert task.weight(batch) == 1
    assert not batch["labels"][0].clamp(min=0).any()
    assert task.loss(torch.zeros(*split.targets([0]).shape, 2), split.collate([0])).item() == 0.0


def test_hidden_vectors_are_those_of_their_windows(make_task: Callable[..., Any]) -> None:
    import torch

    task = make_task()
    rows = [row("is it", words(40)), row("q", "good film")]
    split, model = task.encode(rows, "test", 16), task.build_model().eval()
    windows = split.windows[0]
    features = model.features(**split.collate([0, 1]))
    hidden = [model.backbone(input_ids=torch.tensor([ids]), token_type_ids=torch.tensor([types])).last_hidden_state[0]
              for ids, types in zip(windows.ids, windows.type_ids, strict=True)]  # fmt: skip
    expected = torch.stack([hidden[window][place] for window, place in windows.places])
    assert torch.allclose(features[0, 1:], expected, atol=1e-5)
    assert torch.allclose(features[0, 0], torch.stack([part[0] for part in hidden]).mean(0), atol=1e-5)
    alone = model.features(**split.collate([1]))
    assert torch.allclose(features[1, :3], alone[0], atol=1e-5)


def test_padding_and_unknown_answers_count_for_nothing(make_task: Callable[..., Any]) -> None:
    import torch

    task = make_task()
    batch = task.encode([row("q", "a good film", "good"), row("q", "a", "a")], "train", 24).collate([0, 1])
    outputs = torch.zeros(2, 4, 2)
    guessing = task.loss(outputs, batch).item()
    assert guessing == pytest.approx((torch.tensor([4.0, 2.0]).log().sum() / 2).item())
    outputs[1, 2:] = 1e6
    assert task.loss(outputs, batch).item() == pytest.approx(guessing)


def test_best_span_is_that_of_trying_all() -> None:
    import torch

    from training_worker.tasks.question_answering import best_span

    generator = torch.Generator().manual_seed(0)
    for count in (1, 2, 5, 20):
        for longest in (1, 3, 30):
            logits = torch.randn(count, 2, generator=generator)
            spans = [(a, b) for a in range(count) for b in range(a, min(count, a + longest))]
            expected = max(spans, key=lambda span: float(logits[span[0], 0] + logits[span[1], 1]))
            assert best_span(logits, longest)[1:] == expected
    assert best_span(torch.zeros(0, 2), 3)[2] == -1


def test_there_is_no_answer_only_where_training_has_some_like_that(make_task: Callable[..., Any]) -> None:
    import torch

    rows = [row("q", "a good film", "good")]
    nothing = torch.tensor([[5.0, 5.0], [0.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    for task, expected in ((make_task(rows), "good"), (make_task([*rows, row("q", "a") | {"answers": NONE}]), "")):
        assert task.decode([nothing], task.encode(rows, "test", 24)) == [expected]


def test_answers_may_be_as_long_as_those_of_training(make_task: Callable[..., Any]) -> None:
    assert make_task([row("q", "a good film", "good")]).longest_answer == 30
    assert make_task([row("q", words(50).replace(",", ""), words(50).replace(",", "")[:100])]).longest_answer >= 30
    long = " ".join(["film"] * 45)
    assert make_task([row("q", long, long)]).longest_answer == 45
