"""Reading teams: who is in which, and who may know."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from hackathon.enums import Role
from hackathon.models import Hackathon, Participation, User
from hackathon.visibility import Viewer, hackathons_visible_to, role_in

from .models import Membership, Team


def teams_visible_to(viewer: Viewer) -> QuerySet[Team]:
    """Teams of visible hackathons; the members' names are for `members_of` to give."""
    return Team.objects.filter(hackathon__in=hackathons_visible_to(viewer), is_reserved=False)


def teams_of(viewer: Viewer) -> QuerySet[Team]:
    """The teams the viewer is in now."""
    if not isinstance(viewer, User):
        return Team.objects.none()
    return Team.objects.filter(memberships__user=viewer, memberships__left_at__isnull=True)


def teams_run_by(viewer: Viewer) -> QuerySet[Team]:
    """The teams the viewer is in now, and all teams (reserved ones too) of the hackathons the viewer organizes."""
    if not isinstance(viewer, User):
        return Team.objects.none()
    if viewer.is_superuser:
        return Team.objects.all()
    organized = Participation.objects.filter(user=viewer, role=Role.ORGANIZER).values("hackathon")
    mine = Membership.objects.filter(user=viewer, left_at__isnull=True).values("team")
    return Team.objects.filter(hackathon__in=organized) | Team.objects.filter(pk__in=mine)


def team_in(viewer: Viewer, hackathon: Hackathon) -> Team | None:
    """The viewer's own team in the hackathon."""
    return teams_of(viewer).filter(hackathon=hackathon).first()


def with_members(teams: QuerySet[Team]) -> QuerySet[Team]:
    """Teams with `current_members` (a list of memberships, captain first) filled in one query."""
    current = (
        Membership.objects.filter(left_at__isnull=True).select_related("user__organization").order_by("created_at")
    )
    return teams.prefetch_related(Prefetch("memberships", queryset=current, to_attr="current_members"))


@dataclass(frozen=True)
class TeamRow:
    """A team as the hackathon's page lists it. `people` is empty for those who have no part in the hackathon."""

    team: Team
    organizations: list[str]
    people: list[str]
    size: int
    is_own: bool


def team_rows(viewer: Viewer, hackathon: Hackathon) -> list[TeamRow]:
    """The hackathon's teams with the organizations that their members stand for there; names for its people only."""
    teams = list(with_members(teams_visible_to(viewer).filter(hackathon=hackathon)))
    stands_for = dict(
        Participation.objects.filter(hackathon=hackathon, organization__isnull=False).values_list(
            "user", "organization__name"
        )
    )
    may_know_names = role_in(viewer, hackathon) is not None
    return [_team_row(team, viewer, stands_for, may_know_names) for team in teams]


def _team_row(team: Team, viewer: Viewer, stands_for: dict[UUID, str], may_know_names: bool) -> TeamRow:
    users = [membership.user for membership in team.current_members]  # type: ignore[attr-defined]
    named = (stands_for.get(user.pk) or (user.organization.name if user.organization else "") for user in users)
    return TeamRow(
        team=team,
        organizations=sorted({name for name in named if name}),
        people=[str(user) for user in users] if may_know_names else [],
        size=len(users),
        is_own=any(user.pk == viewer.pk for user in users),
    )
