"""Reading teams: who is in which, and who may know."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Page
from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.utils.translation import gettext as _

from hackathon.accounts.tokens import digest_of
from hackathon.clock import db_now
from hackathon.enums import Role
from hackathon.errors import Gone, NotAllowed, NotFound
from hackathon.models import Challenge, Hackathon, Participation, User
from hackathon.visibility import Viewer, challenges_visible_to, hackathons_visible_to, role_in
from hackathon.web.paginator import SteadyPaginator
from training_worker.contract.text import name_key

from .models import Invitation, Membership, MembershipRole, Team

TEAMS_PER_PAGE = 100


def teams_visible_to(viewer: Viewer) -> QuerySet[Team]:
    """Teams of visible hackathons; the members' names are for `members_of` to give."""
    return Team.objects.filter(hackathon__in=hackathons_visible_to(viewer), is_reserved=False)


def teams_of(viewer: Viewer) -> QuerySet[Team]:
    """The teams the viewer is in now, of hackathons that they may know of: a draft is for its organizers alone."""
    if not isinstance(viewer, User):
        return Team.objects.none()
    mine = Team.objects.filter(memberships__user=viewer, memberships__left_at__isnull=True)
    return mine.filter(hackathon__in=hackathons_visible_to(viewer))


def teams_run_by(viewer: Viewer) -> QuerySet[Team]:
    """`teams_of`, and all teams (reserved ones too) of the hackathons the viewer organizes."""
    if not isinstance(viewer, User):
        return Team.objects.none()
    if viewer.is_superuser:
        return Team.objects.all()
    organized = Participation.objects.filter(user=viewer, role=Role.ORGANIZER).values("hackathon")
    return Team.objects.filter(hackathon__in=organized) | Team.objects.filter(pk__in=teams_of(viewer).values("pk"))


def team_in(viewer: Viewer, hackathon: Hackathon) -> Team | None:
    """The viewer's own team in the hackathon."""
    return teams_of(viewer).filter(hackathon=hackathon).first()


def teams_named(name: str, hackathon: Hackathon) -> QuerySet[Team]:
    """The hackathon's team that people read as having this name, whoever may see it."""
    return Team.objects.filter(hackathon=hackathon, name_key=name_key(name))


def with_members(teams: QuerySet[Team]) -> QuerySet[Team]:
    """Teams with `current_members` (a list of memberships, captain first) filled in one query."""
    return teams.prefetch_related(_current_members())


def _current_members() -> Prefetch[Any]:
    current = Membership.objects.current().select_related("user").order_by("created_at")
    return Prefetch("memberships", queryset=current, to_attr="current_members")


@dataclass(frozen=True)
class TeamRow:
    """A team as the hackathon's page lists it. `people` is empty for those who have no part in the hackathon."""

    team: Team
    organizations: list[str]
    people: list[str]
    size: int
    is_own: bool


@dataclass(frozen=True)
class TeamTable:
    """One page of a hackathon's teams, by name; the viewer's own leads the first page."""

    page: Page[Team]
    rows: list[TeamRow]


def team_table(viewer: Viewer, hackathon: Hackathon, *, own: Team | None, page: str | None) -> TeamTable:
    """Teams with the organizations that their members stand for there; names for the hackathon's people only.

    `own` is the viewer's team there. The nearest page where there is no such page.
    """
    visible = teams_visible_to(viewer).filter(hackathon=hackathon).order_by("name", "pk")
    found = SteadyPaginator(visible, TEAMS_PER_PAGE).get_page(page)
    teams = list(found)
    if own is not None and found.number == 1:
        teams = [own, *(team for team in teams if team.pk != own.pk)]
    prefetch_related_objects(teams, _current_members())
    members = [membership.user_id for team in teams for membership in team.current_members]
    stands_for = _organizations(hackathon, members)
    may_know_names = role_in(viewer, hackathon) is not None
    return TeamTable(found, [_team_row(team, viewer, stands_for, may_know_names) for team in teams])


def _organizations(hackathon: Hackathon, people: Collection[UUID]) -> dict[UUID, str]:
    """The organization that each of these people stands for in the hackathon, where they have named one."""
    named = Participation.objects.filter(hackathon=hackathon, user__in=people, organization__isnull=False)
    return dict(named.values_list("user", "organization__name"))


def _team_row(team: Team, viewer: Viewer, stands_for: dict[UUID, str], may_know_names: bool) -> TeamRow:
    users = [membership.user for membership in team.current_members]  # type: ignore[attr-defined]  # a prefetch's to_attr
    named = (stands_for.get(user.pk, "") for user in users)
    return TeamRow(
        team=team,
        organizations=sorted({name for name in named if name}),
        people=[str(user) for user in users] if may_know_names else [],
        size=len(users),
        is_own=any(user.pk == viewer.pk for user in users),
    )


@dataclass(frozen=True)
class Member:
    id: UUID
    """Of the membership."""
    user: User
    organization: str
    is_captain: bool
    is_self: bool


@dataclass(frozen=True)
class TeamPage:
    """A team as its members and the organizers see it; `invitations` are those that may still be accepted."""

    team: Team
    hackathon: Hackathon
    members: list[Member]
    invitations: list[Invitation]
    challenges: list[Challenge]
    is_member: bool
    is_captain: bool
    is_over: bool
    has_room: bool


def team_pages_of(viewer: Viewer) -> QuerySet[Team]:
    """Teams whose page the viewer may open: their own, and all of the hackathons that they organize."""
    return teams_run_by(viewer).filter(is_reserved=False).select_related("hackathon")


def members_of(team: Team) -> QuerySet[Membership]:
    """Who is in the team now."""
    return team.memberships.current().select_related("user", "team__hackathon", "hackathon")


def read_team(viewer: User, team: Team) -> TeamPage:
    now = db_now()
    hackathon = team.hackathon
    members = _members(viewer, team)
    mine = next((member for member in members if member.is_self), None)
    return TeamPage(
        team=team,
        hackathon=hackathon,
        members=members,
        invitations=list(team.invitations.open_at(now).select_related("created_by")),
        challenges=list(challenges_visible_to(viewer).filter(hackathon=hackathon)),
        is_member=mine is not None,
        is_captain=mine is not None and mine.is_captain,
        is_over=now >= hackathon.ends_at,
        has_room=not team.is_locked and len(members) < hackathon.max_team_size,
    )


def _members(viewer: User, team: Team) -> list[Member]:
    current = list(
        # "captain" comes before "member"
        team.memberships.current().select_related("user").order_by("role", "created_at")
    )
    stands_for = _organizations(team.hackathon, [membership.user_id for membership in current])
    return [
        Member(
            id=membership.pk,
            user=membership.user,
            organization=stands_for.get(membership.user_id, ""),
            is_captain=membership.role == MembershipRole.CAPTAIN,
            is_self=membership.user_id == viewer.pk,
        )
        for membership in current
    ]


def find_invitation(viewer: Viewer, token: str) -> Invitation:
    """The invitation that this person, or somebody who has yet to log in, may accept with the token.

    Raises `NotFound` for a token that is unknown or of a hackathon the viewer may not know of, `Gone` for one that is
    used, revoked or expired, and `NotAllowed` for one that was sent to another mailbox.
    """
    may_know = Invitation.objects.filter(team__hackathon__in=hackathons_visible_to(viewer))
    found = may_know.filter(digest=digest_of(token)).select_related("team__hackathon", "created_by")
    invitation = found.first()
    if invitation is None:
        raise NotFound
    now = db_now()
    if not found.open_at(now).exists():
        raise why_gone(invitation, now)
    if invitation.email and isinstance(viewer, User) and invitation.email_key != viewer.email_key:
        raise NotAllowed(
            _("This invitation is for another e-mail address."),
            hint=_("Log in with the account of that address, or ask the team for an invitation of your own."),
            code="invitation_of_another",
        )
    return invitation


def why_gone(invitation: Invitation, now: datetime) -> Gone:
    """Also for one by somebody who has left the team since: that ends it as revoking does."""
    hint = _("Ask the captain of the team for a new one.")
    if invitation.used_at is not None:
        hint += " " + _("If you used it yourself, you find your team among your hackathons.")
        return Gone(_("This invitation was used before."), hint=hint, code="invitation_used")
    if invitation.revoked_at is None and invitation.expires_at <= now:
        return Gone(_("This invitation has expired."), hint=hint, code="invitation_expired")
    return Gone(_("This invitation was revoked."), hint=hint, code="invitation_revoked")
