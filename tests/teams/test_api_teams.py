"""Teams over HTTP: founding, leaving, and who sees whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hackathon.accounts.tokens import create_api_token
from hackathon.clock import db_now
from hackathon.errors import Conflict
from hackathon.models import User
from teams.models import Membership, MembershipRole, Team
from teams.services.membership import add_member
from tests.api import EVERYBODY, bearer, errors, get, post, submit
from tests.factories import MembershipFactory, ParticipationFactory, TeamFactory, UserFactory, World

pytestmark = pytest.mark.django_db


def teams_path(world: World) -> str:
    return f"hackathons/{world.hackathon.slug}/teams/"


@pytest.fixture
def newcomer(world: World) -> str:
    """A participant without a team; the world's token "newcomer" is theirs."""
    user = ParticipationFactory(hackathon=world.hackathon).user
    world.tokens["newcomer"] = create_api_token(user=user, name="tests")[1]
    return "newcomer"


@pytest.mark.parametrize("who", EVERYBODY)
def test_members_are_named_to_the_hackathons_people_only(world: World, who: str) -> None:
    team = get(world, who, f"teams/{world.team.pk}/").json()
    assert (team["name"], team["size"]) == ("Otters", 2)
    if who in {"outsider", "anonymous"}:
        assert team["members"] is None
    else:
        expected = [{"name": "Captain", "role": "captain"}, {"name": "Teammate", "role": "member"}]
        assert [{"name": row["name"], "role": row["role"]} for row in team["members"]] == expected
    assert "@" not in get(world, who, teams_path(world)).content.decode()


def test_the_organizers_own_team_is_not_listed(world: World) -> None:
    reserved = TeamFactory(hackathon=world.hackathon, is_reserved=True)
    assert get(world, "captain", teams_path(world)).json()["count"] == 2
    assert get(world, "captain", f"teams/{reserved.pk}/").status_code == 404


@pytest.mark.parametrize("who", ["organizer", "anonymous"])
def test_the_list_takes_as_many_queries_for_30_teams_as_for_2(world: World, who: str) -> None:
    queries = {"organizer": 8, "anonymous": 5}  # the organizer's: clock, token, role
    get(world, who, teams_path(world))  # notes the token's last use
    for rows in (2, 30):
        with CaptureQueriesContext(connection) as captured:
            assert get(world, who, teams_path(world)).json()["count"] == rows
        assert len(captured) == queries[who]
        for _ in range(28):
            MembershipFactory(team=TeamFactory(hackathon=world.hackathon))


def test_who_i_am_takes_as_many_queries_in_30_hackathons_as_in_2(world: World) -> None:
    get(world, "captain", "me/")  # notes the token's last use
    for rows, new in ((2, 1), (30, 28)):
        for _ in range(new):
            team = MembershipFactory(user=world.captain).team
            ParticipationFactory(user=world.captain, hackathon=team.hackathon)
        with CaptureQueriesContext(connection) as captured:
            shown = get(world, "captain", "me/").json()
        assert (len(shown["participations"]), len(shown["teams"])) == (rows, rows)
        assert len(captured) == 5


def test_a_participant_founds_a_team_and_is_its_captain(world: World, newcomer: str) -> None:
    response = post(world, newcomer, teams_path(world), {"name": "  New   team "})
    assert response.status_code == 201
    assert response.json()["name"] == "New team"
    assert [member["role"] for member in response.json()["members"]] == ["captain"]
    assert Team.objects.get(pk=response.json()["id"]).hackathon == world.hackathon


@pytest.mark.parametrize(
    ("who", "status", "code"),
    [
        ("captain", 409, "in_a_team"),
        ("rival", 409, "in_a_team"),
        ("organizer", 403, "not_participant"),
        ("judge", 403, "not_participant"),
        ("outsider", 403, "not_participant"),
        ("anonymous", 401, "not_authenticated"),
    ],
)
def test_nobody_else_founds_one(world: World, who: str, status: int, code: str) -> None:
    response = post(world, who, teams_path(world), {"name": "Another"})
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert Team.objects.count() == 2


@pytest.mark.parametrize("name", ["Otters", "otters", " OTTERS "])
def test_a_name_is_taken_in_any_spelling(world: World, newcomer: str, name: str) -> None:
    response = post(world, newcomer, teams_path(world), {"name": name})
    assert (response.status_code, response.json()["code"]) == (409, "name_taken")


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, None, ["a"], "a\x00b"])
def test_a_bad_name_is_refused(world: World, newcomer: str, name: object) -> None:
    response = post(world, newcomer, teams_path(world), {"name": name})
    assert response.status_code == 400
    assert [field for _code, field in errors(response)] == ["name"]
    assert Team.objects.count() == 2


@pytest.mark.parametrize("field", ["is_reserved", "hackathon", "members", "id", "created_at", "max_team_size"])
def test_fields_that_are_not_for_the_client_are_refused(world: World, newcomer: str, field: str) -> None:
    response = post(world, newcomer, teams_path(world), {"name": "Another", field: True})
    assert response.status_code == 400
    assert errors(response) == [("unknown_field", field)]


def test_no_team_is_founded_after_the_end(world: World, newcomer: str) -> None:
    world.hackathon.ends_at = db_now() - timedelta(seconds=1)
    world.hackathon.save()
    response = post(world, newcomer, teams_path(world), {"name": "Late"})
    assert (response.status_code, response.json()["code"]) == (403, "hackathon_over")


def test_a_team_takes_people_up_to_its_size(world: World) -> None:
    world.hackathon.max_team_size = 3
    world.hackathon.save()
    team = Team.objects.get(pk=world.team.pk)
    people: list[User] = [ParticipationFactory(hackathon=world.hackathon).user for _ in range(2)]
    add_member(team=team, user=people[0])
    with pytest.raises(Conflict) as full:
        add_member(team=team, user=people[1])
    assert full.value.code == "team_full"
    with pytest.raises(Conflict):
        add_member(team=Team.objects.get(pk=world.rivals.pk), user=people[0])
    assert Membership.objects.filter(user__in=people).count() == 1


@pytest.mark.parametrize(
    ("who", "status"),
    [("rival", 404), ("outsider", 404), ("organizer", 404), ("judge", 404), ("anonymous", 401)],
)
def test_only_a_member_leaves(world: World, who: str, status: int) -> None:
    assert post(world, who, f"teams/{world.team.pk}/leave/").status_code == status
    assert not Membership.objects.filter(left_at__isnull=False).exists()


def test_when_the_captain_leaves_the_other_becomes_captain(world: World) -> None:
    assert post(world, "captain", f"teams/{world.team.pk}/leave/").status_code == 204
    assert get(world, "captain", "me/").json()["teams"] == []
    mine = Membership.objects.get(user=world.teammate)
    assert mine.role == MembershipRole.CAPTAIN
    assert post(world, "captain", f"teams/{world.team.pk}/leave/").status_code == 404


def test_leaving_takes_no_field(world: World) -> None:
    response = post(world, "captain", f"teams/{world.team.pk}/leave/", {"user": str(world.teammate.pk)})
    assert (response.status_code, response.json()["code"]) == (400, "unknown_field")


def test_a_team_founded_by_mistake_goes_away_with_its_founder(world: World, newcomer: str) -> None:
    team = post(world, newcomer, teams_path(world), {"name": "Tpyo"}).json()["id"]
    assert post(world, newcomer, f"teams/{team}/leave/").status_code == 204
    assert get(world, newcomer, f"teams/{team}/").status_code == 404
    assert post(world, newcomer, teams_path(world), {"name": "Typo"}).status_code == 201


def test_leaving_and_founding_anew_brings_no_second_quota(world: World) -> None:
    assert submit(world, "rival").status_code == 201
    assert post(world, "rival", f"teams/{world.rivals.pk}/leave/").status_code == 204
    response = post(world, "rival", teams_path(world), {"name": "Rivals again"})
    assert (response.status_code, response.json()["code"]) == (409, "has_left_a_team")
    assert Team.objects.filter(pk=world.rivals.pk).exists()  # it has submitted: its record stays
    assert submit(world, "rival").status_code == 403


def test_a_team_of_another_hackathon_is_free(world: World) -> None:
    other = ParticipationFactory(user=world.captain)
    response = post(world, "captain", f"hackathons/{other.hackathon.slug}/teams/", {"name": "Otters"})
    assert response.status_code == 201


def test_a_person_of_another_hackathon_founds_none_here(world: World) -> None:
    user = UserFactory()
    ParticipationFactory(user=user)
    token = create_api_token(user=user, name="tests")[1]
    response = bearer(token).post(f"/api/{teams_path(world)}", {"name": "Strangers"})
    assert (response.status_code, response.json()["code"]) == (403, "not_participant")
