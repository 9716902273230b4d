"""Loads what scoring needs when the scorer starts, so that the first score does not wait for it."""

from __future__ import annotations

from celery.signals import worker_init


@worker_init.connect
def warm_up(**_signal: object) -> None:
    """Import NumPy and scikit-learn and score three items once: some of them load on first use."""
    import numpy as np

    from . import scorer as score  # noqa: F401  imported for what it loads itself
    from .metrics import METRICS

    gold = np.array([0, 1, 1], dtype=np.intp)
    for metric in METRICS.values():
        metric(gold, gold[::-1], 2, None)
