"""The admin's lists cost the same for any number of rows: queries, orders, dates, filters and fields of forms."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.widgets import AutocompleteMixin, ForeignKeyRawIdWidget
from django.db import connection
from django.db.models import Model
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from evaluation.models import LeaderboardEntry, Result
from hackathon.admin.listing import steps
from hackathon.models import ApiToken, Organization, Participation, User
from hackathon.models.mail import OutgoingMail
from submissions.models import (
    Artifact,
    IdempotencyKey,
    Job,
    JobEvent,
    Loss,
    ProgressChunk,
    Quota,
    Submission,
    Tag,
    Withdrawal,
)
from teams.models import Invitation, Membership, Team
from tests.evaluation.admin.crowd import add_one_of_each
from tests.evaluation.admin.test_pages import url
from tests.evaluation.scored import make_result
from tests.factories import MembershipFactory, ParticipationFactory, TeamFactory, UserFactory, World
from tests.pages import browser_of, html

pytestmark = pytest.mark.django_db

GROWING: list[type[Model]] = [
    *(User, Participation, Organization, ApiToken, EmailAddress, Authenticator, OutgoingMail),
    *(Team, Membership, Invitation),
    *(Submission, Job, JobEvent, Loss, Quota, Artifact, ProgressChunk, IdempotencyKey, Tag, Withdrawal),
    *(Result, LeaderboardEntry),
]
"""What an event makes thousands of. The others are made by its organizers."""
QUERIES = {
    "hackathon.Phase": 7,
    "hackathon.Hackathon": 5,
    "hackathon.Challenge": 6,
    "hackathon.ChallengeData": 7,
    "hackathon.BaseModel": 5,
    "hackathon.Heartbeat": 4,
    "hackathon.OutgoingMail": 5,
    "hackathon.Organization": 4,
    "hackathon.User": 6,
    "hackathon.ApiToken": 5,
    "hackathon.Participation": 6,
    "mfa.Authenticator": 4,
    "account.EmailAddress": 4,
    "auth.Group": 4,
    "teams.Team": 6,
    "teams.Membership": 6,
    "teams.Invitation": 6,
    "submissions.Node": 5,
    "submissions.EnrolmentToken": 5,
    "submissions.Submission": 9,
    "submissions.Job": 7,
    "submissions.JobEvent": 6,
    "submissions.Loss": 6,
    "submissions.Quota": 6,
    "submissions.Artifact": 4,
    "submissions.ProgressChunk": 4,
    "submissions.IdempotencyKey": 4,
    "submissions.Tag": 5,
    "submissions.Withdrawal": 7,
    "evaluation.Result": 7,
    "evaluation.Reference": 6,
    "evaluation.LeaderboardEntry": 7,
}
"""Session, person, count, keys, rows; the dates' ends; the choices of each filter by related rows."""


@pytest.fixture
def chief(world: World) -> Client:
    world.organizer.is_staff = world.organizer.is_superuser = True
    world.organizer.save()
    return browser_of(world, "organizer")


def asked(client: Client, model: type[Model], **query: str) -> Any:
    response = client.get(url(model, "changelist"), query)
    assert response.status_code == 200
    return response


def listed(client: Client, model: type[Model], **query: str) -> list[str]:
    return [str(row) for row in asked(client, model, **query).context["cl"].result_list]


# --- queries ----------------------------------------------------------------------------------------------------------


def test_each_list_takes_as_many_queries_for_30_rows_as_for_2(world: World, chief: Client) -> None:
    for rows, new in ((2, range(2)), (30, range(2, 30))):
        for number in new:
            add_one_of_each(world, number)
        counted = {}
        for model in admin.site._registry:
            with CaptureQueriesContext(connection) as captured:
                assert len(asked(chief, model).context["cl"].result_list) >= rows, model
            counted[model._meta.label] = len(captured)
        assert counted == QUERIES


def test_a_list_holds_its_first_rows_and_says_so(world: World, chief: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hackathon.admin.listing.MOST", 3)
    names = [TeamFactory(name=f"A{number}").name for number in range(3)]
    shown = asked(chief, Team)
    assert "Only the first 3 are listed." in html(shown)
    assert (shown.context["cl"].result_count, "Show all" in html(shown)) == (3, False)
    monkeypatch.setattr(admin.site._registry[Team], "list_per_page", 2)
    assert [listed(chief, Team, p=page) for page in ("1", "2")] == [names[:2], names[2:]]
    assert chief.get(url(Team, "changelist"), {"p": "3"}).status_code == 302
    found = html(asked(chief, Team, q="A1"))
    assert ("Only the first" in found, "1 result (" in found, "Show all" in found) == (False, True, True)


def test_a_choice_that_many_rows_lead_to_lists_each_once(world: World, chief: Client) -> None:
    for _number in range(2):
        ParticipationFactory(user=world.captain)
    response = asked(chief, User, participations__role="participant")
    names = [person.name for person in response.context["cl"].result_list]
    assert names == ["Captain", "Rival", "Teammate"]
    assert not response.context["cl"].queryset.query.distinct


# --- order ------------------------------------------------------------------------------------------------------------


def leads_an_index(model: type[Model], name: str) -> bool:
    """Alone or before what tells equal values apart: the index gives the order."""
    field = model._meta.get_field(name)
    indexes = [index.fields for index in model._meta.indexes if not index.condition]
    return bool(
        getattr(field, "unique", False)
        or getattr(field, "db_index", False)
        or any(fields and fields[0].lstrip("-") == name for fields in indexes)
    )


@pytest.mark.parametrize("model", GROWING)
def test_a_list_that_grows_sorts_by_columns_with_an_index(model: Any) -> None:
    page: Any = admin.site._registry[model]
    assert page.sortable_by is not None
    for name in page.sortable_by:
        assert name in page.list_display
        assert leads_an_index(model, name)
    order = page.ordering or model._meta.ordering
    assert not order or order[0].lstrip("-") in {"pk", "phase_id"} or leads_an_index(model, order[0].lstrip("-"))
    if page.date_hierarchy:
        assert leads_an_index(model, page.date_hierarchy)


def test_an_address_cannot_sort_by_another_column(world: World, chief: Client) -> None:
    columns = [str(name) for name in admin.site._registry[Team].list_display]
    for number, name in enumerate(columns, 1):
        shown = asked(chief, Team, o=str(number))
        first = str(shown.context["cl"].queryset.query.order_by[0])
        assert first == (name if name in {"name", "created_at"} else "-pk")


# --- dates ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chosen", "first", "last", "expected"),
    [
        ((), date(2025, 12, 31), date(2027, 1, 1), [(2025,), (2026,), (2027,)]),
        ((), date(2026, 1, 31), date(2026, 3, 1), [(2026, 1), (2026, 2), (2026, 3)]),
        ((), date(2026, 2, 27), date(2026, 2, 28), [(2026, 2, 27), (2026, 2, 28)]),
        ((), date(2026, 2, 27), date(2026, 2, 27), [(2026, 2, 27)]),
        ((2026,), date(2025, 12, 31), date(2026, 2, 1), [(2026, 1), (2026, 2)]),
        ((2026,), date(2026, 2, 1), date(2026, 2, 2), [(2026, 2)]),
        ((2026, 2), date(2026, 2, 27), date(2026, 3, 5), [(2026, 2, 27), (2026, 2, 28)]),
        ((2024,), date(2026, 2, 27), date(2026, 3, 5), []),
    ],
)
def test_steps_to_a_day(chosen: tuple[int, ...], first: date, last: date, expected: list[tuple[int, ...]]) -> None:
    assert steps(chosen, first, last) == expected


def test_a_list_is_narrowed_to_a_day(world: World, chief: Client) -> None:
    Team.objects.filter(pk=world.team.pk).update(created_at=world.team.created_at - timedelta(days=400))
    old = Team.objects.get(pk=world.team.pk).created_at
    assert f"?created_at__year={old.year}" in html(asked(chief, Team))
    day = {"created_at__year": str(old.year), "created_at__month": str(old.month), "created_at__day": str(old.day)}
    assert listed(chief, Team, **day) == ["Otters"]
    shown = asked(chief, Team, **day).context["cl"].dates()
    assert "link" not in shown["choices"][0]
    assert shown["back"]["link"] == f"?created_at__month={old.month}&created_at__year={old.year}"


# --- filters and fields -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", admin.site._registry, ids=str)
def test_no_filter_and_no_field_offers_every_row_of_what_grows(world: World, model: Any) -> None:
    page = admin.site._registry[model]
    request = RequestFactory().get("/")
    request.user = User(is_staff=True, is_superuser=True, is_active=True)
    for entry in page.list_filter:
        path = entry[0] if isinstance(entry, tuple) else entry
        if isinstance(path, str):
            assert get_fields_from_path(model, path)[-1].related_model not in GROWING
    is_written = page.has_add_permission(request) or page.has_change_permission(request)
    for field in page.get_form(request)().fields.values() if is_written else ():
        related = getattr(getattr(field, "queryset", None), "model", None)
        widget = getattr(field.widget, "widget", field.widget)
        assert related not in GROWING or isinstance(widget, (AutocompleteMixin, ForeignKeyRawIdWidget))


@pytest.mark.parametrize("model", [Submission, Job, JobEvent, Result, Quota, Tag, Withdrawal, LeaderboardEntry])
def test_rows_of_a_phase_are_filtered_by_its_hackathon(world: World, chief: Client, model: Any) -> None:
    for number in range(2):
        add_one_of_each(world, number)
    page = admin.site._registry[model]
    path = next(entry[0] for entry in page.list_filter if isinstance(entry, tuple) and "hackathon" in entry[0])
    of_world = model.objects.filter(**{path: world.hackathon})
    lookup = f"{path}__id__exact"
    assert asked(chief, model, **{lookup: str(world.hackathon.pk)}).context["cl"].result_count == of_world.count()
    other = TeamFactory().hackathon
    assert listed(chief, model, **{lookup: str(other.pk)}) == []
    assert chief.get(url(model, "changelist"), {lookup: "x"}).status_code == 302


def test_known_values_are_offered(world: World, chief: Client) -> None:
    make_result(world, team=world.team, public=0.8)
    text = html(asked(chief, Job))
    for code in ("config_oom", "diverged", "invalid_result"):
        assert f"?failure_code={code}" in text
    Job.objects.update(failure_code="diverged")
    assert len(listed(chief, Job, failure_code="diverged")) == 1
    assert listed(chief, Job, failure_code="config_oom") == []
    assert "?name=predictions.jsonl" in html(asked(chief, Artifact))


def test_people_of_a_team_are_counted(world: World, chief: Client) -> None:
    MembershipFactory(team=world.rivals, user=UserFactory())
    left = MembershipFactory(team=world.team, user=UserFactory())
    Membership.objects.filter(pk=left.pk).update(left_at=left.created_at)
    TeamFactory(name="Nobody")
    counts = {team.name: team.people for team in asked(chief, Team).context["cl"].result_list}
    assert counts == {"Otters": 2, "Rivals": 2, "Nobody": 0}
