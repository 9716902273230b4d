"""The admin as organizers use it: grouped, confirmed, bound by the rules of teams and phases, without a secret."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from hackathon.admin.site import GROUPS
from hackathon.enums import ScoreVisibility, Visibility
from hackathon.models import ApiToken, BaseModel, Challenge, Hackathon, Phase, User
from hackathon.services.organizers import PERMISSIONS, make_organizer, organizers_group, remove_organizer
from submissions.enums import JobState
from submissions.models import Job, Node, Submission
from teams.models import Membership, MembershipRole, Team
from tests.evaluation.admin.test_pages import act, ask, url
from tests.evaluation.scored import make_result, submit
from tests.factories import UserFactory, World, make_node
from tests.pages import browser_of, html

pytestmark = pytest.mark.django_db


@pytest.fixture
def organizer(world: World) -> Client:
    make_organizer(user=world.organizer)
    world.organizer.refresh_from_db()
    return browser_of(world, "organizer")


def viewer(world: World) -> Client:
    """Staff that may look at everything and change nothing."""
    User.objects.filter(pk=world.judge.pk).update(is_staff=True)
    world.judge.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    return browser_of(world, "judge")


def current(user: User) -> Membership:
    return Membership.objects.current().get(user=user)


def later(hours: float) -> Any:
    return timezone.now() + timedelta(hours=hours)


# --- the front page ------------------------------------------------------------------------------------------


def test_the_front_page_is_grouped_by_job(world: World, organizer: Client) -> None:
    response = organizer.get("/admin/")
    names = [group["app_label"] for group in response.context["app_list"]]
    assert names == [group.slug for group in GROUPS]
    assert "Models in the" not in html(response)
    assert response["Content-Security-Policy"].startswith("default-src 'self'")
    assert f'href="/h/{world.hackathon.slug}/"' in html(response)


def test_the_front_page_has_every_list_for_a_superuser(world: World) -> None:
    User.objects.filter(pk=world.organizer.pk).update(is_staff=True, is_superuser=True)
    response = browser_of(world, "organizer").get("/admin/")
    assert [group["app_label"] for group in response.context["app_list"]] == [group.slug for group in GROUPS]
    shown = {row["model"]._meta.label for group in response.context["app_list"] for row in group["models"]}
    assert shown == {label for group in GROUPS for label in group.models}


def test_what_needs_attention_leads_to_its_rows(world: World, organizer: Client) -> None:
    assert "Nothing needs attention." in html(organizer.get("/admin/"))
    Job.objects.filter(pk=submit(world).pk).update(state=JobState.QUARANTINED, losses=5)
    node, _token = make_node("rack-7")
    Node.objects.filter(pk=node.pk).update(seen_at=timezone.now() - timedelta(hours=1))
    make_node("rack-8")
    Challenge.objects.update(is_published=False)
    notices = organizer.get("/admin/").context["attention"]
    assert sorted((one["count"], one["text"]) for one in notices) == [
        (1, "challenge is not published"),
        (1, "job is quarantined"),
        (1, "node is offline"),
    ]
    for one in notices:
        assert [str(row) for row in organizer.get(one["url"]).context["cl"].result_list] != []
        assert organizer.get(one["url"]).context["cl"].result_count == one["count"]


def test_an_event_that_one_may_not_see_is_not_on_the_front_page(world: World) -> None:
    Hackathon.objects.update(visibility=Visibility.DRAFT)
    make_organizer(user=world.outsider)
    assert world.hackathon.slug not in html(browser_of(world, "outsider").get("/admin/"))


# --- actions -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "row", "before", "after"),
    [
        ("freeze", "phase", ScoreVisibility.LIVE, ScoreVisibility.FROZEN),
        ("release", "phase", ScoreVisibility.LIVE, ScoreVisibility.RELEASED),
        ("hide", "challenge", True, False),
        ("withdraw", "hackathon", Visibility.PUBLIC, Visibility.DRAFT),
        ("disable", "model", True, False),
    ],
)
def test_what_loses_or_publishes_asks_first(
    world: World, organizer: Client, action: str, row: str, before: Any, after: Any
) -> None:
    thing = getattr(world, row)
    field = {
        "phase": "score_visibility",
        "challenge": "is_published",
        "hackathon": "visibility",
        "model": "is_enabled",
    }[row]
    assert str(thing) in ask(organizer, action, thing)
    thing.refresh_from_db()
    assert getattr(thing, field) == before
    assert LogEntry.objects.count() == 0
    act(organizer, action, thing, reason="the ceremony", typed=world.challenge.slug)
    thing.refresh_from_db()
    assert getattr(thing, field) == after
    entry = LogEntry.objects.get(object_id=str(thing.pk))
    assert entry.user == world.organizer
    assert ("the ceremony" in entry.get_change_message()) == (action != "freeze")


def test_what_can_be_undone_does_not_ask(world: World, organizer: Client) -> None:
    BaseModel.objects.update(is_enabled=False)
    assert "1 model enabled." in ask(organizer, "enable", world.model)
    assert BaseModel.objects.get().is_enabled


def test_an_action_is_on_the_rows_own_page(world: World, organizer: Client) -> None:
    page = html(organizer.get(url(Phase, "change", world.phase.pk)))
    assert '<button name="action" value="freeze">' in page
    assert "delete_selected" not in page


@pytest.mark.parametrize(
    ("action", "row"),
    [("freeze", "phase"), ("hide", "challenge"), ("publish", "hackathon"), ("disable", "model"), ("remove", "member")],
)
def test_who_may_only_look_can_do_nothing(world: World, action: str, row: str) -> None:
    thing = current(world.captain) if row == "member" else getattr(world, row)
    client = viewer(world)
    before = type(thing).objects.filter(pk=thing.pk).values().get()
    assert html(client.get(url(type(thing), "change", thing.pk))).count('name="action"') == 0
    act(client, action, thing, reason="x")
    assert type(thing).objects.filter(pk=thing.pk).values().get() == before
    assert LogEntry.objects.count() == 0


def test_a_confirmation_takes_two_hundred_rows_at_most(world: World, organizer: Client) -> None:
    teams = Team.objects.bulk_create(Team(hackathon=world.hackathon, name=f"t{n}") for n in range(201))
    people = [UserFactory.build(organization=None) for _ in teams]
    User.objects.bulk_create(people)
    rows = [Membership(team=t, user=u, hackathon=world.hackathon) for t, u in zip(teams, people, strict=True)]
    Membership.objects.bulk_create(rows)
    text = act(organizer, "captain", *Membership.objects.filter(team__in=teams))
    assert "Choose at most 200 rows at once." in text
    assert not Membership.objects.filter(team__in=teams, role=MembershipRole.CAPTAIN).exists()


@pytest.mark.parametrize(
    ("row", "path"),
    [
        ("hackathon", "/h/{hackathon.slug}/"),
        ("challenge", "/c/{challenge.slug}/"),
        ("team", "/t/{team.pk}/"),
        ("phase", "/c/{challenge.slug}/leaderboard/?phase={phase.pk}"),
    ],
)
def test_a_row_leads_to_its_public_page(world: World, organizer: Client, row: str, path: str) -> None:
    thing = getattr(world, row)
    target = path.format(**vars(world))
    assert f'href="{target}" class="viewsitelink"' in html(organizer.get(url(type(thing), "change", thing.pk)))
    assert organizer.get(target).status_code == 200


def test_a_submission_leads_to_its_page(world: World, organizer: Client) -> None:
    submission = submit(world).submission
    assert submission is not None
    page = html(organizer.get(url(Submission, "change", submission.pk)))
    assert f'href="/s/{submission.pk}/" class="viewsitelink"' in page


# --- access --------------------------------------------------------------------------------------------------


def test_access_is_given_and_taken_by_a_superuser(world: World) -> None:
    User.objects.filter(pk=world.organizer.pk).update(is_staff=True, is_superuser=True)
    chief = browser_of(world, "organizer")
    assert "every hackathon" in ask(chief, "organize", world.outsider)
    act(chief, "organize", world.outsider)
    client = browser_of(world, "outsider")
    assert client.get("/admin/").status_code == 200
    act(client, "organize", world.captain)
    world.captain.refresh_from_db()
    assert not world.captain.is_staff
    act(chief, "stop", world.outsider)
    assert client.get("/admin/").status_code == 302


def test_who_has_other_permissions_stays_staff(world: World) -> None:
    make_organizer(user=world.judge)
    world.judge.user_permissions.set(Permission.objects.filter(codename="view_job"))
    remove_organizer(user=world.judge)
    world.judge.refresh_from_db()
    assert world.judge.is_staff
    assert not world.judge.groups.exists()


def test_access_is_given_on_the_command_line(world: World) -> None:
    out = StringIO()
    call_command("make_organizer", world.outsider.email.upper(), stdout=out)
    world.outsider.refresh_from_db()
    assert world.outsider.is_staff
    assert "may use the admin" in out.getvalue()
    with pytest.raises(CommandError, match="Nobody has the address"):
        call_command("make_organizer", "nobody@example.org", stdout=out)


def test_the_group_has_each_permission_that_it_names(world: World) -> None:
    wanted = {
        f"{label.split('.')[0]}.{verb}_{label.split('.')[1]}"
        for label, verbs in PERMISSIONS.items()
        for verb in verbs.split()
    }
    held = organizers_group().permissions.values_list("content_type__app_label", "codename")
    assert {f"{app}.{name}" for app, name in held} == wanted


def test_an_organizer_sees_no_secret(world: World, organizer: Client) -> None:
    """Every list and page that the group opens, before the release."""
    result = make_result(world, team=world.team, public=0.8, private=0.6543217)
    node, _token = make_node()
    token = ApiToken.objects.filter(user=world.captain).get()
    hidden = [world.hackathon.secret, node.digest, token.digest, "0.6543", "pbkdf2", world.captain.password[-20:]]
    rows = [world.hackathon, world.challenge, world.phase, world.captain, world.team, node, result, result.job, token]
    opened = 0
    for row in rows:
        for page in (url(type(row), "changelist"), url(type(row), "change", row.pk)):
            response = organizer.get(page)
            assert response.status_code == 200
            opened += 1
            assert [secret for secret in hidden if secret in html(response)] == []
    assert opened == 2 * len(rows)


def test_an_organizer_cannot_become_somebody_else(world: World, organizer: Client) -> None:
    body = {"user": world.captain.pk, "name": "x", "scope": "submit"}
    assert organizer.post(url(ApiToken, "add"), body).status_code == 403
    page = url(User, "change", world.organizer.pk)
    assert organizer.post(page, {"is_superuser": "on", "email": "x@example.org", "name": "x"}).status_code == 403
    assert organizer.get(f"/admin/hackathon/user/{world.captain.pk}/password/").status_code == 403
    world.organizer.refresh_from_db()
    assert not world.organizer.is_superuser


def test_a_second_factor_is_taken_away_unseen(world: World) -> None:
    User.objects.filter(pk=world.organizer.pk).update(is_staff=True, is_superuser=True)
    chief = browser_of(world, "organizer")
    factor = Authenticator.objects.create(user=world.captain, type="totp", data={"secret": "S3CRET-SEED"})
    assert "S3CRET-SEED" not in html(chief.get(url(Authenticator, "change", factor.pk)))
    chief.post(url(Authenticator, "delete", factor.pk), {"post": "yes"})
    assert not Authenticator.objects.exists()
