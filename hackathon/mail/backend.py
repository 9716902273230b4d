"""Django's door to our outbox: what sends mail, allauth too, writes a row instead. See `hackathon.mail.services`."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend

from .services import queue_mail


class OutboxBackend(BaseEmailBackend):
    """`EMAIL_BACKEND`: queues each mail in the caller's transaction, once for each of its readers.

    Raises ValueError for what a row has no room for: copies, attachments, headers, a body that is no text.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            html = _html(message)
            for reader in message.to:
                queue_mail(
                    sender=message.from_email,
                    to=reader,
                    subject=str(message.subject),
                    text=str(message.body),
                    html=html,
                )
        return len(email_messages)


def _html(message: EmailMessage) -> str:
    parts = message.alternatives if isinstance(message, EmailMultiAlternatives) else []
    more = [message.cc, message.bcc, message.reply_to, message.attachments, message.extra_headers]
    if any(more) or [kind for _, kind in parts] not in ([], ["text/html"]) or message.content_subtype != "plain":
        raise ValueError("The outbox takes plain text, with or without the same in HTML, and nothing else.")
    return "".join(str(content) for content, _ in parts)
