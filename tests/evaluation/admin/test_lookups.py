"""The admin's lists are narrowed only by what they show: no address of theirs tells what a hidden column holds."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client, RequestFactory
from django.utils import timezone

from evaluation.models import Result
from hackathon.admin.base import Admin
from hackathon.models import ApiToken, Hackathon, User
from hackathon.models.mail import OutgoingMail
from hackathon.services.organizers import make_organizer
from submissions.models import Job, Node
from tests.evaluation.admin.test_pages import staff, url
from tests.evaluation.scored import make_result
from tests.factories import World, make_node
from tests.pages import browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def organizer(world: World) -> Client:
    make_organizer(user=world.organizer)
    return browser_of(world, "organizer")


def is_refused(client: Client, model: Any, **query: str) -> bool:
    """By name of the column: the same for a guess that is right and one that is not."""
    response = client.get(url(model, "changelist"), query)
    assert response.status_code in {200, 400}
    return response.status_code == 400


@pytest.mark.parametrize(
    "lookup", ["private_score__gt", "private_score", "private_se__lt", "private_metrics__contains"]
)
def test_no_organizer_finds_a_private_score_by_filtering(world: World, organizer: Client, lookup: str) -> None:
    make_result(world, team=world.team, public=0.8, private=0.123)
    assert is_refused(organizer, Result, **{lookup: "0.1"})


def test_no_organizer_finds_a_secret_by_filtering(world: World, organizer: Client) -> None:
    make_node("rack-7")
    assert is_refused(organizer, Hackathon, secret__startswith=world.hackathon.secret[:3])
    assert is_refused(organizer, ApiToken, digest__startswith=ApiToken.objects.all()[0].digest[:3])
    assert is_refused(organizer, Node, digest__startswith=Node.objects.get().digest[:3])
    assert is_refused(organizer, Job, seed__gt="0")


def test_no_staff_reads_a_mail_or_a_second_factor_by_filtering(world: World) -> None:
    client = staff(world, "organizer")
    OutgoingMail.objects.create(
        sender="a@b.c", to="x@y.z", subject="s", text="/reset/k", next_attempt_at=timezone.now()
    )
    Authenticator.objects.create(user=world.captain, type="totp", data={"secret": "abc"})
    assert is_refused(client, OutgoingMail, text__contains="/reset/k")
    assert is_refused(client, OutgoingMail, html__startswith="<")
    assert is_refused(client, Authenticator, data__secret__startswith="a")


def test_every_page_of_ours_refuses_every_column_that_its_list_does_not_have(world: World) -> None:
    request = RequestFactory().get("/")
    request.user = User.objects.get(pk=world.organizer.pk)
    request.user.is_superuser = True
    hidden = 0
    for model, page in admin.site._registry.items():
        if not isinstance(page, Admin):
            continue
        listed = {str(name).partition("__")[0] for name in page.get_list_display(request)}
        offered = {
            str(entry[0] if isinstance(entry, tuple) else entry).partition("__")[0] for entry in page.list_filter
        }
        for field in model._meta.concrete_fields:
            if field.name not in listed | offered | {page.date_hierarchy, "id"}:
                assert not page.lookup_allowed(f"{field.name}__startswith", "a", request), (model, field.name)
                hidden += 1
    assert hidden > 50


def test_what_a_list_offers_works(world: World, organizer: Client) -> None:
    result = make_result(world, team=world.team, public=0.8)
    world.organizer.user_permissions.add(*Permission.objects.all())
    phase = str(world.phase.pk)
    assert not is_refused(organizer, Result, job__phase__id__exact=phase)
    assert not is_refused(organizer, Result, created_at__year=str(result.created_at.year))
    assert not is_refused(organizer, Hackathon, visibility__exact="draft")
    assert not is_refused(organizer, ApiToken, revoked_at__isempty="1")
    assert not is_refused(organizer, Node, heard="live")
    assert not is_refused(organizer, OutgoingMail, state="waiting")
