"""The demo's mail: kept as files on this machine, read on a page, sent to nobody."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

KEPT = 100


class FileBackend(BaseEmailBackend):
    """The demo's `MAIL_TRANSPORT`: writes each mail to a file of its own in `OUTBOX_DIR`; the newest `KEPT` stay."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.OUTBOX_DIR)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for message in email_messages:
            name = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
            unfinished = folder / f"{name}.part"
            unfinished.write_bytes(message.message().as_bytes())
            unfinished.rename(folder / f"{name}.eml")
        for path in _newest_first()[KEPT:]:
            path.unlink(missing_ok=True)
        return len(email_messages)


@dataclass(frozen=True)
class Mail:
    to: str
    subject: str
    text: str
    sent_at: datetime


def is_open() -> bool:
    return bool(settings.MAIL == "outbox")


def read_outbox() -> list[Mail]:
    """Newest first."""
    return [_read(path) for path in _newest_first()]


def _newest_first() -> list[Path]:
    return sorted(Path(settings.OUTBOX_DIR).glob("*.eml"), reverse=True)


def _read(path: Path) -> Mail:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    body = message.get_body(("plain",))
    sent_at = datetime.fromtimestamp(int(path.name.split("-")[0]) / 1e9, UTC)
    text = str(body.get_content()) if body is not None else ""
    return Mail(to=str(message["To"]), subject=str(message["Subject"]), text=text, sent_at=sent_at)
