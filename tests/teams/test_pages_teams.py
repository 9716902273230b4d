"""Joining a hackathon, founding a team, its page, leaving it: in the browser, as everybody."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from hackathon.enums import Role, Visibility
from hackathon.errors import NotAllowed
from hackathon.models import Organization, Participation
from hackathon.services.participation import join_hackathon
from teams.models import Membership, MembershipRole, Team
from teams.services.membership import create_team
from tests.factories import MembershipFactory, TeamFactory, World, make_world
from tests.pages import EVERYBODY, browser_of, html, page, without_noise

pytestmark = pytest.mark.django_db

ALONE = {"stands_for": "alone"}
ORGANIZATION = {"stands_for": "organization", "organization": "University of Otters"}


def join_path(world: World) -> str:
    return f"/h/{world.hackathon.slug}/join/"


def create_path(world: World) -> str:
    return f"/h/{world.hackathon.slug}/new-team/"


def team_path(world: World) -> str:
    return f"/t/{world.team.pk}/"


def end(world: World) -> None:
    world.hackathon.ends_at = timezone.now() - timedelta(seconds=1)
    world.hackathon.save()


# --- joining a hackathon --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", EVERYBODY)
def test_the_join_page_is_for_who_takes_no_part(world: World, who: str) -> None:
    response = page(world, who, join_path(world))
    if who == "outsider":
        assert response.status_code == 200
        text = html(response)
        assert f'name="organization" value="{world.outsider.organization.name}"' in text
        assert re.search(r'value="organization"[^>]* checked', text)
        assert "The other people of the hackathon see your name too, but not your e-mail address." in text
    elif who == "anonymous":
        assert response["Location"] == f"/login/?next={join_path(world)}"
    else:
        assert response["Location"] == f"/h/{world.hackathon.slug}/"


def test_an_outsider_joins_as_participant_for_their_organization(world: World) -> None:
    browser = browser_of(world, "outsider")
    for name in (world.outsider.organization.name.upper(), "Another"):  # a second click changes nothing
        assert browser.post(join_path(world), ORGANIZATION | {"organization": name}).status_code == 302
    part = Participation.objects.get(user=world.outsider)
    assert (part.hackathon, part.role) == (world.hackathon, Role.PARTICIPANT)
    assert part.organization == world.outsider.organization
    assert not Organization.objects.filter(name="Another").exists()
    assert create_path(world) in html(browser.get(f"/h/{world.hackathon.slug}/"))


def test_one_joins_on_ones_own_whatever_the_profile_says(world: World) -> None:
    browser_of(world, "outsider").post(join_path(world), ALONE)
    assert Participation.objects.get(user=world.outsider).organization is None
    create_team(user=world.outsider, hackathon=world.hackathon, name="Solo")
    text = html(page(world, "anonymous", f"/h/{world.hackathon.slug}/"))
    assert "Solo" in text
    assert world.outsider.organization.name not in text


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "stands_for"),
        ({"stands_for": "both"}, "stands_for"),
        ({"stands_for": "organization", "organization": " "}, "organization"),
        ({"stands_for": "organization", "organization": "\u200b"}, "organization"),
    ],
)
def test_nobody_joins_before_they_have_said_for_whom(world: World, data: dict[str, str], field: str) -> None:
    text = html(browser_of(world, "outsider").post(join_path(world), data | {"sent": "1"}))
    assert f'id="id_{field}_error"' in text
    assert not Participation.objects.filter(user=world.outsider).exists()


def test_ones_organization_can_be_changed_from_the_teams_page(world: World) -> None:
    browser, address = browser_of(world, "teammate"), f"/h/{world.hackathon.slug}/organization/"
    assert address in html(browser.get(team_path(world)))
    assert f'value="{world.teammate.organization.name}"' in html(browser.get(address))
    response = browser.post(address, ORGANIZATION | {"organization": "Institute  of Otters"})
    assert response["Location"] == team_path(world)
    assert "Institute of Otters" in html(browser.get(team_path(world)))
    part = Participation.objects.get(user=world.teammate)
    assert part.organization != world.teammate.organization
    browser.post(address, ALONE)
    part.refresh_from_db()
    assert part.organization is None
    assert re.search(r'value="alone"[^>]* checked', html(browser.get(address)))
    assert browser_of(world, "outsider").post(address, ALONE).status_code == 404
    end(world)
    assert browser.post(address, ORGANIZATION).status_code == 403
    part.refresh_from_db()
    assert part.organization is None
    assert address not in html(browser.get(team_path(world)))


@pytest.mark.parametrize("who", ["organizer", "judge", "captain"])
def test_joining_keeps_the_role_one_has(world: World, who: str) -> None:
    before = Participation.objects.get(user=getattr(world, who)).role
    browser_of(world, who).post(join_path(world), ALONE | {"role": "organizer"})
    assert Participation.objects.get(user=getattr(world, who)).role == before


def test_nobody_makes_themselves_an_organizer(world: World) -> None:
    browser_of(world, "outsider").post(join_path(world), ALONE | {"role": "organizer"})
    assert Participation.objects.get(user=world.outsider).role == Role.PARTICIPANT


def test_a_private_hackathon_is_joined_by_its_organizers_only() -> None:
    world = make_world(visibility=Visibility.PRIVATE)
    assert page(world, "outsider", join_path(world)).status_code == 404
    assert browser_of(world, "outsider").post(join_path(world)).status_code == 404
    with pytest.raises(NotAllowed) as refused:
        join_hackathon(user=world.outsider, hackathon=world.hackathon)
    assert refused.value.code == "not_public"
    assert not Participation.objects.filter(user=world.outsider).exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_joins_after_the_end(world: World, method: str) -> None:
    end(world)
    response = getattr(browser_of(world, "outsider"), method)(join_path(world))
    assert (response.status_code, response.context["error"].code) == (403, "hackathon_over")
    assert not Participation.objects.filter(user=world.outsider).exists()


def test_a_superuser_does_not_compete(world: World) -> None:
    world.outsider.is_superuser = True
    world.outsider.save()
    with pytest.raises(NotAllowed):
        join_hackathon(user=world.outsider, hackathon=world.hackathon)


# --- founding a team ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("captain", 302),
        ("teammate", 302),
        ("rival", 302),
        ("outsider", 403),
        ("organizer", 403),
        ("judge", 403),
        ("anonymous", 302),
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_who_may_not_found_a_team(world: World, who: str, status: int, method: str) -> None:
    response = getattr(browser_of(world, who), method)(create_path(world), {"name": "Another"})
    assert response.status_code == status
    assert Team.objects.count() == 2


@pytest.mark.parametrize(("size", "said"), [(1, "at most 1 person;"), (2, "at most 2 people;")])
def test_a_number_goes_with_its_noun(world: World, size: int, said: str) -> None:
    world.hackathon.max_team_size = size
    world.hackathon.save()
    join_hackathon(user=world.outsider, hackathon=world.hackathon)
    assert said in html(page(world, "outsider", create_path(world)))


def test_a_participant_founds_a_team_and_lands_on_its_page(world: World) -> None:
    join_hackathon(user=world.outsider, hackathon=world.hackathon)
    browser = browser_of(world, "outsider")
    assert browser.get(create_path(world)).status_code == 200
    response = browser.post(create_path(world), {"name": " The  newest "})
    team = Team.objects.get(name="The newest")
    assert response["Location"] == f"/t/{team.pk}/"
    assert team.memberships.get().role == MembershipRole.CAPTAIN
    assert browser.get(create_path(world))["Location"] == f"/t/{team.pk}/"


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "required"),
        ("  ", "required"),
        ("x" * 81, "at most 80"),
        ("OTTERS", "A team with this name already exists."),
    ],
)
def test_a_bad_name_is_said_beside_its_field(world: World, name: str, problem: str) -> None:
    join_hackathon(user=world.outsider, hackathon=world.hackathon)
    text = html(browser_of(world, "outsider").post(create_path(world), {"name": name}))
    assert problem in text
    assert re.search(r'id="id_name_error"', text)
    assert Team.objects.count() == 2


# --- the team's page ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", EVERYBODY)
def test_the_page_is_the_teams_and_the_organizers(world: World, who: str) -> None:
    response = page(world, who, team_path(world))
    if who == "anonymous":
        assert response["Location"] == f"/login/?next={team_path(world)}"
    elif who in {"captain", "teammate", "organizer"}:
        text = html(response)
        assert all(f">{person}" in text for person in (world.captain, world.teammate))
        assert world.teammate.organization.name in text
        assert f"/c/{world.challenge.slug}/leaderboard/" in text
        assert ("Create an invitation" in text) is (who == "captain")
        assert ("/leave/" in text) is (who != "organizer")
        assert (f"/submissions/?hackathon={world.hackathon.slug}" in text) is (who != "organizer")
        assert "@" not in text
    else:
        assert response.status_code == 404


def test_a_foreign_team_looks_like_one_that_never_was(world: World) -> None:
    random = uuid4()
    found, missing = page(world, "rival", team_path(world)), page(world, "rival", f"/t/{random}/")
    assert without_noise(html(found), world.team.pk) == without_noise(html(missing), random)


def test_the_organizers_own_team_has_no_page(world: World) -> None:
    reserved = TeamFactory(hackathon=world.hackathon, is_reserved=True)
    assert page(world, "organizer", f"/t/{reserved.pk}/").status_code == 404


def test_the_organization_is_the_one_they_stand_for_here(world: World) -> None:
    part = Participation.objects.get(user=world.teammate)
    part.organization = world.rival.organization
    part.save()
    text = html(page(world, "captain", team_path(world)))
    assert world.rival.organization.name in text
    assert world.teammate.organization.name not in text


@pytest.mark.parametrize("state", ["full", "locked", "over"])
def test_a_team_without_room_says_so_instead_of_the_form(world: World, state: str) -> None:
    if state == "over":
        end(world)
    elif state == "full":
        world.hackathon.max_team_size = 2
        world.hackathon.save()
    else:
        Team.objects.filter(pk=world.team.pk).update(is_locked=True)
    text = html(page(world, "captain", team_path(world)))
    assert state in text
    assert "Create an invitation" not in text


def test_a_removed_member_gets_404_at_the_next_request(world: World) -> None:
    browser = browser_of(world, "teammate")
    assert browser.get(team_path(world)).status_code == 200
    Membership.objects.filter(user=world.teammate).update(left_at=timezone.now())
    assert browser.get(team_path(world)).status_code == 404
    assert browser.post(team_path(world), {"email": ""}).status_code == 404
    assert browser.post(f"{team_path(world)}leave/").status_code == 404


@pytest.mark.parametrize("who", EVERYBODY)
def test_only_members_leave(world: World, who: str) -> None:
    response = browser_of(world, who).post(f"{team_path(world)}leave/")
    assert response.status_code == (302 if who in {"captain", "teammate", "anonymous"} else 404)
    left = Membership.objects.filter(left_at__isnull=False)
    assert [str(row.user) for row in left] == ([who.title()] if who in {"captain", "teammate"} else [])
    assert browser_of(world, who).get(f"{team_path(world)}leave/").status_code == 405


def test_leaving_closes_the_page_and_hands_the_captaincy_on(world: World) -> None:
    browser = browser_of(world, "captain")
    response = browser.post(f"{team_path(world)}leave/", follow=True)
    assert response.redirect_chain == [(f"/h/{world.hackathon.slug}/", 302)]
    assert "You have left the team Otters." in html(response)
    assert browser.get(team_path(world)).status_code == 404
    assert "Create an invitation" in html(page(world, "teammate", team_path(world)))


def test_a_founder_by_mistake_leaves_and_founds_anew(world: World) -> None:
    join_hackathon(user=world.outsider, hackathon=world.hackathon)
    browser = browser_of(world, "outsider")
    team = browser.post(create_path(world), {"name": "Tpyo"})["Location"]
    assert browser.post(f"{team}leave/").status_code == 302
    assert browser.get(team).status_code == 404
    assert browser.post(create_path(world), {"name": "Typo"}).status_code == 302
    assert Team.objects.filter(name="Typo").exists()


def test_pages_link_to_ones_team_and_to_what_comes_next(world: World) -> None:
    path = f"/h/{world.hackathon.slug}/"
    for address in ("/", path):
        assert team_path(world) in html(page(world, "captain", address))
        assert team_path(world) not in html(page(world, "rival", address))
        assert join_path(world) in html(page(world, "outsider", address))
    assert team_path(world) in html(page(world, "organizer", path))
    join_hackathon(user=world.outsider, hackathon=world.hackathon)
    assert create_path(world) in html(page(world, "outsider", path))


def test_the_page_takes_as_many_queries_for_many_members(
    world: World, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    browser = browser_of(world, "captain")
    for rows in (2, 30):
        assert world.team.memberships.count() == rows
        with django_assert_num_queries(8):  # type: ignore[operator]
            browser.get(team_path(world))
        for _ in range(28):
            MembershipFactory(team=world.team)


def listed_teams(text: str) -> list[str]:
    return [name.strip() for name in re.findall(r'<th scope="row">\s*(?:<a [^>]*>)?<bdi>([^<]+)', text)]


def test_a_hackathons_teams_come_page_by_page_the_own_one_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("teams.selectors.TEAMS_PER_PAGE", 3)
    for name in ("Aardvarks", "Bees", "Cats", "Tigers"):
        TeamFactory(hackathon=world.hackathon, name=name)
    path = f"/h/{world.hackathon.slug}/"
    pages = [html(page(world, "captain", f"{path}?page={number}")) for number in (1, 2, "99", "x")]
    found = [listed_teams(text) for text in pages]
    assert found == [["Otters", "Aardvarks", "Bees", "Cats"], ["Otters", "Rivals", "Tigers"], found[1], found[0]]
    assert [('href="?page=2"' in text, 'href="?page=1"' in text) for text in pages[:2]] == [
        (True, False),
        (False, True),
    ]
    assert listed_teams(html(page(world, "anonymous", path))) == ["Aardvarks", "Bees", "Cats"]
    assert 'class="muted num">6</span>' in pages[0]


def test_members_are_led_to_submitting_until_the_hackathon_is_over(world: World) -> None:
    link = f'href="/c/{world.challenge.slug}/submit/"'
    assert [link in html(page(world, who, team_path(world))) for who in ("captain", "teammate")] == [True, True]
    assert link not in html(page(world, "rival", team_path(world)))
    end(world)
    assert link not in html(page(world, "captain", team_path(world)))
