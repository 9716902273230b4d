"""Deny, then allow: signed in by default, and a read-only token writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from hackathon.enums import TokenScope
from hackathon.models import ApiToken, User

if TYPE_CHECKING:  # DRF reads this module while its views are being imported
    from rest_framework.views import APIView


def _token_suffices(request: Request) -> bool:
    token = request.auth
    if not isinstance(token, ApiToken) or request.method in SAFE_METHODS:
        return True
    return token.scope == TokenScope.SUBMIT


class SignedIn(BasePermission):
    """A person who is logged in or sends an API token whose scope suffices."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.user.is_authenticated and _token_suffices(request)


def person(request: Request) -> User:
    """Who is signed in. Raises `NotAuthenticated` (401) where `SignedIn` has not seen to it."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


class SignedInToWrite(SignedIn):
    """Everybody may read what the visibility function shows; writing needs a person."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.method in SAFE_METHODS or super().has_permission(request, view)
