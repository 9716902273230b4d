"""The tabs that all pages of a challenge share."""

from __future__ import annotations

from dataclasses import dataclass

from hackathon.enums import Role
from hackathon.models import Challenge
from hackathon.visibility import Viewer, role_in
from teams.models import Team

SPECTATORS = frozenset({Role.JUDGE, Role.MENTOR})
"""They take part and never submit: only teams do."""


@dataclass(frozen=True)
class ChallengeTabs:
    challenge: Challenge
    role: Role | None
    team: Team | None

    @property
    def may_submit(self) -> bool:
        """Does the site offer it? Whoever has not joined yet is led to joining."""
        return self.team is not None or self.role not in SPECTATORS

    @property
    def organizes(self) -> bool:
        return self.role == Role.ORGANIZER


def challenge_tabs(viewer: Viewer, challenge: Challenge, team: Team | None) -> ChallengeTabs:
    """For one viewer, whose team in the hackathon that is."""
    return ChallengeTabs(challenge, role_in(viewer, challenge.hackathon), team)
