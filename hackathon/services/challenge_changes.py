"""What importing a bundle again would do to the challenge that is there: changes, what is kept, what cannot be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import combinations
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from hackathon.bundles.challenge import ChallengeSpec, ReadChallenge
from hackathon.bundles.phases import PhaseSpec
from hackathon.bundles.problems import Said
from hackathon.bundles.yaml import Path
from hackathon.models import Challenge, Hackathon, Phase
from hackathon.models.challenge import QUOTA
from hackathon.web.zones import event_zone

from .phase_window import outside_event

FIXED = ("opens_at", "precision", "display_step")
"""From the opening of a phase on, as its data: its scores must compare."""


@dataclass
class Changes:
    """`for_teams` are changes of what teams go by, in a challenge with a phase that has opened: they need a yes."""

    for_teams: list[Said] = field(default_factory=list)
    others: list[Said] = field(default_factory=list)
    kept: list[Said] = field(default_factory=list)
    problems: list[Said] = field(default_factory=list)


@dataclass(frozen=True)
class Window:
    """When a phase will be open, after the import. `phase` is the one that is there already."""

    name: str
    path: Path
    opens_at: datetime
    closes_at: datetime
    phase: Phase | None

    @property
    def is_new(self) -> bool:
        """Not the one that the phase has."""
        return self.phase is None or (self.phase.opens_at, self.phase.closes_at) != (self.opens_at, self.closes_at)


def has_opened(phase: Phase, now: datetime) -> bool:
    """Its opening, data and precision are fixed from then on."""
    opens_at: datetime = phase.opens_at
    return opens_at <= now


def has_ended(phase: Phase, now: datetime) -> bool:
    """Closed phases stay closed: nothing of them changes."""
    return has_opened(phase, now) and (phase.closes_at <= now or phase.is_released)


def window_of(index: int, spec: PhaseSpec, phase: Phase | None, hackathon: Hackathon, now: datetime) -> Window:
    """A phase's window as the import will leave it: what has begun is kept; a time that is not given is that of the
    hackathon, but an open phase whose end is not given keeps its own."""
    opens_at, closes_at = spec.opens_at or hackathon.starts_at, spec.closes_at or hackathon.ends_at
    if phase is not None and has_opened(phase, now):
        opens_at = phase.opens_at
        if has_ended(phase, now) or spec.closes_at is None:
            closes_at = phase.closes_at
    return Window(spec.name, ("phases", index), opens_at, closes_at, phase)


def find_changes(spec: ChallengeSpec, hackathon: Hackathon, now: datetime) -> Changes:
    """Everything that differs between `challenge.yaml` and what is there, times on the event's clock. Reads only."""
    with timezone.override(event_zone(hackathon)):
        return _find_changes(spec, hackathon, now)


def _find_changes(spec: ChallengeSpec, hackathon: Hackathon, now: datetime) -> Changes:
    challenge = Challenge.objects.filter(slug=spec.slug, hackathon=hackathon).first()
    plan = _plan(spec.slug, dict(enumerate(spec.phases)), hackathon, now)
    changes = Changes()
    if challenge is not None:
        _compare_challenge(spec, challenge, plan.has_opened, changes)
    for window, each in zip(plan.windows, spec.phases, strict=True):
        if window.phase is not None and window.opens_at < window.closes_at:
            _compare_phase(each, window, window.phase, now, changes)
    changes.problems += plan.problems(now)
    if not changes.problems:
        message = _("The phase “%(name)s” is not in this file: it stays as it is.")
        changes.kept += [(("phases",), message % {"name": window.name}) for window in plan.left]
    return changes


def change_problems(read: ReadChallenge, hackathon: Hackathon, now: datetime) -> list[Said]:
    """Those of `find_changes`, as far as the challenge could be read."""
    if read.challenge is not None:
        return find_changes(read.challenge, hackathon, now).problems
    plan = _plan(read.slug, read.phases, hackathon, now)
    is_whole = len(plan.windows) == len(read.data.get("phases") or ())
    return (plan if is_whole else replace(plan, left=[])).problems(now)


@dataclass(frozen=True)
class Plan:
    """When the phases will be open. `left` are those which the file does not name."""

    windows: list[Window]
    left: list[Window]
    has_opened: bool
    """Any phase, so far."""
    hackathon: Hackathon

    def problems(self, now: datetime) -> list[Said]:
        found: list[Said] = []
        for window in self.windows:
            if window.opens_at >= window.closes_at:
                found.append((window.path, _("The phase would close before it opens.")))
            elif window.is_new:
                outside = outside_event(window.opens_at, window.closes_at, self.hackathon)
                found += [((*window.path, field), message) for field, message in outside]
        return [*found, *_clashes(self.windows, self.left, now)]


def _plan(slug: str, specs: Mapping[int, PhaseSpec], hackathon: Hackathon, now: datetime) -> Plan:
    phases = list(Phase.objects.filter(challenge__slug=slug, challenge__hackathon=hackathon).select_related("data"))
    by_name, named = {phase.name: phase for phase in phases}, {each.name for each in specs.values()}
    gone = [phase for phase in phases if phase.name not in named]
    return Plan(
        windows=[window_of(index, each, by_name.get(each.name), hackathon, now) for index, each in specs.items()],
        left=[Window(phase.name, ("phases",), phase.opens_at, phase.closes_at, phase) for phase in gone],
        has_opened=any(has_opened(phase, now) for phase in phases),
        hackathon=hackathon,
    )


def _compare_challenge(spec: ChallengeSpec, challenge: Challenge, opened: bool, changes: Changes) -> None:
    for name in ("title", "summary", "description", "task", "primary_metric", "shows_data"):
        old, new = getattr(challenge, name), getattr(spec, name)
        if new in (old, None):
            continue
        if name == "primary_metric" and opened:
            message = _("A phase has opened: the metric stays %(metric)s, or its scores would not compare.")
            changes.problems.append(((name,), message % {"metric": old}))
        else:
            changes.others.append(((name,), _changed(name, _short(str(old)), _short(str(new)))))
    found = changes.for_teams if opened else changes.others
    new_limits = spec.limits.model_dump(mode="json")
    for path, old, new in _differences(challenge.challenge_limits.model_dump(mode="json"), new_limits, ("limits",)):
        found.append((path, _changed(".".join(map(str, path)), old, new)))


def _compare_phase(spec: PhaseSpec, window: Window, phase: Phase, now: datetime, changes: Changes) -> None:
    opened, ended = has_opened(phase, now), has_ended(phase, now)
    found = changes.for_teams if opened else changes.others
    for path, was, stated in _stated(spec, window, phase, opened=opened):
        name, place = path[-1], (*window.path, *path)
        if was == stated:
            continue
        values = {"phase": phase.name, "name": name, "value": _text(was)}
        if ended:
            message = _("The phase “%(phase)s” has ended and stays as it was: %(name)s %(value)s.")
            changes.kept.append((place, message % values))
        elif opened and name in FIXED:
            message = _("The phase “%(phase)s” has opened: it keeps %(name)s %(value)s.")
            changes.kept.append((place, message % values))
        elif opened and name == "closes_at" and stated <= now:
            message = _("The phase is open: it cannot end in the past, at %(time)s.")
            changes.problems.append((place, message % {"time": _text(stated)}))
        else:
            found.append((place, _changed(f"{phase.name}: {name}", was, stated)))


def _stated(spec: PhaseSpec, window: Window, phase: Phase, *, opened: bool) -> Iterator[tuple[Path, Any, Any]]:
    """(path in the phase, what is there, what the file says) of everything that the file says something of."""
    if spec.opens_at or not opened:
        yield ("opens_at",), phase.opens_at, spec.opens_at or window.opens_at
    if spec.closes_at or not opened:
        yield ("closes_at",), phase.closes_at, spec.closes_at or window.closes_at
    yield ("precision",), phase.precision, spec.precision.value
    if spec.display_step:
        yield ("display_step",), phase.display_step, spec.display_step
    for name in QUOTA:
        yield ("quota", name), getattr(phase, name), getattr(spec.quota, name)


def _clashes(windows: Sequence[Window], left: Sequence[Window], now: datetime) -> Iterator[Said]:
    """Two phases of a challenge are never open at the same time: a team would have two quotas. `left` are those which
    the file does not name."""
    for first, second in combinations([*left, *windows], 2):
        both_begun = all(one.phase is not None and has_opened(one.phase, now) for one in (first, second))
        overlap = max(first.opens_at, second.opens_at) < min(first.closes_at, second.closes_at)
        if both_begun or not overlap or min(first.closes_at, second.closes_at) <= now or second in left:
            continue
        message = _("“%(second)s” would be open at the same time as “%(first)s”: let one close before the other opens.")
        if first in left:
            message = _(
                "“%(second)s” would be open at the same time as “%(first)s”, which is not in this file and stays: if it"
                " is the same phase, give it that name again; else let one close before the other opens."
            )
        yield second.path, message % {"first": first.name, "second": second.name}


def _differences(old: Any, new: Any, path: Path) -> Iterator[tuple[Path, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _differences(old.get(key), new.get(key), (*path, key))
    elif old != new:
        yield path, old, new


def _changed(name: str, old: Any, new: Any) -> str:
    return _("%(name)s changes: %(old)s → %(new)s.") % {"name": name, "old": _text(old), "new": _text(new)}


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S} ({timezone.get_current_timezone_name()})"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return ", ".join(map(_text, value)) or "–"
    return "–" if value is None else str(value)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return f"“{line[:40]}…”" if len(line) > 40 else f"“{line}”"
