"""Me, teams, founding and leaving one, what a captain decides."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from hackathon.api.permissions import SignedInToWrite, person
from hackathon.api.strict import StrictAPIView, StrictListView, StrictSerializer
from hackathon.api.views import visible_hackathon
from hackathon.errors import NotFound
from hackathon.models import ApiToken, Hackathon, Participation
from hackathon.visibility import Viewer, hackathons_visible_to, role_in
from teams.models import Membership, Team
from teams.selectors import members_of, team_pages_of, teams_of, teams_visible_to, with_members
from teams.services.membership import create_team, hand_over, leave_team, remove_member

from .serializers import MeSerializer, TeamInputSerializer, TeamSerializer


def _shown(viewer: Viewer, hackathon: Hackathon) -> dict[str, bool]:
    return {"shows_members": role_in(viewer, hackathon) is not None}


def _team_response(viewer: Viewer, teams: QuerySet[Team], team_id: UUID, status: int = 200) -> Response:
    team = with_members(teams.select_related("hackathon")).filter(pk=team_id).first()
    if team is None:
        raise NotFound
    return Response(TeamSerializer(team, context=_shown(viewer, team.hackathon)).data, status=status)


class MeView(StrictAPIView):
    """Who you are, what your token may do, where you take part, and your teams."""

    summaries: ClassVar = {"get": "Show who I am"}

    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        user = person(request)
        known = hackathons_visible_to(user)
        memberships = Membership.objects.current().filter(user=user, hackathon__in=known)
        parts = Participation.objects.filter(user=user, hackathon__in=known)
        facts = {
            "user": user,
            "token": request.auth if isinstance(request.auth, ApiToken) else None,
            "participations": parts.select_related("hackathon", "organization"),
            "teams": memberships.select_related("team", "hackathon").order_by("created_at"),
        }
        return Response(MeSerializer(facts).data)


class TeamsView(StrictListView[Team]):
    """The teams of a hackathon, by name."""

    summaries: ClassVar = {"get": "List teams", "post": "Create a team"}
    permission_classes = (SignedInToWrite,)
    serializer_class = TeamSerializer

    def list(self, request: Request, slug: str) -> Response:
        self.hackathon = visible_hackathon(request.user, slug)
        teams = teams_visible_to(request.user).filter(hackathon=self.hackathon).select_related("hackathon")
        return self.paginated(with_members(teams).order_by("name", "pk"))

    def get_serializer_context(self) -> dict[str, Any]:
        hackathon = getattr(self, "hackathon", None)
        return {**super().get_serializer_context(), **(_shown(self.request.user, hackathon) if hackathon else {})}

    @extend_schema(request=TeamInputSerializer, responses={201: TeamSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Create a team and become its captain."""
        hackathon = visible_hackathon(request.user, slug)
        team = create_team(user=person(request), hackathon=hackathon, name=self.read(TeamInputSerializer)["name"])
        return _team_response(request.user, teams_of(request.user), team.pk, status=201)


class TeamView(StrictAPIView):
    """One team."""

    summaries: ClassVar = {"get": "Show a team"}
    permission_classes = (SignedInToWrite,)

    @extend_schema(responses=TeamSerializer)
    def get(self, request: Request, team_id: UUID) -> Response:
        return _team_response(request.user, teams_visible_to(request.user), team_id)


class LeaveTeamView(StrictAPIView):
    """Leave your team. Founding another one of the same hackathon afterwards takes an organizer's help."""

    summaries: ClassVar = {"post": "Leave my team"}

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, team_id: UUID) -> Response:
        self.read(StrictSerializer)
        team = teams_of(request.user).select_related("hackathon").filter(pk=team_id).first()
        if team is None:
            raise NotFound
        leave_team(team=team, user=person(request))
        return Response(status=204)


def _membership(viewer: Viewer, team_id: UUID, membership_id: UUID) -> Membership:
    """Of a team whose page the viewer may open. Raises `NotFound`."""
    team = team_pages_of(viewer).filter(pk=team_id).first()
    found = members_of(team).filter(pk=membership_id).first() if team else None
    if found is None:
        raise NotFound
    return found


class RemoveMemberView(StrictAPIView):
    """Put a member out of your team, as its captain."""

    summaries: ClassVar = {"post": "Remove a member"}

    @extend_schema(request=None, responses=TeamSerializer)
    def post(self, request: Request, team_id: UUID, membership_id: UUID) -> Response:
        self.read(StrictSerializer)
        remove_member(membership=_membership(request.user, team_id, membership_id), user=person(request))
        return _team_response(request.user, teams_of(request.user), team_id)


class CaptainView(StrictAPIView):
    """Make another member the captain instead of you."""

    summaries: ClassVar = {"post": "Hand over the team"}

    @extend_schema(request=None, responses=TeamSerializer)
    def post(self, request: Request, team_id: UUID, membership_id: UUID) -> Response:
        self.read(StrictSerializer)
        hand_over(membership=_membership(request.user, team_id, membership_id), user=person(request))
        return _team_response(request.user, teams_of(request.user), team_id)
