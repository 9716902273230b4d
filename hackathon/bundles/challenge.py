"""`challenge.yaml`: what a challenge is called, asks, allows and when. Closed: an unknown key is a problem."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.translation import gettext as _
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationError

from hackathon.answers import answers_of
from hackathon.markdown.render import validate_markdown
from training_worker.contract.base import JSON, ContractModel
from training_worker.contract.limits import ChallengeLimits
from training_worker.contract.tasks import TASKS
from training_worker.contract.wire import NewTokens

from .labels import label_problem, shown_label
from .limits import LimitsSpec, crossed_limits, doubled, limit_problems, named_limits, sound, wrong
from .phases import PhaseSpec, crossed_phases, fit_to_be_shown, sound_phases
from .problems import Problems, Said
from .validation import validation_messages
from .values import as_name
from .yaml import Path, YamlInvalid, load_with_lines

CHALLENGE_YAML = "challenge.yaml"
MAX_LABELS = 1000


def _sound_label(label: str) -> str:
    if message := label_problem(label):
        raise wrong(message)
    return label


def _known_task(task: str) -> str:
    if task not in TASKS:
        raise wrong(_("There is no such task. Known: %(names)s.") % {"names": ", ".join(TASKS)})
    return task


def _showable(text: str) -> str:
    try:
        validate_markdown(text)
    except DjangoValidationError as error:
        raise wrong(error.messages[0]) from None
    return text


Label = Annotated[str, BeforeValidator(as_name), AfterValidator(_sound_label)]
Labels = Annotated[tuple[Label, ...], Field(min_length=2, max_length=MAX_LABELS)]
WebSlug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]


class ChallengeSpec(ContractModel):
    """The whole of `challenge.yaml`. `labels` fixes their order; without it they are those of train.jsonl in order.
    A task whose answers are numbers has none. It judges each value alone: `_crossed` has the rest."""

    slug: WebSlug
    title: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(fit_to_be_shown)]
    summary: Annotated[str, Field(max_length=300)] = ""
    description: Annotated[str, AfterValidator(_showable)] = ""
    task: Annotated[str, AfterValidator(_known_task)]
    primary_metric: str
    labels: Labels | None = None
    max_new_tokens: NewTokens | None = None
    """Of an answer that a model writes. None: as many as the longest training answer has in the model's own tokens."""
    limits: LimitsSpec
    phases: Annotated[tuple[PhaseSpec, ...], Field(min_length=1, max_length=20)]
    license: Annotated[str, Field(min_length=1, max_length=200)]
    source: Annotated[str, Field(min_length=1, max_length=5000)]
    shows_data: bool | None = None
    """May who takes part browse train and validation? None leaves it as it is: yes, for a new challenge."""


def _crossed(data: dict[str, JSON]) -> Iterator[Said]:
    """What is wrong with values beside others, each check by whatever there is of them."""
    task, labels = TASKS.get(str(data.get("task"))), data.get("labels")
    metrics = list(dict.fromkeys(metric for spec in ([task] if task else TASKS.values()) for metric in spec.metrics))
    metric = data.get("primary_metric")
    if isinstance(metric, str) and metric not in metrics:
        message = _("The task has no such metric. Known: %(names)s.") if task else _("No task has such a metric.")
        yield ("primary_metric",), message % {"names": ", ".join(metrics)}
    if isinstance(labels, list):
        if task is not None and not task.has_labels:
            yield ("labels",), _("This task has no labels.")
        names = [as_name(label) for label in labels]
        if twice := sorted({label for _index, label in doubled(names)}):
            yield ("labels",), _("A label is there twice: %(names)s.") % {"names": ", ".join(map(shown_label, twice))}
        for message in answers_of(task.output).listed_problems(names) if task else ():
            yield ("labels",), message
    if data.get("max_new_tokens") is not None and task is not None and not task.generates:
        yield ("max_new_tokens",), _("In this task no text is generated.")
    for group, found in (("limits", crossed_limits), ("phases", crossed_phases)):
        for path, message in found(data.get(group)):
            yield (group, *path), message


@dataclass(frozen=True)
class ReadChallenge:
    """What could be read. `challenge` is None where anything is wrong; the rest is there as far as it is in order, so
    that one mistake hides no other."""

    challenge: ChallengeSpec | None
    data: dict[str, JSON]
    """As it was written."""
    lines: dict[Path, int]
    """Line of each key."""

    @property
    def task(self) -> str:
        """ "" where not even that is known."""
        named = self.data.get("task")
        return named if isinstance(named, str) and named in TASKS else ""

    @property
    def slug(self) -> str:
        return str(sound(WebSlug, self.data.get("slug")) or "")

    @property
    def labels(self) -> tuple[str, ...] | None:
        found: tuple[str, ...] | None = sound(Labels, self.data.get("labels"))
        return found

    @property
    def limits(self) -> ChallengeLimits:
        return named_limits(self.data.get("limits"))

    @property
    def limits_are_sound(self) -> bool:
        return not any(limit_problems(self.data.get("limits")))

    @property
    def phases(self) -> dict[int, PhaseSpec]:
        """By their place in the list."""
        return sound_phases(self.data.get("phases"))


NOTHING = ReadChallenge(None, {}, {})


def read_challenge(body: bytes | None, problems: Problems) -> ReadChallenge:
    """Read challenge.yaml; None stands for a file that is missing, which is no new problem."""
    if body is None:
        return NOTHING
    broken: set[int] = set()
    try:
        data, lines = load_with_lines(body)
    except YamlInvalid as invalid:
        for line, message in invalid.problems:
            problems.add(CHALLENGE_YAML, line, message)
        data, lines = invalid.data, invalid.lines
        broken = {line for line, _message in invalid.problems}
    if broken and not isinstance(data, dict):
        return NOTHING
    challenge = None
    try:
        challenge = ChallengeSpec.model_validate_json(json.dumps(data))
        found: list[Said] = []
    except ValidationError as error:
        found = [*validation_messages(error)]
    found += _crossed(data) if isinstance(data, dict) else ()
    for path, message in found:
        name = ".".join(map(str, path))
        if (line := line_of(lines, path)) not in broken:
            problems.add(CHALLENGE_YAML, line, f"{name}: {message}" if name else message)
    return ReadChallenge(None if found or broken else challenge, data if isinstance(data, dict) else {}, lines)


def line_of(lines: dict[Path, int], path: Path) -> int:
    """The line of the innermost part of `path` that is in the file; 0 where nothing is."""
    for length in range(len(path), -1, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return 0
