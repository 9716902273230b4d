"""Which examples go together. Pure functions of costs and a generator; no tensors of data here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

MEGABATCH = 50
"""Batches that are sorted by cost together, as in transformers' `group_by_length`."""


def cost_grouped_batches(costs: Sequence[int], batch_size: int, generator: torch.Generator) -> Iterator[list[int]]:
    """One epoch in random order, each batch of examples of similar cost, so that little is padding.

    Shuffle, sort inside megabatches of 50 batches, then shuffle the batches. Every index appears once; only one
    batch may be short.
    """
    order = torch.randperm(len(costs), generator=generator).tolist()
    size = MEGABATCH * batch_size
    batches: list[list[int]] = []
    for start in range(0, len(order), size):
        mega = sorted(order[start : start + size], key=lambda index: -costs[index])
        batches.extend(mega[at : at + batch_size] for at in range(0, len(mega), batch_size))
    for index in torch.randperm(len(batches), generator=generator).tolist():
        yield batches[index]


def cost_budget_batches(costs: Sequence[int], max_cost: int) -> Iterator[list[int]]:
    """Every index once, dearest first, as many to a batch as fit `max_cost` when padded (at least one)."""
    order = sorted(range(len(costs)), key=lambda index: (-costs[index], index))
    start = 0
    while start < len(order):
        count = max(1, max_cost // max(1, costs[order[start]]))
        yield order[start : start + count]
        start += count
