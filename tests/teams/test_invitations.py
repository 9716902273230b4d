"""Invitations: a key that opens one team once, for those it is meant for, while there is room."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from hackathon.accounts.tokens import digest_of
from hackathon.enums import Role, Visibility
from hackathon.errors import Conflict
from hackathon.models import Organization, Participation, User
from teams.models import Invitation, Membership, Team
from teams.services.invitations import PER_DAY, accept_invitation, create_invitation, revoke_invitation
from tests.factories import MembershipFactory, ParticipationFactory, UserFactory, World, make_world
from tests.mails import delivered
from tests.pages import EVERYBODY, HOSTILE, browser_of, html, live_markup, page

pytestmark = pytest.mark.django_db

NEWCOMER = {"stands_for": "organization", "organization": "University of Otters"}
"""What somebody says who joins the hackathon with the invitation."""


def invite(world: World, email: str = "") -> str:
    """The path of a new invitation of the captain's."""
    return create_invitation(team=world.team, user=world.captain, email=email)[1].removeprefix(settings.SITE_URL)


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def newcomer(world: World) -> User:
    user: User = ParticipationFactory(hackathon=world.hackathon).user
    return user


def is_in(team: Team, user: User) -> bool:
    return Membership.objects.current().filter(team=team, user=user).exists()


def code_of(response: Any) -> tuple[int, str]:
    """Status and domain code of an error page."""
    return response.status_code, response.context["error"].code


def test_a_link_asks_and_then_opens_the_team_once(world: World, newcomer: User) -> None:
    path = invite(world)
    shown = browser(newcomer).get(path)
    assert (shown.status_code, "Join the team <bdi>Otters</bdi>?" in html(shown)) == (200, True)
    assert not is_in(world.team, newcomer)  # reading it joins nothing
    response = browser(newcomer).post(path)
    assert response["Location"] == f"/t/{world.team.pk}/"
    assert is_in(world.team, newcomer)
    row = Invitation.objects.get()
    assert (row.used_by, row.used_at is None) == (newcomer, False)


@pytest.mark.parametrize("method", ["get", "post"])
def test_used_revoked_expired_and_forged_links_say_which_they_are(world: World, newcomer: User, method: str) -> None:
    used, revoked, expired, of_a_gone_member = (invite(world) for _ in range(4))
    accept_invitation(user=ParticipationFactory(hackathon=world.hackathon).user, token=used.split("/")[2])
    rows = {row.digest: row for row in Invitation.objects.all()}
    revoke_invitation(invitation=rows[digest_of(revoked.split("/")[2])], user=world.captain)
    Invitation.objects.filter(digest=digest_of(expired.split("/")[2])).update(expires_at=timezone.now())
    Invitation.objects.filter(digest=digest_of(of_a_gone_member.split("/")[2])).update(created_by=world.rival)
    forged = [f"/i/{rows[digest_of(revoked.split('/')[2])].digest}/", f"/i/{uuid4()}/", used[:-2] + "/", "/i/hti_/"]
    gone = {
        used: "invitation_used",
        revoked: "invitation_revoked",
        expired: "invitation_expired",
        of_a_gone_member: "invitation_revoked",
    }
    for path, code in gone.items():
        response = getattr(browser(newcomer), method)(path)
        assert code_of(response) == (410, code)
        assert "Ask the captain of the team for a new one." in html(response)
        assert code_of(Client().get(path)) == (410, code)
    for path in forged:
        assert code_of(getattr(browser(newcomer), method)(path)) == (404, "not_found")
        assert code_of(Client().get(path)) == (404, "not_found")
    assert not is_in(world.team, newcomer)


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_mailed_invitation_is_for_its_mailbox(world: World, newcomer: User, method: str) -> None:
    path = invite(world, "somebody@example.org")
    assert code_of(getattr(browser(newcomer), method)(path)) == (403, "invitation_of_another")
    assert not is_in(world.team, newcomer)
    meant = UserFactory(email=" SomeBody@Example.org")
    assert browser(meant).post(path, NEWCOMER).status_code == 302
    assert is_in(world.team, meant)
    assert code_of(browser(UserFactory(email="x@example.org")).post(path)) == (410, "invitation_used")


@pytest.mark.parametrize(
    ("who", "status", "code"),
    [
        ("captain", 409, "in_a_team"),
        ("teammate", 409, "in_a_team"),
        ("rival", 409, "in_a_team"),
        ("judge", 403, "not_participant"),
        ("organizer", 403, "not_participant"),
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_who_may_not_join_is_told_why(world: World, who: str, status: int, code: str, method: str) -> None:
    path, before = invite(world), Membership.objects.count()
    assert code_of(getattr(browser_of(world, who), method)(path)) == (status, code)
    assert Membership.objects.count() == before
    assert Invitation.objects.get().used_at is None  # nobody has wasted it


@pytest.mark.parametrize("email", ["", "new@example.org"])
def test_who_is_not_logged_in_sees_what_they_are_invited_to(world: World, email: str) -> None:
    path = invite(world, email)
    response = Client().get(path)
    text = html(response)
    assert "Join the team <bdi>Otters</bdi>?" in text
    assert f"<bdi>{world.hackathon.name}</bdi>" in text
    assert "<bdi>Captain</bdi>" in text
    expires_at = Invitation.objects.get().expires_at
    assert f"{expires_at:%Y-%m-%d %H:%M}" in text
    assert f'class="button primary" href="/signup/?next={path}"' in text
    assert f'class="button" href="/login/?next={path}"' in text
    assert ("Use the e-mail address that this invitation was sent to." in text) is bool(email)
    assert "new@example.org" not in text
    assert "no-store" in response["Cache-Control"]
    assert Client().post(path)["Location"] == f"/login/?next={path}"
    assert Invitation.objects.get().used_at is None


@pytest.mark.parametrize("state", ["team_full", "team_locked", "hackathon_over"])
def test_nobody_signs_up_for_an_invitation_that_leads_nowhere(world: World, state: str) -> None:
    path = invite(world)
    if state == "team_full":
        world.hackathon.max_team_size = 2
    elif state == "hackathon_over":
        world.hackathon.ends_at = timezone.now()
    world.hackathon.save()
    Team.objects.filter(pk=world.team.pk).update(is_locked=state == "team_locked")
    assert code_of(Client().get(path))[1] == state


@pytest.mark.parametrize("same_browser", [True, False])
def test_signing_up_and_confirming_the_mail_leads_back_to_the_invitation(world: World, same_browser: bool) -> None:
    path, client = invite(world), Client()
    signup = f"/signup/?next={path}"
    assert f'name="next" value="{path}"' in html(client.get(signup))
    form = {"name": "Ada", "email": "ada@example.org", "password1": "a-Long-pass-phrase-7", "next": path}
    assert client.post("/signup/", form)["Location"] == "/account/confirm/"
    (sent,) = [mail for mail in delivered() if "/account/confirm/" in mail.body]
    link = next(word for word in sent.body.split() if "/account/confirm/" in word).removeprefix(settings.SITE_URL)
    opener = client if same_browser else Client()
    assert "Confirm</button>" in html(opener.get(link))
    assert opener.post(link)["Location"] == path
    if not same_browser:
        assert f"/login/?next={path}" in html(opener.get(path))
        logged_in = opener.post("/login/", {"login": form["email"], "password": form["password1"], "next": path})
        assert logged_in["Location"] == path
    assert opener.post(path, NEWCOMER)["Location"] == f"/t/{world.team.pk}/"
    assert is_in(world.team, User.objects.get(email="ada@example.org"))


def test_a_confirmation_leads_to_no_other_site(world: World) -> None:
    form = {"name": "Ada", "email": "ada@example.org", "password1": "a-Long-pass-phrase-7", "next": "//evil.example/"}
    Client().post("/signup/", form)
    (sent,) = delivered()
    assert "evil" not in sent.body


def test_who_takes_no_part_yet_joins_the_public_hackathon_with_it(world: World) -> None:
    path = invite(world)
    assert "You also join the hackathon." in html(page(world, "outsider", path))
    assert not Participation.objects.filter(user=world.outsider).exists()
    said = browser_of(world, "outsider").post(path, {"sent": "1"})
    assert 'id="id_stands_for_error"' in html(said)
    assert not Participation.objects.filter(user=world.outsider).exists()
    browser_of(world, "outsider").post(path, NEWCOMER)
    part = Participation.objects.get(user=world.outsider)
    assert (part.role, part.organization) == (Role.PARTICIPANT, Organization.objects.get(name="University of Otters"))
    assert is_in(world.team, world.outsider)


def test_an_invitation_opens_no_private_hackathon() -> None:
    world = make_world(visibility=Visibility.PRIVATE)
    path = invite(world, world.outsider.email)
    for response in (page(world, "outsider", path), browser_of(world, "outsider").post(path)):
        assert code_of(response) == (404, "not_found")
        assert world.hackathon.name not in html(response)
    assert not Participation.objects.filter(user=world.outsider).exists()


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("state", ["team_full", "team_locked"])
def test_a_full_or_locked_team_takes_nobody(world: World, newcomer: User, state: str, method: str) -> None:
    path = invite(world)
    if state == "team_full":
        world.hackathon.max_team_size = 2
        world.hackathon.save()
    else:
        Team.objects.filter(pk=world.team.pk).update(is_locked=True)
    response = getattr(browser(newcomer), method)(path)
    assert code_of(response) == (409, state)
    assert response.context["error"].hint
    assert Invitation.objects.get().used_at is None
    assert not is_in(world.team, newcomer)
    with pytest.raises(Conflict) as refused:
        create_invitation(team=Team.objects.get(pk=world.team.pk), user=world.captain)
    assert refused.value.code == state


def test_a_failed_accept_leaves_no_part_in_the_hackathon(world: World) -> None:
    path = invite(world)
    Team.objects.filter(pk=world.team.pk).update(is_locked=True)
    assert browser_of(world, "outsider").post(path).status_code == 409
    assert not Participation.objects.filter(user=world.outsider).exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_has_left_a_team_gets_no_second_quota_by_a_link(world: World, method: str) -> None:
    path = invite(world)
    Membership.objects.filter(user=world.rival).update(left_at=timezone.now())
    assert code_of(getattr(browser_of(world, "rival"), method)(path)) == (409, "has_left_a_team")


@pytest.mark.parametrize("who", ["newcomer", "outsider"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_nothing_is_accepted_after_the_end(world: World, newcomer: User, who: str, method: str) -> None:
    path = invite(world)
    world.hackathon.ends_at = timezone.now() - timedelta(seconds=1)
    world.hackathon.save()
    user = newcomer if who == "newcomer" else world.outsider
    assert code_of(getattr(browser(user), method)(path)) == (403, "hackathon_over")


# --- making and revoking --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", EVERYBODY)
def test_the_captain_alone_invites(world: World, who: str) -> None:
    response = browser_of(world, who).post(f"/t/{world.team.pk}/", {"email": ""})
    expected = {"captain": 200, "teammate": 403, "organizer": 403, "anonymous": 302}
    assert response.status_code == expected.get(who, 404)
    assert Invitation.objects.count() == (who == "captain")


def test_the_link_is_shown_once_and_kept_as_a_hash(world: World, newcomer: User) -> None:
    captain = browser_of(world, "captain")
    response = captain.post(f"/t/{world.team.pk}/", {"email": ""})
    token = html(response).split(f"{settings.SITE_URL}/i/")[1].split("/")[0]
    row = Invitation.objects.get()
    assert row.digest == digest_of(token)
    assert "no-store" in response["Cache-Control"]
    again = html(captain.get(f"/t/{world.team.pk}/"))
    assert "Anyone with the link" in again
    assert token not in again
    assert row.digest not in again
    assert browser(newcomer).post(f"/i/{token}/").status_code == 302


def test_a_mail_is_written_with_the_invitation(world: World) -> None:
    world.captain.name = "Cap\nBcc: all@example.org"
    world.captain.save()
    path = invite(world, "new@example.org")
    (sent,) = delivered()
    assert (sent.to, sent.bcc, sent.subject) == (["new@example.org"], [], "Invitation to the team “Otters”")
    assert settings.SITE_URL + path in sent.body
    assert "Cap Bcc: all@example.org invites you" in sent.body


def test_a_bad_address_is_said_beside_its_field(world: World) -> None:
    response = browser_of(world, "captain").post(f"/t/{world.team.pk}/", {"email": "a@b\nBcc: c@example.org"})
    assert "Enter a valid email address." in html(response)
    assert 'aria-invalid="true"' in html(response)
    assert Invitation.objects.count() == 0


def test_a_team_does_not_mail_the_world(world: World) -> None:
    for _ in range(PER_DAY):
        invite(world)
    response = browser_of(world, "captain").post(f"/t/{world.team.pk}/", {"email": "one@example.org"})
    assert code_of(response) == (409, "too_many_invitations")
    assert delivered() == []


@pytest.mark.parametrize("who", EVERYBODY)
def test_the_captain_alone_revokes(world: World, newcomer: User, who: str) -> None:
    path, row = invite(world), Invitation.objects.get()
    response = browser_of(world, who).post(f"/t/{world.team.pk}/invitations/{row.pk}/revoke/")
    expected = {"captain": 302, "teammate": 403, "organizer": 403, "anonymous": 302}
    assert response.status_code == expected.get(who, 404)
    row.refresh_from_db()
    assert (row.revoked_at is not None) is (who == "captain")
    assert browser(newcomer).post(path).status_code == (410 if who == "captain" else 302)


def test_another_teams_invitation_is_not_revoked_through_ones_own(world: World) -> None:
    invite(world)
    row = Invitation.objects.get()
    path = f"/t/{world.rivals.pk}/invitations/{row.pk}/revoke/"
    assert browser_of(world, "rival").post(path).status_code == 404
    row.refresh_from_db()
    assert row.revoked_at is None


def test_a_used_invitation_cannot_be_revoked(world: World, newcomer: User) -> None:
    browser(newcomer).post(invite(world))
    row = Invitation.objects.get()
    path = f"/t/{world.team.pk}/invitations/{row.pk}/revoke/"
    assert browser_of(world, "captain").post(path).status_code == 404
    row.refresh_from_db()
    assert row.revoked_at is None


def test_posts_need_the_forms_token(world: World, newcomer: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(newcomer)
    assert client.post(invite(world)).status_code == 403
    assert not is_in(world.team, newcomer)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("links", [1, 4])
def test_the_last_place_and_a_single_use_go_to_one_of_many_at_once(
    transactional_db: None, world: World, links: int
) -> None:
    """Four people press the button together: with one link, or each with their own where one place is left."""
    world.hackathon.max_team_size = 6 if links == 1 else 3
    world.hackathon.save()
    paths = [invite(world) for _ in range(links)] * (4 // links)
    people = [ParticipationFactory(hackathon=world.hackathon).user for _ in paths]
    browsers, gate, answers = [browser(user) for user in people], threading.Barrier(4), []

    def run(client: Client, path: str) -> None:
        gate.wait()
        try:
            answers.append(client.post(path).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in zip(browsers, paths, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [302, *[410 if links == 1 else 409] * 3]
    assert Membership.objects.filter(team=world.team).count() == 3
    assert Invitation.objects.filter(used_at__isnull=False).count() == 1


def test_the_admin_shows_no_digest_and_revokes(world: World) -> None:
    path, row = invite(world), Invitation.objects.get()
    world.organizer.is_staff = world.organizer.is_superuser = True
    world.organizer.save()
    chief = browser_of(world, "organizer")
    for address in ("/admin/teams/invitation/", f"/admin/teams/invitation/{row.pk}/change/"):
        text = html(chief.get(address))
        assert "Otters" in text
        assert row.digest not in text
        assert path not in text
    body = {"action": "revoke", "_selected_action": [str(row.pk)]}
    assert "The captain can create another one." in html(chief.post("/admin/teams/invitation/", body))
    assert Invitation.objects.get().revoked_at is None, "it asks first"
    confirmed = chief.post("/admin/teams/invitation/", {**body, "confirmed": "1"}, follow=True)
    assert "1 invitation revoked." in html(confirmed)
    row.refresh_from_db()
    assert row.revoked_at is not None


def test_hostile_names_are_inert(world: World, newcomer: User) -> None:
    for row in (world.team, world.captain, world.hackathon):
        row.name = HOSTILE[:80]
        row.save()
    MembershipFactory(team=world.team)
    for response in (browser(newcomer).get(invite(world)), page(world, "captain", f"/t/{world.team.pk}/")):
        assert "alert(1)" in html(response)
        assert live_markup(html(response)) == []
