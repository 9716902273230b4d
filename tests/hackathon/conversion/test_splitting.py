"""Splits by fractions: groups and equal inputs whole, labels in proportion, the same for a seed."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from hackathon.conversion.splitting import Example, Fractions, split_examples
from tests.hackathon.conversion.making import FRACTIONS, csv_of, make, rows, write
from training_worker.contract.tasks import TASKS

TASK = TASKS["text-classification"]


def example(number: int, *, text: str = "", label: str = "good", group: str = "", split: str = "") -> Example:
    values = {"id": f"n{number}", "text": text or f"Film {number}.", "label": label}
    return Example("films.csv", number + 2, split, values | ({"group": group} if group else {}))


def sides(examples: list[Example]) -> dict[str, str]:
    return {one.id: one.split for one in examples}


def test_each_label_has_its_share_of_every_split() -> None:
    examples = [example(n, label=("good", "bad", "bad", "bad")[n % 4]) for n in range(400)]
    counts = Counter((one.split, one.values["label"]) for one in split_examples(TASK, examples, FRACTIONS, 0))
    assert counts == {
        ("train", "good"): 80, ("train", "bad"): 240, ("validation", "good"): 10, ("validation", "bad"): 30,
        ("test", "good"): 10, ("test", "bad"): 30,
    }  # fmt: skip


def test_a_label_with_few_examples_stays_where_it_can_be_learned() -> None:
    examples = [example(n, label="rare" if n < 2 else "good") for n in range(50)]
    found = split_examples(TASK, examples, FRACTIONS, 3)
    assert {one.split for one in found if one.values["label"] == "rare"} == {"train"}


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 30)), min_size=1, max_size=80), st.integers(0, 5))
def test_groups_and_equal_inputs_are_never_torn(drawn: list[tuple[int, int]], seed: int) -> None:
    examples = [
        example(n, text=f"Film {text}.", group=f"g{group}" if group else "") for n, (group, text) in enumerate(drawn)
    ]
    found = split_examples(TASK, examples, FRACTIONS, seed)
    assert len(found) == len(examples)
    for key in ("group", "text"):
        of: dict[str, set[str]] = {}
        for one in found:
            if value := one.values.get(key):
                of.setdefault(value, set()).add(one.split)
        assert all(len(splits) == 1 for splits in of.values())


def test_the_seed_decides_and_the_order_does_not() -> None:
    examples = [example(n) for n in range(100)]
    first = sides(split_examples(TASK, examples, FRACTIONS, 1))
    assert sides(split_examples(TASK, examples[::-1], FRACTIONS, 1)) == first
    assert sides(split_examples(TASK, examples, FRACTIONS, 2)) != first


def test_what_the_source_splits_stays_as_it_is() -> None:
    examples = [example(n, split="train" if n < 90 else "test") for n in range(120)]
    found = sides(split_examples(TASK, examples, Fractions(Fraction(1, 2), Fraction(1, 4), Fraction(1, 4)), 0))
    assert Counter(found.values()) == {"train": 60, "validation": 30, "test": 30}
    assert {name for name, split in found.items() if split == "test"} == {f"n{n}" for n in range(90, 120)}


def test_ids_and_order_say_nothing_of_a_file_that_is_sorted_by_label(tmp_path: Path) -> None:
    header, *lines = csv_of(300).splitlines()
    ordered = "\n".join([header, *sorted(lines, key=lambda line: line.rsplit(",", 1)[1])])
    make(tmp_path / "bundle", write(tmp_path / "films.csv", ordered))
    labels = {row["id"]: row["label"] for row in rows(tmp_path / "bundle", "test_labels")}
    in_order = [labels[row["id"]] for row in rows(tmp_path / "bundle", "test")]
    by_id = [labels[name] for name in sorted(labels)]
    for sequence in (in_order, by_id):
        assert sequence != sorted(sequence)
        assert 5 < sum(one != other for one, other in pairwise(sequence)) < 25
