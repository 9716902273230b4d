"""Names of teams: compared as they are read, and refused alike by API, form and admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from hackathon.admin.people import OrganizationAdmin
from hackathon.models import Organization, User
from hackathon.services.organizers import make_organizer
from hackathon.services.participation import join_hackathon
from teams.models import Team
from tests.api import post
from tests.factories import HackathonFactory, World
from tests.pages import browser_of

pytestmark = pytest.mark.django_db

BAD = ["\N{RIGHT-TO-LEFT OVERRIDE}srettO", "a\N{POP DIRECTIONAL ISOLATE}", "\N{HANGUL FILLER}", "…", "🦦"]
SAME = ["OTTERS", "ｏｔｔｅｒｓ", "Ot\N{ZERO WIDTH SPACE}ters", "Otters\N{HANGUL FILLER}"]
NO_INLINE = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}


def by_api(world: World, name: str) -> tuple[str, str]:
    answer = post(world, "outsider", f"hackathons/{world.hackathon.slug}/teams/", {"name": name}).json()
    (field,) = answer["fields"]
    return field["code"], field["field"]


def by_form(world: World, name: str) -> tuple[str, str]:
    answer: Any = browser_of(world, "outsider").post(f"/h/{world.hackathon.slug}/new-team/", {"name": name})
    return only_error(answer.context["form"])


def by_admin(world: World, name: str) -> tuple[str, str]:
    make_organizer(user=world.organizer)
    body = {"hackathon": world.hackathon.pk, "name": name, **NO_INLINE}
    answer: Any = browser_of(world, "organizer").post("/admin/teams/team/add/", body)
    return only_error(answer.context["adminform"].form)


def only_error(form: Any) -> tuple[str, str]:
    ((field, errors),) = form.errors.as_data().items()
    (error,) = errors
    return error.code, field


@pytest.mark.parametrize("door", [by_api, by_form, by_admin])
@pytest.mark.parametrize(
    ("name", "code"), [*((name, "invalid_name") for name in BAD), *((name, "name_taken") for name in SAME)]
)
def test_every_door_refuses_alike(world: World, door: Any, name: str, code: str) -> None:
    join_hackathon(user=world.outsider, hackathon=world.hackathon)
    assert door(world, name) == (code, "name")
    assert Team.objects.count() == 2


def test_the_database_keeps_names_apart_within_a_hackathon(world: World) -> None:
    for name in SAME:
        with pytest.raises(IntegrityError), transaction.atomic():
            Team.objects.create(hackathon=world.hackathon, name=name)
    Team.objects.create(hackathon=HackathonFactory.create(), name=SAME[0])


def test_a_renamed_team_frees_its_name_and_keeps_its_own(world: World) -> None:
    make_organizer(user=world.organizer)
    admin, path = browser_of(world, "organizer"), f"/admin/teams/team/{world.team.pk}/change/"
    for name, key in (("OTTERS", "otters"), ("  The  new Otters ", "the new otters")):
        assert admin.post(path, {"name": name, **NO_INLINE}).status_code == 302
        world.team.refresh_from_db()
        assert (world.team.name, world.team.name_key) == (" ".join(name.split()), key)
    Team.objects.create(hackathon=world.hackathon, name="Otters")


# --- people and organizations ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BAD)
def test_a_person_has_a_name_that_can_be_read(world: World, name: str) -> None:
    signed: Any = Client().post("/signup/", {"name": name, "email": "new@example.org", "password1": "an odd sentence"})
    changed: Any = browser_of(world, "captain").post("/account/", {"name": name, "kind": "other"})
    for answer in (signed, changed):
        assert only_error(answer.context["form"]) == ("invalid_name", "name")
    assert not User.objects.filter(name=name).exists()


def test_two_people_may_have_one_name(world: World) -> None:
    answer = browser_of(world, "captain").post("/account/", {"name": world.rival.name, "kind": "other"})
    assert answer.status_code == 302
    assert User.objects.filter(name=world.rival.name).count() == 2


def test_an_organization_is_found_in_any_spelling(world: World) -> None:
    for name in ("Otter Lab", "OTTER\N{NO-BREAK SPACE}LAB", "Otter\N{ZERO WIDTH SPACE} Lab", "\N{HANGUL FILLER}"):
        body = {"name": "Ada", "new_organization": name, "kind": "other"}
        browser_of(world, "captain").post("/account/", body)
    assert [row.name for row in Organization.objects.filter(name_key__contains="lab")] == ["Otter Lab"]
    form = OrganizationAdmin.form({"name": "otter lab", "kind": "other"})
    assert only_error(form) == ("name_taken", "name")
