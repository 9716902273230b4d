"""Every column that the admin shows, and every kind of row, has a name that can be said in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import FieldDoesNotExist
from django.test import RequestFactory
from django.utils.functional import Promise

from tests.factories import UserFactory

OURS = ("hackathon", "teams", "submissions", "evaluation")


def shown_names(model_admin: Any, user: Any) -> Iterator[tuple[str, Any]]:
    request = RequestFactory().get("/")
    request.user = user
    meta = model_admin.model._meta
    yield meta.label, meta.verbose_name
    yield meta.label, meta.verbose_name_plural
    for name in {*model_admin.get_list_display(request), *flatten_fieldsets(model_admin.get_fieldsets(request))}:
        try:
            yield f"{meta.label}.{name}", getattr(meta.get_field(name), "verbose_name", None)
        except FieldDoesNotExist:
            continue


@pytest.mark.django_db
def test_names_can_be_translated() -> None:
    user = UserFactory(is_staff=True, is_superuser=True)
    admins = [found for model, found in admin.site._registry.items() if model._meta.app_label in OURS]
    assert len(admins) > 20
    plain = [place for found in admins for place, name in shown_names(found, user) if not isinstance(name, Promise)]
    assert plain == []
