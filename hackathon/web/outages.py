"""What to answer while the database or the cache is away: 503 and when to ask again, never 500."""

from __future__ import annotations

import structlog
from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext as _

from hackathon.errors import Unavailable

logger = structlog.get_logger(__name__)


def outage_behind(error: BaseException) -> Unavailable | None:
    """The answer where `error` says that something the site rests on is away or too busy; None for all else."""
    if not (_is_of_database(error) or _is_of_cache(error)):
        return None
    logger.error("outage", error=type(error).__name__, text=str(error))
    return Unavailable(
        _("A service of this site is not available at the moment."),
        hint=_("Earlier submissions are kept. Try again in a few seconds."),
    )


def _is_of_database(error: BaseException) -> bool:
    """SQLite says `OperationalError` of a table that is missing, too: that is our fault, not an outage."""
    if isinstance(error, OperationalError):
        return not str(error).startswith(("no such", "near "))
    return isinstance(error, InterfaceError)


def _is_of_cache(error: BaseException) -> bool:
    from redis.exceptions import ConnectionError as Gone  # only where something has gone wrong, and a cache may be
    from redis.exceptions import TimeoutError as Silent

    return isinstance(error, Gone | Silent)
