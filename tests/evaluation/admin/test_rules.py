"""The admin bends no rule: teams are changed by their own rules, an open phase keeps what its scores rest on."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.http import HttpResponse
from django.test import Client

from hackathon.enums import Role
from hackathon.errors import Conflict, Invalid
from hackathon.models import Challenge, Hackathon, Participation, Phase, User
from hackathon.models.challenge import QUOTA
from submissions.models import Quota
from submissions.services.phases import move_deadline, save_phase
from teams.models import Membership, MembershipRole, Team
from teams.services.roster import move_member
from tests.evaluation.admin.test_organizers import current, later, organizer
from tests.evaluation.admin.test_pages import act, ask, url
from tests.evaluation.scored import reserved_team, submit
from tests.factories import ChallengeDataFactory, ChallengeFactory, PhaseFactory, TeamFactory, UserFactory, World
from tests.pages import html

pytestmark = pytest.mark.django_db
__all__ = ["organizer"]


def place(client: Client, team: Team, user: User, **more: str) -> str:
    return html(
        client.post(url(Membership, "add"), {"team": team.pk, "user": user.pk, "reason": "asked", **more}, follow=True)
    )


# --- teams ---------------------------------------------------------------------------------------------------


def test_a_person_is_put_into_a_team_under_the_teams_rules(world: World, organizer: Client) -> None:
    late = UserFactory(name="Late")
    assert "Only participants" in place(organizer, world.team, late)
    assert "Only participants" in place(organizer, world.team, late, override="on")
    Participation.objects.create(user=late, hackathon=world.hackathon)
    assert "is in a team" in place(organizer, world.team, world.rival, override="on")
    assert "no members" in place(organizer, reserved_team(world), late, override="on")
    Hackathon.objects.update(max_team_size=2)
    assert "The team is full" in place(organizer, world.team, late)
    assert not Membership.objects.filter(user=late).exists()
    place(organizer, world.team, late, override="on")
    assert current(late).team == world.team
    assert "asked" in [entry.get_change_message() for entry in LogEntry.objects.all()]


def test_who_comes_into_an_empty_team_leads_it(world: World, organizer: Client) -> None:
    late = UserFactory()
    Participation.objects.create(user=late, hackathon=world.hackathon)
    place(organizer, TeamFactory(hackathon=world.hackathon), late)
    assert current(late).role == MembershipRole.CAPTAIN


def test_a_place_needs_a_reason(world: World, organizer: Client) -> None:
    late = UserFactory()
    Participation.objects.create(user=late, hackathon=world.hackathon)
    assert "This field is required." in place(organizer, world.rivals, late, reason="")
    assert not Membership.objects.filter(user=late).exists()


def test_a_member_is_moved(world: World, organizer: Client) -> None:
    job = submit(world)
    text = act(organizer, "move", current(world.captain), team=str(world.rivals.pk), reason="both asked")
    assert "1 person moved." in text
    assert current(world.captain).team == world.rivals
    assert current(world.captain).role == MembershipRole.MEMBER
    assert current(world.teammate).role == MembershipRole.CAPTAIN
    job.refresh_from_db()
    assert job.team == world.team


@pytest.mark.parametrize("why", ["elsewhere", "same", "full", "locked"])
def test_a_move_that_breaks_a_rule_moves_nobody(world: World, why: str) -> None:
    target = {"elsewhere": TeamFactory(), "same": world.team}.get(why, world.rivals)
    Hackathon.objects.update(max_team_size=1 if why == "full" else 5)
    Team.objects.filter(pk=world.rivals.pk).update(is_locked=why == "locked")
    membership = current(world.teammate)
    with pytest.raises((Conflict, Invalid)):
        move_member(membership=membership, team=target)
    assert current(world.teammate) == membership
    if why in {"full", "locked"}:
        assert move_member(membership=membership, team=target, override=True).team == target


def test_a_removed_captain_is_followed(world: World, organizer: Client) -> None:
    act(organizer, "remove", current(world.captain), reason="left the school")
    assert not Membership.objects.current().filter(user=world.captain).exists()
    assert current(world.teammate).role == MembershipRole.CAPTAIN
    gone = Membership.objects.get(user=world.captain)
    assert "This membership has ended." in act(organizer, "remove", gone, reason="again")


def test_a_team_has_one_captain(world: World, organizer: Client) -> None:
    act(organizer, "captain", current(world.teammate))
    roles = Membership.objects.filter(team=world.team).values_list("user__name", "role")
    assert dict(roles) == {"Captain": "member", "Teammate": "captain"}


def test_memberships_cannot_be_edited_or_deleted_past_the_rules(world: World, organizer: Client) -> None:
    row = current(world.teammate)
    body = {"team": world.rivals.pk, "user": world.teammate.pk, "role": "captain"}
    assert organizer.post(url(Membership, "change", row.pk), body).status_code == 403
    assert organizer.post(url(Membership, "delete", row.pk), {"post": "yes"}).status_code == 403
    organizer.post(url(Team, "delete", world.team.pk), {"post": "yes"})
    assert current(world.teammate) == row


def test_nobody_in_a_team_loses_the_part_that_the_team_rests_on(world: World, organizer: Client) -> None:
    part = Participation.objects.get(user=world.captain)
    text = html(organizer.post(url(Participation, "change", part.pk), {"role": "judge", "organization": ""}))
    assert "is in a team of this hackathon" in text
    assert "is in a team of this hackathon" in act(organizer, "expel", part, reason="x")
    part.refresh_from_db()
    assert part.role == Role.PARTICIPANT
    act(organizer, "remove", current(world.captain), reason="x")
    organizer.post(url(Participation, "change", part.pk), {"role": "judge", "organization": ""})
    part.refresh_from_db()
    assert part.role == Role.JUDGE
    act(organizer, "expel", part, reason="x")
    assert not Participation.objects.filter(user=world.captain).exists()


def test_a_person_is_accepted(world: World, organizer: Client) -> None:
    body = {"user": world.outsider.pk, "hackathon": world.hackathon.pk, "role": "mentor", "organization": ""}
    organizer.post(url(Participation, "add"), body)
    assert Participation.objects.get(user=world.outsider).role == Role.MENTOR


def test_team_names_are_one_in_any_case(world: World, organizer: Client) -> None:
    body = {"hackathon": world.hackathon.pk, "name": " otters ", "memberships-TOTAL_FORMS": 0}
    body |= {"memberships-INITIAL_FORMS": 0}
    assert "A team with this name already exists." in html(organizer.post(url(Team, "add"), body))


# --- phases --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["data", "recipe", "precision", "display_step", "opens_at", "closes_at", "challenge"])
@pytest.mark.parametrize("why", ["opened", "has a job"])
def test_what_scores_rest_on_is_pinned(world: World, organizer: Client, name: str, why: str) -> None:
    if why == "has a job":
        submit(world)
        Phase.objects.update(opens_at=later(1))
    phase = Phase.objects.get()
    values = {
        "data": ChallengeDataFactory(challenge=world.challenge),
        "recipe": "other",
        "precision": "bf16",
        "display_step": 0.05,
        "opens_at": later(2),
        "closes_at": later(90),
        "challenge": ChallengeDataFactory().challenge,
    }
    setattr(phase, name, values[name])
    with pytest.raises(Conflict, match=name):
        save_phase(phase=phase)
    form = organizer.get(url(Phase, "change", phase.pk)).context["adminform"].form
    assert name not in form.fields
    assert {"name", "per_day"} <= form.fields.keys()


def phase_body(phase: Phase, **changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"challenge": phase.challenge_id, "name": phase.name, "data": phase.data_id}
    body |= {name: getattr(phase, name) for name in QUOTA}
    body |= {"precision": phase.precision, "recipe": phase.recipe} | changes
    for name in ("opens_at", "closes_at"):
        at = body.pop(name, getattr(phase, name))
        body |= {f"{name}_0": f"{at:%Y-%m-%d}", f"{name}_1": f"{at:%H:%M:%S}"}
    return body


def test_before_it_opens_a_phase_may_change(world: World, organizer: Client) -> None:
    phase = PhaseFactory(challenge=world.challenge, data=world.data, name="Next", opens_at=later(1), closes_at=later(5))
    page = url(Phase, "change", phase.pk)
    text = html(organizer.post(page, phase_body(phase, data=ChallengeDataFactory().pk)))
    assert "Choose a data version of this challenge." in text
    past = phase_body(phase, opens_at=later(-3), closes_at=later(-2))
    assert "A phase cannot end in the past." in html(organizer.post(page, past))
    assert organizer.post(page, phase_body(phase, precision="bf16", per_day=7)).status_code == 302
    phase.refresh_from_db()
    assert (phase.precision, phase.per_day) == ("bf16", 7)


def test_the_quota_of_an_open_phase_may_change(world: World, organizer: Client) -> None:
    assert organizer.post(url(Phase, "change", world.phase.pk), phase_body(world.phase, per_day=9)).status_code == 302
    world.phase.refresh_from_db()
    assert world.phase.per_day == 9


def test_a_team_may_be_given_limits_of_its_own_and_they_are_taken_away_again(world: World, organizer: Client) -> None:
    submit(world)
    quota = Quota.objects.get(team=world.team)
    page = url(Quota, "change", quota.pk)
    assert organizer.post(page, {"cap_total": "7", "used_total": "0"}).status_code == 302
    quota = Quota.objects.get(pk=quota.pk)
    assert (quota.cap_total, quota.caps.total, quota.caps.day, quota.used_total) == (7, 7, world.phase.per_day, 1)
    assert organizer.post(page, {"cap_total": ""}).status_code == 302
    assert Quota.objects.get(pk=quota.pk).caps.total == world.phase.total
    assert "greater than or equal to 0" in html(organizer.post(page, {"cap_total": "-1"}))
    assert organizer.post(url(Quota, "delete", quota.pk), {"post": "yes"}).status_code == 403


def test_the_compute_of_a_quota_is_readable(world: World, organizer: Client) -> None:
    quota = Quota.objects.create(team=world.team, phase=world.phase, compute_used=18.990000000000002)
    for page in (url(Quota, "changelist"), url(Quota, "change", quota.pk)):
        text = html(organizer.get(page))
        assert "19.0" in text
        assert "18.99" not in text


def test_the_deadline_moves_with_a_reason_and_never_into_the_past(world: World, organizer: Client) -> None:
    before = world.phase.closes_at
    assert 'type="datetime-local"' in ask(organizer, "deadline", world.phase)
    past = {"closes_at": f"{later(-1):%Y-%m-%dT%H:%M}", "reason": "x"}
    assert "is in the past" in act(organizer, "deadline", world.phase, **past)
    assert "This field is required." in act(organizer, "deadline", world.phase, closes_at="2099-01-01T00:00")
    world.phase.refresh_from_db()
    assert world.phase.closes_at == before
    late = {"closes_at": "2099-01-01T00:00", "reason": "power cut"}
    assert "The phase would end after the hackathon" in act(organizer, "deadline", world.phase, **late)
    Hackathon.objects.update(ends_at="2099-01-02T00:00Z")
    act(organizer, "deadline", world.phase, **late)
    world.phase.refresh_from_db()
    assert world.phase.closes_at.year == 2099
    assert "power cut" in LogEntry.objects.get().get_change_message()


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_deadline_is_after_now_and_after_the_start(world: World, hours: int) -> None:
    Phase.objects.update(opens_at=later(2))
    with pytest.raises(Invalid):
        move_deadline(phase=world.phase, closes_at=later(hours))


@pytest.mark.parametrize(
    ("opens", "closes", "said"),
    [(-3, 40, "would open before the hackathon starts"), (1, 47, "would end after the hackathon")],
)
def test_a_phase_lies_within_its_hackathon(world: World, organizer: Client, opens: int, closes: int, said: str) -> None:
    body = {"challenge": world.challenge.pk, "name": "Next", "data": world.data.pk, "precision": "fp32"}
    body |= {name: getattr(world.phase, name) for name in QUOTA} | {"recipe": world.phase.recipe}
    for name, at in (("opens_at", later(opens)), ("closes_at", later(closes))):
        body |= {f"{name}_0": f"{at:%Y-%m-%d}", f"{name}_1": f"{at:%H:%M:%S}"}
    assert said in html(organizer.post(url(Phase, "add"), body))
    assert not Phase.objects.filter(name="Next").exists()


def test_a_hackathon_leaves_no_phase_outside_and_says_which_did_not_move(world: World, organizer: Client) -> None:
    event, page = world.hackathon, url(Hackathon, "change", world.hackathon.pk)

    def post(starts_at: Any, ends_at: Any) -> HttpResponse:
        body = {name: getattr(event, name) for name in ("name", "slug", "max_team_size", "time_zone")}
        for name, at in (("starts_at", starts_at), ("ends_at", ends_at)):
            body |= {f"{name}_0": f"{at:%Y-%m-%d}", f"{name}_1": f"{at:%H:%M:%S}"}
        return organizer.post(page, body)

    text = html(post(event.starts_at, later(39)))
    assert "would lie outside" in text
    assert str(world.phase.name) in text
    assert "would lie outside" in html(post(later(-0.5), event.ends_at))
    event.refresh_from_db()
    Phase.objects.update(closes_at=event.ends_at)
    assert post(event.starts_at, later(60)).status_code == 302
    assert "still ends" in html(organizer.get(page))


def test_an_open_phase_cannot_be_deleted(world: World, organizer: Client) -> None:
    assert organizer.post(url(Phase, "delete", world.phase.pk), {"post": "yes"}).status_code == 403
    organizer.post(
        url(Phase, "changelist"), {"action": "delete_selected", "_selected_action": world.phase.pk, "post": "yes"}
    )
    assert Phase.objects.filter(pk=world.phase.pk).exists()


# --- challenges ----------------------------------------------------------------------------------------------


def test_a_challenge_that_nobody_used_is_deleted_by_its_slug_and_no_other(world: World, organizer: Client) -> None:
    mistaken = PhaseFactory(challenge=ChallengeFactory(hackathon=world.hackathon)).challenge
    submit(world)
    used = world.challenge
    said = act(organizer, "delete_unused", used, reason="mistake", typed=used.slug)
    assert "has submissions or runs" in said
    asked = {"action": "delete_unused", "_selected_action": used.pk}
    refused = html(organizer.post(url(Challenge, "changelist"), asked, follow=True))
    assert "has submissions or runs" in refused
    assert 'name="typed"' not in refused
    assert 'name="typed"' in html(
        organizer.post(url(Challenge, "changelist"), asked | {"_selected_action": mistaken.pk})
    )
    assert Challenge.objects.count() == 2
    act(organizer, "delete_unused", mistaken, reason="mistake", typed=used.slug)
    assert Challenge.objects.count() == 2
    act(organizer, "delete_unused", mistaken, reason="mistake", typed=mistaken.slug)
    assert list(Challenge.objects.all()) == [used]
    assert Phase.objects.filter(challenge=used).exists()


def test_who_creates_a_hackathon_organizes_it(world: World, organizer: Client) -> None:
    body = {"name": "Mine", "slug": "mine", "tagline": "", "description": "", "max_team_size": 4, "time_zone": "UTC"}
    for name, at in (("starts_at", later(1)), ("ends_at", later(5))):
        body |= {f"{name}_0": f"{at:%Y-%m-%d}", f"{name}_1": f"{at:%H:%M:%S}"}
    assert organizer.post(url(Hackathon, "add"), body).status_code == 302
    assert Participation.objects.get(hackathon__slug="mine").role == Role.ORGANIZER
    assert organizer.get("/h/mine/dashboard/").status_code == 200
