"""Opaque bearer tokens: shown once, kept as sha256."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from django.db.models import Q, QuerySet

from hackathon.clock import db_now
from hackathon.enums import TokenScope
from hackathon.models import ApiToken, User


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def new_token(prefix: str) -> str:
    """`<prefix>_` and 32 random bytes; the prefix tells a leaked token's kind."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def create_api_token(
    *, user: User, name: str, scope: TokenScope = TokenScope.SUBMIT, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """A new token of `user` and its only readable copy."""
    token = new_token("htu")
    row = ApiToken.objects.create(
        user=user, name=name, prefix=token[:10], digest=digest_of(token), scope=scope, expires_at=expires_at
    )
    return row, token


def find_api_token(token: str) -> ApiToken | None:
    """The live token row, or None where it is unknown, revoked, expired or its owner is not active."""
    now = db_now()
    row = (
        ApiToken.objects.select_related("user")
        .filter(digest=digest_of(token), revoked_at__isnull=True, user__is_active=True)
        .filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now))
        .first()
    )
    if row is not None and (row.last_used_at is None or (now - row.last_used_at).total_seconds() > 60):
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=now)
    return row


def revoke_api_token(*, token: ApiToken) -> None:
    """From now on the token is refused; doing it twice keeps the first time."""
    ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=db_now())


def live_tokens_of(user: User) -> QuerySet[ApiToken]:
    """Those that still open the account."""
    return user.api_tokens.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=db_now()), revoked_at__isnull=True)


def revoke_all_tokens(*, user: User) -> int:
    """Every API token of `user` that is valid is refused from now on; how many those were."""
    return live_tokens_of(user).update(revoked_at=db_now())
