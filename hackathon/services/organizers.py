"""Access to the admin for organizers: one group with what their job needs, and nothing that shows a secret."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from hackathon.clock import db_now
from hackathon.enums import Role
from hackathon.errors import NotAllowed
from hackathon.models import Participation, User
from training_worker.contract.text import isolated

GROUP = "Organizers"
PERMISSIONS = {
    "hackathon.hackathon": "add change view",
    "hackathon.challenge": "change view",
    "hackathon.phase": "add change delete view",
    "hackathon.challengedata": "view",
    "hackathon.basemodel": "change view",
    "hackathon.user": "view",
    "hackathon.participation": "add change delete view",
    "hackathon.organization": "add change view",
    "hackathon.apitoken": "view",
    "teams.team": "add change delete view",
    "teams.membership": "add change view",
    "teams.invitation": "change view",
    "submissions.submission": "view",
    "submissions.job": "change view",
    "submissions.jobevent": "view",
    "submissions.node": "change view",
    "submissions.enrolmenttoken": "view",
    "submissions.quota": "change view",
    "submissions.artifact": "view",
    "evaluation.result": "view",
    "evaluation.leaderboardentry": "view",
    "evaluation.reference": "view",
}
"""Not: accounts and tokens (who may change those could become anybody), groups, deleting a hackathon."""


def organizers_group() -> Group:
    """The group, with exactly these permissions; safe to call again after an upgrade."""
    wanted = Q(pk__in=[])
    for label, verbs in PERMISSIONS.items():
        app, model = label.split(".")
        codenames = [f"{verb}_{model}" for verb in verbs.split()]
        wanted |= Q(content_type__app_label=app, codename__in=codenames)
    group, _created = Group.objects.get_or_create(name=GROUP)
    group.permissions.set(Permission.objects.filter(wanted))
    return group


@transaction.atomic
def make_organizer(*, user: User) -> None:
    """The person may log in to the admin and run the hackathons there.

    Raises `NotAllowed` for a closed account, and for who competes: they would see the other teams' work.
    """
    if not user.is_active:
        raise NotAllowed(_("This account is closed."))
    competes_in = Participation.objects.filter(user=user, role=Role.PARTICIPANT, hackathon__ends_at__gt=db_now())
    if (part := competes_in.select_related("hackathon").first()) is not None:
        raise NotAllowed(
            _("%(person)s competes in %(hackathon)s.")
            % {"person": isolated(user), "hackathon": isolated(part.hackathon)},
            hint=_("Give them another role there first: People, Participations."),
            code="competes",
        )
    user.groups.add(organizers_group())
    User.objects.filter(pk=user.pk).update(is_staff=True)


@transaction.atomic
def remove_organizer(*, user: User) -> None:
    """Take the access away again. Who has other permissions, or is a superuser, stays staff."""
    user.groups.remove(*Group.objects.filter(name=GROUP))
    if not (user.is_superuser or user.groups.exists() or user.user_permissions.exists()):
        User.objects.filter(pk=user.pk).update(is_staff=False)
