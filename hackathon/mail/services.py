"""Mail is written in the request's transaction and sent after it, by the site's own Celery worker.

A mail server that is slow, broken or away costs a request nothing. A mail is sent once; a second time only where a
process dies between the server's "accepted" and our note of it: both copies then carry the same Message-ID.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any

import structlog
from django.conf import settings
from django.core.cache import cache
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from hackathon.accounts.mailbox import wire_email
from hackathon.clock import db_now
from hackathon.doorbell import ring
from hackathon.errors import Conflict
from hackathon.models.mail import OutgoingMail
from training_worker.contract.wire import SITE_QUEUE

logger = structlog.get_logger(__name__)

DELIVER_TASK = "hackathon.deliver_mail"
MAX_ATTEMPTS = 8
BATCH = 500
ATTEMPT = timedelta(minutes=5)
"""How long one mail may take before another process believes that the first is dead."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=6)
KEPT = timedelta(days=14)
OUTAGE = "hacktune.mail.outage"
OUTAGE_SECONDS = 30.0
"""How long a server that could not be reached is left alone."""


class NotGivenUp(Conflict):
    code = "not_given_up"


def queue_mail(*, sender: str, to: str, subject: str, text: str, html: str = "") -> OutgoingMail:
    """To be sent after the caller's commit; gone with its rollback."""
    with transaction.atomic():
        mail = OutgoingMail.objects.create(
            sender=sender, to=wire_email(to), subject=subject, text=text, html=html, next_attempt_at=db_now()
        )
        ring_mail()
    return mail


def ring_mail() -> None:
    """After commit, have mail delivered: by the Celery worker, or here where the broker is this very process."""
    if settings.MAIL_AT_ONCE:
        transaction.on_commit(deliver_mails, robust=True)
    else:
        ring(DELIVER_TASK, queue=SITE_QUEUE)


def deliver_mails(now: datetime | None = None) -> int:
    """Send what is due, `BATCH` at most, over one connection. Safe to run twice and by several processes.

    Returns how many were sent.

    A server that cannot be reached is no mail's fault: no attempt is counted, and it is left alone for a moment.
    """
    if cache.get(OUTAGE):
        return 0
    count = 0
    connection = get_connection(settings.MAIL_TRANSPORT)
    try:
        for mail in OutgoingMail.objects.due(now or db_now())[:BATCH]:
            if not _open(connection):
                break
            count += _deliver(mail, connection)
    finally:
        _close(connection)
    return count


def _open(connection: Any) -> bool:
    try:
        connection.open()
    except Exception as error:  # of the network, the server or the log-in to it
        cache.set(OUTAGE, True, OUTAGE_SECONDS)
        logger.error("mail_server_unreachable", error=_name(error))
        OutgoingMail.objects.due(db_now()).update(last_error=_name(error))
        return False
    return True


def _close(connection: Any) -> None:
    try:
        connection.close()
    except Exception as error:  # all is sent that could be
        logger.warning("mail_connection_lost", error=_name(error))


def _deliver(mail: OutgoingMail, connection: Any) -> bool:
    """Send one mail. False where it was refused, or another process has taken it."""
    mine = _claim(mail)
    if mine is None:
        return False
    try:
        connection.send_messages([_message(mail)])
    except Exception as error:  # whatever it is, the next mail is sent
        _close(connection)
        _postpone(mine, attempts=mail.attempts + 1, error=_name(error))
        return False
    return bool(mine.update(sent_at=db_now(), next_attempt_at=None, text="", html="", last_error=""))


def _claim(mail: OutgoingMail) -> QuerySet[OutgoingMail] | None:
    """By conditional UPDATE. What it returns is the row for as long as this attempt is the current one."""
    rows = OutgoingMail.objects.filter(pk=mail.pk, sent_at=None)
    seen = rows.filter(attempts=mail.attempts, next_attempt_at=mail.next_attempt_at)
    taken = seen.update(attempts=F("attempts") + 1, next_attempt_at=db_now() + ATTEMPT)
    return rows.filter(attempts=mail.attempts + 1) if taken else None


def _postpone(mine: QuerySet[OutgoingMail], *, attempts: int, error: str) -> None:
    is_over = attempts >= MAX_ATTEMPTS
    mine.update(next_attempt_at=None if is_over else db_now() + pause_after(attempts), last_error=error)
    if is_over:
        logger.error("mail_given_up", error=error)
    else:
        logger.warning("mail_refused", error=error, attempts=attempts)


def pause_after(attempts: int) -> timedelta:
    """Pure: half a minute, four times as long after each further attempt, six hours at most."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * int(4 ** (attempts - 1)))


def _message(mail: OutgoingMail) -> EmailMultiAlternatives:
    domain = parseaddr(mail.sender)[1].rpartition("@")[2]
    stamp = f"{mail.created_at:%Y%m%d%H%M%S%f}"
    headers = {"Message-ID": f"<{stamp}.{mail.pk}@{domain}>"}
    message = EmailMultiAlternatives(mail.subject, mail.text, mail.sender, [mail.to], headers=headers)
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    return message


def _name(error: Exception) -> str:
    """What the server said. It may repeat a link that it does not like: that one is the reader's alone."""
    return re.sub(r"https?:\S+", "…", f"{type(error).__name__}: {error}")[:500]


def send_again(*, mail: OutgoingMail) -> None:
    """A mail that was given up gets all its attempts anew. Raises `Conflict` for one that was not."""
    with transaction.atomic():
        given_up = OutgoingMail.objects.given_up().filter(pk=mail.pk)
        if not given_up.update(attempts=0, next_attempt_at=db_now()):
            raise NotGivenUp(_("This mail is sent or still waits to be."))
        ring_mail()


def clear_mails() -> int:
    """Forget mails of two weeks ago, sent or not: their links have expired. Returns how many."""
    return OutgoingMail.objects.filter(created_at__lt=db_now() - KEPT).delete()[0]
