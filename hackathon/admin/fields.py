"""Form fields of the admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

MAX_PARTS = 200
"""Lists and objects in one JSON text. It bounds how deep they are nested, which Python's reader does not survive."""


class ShallowJSONField(forms.JSONField):
    def to_python(self, value: Any) -> Any:
        if _is_deep(value):
            message = _("This JSON has more than %(limit)d lists and objects.") % {"limit": MAX_PARTS}
            raise forms.ValidationError(message, code="too_deep")
        return super().to_python(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        return data if _is_deep(data) else super().bound_data(data, initial)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return _is_deep(data) or super().has_changed(initial, data)

    def prepare_value(self, value: Any) -> Any:
        return value if _is_deep(value) else super().prepare_value(value)


def _is_deep(value: Any) -> bool:
    return isinstance(value, str) and value.count("[") + value.count("{") > MAX_PARTS
