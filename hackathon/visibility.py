"""Who may know of what in a hackathon: the one place that says so for pages, API, feeds and mails."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from .enums import Role, Visibility
from .models import Challenge, ChallengeData, Hackathon, Participation, Phase, User

Viewer = User | AnonymousUser


def hackathons_visible_to(viewer: Viewer) -> QuerySet[Hackathon]:
    """Public ones for everybody; private ones for those who take part; drafts for their organizers."""
    if not isinstance(viewer, User):
        return Hackathon.objects.filter(visibility=Visibility.PUBLIC)
    if viewer.is_superuser:
        return Hackathon.objects.all()
    mine = Participation.objects.filter(user=viewer)
    organized = mine.filter(role=Role.ORGANIZER).values("hackathon")
    joined = mine.values("hackathon")
    return Hackathon.objects.filter(
        Q(visibility=Visibility.PUBLIC) | Q(visibility=Visibility.PRIVATE, pk__in=joined) | Q(pk__in=organized)
    )


def challenges_visible_to(viewer: Viewer) -> QuerySet[Challenge]:
    """Published challenges of visible hackathons; unpublished ones for the organizers alone."""
    challenges = Challenge.objects.filter(hackathon__in=hackathons_visible_to(viewer))
    if not isinstance(viewer, User):
        return challenges.filter(is_published=True)
    if viewer.is_superuser:
        return challenges
    organized = Participation.objects.filter(user=viewer, role=Role.ORGANIZER).values("hackathon")
    return challenges.filter(Q(is_published=True) | Q(hackathon__in=organized))


def phases_visible_to(viewer: Viewer) -> QuerySet[Phase]:
    return Phase.objects.filter(challenge__in=challenges_visible_to(viewer))


def data_visible_to(viewer: Viewer, *, now: datetime) -> QuerySet[ChallengeData]:
    """Data versions whose train and validation examples the viewer may look at. Test examples: nobody.

    Who takes part may as soon as a phase on the data has opened, organizers at any time.
    """
    if not isinstance(viewer, User):
        return ChallengeData.objects.none()
    visible = ChallengeData.objects.filter(challenge__in=challenges_visible_to(viewer))
    if viewer.is_superuser:
        return visible
    parts = Participation.objects.filter(user=viewer)
    organized = parts.filter(role=Role.ORGANIZER).values("hackathon")
    joined = parts.values("hackathon")
    begun = Phase.objects.filter(opens_at__lte=now).values("data")
    return visible.filter(Q(challenge__hackathon__in=organized) | Q(challenge__hackathon__in=joined, pk__in=begun))


def data_open_to(viewer: Viewer, *, now: datetime) -> QuerySet[ChallengeData]:
    """Those of `data_visible_to` whose train and validation sets the viewer may browse, search and download: where the
    challenge does not show its data, only its organizers may."""
    shown = Q(challenge__shows_data=True) | Q(challenge__hackathon__in=hackathons_organized_by(viewer))
    return data_visible_to(viewer, now=now).filter(shown)


def hackathons_organized_by(viewer: Viewer) -> QuerySet[Hackathon]:
    """Those whose dashboard the viewer may open; a superuser organizes everything."""
    if not isinstance(viewer, User):
        return Hackathon.objects.none()
    if viewer.is_superuser:
        return Hackathon.objects.all()
    organized = Participation.objects.filter(user=viewer, role=Role.ORGANIZER).values("hackathon")
    return Hackathon.objects.filter(pk__in=organized)


def role_in(viewer: Viewer, hackathon: Hackathon) -> Role | None:
    """The viewer's part in the hackathon; a superuser organizes everything; None for outsiders."""
    if not isinstance(viewer, User):
        return None
    if viewer.is_superuser:
        return Role.ORGANIZER
    found = Participation.objects.filter(user=viewer, hackathon=hackathon).values_list("role", flat=True).first()
    return Role(found) if found else None


def sees_all_submissions(user: User) -> bool:
    """In the admin: superusers, and staff who may run hackathons there. They compete nowhere."""
    return user.is_superuser or (user.is_staff and user.has_perm("submissions.view_submission"))


def is_organizer(viewer: Viewer, hackathon: Hackathon) -> bool:
    return role_in(viewer, hackathon) == Role.ORGANIZER
