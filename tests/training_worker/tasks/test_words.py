"""Tags of words: one answer for every word, whatever the tokenizer makes of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.training_worker.tiny import LABELS_OF, TAGS, make_rows

pytestmark = pytest.mark.torch

ROWS = [
    {"id": "1", "tokens": ["good", "xyz", "bad"], "ner_tags": ["B-GOOD", "O", "B-BAD"]},
    {"id": "2", "tokens": [], "ner_tags": []},
    {"id": "3", "tokens": ["film", " ", "good"], "ner_tags": ["O", "O", "B-GOOD"]},
    {"id": "4", "tokens": ["the"] * 20, "ner_tags": ["O"] * 20},
]


@pytest.fixture
def make_task(tiny_model: Path) -> Callable[..., Any]:
    def make(rows: list[Any], labels: tuple[str, ...] = LABELS_OF[TAGS]) -> Any:
        from training_worker.tasks import load_task
        from training_worker.tasks.base import Context

        return load_task(TAGS)(Context(tiny_model, labels), rows)

    return make


def test_a_word_is_its_first_token(make_task: Callable[..., Any]) -> None:
    task = make_task(ROWS)
    split = task.encode(ROWS, "train", 12)
    tokens = task.processor.convert_ids_to_tokens(split.text.tokens.ids[0])
    assert tokens == ["[CLS]", "good", "x", "##y", "##z", "bad", "[SEP]"]
    assert split.starts == [[1, 2, 5], [], [1, 2], [*range(1, 11)]]
    assert split.words == [[0, 1, 2], [], [0, 2], [*range(10)]], "a blank has no token, the last ten are cut"
    assert split.tags == [[1, 0, 3], [], [0, 1], [0] * 10]
    assert split.costs == [7, 2, 4, 12]


def test_every_word_is_answered(make_task: Callable[..., Any]) -> None:
    """Those without a token get the most frequent tag of the training rows."""
    import torch

    task = make_task([*ROWS, {"id": "5", "tokens": ["bad"] * 30, "ner_tags": ["B-BAD"] * 30}])
    split = task.encode([{"id": row["id"], "tokens": row["tokens"]} for row in ROWS], "test", 12)
    assert not split.has_targets
    outputs = [torch.nn.functional.one_hot(torch.full((len(starts),), 2), 4).float() for starts in split.starts]
    assert task.decode(outputs, split) == [
        ["I-GOOD"] * 3,
        [],
        ["I-GOOD", "B-BAD", "I-GOOD"],
        ["I-GOOD"] * 10 + ["B-BAD"] * 10,
    ]


def test_features_are_those_of_the_first_tokens(make_task: Callable[..., Any]) -> None:
    import torch

    task = make_task(ROWS)
    model, split = task.build_model().eval(), task.encode(ROWS, "train", 12)
    batch = split.collate([0, 2])
    features = model.features(**{name: value for name, value in batch.items() if name != "labels"})
    alone = model.backbone(input_ids=torch.tensor([split.text.tokens.ids[0]])).last_hidden_state
    assert features.shape == (2, 3, 32)
    assert torch.allclose(features[0], alone[0, [1, 2, 5]], atol=1e-5)
    assert [len(part) for part in split.unpack(features, [0, 2])] == [3, 2]


def test_padding_counts_for_nothing(make_task: Callable[..., Any]) -> None:
    import torch

    from training_worker.tasks.loss import LossOptions

    task = make_task(ROWS)
    batch = task.encode(ROWS, "train", 12).collate([0, 1, 2])
    assert batch["labels"].tolist() == [[1, 0, 3], [-100] * 3, [0, 1, -100]]
    outputs = torch.zeros(3, 3, 4)
    assert task.weight(batch) == 5
    assert task.loss(outputs, batch).item() == pytest.approx(task.chance_loss())
    outputs[batch["labels"] == -100] = 1e6
    assert task.loss(outputs, batch, LossOptions(label_smoothing=0.1)).item() == pytest.approx(task.chance_loss())
    nothing = task.encode(ROWS, "train", 12).collate([1])
    assert task.loss(torch.zeros(1, 0, 4), nothing).item() == 0.0


def test_base_examples_have_enough_of_each_tag_and_no_more(
    make_task: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from training_worker.tasks import prototypes

    monkeypatch.setattr(prototypes, "examples_per_class", lambda n: 4)
    rows = make_rows(300, 1, TAGS)
    task = make_task(rows)
    chosen = task.choose_examples(rows)
    tags = [tag for index in chosen for tag in rows[index]["ner_tags"]]
    assert chosen == sorted(set(chosen)) == task.choose_examples(rows)
    assert all(tags.count(label) >= 4 for label in LABELS_OF[TAGS])
    assert len(chosen) < 20


def test_frozen_features_keep_each_words_place(make_task: Callable[..., Any]) -> None:
    """A ragged split of features collates and unpacks as its source does."""
    import torch

    from training_worker.contract.precision import Precision
    from training_worker.run.prediction import Compute, frozen_features, predict

    task = make_task(ROWS)
    model, split = task.build_model().eval(), task.encode(ROWS, "train", 12)
    compute = Compute(torch.device("cpu"), Precision.FP32)
    frozen = frozen_features(model, split, compute)
    assert frozen.features.shape == (15, 32)
    assert frozen.costs == [3, 1, 2, 10]
    whole, top = predict(model, split, task, compute), predict(model.top, frozen, task, compute)
    assert whole.loss == pytest.approx(top.loss, abs=1e-5)
    for one, other in zip(whole.outputs, top.outputs, strict=True):
        assert torch.allclose(one, other, atol=1e-5)
