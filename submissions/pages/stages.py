"""The steps of a run as a reader follows them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from submissions.enums import JobState
from training_worker.contract.wire import Stage

STAGE_NAMES: dict[str, str | Promise] = {
    JobState.QUEUED: _("queue"),
    Stage.PREPARE: _("prepare"),
    Stage.TRAIN: _("train"),
    Stage.PREDICT: _("predict"),
    Stage.UPLOAD: _("upload"),
    JobState.SCORING: _("score"),
}


@dataclass(frozen=True)
class StageStep:
    name: str | Promise
    status: Literal["done", "current", "todo"]


def stage_steps(state: str, stage: str) -> list[StageStep]:
    """One step per stage; [] for a run that ended without a score, where no step is the current one."""
    order = list(STAGE_NAMES)
    if state == JobState.SUCCEEDED:
        reached = len(order)
    elif state in {JobState.QUEUED, JobState.SCORING}:
        reached = order.index(state)
    elif state == JobState.RUNNING:
        reached = order.index(stage) if stage in order else order.index(Stage.PREPARE)
    else:
        return []
    return [
        StageStep(name, "done" if place < reached else "current" if place == reached else "todo")
        for place, name in enumerate(STAGE_NAMES.values())
    ]
