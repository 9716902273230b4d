"""How many threads torch computes with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def threads(count: int) -> Iterator[None]:
    """So many meanwhile.

    One is right for a top on kept features: its batches take microseconds, and threads that share them wait for each
    other, actively, as long as anything else has a processor (a step took ten times as long where it was seen).
    """
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
