"""Inviting people into a team: making an invitation, mailing it, accepting it, taking it back."""

from __future__ import annotations

from datetime import timedelta

from django.core.mail import send_mail
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from hackathon.accounts.tokens import digest_of, new_token
from hackathon.clock import db_now
from hackathon.errors import Conflict, NotAllowed, NotFound
from hackathon.models import User
from hackathon.services.participation import join_hackathon, require_registration_open
from hackathon.visibility import role_in
from hackathon.web.public_url import public_url
from teams.models import Invitation, Membership, MembershipRole, Team
from teams.selectors import find_invitation, why_gone
from training_worker.contract.text import isolated

from .membership import add_member, lock_team, require_free, require_room, require_teamless

LIFETIME = timedelta(days=7)
PER_DAY = 20
"""Invitations of one team in 24 hours: a team is not a way to mail the world."""


def create_invitation(*, team: Team, user: User, email: str = "") -> tuple[Invitation, str]:
    """A new invitation and its link, which is readable only now; with `email` it is mailed there after the commit.

    Raises `NotAllowed` for who is not the captain and after the end, `Conflict` for a team that is locked or full or
    has made `PER_DAY` of them within a day.
    """
    token = new_token("hti")
    link = public_url(reverse("teams:invitation", args=[token]))
    with transaction.atomic():
        locked = lock_team(team)
        _require_captain(locked, user)
        now = db_now()
        if now >= locked.hackathon.ends_at:
            raise NotAllowed(_("This hackathon is over."), code="hackathon_over")
        require_room(locked)
        if locked.invitations.filter(created_at__gt=now - timedelta(days=1)).count() >= PER_DAY:
            raise Conflict(
                _("Your team has made %(count)d invitations within a day.") % {"count": PER_DAY},
                hint=_("Use an open invitation, or try again tomorrow."),
                code="too_many_invitations",
            )
        invitation = Invitation.objects.create(
            team=locked, digest=digest_of(token), email=email, created_by=user, expires_at=now + LIFETIME
        )
        if email:
            _mail(locked, user, email, link)
    return invitation, link


def revoke_invitation(*, invitation: Invitation, user: User) -> None:
    """Nobody may accept it any more. `NotAllowed` for who is not the captain, `NotFound` where it is not open."""
    _require_captain(invitation.team, user)
    if not withdraw_invitation(invitation=invitation):
        raise NotFound


def withdraw_invitation(*, invitation: Invitation) -> bool:
    """Revoke it as an organizer; False where it was used or revoked before."""
    unused = Invitation.objects.filter(pk=invitation.pk, used_at__isnull=True, revoked_at__isnull=True)
    return bool(unused.update(revoked_at=db_now()))


def require_acceptable(*, invitation: Invitation) -> None:
    """What `accept_invitation` would refuse to anybody, said before it is known who asks."""
    if db_now() >= invitation.team.hackathon.ends_at:
        raise NotAllowed(_("This hackathon is over."), code="hackathon_over")
    require_room(invitation.team)


def require_may_accept(*, user: User, invitation: Invitation) -> None:
    """What `accept_invitation` would refuse, said before anybody is asked to confirm. Locks nothing."""
    hackathon = invitation.team.hackathon
    if role_in(user, hackathon) is None:
        require_registration_open(user, hackathon)
        require_teamless(user, hackathon)
    else:
        require_free(user, hackathon)
    require_room(invitation.team)


def accept_invitation(*, user: User, token: str, organization: str = "") -> Team:
    """The person joins the team, and a public hackathon with it; the invitation is used up, or nothing has happened.

    Who joins the hackathon with it stands for the organization of that name there.

    Raises as `find_invitation`, `join_hackathon` and `add_member`.
    """
    with transaction.atomic():
        invitation = find_invitation(user, token)
        join_hackathon(user=user, hackathon=invitation.team.hackathon, organization=organization)
        add_member(team=invitation.team, user=user)
        now = db_now()
        if not Invitation.objects.filter(pk=invitation.pk).open_at(now).update(used_at=now, used_by=user):
            invitation.refresh_from_db()
            raise why_gone(invitation, now)  # another person was faster; this undoes the membership
    return invitation.team


def _require_captain(team: Team, user: User) -> None:
    captains = Membership.objects.current().filter(team=team, role=MembershipRole.CAPTAIN)
    if not captains.filter(user=user).exists():
        raise NotAllowed(
            _("Only the captain can invite people."), hint=_("Ask your captain to do this."), code="not_captain"
        )


def _mail(team: Team, inviter: User, email: str, link: str) -> None:
    names = {"person": _line(inviter), "team": _line(team), "hackathon": _line(team.hackathon), "link": link}
    subject = _("Invitation to the team “%(team)s”") % names
    body = _(
        "%(person)s invites you to the team “%(team)s” in “%(hackathon)s”.\n\n"
        "Open this link and confirm; log in with the account of this e-mail address:\n%(link)s\n\n"
        "It works once and for seven days. If you do not know what this is about, do nothing."
    )
    send_mail(subject, body % names, None, [email])


def _line(named: object) -> str:
    """A name on one line: no header and no paragraph of a mail is made by a name."""
    return isolated(" ".join(str(named).split()))
