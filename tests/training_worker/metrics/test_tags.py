"""Tags against seqeval, and what else is asked of an output."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval import metrics as seqeval
from seqeval.scheme import IOB2

from tests.factories import jsonl
from training_worker.contract.json_lines import split_lines
from training_worker.metrics import output_of
from training_worker.metrics.base import InvalidPredictions
from training_worker.metrics.standard_error import LARGEST_SE

LABELS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
OTHER = "B-OTHER"
OUTPUT = output_of("tags")
Tags = list[list[str]]

STRICT = {"mode": "strict", "scheme": IOB2, "zero_division": 0}
THEIRS = {
    "entity_f1": seqeval.f1_score,
    "entity_precision": seqeval.precision_score,
    "entity_recall": seqeval.recall_score,
}

tags = st.sampled_from(LABELS)
cases = st.lists(st.lists(st.tuples(tags, tags), min_size=1, max_size=8), min_size=1, max_size=12).map(
    lambda items: ([[t for t, _a in item] for item in items], [[a for _t, a in item] for item in items])
)


def values(truth: Tags, answers: Tags) -> dict[str, float]:
    return {metric: OUTPUT.value(metric, truth, answers, LABELS) for metric in OUTPUT.metrics}


def seqevals(truth: Tags, answers: Tags) -> dict[str, float]:
    scores = {metric: score(truth, answers, **STRICT) for metric, score in THEIRS.items()}
    return scores | {"token_accuracy": seqeval.accuracy_score(truth, answers)}


def sample(seed: int, n: int = 60) -> tuple[Tags, Tags]:
    generator = np.random.default_rng(seed)
    truth = [list(generator.choice(LABELS, generator.integers(1, 15))) for _ in range(n)]
    noise = [[str(tag) if generator.random() < 0.7 else str(generator.choice(LABELS)) for tag in row] for row in truth]
    return [list(map(str, row)) for row in truth], noise


@given(cases)
def test_values_are_seqevals(case: tuple[Tags, Tags]) -> None:
    if any(tag != "O" for row in case[0] for tag in row):
        assert values(*case) == pytest.approx(seqevals(*case))
    else:
        assert values(*case)["token_accuracy"] == pytest.approx(seqeval.accuracy_score(*case))


def test_types_are_seqevals() -> None:
    truth, answers = sample(1)
    report = seqeval.classification_report(truth, answers, output_dict=True, **STRICT)
    assert OUTPUT.per_class(truth, answers, LABELS) == pytest.approx(
        {name: report[name]["f1-score"] for name in ("PER", "LOC")}
    )


@given(cases)
def test_no_answer_counts_as_an_entity_that_there_is_not_at_every_word(case: tuple[Tags, Tags]) -> None:
    truth, answers = case
    unanswered = [[] if index % 2 == 0 else row for index, row in enumerate(answers)]
    worst = [[OTHER] * len(truth[index]) if index % 2 == 0 else row for index, row in enumerate(answers)]
    assert values(truth, unanswered) == pytest.approx(seqevals(truth, worst))


@given(cases)
def test_no_answer_is_never_better_than_any_answer(case: tuple[Tags, Tags]) -> None:
    truth, answers = case
    with_all, without_first = values(truth, answers), values(truth, [[], *answers[1:]])
    assert all(without_first[metric] <= with_all[metric] + 1e-12 for metric in OUTPUT.metrics)


def test_an_inside_tag_without_a_beginning_is_no_entity() -> None:
    assert values([["B-PER", "I-PER"]], [["I-PER", "I-PER"]]) == {
        "entity_f1": 0.0,
        "entity_precision": 0.0,
        "entity_recall": 0.0,
        "token_accuracy": 0.5,
    }


def test_without_entities_on_either_side_the_ratios_are_zero() -> None:
    assert values([["O", "O"]], [["O", "O"]]) == {
        "entity_f1": 0.0,
        "entity_precision": 0.0,
        "entity_recall": 0.0,
        "token_accuracy": 1.0,
    }


@pytest.mark.parametrize("metric", OUTPUT.metrics)
def test_error_is_that_of_drawing_groups_one_by_one(metric: str) -> None:
    truth, answers = sample(2)
    groups = np.arange(60) // 2
    generator = np.random.default_rng(0)
    slow = []
    for _ in range(800):
        drawn = np.concatenate([np.flatnonzero(groups == g) for g in generator.integers(0, 30, 30)])
        slow.append(OUTPUT.value(metric, OUTPUT.take(truth, drawn), OUTPUT.take(answers, drawn), LABELS))
    estimate = OUTPUT.estimate(metric, truth, answers, LABELS, groups)
    assert estimate.value == OUTPUT.value(metric, truth, answers, LABELS)
    assert estimate.se == pytest.approx(np.std(slow), rel=0.1)


def test_one_item_allows_no_estimate() -> None:
    assert OUTPUT.estimate("entity_f1", [["B-PER"]], [["B-PER"]], LABELS).se == LARGEST_SE


def test_dummy_gives_every_word_the_most_frequent_tag() -> None:
    truth = [["O", "B-PER"], ["O"], ["B-LOC", "O"]]
    assert OUTPUT.dummy(truth, LABELS) == [["O", "O"], ["O"], ["O", "O"]]
    assert OUTPUT.dummy([["B-LOC", "B-PER"]], LABELS) == [["B-PER", "B-PER"]]


def test_truth_must_be_known_tags_of_the_scheme() -> None:
    assert OUTPUT.read_truth([["O"], ["B-PER", "I-PER"]], LABELS) == [["O"], ["B-PER", "I-PER"]]
    with pytest.raises(ValueError, match=r"^3 lists hold something else than tags of the data$"):
        OUTPUT.read_truth([["canary"], "O", [None], ["O"]], LABELS)
    with pytest.raises(ValueError, match=r"^the labels are not of the IOB2 scheme$"):
        OUTPUT.read_truth([["O"]], ["O", "NOUN"])


def test_items_sum_up_to_the_value() -> None:
    truth, answers = sample(3)
    tp, fp, fn, hits, words = OUTPUT.items(truth, answers, LABELS)["counts"].sum(axis=0)
    expected = OUTPUT.value("entity_f1", truth, answers, LABELS)
    assert 2 * tp / (2 * tp + fp + fn) == pytest.approx(expected)
    assert hits / words == pytest.approx(OUTPUT.value("token_accuracy", truth, answers, LABELS))


def test_other_metrics_are_refused() -> None:
    with pytest.raises(KeyError):
        OUTPUT.value("accuracy", [["O"]], [["O"]], LABELS)


IDS = ["a", "b"]
TRUTH = [["O", "B-PER"], ["O"]]


def _rows(**changes: object) -> list[object]:
    answers: dict[str, object] = {"b": ["B-LOC"], "a": ["O", "O"]} | changes
    return [{"id": item, "tags": answer} for item, answer in answers.items()]


def _read(content: bytes) -> Tags:
    answers: Tags = OUTPUT.read_answers(split_lines(content), IDS, TRUTH, LABELS)
    return answers


def test_what_is_written_is_read_again() -> None:
    answers = [[], ["B-LOC"]]
    lines = OUTPUT.lines(IDS, answers, LABELS)
    assert json.loads(lines[1]) == {"id": "b", "tags": ["B-LOC"]}
    assert _read("\n".join(reversed(lines)).encode()) == answers


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "missing ids: 2"),
        (jsonl(_rows()[:1]), "missing ids: 1"),
        (jsonl([*_rows(), *_rows()]), "doubled ids: 2"),
        (jsonl([*_rows(), {"id": "c", "tags": ["O"] * 9}]), "unknown ids: 1"),
        (jsonl(_rows(a=["O"])), "wrong length: 1"),
        (jsonl(_rows(b=["O", "O"])), "wrong length: 1"),
        (jsonl(_rows(b=["canary"])), "unknown tags: 1"),
        (jsonl(_rows(b=[0])), "unknown tags: 1"),
        (jsonl(_rows(b=[["O"]])), "unknown tags: 1"),
        (jsonl(_rows(b="O")), "missing ids: 1; not a prediction: 1"),
        (
            jsonl([{"id": "a", "tags": ["O", "O"]}, {"id": "b", "probabilities": []}]),
            "missing ids: 1; not a prediction: 1",
        ),
    ],
)
def test_what_is_wrong_is_named_and_counted(content: bytes, message: str) -> None:
    with pytest.raises(InvalidPredictions) as caught:
        _read(content)
    assert str(caught.value) == message


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(content: bytes) -> None:
    with pytest.raises(InvalidPredictions):
        _read(content)
