"""Why a viewer may not submit to a challenge now, and what they can do instead."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hackathon.enums import Role
from hackathon.errors import DomainError
from hackathon.models import Challenge, Hackathon, Phase, User
from hackathon.services.participation import require_registration_open
from hackathon.visibility import Viewer, role_in
from submissions.selectors import QuotaState
from teams.models import Team
from teams.services.membership import require_free

from .next_steps import NextStep


def team_refusal(viewer: Viewer, challenge: Challenge, team: Team | None) -> NextStep | None:
    if team is not None:
        return None
    hackathon = challenge.hackathon
    home = reverse("hackathons:detail", args=[hackathon.slug])
    role = role_in(viewer, hackathon)
    if role is not None and role != Role.PARTICIPANT:
        text = _("You are here as %(role)s: you can check a config, and teams submit.") % {"role": role.label}
        return NextStep(text, home, _("To the hackathon"))
    if role is None:
        text = _("You do not take part in this hackathon, so you can check a config but not submit it.")
        name, label = "teams:join", _("Take part")
    else:
        text = _("Only teams can submit, and you are in no team of this hackathon yet.")
        name, label = "teams:create", _("Create a team")
    refusal = _join_error(viewer, hackathon, is_new=role is None)
    if refusal is not None:
        return NextStep(f"{text} {refusal.message} {refusal.hint}".rstrip(), home, _("To the hackathon"))
    return NextStep(text, reverse(name, args=[hackathon.slug]), label)


def _join_error(viewer: Viewer, hackathon: Hackathon, *, is_new: bool) -> DomainError | None:
    """Why the viewer may not take part, or who does may not create a team; None where nothing stands in the way."""
    assert isinstance(viewer, User)
    try:
        if is_new:
            require_registration_open(viewer, hackathon)
        else:
            require_free(viewer, hackathon)
    except DomainError as error:
        return error
    return None


def phase_refusal(challenge: Challenge, phase: Phase, now: datetime) -> NextStep | None:
    if phase.is_open(now):
        return None
    if now < phase.opens_at:
        text = _("The phase “%(phase)s” opens at %(time)s. Until then you can check a config.")
        url, label = reverse("challenges:detail", args=[challenge.slug]), _("Read the challenge")
        return NextStep(text % {"phase": phase.name, "time": _local(phase.opens_at)}, url, label)
    text = _("The phase “%(phase)s” closed at %(time)s.") % {"phase": phase.name, "time": _local(phase.closes_at)}
    if phase.is_released:
        text = _("The phase “%(phase)s” is over: its private scores are out.") % {"phase": phase.name}
    return NextStep(text, reverse("evaluation:leaderboard", args=[challenge.slug]), _("See the leaderboard"))


def quota_refusal(challenge: Challenge, quota: QuotaState, *, seconds: float) -> NextStep | None:
    """Which part of the quota is used up, the most lasting first, and what one can do about it."""
    board = reverse("evaluation:leaderboard", args=[challenge.slug])
    runs = f"{reverse('submissions:list')}?hackathon={challenge.hackathon.slug}"
    if quota.used_total >= quota.cap_total:
        text = _("Your team has used all its submissions of this phase.")
        return NextStep(text, board, _("See the leaderboard"))
    if quota.compute_used + seconds > quota.cap_compute:
        text = _("Your team has too little compute left for a whole run. Running ones give back what they do not use.")
        return NextStep(text, runs, _("Your submissions"))
    if quota.used_today >= quota.cap_day:
        text = _("Your team has used all its submissions of today. There is more from %(time)s.")
        return NextStep(text % {"time": _local(quota.resets_at)}, runs, _("Your submissions"))
    if quota.running >= quota.cap_at_once:
        text = _("Your team has as many runs going as it may. Wait until one has ended, or cancel one.")
        return NextStep(text, runs, _("Your submissions"))
    return None


def _local(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"
