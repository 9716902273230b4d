"""Making a team, joining one, leaving it."""

from __future__ import annotations

from typing import NoReturn

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from hackathon.clock import db_now
from hackathon.enums import Role
from hackathon.errors import Conflict, Invalid, NotAllowed, NotFound
from hackathon.models import Hackathon, Participation, User
from training_worker.contract.base import FieldError

from .models import Membership, MembershipRole, Team


def create_team(*, user: User, hackathon: Hackathon, name: str) -> Team:
    """A new team with `user` as its captain.

    Raises `NotAllowed` for who does not take part or when the hackathon is over, `Invalid` for an empty name,
    `Conflict` where the name is taken, the person is in a team, or has left one.
    """
    name = " ".join(name.split())
    if not name:
        message = _("The name is empty.")
        raise Invalid(message, fields=[FieldError(code="required", field="name", message=message)])
    try:
        with transaction.atomic():
            _require_free(user, hackathon)
            if Team.objects.filter(hackathon=hackathon, name__iexact=name).exists():
                _refuse_name()
            team = Team.objects.create(hackathon=hackathon, name=name)
            Membership.objects.create(team=team, user=user, hackathon=hackathon, role=MembershipRole.CAPTAIN)
    except IntegrityError:  # another request was faster with this name
        _refuse_name()
    return team


def add_member(*, team: Team, user: User) -> Membership:
    """Put a person into an existing team. Raises as `create_team`, and `Conflict` `team_full` at the size limit."""
    with transaction.atomic():
        _require_free(user, team.hackathon)
        locked = Team.objects.select_for_update().get(pk=team.pk)
        members = Membership.objects.filter(team=locked, left_at__isnull=True).count()
        if members >= team.hackathon.max_team_size:
            raise Conflict(
                _("The team is full: %(size)d people.") % {"size": team.hackathon.max_team_size}, code="team_full"
            )
        return Membership.objects.create(team=locked, user=user, hackathon=team.hackathon)


def leave_team(*, team: Team, user: User) -> None:
    """End the person's membership; the longest-standing other member becomes captain where the captain leaves.

    A team that nobody is in any more and that has never submitted goes away, and with it the memory of having been
    in it: founding a team by mistake can be undone. Raises `NotFound` where the person is not in the team.
    """
    with transaction.atomic():
        _lock_person(user, team.hackathon)
        Team.objects.select_for_update().get(pk=team.pk)
        current = Membership.objects.filter(team=team, left_at__isnull=True)
        mine = current.filter(user=user).first()
        if mine is None:
            raise NotFound
        mine.left_at = db_now()
        mine.save(update_fields=["left_at"])
        heir = current.order_by("created_at", "pk").first()
        if heir is None:
            _delete_unused(team)
        elif mine.role == MembershipRole.CAPTAIN and not current.filter(role=MembershipRole.CAPTAIN).exists():
            heir.role = MembershipRole.CAPTAIN
            heir.save(update_fields=["role"])


def _delete_unused(team: Team) -> None:
    """Submissions protect their team from deletion: what the database refuses to delete has been used."""
    try:
        with transaction.atomic():
            team.delete()
    except ProtectedError:
        pass


def _lock_person(user: User, hackathon: Hackathon) -> Participation | None:
    """The person's part in the hackathon, locked: their joining and leaving happen one after the other."""
    return Participation.objects.select_for_update().filter(user=user, hackathon=hackathon).first()


def _require_free(user: User, hackathon: Hackathon) -> None:
    """A participant of a hackathon that goes on, in no team now and in none before: that would bring a second quota."""
    participation = _lock_person(user, hackathon)
    if participation is None or participation.role != Role.PARTICIPANT:
        raise NotAllowed(
            _("Only participants of this hackathon may be in a team."),
            hint=_("Ask the organizers to accept you as a participant."),
            code="not_participant",
        )
    if db_now() >= hackathon.ends_at:
        raise NotAllowed(_("This hackathon is over."), code="hackathon_over")
    memberships = Membership.objects.filter(user=user, hackathon=hackathon)
    if memberships.filter(left_at__isnull=True).exists():
        raise Conflict(
            _("You are in a team of this hackathon."), hint=_("Leave it before you join another."), code="in_a_team"
        )
    if memberships.exists():
        raise Conflict(
            _("You have left a team of this hackathon, and a second one would bring a second quota."),
            hint=_("Ask the organizers to move you to another team."),
            code="has_left_a_team",
        )


def _refuse_name() -> NoReturn:
    raise Conflict(_("There is a team of this name."), hint=_("Choose another name."), code="name_taken")
