"""What a captain decides: who is in the team, and who is captain next. By page and by API, under the same rules."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from submissions.models import Quota
from teams.models import Membership, MembershipRole
from tests import api
from tests.factories import CONFIG, MembershipFactory, ParticipationFactory, World
from tests.pages import EVERYBODY, browser_of, html, page


def membership(world: World, who: str) -> Membership:
    return Membership.objects.get(user=getattr(world, who))


def act(world: World, who: str, member: Membership, what: str, way: str) -> int:
    path = f"members/{member.pk}/{what}/"
    if way == "page":
        status: int = browser_of(world, who).post(f"/t/{world.team.pk}/{path}").status_code
        return status
    return int(api.post(world, who, f"teams/{world.team.pk}/{path}").status_code)


def expected(who: str, way: str) -> int:
    if who == "captain":
        return 302 if way == "page" else 200
    if who == "anonymous":
        return 302 if way == "page" else 401
    return 403 if who in {"teammate", "organizer"} else 404


@pytest.mark.parametrize("way", ["page", "api"])
@pytest.mark.parametrize("who", EVERYBODY)
def test_who_may_remove_a_member(world: World, who: str, way: str) -> None:
    member = MembershipFactory(team=world.team, user=ParticipationFactory(hackathon=world.hackathon).user)
    assert act(world, who, member, "remove", way) == expected(who, way)
    member.refresh_from_db()
    assert (member.left_at is not None) is (who == "captain")


@pytest.mark.parametrize("way", ["page", "api"])
@pytest.mark.parametrize("who", EVERYBODY)
def test_who_may_hand_the_captaincy_over(world: World, who: str, way: str) -> None:
    assert act(world, who, membership(world, "teammate"), "captain", way) == expected(who, way)
    roles = [membership(world, name).role for name in ("captain", "teammate")]
    kept = [MembershipRole.CAPTAIN, MembershipRole.MEMBER]
    assert roles == (kept[::-1] if who == "captain" else kept)


@pytest.mark.parametrize("way", ["page", "api"])
@pytest.mark.parametrize("what", ["remove", "captain"])
def test_what_the_rules_forbid(world: World, what: str, way: str) -> None:
    assert act(world, "captain", membership(world, "captain"), what, way) == 409
    assert act(world, "captain", membership(world, "rival"), what, way) == 404
    gone = MembershipFactory(team=world.team, user=ParticipationFactory(hackathon=world.hackathon).user)
    Membership.objects.filter(pk=gone.pk).update(left_at=timezone.now())
    assert act(world, "captain", gone, what, way) == 404
    world.hackathon.ends_at = timezone.now() - timedelta(seconds=1)
    world.hackathon.save()
    assert act(world, "captain", membership(world, "teammate"), what, way) == 409
    roles = [membership(world, name).role for name in ("captain", "teammate")]
    assert roles == [MembershipRole.CAPTAIN, MembershipRole.MEMBER]


def test_who_is_removed_is_out_at_the_next_request_and_gains_no_quota(world: World) -> None:
    run = api.submit(world, "teammate", body={"phase": str(world.phase.pk), "config": CONFIG}).json()["id"]
    browser, quota = browser_of(world, "teammate"), Quota.objects.values().get()
    paths = [f"/s/{run}/", f"/t/{world.team.pk}/", f"/s/{run}/edit/"]
    assert [browser.get(path).status_code for path in paths] == [200] * 3
    assert act(world, "captain", membership(world, "teammate"), "remove", "page") == 302
    assert [browser.get(path).status_code for path in paths] == [404] * 3
    assert api.get(world, "teammate", f"submissions/{run}/").status_code == 404
    founded = api.post(world, "teammate", f"hackathons/{world.hackathon.slug}/teams/", {"name": "Second"})
    assert (founded.status_code, founded.json()["code"]) == (409, "has_left_a_team")
    assert api.submit(world, "teammate").json()["code"] == "no_team"
    assert api.get(world, "captain", f"submissions/{run}/").status_code == 200
    assert Quota.objects.values().get() == quota


def test_the_page_offers_it_to_the_captain_alone(world: World) -> None:
    path = f"/t/{world.team.pk}/"
    remove = f"{path}members/{membership(world, 'teammate').pk}/remove/"
    for who in ("captain", "teammate", "organizer"):
        assert (f'action="{remove}"' in html(page(world, who, path))) is (who == "captain")
    said = html(browser_of(world, "captain").post(remove, follow=True))
    assert "Teammate is not in the team any more." in said
    assert browser_of(world, "captain").get(remove).status_code == 405
    assert browser_of(world, "captain", enforce_csrf_checks=True).post(remove).status_code == 403
