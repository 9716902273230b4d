"""Dates that no calendar, zone or sum can bear are refused by every form, and the pages stand all that are taken."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models
from django.test import Client, RequestFactory

from hackathon.models import ApiToken, Hackathon, Phase, User
from hackathon.models.challenge import QUOTA
from hackathon.models.moment import MomentField
from tests.api import get
from tests.evaluation.admin.test_organizers import later, organizer
from tests.evaluation.admin.test_pages import act, url
from tests.factories import PhaseFactory, World
from tests.pages import browser_of, html
from training_worker.contract.bounds import EARLIEST, LATEST

pytestmark = pytest.mark.django_db
__all__ = ["organizer"]

REFUSED = "Choose a time between the years 2000 and 2100."
MOMENTS = [
    *(("0001-01-01", "00:00:00"), ("0001-01-01", "00:00:01"), ("1999-12-30", "00:00:00"), ("2100-01-02", "00:00:00")),
    *(("9999-12-31", "23:59:59"), ("9999-12-30", "12:00:00")),
]
ZONES = ("UTC", "Pacific/Kiritimati", "Etc/GMT+12")
every_moment = pytest.mark.parametrize(("day", "hour"), MOMENTS, ids=lambda text: text)
every_zone = pytest.mark.parametrize("zone", ZONES)


@pytest.fixture
def operator(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("operator@example.org", "x", name="Operator"))
    return client


def at(name: str, day: str, hour: str) -> dict[str, str]:
    return {f"{name}_0": day, f"{name}_1": hour}


def event_body(hackathon: Hackathon, **changes: Any) -> dict[str, Any]:
    body = {name: getattr(hackathon, name) for name in ("slug", "name", "visibility", "time_zone", "max_team_size")}
    body |= at("starts_at", "2026-11-01", "00:00:00") | at("ends_at", "2026-11-03", "00:00:00")
    body |= {"participations-TOTAL_FORMS": 0, "participations-INITIAL_FORMS": 0}
    return body | changes


@every_zone
@every_moment
@pytest.mark.parametrize("name", ["starts_at", "ends_at"])
def test_an_event(world: World, operator: Client, name: str, day: str, hour: str, zone: str) -> None:
    operator.cookies["time_zone"] = zone
    before = Hackathon.objects.values().get()
    answer = operator.post(
        url(Hackathon, "change", world.hackathon.pk), event_body(world.hackathon, **at(name, day, hour))
    )
    assert answer.status_code == 200
    assert html(answer).count(REFUSED) == 1
    assert Hackathon.objects.values().get() == before


@every_zone
@every_moment
@pytest.mark.parametrize("name", ["opens_at", "closes_at"])
def test_a_phase(world: World, operator: Client, name: str, day: str, hour: str, zone: str) -> None:
    phase = PhaseFactory(challenge=world.challenge, data=world.data, name="Next", opens_at=later(1), closes_at=later(5))
    operator.cookies["time_zone"] = zone
    body: dict[str, Any] = {"challenge": phase.challenge_id, "name": phase.name, "data": phase.data_id}
    body |= {name: getattr(phase, name) for name in QUOTA}
    body |= {"precision": phase.precision, "recipe": phase.recipe}
    body |= at("opens_at", "2090-01-01", "00:00:00") | at("closes_at", "2090-02-01", "00:00:00") | at(name, day, hour)
    answer = operator.post(url(Phase, "change", phase.pk), body)
    assert answer.status_code == 200
    assert html(answer).count(REFUSED) == 1
    assert (Phase.objects.get(pk=phase.pk).opens_at, Phase.objects.get(pk=phase.pk).closes_at) == (
        phase.opens_at,
        phase.closes_at,
    )


@every_zone
@every_moment
def test_a_deadline(world: World, organizer: Client, day: str, hour: str, zone: str) -> None:
    organizer.cookies["time_zone"] = zone
    text = act(organizer, "deadline", world.phase, closes_at=f"{day}T{hour[:5]}", reason="x")
    assert REFUSED in text
    assert Phase.objects.get().closes_at == world.phase.closes_at


@every_zone
@every_moment
def test_a_token(world: World, operator: Client, day: str, hour: str, zone: str) -> None:
    operator.cookies["time_zone"] = zone
    tokens = ApiToken.objects.count()
    body = {"user": world.captain.pk, "name": "x", "scope": "read"} | at("expires_at", day, hour)
    assert REFUSED in html(operator.post(url(ApiToken, "add"), body))
    assert ApiToken.objects.count() == tokens


# --- and no form is left out ------------------------------------------------------------------------------------------


def test_every_moment_that_the_admin_lets_choose_is_of_that_kind(world: World) -> None:
    request = RequestFactory().get("/admin/")
    request.user = User.objects.create_superuser("operator@example.org", "x", name="Operator")
    found = set()
    pages = admin.site._registry.items()
    for model, page in [(model, page) for model, page in pages if page.has_add_permission(request)]:
        for name, field in page.get_form(request).base_fields.items():
            if isinstance(field, forms.DateTimeField | forms.SplitDateTimeField | forms.DateField):
                found.add(f"{model.__name__}.{name}")
                with pytest.raises(ValidationError, match="between the years"):
                    field.run_validators(datetime(9999, 12, 31, tzinfo=UTC))
    assert found == {
        "Hackathon.starts_at",
        "Hackathon.ends_at",
        "Phase.opens_at",
        "Phase.closes_at",
        "ApiToken.expires_at",
    }


@pytest.mark.parametrize("moment", [datetime.min, datetime(1999, 12, 31), datetime(2100, 1, 2), datetime.max])
def test_the_column_itself_refuses_them(world: World, moment: datetime) -> None:
    for model, name in ((Hackathon, "starts_at"), (Hackathon, "ends_at"), (Phase, "opens_at"), (Phase, "closes_at")):
        row = model.objects.get()
        setattr(row, name, moment.replace(tzinfo=UTC))
        with pytest.raises(ValidationError) as caught:
            row.clean_fields()
        assert caught.value.message_dict == {name: [REFUSED]}


def test_a_migration_sees_a_plain_column() -> None:
    assert MomentField().deconstruct()[1] == "django.db.models.DateTimeField"
    assert isinstance(Hackathon._meta.get_field("starts_at"), models.DateTimeField)


# --- pages at the edges -----------------------------------------------------------------------------------------------


@every_zone
def test_the_first_and_the_last_moment_are_shown_everywhere(world: World, operator: Client, zone: str) -> None:
    Hackathon.objects.update(starts_at=EARLIEST, ends_at=LATEST, time_zone=zone)
    Phase.objects.update(opens_at=EARLIEST, closes_at=LATEST)
    event, challenge = world.hackathon.slug, world.challenge.slug
    pages = ("/", f"/h/{event}/", f"/c/{challenge}/", f"/c/{challenge}/submit/", f"/c/{challenge}/leaderboard/")
    for who in ("captain", "organizer"):
        client = browser_of(world, who)
        client.cookies["time_zone"] = zone
        for address in (*pages, *([f"/h/{event}/dashboard/"] if who == "organizer" else [])):
            assert client.get(address).status_code == 200, address
    operator.cookies["time_zone"] = zone
    for model, row in ((Hackathon, world.hackathon), (Phase, world.phase)):
        assert operator.get(url(model, "changelist")).status_code == 200
        assert operator.get(url(model, "change", row.pk)).status_code == 200
    assert get(world, "captain", f"challenges/{challenge}/").status_code == 200
