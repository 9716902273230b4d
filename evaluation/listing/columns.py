"""Columns that the list of submissions can have: what a cell holds, and how the database sorts by it.

No exact public score and no private one is among them: neither a cell nor an order may tell more than the page does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db.models import Expression, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.expressions import OrderBy
from django.db.models.functions import Floor
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from evaluation.models import Result
from evaluation.spreadsheet import Cell
from submissions.models import Job, Submission
from training_worker.contract.base import ContractModel
from training_worker.contract.config import TrainingArguments
from training_worker.contract.methods import METHODS
from training_worker.contract.metrics import METRICS

if TYPE_CHECKING:
    from .table import SubmissionRow

    Order = F | Expression | Subquery[Any]

NEWEST = "-received_at"
ALMOST = 1e-9
"""A score that is half a step in decimals may be a little less in binary; it is shown, and so sorted, as rounded up."""


@dataclass(frozen=True)
class Column:
    """`name` is what addresses, the API and the file call it; `order` what the database sorts by, None where nothing
    does."""

    name: str
    heading: str | Promise
    value: Callable[[SubmissionRow], Cell]
    order: Order | None = None
    is_number: bool = True
    metric: str = ""
    """Of a validation metric: its name."""
    beside: Mapping[str, Callable[[SubmissionRow], Cell]] = field(default_factory=dict)
    """What the file has next to it, by name."""

    @property
    def is_apart(self) -> bool:
        """Has it a line of its own where there is no room for columns?"""
        return self.name in {"state", "note", "score"}

    @property
    def is_named(self) -> bool:
        """Says the cell alone not what it is?"""
        return "." in self.name or self.name in {"compute_seconds", "techniques"}

    def text(self, row: SubmissionRow) -> str:
        """The cell in a page where the template knows nothing better."""
        value = self.value(row)
        return "–" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def _first_job(name: str) -> Order:
    first = Job.objects.filter(submission=OuterRef("pk"), replicate=0)
    return Subquery(first.annotate(wanted=F(name)).values("wanted")[:1])


def _shown_score() -> Order:
    """On the phase's step, as `ScoreView.public` shows it."""
    results = Result.objects.current().filter(job__submission=OuterRef("pk"), job__replicate=0)
    step = F("phase__display_step")
    return Floor(Subquery(results.values("public_score")[:1]) / step + Value(0.5 + ALMOST)) * step


def _of_config(group: str, name: str, row: SubmissionRow) -> Cell:
    value: Cell = row.submission.config.get(group, {}).get(name)
    return value


def _validation(metric: str, row: SubmissionRow) -> Cell:
    return row.validation.get(metric)


def _techniques(row: SubmissionRow) -> str:
    return ", ".join(str(one["name"]) for one in row.submission.config.get("techniques", []))


def _setting(group: str, name: str, field_type: Any) -> Column:
    order = F(f"config__{group}__{name}")
    return Column(
        f"{group}.{name}", name, partial(_of_config, group, name), order, is_number=field_type in (int, float)
    )


def _metric(name: str) -> Column:
    order = _first_job(f"result__validation__{name}")
    return Column(f"validation.{name}", _("validation"), partial(_validation, name), order, metric=name)


RUN = (
    Column("method", _("method"), lambda row: row.submission.method, F("config__method__name"), is_number=False),
    Column(
        "base_model", _("model"), lambda row: str(row.submission.base_model), F("base_model__slug"), is_number=False
    ),
    Column(
        "note",
        _("note"),
        lambda row: row.submission.note,
        is_number=False,
        beside={"tags": lambda row: " ".join(row.submission.tag_names)},
    ),
    Column(
        "state",
        _("state"),
        lambda row: row.job.state,
        is_number=False,
        beside={"withdrawn": lambda row: "withdrawn" if row.submission.withdrawal else ""},
    ),
    Column(
        "score",
        _("public score"),
        lambda row: row.score.value if row.score else None,
        _shown_score(),
        beside={
            "se": lambda row: row.score.se if row.score else None,
            "metric": lambda row: row.submission.phase.challenge.primary_metric,
        },
    ),
    Column(
        "compute_seconds",
        _("compute"),
        lambda row: row.job.compute_seconds or None,
        _first_job("compute_seconds"),
    ),
    Column(
        "received_at",
        _("submitted at"),
        lambda row: row.submission.received_at.astimezone(UTC).isoformat(),
        F("received_at"),
    ),
    Column("techniques", _("techniques"), _techniques, is_number=False),
)
GROUPS: list[tuple[str, type[ContractModel]]] = [
    ("training", TrainingArguments),
    *(("method", method) for method in METHODS.values()),
]
SETTINGS = tuple(
    _setting(group, name, info.annotation)
    for group, model in GROUPS
    for name, info in model.model_fields.items()
    if name != "name"
)
VALIDATION = tuple(_metric(name) for name in METRICS)
COLUMNS = {column.name: column for column in (*RUN, *SETTINGS, *VALIDATION)}
DEFAULT = ("method", "base_model", "note", "state", "score", "received_at")
ORDERINGS = tuple(sign + column.name for column in COLUMNS.values() if column.order is not None for sign in ("", "-"))


def known_columns(names: Iterable[str]) -> list[Column]:
    """Those of these names that there are, in the order of all."""
    wanted = {*names}
    return [column for column in COLUMNS.values() if column.name in wanted]


def ordered(found: QuerySet[Submission], ordering: str) -> QuerySet[Submission]:
    """By one of `ORDERINGS`, then the newest first; what has no value there comes last, up or down."""
    newest = ("-received_at", "-number", "-pk")
    name, is_descending = ordering.removeprefix("-"), ordering.startswith("-")
    if name == "received_at":
        return found.order_by(*(newest if is_descending else ("received_at", "number", "pk")))
    order = COLUMNS[name].order
    if order is None:
        raise ValueError(f"Nothing sorts by {name}.")
    return found.order_by(OrderBy(order, descending=is_descending, nulls_last=True), *newest)
