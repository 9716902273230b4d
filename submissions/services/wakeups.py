"""The doorbells of a job's life: a node's and the scorer's."""

from __future__ import annotations

from hackathon.doorbell import ring
from training_worker.contract.wire import SCORING_QUEUE, WAKE_TASK, WORKER_QUEUE

SCORE_TASK = "evaluation.score_pending"


def ring_workers() -> None:
    """After commit, tell one node that there may be a job."""
    ring(WAKE_TASK, queue=WORKER_QUEUE)


def ring_scorer() -> None:
    """After commit, tell the scorer that there may be predictions."""
    ring(SCORE_TASK, queue=SCORING_QUEUE)
