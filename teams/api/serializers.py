"""What the API shows of people and teams, and what it takes to make a team."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from hackathon.api.strict import StrictSerializer, TextInput
from hackathon.models import ApiToken, Participation
from teams.models import Membership, Team


class TeamRefSerializer(serializers.ModelSerializer[Team]):
    class Meta:
        model = Team
        fields = ("id", "name")


class MemberSerializer(serializers.ModelSerializer[Membership]):
    """A membership; its id is not the person's."""

    name = serializers.CharField(source="user.name")

    class Meta:
        model = Membership
        fields = ("id", "name", "role")


class TeamSerializer(serializers.ModelSerializer[Team]):
    """A team; its members' names are for those who take part in the hackathon."""  # context: `shows_members`

    hackathon = serializers.SlugField(source="hackathon.slug")
    size = serializers.SerializerMethodField()
    members = serializers.SerializerMethodField(help_text="null where you take no part in the hackathon.")

    class Meta:
        model = Team
        fields = ("id", "name", "hackathon", "created_at", "size", "members")

    def get_size(self, team: Any) -> int:
        return len(team.current_members)

    @extend_schema_field(MemberSerializer(many=True, allow_null=True))
    def get_members(self, team: Any) -> Any:
        return MemberSerializer(team.current_members, many=True).data if self.context["shows_members"] else None


class TeamInputSerializer(StrictSerializer):
    name = TextInput(max_length=80)


class TokenSerializer(serializers.ModelSerializer[ApiToken]):
    class Meta:
        model = ApiToken
        fields = ("name", "scope", "expires_at")


class ParticipationSerializer(serializers.ModelSerializer[Participation]):
    hackathon = serializers.SlugField(source="hackathon.slug")
    organization = serializers.CharField(source="organization.name", default=None, allow_null=True)

    class Meta:
        model = Participation
        fields = ("hackathon", "role", "organization")


class MyTeamSerializer(serializers.ModelSerializer[Membership]):
    id = serializers.UUIDField(source="team_id")
    name = serializers.CharField(source="team.name")
    hackathon = serializers.SlugField(source="hackathon.slug")

    class Meta:
        model = Membership
        fields = ("id", "name", "hackathon", "role")


class MeSerializer(serializers.Serializer[Any]):
    """The person behind the token or session."""

    id = serializers.UUIDField(source="user.pk")
    name = serializers.CharField(source="user.name")
    email = serializers.EmailField(source="user.email")
    organization = serializers.CharField(source="user.organization.name", default=None, allow_null=True)
    token = TokenSerializer(allow_null=True, help_text="The token of this request; null for a browser's session.")
    participations = ParticipationSerializer(many=True)
    teams = MyTeamSerializer(many=True)
