"""`challenge.yaml`: what a challenge is called, asks, allows and when. Closed: an unknown key is a problem."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Self

from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.translation import gettext as _
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import ValidationInfo

from hackathon.markdown.render import validate_markdown
from hackathon.moments import moment_problem
from hackathon.rounding import MAX_STEP, MIN_STEP
from hackathon.web.incoming import name_problem
from training_worker.contract.base import ContractModel
from training_worker.contract.config import models_with
from training_worker.contract.limits import ChallengeLimits
from training_worker.contract.methods import METHODS
from training_worker.contract.tasks import TASKS
from training_worker.contract.techniques import TECHNIQUES
from training_worker.contract.wire import Precision

from .labels import label_problem
from .problems import Problems, validation_messages
from .values import TAG, as_name
from .yaml import Path, YamlInvalid, load_with_lines

CHALLENGE_YAML = "challenge.yaml"
MAX_LABELS = 1000


def _wrong(message: str) -> PydanticCustomError:
    return PydanticCustomError("bundle", "{message}", {"message": message})


def _sound_label(label: str) -> str:
    if message := label_problem(label):
        raise _wrong(message)
    return label


Count = Annotated[int, Field(ge=1, le=1_000_000)]
Label = Annotated[str, BeforeValidator(as_name), AfterValidator(_sound_label)]
WebSlug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]


def _doubled(values: Iterable[str]) -> list[str]:
    return sorted(value for value, count in Counter(values).items() if count > 1)


def _known_task(task: str) -> str:
    if task not in TASKS:
        raise _wrong(_("There is no such task. Known: %(names)s.") % {"names": ", ".join(TASKS)})
    return task


def _metric_of_task(metric: str, info: ValidationInfo) -> str:
    task = TASKS.get(info.data.get("task", ""))
    if task is not None and metric not in task.metrics:
        raise _wrong(_("The task has no such metric. Known: %(names)s.") % {"names": ", ".join(task.metrics)})
    return metric


def limit_problems(limits: ChallengeLimits) -> list[str]:
    """The contract knows no lists of names here: a typo would silently forbid or allow everything."""
    found = [_("There is no method “%(name)s”.") % {"name": name} for name in limits.methods if name not in METHODS]
    found += [
        _("There is no technique “%(name)s”.") % {"name": name} for name in limits.techniques if name not in TECHNIQUES
    ]
    found += [_("There is no field “%(name)s”.") % {"name": name} for name in limits.ranges if not models_with(name)]
    found += [
        _("The range of “%(name)s” is empty.") % {"name": name}
        for name, allowed in limits.ranges.items()
        if allowed.min > allowed.max
    ]
    names = (*limits.methods, *limits.techniques, *limits.base_models)
    found += [_("“%(name)s” is there twice.") % {"name": name} for name in _doubled(names)]
    return found


def _usable_limits(limits: ChallengeLimits) -> ChallengeLimits:
    if found := limit_problems(limits):
        raise _wrong(" ".join(found))
    return limits


def _chosen(moment: datetime) -> datetime:
    if problem := moment_problem(moment):
        raise _wrong(problem)
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_chosen)]


def _fit_to_be_shown(name: str) -> str:
    if problem := name_problem(name):
        raise _wrong(problem)
    return name


class QuotaSpec(ContractModel):
    """A team's quota in a phase."""

    per_day: Count = 20
    total: Count = 100
    at_once: Count = 2
    queued: Count = 10
    compute_seconds: Count = 36_000


class PhaseSpec(ContractModel):
    """A window of the challenge; without times it is that of the hackathon."""

    name: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_fit_to_be_shown)]
    opens_at: Moment | None = None
    closes_at: Moment | None = None
    quota: QuotaSpec = QuotaSpec()
    precision: Precision = Precision.FP32
    display_step: Annotated[float, Field(ge=MIN_STEP, le=MAX_STEP)] | None = None

    @model_validator(mode="after")
    def closes_after_it_opens(self) -> Self:
        if self.opens_at and self.closes_at and self.opens_at >= self.closes_at:
            raise _wrong(_("The phase must close after it opens."))
        return self


def _distinct_phases(phases: tuple[PhaseSpec, ...]) -> tuple[PhaseSpec, ...]:
    if names := _doubled(phase.name for phase in phases):
        raise _wrong(_("Two phases have the same name: %(names)s.") % {"names": ", ".join(names)})
    return phases


def _labels_of_task(labels: tuple[str, ...] | None, info: ValidationInfo) -> tuple[str, ...] | None:
    task = TASKS.get(info.data.get("task", ""))
    if task is not None and not task.has_labels:
        raise _wrong(_("The answers of this task are numbers: it has no labels."))
    if names := _doubled(labels or ()):
        raise _wrong(_("A label is there twice: %(names)s.") % {"names": ", ".join(names)})
    if task is not None and task.output == "tags" and (odd := [tag for tag in labels or () if not TAG.fullmatch(tag)]):
        message = _("A tag is O, or B- or I- and the name of a type; these are not: %(names)s.")
        raise _wrong(message % {"names": ", ".join(odd)})
    return labels


def _showable(text: str) -> str:
    try:
        validate_markdown(text)
    except DjangoValidationError as error:
        raise _wrong(error.messages[0]) from None
    return text


class ChallengeSpec(ContractModel):
    """The whole of `challenge.yaml`. `labels` fixes their order; without it they are those of train.jsonl in order.
    A task whose answers are numbers has none."""

    slug: WebSlug
    title: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_fit_to_be_shown)]
    summary: Annotated[str, Field(max_length=300)] = ""
    description: Annotated[str, AfterValidator(_showable)] = ""
    task: Annotated[str, AfterValidator(_known_task)]
    primary_metric: Annotated[str, AfterValidator(_metric_of_task)]
    labels: Annotated[
        Annotated[tuple[Label, ...], Field(min_length=2, max_length=MAX_LABELS)] | None,
        AfterValidator(_labels_of_task),
    ] = None
    limits: Annotated[ChallengeLimits, AfterValidator(_usable_limits)]
    phases: Annotated[tuple[PhaseSpec, ...], Field(min_length=1, max_length=20), AfterValidator(_distinct_phases)]
    license: Annotated[str, Field(min_length=1, max_length=200)]
    source: Annotated[str, Field(min_length=1, max_length=5000)]
    shows_data: bool | None = None
    """May who takes part browse train and validation? None leaves it as it is: yes, for a new challenge."""


@dataclass(frozen=True)
class ReadChallenge:
    """What could be read: `challenge` is None where anything is wrong, `task` is "" where not even that is known."""

    challenge: ChallengeSpec | None
    task: str
    lines: dict[Path, int]
    """Line of each key."""


def read_challenge(body: bytes | None, problems: Problems) -> ReadChallenge:
    """Read challenge.yaml; None stands for a file that is missing, which is no new problem."""
    if body is None:
        return ReadChallenge(None, "", {})
    try:
        data, lines = load_with_lines(body)
    except YamlInvalid as invalid:
        for line, message in invalid.problems:
            problems.add(CHALLENGE_YAML, line, message)
        return ReadChallenge(None, "", {})
    named = data.get("task") if isinstance(data, dict) else None
    task = named if isinstance(named, str) and named in TASKS else ""
    try:
        return ReadChallenge(ChallengeSpec.model_validate_json(json.dumps(data)), task, lines)
    except ValidationError as error:
        for path, message in validation_messages(error):
            name = ".".join(map(str, path))
            problems.add(CHALLENGE_YAML, line_of(lines, path), f"{name}: {message}" if name else message)
        return ReadChallenge(None, task, lines)


def line_of(lines: dict[Path, int], path: Path) -> int:
    """The line of the innermost part of `path` that is in the file; 0 where nothing is."""
    for length in range(len(path), -1, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return 0
