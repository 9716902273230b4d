"""What the pages of home, a hackathon and a challenge show, read for one viewer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hackathon.enums import Visibility
from hackathon.models import BaseModel, Challenge, Hackathon, Phase, User, current_phase
from hackathon.selectors import usable_limits, usable_models
from hackathon.visibility import Viewer, challenges_visible_to, hackathons_visible_to, role_in
from hackathon.web.allowed_fields import AllowedGroup, allowed_groups
from submissions.config_form.presets import shown_defaults
from submissions.selectors import QuotaState, SubmissionRun, latest_runs, quota_state
from submissions.services.check_config import terms_of
from teams.models import Team
from teams.selectors import TeamTable, team_in, team_table
from training_worker.contract.limits import ChallengeLimits
from training_worker.contract.metrics import METRICS, MetricSpec
from training_worker.contract.wire import DatasetManifest

from .first_run import FirstRun, first_run
from .next_steps import HackathonStatus, ReadBestRuns, hackathon_statuses


@dataclass(frozen=True)
class Home:
    """The hackathons the viewer may see, their own first; their teams' latest submissions."""

    mine: list[HackathonStatus]
    """Those that they have a part in and that are not over."""
    running: list[HackathonStatus]
    upcoming: list[HackathonStatus]
    past: list[HackathonStatus]
    latest: list[SubmissionRun]
    is_signed_in: bool

    @property
    def lead(self) -> HackathonStatus | None:
        """The one whose next step is the page's own; for who is not logged in that is to sign up."""
        shown = [*self.mine, *self.running, *self.upcoming] if self.is_signed_in else []
        return next((status for status in shown if status.step.url), None)


def read_home_page(viewer: Viewer, *, now: datetime, read_best_runs: ReadBestRuns) -> Home:
    visible = list(hackathons_visible_to(viewer).order_by("ends_at"))
    is_signed_in = isinstance(viewer, User)
    home = Home([], [], [], [], latest_runs(viewer) if isinstance(viewer, User) else [], is_signed_in)
    for status in hackathon_statuses(viewer, visible, now=now, read_best_runs=read_best_runs):
        _section(home, status, now).append(status)
    home.upcoming.sort(key=lambda status: status.hackathon.starts_at)
    home.past.reverse()
    home.past.sort(key=lambda status: status.role is None)
    return home


def _section(home: Home, status: HackathonStatus, now: datetime) -> list[HackathonStatus]:
    hackathon = status.hackathon
    if hackathon.ends_at <= now:
        return home.past
    if status.role is not None:
        return home.mine
    return home.running if hackathon.starts_at <= now else home.upcoming


@dataclass(frozen=True)
class ChallengeRow:
    challenge: Challenge
    phase: Phase | None


@dataclass(frozen=True)
class HackathonOverview:
    status: HackathonStatus
    challenges: list[ChallengeRow]
    teams: TeamTable


def read_hackathon_page(
    viewer: Viewer, hackathon: Hackathon, *, now: datetime, teams_page: str | None, read_best_runs: ReadBestRuns
) -> HackathonOverview:
    challenges = challenges_visible_to(viewer).filter(hackathon=hackathon).prefetch_related("phases")
    status = hackathon_statuses(viewer, [hackathon], now=now, read_best_runs=read_best_runs)[0]
    return HackathonOverview(
        status=status,
        challenges=[ChallengeRow(challenge, current_phase(challenge.phases.all(), now)) for challenge in challenges],
        teams=team_table(viewer, hackathon, own=status.team, page=teams_page),
    )


@dataclass(frozen=True)
class ChallengeOverview:
    """`phase` is the current one; `manifest` describes its data, None before the first phase exists."""

    limits: ChallengeLimits
    models: list[BaseModel]
    groups: list[AllowedGroup]
    phases: list[Phase]
    phase: Phase | None
    manifest: DatasetManifest | None
    team: Team | None
    quota: QuotaState | None
    metric: MetricSpec
    can_join: bool
    first_run: FirstRun | None
    """None where there is no phase, no model or no method yet."""


def read_challenge_page(viewer: Viewer, challenge: Challenge, *, now: datetime) -> ChallengeOverview:
    phases = list(challenge.phases.select_related("data", "challenge__hackathon"))
    phase = current_phase(phases, now)
    terms = terms_of(phase) if phase else None
    models = terms.able if terms else usable_models(challenge)
    limits = usable_limits(challenge, models)
    team = team_in(viewer, challenge.hackathon)
    return ChallengeOverview(
        limits=limits,
        models=models,
        groups=allowed_groups(limits, challenge.task_spec, shown_defaults(terms.offered) if terms and models else {}),
        phases=phases,
        phase=phase,
        manifest=phase.data.dataset_manifest if phase else None,
        team=team,
        quota=quota_state(team=team, phase=phase, now=now) if team and phase else None,
        metric=METRICS[challenge.primary_metric],
        can_join=_can_join(viewer, challenge.hackathon, now),
        first_run=first_run(terms) if terms and models and limits.methods else None,
    )


def _can_join(viewer: Viewer, hackathon: Hackathon, now: datetime) -> bool:
    """Anybody without a part in a public hackathon, once logged in."""
    is_open = hackathon.visibility == Visibility.PUBLIC and now < hackathon.ends_at
    return is_open and role_in(viewer, hackathon) is None
