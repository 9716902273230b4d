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
from training_worker.contract.text import isolated

from .step import NextStep


def team_refusal(viewer: Viewer, challenge: Challenge, team: Team | None) -> NextStep | None:
    if team is not None:
        return None
    hackathon = challenge.hackathon
    home = reverse("hackathons:detail", args=[hackathon.slug])
    role = role_in(viewer, hackathon)
    if role is not None and role != Role.PARTICIPANT:
        text = _("You are %(role)s here: you can validate a config, but only teams submit.") % {"role": role.label}
        return NextStep(text, home, _("To the hackathon"))
    if role is None:
        text = _("You have not joined this hackathon: you can validate a config but not submit it.")
        name, label = "teams:join", _("Join")
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
        text = _("The phase “%(phase)s” opens at %(time)s. Until then you can validate a config.")
        url, label = reverse("challenges:detail", args=[challenge.slug]), _("Read the challenge")
        return NextStep(text % {"phase": isolated(phase.name), "time": _local(phase.opens_at)}, url, label)
    text = _("The phase “%(phase)s” closed at %(time)s.") % {
        "phase": isolated(phase.name),
        "time": _local(phase.closes_at),
    }
    if phase.is_released:
        text = _("The phase “%(phase)s” has ended: its private scores are released.") % {"phase": isolated(phase.name)}
    return NextStep(text, reverse("evaluation:leaderboard", args=[challenge.slug]), _("See the leaderboard"))


def quota_refusal(challenge: Challenge, quota: QuotaState, *, seconds: float) -> NextStep | None:
    """Which part of the quota is used up, the most lasting first, and what one can do about it."""
    board = reverse("evaluation:leaderboard", args=[challenge.slug])
    runs = f"{reverse('submissions:list')}?hackathon={challenge.hackathon.slug}&challenge={challenge.slug}"
    if quota.used_total >= quota.cap_total:
        text = _("Submission limit of this phase reached (%(used)d/%(cap)d).")
        text %= {"used": quota.used_total, "cap": quota.cap_total}
        return NextStep(text, board, _("See the leaderboard"))
    if quota.compute_used + seconds > quota.cap_compute:
        text = _("Compute limit reached: too little is left for a full run. Running jobs return what they do not use.")
        return NextStep(text, runs, _("Your submissions"))
    if quota.used_today >= quota.cap_day:
        text = _("Daily limit reached (%(used)d/%(cap)d), resets at %(time)s.")
        text %= {"used": quota.used_today, "cap": quota.cap_day, "time": _local(quota.resets_at)}
        return NextStep(text, runs, _("Your submissions"))
    if quota.queued >= quota.cap_queued:
        text = _("Queue limit reached (%(used)d of %(cap)d). Wait for a run to start, or cancel one.")
        text %= {"used": quota.queued, "cap": quota.cap_queued}
        return NextStep(text, runs, _("Your submissions"))
    return None


def _local(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"
