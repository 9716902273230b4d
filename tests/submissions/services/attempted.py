"""What attempts to submit send, and what must be left where they fail."""

from __future__ import annotations

from typing import Any

from submissions.models import IdempotencyKey, Job, Quota, Submission
from tests.api import config
from tests.factories import World


def assert_nothing_happened() -> None:
    assert (Submission.objects.count(), Job.objects.count(), IdempotencyKey.objects.count()) == (0, 0, 0)
    assert not Quota.objects.filter(used_total__gt=0).exists()


def body_of(world: World, **changes: Any) -> dict[str, Any]:
    return {"phase": str(world.phase.pk), "config": config()} | changes
