"""Making a team, joining one, leaving it."""

from __future__ import annotations

from typing import NoReturn

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hackathon.clock import db_now
from hackathon.enums import Role
from hackathon.errors import Conflict, NotAllowed, NotFound
from hackathon.models import Hackathon, Participation, User
from hackathon.web.incoming import require_name
from teams.models import Membership, MembershipRole, Team
from teams.selectors import teams_named
from training_worker.contract.base import FieldError


def create_team(*, user: User, hackathon: Hackathon, name: str) -> Team:
    """A new team with `user` as its captain.

    Raises `NotAllowed` for who does not take part or when the hackathon is over, `Invalid` for a name that cannot be
    one, `Conflict` where the name is taken, the person is in a team, or has left one.
    """
    name = require_name(name)
    try:
        with transaction.atomic():
            lock_person(user, hackathon)
            require_free(user, hackathon)
            if teams_named(name, hackathon).exists():
                _refuse_name()
            team = Team.objects.create(hackathon=hackathon, name=name)
            Membership.objects.create(team=team, user=user, hackathon=hackathon, role=MembershipRole.CAPTAIN)
    except IntegrityError:  # another request was faster with this name
        _refuse_name()
    return team


def add_member(*, team: Team, user: User) -> Membership:
    """Put a person into an existing team. Raises as `create_team` and `require_room`."""
    with transaction.atomic():
        lock_person(user, team.hackathon)
        require_free(user, team.hackathon)
        locked = lock_team(team)
        require_room(locked)
        return Membership.objects.create(team=locked, user=user, hackathon=team.hackathon)


def leave_team(*, team: Team, user: User) -> None:
    """End the person's membership; the longest-standing other member becomes captain where the captain leaves.

    A team that nobody is in any more and that has never submitted goes away, and with it the memory of having been
    in it: founding a team by mistake can be undone. Raises `NotFound` where the person is not in the team.
    """
    with transaction.atomic():
        lock_person(user, team.hackathon)
        lock_team(team)
        current = Membership.objects.current().filter(team=team)
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


def remove_member(*, membership: Membership, user: User) -> None:
    """End another person's membership, as their captain. What they ran stays the team's, and so does its quota.

    They may not found or join another team by themselves: that would bring a second quota. Raises `NotAllowed` for
    who is not the captain, `NotFound` for who is not in the team any more, `Conflict`: `is_self`, `hackathon_over`.
    """
    with transaction.atomic():
        lock_person(membership.user, membership.hackathon)
        member = _managed(membership, user)
        member.left_at = db_now()
        member.save(update_fields=["left_at"])


def hand_over(*, membership: Membership, user: User) -> None:
    """Make another member the captain instead of `user`. Raises as `remove_member`."""
    with transaction.atomic():
        set_captain(_managed(membership, user))


def _managed(membership: Membership, user: User) -> Membership:
    """The membership, fresh and under the lock of its team, where `user` is the captain and somebody else."""
    team = lock_team(membership.team)
    current = Membership.objects.current().filter(team=team)
    if not current.filter(user=user, role=MembershipRole.CAPTAIN).exists():
        raise NotAllowed(
            _("Only the captain decides who is in the team."),
            hint=_("Ask your captain to do this."),
            code="not_captain",
        )
    member = current.filter(pk=membership.pk).first()
    if member is None:
        raise NotFound
    if member.user_id == user.pk:
        raise Conflict(
            _("You cannot do this to yourself."), hint=_("Leave the team, or choose another member."), code="is_self"
        )
    if db_now() >= team.hackathon.ends_at:
        raise Conflict(
            _("This hackathon is over: its teams stay as they were at the end."),
            hint=_("Ask the organizers if something is wrong."),
            code="hackathon_over",
        )
    return member


def _delete_unused(team: Team) -> None:
    """Submissions protect their team from deletion: what the database refuses to delete has been used."""
    try:
        with transaction.atomic():
            team.delete()
    except ProtectedError:
        pass


def lock_person(user: User, hackathon: Hackathon) -> None:
    """Lock the person's part in the hackathon: their joining and leaving happen one after the other."""
    Participation.objects.select_for_update().filter(user=user, hackathon=hackathon).first()


def set_captain(heir: Membership) -> None:
    """Of those in the team, this person alone is the captain. The caller holds the team's lock."""
    current = Membership.objects.current().filter(team=heir.team_id)
    current.exclude(pk=heir.pk).update(role=MembershipRole.MEMBER)
    current.filter(pk=heir.pk).update(role=MembershipRole.CAPTAIN)


def lock_team(team: Team) -> Team:
    """The team's row, locked and fresh. Taken after the person's and before invitations'. `NotFound` if it is gone."""
    locked = Team.objects.select_for_update().filter(pk=team.pk).first()
    if locked is None:
        raise NotFound
    return locked


def require_room(team: Team) -> None:
    """Raises `Conflict`: `team_locked`, or `team_full` at the hackathon's size limit."""
    if team.is_locked:
        raise Conflict(
            _("This team is locked: nobody else may join it."),
            hint=_("Ask the organizers to unlock it, or join another team."),
            code="team_locked",
        )
    size = team.hackathon.max_team_size
    if Membership.objects.current().filter(team=team).count() >= size:
        raise Conflict(
            ngettext("The team is full: %(size)d person.", "The team is full: %(size)d people.", size) % {"size": size},
            hint=_("Wait for a member to leave, or join another team."),
            code="team_full",
        )


def require_free(user: User, hackathon: Hackathon) -> None:
    """A participant of a hackathon that goes on, in no team now and in none before: that would bring a second quota.

    Whoever is about to write has locked the person's part before.
    """
    if not Participation.objects.filter(user=user, hackathon=hackathon, role=Role.PARTICIPANT).exists():
        raise NotAllowed(
            _("Only participants of this hackathon may be in a team."),
            hint=_("Join the hackathon first, or ask the organizers to accept you as a participant."),
            code="not_participant",
        )
    require_teamless(user, hackathon)


def require_teamless(user: User, hackathon: Hackathon) -> None:
    """As `require_free`, for who may not take part yet."""
    if db_now() >= hackathon.ends_at:
        raise NotAllowed(_("This hackathon is over."), code="hackathon_over")
    memberships = Membership.objects.filter(user=user, hackathon=hackathon)
    if memberships.current().exists():
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
    message = _("A team with this name already exists.")
    field = FieldError(code="name_taken", field="name", message=message)
    raise Conflict(message, hint=_("Choose another name."), code="name_taken", fields=[field])
