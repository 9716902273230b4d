"""What organizers do with who is in which team, and in which role somebody takes part.

Never bent: one team at a time, participants only, teams of the same hackathon, none of the organizers' own teams.
Bent on purpose (`override`): the size limit, a locked team, a hackathon that is over, a team left earlier.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from hackathon.enums import Role
from hackathon.errors import Conflict, Invalid, NotAllowed
from hackathon.models import Organization, Participation, User
from hackathon.visibility import sees_all_submissions
from teams.models import Membership, MembershipRole, Team
from training_worker.contract.text import isolated

from .membership import leave_team, lock_person, lock_team, require_free, require_room, set_captain


def add_member(*, team: Team, user: User, override: bool = False) -> Membership:
    """Put a person into a team; they become captain of a team without one. Raises what `require_may_join` raises."""
    with transaction.atomic():
        lock_person(user, team.hackathon)
        locked = lock_team(team)
        require_may_join(locked, user, override=override)
        current = Membership.objects.current().filter(team=locked)
        has_captain = current.filter(role=MembershipRole.CAPTAIN).exists()
        role = MembershipRole.MEMBER if has_captain else MembershipRole.CAPTAIN
        return Membership.objects.create(team=locked, user=user, hackathon=locked.hackathon, role=role)


def require_may_join(team: Team, user: User, *, override: bool) -> None:
    """Raises `Conflict` or `NotAllowed` where the person may not come into the team."""
    _require_a_teams_team(team)
    if not override:
        require_free(user, team.hackathon)
        require_room(team)
        return
    if not Participation.objects.filter(user=user, hackathon=team.hackathon, role=Role.PARTICIPANT).exists():
        raise NotAllowed(
            _("Only participants of this hackathon may be in a team."),
            hint=_("Accept the person as a participant first: People, Participations."),
            code="not_participant",
        )
    if Membership.objects.current().filter(user=user, hackathon=team.hackathon).exists():
        raise Conflict(
            _("%(person)s is in a team of this hackathon.") % {"person": isolated(user)},
            hint=_("Move them from there: Teams, Memberships."),
            code="in_a_team",
        )


def move_member(*, membership: Membership, team: Team, override: bool = False) -> Membership:
    """End the membership and start one in `team` of the same hackathon; what was submitted stays where it is.

    Having left a team is no hindrance here. Raises `Conflict` where the membership has ended, and as `add_member`.
    """
    with transaction.atomic():
        lock_person(membership.user, membership.hackathon)
        pair = Team.objects.select_for_update().filter(pk__in=[membership.team_id, team.pk]).order_by("pk")
        locked = {row.pk: row for row in pair}
        _require_current(membership)
        if team.hackathon_id != membership.hackathon_id or team.pk == membership.team_id or team.pk not in locked:
            raise Invalid(_("Choose another team of the same hackathon."), code="wrong_team")
        _require_a_teams_team(team)
        if not override:
            require_room(locked[team.pk])
        leave_team(team=membership.team, user=membership.user)
        return add_member(team=team, user=membership.user, override=True)


def end_membership(*, membership: Membership) -> None:
    """Take the person out of their team, as if they had left it. Raises `Conflict` where they are not in it."""
    _require_current(membership)
    leave_team(team=membership.team, user=membership.user)


def make_captain(*, membership: Membership) -> None:
    """The person leads their team from now on; who led it becomes a member."""
    with transaction.atomic():
        lock_team(membership.team)
        _require_current(membership)
        set_captain(membership)


def change_participation(*, participation: Participation, role: Role, organization: Organization | None) -> None:
    """Another role or organization. Raises what `require_role` raises."""
    with transaction.atomic():
        lock_person(participation.user, participation.hackathon)
        require_role(participation, role)
        participation.role, participation.organization = role, organization
        participation.save(update_fields=["role", "organization"])


def require_role(participation: Participation, role: Role) -> None:
    """Raises `Conflict` where somebody in a team would be no participant, `NotAllowed` for a competing superuser."""
    if role == Role.PARTICIPANT and sees_all_submissions(participation.user):
        raise NotAllowed(_("Who sees every submission in this admin does not compete."), code="organizer")
    if role != Role.PARTICIPANT:
        _require_teamless(participation)


def end_participation(*, participation: Participation) -> None:
    """The person takes no part any more. Raises `Conflict` while they are in a team."""
    with transaction.atomic():
        lock_person(participation.user, participation.hackathon)
        _require_teamless(participation)
        Participation.objects.filter(pk=participation.pk).delete()


def _require_teamless(participation: Participation) -> None:
    person, hackathon = participation.user, participation.hackathon
    if Membership.objects.current().filter(user=person, hackathon=hackathon).exists():
        raise Conflict(
            _("%(person)s is in a team of this hackathon.") % {"person": isolated(person)},
            hint=_("Remove them from the team first: Teams, Memberships."),
            code="in_a_team",
        )


def _require_current(membership: Membership) -> None:
    if not Membership.objects.current().filter(pk=membership.pk).exists():
        raise Conflict(_("This membership has ended."), code="membership_ended")


def _require_a_teams_team(team: Team) -> None:
    if team.is_reserved:
        raise Conflict(_("The organizers' own team has no members."), code="team_reserved")
