"""The card's memory that one run may use: the watchdog sees resident memory only, so torch refuses more."""

from __future__ import annotations

import torch

from ..contract.limits import Budget

MEGABYTE = 2**20


def cap_card(device: torch.device, budget: Budget) -> bool:
    """Cap what torch reserves on the card, for this process, at the budget's memory; beyond it torch raises
    `torch.OutOfMemoryError`. False without a card. CUDA's own context is not counted."""
    if device.type != "cuda":
        return False
    total = torch.cuda.get_device_properties(device).total_memory
    torch.cuda.set_per_process_memory_fraction(card_share(budget.max_memory_mb, total))
    return True


def card_share(megabytes: int, total_bytes: int) -> float:
    """Share of a card of that size, at most 1."""
    return min(1.0, megabytes * MEGABYTE / total_bytes)
