"""States of a job, and which may follow which: the one table of DESIGN's job life."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from training_worker.contract.wire import JobKind


class JobState(models.TextChoices):
    QUEUED = "queued", _("queued")
    RUNNING = "running", _("running")
    SCORING = "scoring", _("scoring")
    SUCCEEDED = "succeeded", _("scored")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")
    QUARANTINED = "quarantined", _("quarantined")


LEGAL_TRANSITIONS: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.CANCELLED}),
    JobState.RUNNING: frozenset(
        {JobState.SCORING, JobState.QUEUED, JobState.FAILED, JobState.CANCELLED, JobState.QUARANTINED}
    ),
    JobState.SCORING: frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED, JobState.QUARANTINED}),
    JobState.QUARANTINED: frozenset({JobState.QUEUED, JobState.CANCELLED}),
    JobState.SUCCEEDED: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
}
FINAL_STATES = frozenset(state for state, following in LEGAL_TRANSITIONS.items() if not following)
ACTIVE_STATES = frozenset({JobState.QUEUED, JobState.RUNNING, JobState.SCORING})

KIND_CHOICES = [(kind.value, kind.value) for kind in JobKind]

PRIORITY: dict[JobKind, int] = {
    JobKind.BASE_SCORE: 1,
    JobKind.RUN: 2,
    JobKind.BASELINE: 3,
}
"""Smaller is sooner: interactive > runs > finals > re-runs. A base score goes first: every row shows its gain."""


class Fault(models.TextChoices):
    """Who pays: the platform's faults cost the team nothing."""

    NONE = "", _("none")
    OWN = "own", _("the config")
    PLATFORM = "platform", _("the platform")
