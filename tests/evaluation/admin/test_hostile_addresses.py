"""Addresses of the admin that no list leads to: refused or led back, never a crash."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client

from hackathon.admin.base import Admin
from hackathon.models import ApiToken, User
from tests.evaluation.admin.test_pages import staff, url
from tests.factories import World

pytestmark = pytest.mark.django_db
PATTERNS = ["id__regex=[", "pk__iregex=(", "pk__contains=a", "id__range=1,2"]


@pytest.fixture
def chief(world: World) -> Client:
    return staff(world, "organizer")


def test_every_list_is_one_of_ours() -> None:
    assert [model for model, page in admin.site._registry.items() if not isinstance(page, Admin)] == []


@pytest.mark.parametrize("model", sorted(admin.site._registry, key=lambda one: one._meta.label), ids=str)
def test_no_list_is_asked_by_a_pattern_or_by_an_id_that_cannot_be(chief: Client, model: type) -> None:
    path = url(model, "changelist")
    assert [chief.get(f"{path}?{query}").status_code for query in PATTERNS] == [400] * len(PATTERNS)
    for wrong in ("x", "9" * 40, "1e400", "-1", ""):
        response = chief.get(f"{path}?id__exact={wrong}")
        assert response.status_code == 200 or response["Location"] == f"{path}?e=1"


@pytest.mark.parametrize(
    "query",
    [
        "created_at__year=9999999999",
        "created_at__year=-1",
        "created_at__year=0",
        "created_at__year=nan",
        "created_at__year=2026&created_at__month=2&created_at__day=31",
        "created_at__lt=0001-01-01",
        "created_at__gte=9999-12-31",
        "created_at__gte=x",
    ],
)
@pytest.mark.parametrize("model", [User, ApiToken])
def test_a_date_that_cannot_be_leads_back_to_the_list(chief: Client, model: type, query: str) -> None:
    path = url(model, "changelist")
    assert chief.get(f"{path}?{query}")["Location"] == f"{path}?e=1"
    assert chief.get(f"{path}?e=1").status_code == 200
