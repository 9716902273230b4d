"""One answer for one `Idempotency-Key`: a request that is sent again does nothing again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import IntegrityError
from django.utils.translation import gettext as _

from hackathon.errors import Conflict
from hackathon.models import User
from submissions.models import IdempotencyKey, Submission
from training_worker.contract.base import JSON


@dataclass(frozen=True)
class RequestKey:
    """What a person named a request, and the hash of its body."""

    user: User
    key: str
    body_sha256: str

    @classmethod
    def of(cls, user: User, key: str, body: JSON) -> RequestKey:
        text = json.dumps(body, sort_keys=True)
        return cls(user, key, hashlib.sha256(text.encode()).hexdigest())

    def first_answer(self) -> IdempotencyKey | None:
        """What the key's first request led to; None where this is the first. Raises `Conflict` for another body."""
        row = IdempotencyKey.objects.select_related("submission").filter(user=self.user, key=self.key).first()
        if row is not None and row.body_sha256 != self.body_sha256:
            raise _used_key()
        return row

    def remember(self, submission: Submission, *, was_created: bool) -> None:
        """In the transaction of the request itself."""
        IdempotencyKey.objects.create(
            user=self.user,
            key=self.key,
            body_sha256=self.body_sha256,
            submission=submission,
            was_created=was_created,
        )


@contextmanager
def one_key_at_a_time() -> Iterator[None]:
    """Two requests with the same key that lock different quotas: the database refuses the second one's key."""
    try:
        yield
    except IntegrityError as error:
        if IdempotencyKey._meta.db_table not in str(error) and "one_idempotency_key" not in str(error):
            raise
        raise _used_key() from None


def _used_key() -> Conflict:
    return Conflict(
        _("This Idempotency-Key was used with another body."),
        hint=_("Use a new key for a new request."),
        code="idempotency_mismatch",
    )
