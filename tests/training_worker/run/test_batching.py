"""Batches: everything once, little padding."""

from __future__ import annotations

import functools
import operator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.torch


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=300), st.integers(1, 40), st.integers(0, 2**31 - 1))
def test_an_epoch_holds_every_example_once(lengths: list[int], size: int, seed: int) -> None:
    import torch

    from training_worker.run.batching import cost_grouped_batches

    batches = list(cost_grouped_batches(lengths, size, torch.Generator().manual_seed(seed)))
    assert sorted(functools.reduce(operator.iadd, batches, [])) == list(range(len(lengths)))
    assert len(batches) == -(-len(lengths) // size)
    assert sum(len(batch) < size for batch in batches) <= 1


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(1, 600), max_size=200), st.integers(1, 4096))
def test_prediction_batches_stay_in_the_cost_budget(lengths: list[int], budget: int) -> None:
    from training_worker.run.batching import cost_budget_batches

    batches = list(cost_budget_batches(lengths, budget))
    assert sorted(functools.reduce(operator.iadd, batches, [])) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[index] for index in batch) <= budget


def test_length_grouping_saves_padding() -> None:
    import random

    import torch

    from training_worker.run.batching import cost_grouped_batches

    lengths = [random.Random(0).randint(5, 60) for _ in range(1)] + [
        random.Random(i).randint(5, 60) for i in range(799)
    ]
    padded = sum(
        len(b) * max(lengths[i] for i in b) for b in cost_grouped_batches(lengths, 16, torch.Generator().manual_seed(0))
    )
    assert padded / sum(lengths) < 1.1
