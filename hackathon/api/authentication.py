"""`Authorization: Bearer htu_…`: a person's API token."""

from __future__ import annotations

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from hackathon.accounts.tokens import find_api_token
from hackathon.models import ApiToken, User


def bearer_token(request: Request) -> str | None:
    """The bearer token of the request, None where there is no such header."""
    parts = get_authorization_header(request).decode("latin-1").split()
    if not parts or parts[0].lower() != "bearer":
        return None
    return parts[1] if len(parts) == 2 else ""


class ApiTokenAuthentication(BaseAuthentication):
    """401 for a token that is unknown, revoked, expired, or of another kind (worker, attempt)."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        token = bearer_token(request)
        if token is None:
            return None
        row = find_api_token(token)
        if row is None:
            raise AuthenticationFailed
        return row.user, row

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class ApiTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = ApiTokenAuthentication
    name = "ApiToken"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
