"""Writes of people's accounts."""

from __future__ import annotations

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.db import transaction

from hackathon.clock import db_now
from hackathon.enums import TokenScope
from hackathon.models import Organization, User
from hackathon.services.organizations import organization_named

from .tokens import create_api_token


@transaction.atomic
def verify_mailbox(*, user: User) -> None:
    """Whoever made this account vouches for its address: it may log in at once. Its only address; safe to repeat."""
    EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})


@transaction.atomic
def update_profile(
    *, user: User, name: str, organization: Organization | None, new_organization: str = "", kind: str = ""
) -> None:
    """A new organization's name wins over the pick; one that exists under that name, in any spelling, is taken as it
    is."""
    if new_organization:
        organization = organization_named(new_organization, kind)
    user.name, user.organization = name, organization
    user.save(update_fields=["name", "organization"])


@transaction.atomic
def issue_token(*, user: User, name: str, scope: str, lifetime: timedelta | None) -> str:
    """A new API token's only readable copy; it lives for `lifetime` by the database's clock, or until revoked."""
    expires_at = db_now() + lifetime if lifetime else None
    return create_api_token(user=user, name=name, scope=TokenScope(scope), expires_at=expires_at)[1]
