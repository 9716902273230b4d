"""What is counted of train and validation."""

from __future__ import annotations

from typing import Any

import pytest

from hackathon.answers import answers_of
from hackathon.dataset.charts import data_charts
from hackathon.dataset.facts import Distribution, data_facts
from training_worker.contract.tasks import TASKS

TEXTS, TAGS, NUMBERS, IMAGES = (
    TASKS[name] for name in ("text-classification", "token-classification", "text-regression", "image-classification")
)


def text_row(words: int, label: Any = "a") -> dict[str, Any]:
    return {"id": "x", "text": " ".join(["word"] * words), "label": label}


def test_labels_and_lengths_of_texts() -> None:
    train = [text_row(10, "a"), text_row(20, "a"), text_row(40, "b"), text_row(100, "a")]
    facts = data_facts(TEXTS, ("b", "a", "c"), train=train, validation=[text_row(10, "c")])
    assert facts.train.labels == {"b": 1, "a": 3, "c": 0}
    assert facts.validation.labels == {"b": 0, "a": 0, "c": 1}
    assert (facts.train.examples, facts.validation.examples) == (4, 1)
    lengths = facts.train.lengths
    assert lengths is not None
    assert facts.validation.lengths is not None
    # 1.3 tokens a word and two special ones
    assert (lengths.minimum, lengths.median, lengths.p95, lengths.maximum) == (15, 28, 132, 132)
    assert lengths.edges == facts.validation.lengths.edges
    assert sum(lengths.counts) == 4
    assert facts.validation.lengths.counts[0] == 1
    assert facts.train.values is None


def test_the_last_bin_takes_the_long_tail() -> None:
    rows = [text_row(n) for n in range(1, 100)] * 10 + [text_row(20_000)]
    lengths = data_facts(TEXTS, ("a",), train=rows, validation=rows[:1]).train.lengths
    assert isinstance(lengths, Distribution)
    assert lengths.maximum > 20_000 > 200 > lengths.edges[-1]
    assert len(lengths.edges) <= 22
    assert len({round(b - a) for a, b in zip(lengths.edges, lengths.edges[1:], strict=False)}) == 1
    assert sum(lengths.counts) == len(rows)


def test_entities_are_counted_by_type_and_not_by_tag() -> None:
    row = {"id": "x", "tokens": list("abcdef"), "ner_tags": ["B-PER", "I-PER", "O", "B-PER", "B-LOC", "O"]}
    labels = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG")
    facts = data_facts(TAGS, labels, train=[row], validation=[row])
    assert answers_of(TAGS.output).label_names(labels) == ["PER", "LOC", "ORG"]
    assert facts.train.labels == {"PER": 2, "LOC": 1, "ORG": 0}


def test_true_numbers_have_a_distribution_and_no_labels() -> None:
    train = [text_row(3, value) for value in (-1.5, 0, 2.5, 2.5)]
    facts = data_facts(NUMBERS, (), train=train, validation=train[:2])
    assert facts.train.labels == {}
    values = facts.train.values
    assert values is not None
    assert (values.minimum, values.median, values.maximum) == (-1.5, 0, 2.5)
    assert values.edges[0] == -1.6
    assert values.counts[0] == 1
    assert values.counts[-1] == 2


def test_equal_numbers_are_one_bin() -> None:
    values = data_facts(NUMBERS, (), train=[text_row(3, 7)] * 5, validation=[text_row(3, 7)]).train.values
    assert values is not None
    assert (values.edges, values.counts) == ((7.0,), (5,))


def test_images_have_no_length() -> None:
    row = {"id": "x", "image": "a.png", "label": "a"}
    facts = data_facts(IMAGES, ("a", "b"), train=[row], validation=[row])
    assert facts.train.lengths is None


def test_charts_compare_shares_of_the_splits() -> None:
    train = [text_row(10, "a"), text_row(10, "a"), text_row(10, "a"), text_row(30, "b")]
    facts = data_facts(TEXTS, ("a", "b"), train=train, validation=[text_row(10, "b")])
    labels, lengths = data_charts(facts, labels=["a", "b"], output="class")
    assert labels.rows == [("a", ["75", "0"]), ("b", ["25", "100"])]
    assert lengths.rows[0][1] == ["75", "100"]
    assert lengths.rows[-1][0].startswith("≥ ")


def test_of_many_labels_the_most_frequent_are_drawn() -> None:
    names = [f"l{n:02}" for n in range(40)]
    rows = [text_row(3, name) for n, name in enumerate(names) for _ in range(n + 1)]
    facts = data_facts(TEXTS, names, train=rows, validation=rows)
    chart = data_charts(facts, labels=names, output="class")[0]
    assert [name for name, _cells in chart.rows] == names[:9:-1]
    assert "30" in chart.title
    assert "40" in chart.title


@pytest.mark.parametrize("task", [TEXTS, TAGS, NUMBERS, IMAGES])
def test_an_empty_validation_set_breaks_nothing(task: Any) -> None:
    labels = ("O", "B-PER") if task is TAGS else ("a",) if task.has_labels else ()
    target: Any = {"class": "a", "tags": ["O"], "number": 1.0}[task.output]
    row = {"id": "x", "text": "a", "tokens": ["a"], "image": "a.png", task.target.name: target}
    facts = data_facts(task, labels, train=[row], validation=[])
    assert facts.validation.examples == 0
    data_charts(facts, labels=answers_of(task.output).label_names(labels), output=task.output)
