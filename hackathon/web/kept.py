"""Answers that may be some seconds old: counts and charts that take a reading of everything."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from django.core.cache import cache
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

KEPT_SECONDS = 30
_NOTHING = object()
logger = structlog.get_logger(__name__)

Answer = TypeVar("Answer")


def kept(
    name: str,
    read: Callable[[], Answer],
    *,
    is_worth_it: Callable[[Answer], bool] = lambda _answer: True,
    seconds: int = KEPT_SECONDS,
) -> Answer:
    """What `read` answered at most `seconds` ago under that name. A cache that is away costs a reading, nothing else.

    `name` must tell apart all that the answer depends on, who asks included. What is not worth it is read each time.
    """
    key = f"hacktune.kept.{hashlib.sha256(name.encode()).hexdigest()}"
    found = _from_cache(key)
    if found is not _NOTHING:
        answer: Answer = found
        return answer
    answer = read()
    if is_worth_it(answer):
        _into_cache(key, answer, seconds)
    return answer


def _from_cache(key: str) -> Any:
    try:
        return cache.get(key, _NOTHING)
    except Exception as error:  # whatever the cache's client raises, and what an old answer does to pickle
        logger.warning("cache_unreadable", error=type(error).__name__)
        return _NOTHING


def _into_cache(key: str, answer: object, seconds: int) -> None:
    try:
        cache.set(key, answer, seconds)
    except Exception as error:
        logger.warning("cache_unwritable", error=type(error).__name__)


def name_of(rows: QuerySet[Any]) -> str:
    """The query with its values: two viewers share an answer only where they would be given the same rows."""
    try:
        sql, values = rows.order_by().query.sql_with_params()
    except EmptyResultSet:
        return f"{rows.model._meta.label} none"
    return f"{connection.settings_dict['NAME']} {sql} {values!r}"
