"""Which columns a viewer's list has: those that the address asks for, else those of their last choice."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from training_worker.contract.tasks import TASKS

from .columns import DEFAULT, RUN, SETTINGS, VALIDATION, Column, known_columns
from .filters import Filters

COOKIE = "submission_columns"
KEPT_SECONDS = 365 * 24 * 3600
SEPARATOR = "/"


def chosen_columns(request: HttpRequest, filters: Filters) -> list[Column]:
    if filters.columns is not None:
        return known_columns(filters.columns)
    kept = request.COOKIES.get(COOKIE)
    return known_columns(DEFAULT if kept is None else kept.split(SEPARATOR))


def keep_choice(response: HttpResponse, filters: Filters) -> None:
    """Remember the columns that the address asked for, in this browser."""
    if filters.columns is not None:
        names = SEPARATOR.join(column.name for column in known_columns(filters.columns))
        secure = settings.SESSION_COOKIE_SECURE
        response.set_cookie(COOKIE, names, KEPT_SECONDS, secure=secure, httponly=True, samesite="Lax")


@dataclass(frozen=True)
class Group:
    """Columns that may be chosen, under a heading."""

    name: str | Promise
    columns: list[tuple[Column, bool]]
    """With: is it chosen?"""


def column_groups(tasks: Collection[str], chosen: Collection[Column]) -> list[Group]:
    """All that may be chosen; of the validation metrics those of these tasks, and those that are chosen."""
    metrics = {name for task in tasks for name in TASKS[task].metrics}
    metrics |= {column.metric for column in chosen}
    groups = (
        (_("run"), RUN),
        (_("hyper-parameters"), SETTINGS),
        (_("validation"), [column for column in VALIDATION if column.metric in metrics]),
    )
    return [Group(name, [(column, column in chosen) for column in columns]) for name, columns in groups if columns]
