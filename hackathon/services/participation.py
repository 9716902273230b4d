"""Taking part in a hackathon."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from hackathon.clock import db_now
from hackathon.enums import Role, Visibility
from hackathon.errors import NotAllowed, NotFound
from hackathon.models import Hackathon, Organization, Participation, User
from hackathon.visibility import sees_all_submissions

from .organizations import organization_named


def join_hackathon(*, user: User, hackathon: Hackathon, organization: str = "") -> Participation:
    """The person's part in the hackathon: the one they have, in whatever role, else a new one as participant.

    They stand for the organization of that name, with "" for nobody but themselves. Raises `NotAllowed` where only
    organizers add people, after the end, and for those who see every submission in the admin.
    """
    with transaction.atomic():
        existing = Participation.objects.filter(user=user, hackathon=hackathon).first()
        if existing is not None:
            return existing
        require_registration_open(user, hackathon)
        stands_for = organization_named(organization) if organization else None
        joined, _created = Participation.objects.get_or_create(
            user=user, hackathon=hackathon, defaults={"role": Role.PARTICIPANT, "organization": stands_for}
        )
        return joined


@transaction.atomic
def change_organization(*, user: User, hackathon: Hackathon, organization: str) -> None:
    """Whom the person stands for in the hackathon from now on; "": nobody but themselves.

    Raises `NotFound` for who takes no part, `NotAllowed` after the end: results keep the names they were made under.
    """
    part = Participation.objects.filter(user=user, hackathon=hackathon).first()
    if part is None:
        raise NotFound
    if db_now() >= hackathon.ends_at:
        raise NotAllowed(_("This hackathon is over."), code="hackathon_over")
    part.organization = organization_named(organization) if organization else None
    part.save(update_fields=["organization"])


def require_registration_open(user: User, hackathon: Hackathon) -> None:
    """What `join_hackathon` would refuse to who takes no part yet."""
    if sees_all_submissions(user):
        raise NotAllowed(_("You organize this hackathon: organizers do not compete."), code="organizer")
    if hackathon.visibility != Visibility.PUBLIC:
        raise NotAllowed(
            _("Only accepted participants can join this hackathon."),
            hint=_("Ask the organizers to accept you as a participant."),
            code="not_public",
        )
    if db_now() >= hackathon.ends_at:
        raise NotAllowed(_("This hackathon is over."), code="hackathon_over")


@transaction.atomic
def add_participant(
    *, user: User, hackathon: Hackathon, role: Role, organization: Organization | None
) -> Participation:
    """An organizer gives somebody a part in any hackathon, open or not. Somebody who has one keeps it as it is."""
    part, _created = Participation.objects.get_or_create(
        user=user, hackathon=hackathon, defaults={"role": role, "organization": organization}
    )
    return part
