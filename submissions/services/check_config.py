"""Checking a config, once, for page and API: what a phase accepts, what it would cost, and whether it ran already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from hackathon.errors import Invalid
from hackathon.models import BaseModel, Phase
from hackathon.selectors import enabled_models, usable_limits
from submissions.models import Job, Node, Submission
from submissions.rules import is_reusable
from teams.models import Team
from training_worker.contract.base import JSON, FieldError
from training_worker.contract.canonical import config_hash
from training_worker.contract.config import ConfigInvalid, SubmissionConfig
from training_worker.contract.limits import Estimate, Terms, estimate, read_config
from training_worker.contract.precision import Precision
from training_worker.contract.sentences import NO_4BIT_NODE

from .jobs import run_key_for


@dataclass(frozen=True)
class PhaseTerms:
    """What configs in a phase are judged against, as read at one moment."""

    phase: Phase
    models: Mapping[str, BaseModel]
    """By slug: those that are enabled."""
    terms: Terms

    @property
    def able(self) -> list[BaseModel]:
        """Those of the models that can do the task."""
        task = self.terms.task.id
        return [model for slug, model in self.models.items() if task in self.terms.models[slug].tasks]

    @property
    def offered(self) -> Terms:
        """The terms narrowed to what fits the task: what a form shows."""
        return self.terms.model_copy(update={"limits": usable_limits(self.phase.challenge, self.able)})


@dataclass(frozen=True)
class CheckedConfig:
    """A config that the phase accepts, in canonical form."""

    phase: Phase
    model: BaseModel
    config: SubmissionConfig
    hash: str
    run_key: str
    earlier_key: str
    """The run key of a submit from before the longest example was measured: more of its fields counted then."""
    estimate: Estimate


@dataclass(frozen=True)
class Preview:
    """A checked config as one team would submit it: `same_as` is the submission it would get instead of a new run."""

    checked: CheckedConfig
    same_as: Submission | None

    @property
    def seconds(self) -> float:
        """Compute that would be reserved."""
        return 0.0 if self.same_as else self.checked.phase.challenge.challenge_limits.budget.max_seconds


def terms_of(phase: Phase) -> PhaseTerms:
    """In one query. A model that cannot do the task is among them, so that the check can say so."""
    challenge = phase.challenge
    models = {model.slug: model for model in enabled_models(challenge)}
    speeds = {slug: model.measured_speed(challenge.task) for slug, model in models.items()}
    terms = Terms(
        task=challenge.task_spec,
        limits=challenge.challenge_limits.model_copy(update={"base_models": tuple(models)}),
        size=phase.data.size,
        models={slug: model.model_facts for slug, model in models.items()},
        speeds={slug: speed for slug, speed in speeds.items() if speed is not None},
        longest={
            slug: model.longest[phase.data.sha256]
            for slug, model in models.items()
            if phase.data.sha256 in model.longest
        },
        precision=Precision(phase.precision),
    )
    return PhaseTerms(phase, models, terms)


def check_config(against: PhaseTerms, data: JSON) -> CheckedConfig:
    """Writes nothing. Raises `Invalid` with every problem, each with code, field and allowed range."""
    try:
        config = read_config(data, against.terms)
    except ConfigInvalid as invalid:
        raise _refusal(invalid.errors) from None
    if config.method.weights.load_in_4bit and not _has_4bit_node():
        missing = FieldError(code="no_such_node", field="method.load_in_4bit", message=NO_4BIT_NODE, allowed="false")
        raise _refusal([missing])
    model, hashed = against.models[config.base_model], config_hash(config)
    unmeasured = read_config(data, against.terms.model_copy(update={"longest": {}}))
    return CheckedConfig(
        phase=against.phase,
        model=model,
        config=config,
        hash=hashed,
        run_key=run_key_for(against.phase, model, hashed),
        earlier_key=run_key_for(against.phase, model, config_hash(unmeasured)),
        estimate=estimate(config, against.terms),
    )


def _refusal(errors: list[FieldError]) -> Invalid:
    codes = {error.code for error in errors}
    return Invalid(
        _("This config cannot be submitted."),
        hint=_("Correct the fields named below; nothing was charged."),
        code=codes.pop() if len(codes) == 1 else "invalid",
        fields=errors,
    )


def _has_4bit_node() -> bool:
    """Also one that does not answer just now: the run waits for it."""
    return Node.objects.filter(revoked_at__isnull=True, report__can_load_in_4bit=True).exists()


def preview_config(checked: CheckedConfig, *, team: Team | None) -> Preview:
    """Writes nothing and takes no quota."""
    return Preview(checked, find_same_run(checked, team=team) if team else None)


def find_same_run(checked: CheckedConfig, *, team: Team) -> Submission | None:
    """The team's submission of the same run whose outcome may stand for a new run; None where there is none."""
    same = Job.objects.select_related("submission").filter(
        submission__team=team,
        submission__phase=checked.phase,
        submission__run_key__in={checked.run_key, checked.earlier_key},
        replicate=0,
    )
    for job in same.order_by("-queued_at"):
        if is_reusable(job.state, job.fault, job.failure_code, job.stopped_by):
            return job.submission
    return None
