"""Submissions, the jobs that run them, their quota, the nodes that do the work and what comes out."""

from .job import Artifact, Job, JobEvent, Loss, ProgressChunk
from .node import EnrolmentToken, Node
from .quota import Quota
from .submission import IdempotencyKey, Submission, Tag, Withdrawal

__all__ = [
    "Artifact",
    "EnrolmentToken",
    "IdempotencyKey",
    "Job",
    "JobEvent",
    "Loss",
    "Node",
    "ProgressChunk",
    "Quota",
    "Submission",
    "Tag",
    "Withdrawal",
]
