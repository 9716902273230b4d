"""The cap of a card's memory. There is no card here: what torch is told is looked at, not what a card does."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from training_worker.contract.limits import Budget

pytestmark = pytest.mark.torch

GIGABYTE = 2**30


def test_share_of_a_card() -> None:
    from training_worker.run.card import card_share

    assert card_share(4096, 16 * GIGABYTE) == 0.25
    assert card_share(16_384, 16 * GIGABYTE) == 1.0
    assert card_share(1_000_000, 16 * GIGABYTE) == 1.0
    assert card_share(64, 80 * GIGABYTE) == 64 / 81_920


def test_torch_is_told_the_budget_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from training_worker.run.card import cap_card

    told: list[float] = []
    card = SimpleNamespace(total_memory=16 * GIGABYTE)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: card)
    monkeypatch.setattr(torch.cuda, "set_per_process_memory_fraction", told.append)
    assert cap_card(torch.device("cuda"), Budget(max_memory_mb=2048))
    assert told == [0.125]


def test_without_a_card_nothing_is_capped() -> None:
    import torch

    from training_worker.run.card import cap_card

    assert not cap_card(torch.device("cpu"), Budget())
