"""What a person does next in each hackathon: the line that home and the hackathon's page lead with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from hackathon.enums import Role
from hackathon.models import Hackathon, Participation, Phase, User, current_phase
from hackathon.visibility import Viewer, phases_visible_to
from teams.models import Team
from teams.selectors import teams_of

from .enums import ACTIVE_STATES
from .models import Job, Submission


@dataclass(frozen=True)
class NextStep:
    """One sentence, and where its link goes ("" for none)."""

    text: str
    url: str = ""
    label: str = ""


@dataclass(frozen=True)
class Standing:
    """The viewer's place in one hackathon, and what comes next."""

    hackathon: Hackathon
    role: Role | None
    team: Team | None
    step: NextStep


@dataclass(frozen=True)
class _Facts:
    """What decides the next step; all read by `standings`."""

    signed_in: bool
    role: Role | None
    team: Team | None
    phase: Phase | None
    """The current phase of the challenge that needs attention first: an open one before any other."""
    running: Job | None
    has_submitted: bool


def standings(viewer: Viewer, hackathons: Sequence[Hackathon], *, now: datetime) -> list[Standing]:
    """In five queries, however many hackathons there are."""
    mine = Participation.objects.filter(user=viewer, hackathon__in=hackathons) if isinstance(viewer, User) else []
    roles = {part.hackathon_id: Role(part.role) for part in mine}
    teams = {team.hackathon_id: team for team in teams_of(viewer).filter(hackathon__in=hackathons)}
    phases = _phases(viewer, hackathons, now)
    running = _running(teams.values())
    submitted = set(Submission.objects.filter(team__in=teams.values()).values_list("team", flat=True).distinct())
    found = []
    for hackathon in hackathons:
        team = teams.get(hackathon.pk)
        role = Role.ORGANIZER if isinstance(viewer, User) and viewer.is_superuser else roles.get(hackathon.pk)
        facts = _Facts(
            signed_in=isinstance(viewer, User),
            role=role,
            team=team,
            phase=phases.get(hackathon.pk),
            running=running.get(team.pk) if team else None,
            has_submitted=team is not None and team.pk in submitted,
        )
        found.append(Standing(hackathon, role, team, next_step(hackathon, facts, now=now)))
    return found


def _phases(viewer: Viewer, hackathons: Sequence[Hackathon], now: datetime) -> dict[UUID, Phase]:
    by_hackathon: dict[UUID, list[Phase]] = {}
    visible = phases_visible_to(viewer).filter(challenge__hackathon__in=hackathons).select_related("challenge")
    for phase in visible:
        by_hackathon.setdefault(phase.challenge.hackathon_id, []).append(phase)
    current = {pk: current_phase(phases, now) for pk, phases in by_hackathon.items()}
    return {pk: phase for pk, phase in current.items() if phase is not None}


def _running(teams: Iterable[Team]) -> dict[UUID, Job]:
    jobs = Job.objects.filter(submission__team__in=teams, state__in=ACTIVE_STATES, replicate=0)
    return {
        job.submission.team_id: job for job in jobs.select_related("submission").order_by("queued_at") if job.submission
    }


def next_step(hackathon: Hackathon, facts: _Facts, *, now: datetime) -> NextStep:
    """The most urgent thing to do. Pure."""
    if not facts.signed_in:
        return NextStep(_("Log in to take part."), reverse("login"), _("Log in"))
    if facts.role == Role.ORGANIZER:
        return _organizer_step(hackathon, facts.phase)
    if hackathon.ends_at <= now:
        return _board(facts.phase, _("It is over."), _("See the results"))
    if facts.role is None:
        return NextStep(_("You do not take part yet."), reverse("teams:join", args=[hackathon.slug]), _("Take part"))
    if facts.role != Role.PARTICIPANT:
        return _board(
            facts.phase, _("You are here as %(role)s.") % {"role": facts.role.label}, _("Follow the leaderboard")
        )
    if facts.team is None:
        text = _("You are in no team yet: open the link that a captain gives you, or create a team.")
        return NextStep(text, reverse("teams:create", args=[hackathon.slug]), _("Create a team"))
    return _team_step(facts, now)


def _organizer_step(hackathon: Hackathon, phase: Phase | None) -> NextStep:
    if phase is None:
        return NextStep(
            _("There is no challenge with a phase yet."), reverse("admin:hackathon_challenge_add"), _("Add a challenge")
        )
    if not phase.challenge.is_published:
        url = reverse("admin:hackathon_challenge_change", args=[phase.challenge.pk])
        return NextStep(_("“%(challenge)s” is not published yet.") % {"challenge": phase.challenge}, url, _("Open it"))
    return _board(phase, _("You organize this."), _("Follow the leaderboard"))


def _team_step(facts: _Facts, now: datetime) -> NextStep:
    phase, job = facts.phase, facts.running
    if job is not None and job.submission is not None:
        url = reverse("submissions:detail", args=[job.submission.pk])
        text = _("Submission %(number)s is %(state)s.")
        return NextStep(text % {"number": job.submission, "state": job.get_state_display()}, url, _("Watch it"))
    if phase is None:
        return NextStep(_("No challenge is published yet."))
    challenge = reverse("challenges:detail", args=[phase.challenge.slug])
    desk = reverse("challenges:submit", args=[phase.challenge.slug])
    if now < phase.opens_at:
        return NextStep(
            _("The phase “%(phase)s” has not opened yet.") % {"phase": phase.name}, challenge, _("Read the challenge")
        )
    if not phase.is_open(now):
        return _board(phase, _("The phase “%(phase)s” is closed.") % {"phase": phase.name}, _("See the leaderboard"))
    if not facts.has_submitted:
        return NextStep(_("Your team has not submitted anything yet."), desk, _("Submit a first config"))
    return NextStep(_("Nothing is running."), desk, _("Submit another config"))


def _board(phase: Phase | None, text: str, label: str) -> NextStep:
    if phase is None:
        return NextStep(text)
    return NextStep(text, reverse("evaluation:leaderboard", args=[phase.challenge.slug]), label)
