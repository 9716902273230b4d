"""What a person does next in each hackathon: the line that home and the hackathon's page lead with."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Count, OuterRef, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hackathon.enums import Role
from hackathon.models import Hackathon, Participation, Phase, User, current_phase
from hackathon.visibility import Viewer, phases_visible_to
from submissions.enums import ACTIVE_STATES, JobState
from submissions.models import Job, Submission
from submissions.selectors import QuotaState, live_nodes, quota_states
from teams.models import Invitation, Team
from teams.selectors import teams_of
from training_worker.contract.text import isolated

from .refusals import quota_refusal
from .step import NextStep

SOON = timedelta(hours=3)


@dataclass(frozen=True)
class HackathonStatus:
    """The viewer's place in one hackathon, and what comes next."""

    hackathon: Hackathon
    role: Role | None
    team: Team | None
    step: NextStep


@dataclass(frozen=True)
class BestRun:
    """A team's best submission in a phase, and its score as shown."""

    submission: Submission
    score: str


ReadBestRuns = Callable[[Sequence[tuple[Team, Phase]]], Mapping[UUID, BestRun]]
"""The best runs by team: who asks for next steps reads the scores, of which this room knows nothing."""


def no_scores(_pairs: Sequence[tuple[Team, Phase]]) -> Mapping[UUID, BestRun]:
    return {}


@dataclass(frozen=True)
class _Facts:
    """What decides the next step; all read by `hackathon_statuses`."""

    signed_in: bool
    role: Role | None
    team: Team | None
    phase: Phase | None
    """The current phase of the challenge that needs attention first: an open one before any other."""
    latest: Job | None
    """The team's run on its way; else its last one."""
    best: BestRun | None
    quota: QuotaState | None
    """Of the team in the phase."""
    invitation: Invitation | None
    gaps: Sequence[NextStep]


def hackathon_statuses(
    viewer: Viewer, hackathons: Sequence[Hackathon], *, now: datetime, read_best_runs: ReadBestRuns = no_scores
) -> list[HackathonStatus]:
    """In at most ten queries and those of `read_best_runs`, however many hackathons there are."""
    mine = Participation.objects.filter(user=viewer, hackathon__in=hackathons) if isinstance(viewer, User) else []
    roles = {part.hackathon_id: Role(part.role) for part in mine}
    teams = {team.hackathon_id: team for team in teams_of(viewer).filter(hackathon__in=hackathons)}
    phases = _phases(viewer, hackathons, now)
    latest = _latest(teams.values())
    pairs = [(team, phases[pk]) for pk, team in teams.items() if pk in phases]
    best, quotas = read_best_runs(pairs) if pairs else {}, quota_states(pairs, now=now)
    invitations = _invitations(viewer, [hackathon for hackathon in hackathons if hackathon.pk not in teams], now)
    organized = [h for h in hackathons if _role(viewer, roles.get(h.pk)) == Role.ORGANIZER]
    gaps = organizer_gaps(viewer, organized, now=now, phases=phases)
    found = []
    for hackathon in hackathons:
        team = teams.get(hackathon.pk)
        role = _role(viewer, roles.get(hackathon.pk))
        facts = _Facts(
            signed_in=isinstance(viewer, User),
            role=role,
            team=team,
            phase=phases.get(hackathon.pk),
            latest=latest.get(team.pk) if team else None,
            best=best.get(team.pk) if team else None,
            quota=quotas.get(team.pk) if team else None,
            invitation=invitations.get(hackathon.pk),
            gaps=gaps.get(hackathon.pk, []),
        )
        found.append(HackathonStatus(hackathon, role, team, next_step(hackathon, facts, now=now)))
    return found


def _role(viewer: Viewer, own: Role | None) -> Role | None:
    return Role.ORGANIZER if isinstance(viewer, User) and viewer.is_superuser else own


def _phases(viewer: Viewer, hackathons: Sequence[Hackathon], now: datetime) -> dict[UUID, Phase]:
    by_hackathon: dict[UUID, list[Phase]] = {}
    visible = (
        phases_visible_to(viewer).filter(challenge__hackathon__in=hackathons).select_related("challenge__hackathon")
    )
    for phase in visible:
        by_hackathon.setdefault(phase.challenge.hackathon_id, []).append(phase)
    current = {pk: current_phase(phases, now) for pk, phases in by_hackathon.items()}
    return {pk: phase for pk, phase in current.items() if phase is not None}


def _latest(teams: Collection[Team]) -> dict[UUID, Job]:
    """By team: the first of its runs on their way, else the last that ended."""
    runs = Job.objects.filter(submission__team=OuterRef("pk"), replicate=0).order_by()
    active = runs.filter(state__in=ACTIVE_STATES).order_by("queued_at").values("pk")[:1]
    ended = runs.exclude(state__in=ACTIVE_STATES).order_by("-queued_at").values("pk")[:1]
    own = Team.objects.filter(pk__in=[team.pk for team in teams])
    pks = own.annotate(active=Subquery(active), ended=Subquery(ended)).values_list("active", "ended")
    jobs = Job.objects.filter(pk__in=[active or ended for active, ended in pks])
    return {job.submission.team_id: job for job in jobs.select_related("submission__phase") if job.submission}


def _invitations(viewer: Viewer, hackathons: Sequence[Hackathon], now: datetime) -> dict[UUID, Invitation]:
    """By hackathon: an invitation to the viewer's own mailbox that may still be accepted."""
    if not isinstance(viewer, User):
        return {}
    mine = Invitation.objects.open_at(now).filter(team__hackathon__in=hackathons, email_key=viewer.email_key)
    return {row.team.hackathon_id: row for row in mine.select_related("team")}


def organizer_gaps(
    viewer: Viewer, hackathons: Sequence[Hackathon], *, now: datetime, phases: dict[UUID, Phase] | None = None
) -> dict[UUID, list[NextStep]]:
    """By hackathon: what is missing for it to run, the most urgent first. `phases` are the current ones, if known."""
    if not hackathons:
        return {}
    phases = _phases(viewer, hackathons, now) if phases is None else phases
    quarantined = Job.objects.filter(state=JobState.QUARANTINED, phase__challenge__hackathon__in=hackathons).order_by()
    counts = dict(quarantined.values_list("phase__challenge__hackathon").annotate(Count("pk")))
    nodes = live_nodes(now=now).count()
    may_admin = isinstance(viewer, User) and viewer.is_staff
    return {
        hackathon.pk: _gaps(
            hackathon, phases.get(hackathon.pk), counts.get(hackathon.pk, 0), nodes, may_admin=may_admin, now=now
        )
        for hackathon in hackathons
    }


def _gaps(
    hackathon: Hackathon, phase: Phase | None, quarantined: int, nodes: int, *, may_admin: bool, now: datetime
) -> list[NextStep]:
    """Pure. Links to the admin are for those who may open it."""
    is_running = hackathon.starts_at <= now < hackathon.ends_at
    found = []
    if quarantined:
        text = ngettext("%(count)d job is quarantined.", "%(count)d jobs are quarantined.", quarantined)
        url = reverse("hackathons:dashboard", args=[hackathon.slug]) + "#quarantined"
        found.append(NextStep(text % {"count": quarantined}, url, _("Requeue or drop")))
    if hackathon.ends_at <= now:
        return found
    if phase is None:
        text = _("There is no challenge with a phase yet. An operator imports its folder: manage.py import_challenge.")
        url = reverse("admin:hackathon_challenge_add") if may_admin else ""
        found.append(NextStep(text, url, _("Add a challenge")))
    elif not phase.challenge.is_published or (is_running and not phase.is_open(now)):
        text = (
            _("No phase is open now.")
            if phase.challenge.is_published
            else _("“%(challenge)s” is not published yet.") % {"challenge": isolated(phase.challenge)}
        )
        url = reverse("admin:hackathon_challenge_change", args=[phase.challenge.pk]) if may_admin else ""
        found.append(NextStep(text, url, _("Open")))
    if is_running and not nodes:
        found.append(NextStep(_("No worker is online: nothing runs."), reverse("workers"), _("See the workers")))
    return found


def next_step(hackathon: Hackathon, facts: _Facts, *, now: datetime) -> NextStep:
    """The most urgent thing to do. Pure."""
    if not facts.signed_in:
        join = urlencode({"next": reverse("teams:join", args=[hackathon.slug])})
        return NextStep(_("Log in to join."), f"{reverse('login')}?{join}", _("Log in"))
    if facts.role == Role.ORGANIZER:
        return _organizer_step(hackathon, facts, now)
    if hackathon.ends_at <= now:
        return _board(facts.phase, _("The hackathon has ended."), _("See the results"))
    phase = facts.phase if facts.phase and now < facts.phase.closes_at else None
    if facts.role is None:
        url = reverse("teams:join", args=[hackathon.slug])
        return NextStep(_("You have not joined yet."), url, _("Join"), phase)
    if facts.role != Role.PARTICIPANT:
        text = _("You are %(role)s here.") % {"role": facts.role.label}
        return _board(facts.phase, text, _("Follow the leaderboard"))
    step = _no_team_step(hackathon, facts, phase) if facts.team is None else _team_step(facts, now)
    is_soon = phase is not None and phase.is_open(now) and phase.closes_at - now <= SOON
    return replace(step, is_urgent=is_soon and step.phase is not None)


def _organizer_step(hackathon: Hackathon, facts: _Facts, now: datetime) -> NextStep:
    if facts.gaps:
        return facts.gaps[0]
    text = _("The hackathon has ended.") if hackathon.ends_at <= now else _("You organize this.")
    return NextStep(text, reverse("hackathons:dashboard", args=[hackathon.slug]), _("Open the dashboard"))


def _no_team_step(hackathon: Hackathon, facts: _Facts, phase: Phase | None) -> NextStep:
    url = reverse("teams:create", args=[hackathon.slug])
    if facts.invitation is not None:
        text = _("%(team)s has invited you: open the link in the mail to %(email)s.")
        names = {"team": isolated(facts.invitation.team), "email": facts.invitation.email}
        return NextStep(text % names, url, _("Or create a team"), phase)
    text = _("You are in no team yet: open the link that a captain gives you, or create a team.")
    return NextStep(text, url, _("Create a team"), phase)


def _team_step(facts: _Facts, now: datetime) -> NextStep:
    phase, job = facts.phase, facts.latest
    if job is not None and job.state in ACTIVE_STATES:
        return _watch(job, _("View run"), phase)
    if phase is None:
        return NextStep(_("No challenge is published yet."))
    challenge = reverse("challenges:detail", args=[phase.challenge.slug])
    if now < phase.opens_at:
        text = _("The phase “%(phase)s” has not opened yet.") % {"phase": isolated(phase.name)}
        return NextStep(text, challenge, _("Read the challenge"), phase)
    if not phase.is_open(now):
        return _board(
            phase, _("The phase “%(phase)s” is closed.") % {"phase": isolated(phase.name)}, _("See the leaderboard")
        )
    if job is not None and job.state == JobState.FAILED:
        return _watch(job, _("View error"), phase)
    seconds = phase.challenge.challenge_limits.budget.max_seconds
    refusal = quota_refusal(phase.challenge, facts.quota, seconds=seconds) if facts.quota else None
    if refusal is not None:
        return replace(refusal, phase=phase)
    submit_url = reverse("challenges:submit", args=[phase.challenge.slug])
    if job is None:
        return NextStep(_("Your team has not submitted anything yet."), submit_url, _("Submit a first config"), phase)
    return _improve(job, facts.best, submit_url, phase)


def _watch(job: Job, label: str, phase: Phase | None) -> NextStep:
    url = reverse("submissions:detail", args=[job.submission_id])
    text = _("Submission %(number)s is %(state)s.") % {"number": job.submission, "state": job.get_state_display()}
    if job.failure_code:
        text = _("Submission %(number)s failed: %(code)s.") % {"number": job.submission, "code": job.failure_code}
    return NextStep(text, url, label, phase)


def _improve(job: Job, best: BestRun | None, submit_url: str, phase: Phase) -> NextStep:
    """To another config, begun from the team's best run in the phase; else from its last one for the same challenge."""
    if best is not None:
        text = _("Nothing is running. Your team's best is %(number)s with %(score)s.")
        url, label = f"{submit_url}?copy={best.submission.pk}", _("Improve on %(number)s")
        names = {"number": best.submission, "score": best.score}
        return NextStep(text % names, url, label % names, phase)
    text = _("Submission %(number)s is %(state)s; nothing is running.")
    names = {"number": job.submission, "state": job.get_state_display()}
    is_same = job.submission is not None and job.submission.phase.challenge_id == phase.challenge_id
    url = f"{submit_url}?copy={job.submission_id}" if is_same else submit_url
    return NextStep(text % names, url, _("Improve on it"), phase)


def _board(phase: Phase | None, text: str, label: str) -> NextStep:
    if phase is None:
        return NextStep(text)
    return NextStep(text, reverse("evaluation:leaderboard", args=[phase.challenge.slug]), label)
