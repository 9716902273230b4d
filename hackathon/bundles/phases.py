"""The phases of a challenge as a bundle names them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from django.utils.translation import gettext as _
from pydantic import AfterValidator, AwareDatetime, Field

from hackathon.moments import moment_problem
from hackathon.rounding import MAX_STEP, MIN_STEP
from hackathon.web.incoming import name_problem
from training_worker.contract.base import JSON, ContractModel
from training_worker.contract.precision import Precision

from .limits import doubled, sound, wrong
from .problems import Said


def _chosen(moment: datetime) -> datetime:
    if problem := moment_problem(moment):
        raise wrong(problem)
    return moment


def fit_to_be_shown(name: str) -> str:
    if problem := name_problem(name):
        raise wrong(problem)
    return name


Count = Annotated[int, Field(ge=1, le=1_000_000)]
Moment = Annotated[AwareDatetime, AfterValidator(_chosen)]


class QuotaSpec(ContractModel):
    """A team's quota in a phase."""

    per_day: Count = 20
    total: Count = 100
    at_once: Count = 2
    queued: Count = 10
    compute_seconds: Count = 36_000


class PhaseSpec(ContractModel):
    """A window of the challenge; without times it is that of the hackathon."""

    name: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(fit_to_be_shown)]
    opens_at: Moment | None = None
    closes_at: Moment | None = None
    quota: QuotaSpec = QuotaSpec()
    precision: Precision = Precision.FP32
    display_step: Annotated[float, Field(ge=MIN_STEP, le=MAX_STEP)] | None = None


def crossed_phases(data: JSON) -> Iterator[Said]:
    """What `PhaseSpec` cannot say, which judges each value alone. Pure."""
    phases = data if isinstance(data, list) else []
    named: list[Any] = [each.get("name") if isinstance(each, dict) else None for each in phases]
    for index, name in doubled(named):
        yield (index, "name"), _("Two phases have the same name: %(names)s.") % {"names": name}
    for index, each in enumerate(phases):
        opens_at, closes_at = (_moment(each, name) for name in ("opens_at", "closes_at"))
        if opens_at and closes_at and opens_at >= closes_at:
            yield (index,), _("The phase must close after it opens.")


def _moment(phase: JSON, name: str) -> datetime | None:
    found: datetime | None = sound(Moment, phase[name]) if isinstance(phase, dict) and name in phase else None
    return found


def sound_phases(data: JSON) -> dict[int, PhaseSpec]:
    """Those that are in order, by their place in the list."""
    crossed = {path[0] for path, _message in crossed_phases(data)}
    phases = [
        (index, each) for index, each in enumerate(data if isinstance(data, list) else ()) if index not in crossed
    ]
    return {index: found for index, each in phases if (found := sound(PhaseSpec, each)) is not None}
