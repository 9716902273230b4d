"""How the OpenAPI document is made: query parameters from the view, the one error shape on every operation."""

from __future__ import annotations

from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS

from .permissions import SignedInToWrite
from .strict import StrictAPIView, StrictSerializer


class FieldErrorSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Stable and machine-readable.")
    field = serializers.CharField(help_text="Dotted path, e.g. `method.r`; empty for the body as a whole.")
    message = serializers.CharField()
    allowed = serializers.CharField(help_text="What would be accepted: a range or the legal values; may be empty.")


class ErrorSerializer(serializers.Serializer[Any]):
    """Every answer of 400 and above. `quota_exceeded` also has `reset_at`."""

    code = serializers.CharField(help_text="Stable and machine-readable, e.g. `quota_exceeded`.")
    message = serializers.CharField()
    hint = serializers.CharField(help_text="What to do next; may be empty.")
    fields = FieldErrorSerializer(many=True)  # type: ignore[assignment]  # "fields" is the name in the contract


class Schema(AutoSchema):
    """`AutoSchema` that knows `StrictAPIView.query` and the error shape."""

    def get_summary(self) -> str | None:
        return self.view.summaries.get(self.method.lower()) if isinstance(self.view, StrictAPIView) else None

    def get_auth(self) -> list[dict[str, Any]]:
        """Where everybody may read, no token (`{}`) is enough; with one there may be more to see."""
        auths: list[dict[str, Any]] = super().get_auth()
        is_public = any(isinstance(one, SignedInToWrite) for one in self.view.get_permissions())
        return [{}, *auths] if is_public and self.method in SAFE_METHODS else auths

    def _map_serializer(self, serializer: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        """Described by its own docstring (one that it inherits is about our code), and closed where it is strict."""
        mapped = super()._map_serializer(serializer, direction, bypass_extensions)  # type: ignore[no-untyped-call]
        kind = serializer if isinstance(serializer, type) else type(serializer)
        if kind.__doc__ is None and isinstance(mapped, dict):
            mapped.pop("description", None)
        if issubclass(kind, StrictSerializer) and isinstance(mapped, dict):
            mapped["additionalProperties"] = False
        return mapped

    def get_override_parameters(self) -> list[Any]:
        if isinstance(self.view, StrictAPIView) and self.method == "GET" and self.view.query().fields:
            return [self.view.query]
        return []

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        error = self._get_response_for_code(  # type: ignore[no-untyped-call]
            ErrorSerializer, "4XX", direction=direction
        )
        return bodies | {"4XX": error}
