"""People, organizations, the hackathon, its challenges, phases, data versions, models, outgoing mail, heartbeats."""

from .base import Row, new_secret
from .base_model import BaseModel
from .challenge import Challenge, ChallengeData, ChallengeQuerySet, Phase, current_phase
from .event import Hackathon, Participation
from .heartbeat import Heartbeat
from .mail import OutgoingMail
from .people import ApiToken, Organization, User, UserManager

__all__ = [
    "ApiToken",
    "BaseModel",
    "Challenge",
    "ChallengeData",
    "ChallengeQuerySet",
    "Hackathon",
    "Heartbeat",
    "Organization",
    "OutgoingMail",
    "Participation",
    "Phase",
    "Row",
    "User",
    "UserManager",
    "current_phase",
    "new_secret",
]
